//! What completion offers of the club: looked up by one thread, over one connection of its own that is
//! opened when it is needed and closed when nobody asks. A key that is pressed never waits for it: it is
//! answered with what is known, and what comes later is told.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use protocol::grammar::{find, write_word};

use crate::fault::Fault;
use crate::link::{Facts, Link};
use crate::session::Pass;
use crate::show::plain::{cut, harmless};

/// How long an answer is good.
const FRESH: Duration = Duration::from_secs(20);

/// How long the connection stays when nobody asks.
const IDLE: Duration = Duration::from_secs(60);

/// How long the server may be silent. A frozen one costs no key; the thread only gives up on it.
const SILENCE: Duration = Duration::from_secs(15);

/// How long nothing is asked after a failure, unless somebody presses TAB.
const RESPITE: Duration = Duration::from_secs(5);

/// Most answers that are kept, the newest ones. Each is a page of rows at most.
const KEPT: usize = 16;

/// Columns of a name that are kept: more are not shown.
const NAME: usize = 48;

/// Something that the club has a list of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Titles that may be fetched.
    Titles,
    /// Titles that are deleted.
    Deleted,
    /// Accounts.
    Users,
    /// Events.
    Events,
    /// One's bookings.
    Bookings,
    /// Notices.
    Notices,
    /// Sessions.
    Sessions,
    /// Ads.
    Ads,
    /// Chat rooms in which somebody is.
    Rooms,
    /// Words of the dictionaries.
    Words,
}

impl Source {
    /// The command that lists those that begin with `word`; none where only the whole list can be had, or
    /// where nothing begins with nothing.
    fn command(self, word: &str) -> Option<String> {
        let with = |verb: &str, limit: &str| {
            let mut line = verb.to_owned();
            if !word.is_empty() {
                line.push(' ');
                write_word(&mut line, word);
            }
            Some(line + limit)
        };
        match (self, word) {
            (Source::Titles, "") => Some("LIST limit=1000".to_owned()),
            (Source::Titles, word) if is_number(word) => with("INFO", ""),
            (Source::Titles, _) => with("SEARCH", " limit=200"),
            (Source::Users, _) => with("USERS", " limit=200"),
            (Source::Words, "") => None,
            (Source::Words, _) => with("MATCH", " limit=60"),
            (Source::Deleted, "") => Some("LIST DELETED limit=1000".to_owned()),
            (Source::Events, "") => Some("EVENTS limit=200".to_owned()),
            (Source::Bookings, "") => Some("BOOKINGS limit=200".to_owned()),
            (Source::Notices, "") => Some("NOTICES limit=50".to_owned()),
            (Source::Sessions, "") => Some("SESSIONS limit=200".to_owned()),
            (Source::Ads, "") => Some("ADS limit=200".to_owned()),
            (Source::Rooms, "") => Some("ROOMS limit=200".to_owned()),
            _ => None,
        }
    }

    /// The facts of a row: what is typed, what people call it, and what else tells it from others.
    fn facts(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Source::Titles | Source::Deleted => ("id", "title", "kind"),
            Source::Users => ("user", "", "role"),
            Source::Events => ("id", "name", "starts"),
            Source::Bookings => ("booking", "name", "seats"),
            Source::Notices => ("id", "title", ""),
            Source::Sessions => ("session", "user", "from"),
            Source::Ads => ("id", "text", ""),
            Source::Rooms => ("room", "", "members"),
            Source::Words => ("word", "", ""),
        }
    }

    fn found(self, row: &Facts) -> Option<Found> {
        let (id, name, more) = self.facts();
        let shown = |key| cut(&harmless(find(row, key).unwrap_or_default()), NAME).into_owned();
        Some(Found { id: find(row, id)?.to_owned(), name: shown(name), more: shown(more) })
    }
}

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What is typed for it, as the server wrote it.
    pub id: String,
    /// What people call it; harmless, and of no more columns than are shown.
    pub name: String,
    /// What else tells it from others; so is this.
    pub more: String,
}

impl Found {
    /// Whether it is meant by what was begun: by its beginning, or by a part of its name.
    fn fits(&self, word: &str) -> bool {
        starts(&self.id, word)
            || (!word.is_empty() && self.name.to_lowercase().contains(&word.to_lowercase()))
    }
}

/// Whether a text begins with a word, whatever its case.
pub fn starts(text: &str, word: &str) -> bool {
    text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
        || text.to_lowercase().starts_with(&word.to_lowercase())
}

/// What is known of a beginning.
#[derive(Debug, Default)]
pub struct Known {
    /// What fits it, those that begin so first.
    pub found: Vec<Found>,
    /// Whether that is all: nothing else is on its way.
    pub settled: bool,
}

