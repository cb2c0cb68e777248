//! The words that completion offers: asked for in the background, on a connection of their own that stays.
//! A key that is pressed waits a moment for them, and no longer.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use protocol::command::{Command, Match};
use protocol::field::Rest;
use protocol::grammar::find;
use protocol::value::Count;

use crate::fault::Fault;
use crate::link::Link;
use crate::session::Pass;

/// How long a key waits.
const MOMENT: Duration = Duration::from_millis(400);

/// Most words that are offered for one beginning.
const MOST: u32 = 60;

/// A beginning to be completed, and by whom.
struct Question {
    prefix: String,
    pass: Pass,
}

/// Asks for words in the background.
#[derive(Debug, Default)]
pub struct Lexicon(Option<Worker>);

#[derive(Debug)]
struct Worker {
    questions: Sender<Question>,
    answers: Receiver<(String, Vec<String>)>,
}

impl Lexicon {
    /// The words that begin with `prefix`, as far as they are there in a moment.
    pub fn beginning(&mut self, prefix: &str, pass: &Pass) -> Vec<String> {
        let worker = self.0.get_or_insert_with(Worker::start);
        let question = Question { prefix: prefix.to_owned(), pass: pass.clone() };
        if worker.questions.send(question).is_err() {
            self.0 = None;
            return Vec::new();
        }
        loop {
            match worker.answers.recv_timeout(MOMENT) {
                Ok((of, words)) if of == prefix => return words,
                // An answer that came too late for its key.
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => return Vec::new(),
                Err(RecvTimeoutError::Disconnected) => {
                    self.0 = None;
                    return Vec::new();
                }
            }
        }
    }
}

impl Worker {
    fn start() -> Self {
        let (questions, asked) = channel();
        let (say, answers) = channel();
        std::thread::spawn(move || answer(&asked, &say));
        Self { questions, answers }
    }
}

/// Answers until nobody asks any more. Of questions that wait only the last is still of interest.
fn answer(asked: &Receiver<Question>, say: &Sender<(String, Vec<String>)>) {
    let mut open: Option<(Pass, Link)> = None;
    while let Ok(first) = asked.recv() {
        let Question { prefix, pass } = asked.try_iter().last().unwrap_or(first);
        // One that was lost while idle is made anew.
        let words = look_up(&mut open, &pass, &prefix).or_else(|_| look_up(&mut open, &pass, &prefix));
        if say.send((prefix, words.unwrap_or_default())).is_err() {
            return;
        }
    }
}

fn look_up(open: &mut Option<(Pass, Link)>, pass: &Pass, prefix: &str) -> Result<Vec<String>, Fault> {
    let mut link = match open.take() {
        Some((of, link)) if of == *pass => link,
        _ => pass.open()?,
    };
    let limit = Some(Count(MOST));
    let line = Command::Match(Match { prefix: Rest(prefix.to_owned()), after: None, limit }).line();
    let reply = link.ask(&line)?;
    *open = (reply.status.code != 421).then(|| (pass.clone(), link));
    let mut words: Vec<String> =
        reply.rows.iter().filter_map(|row| find(row, "word")).map(str::to_owned).collect();
    words.dedup();
    Ok(words)
}
