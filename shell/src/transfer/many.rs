//! Several transfers of one command, one after the other: one that fails does not keep the others.

use protocol::grammar::StatusLine;

use crate::fault::{Exit, Fault, Several};
use crate::jobs::failure;
use crate::link::{Facts, Reply};
use crate::locale::Text;
use crate::shell::Shell;
use crate::show::plain::harmless;
use crate::show::{Answer, Layout};

/// What has become of them so far.
#[derive(Debug)]
pub struct Tally {
    of: usize,
    at: usize,
    done: usize,
    first: Option<Exit>,
    /// Rows for machines; people have been told, and what nobody reads is not kept.
    rows: Option<Vec<Facts>>,
}

impl Tally {
    /// Of so many.
    pub fn new(shell: &Shell, of: usize) -> Self {
        let rows = (shell.screen.json || shell.screen.work.is_some()).then(Vec::new);
        Self { of, at: 0, done: 0, first: None, rows }
    }

    /// It is the turn of the next.
    pub fn begin(&mut self, shell: &Shell, name: &str) {
        self.at += 1;
        // The library may have grown meanwhile.
        self.of = self.of.max(self.at);
        let (at, of) = (self.at.to_string(), self.of.to_string());
        if !shell.screen.json {
            shell.screen.say(Text::OneOf, &[&at, &of, &harmless(name)]);
        }
    }

    /// Notes what has become of it, under the `key` that names it.
    ///
    /// # Errors
    /// That it makes no sense to go on with the next: it is told and counted already.
    pub fn note(
        &mut self, shell: &Shell, (key, word): (&str, &str), result: Result<Answer, Fault>,
    ) -> Result<(), Fault> {
        let (facts, stop) = match result {
            Ok(answer) => {
                self.done += 1;
                let done = ("done".to_owned(), "yes".to_owned());
                (answer.reply.status.facts.into_iter().chain([done]).collect(), None)
            }
            Err(fault) => {
                shell.screen.complain(&fault);
                match &fault {
                    Fault::Cancelled => self.first = Some(Exit::Interrupted),
                    fault => drop(self.first.get_or_insert(fault.exit())),
                }
                (failure(&fault), ends_all(&fault).then_some(fault))
            }
        };
        if let Some(rows) = &mut self.rows {
            let mut row: Facts = vec![(key.to_owned(), word.to_owned())];
            row.extend(facts.into_iter().filter(|(name, _)| name != key));
            rows.push(row);
        }
        stop.map_or(Ok(()), Err)
    }

    /// Whether one was not done.
    pub fn has_failed(&self) -> bool {
        self.first.is_some()
    }

    /// The answer to the command.
    ///
    /// # Errors
    /// Some were not done.
    pub fn finish(self, shell: &Shell) -> Result<Answer, Fault> {
        let rows = self.rows.unwrap_or_default();
        if let Some(exit) = self.first {
            return Err(Fault::Several(Box::new(Several { rows, done: self.done, of: self.of, exit })));
        }
        shell.screen.say(Text::SomeDone, &[&self.done.to_string(), &self.of.to_string()]);
        let facts = vec![("rows".to_owned(), rows.len().to_string())];
        let status = StatusLine { code: 210, word: "END".into(), facts, text: String::new() };
        Ok(Answer { reply: Reply { status, rows, events: Vec::new() }, layout: Layout::Silent, more: None })
    }
}

/// Whether the next would fare no better: Ctrl-C, nobody there after all the tries, or nobody logged in.
fn ends_all(fault: &Fault) -> bool {
    match fault {
        Fault::Refused(reply) => matches!(reply.status.code, 421 | 530),
        Fault::Cancelled | Fault::Untrusted(_) | Fault::InTheClear { .. } => true,
        fault => fault.is_lost(),
    }
}