/// What somebody waits for who has pressed TAB.
#[derive(Clone, Debug)]
struct Owed {
    source: Source,
    word: String,
    line: String,
    /// How many were shown at once.
    shown: usize,
}

/// Tells what came after the key. It must ask nothing.
pub type Tell = Box<dyn Fn(&[Found]) + Send>;

/// Asks for what completion offers.
#[derive(Clone, Debug, Default)]
pub struct Lookup(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    asked: Condvar,
}

#[derive(Default)]
struct State {
    /// Who asks: another may see other things.
    pass: Option<Pass>,
    known: VecDeque<Answer>,
    /// The last question that nobody works on yet: of several only that is still of interest.
    waiting: Option<Question>,
    /// What is being asked, and at which prompt it was.
    busy: Option<(Question, u64)>,
    /// Prompts there have been: what was asked before the last command may be answered otherwise by now.
    prompts: u64,
    running: bool,
    failed: Option<Instant>,
    owed: Option<Owed>,
    tell: Option<Tell>,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State")
            .field("waiting", &self.waiting)
            .field("busy", &self.busy)
            .finish_non_exhaustive()
    }
}

/// A beginning of something.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Question {
    source: Source,
    word: String,
}

#[derive(Debug)]
struct Answer {
    question: Question,
    found: Arc<Vec<Found>>,
    /// Nothing was left out.
    whole: bool,
    at: Option<Instant>,
}

impl Answer {
    fn is_fresh(&self) -> bool {
        self.at.is_some_and(|at| at.elapsed() < FRESH)
    }
}

impl Lookup {
    /// Who has something told that comes after its key.
    pub fn tell(&self, tell: Tell) {
        self.state().tell = Some(tell);
    }

    /// A new prompt: what somebody else could see is forgotten, and what is known may have changed.
    pub fn follow(&self, pass: &Pass) {
        let mut state = self.state();
        if state.pass.as_ref() != Some(pass) {
            *state = State {
                pass: Some(pass.clone()),
                busy: state.busy.take(),
                prompts: state.prompts,
                running: state.running,
                tell: state.tell.take(),
                ..State::default()
            };
        }
        state.owed = None;
        state.prompts += 1;
        state.known.iter_mut().for_each(|answer| answer.at = None);
    }

    /// What begins with `word` may be wanted soon: what is not known of it is asked for.
    pub fn want(&self, source: Source, word: &str) {
        let mut state = self.state();
        let respite = state.failed.is_some_and(|at| at.elapsed() < RESPITE);
        if let Some(question) = state.next(source, word).filter(|_| !respite) {
            self.ask(&mut state, question);
        }
    }

    /// What is known now of what begins with `word`.
    pub fn of(&self, source: Source, word: &str) -> Known {
        let state = self.state();
        let known = state.known(source, word);
        let settled = state.next(source, word).is_none() || (!known.found.is_empty() && known.settled);
        Known { settled, ..known }
    }

    /// Somebody has pressed TAB behind `line` and was shown so many; the rest is told when it is there.
    pub fn owe(&self, source: Source, word: &str, line: &str, shown: usize) {
        let mut state = self.state();
        let Some(question) = state.next(source, word) else { return };
        state.owed = Some(Owed { source, word: word.to_owned(), line: line.to_owned(), shown });
        self.ask(&mut state, question);
    }

    /// This is the line now: who waited behind another one does so no longer.
    pub fn line(&self, line: &str) {
        let mut state = self.state();
        state.owed.take_if(|owed| owed.line != line);
    }

    fn ask(&self, state: &mut State, question: Question) {
        let busy = state.busy.as_ref().is_some_and(|(busy, at)| *busy == question && *at == state.prompts);
        if busy || !state.pass.as_ref().is_some_and(Pass::is_somebody) {
            return;
        }
        state.waiting = Some(question);
        if !std::mem::replace(&mut state.running, true) {
            let this = self.clone();
            std::thread::spawn(move || this.work());
        }
        self.0.asked.notify_all();
    }

    /// Answers questions until none comes for a while.
    fn work(&self) {
        let mut open: Option<(Pass, Link)> = None;
        while let Some((pass, question)) = self.question() {
            let answer = answer(&mut open, &pass, &question)
                // One that was lost while idle is made anew.
                .or_else(|_| answer(&mut open, &pass, &question));
            self.keep(&pass, question, answer.ok());
        }
    }

