//! `stats`: all the numbers, whatever number of pages they are.

use protocol::command::{Command, Stats};
use protocol::field::Value as _;
use protocol::grammar::StatusLine;
use protocol::value::{Count, Opaque};

use crate::fault::Fault;
use crate::input::Given;
use crate::link::Reply;
use crate::locale::Text;
use crate::pages;
use crate::shell::Shell;
use crate::show::{Answer, Layout};

/// How many days the server shows unless more are asked for.
const DAYS: u32 = 30;

/// As many rows a page as the server gives.
const LIMIT: &str = "1000";

/// `stats [days=N]`.
///
/// # Errors
/// `days` is no number, a refusal, or no connection.
pub fn stats(shell: &mut Shell, given: &Given) -> Result<Answer, Fault> {
    let wrong = || {
        Fault::Usage(
            shell
                .screen
                .tongue
                .fill(Text::BadWord, &["days", &shell.screen.tongue.expected(Count::SHAPE.what)]),
        )
    };
    let days = given.get("days").map(|word| word.parse::<Count>().map_err(|_| wrong())).transpose()?;
    let shown = days.as_ref().map_or(DAYS, |days| days.0).to_string();
    let limit = LIMIT.parse().ok();
    let line = Command::Stats(Stats { days, after: None::<Opaque>, limit }).line();
    let mut rows = Vec::new();
    pages::each(&mut shell.session, &line, |page| {
        rows.extend(page);
        Ok(())
    })?;
    let facts = vec![("rows".to_owned(), rows.len().to_string()), ("days".to_owned(), shown)];
    let status = StatusLine { code: 210, word: "END".to_owned(), facts, text: String::new() };
    let reply = Reply { status, rows, events: Vec::new() };
    Ok(Answer { reply, layout: Layout::Numbers, more: None })
}
