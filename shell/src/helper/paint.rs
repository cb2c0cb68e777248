//! The line in colours while it is typed, from the table of commands: what it is made of, and what in it
//! cannot be right. What is merely unfinished at the cursor is not marked.

use std::borrow::Cow;

use protocol::field::fits;
use protocol::table::{Arg, Gate, Offer};

use super::typed::{Place, Places, Word, words};
use crate::fault::Fault;
use crate::friendly::{self, Deed, Own};
use crate::help::own_or_spec;
use crate::input::{self, Input};
use crate::locale::Tongue;
use crate::lookup::starts;
use crate::transfer::pick::is_pick;

const VERB: &str = "32";
const KEY: &str = "36";
const FIXED: &str = "35";
const NUMBER: &str = "94";
const QUOTED: &str = "33";
const ASIDE: &str = "2";
const WRONG: &str = "4;31";

/// An underline is no colour: it stays where none is wanted.
const WRONG_PLAIN: &str = "4";

/// What a line looks like.
#[derive(Clone, Copy, Debug)]
pub struct Painter {
    /// Whose verbs are right.
    pub gate: Gate,
    /// Whether colours are wanted; without them only what is wrong is marked.
    pub colours: bool,
}

/// A piece of a line and how it is drawn.
type Piece = (usize, usize, &'static str);

impl Painter {
    /// The line as it is drawn with the cursor at `at`.
    pub fn paint<'l>(&self, line: &'l str, at: usize) -> Cow<'l, str> {
        // The server takes no longer one; nobody reads it either.
        if line.len() > protocol::MAX_LINE || line.trim_start().starts_with('!') {
            return Cow::Borrowed(line);
        }
        if line.trim_start().starts_with('#') {
            return drawn(line, &[(0, line.len(), if self.colours { ASIDE } else { "" })]);
        }
        let all = words(line);
        let mut pieces = if self.colours { pieces(&all) } else { Vec::new() };
        if let Some(wrong) = self.wrong(line, &all, at) {
            let style = if self.colours { WRONG } else { WRONG_PLAIN };
            pieces.retain(|(start, end, _)| *end <= wrong.start || *start >= wrong.end);
            pieces.push((wrong.start, wrong.end, style));
            pieces.sort_unstable();
        }
        drawn(line, &pieces)
    }

    /// The word that cannot be right, if there is one.
    fn wrong<'w, 'l>(&self, line: &str, all: &'w [Word<'l>], at: usize) -> Option<&'w Word<'l>> {
        let verb = all.first()?;
        let typing = |word: &Word<'_>| word.end == line.len() && at == line.len();
        match own_or_spec(&verb.text) {
            Some((spec, _)) if spec.gate <= self.gate => {}
            _ if typing(verb) && self.begins_a_verb(&verb.text) => return None,
            _ => return Some(verb),
        }
        let byte = fault(line, all)?;
        if byte >= line.len() {
            // Something is missing at the end: that is for the hint, or it is a quote that stays open.
            return all.last().filter(|last| at != line.len() && is_open(line, last));
        }
        let word = all.iter().find(|word| (word.start..=word.end).contains(&byte))?;
        (!typing(word) || !self.may_become_right(line, all, word)).then_some(word)
    }

    fn begins_a_verb(&self, begun: &str) -> bool {
        friendly::verbs(self.gate).iter().any(|verb| starts(verb, begun))
    }

    /// Whether something typed behind the last word can mend it.
    fn may_become_right(&self, line: &str, all: &[Word<'_>], word: &Word<'_>) -> bool {
        let Some((spec, own)) = all.first().and_then(|verb| own_or_spec(&verb.text)) else { return true };
        if is_open(line, word) {
            return true;
        }
        let is_flag = |own: &Own| own.flags.iter().any(|flag| starts(flag.name, &word.text));
        if let Some(own) =
            own.filter(|own| !own.flags.is_empty() && !word.quoted && word.text.starts_with('-'))
        {
            return is_flag(own);
        }
        let mut places = Places::of(spec, own);
        let place = all.iter().skip(1).map(|word| places.next(word)).last();
        let (arg, value) = match place {
            Some(Place::Word(arg)) => (Some(arg), word.text.as_ref()),
            Some(Place::Value(arg, from)) => (Some(arg), word.text.get(from..).unwrap_or_default()),
            Some(Place::Flag | Place::Path | Place::Count) => return true,
            Some(Place::Options) | None => (None, ""),
        };
        let begun = arg.is_some_and(|arg| offered(arg, value, self.gate));
        let key = spec.options.iter().any(|option| starts(&option.key(), &word.text));
        let flag = own.is_some_and(is_flag);
        begun
            || (!word.quoted && (key || flag))
            || endings(value).any(|ending| is_mended(&format!("{line}{ending}"), word))
    }
}

/// What a value that is not finished is tried with: of digests, numbers, amounts, times and names as much as is
/// missing.
fn endings(value: &str) -> impl Iterator<Item = &'static str> {
    const ZEROS: &str = "0000000000000000000000000000000000000000000000000000000000000000";
    const TIME: &str = "2000-01-01T00:00:00Z";
    let rest = |whole: &'static str, length: usize| whole.get(value.len()..length).unwrap_or_default();
    [rest(ZEROS, 32), rest(ZEROS, 64), rest(TIME, TIME.len()), "0", "aa"].into_iter()
}

