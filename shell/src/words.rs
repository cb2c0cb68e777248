//! `words`: every line is a word to be looked up, until `##`.

use protocol::command::{Command, Define};
use protocol::field::Rest;
use protocol::value::Opaque;

use crate::fault::Fault;
use crate::link::Reply;
use crate::locale::Text;
use crate::shell::Shell;
use crate::show::{Answer, Layout};

/// What ends the words.
pub const END: &str = "##";

/// Most pages of one word.
const PAGES: usize = 10;

/// From now on lines are words.
///
/// # Errors
/// Who asks may not look words up.
pub fn begin(shell: &mut Shell) -> Result<Answer, Fault> {
    shell.session.order("LOOKUPS limit=1")?;
    shell.words = true;
    if shell.asker.typed {
        shell.screen.say(Text::WordsBegin, &[END]);
    }
    Ok(Answer::own(250, "OK", &[]))
}

/// Looks up what a line says. An unknown word is no failure here: the next one may be known.
///
/// # Errors
/// It could not be looked up.
pub fn line(shell: &mut Shell, line: &str) -> Result<Option<Answer>, Fault> {
    let word = line.trim();
    if word == END {
        shell.words = false;
    }
    if word == END || word.is_empty() {
        return Ok(None);
    }
    match look_up(shell, word) {
        Ok(reply) => Ok(Some(Answer { reply, layout: Layout::Meanings, more: None })),
        Err(fault) if fault.is("NOT_FOUND") => {
            shell.screen.fault(&fault);
            Ok(None)
        }
        Err(fault) => {
            shell.words &= !fault.is("LOGIN_REQUIRED");
            Err(fault)
        }
    }
}

/// All entries of a word, page by page.
fn look_up(shell: &mut Shell, word: &str) -> Result<Reply, Fault> {
    let mut rows = Vec::new();
    let mut after = None;
    for _ in 1..PAGES {
        let mut reply = ask(shell, word, after)?;
        rows.append(&mut reply.rows);
        after = reply.status.get("next").map(|next| Opaque(next.to_owned()));
        if after.is_none() {
            reply.rows = rows;
            return Ok(reply);
        }
    }
    let mut reply = ask(shell, word, after)?;
    rows.append(&mut reply.rows);
    Ok(Reply { rows, ..reply })
}

fn ask(shell: &mut Shell, word: &str, after: Option<Opaque>) -> Result<Reply, Fault> {
    let line = Command::Define(Define { word: Rest(word.to_owned()), after, limit: None }).line();
    match shell.session.order(&line) {
        Err(Fault::Lost(_)) => shell.session.order(&line),
        other => other,
    }
}
