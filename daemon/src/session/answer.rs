//! What a handler returns: values, never bytes. Each door writes them in its own way.

use protocol::code::Code;
use protocol::reply::{Row, Status};
use protocol::value::Md5;

use crate::service::account::Standing;
pub use crate::service::transfer::download::Delivery;
pub use crate::service::transfer::proof::Proof;
pub use crate::service::transfer::upload::Upload;
use crate::service::{Fault, Page, User};

/// The answer to a command.
pub struct Answer {
    /// The rows that belong to the status.
    pub rows: Vec<Row>,
    /// The status; none for an empty line.
    pub status: Option<Status>,
    /// What is to be done besides.
    pub then: Then,
    /// Nothing may have been sent between the command and this answer.
    pub alone: bool,
}

/// What is to be done after the status is said.
pub enum Then {
    /// Nothing: the next command.
    Go,
    /// Send these bytes, then hand them back to [`super::Session::sent`].
    Send(Box<Delivery>),
    /// Fill this with bytes, then hand it back to [`super::Session::received`].
    Receive(Box<Upload>),
    /// Have this looked at by [`super::Session::proven`], which reads as much as was asked for.
    Prove(Box<Proof>, Md5),
    /// Close the connection.
    Bye,
}

impl Answer {
    /// No answer at all.
    pub fn nothing() -> Self {
        Self { rows: vec![], status: None, then: Then::Go, alone: false }
    }

    /// A status with something to do after it.
    pub fn then(status: Status, then: Then) -> Self {
        Self { rows: vec![], status: Some(status), then, alone: false }
    }

    /// Rows, and where the next page begins.
    pub fn page<T>(page: Page<T>, row: impl Fn(T) -> Row) -> Self {
        let rows: Vec<Row> = page.rows.into_iter().map(row).collect();
        let mut status = Status::new(Code::End).with("rows", rows.len());
        let more = page.next.is_some();
        if let Some(next) = page.next {
            status = status.with("next", next);
        }
        let text = match (rows.is_empty(), more) {
            (true, _) => "none",
            (_, true) => "more with after=",
            _ => "that is all",
        };
        Self { rows, ..Self::from(status.say(text)) }
    }
}

impl From<Status> for Answer {
    fn from(status: Status) -> Self {
        Self::then(status, Then::Go)
    }
}

/// Who somebody is and what the account has.
pub fn who(code: Code, user: &User, standing: Standing) -> Status {
    Status::new(code)
        .with("user", user.name.clone())
        .with("role", user.role)
        .with("balance", standing.balance)
        .with("member-until", standing.member_until)
}

impl From<Fault> for Status {
    /// The one place where refusals get their words.
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::LoginRequired => Status::new(Code::LoginRequired).say("LOGIN or REGISTER first"),
            Fault::NotAllowed(why) => Status::new(Code::NotAllowed).say(why),
            Fault::Muted { until } => Status::new(Code::Muted).with("until", until),
            Fault::Throttled { retry } => {
                Status::new(Code::Throttled).with("retry", retry).say(format!("too fast: wait {retry} s"))
            }
            Fault::TooManyFailures { retry } => Status::new(Code::Throttled)
                .with("retry", retry)
                .say(format!("too many failures: wait {retry} s")),
            Fault::NotFound(what) => Status::new(Code::NotFound).say(what),
            Fault::NoWord { near } => {
                let status = Status::new(Code::NotFound);
                let say = if near.is_empty() { "no such word" } else { "no such word; near ones are named" };
                Status { facts: status.facts.text("near", near.join(", ")), ..status }.say(say)
            }
            Fault::SwitchedOff(what) => Status::new(Code::SwitchedOff).say(what),
            Fault::Locked => Status::new(Code::Locked),
            Fault::LastAdmin => Status::new(Code::LastAdmin),
            Fault::BadCredentials => Status::new(Code::BadCredentials),
            Fault::NameTaken => Status::new(Code::NameTaken),
            Fault::CodeUsed => Status::new(Code::CodeUsed),
            Fault::BadAfter => Status::new(Code::BadValue)
                .with("option", "after")
                .say("expected what next= of the page before said, in the same order"),
            Fault::BadValue { option: Some(option), expected } => {
                Status::new(Code::BadValue).with("option", option).say(format!("expected {expected}"))
            }
            Fault::BadValue { option: None, expected } => {
                Status::new(Code::BadValue).say(format!("expected {expected}"))
            }
            Fault::Limit { max, what } => {
                Status::new(Code::Limit).with("max", max).say(format!("more than {what}"))
            }
            Fault::Quota { what, max, used } => Status::new(Code::Quota)
                .with("max", max)
                .with("used", used)
                .say(format!("more {what} than you may have on the shelf; DELE what you no longer share")),
            Fault::NeedPay { price } => Status::new(Code::NeedPay).with("price", price).say("BUY it first"),
            Fault::NeedFunds { price, balance } => Status::new(Code::NeedFunds)
                .with("price", price)
                .with("balance", balance)
                .say("not enough money"),
            Fault::PriceChanged { price } => Status::new(Code::PriceChanged)
                .with("price", price)
                .say("it costs something else now; nothing was taken"),
            Fault::SoldOut { left } => {
                Status::new(Code::SoldOut).with("left", left).say("not so many seats are left")
            }
            Fault::Started => Status::new(Code::Started),
            Fault::CalledOff => Status::new(Code::CalledOff),
            Fault::NotForSale => Status::new(Code::NotForSale).say("it is not sold: RETR it"),
            Fault::KeyReused => Status::new(Code::KeyReused).say("this key was used with other arguments"),
            Fault::BadRange { size } => Status::new(Code::BadRange)
                .with("size", size)
                .say("expected an offset up to size, a length of 1 or more"),
            Fault::Damaged => Status::new(Code::Damaged),
            Fault::Md5Mismatch => Status::new(Code::Md5Mismatch),
            Fault::Sha256Mismatch => Status::new(Code::Md5Mismatch)
                .say("the bytes received have another SHA-256; they were dropped"),
            Fault::ProofFailed(why) => Status::new(Code::ProofFailed).say(why),
            Fault::Busy(why) => Status::new(Code::Busy).say(why),
            Fault::Raced => Status::new(Code::Busy),
            Fault::DiskFull => Status::new(Code::DiskFull),
            Fault::DatabaseDown => Status::new(Code::DatabaseDown),
            Fault::OutcomeUnknown => Status::new(Code::OutcomeUnknown),
            Fault::Internal { trace } => Status::new(Code::Internal).with("trace", trace),
        }
    }
}

/// What is said when the vault fails while a door fills an upload.
pub fn refusal(error: vault::Error) -> Status {
    Fault::from(error).into()
}