/// Whether the choices of a place begin so, or may be sought by a name.
fn offered(arg: &Arg, begun: &str, gate: Gate) -> bool {
    match arg.shape.offer {
        Offer::Words(words) => words.iter().any(|word| starts(word, begun)),
        Offer::Verb => friendly::verbs(gate).iter().any(|verb| starts(verb, begun)),
        Offer::Nothing => false,
        // TAB finds them by their names.
        _ => true,
    }
}

/// Whether the line is no longer wrong at this word, which has grown.
fn is_mended(line: &str, word: &Word<'_>) -> bool {
    let all = words(line);
    let end = all.iter().find(|grown| grown.start == word.start).map_or(word.end, |grown| grown.end);
    fault(line, &all).is_none_or(|byte| byte > end || byte >= line.len())
}

/// The byte at which a line is no command; its length where something is missing, nothing where it is one.
fn fault(line: &str, all: &[Word<'_>]) -> Option<usize> {
    // What asks for the background is no word of the command.
    let line = line.trim_end().strip_suffix(" &").unwrap_or(line);
    match input::read(line, Tongue::En) {
        Err(Fault::Syntax { error, .. }) => {
            let at = line.char_indices().nth(error.column.saturating_sub(1));
            Some(at.map_or(usize::MAX, |(byte, _)| byte))
        }
        Ok(Input::Own(own, _)) if !is_free(own) => misfit(own, all),
        _ => None,
    }
}

/// Whether its words are not bound to places: they are said or sent as they are, or come in any order.
fn is_free(own: &Own) -> bool {
    matches!(own.deed, Deed::Say | Deed::Raw | Deed::Local | Deed::Top | Deed::New)
}

/// Where a word of one of the shell's own verbs is not what its place wants: it is looked at only when the
/// verb is obeyed.
fn misfit(own: &Own, all: &[Word<'_>]) -> Option<usize> {
    let mut places = Places::of(&own.spec, Some(own));
    let wrong = all.iter().skip(1).find(|word| match places.next(word) {
        Place::Word(arg) if arg.shape == friendly::TITLES => !is_pick(&word.text),
        Place::Word(arg) => !fits(&arg.shape, &word.text),
        Place::Value(arg, from) => !fits(&arg.shape, word.text.get(from..).unwrap_or_default()),
        Place::Flag | Place::Path | Place::Count | Place::Options => false,
    });
    wrong.map(|word| word.start)
}

/// Whether a quote of it is not closed.
fn is_open(line: &str, word: &Word<'_>) -> bool {
    let (mut inside, mut escaped) = (false, false);
    for c in line.get(word.start..word.end).unwrap_or_default().chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if inside => escaped = true,
            '"' => inside = !inside,
            _ => {}
        }
    }
    inside
}

/// What the words of a line are.
fn pieces(all: &[Word<'_>]) -> Vec<Piece> {
    let Some((verb, words)) = all.split_first() else { return Vec::new() };
    let Some((spec, own)) = own_or_spec(&verb.text) else { return Vec::new() };
    let mut pieces = vec![(verb.start, verb.end, VERB)];
    // What is said is no command, whatever it looks like.
    if own.is_some_and(|own| matches!(own.deed, Deed::Say | Deed::Raw)) {
        return pieces;
    }
    let mut places = Places::of(spec, own);
    for word in words {
        match places.next(word) {
            Place::Value(arg, from) => {
                pieces.push((word.start, word.start + from, KEY));
                let quoted = word.end - word.start > word.text.len();
                let style =
                    if quoted { QUOTED } else { value(arg, word.text.get(from..).unwrap_or_default()) };
                pieces.push((word.start + from, word.end, style));
            }
            Place::Flag => pieces.push((word.start, word.end, KEY)),
            _ if word.quoted => pieces.push((word.start, word.end, QUOTED)),
            Place::Word(arg) => pieces.push((word.start, word.end, value(arg, &word.text))),
            Place::Path | Place::Count | Place::Options => {}
        }
    }
    pieces.retain(|(start, end, style)| start < end && !style.is_empty());
    pieces
}

fn value(arg: &Arg, word: &str) -> &'static str {
    let number = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    match arg.shape.offer {
        Offer::Words(words) if words.iter().any(|fixed| fixed.eq_ignore_ascii_case(word)) => FIXED,
        Offer::Verb if own_or_spec(word).is_some() => VERB,
        Offer::Title | Offer::Event | Offer::Booking | Offer::Notice | Offer::Session | Offer::Ad
            if number =>
        {
            NUMBER
        }
        _ => "",
    }
}

