//! A listing to its end: page after page, none kept.

use protocol::grammar::write_word;

use crate::fault::Fault;
use crate::link::Facts;
use crate::session::Session;

/// Gives a command that answers rows, and again for every following page; each page goes to `sink`
/// as it comes. The command must name no `after=` of its own.
///
/// # Errors
/// A refusal, no connection, or what `sink` says.
pub fn each(
    session: &mut Session, command: &str, mut sink: impl FnMut(Vec<Facts>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut line = command.to_owned();
    let mut last = None;
    loop {
        let reply = session.look(&line)?;
        let next = reply.status.get("next").map(str::to_owned);
        sink(reply.rows)?;
        let Some(next) = next else {
            return Ok(());
        };
        if last.as_ref() == Some(&next) {
            return Err(Fault::Garbled("a page that follows itself".to_owned()));
        }
        line = format!("{command} after=");
        write_word(&mut line, &next);
        last = Some(next);
    }
}

/// How many rows a listing has.
///
/// # Errors
/// As [`each`].
pub fn count(session: &mut Session, command: &str) -> Result<usize, Fault> {
    let mut rows = 0;
    each(session, command, |page| {
        rows += page.len();
        Ok(())
    })?;
    Ok(rows)
}
