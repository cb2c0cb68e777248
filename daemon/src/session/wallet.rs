//! BUY to STATEMENT: money, and what admins do with it.

use protocol::code::Code;
use protocol::command::{Buy, Credit, Member, Prices, Redeem, Refund, Statement, Topup, Voucher};
use protocol::reply::{Facts, Row, Status};
use protocol::value::Opaque;

use super::{Answer, Session};
use crate::service::wallet::{self, care};
use crate::service::{Fault, Page};

pub(super) fn text(key: Option<&Opaque>) -> Option<&str> {
    key.map(|key| key.0.as_str())
}

impl Session {
    pub(super) async fn buy(&mut self, c: Buy) -> Result<Answer, Fault> {
        let price = c.price.map(|price| price.0);
        let receipt = wallet::buy(&self.app, self.user()?, c.id, price, text(c.key.as_ref())).await?;
        let code = if receipt.owned { Code::Owned } else { Code::Ok };
        let status = Status::new(code).with("balance", receipt.balance).with("paid", receipt.paid);
        log::info!("{} bought title={} paid={}", self.label(), c.id, receipt.paid);
        Ok(status
            .say(if receipt.owned { "yours already; nothing was taken" } else { "it is yours: RETR it" })
            .into())
    }

    pub(super) async fn topup(&mut self, c: Topup) -> Result<Answer, Fault> {
        let receipt = wallet::top_up(&self.app, self.user()?, c.amount.money(), text(c.key.as_ref())).await?;
        log::info!("{} topped up {}", self.label(), c.amount);
        Ok(Status::new(Code::Ok).with("balance", receipt.balance).say("money is in your wallet").into())
    }

    pub(super) async fn member(&mut self, c: Member) -> Result<Answer, Fault> {
        let (periods, price) = (c.periods.map_or(1, |n| n.0), c.price.map(|price| price.0));
        let receipt = wallet::join(&self.app, self.user()?, periods, price, text(c.key.as_ref())).await?;
        log::info!("{} bought membership paid={}", self.label(), receipt.paid);
        let status = Status::new(Code::Ok).with("balance", receipt.balance).with("paid", receipt.paid);
        Ok(status.with("member-until", receipt.member_until).say("you are a member").into())
    }

    pub(super) async fn statement(&mut self, c: Statement) -> Result<Answer, Fault> {
        let page = wallet::statement(&self.app, self.user()?, self.paging(c.after, c.limit)).await?;
        Ok(Answer::page(page, |(entry, note)| {
            let facts = Facts::new()
                .with("at", entry.at)
                .with("amount", entry.amount)
                .with("balance", entry.balance)
                .with("why", entry.why);
            let facts = match entry.title {
                Some(title) => facts.with("id", title),
                None => facts,
            };
            Row(match note {
                Some(note) => facts.text("note", note),
                None => facts,
            })
        }))
    }

    pub(super) fn prices(&self, c: Prices) -> Result<Answer, Fault> {
        let (config, paging) = (self.app.config(), self.paging(c.after, c.limit));
        let prices = &config.prices;
        let after = paging.number(0)?;
        let offers = prices.offers().into_iter().filter(|n| i64::from(*n) > after);
        let page =
            Page::cut(offers.take(paging.limit as usize + 1).collect(), paging.limit, |n| n.to_string());
        Ok(Answer::page(page, |periods| {
            Row(Facts::new()
                .with("periods", periods)
                .with("days", i64::from(periods) * i64::from(prices.membership_days))
                .with("price", prices.membership_of(periods)))
        }))
    }

    pub(super) async fn redeem(&mut self, c: Redeem) -> Result<Answer, Fault> {
        let receipt = care::redeem(&self.app, self.user()?, c.code.0, text(c.key.as_ref())).await?;
        log::info!("{} redeemed {}", self.label(), receipt.paid);
        let status = Status::new(Code::Ok).with("balance", receipt.balance).with("amount", receipt.paid);
        Ok(status.say("money is in your wallet").into())
    }

    pub(super) async fn voucher(&mut self, c: Voucher) -> Result<Answer, Fault> {
        let (amount, count) = (c.amount.money(), c.count.map_or(1, |n| n.0));
        let (admin, days) = (self.user()?.admin()?, c.days.map(|n| n.0));
        let paging = self.paging(c.after, c.limit);
        let skip = usize::try_from(paging.number(0)?).map_err(|_| Fault::BadAfter)?;
        // Codes are told once: those of a page that is not asked for would be lost.
        if c.key.is_none() && (skip > 0 || paging.limit < count) {
            return Err(Fault::BadValue {
                option: Some("key"),
                expected: "a key, with which the other pages can be had",
            });
        }
        let codes = care::mint(&self.app, admin, amount, count, days, text(c.key.as_ref())).await?;
        log::info!("{} minted {count} vouchers of {amount}", self.label());
        let codes = codes.into_iter().enumerate().skip(skip).take(paging.limit as usize + 1).collect();
        let page = Page::cut(codes, paging.limit, |(n, _)| (n + 1).to_string());
        Ok(Answer::page(page, |(_, code)| {
            Row(Facts::new().with("code", code.reveal().to_owned()).with("amount", amount))
        }))
    }

    pub(super) async fn credit(&mut self, c: Credit) -> Result<Answer, Fault> {
        let (admin, note) = (self.user()?.admin()?, c.note.map(|note| note.to_string()));
        let receipt =
            care::credit(&self.app, admin, c.name, c.amount.money(), note, text(c.key.as_ref())).await?;
        log::info!("{} credited {}", self.label(), receipt.paid);
        Ok(Status::new(Code::Ok).with("balance", receipt.balance).say("money is in that wallet").into())
    }

    pub(super) async fn refund(&mut self, c: Refund) -> Result<Answer, Fault> {
        let admin = self.user()?.admin()?;
        let receipt = care::refund(&self.app, admin, c.name, c.id, text(c.key.as_ref())).await?;
        log::info!("{} refunded title={} paid={}", self.label(), c.id, receipt.paid);
        Ok(Status::new(Code::Ok)
            .with("balance", receipt.balance)
            .say("paid back; the title is taken back")
            .into())
    }
}
