//! The ledger against balances, purchases and vouchers. Nothing here is ever mended: both figures are told, and
//! a person decides.

use protocol::value::{AccountId, Money, TitleId};
use sql::check::{self, Unpaid, Used};

use super::{Check, PAGE, Stopped, shown};

/// Accounts of one page.
const ACCOUNTS: u32 = 200;

impl Check<'_, '_, '_> {
    pub(super) async fn accounts(&mut self) -> Result<(), Stopped> {
        let (mut after, mut number, before) = (AccountId(0), 0, self.report.findings);
        loop {
            let page = self.read(move |tx| check::accounts(tx, after, ACCOUNTS)).await?;
            let Some((last, ..)) = page.last() else { break };
            after = *last;
            number += page.len();
            for (id, name, balance, sum) in page {
                self.account(id, &name, balance, sum);
            }
        }
        let (wallets, books) = self.read(check::books).await?;
        let sum = Money(books.iter().map(|(_, amount)| amount.0).sum());
        if sum != wallets && self.report.findings == before {
            self.report.found(format!(
                "all wallets hold {wallets}, the ledger says {sum}: some entry is of no account. Not touched"
            ));
        }
        let books: Vec<String> = books.iter().map(|(book, amount)| format!("{book} {amount}")).collect();
        let books = if books.is_empty() { String::new() } else { format!(" = {}", books.join(", ")) };
        self.report.checked("accounts", format!("{number}; wallets {wallets}{books}"));
        Ok(())
    }

    fn account(&mut self, id: AccountId, name: &str, balance: Money, sum: Money) {
        let name = shown(name);
        if balance < Money::ZERO {
            self.report
                .found(format!("account {id} {name}: its balance is {balance}, below zero. Not touched"));
        }
        if balance != sum {
            self.report.found(format!(
                "account {id} {name}: its balance is {balance}, its ledger adds up to {sum}. Not touched: find out \
                 which is right, then set account.balance in the database, or restore a backup"
            ));
        }
    }

    pub(super) async fn ledger(&mut self) -> Result<(), Stopped> {
        let (mut after, mut balance, mut number) = ((AccountId(0), 0), Money::ZERO, 0);
        loop {
            let page = self.read(move |tx| check::entries(tx, after, PAGE)).await?;
            if page.is_empty() {
                break;
            }
            number += page.len();
            for (account, entry, amount, now) in page {
                let before = if account == after.0 { balance } else { Money::ZERO };
                if now != Money(before.0 + amount.0) {
                    let due = Money(before.0 + amount.0);
                    self.report.found(format!(
                        "ledger entry {entry} of account {account}: after {amount} it notes a balance of {now}, \
                         from the entry before it would be {due}. Not touched: look at the entries around it"
                    ));
                }
                (after, balance) = ((account, entry), now);
            }
        }
        self.report.checked("ledger", format!("{number} entries"));
        Ok(())
    }

    pub(super) async fn purchases(&mut self) -> Result<(), Stopped> {
        let (mut from, mut number) = (AccountId(0), 0);
        loop {
            let page = self.read(move |tx| check::accounts_behind(tx, from, ACCOUNTS)).await?;
            let Some(to) = page else { break };
            number += self.read(move |tx| check::purchases(tx, from, to)).await?;
            let mut after = (from, TitleId(i64::MAX));
            loop {
                let page = self.read(move |tx| check::unpaid(tx, from, to, after, PAGE)).await?;
                let Some(last) = page.last() else { break };
                after = (last.account, last.title);
                page.iter().for_each(|unpaid| self.unpaid(unpaid));
            }
            from = to;
        }
        self.report.checked("purchases", format!("{number}"));
        Ok(())
    }

    fn unpaid(&mut self, unpaid: &Unpaid) {
        let Unpaid { account, title, bought, paid, taken } = unpaid;
        self.report.found(match bought {
            true => format!(
                "account {account} has title {title} for {paid}, the ledger took {taken} for it. Not touched: find \
                 out which is right; an admin's CREDIT or REFUND sets it straight with the buyer"
            ),
            false => format!(
                "account {account} paid {taken} for title {title} and does not have it. Not touched: an admin's \
                 CREDIT of {taken} pays it back"
            ),
        });
    }

    pub(super) async fn vouchers(&mut self) -> Result<(), Stopped> {
        let (mut after, mut number) = (vec![], 0);
        loop {
            let code = after.clone();
            let page = self.read(move |tx| check::vouchers(tx, &code, PAGE)).await?;
            let Some(last) = page.last() else { break };
            after = last.code.to_vec();
            number += page.len();
            for used in &page {
                self.voucher(used);
            }
        }
        self.report.checked("vouchers", format!("{number}"));
        Ok(())
    }

    fn voucher(&mut self, used: &Used) {
        if let (Some(account), Some(at), false) = (used.by, used.at, used.posted) {
            let amount = used.amount;
            self.report.found(format!(
                "a voucher of {amount} was redeemed by account {account} at {at}, and the ledger has no entry of it. \
                 Not touched: an admin's CREDIT of {amount} pays it"
            ));
        }
    }
}
