//! What the word under the cursor may become: verbs, words and keys of the table, files, and what the club has.

use protocol::grammar::write_word;
use protocol::table::{Arg, Gate, Offer, Spec};
use protocol::value::RoomName;
use rustyline::completion::Pair;

use super::list::columns;
use super::paths::paths;
use super::typed::{Place, Typed, Word};
use super::{Guide, Mode};
use crate::friendly::{self, Own};
use crate::help::own_or_spec;
use crate::locale::Tongue;
use crate::lookup::{Found, Source, starts};
use crate::show::plain::harmless;
use crate::show::terminal_width;

/// What the word under the cursor may become.
#[derive(Default)]
pub struct Offers {
    /// Where it begins.
    pub start: usize,
    /// What is shown of each, and what is typed for it.
    pub pairs: Vec<Pair>,
    /// What of the club it is, if not all of that is known yet, and how much is.
    pub pending: Option<(Aim, usize)>,
}

/// Something of the club that is being typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aim {
    /// What it is one of.
    pub source: Source,
    /// What there is of it.
    pub word: String,
    /// Where it begins.
    pub start: usize,
    /// What of the line stands between there and it: the key of an option.
    pub before: String,
}

impl Guide {
    /// What of the club is being typed at the end of `line`.
    pub fn aim(&self, line: &str) -> Option<Aim> {
        match self.mode {
            Mode::Talk => return None,
            Mode::Words => {
                let word = line.trim_start().to_owned();
                let start = line.len() - word.len();
                return Some(Aim { source: Source::Words, word, start, before: String::new() });
            }
            Mode::Commands => {}
        }
        let typed = Typed::read(line);
        let (spec, own) = own_or_spec(&typed.before.first()?.text)?;
        let (arg, before, word) = typed.argument(typed.place(spec, own))?;
        let source = source(spec, arg, self.gate)?;
        // Free text goes from its first word to the end of the line.
        let text = match typed.before.get(1) {
            _ if typed.word.quoted => None,
            Some(first) if arg.rest && source == Source::Words => {
                line.get(first.start..).map(|t| (first.start, t))
            }
            _ => None,
        };
        let (start, word) = text.unwrap_or((typed.word.start, word));
        Some(Aim { source, word: word.to_owned(), start, before: before.to_owned() })
    }

    /// What the word under the cursor may become.
    pub fn offers(&self, line: &str) -> Offers {
        let mut offers = match self.aim(line) {
            Some(aim) => self.sought(aim),
            None if self.mode == Mode::Commands => self.fixed(line),
            None => return Offers::default(),
        };
        if self.mode == Mode::Commands && offers.pending.is_none() {
            offers.pairs.extend(further(line));
        }
        offers
    }

    /// What is known of the club that begins so.
    fn sought(&self, aim: Aim) -> Offers {
        let known = self.lookup.of(aim.source, &aim.word);
        let mut pairs = pairs(&known.found, &aim.before);
        if aim.source == Source::Rooms {
            pairs.extend(self.other_rooms(&aim.word, &known.found));
        }
        Offers { start: aim.start, pairs, pending: (!known.settled).then_some((aim, known.found.len())) }
    }

    /// The rooms that are always to be had: the lounge, and the one that was joined last.
    fn other_rooms(&self, word: &str, found: &[Found]) -> Vec<Pair> {
        let lounge = RoomName::default();
        let mut rooms = vec![&lounge];
        rooms.extend(self.room.as_ref().filter(|room| **room != lounge));
        let others = rooms.into_iter().map(RoomName::as_str).filter(|room| starts(room, word));
        others.filter(|room| found.iter().all(|f| f.id != **room)).map(|room| pair(room, room)).collect()
    }

    /// What needs nobody to be asked: verbs, words of the table, rooms, paths.
    fn fixed(&self, line: &str) -> Offers {
        let typed = Typed::read(line);
        let Some(verb) = typed.before.first() else {
            return Offers { start: typed.word.start, pairs: verbs(&typed.word, self.gate), pending: None };
        };
        let pairs = match own_or_spec(&verb.text) {
            // What the shell of this computer is told is mostly about files.
            None if verb.text.starts_with('!') => paths(&typed.word.text, typed.word.quoted),
            None => Vec::new(),
            Some((spec, own)) => match typed.place(spec, own) {
                Place::Path => paths(&typed.word.text, typed.word.quoted),
                Place::Word(arg) if arg.name == "file" => paths(&typed.word.text, typed.word.quoted),
                place => typed
                    .argument(place)
                    .map(|(arg, before, word)| self.words(arg, before, word))
                    .unwrap_or_default(),
            },
        };
        Offers { start: typed.word.start, pairs, pending: None }
    }

