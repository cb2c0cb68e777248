//! BUY, TOPUP, MEMBER, STATEMENT.

use protocol::code::Code;
use protocol::command::{Buy, Member, Statement, Topup};
use protocol::reply::{Facts, Row, Status};
use protocol::value::Opaque;

use super::{Answer, Session};
use crate::service::{Fault, wallet};

fn text(key: Option<&Opaque>) -> Option<&str> {
    key.map(|key| key.0.as_str())
}

impl Session {
    pub(super) async fn buy(&mut self, c: Buy) -> Result<Answer, Fault> {
        let price = c.price.map(|price| price.0);
        let receipt =
            wallet::buy(&self.app, self.user()?, c.id, price, text(c.key.as_ref())).await?;
        let code = if receipt.owned { Code::Owned } else { Code::Ok };
        let status = Status::new(code)
            .with("balance", receipt.balance)
            .with("paid", receipt.paid);
        log::info!(
            "{} bought title={} paid={}",
            self.label(),
            c.id,
            receipt.paid
        );
        Ok(status
            .say(if receipt.owned {
                "yours already; nothing was taken"
            } else {
                "it is yours: RETR it"
            })
            .into())
    }

    pub(super) async fn topup(&mut self, c: Topup) -> Result<Answer, Fault> {
        let receipt = wallet::top_up(
            &self.app,
            self.user()?,
            c.amount.money(),
            text(c.key.as_ref()),
        )
        .await?;
        log::info!("{} topped up {}", self.label(), c.amount);
        Ok(Status::new(Code::Ok)
            .with("balance", receipt.balance)
            .say("money is in your wallet")
            .into())
    }

    pub(super) async fn member(&mut self, c: Member) -> Result<Answer, Fault> {
        let (periods, price) = (c.periods.map_or(1, |n| n.0), c.price.map(|price| price.0));
        let receipt = wallet::join(
            &self.app,
            self.user()?,
            periods,
            price,
            text(c.key.as_ref()),
        )
        .await?;
        log::info!("{} bought membership paid={}", self.label(), receipt.paid);
        let status = Status::new(Code::Ok)
            .with("balance", receipt.balance)
            .with("paid", receipt.paid);
        Ok(status
            .with("member-until", receipt.member_until)
            .say("you are a member")
            .into())
    }

    pub(super) async fn statement(&mut self, c: Statement) -> Result<Answer, Fault> {
        let page =
            wallet::statement(&self.app, self.user()?, self.paging(c.after, c.limit)).await?;
        Ok(Answer::page(page, |entry| {
            let facts = Facts::new()
                .with("at", entry.at)
                .with("amount", entry.amount)
                .with("balance", entry.balance)
                .with("why", entry.why);
            Row(match entry.title {
                Some(title) => facts.with("id", title),
                None => facts,
            })
        }))
    }
}