    fn question(&self) -> Option<(Pass, Question)> {
        let mut state = self.state();
        let until = Instant::now() + IDLE;
        loop {
            if let (Some(question), Some(pass)) = (state.waiting.take(), state.pass.clone()) {
                state.busy = Some((question.clone(), state.prompts));
                return Some((pass, question));
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                state.running = false;
                return None;
            }
            state = self.0.asked.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn keep(&self, pass: &Pass, question: Question, answer: Option<(Vec<Found>, bool)>) {
        let mut state = self.state();
        let asked = state.busy.take().map(|(_, prompt)| prompt);
        if state.pass.as_ref() != Some(pass) {
            return;
        }
        let Some((found, whole)) = answer else {
            state.failed = Some(Instant::now());
            return;
        };
        state.failed = None;
        state.known.retain(|answer| answer.question != question);
        let at = (asked == Some(state.prompts)).then(Instant::now);
        state.known.push_front(Answer { question, found: Arc::new(found), whole, at });
        state.known.truncate(KEPT);
        let Some(owed) = state.owed.clone() else { return };
        match state.next(owed.source, &owed.word) {
            Some(question) => self.ask(&mut state, question),
            None => state.pay(&owed),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes these for known. For tests.
    #[cfg(test)]
    pub fn set(&self, source: Source, found: Vec<Found>) {
        let question = Question { source, word: String::new() };
        let answer = Answer { question, found: Arc::new(found), whole: true, at: Some(Instant::now()) };
        self.state().known.push_front(answer);
    }
}

impl State {
    /// What has to be asked to know all that begins with `word`.
    fn next(&self, source: Source, word: &str) -> Option<Question> {
        let ask = |word: &str| Some(Question { source, word: word.to_owned() });
        if source.command("").is_some() {
            match self.answer(source, "") {
                Some(all) if !all.is_fresh() => return ask(""),
                Some(all) if all.whole => return None,
                Some(_) => {}
                None => return ask(""),
            }
        }
        source.command(word)?;
        let known = self.answers(source).any(|a| a.is_fresh() && a.covers(word));
        if known { None } else { ask(word) }
    }

    fn answers(&self, source: Source) -> impl Iterator<Item = &Answer> {
        self.known.iter().filter(move |answer| answer.question.source == source)
    }

    fn answer(&self, source: Source, word: &str) -> Option<&Answer> {
        self.answers(source).find(|answer| answer.question.word == word)
    }

    /// What is known to begin with `word`: from the nearest answer, and of all that is listed anyway.
    fn known(&self, source: Source, word: &str) -> Known {
        let of = |a: &&Answer| starts(word, &a.question.word);
        let nearest = self.answers(source).filter(of).max_by_key(|a| (a.covers(word), a.question.word.len()));
        let Some(nearest) = nearest else { return Known::default() };
        let listed = self.answer(source, "").filter(|all| !std::ptr::eq(*all, nearest));
        let exact = nearest.question.word == word;
        let near = nearest.found.iter().filter(|found| exact || found.fits(word));
        let listed = listed.iter().flat_map(|all| all.found.iter()).filter(|found| found.fits(word));
        let listed = listed.filter(|found| nearest.found.iter().all(|near| near.id != found.id));
        let (mut found, others): (Vec<Found>, Vec<Found>) =
            near.chain(listed).cloned().partition(|found| starts(&found.id, word));
        found.extend(others);
        Known { found, settled: nearest.covers(word) }
    }

    fn pay(&mut self, owed: &Owed) {
        self.owed = None;
        let known = self.known(owed.source, &owed.word);
        if let Some(tell) = self.tell.as_ref().filter(|_| known.found.len() > owed.shown) {
            tell(&known.found);
        }
    }
}

impl Answer {
    /// Whether all that begins with `word` is in it.
    fn covers(&self, word: &str) -> bool {
        let asked = &self.question;
        let narrows = asked.word.is_empty() || asked.source != Source::Titles;
        asked.word == word || (self.whole && narrows && starts(word, &asked.word))
    }
}

fn is_number(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_digit())
}

/// Asks the server. What it refuses is nothing: there is nothing to be offered.
fn answer(
    open: &mut Option<(Pass, Link)>, pass: &Pass, question: &Question,
) -> Result<(Vec<Found>, bool), Fault> {
    let Some(line) = question.source.command(&question.word) else {
        return Ok((Vec::new(), true));
    };
    let mut link = match open.take() {
        Some((of, link)) if of == *pass => link,
        _ => pass.bearing(SILENCE).open()?,
    };
    let reply = link.ask(&line)?;
    // Also what the server had said before it closed an idle connection is no answer.
    if matches!(reply.status.code, 400..=499 | 530) {
        return Err(Fault::Refused(Box::new(reply)));
    }
    *open = Some((pass.clone(), link));
    let mut found: Vec<Found> = reply.rows.iter().filter_map(|row| question.source.found(row)).collect();
    found.dedup();
    Ok((found, reply.status.get("next").is_none()))
}