    fn words(&self, arg: &Arg, before: &str, word: &str) -> Vec<Pair> {
        let plain = |choices: &[&str]| {
            let fitting = choices.iter().filter(|choice| starts(choice, word));
            fitting.map(|choice| pair(choice, &format!("{before}{}", like(choice, word)))).collect()
        };
        match arg.shape.offer {
            Offer::Words(words) => plain(words),
            Offer::Verb => plain(&friendly::verbs(self.gate)),
            _ => Vec::new(),
        }
    }
}

/// What of the club stands at a place, for one who may see it.
fn source(spec: &Spec, arg: &Arg, gate: Gate) -> Option<Source> {
    match (arg.shape.offer, spec.verb) {
        (Offer::Title, "UNDELE") => Some(Source::Deleted),
        (Offer::Title, _) => Some(Source::Titles),
        // Who logs in knows the own name, and somebody else's is nothing to register.
        (Offer::User, _) if gate == Gate::Admin && spec.gate != Gate::Guest => Some(Source::Users),
        (Offer::Event, _) => Some(Source::Events),
        (Offer::Booking, _) => Some(Source::Bookings),
        (Offer::Notice, _) => Some(Source::Notices),
        (Offer::Session, _) => Some(Source::Sessions),
        (Offer::Ad, _) => Some(Source::Ads),
        (Offer::Room, _) => Some(Source::Rooms),
        (_, "DEFINE" | "MATCH") if arg.rest => Some(Source::Words),
        _ => None,
    }
}

/// What was found, as it is offered: what is typed, with the names beside it.
pub fn pairs(found: &[Found], before: &str) -> Vec<Pair> {
    let pairs = found.iter().map(|found| {
        let mut word = String::new();
        write_word(&mut word, &found.id);
        // Words of a dictionary may have blanks in them; free text needs no quotes for that.
        let free = before.is_empty() && !found.id.contains(['"', '\\', '=']);
        let word = if free { &found.id } else { &word };
        let mut shown = harmless(&found.id).into_owned();
        if !found.name.is_empty() {
            shown.extend([" ", &found.name]);
        }
        if !found.more.is_empty() {
            shown.extend([" [", &found.more, "]"]);
        }
        Pair { display: shown, replacement: format!("{before}{word} ") }
    });
    pairs.collect()
}

/// Candidates as they are shown above the line.
pub fn listed(pairs: &[Pair], tongue: Tongue) -> String {
    let shown: Vec<String> = pairs.iter().map(|pair| pair.display.clone()).collect();
    columns(&shown, terminal_width().unwrap_or(80), tongue)
}

fn verbs(word: &Word<'_>, gate: Gate) -> Vec<Pair> {
    let fitting = friendly::verbs(gate).into_iter().filter(|verb| starts(verb, &word.text));
    fitting
        .map(|verb| {
            let verb = like(verb, &word.text);
            pair(&verb, &verb)
        })
        .collect()
}

/// Options that may stand where a word may be left out, and where something is begun.
fn further(line: &str) -> Vec<Pair> {
    let typed = Typed::read(line);
    let Some((spec, own)) = typed.before.first().and_then(|verb| own_or_spec(&verb.text)) else {
        return Vec::new();
    };
    match typed.place(spec, own) {
        Place::Word(arg) if arg.required && typed.word.text.is_empty() => Vec::new(),
        Place::Word(_) | Place::Options | Place::Flag if !typed.word.quoted => keys(&typed, spec, own),
        _ => Vec::new(),
    }
}

/// Option keys and flags that are not there yet.
fn keys(typed: &Typed<'_>, spec: &Spec, own: Option<&Own>) -> Vec<Pair> {
    let given = |key: &str| {
        let has = |word: &Word<'_>| {
            word.text.split_once('=').is_some_and(|(k, _)| !word.quoted && k.eq_ignore_ascii_case(key))
        };
        typed.before.iter().any(has)
    };
    let begun = &typed.word.text;
    let options = spec.options.iter().map(Arg::key);
    let options = options.filter(|key| starts(key, begun) && !given(key));
    let mut pairs: Vec<Pair> =
        options.map(|key| Pair { display: format!("{key}="), replacement: format!("{key}=") }).collect();
    let flags = own.map_or(&[][..], |own| own.flags).iter();
    let flags = flags
        .filter(|flag| starts(flag.name, begun) && !typed.before.iter().any(|word| word.text == flag.name));
    // Flags come up when a dash asks for them.
    if begun.starts_with('-') {
        pairs.extend(flags.map(|flag| pair(flag.name, flag.name)));
    }
    pairs
}

fn pair(display: &str, replacement: &str) -> Pair {
    Pair { display: display.to_owned(), replacement: format!("{replacement} ") }
}

