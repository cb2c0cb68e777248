//! Buying on the way to a download: never without a yes to the price.

use protocol::command::{Buy, Command, Retr};
use protocol::grammar::StatusLine;
use protocol::value::{Opaque, Price, Size, TitleId};

use super::place::Title;
use crate::fault::Fault;
use crate::key;
use crate::link::Reply;
use crate::locale::Text;
use crate::shell::Shell;
use crate::show::plain::harmless;

/// Answers a `552 NEED_PAY`: asks, and buys for exactly the price that was named.
///
/// # Errors
/// Nobody said yes, the money does not suffice, or there is no connection.
pub fn pay(shell: &mut Shell, id: i64, name: &str, mut refusal: Reply) -> Result<(), Fault> {
    loop {
        let price = price(&refusal)?;
        agree(shell, name, price, &refusal)?;
        let line =
            Command::Buy(Buy { id: TitleId(id), price: Some(price), key: Some(Opaque(key::fresh()?)) })
                .line();
        match shell.keyed(&line) {
            Ok(reply) => {
                let fact = |key| harmless(reply.status.get(key).unwrap_or("-")).into_owned();
                shell.screen.say(Text::Bought, &[&fact("paid"), &fact("balance")]);
                return Ok(());
            }
            // Another price is another question; who said yes to everything is not asked twice.
            Err(Fault::Refused(reply)) if reply.status.word == "PRICE_CHANGED" && !shell.asker.yes => {
                refusal = *reply;
            }
            Err(fault) => return Err(fault),
        }
    }
}

/// What a script is told that has not agreed to pay, once it was said.
pub fn unpaid(price: Price) -> Fault {
    let facts = vec![("price".to_owned(), price.to_string())];
    let status = StatusLine { code: 552, word: "NEED_PAY".to_owned(), facts, ..StatusLine::default() };
    Fault::Shown(Box::new(Reply { status, ..Reply::default() }))
}

/// Pays for a title before it is fetched, where it has to be paid.
///
/// # Errors
/// As [`pay`].
pub fn ahead(shell: &mut Shell, title: &Title) -> Result<(), Fault> {
    if !title.sold {
        return Ok(());
    }
    match offer(shell, title)? {
        refusal if refusal.status.word == "NEED_PAY" => pay(shell, title.id, &title.name, refusal),
        _ => Ok(()),
    }
}

/// What the server says to somebody who wants the title: no byte of it is fetched.
///
/// # Errors
/// No connection.
pub fn offer(shell: &mut Shell, title: &Title) -> Result<Reply, Fault> {
    let end = Retr { id: TitleId(title.id), offset: Some(Size(title.size)), length: None };
    let line = Command::Retr(end).line();
    shell.session.with(|link| match link.ask(&line)? {
        reply if reply.status.code == 150 => {
            link.body(reply.number("length")?, |_| Ok(()))?;
            link.reply()
        }
        reply => Ok(reply),
    })
}

fn price(reply: &Reply) -> Result<Price, Fault> {
    let word = reply.status.get("price").and_then(|word| word.parse().ok());
    word.ok_or_else(|| Fault::Garbled("NEED_PAY without price".to_owned()))
}

fn agree(shell: &Shell, name: &str, price: Price, refusal: &Reply) -> Result<(), Fault> {
    let screen = &shell.screen;
    let (name, price) = (harmless(name), price.to_string());
    let question = screen.tongue.fill(Text::AskBuy, &[&name, &price]);
    match shell.asker.confirm(&question) {
        Some(true) => Ok(()),
        Some(false) => Err(Fault::Refused(Box::new(refusal.clone()))),
        None => {
            screen.say(Text::NeedYes, &[&price]);
            Err(Fault::Refused(Box::new(refusal.clone())))
        }
    }
}
