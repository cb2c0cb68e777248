//! TAB, hints and colours: everything that they offer comes from the table, or from what the shell's own
//! verbs say about themselves; names and numbers of the club are looked up in the background.

use std::borrow::Cow;
use std::cell::Cell;
use std::io::{self, Write as _};

use protocol::table::Gate;
use protocol::value::RoomName;
use rustyline::completion::{Completer, Pair, longest_common_prefix};
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::{Hint as _, Hinter};
use rustyline::{Context, Helper, Validator};

mod hints;
mod list;
mod offers;
mod paint;
mod paths;
mod reflow;
mod typed;

use self::hints::{Ahead, ahead};
pub use self::list::Teller;
use self::offers::{listed, pairs};
use self::paint::Painter;
use self::reflow::{Drawn, End};
use crate::keys::Hinted;
use crate::locale::Tongue;
use crate::lookup::Lookup;
use crate::session::Pass;
use crate::show::plain::width;
use crate::show::terminal_width;

/// Bytes of a line from which on it is no longer drawn anew with each key: a long text that is pasted key by
/// key would take a while.
const LONG: usize = 1000;

/// What rustyline asks while a line is typed.
#[derive(Helper, Validator)]
pub struct Guide {
    lookup: Lookup,
    gate: Gate,
    tongue: Tongue,
    colours: bool,
    mode: Mode,
    room: Option<RoomName>,
    teller: Option<Teller>,
    /// The line is done: what is drawn now stays.
    done: Cell<bool>,
    /// Whether what is ahead is shown; a move of the cursor hides it.
    hinted: Hinted,
    prompt: String,
    /// The window when the line was drawn last, where the terminal breaks lines anew.
    shown: Cell<Option<Shown>>,
    reflows: bool,
}

/// What a line is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// A command.
    #[default]
    Commands,
    /// A word to be looked up.
    Words,
    /// Anything: it is said as it is.
    Talk,
}

/// A window, and what was shown ahead in it.
#[derive(Clone, Copy, Debug)]
struct Shown {
    columns: usize,
    /// How wide that was.
    ahead: usize,
}

impl Guide {
    /// A guide for a guest. Without colours only what is wrong is marked.
    pub fn new(tongue: Tongue, colours: bool) -> Self {
        Self {
            lookup: Lookup::default(),
            gate: Gate::Guest,
            tongue,
            colours,
            mode: Mode::Commands,
            room: None,
            teller: None,
            done: Cell::default(),
            hinted: Hinted::default(),
            prompt: String::new(),
            shown: Cell::default(),
            reflows: reflow::is_known(|name| std::env::var(name).ok()),
        }
    }

    /// Whether what is ahead is shown, for the keys that take it.
    pub fn hinted(&self) -> Hinted {
        self.hinted.clone()
    }

    /// How what is offered is shown above the line. Without this nothing is.
    pub fn show_with(&mut self, teller: Teller) {
        let (shown, tongue) = (teller.clone(), self.tongue);
        self.lookup.tell(Box::new(move |found| shown.show(listed(&pairs(found, ""), tongue))));
        self.teller = Some(teller);
    }

    /// Who is at this prompt now, and in which room.
    pub fn follow(&mut self, prompt: String, gate: Gate, pass: &Pass, mode: Mode, room: Option<RoomName>) {
        (self.prompt, self.gate, self.mode, self.room) = (prompt, gate, mode, room);
        self.lookup.follow(pass);
        self.shown.set(None);
        self.done.set(false);
    }
}

impl Hinter for Guide {
    type Hint = Ahead;

    fn hint(&self, line: &str, pos: usize, context: &Context<'_>) -> Option<Ahead> {
        self.lookup.line(line);
        let columns = terminal_width().unwrap_or(80).max(1);
        let ahead = if pos == line.len() { self.ahead(line, columns, context) } else { None };
        let was_hinted = self.hinted.replace(ahead.is_some());
        if self.reflows {
            self.reflow(line, pos, ahead.as_ref().map_or("", Ahead::display), was_hinted, columns);
        }
        ahead
    }
}