/// `choice` in the case in which the word was begun: lower, unless it was begun in upper case.
fn like(choice: &str, word: &str) -> String {
    let upper = word.chars().next().is_some_and(char::is_uppercase);
    let verb = choice.chars().all(|c| c.is_uppercase() || !c.is_alphabetic());
    match (verb, upper) {
        (true, false) => choice.to_lowercase(),
        _ => choice.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use rustyline::Context;
    use rustyline::completion::Completer as _;

    use super::*;

    fn guide(gate: Gate) -> Guide {
        let title = |id: &str, name: &str| Found { id: id.into(), name: name.into(), more: "FREE".into() };
        let mut guide = Guide::new(Tongue::En, true);
        let titles = vec![title("7", "Green tea"), title("12", "绿茶"), title("71", "Black\\u{1b} tea")];
        guide.lookup.set(Source::Titles, titles);
        let account = |name: &str| Found { id: name.into(), name: String::new(), more: "user".into() };
        guide.lookup.set(Source::Users, vec![account("anna"), account("Annabel"), account("李=雷")]);
        guide.gate = gate;
        guide
    }

    fn offered(gate: Gate, line: &str) -> Vec<String> {
        let offers = guide(gate).offers(line);
        offers.pairs.into_iter().map(|pair| pair.replacement).collect()
    }

    fn offers(line: &str) -> Vec<String> {
        offered(Gate::User, line)
    }

    #[test]
    fn verbs_are_those_of_the_role_in_the_case_that_was_begun() {
        assert_eq!(offers("se"), ["search ", "sessions "]);
        assert_eq!(offers("SE"), ["SEARCH ", "SESSIONS "]);
        assert_eq!(offers("invi"), Vec::<String>::new());
        assert_eq!(offered(Gate::Admin, "invi").len(), 1);
        assert!(offered(Gate::Guest, "").iter().all(|verb| verb != "get "));
        assert!(offers("downl").contains(&"downloads ".to_owned()));
    }

    #[test]
    fn words_and_option_keys_come_from_the_table() {
        assert_eq!(offers("ls pa"), ["paid "]);
        assert_eq!(offers("LIST sort=n"), ["sort=new ", "sort=name "]);
        assert_eq!(offers("ls sort=new li"), ["limit="]);
        assert_eq!(offers("ls all sort=new "), ["after=", "limit="]);
        assert_eq!(offers("help se"), ["search ", "sessions "]);
        assert_eq!(offers("put x kind=S"), ["kind=SHARED "]);
        assert_eq!(offers("get 7 -"), ["-o ", "-j ", "--force ", "-y "]);
        assert_eq!(offers("get 7 -j 4 --f"), ["--force "]);
        assert_eq!(offers("join lo"), ["lounge "]);
    }

    #[test]
    fn titles_are_found_by_number_and_by_name() {
        let found = guide(Gate::User).offers("info 7");
        assert_eq!(found.start, 5);
        assert_eq!(found.pairs[0].display, "7 Green tea [FREE]");
        assert_eq!(found.pairs[1].display, "71 Black\\u{1b} tea [FREE]");
        assert_eq!(offers("get 绿"), ["12 "]);
        assert_eq!(offers("buy gree"), ["7 "]);
        assert_eq!(offers("buy \"green t"), ["7 "]);
    }

    #[test]
    fn accounts_are_for_admins() {
        assert_eq!(offered(Gate::Admin, "lock an"), ["anna ", "Annabel "]);
        assert_eq!(offered(Gate::Admin, "refund 李"), ["\"李=雷\" "]);
        assert_eq!(offered(Gate::Admin, "quota anna"), ["anna ", "Annabel "]);
        assert_eq!(offers("quota an"), Vec::<String>::new());
        assert_eq!(offered(Gate::Admin, "register an"), Vec::<String>::new());
        assert_eq!(offered(Gate::Admin, "refund anna gree"), ["7 "]);
    }

    #[test]
    fn what_tab_types_is_what_all_have_in_common() {
        let guide = guide(Gate::User);
        let history = rustyline::history::MemHistory::new();
        let typed = |line: &str| {
            let (start, pairs) = guide.complete(line, line.len(), &Context::new(&history)).unwrap();
            pairs.first().map(|pair| format!("{}{}", &line[..start], pair.replacement))
        };
        assert_eq!(typed("se"), None);
        assert_eq!(typed("sea").as_deref(), Some("search "));
        assert_eq!(typed("not").as_deref(), Some("notice"), "notice and notices");
        assert_eq!(typed("buy gree").as_deref(), Some("buy 7 "));
        // What is not known yet is waited for, and nothing is typed meanwhile.
        assert_eq!(typed("event x").as_deref(), Some("event x"));
    }

    #[test]
    fn paths_stand_where_files_are_named() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().to_str().unwrap();
        fs::write(dir.path().join("a b.webm"), "").unwrap();
        assert_eq!(offers(&format!("put {root}/")), [format!("\"{root}/a b.webm\" ")]);
        assert_eq!(offers(&format!("get 7 -o \"{root}/a ")), [format!("\"{root}/a b.webm\" ")]);
        assert_eq!(offers(&format!("!ls -l {root}/a")), [format!("\"{root}/a b.webm\" ")]);
    }
}