/// A line with its pieces drawn. They are in order and do not overlap.
fn drawn<'l>(line: &'l str, pieces: &[Piece]) -> Cow<'l, str> {
    if pieces.iter().all(|(_, _, style)| style.is_empty()) {
        return Cow::Borrowed(line);
    }
    let mut out = String::with_capacity(line.len() + 12 * pieces.len());
    let mut from = 0;
    for (start, end, style) in pieces {
        out.push_str(line.get(from..*start).unwrap_or_default());
        out.extend(["\x1b[", style, "m", line.get(*start..*end).unwrap_or_default(), "\x1b[m"]);
        from = *end;
    }
    out.push_str(line.get(from..).unwrap_or_default());
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Painter = Painter { gate: Gate::Admin, colours: false };

    /// What is marked while the cursor is at the end.
    fn wrong(line: &str) -> Option<String> {
        marked(line, line.len())
    }

    fn marked(line: &str, at: usize) -> Option<String> {
        let painted = PLAIN.paint(line, at).into_owned();
        let (_, rest) = painted.split_once("\x1b[4m")?;
        rest.split_once("\x1b[m").map(|(wrong, _)| wrong.to_owned())
    }

    #[test]
    fn what_cannot_be_right_is_marked() {
        for (line, bad) in [
            ("frob", "frob"),
            ("serach tea", "serach"),
            ("ls PIAD ", "PIAD"),
            ("ls PIA", "PIA"),
            ("ls sort=newest", "sort=newest"),
            ("ls limit=many", "limit=many"),
            ("ls limit=0", "limit=0"),
            ("get abc ", "abc"),
            ("buy 7 price=cheap", "price=cheap"),
            ("topup 1.234", "1.234"),
            ("info 7 8", "8"),
            ("get 7 --frob", "--frob"),
            ("put x frob=1 ", "frob=1"),
            ("retr 7 offset=-1", "offset=-1"),
            ("ls all \"x\"", "\"x\""),
            ("stage x starts=soon", "starts=soon"),
            ("prove xyz", "xyz"),
        ] {
            assert_eq!(wrong(line).as_deref(), Some(bad), "{line:?}");
        }
    }

    #[test]
    fn what_is_unfinished_is_not() {
        for line in [
            "",
            " ",
            "g",
            "ge",
            "get",
            "get ",
            "get 7",
            "get gree",
            "get 绿",
            "get 7 -",
            "get 7 -o",
            "get 7 -o ",
            "get 7 --fo",
            "get \"gr",
            "ls pa",
            "ls so",
            "ls sort",
            "ls sort=",
            "ls sort=n",
            "ls sort=name lim",
            "topup 1",
            "topup 1.",
            "topup 1.5",
            "put \"a b",
            "put \"a b\" tit",
            "put x title=\"Gre",
            "prove 5d41",
            "lock a",
            "stage \"x\" starts=2026-12",
            "say don't \"x a=b",
            "# \"x",
            "!ls \"x",
            "raw FROB \"x a=b c",
            "top 10",
            "new 5 free",
            "help ge",
            "search green tea",
            "stor 5 5d41402abc",
            "get 7 &",
            "post \"Film night\" \"Fri",
        ] {
            assert_eq!(wrong(line), None, "{line:?}");
        }
    }

    #[test]
    fn away_from_the_cursor_nothing_is_unfinished() {
        assert_eq!(marked("ge", 1).as_deref(), Some("ge"));
        assert_eq!(marked("put \"a b", 3).as_deref(), Some("\"a b"));
        assert_eq!(marked("ls sort=n", 2).as_deref(), Some("sort=n"));
        // A word that is missing is nowhere.
        assert_eq!(marked("get ", 1), None);
    }

    #[test]
    fn who_may_not_give_a_command_sees_that() {
        let user = Painter { gate: Gate::User, colours: false };
        assert!(user.paint("lock ben", 8).contains("\x1b[4mlock\x1b[m"));
        assert!(!user.paint("whoami", 6).contains('\x1b'));
    }

    #[test]
    fn a_line_is_made_of_its_kinds() {
        let painter = Painter { gate: Gate::Admin, colours: true };
        let line = "put \"a b\" kind=PAID title=\"绿 茶\"";
        assert_eq!(
            painter.paint(line, line.len()),
            "\x1b[32mput\x1b[m \x1b[33m\"a b\"\x1b[m \x1b[36mkind=\x1b[m\x1b[35mPAID\x1b[m \
             \x1b[36mtitle=\x1b[m\x1b[33m\"绿 茶\"\x1b[m"
        );
        assert_eq!(painter.paint("get 7 -o x", 10), "\x1b[32mget\x1b[m \x1b[94m7\x1b[m \x1b[36m-o\x1b[m x");
        assert_eq!(painter.paint("say 7 \"x\"", 9), "\x1b[32msay\x1b[m 7 \"x\"");
        assert_eq!(painter.paint("ls x", 0), "\x1b[32mls\x1b[m \x1b[4;31mx\x1b[m");
    }

    #[test]
    fn the_longest_line_is_drawn_in_a_moment() {
        let line = format!("search {}", "a=b \"c d\" ".repeat(900));
        let line = line.get(..protocol::MAX_LINE).unwrap();
        let began = std::time::Instant::now();
        for _ in 0..10 {
            PLAIN.paint(line, line.len());
        }
        assert!(began.elapsed() < std::time::Duration::from_secs(1), "{:?}", began.elapsed());
    }
}