impl Guide {
    fn ahead(&self, line: &str, columns: usize, context: &Context<'_>) -> Option<Ahead> {
        if line.len() >= LONG {
            return None;
        }
        // What TAB may ask for is on its way before it is pressed.
        if let Some(aim) = self.aim(line) {
            self.lookup.want(aim.source, &aim.word);
        }
        let room = columns - (width(&self.prompt) + width(line)) % columns - 1;
        (self.mode == Mode::Commands).then(|| ahead(line, room, context)).flatten()
    }

    /// The line is about to be drawn: first the cursor goes where the line editor takes it to be, should the
    /// window be another by now.
    fn reflow(&self, line: &str, pos: usize, ahead: &str, was_hinted: bool, columns: usize) {
        let shown = Shown { columns, ahead: width(ahead) };
        let Some(before) = self.shown.replace(Some(shown)).filter(|before| before.columns != columns) else {
            return;
        };
        let (typed, rest) = line.split_at_checked(pos).unwrap_or((line, ""));
        let cursor = |columns| End::default().behind(&self.prompt, columns).behind(typed, columns);
        let hint = " ".repeat(if was_hinted { before.ahead } else { 0 });
        let end = cursor(before.columns).behind(rest, before.columns).behind(&hint, before.columns);
        let drawn = Drawn { cursor: cursor(before.columns), end, columns: before.columns };
        let moves = reflow::moves(drawn, cursor(columns), columns);
        let mut out = io::stdout().lock();
        let _ = out.write_all(moves.as_bytes()).and_then(|()| out.flush());
    }
}

impl Highlighter for Guide {
    fn highlight<'l>(&self, line: &'l str, pos: usize) -> Cow<'l, str> {
        match self.mode {
            Mode::Commands => {
                let painter = Painter { gate: self.gate, colours: self.colours };
                // A line that is done is finished wherever the cursor is.
                painter.paint(line, if self.done.get() { usize::MAX } else { pos })
            }
            Mode::Words | Mode::Talk => Cow::Borrowed(line),
        }
    }

    /// Dim also where no colours are wanted: else it would look typed.
    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        Cow::Owned(format!("\x1b[2m{hint}\x1b[m"))
    }

    /// A line is drawn anew with each key: what it is made of may have changed.
    fn highlight_char(&self, line: &str, _: usize, kind: CmdKind) -> bool {
        self.done.set(kind == CmdKind::ForcedRefresh);
        if kind == CmdKind::MoveCursor {
            self.hinted.set(false);
        }
        self.mode == Mode::Commands && line.len() < LONG
    }
}

impl Completer for Guide {
    type Candidate = Pair;

    /// One candidate at most: what all that fit have in common. Which they are is shown above the line.
    fn complete(&self, line: &str, pos: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<Pair>)> {
        let begun = line.get(..pos).unwrap_or_default();
        let offers = self.offers(begun);
        let several = offers.pairs.len() > 1 || (offers.pending.is_some() && !offers.pairs.is_empty());
        if let Some(teller) = self.teller.as_ref().filter(|_| several) {
            teller.show(listed(&offers.pairs, self.tongue));
        }
        let typed = begun.get(offers.start..).unwrap_or_default();
        let stay = |replacement: &str| Pair { display: String::new(), replacement: replacement.to_owned() };
        if let Some((aim, known)) = &offers.pending {
            self.lookup.owe(aim.source, &aim.word, line, *known);
            // What is not known yet is nothing to ring the bell for.
            return Ok((offers.start, vec![stay(typed)]));
        }
        let common = longest_common_prefix(&offers.pairs).map(str::to_owned);
        let pairs = match common {
            _ if offers.pairs.len() <= 1 => offers.pairs,
            Some(common) if common.len() > typed.len() => vec![stay(&common)],
            _ => Vec::new(),
        };
        Ok((offers.start, pairs))
    }
}
