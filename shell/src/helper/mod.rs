//! TAB and hints: everything that they offer comes from the table, or from what the shell's own
//! verbs say about themselves.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::sync::Arc;

use protocol::table::{Arg, Gate, Offer, Spec};
use rustyline::completion::{Completer, Pair};
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::{Context, Helper, Validator};

mod hints;
mod paths;
mod typed;

use self::hints::{Left, left};
use self::paths::paths;
use self::typed::{Place, Typed};
use crate::friendly::{self, Own};
use crate::help::own_or_spec;
use crate::lexicon::Lexicon;
use crate::session::Pass;
use crate::show::plain::{cut, harmless, width};
use crate::titles::Titles;

/// Most candidates: more than nobody reads.
const MOST: usize = 200;

/// What rustyline asks while a line is typed.
#[derive(Helper, Validator)]
pub struct Guide {
    titles: Arc<Titles>,
    gate: Gate,
    pass: Cell<Option<Pass>>,
    /// How wide the line was behind which a hint was last shown, and how wide the hint.
    hinted: Cell<(usize, usize)>,
    /// Lines are words to be looked up, and no commands.
    words: bool,
    lexicon: RefCell<Lexicon>,
    silent: bool,
}

impl Guide {
    /// A guide for a guest.
    pub fn new(titles: Arc<Titles>) -> Self {
        let (gate, pass, lexicon) = (Gate::Guest, Cell::new(None), RefCell::default());
        Self { titles, gate, pass, hinted: Cell::default(), words: false, silent: false, lexicon }
    }

    /// Who is logged in now.
    pub fn follow(&mut self, gate: Gate, pass: Pass, words: bool) {
        self.gate = gate;
        self.words = words;
        self.pass.set(Some(pass));
    }

    /// The width of the line that was last drawn with a hint behind it, and of the hint; it is
    /// forgotten by that.
    pub fn hinted(&self) -> (usize, usize) {
        self.hinted.take()
    }

    /// Offers nothing: what is typed is no command.
    pub fn silence(&mut self, silent: bool) {
        self.silent = silent;
    }

    /// Where the word under the cursor begins, and what it may become.
    pub fn offers(&self, line: &str) -> (usize, Vec<Pair>) {
        if self.words {
            return (0, self.words(line));
        }
        let typed = Typed::read(line);
        let Some(verb) = typed.before.first() else {
            return (typed.start, verbs(&typed, self.gate));
        };
        let Some((spec, own)) = own_or_spec(verb) else {
            return (typed.start, Vec::new());
        };
        let mut pairs = match typed.place(spec, own) {
            Place::Value(arg, word) => self.of(arg, &word, &format!("{}=", arg.key())),
            Place::Word(arg) if arg.name == "file" => paths(&typed.word),
            Place::Word(arg) => self.of(arg, &typed.word, ""),
            Place::Path => paths(&typed.word),
            Place::Count => Vec::new(),
            Place::Options => Vec::new(),
        };
        if matches!(typed.place(spec, own), Place::Word(_) | Place::Options) && !typed.quoted {
            pairs.extend(keys(&typed, spec, own));
        }
        pairs.truncate(MOST);
        (typed.start, pairs)
    }

    fn of(&self, arg: &Arg, word: &str, prefix: &str) -> Vec<Pair> {
        let plain = |choices: Vec<&str>| {
            let fitting = choices.into_iter().filter(|choice| starts(choice, word));
            fitting.map(|choice| pair(choice, &format!("{prefix}{}", like(choice, word)), ' ')).collect()
        };
        match arg.shape.offer {
            Offer::Words(words) => plain(words.to_vec()),
            Offer::Verb => plain(friendly::verbs(self.gate)),
            Offer::Title => self.titles(word, prefix),
            Offer::Nothing | Offer::User => Vec::new(),
        }
    }

    /// Words that begin like the line.
    fn words(&self, line: &str) -> Vec<Pair> {
        let Some(pass) = self.pass.take() else { return Vec::new() };
        let begun = line.trim_start();
        let words = match begun {
            "" => Vec::new(),
            begun => self.lexicon.borrow_mut().beginning(begun, &pass),
        };
        self.pass.set(Some(pass));
        words.iter().map(|word| harmless(word)).map(|word| pair(&word, &word, ' ')).collect()
    }

    /// Titles whose number begins so, or in whose name the word stands.
    fn titles(&self, word: &str, prefix: &str) -> Vec<Pair> {
        if let Some(pass) = self.pass.take() {
            self.titles.refresh(pass.clone());
            self.pass.set(Some(pass));
        }
        let known = self.titles.known();
        let sought = word.to_lowercase();
        let by_number = known.iter().filter(|t| t.id.starts_with(word));
        let by_name = known.iter().filter(|t| {
            !t.id.starts_with(word) && !sought.is_empty() && t.name.to_lowercase().contains(&sought)
        });
        by_number
            .chain(by_name)
            .take(MOST)
            .map(|t| {
                let shown = format!("{} {} [{}]", t.id, cut(&harmless(&t.name), 40), harmless(&t.kind));
                pair(&shown, &format!("{prefix}{}", t.id), ' ')
            })
            .collect()
    }
}

fn verbs(typed: &Typed, gate: Gate) -> Vec<Pair> {
    let fitting = friendly::verbs(gate).into_iter().filter(|verb| starts(verb, &typed.word));
    fitting
        .map(|verb| {
            let verb = like(verb, &typed.word);
            pair(&verb, &verb, ' ')
        })
        .collect()
}

/// Option keys and flags that are not there yet.
fn keys(typed: &Typed, spec: &Spec, own: Option<&Own>) -> Vec<Pair> {
    let given = |key: &str| {
        let has = |word: &String| word.split_once('=').is_some_and(|(k, _)| k.eq_ignore_ascii_case(key));
        typed.before.iter().any(has)
    };
    let options = spec.options.iter().map(Arg::key);
    let options = options.filter(|key| starts(key, &typed.word) && !given(key));
    let mut pairs: Vec<Pair> =
        options.map(|key| Pair { display: format!("{key}="), replacement: format!("{key}=") }).collect();
    let flags = own.map_or(&[][..], |own| own.flags).iter();
    let flags = flags
        .filter(|flag| starts(flag.name, &typed.word) && !typed.before.iter().any(|word| word == flag.name));
    // Flags come up when a dash asks for them.
    if typed.word.starts_with('-') {
        pairs.extend(flags.map(|flag| pair(flag.name, flag.name, ' ')));
    }
    pairs
}

fn pair(display: &str, replacement: &str, end: char) -> Pair {
    Pair { display: display.to_owned(), replacement: format!("{replacement}{end}") }
}

fn starts(choice: &str, word: &str) -> bool {
    choice.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
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

impl Hinter for Guide {
    type Hint = Left;

    fn hint(&self, line: &str, pos: usize, _: &Context<'_>) -> Option<Left> {
        let hint = (pos == line.len() && !self.words && !self.silent).then(|| left(line)).flatten();
        self.hinted.set((width(line), hint.as_deref().map_or(0, width)));
        hint.map(Left)
    }
}

impl Highlighter for Guide {
    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        Cow::Owned(format!("\x1b[2m{hint}\x1b[m"))
    }
}

impl Completer for Guide {
    type Candidate = Pair;

    fn complete(&self, line: &str, pos: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<Pair>)> {
        if self.silent {
            return Ok((pos, Vec::new()));
        }
        Ok(self.offers(line.get(..pos).unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::titles::Title;

    fn guide(gate: Gate) -> Guide {
        let title = |id: &str, name: &str| Title { id: id.into(), name: name.into(), kind: "FREE".into() };
        let titles = Titles::default();
        titles.set(vec![title("7", "Green tea"), title("12", "绿茶"), title("71", "Black\x1b tea")]);
        let mut guide = Guide::new(Arc::new(titles));
        guide.gate = gate;
        guide
    }

    fn offers(line: &str) -> Vec<String> {
        let (_, pairs) = guide(Gate::User).offers(line);
        pairs.into_iter().map(|pair| pair.replacement).collect()
    }

    #[test]
    fn verbs_are_those_of_the_role_in_the_case_that_was_begun() {
        assert_eq!(offers("se"), ["search ", "sessions "]);
        assert_eq!(offers("SE"), ["SEARCH ", "SESSIONS "]);
        assert_eq!(offers("invi"), Vec::<String>::new());
        let admin = guide(Gate::Admin).offers("invi").1;
        assert_eq!(admin.len(), 1);
        assert!(guide(Gate::Guest).offers("").1.iter().all(|pair| pair.replacement != "get "));
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
    }

    #[test]
    fn titles_are_found_by_number_and_by_name() {
        let (start, pairs) = guide(Gate::User).offers("info 7");
        assert_eq!(start, 5);
        assert_eq!(pairs[0].display, "7 Green tea [FREE]");
        assert_eq!(pairs[1].display, "71 Black\\u{1b} tea [FREE]");
        assert_eq!(offers("get 绿"), ["12 "]);
        assert_eq!(offers("buy gree"), ["7 "]);
    }

    #[test]
    fn paths_are_words_that_the_grammar_reads() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().to_str().unwrap();
        fs::write(dir.path().join("a b.webm"), "").unwrap();
        fs::write(dir.path().join(".hidden"), "").unwrap();
        fs::create_dir(dir.path().join("c d")).unwrap();
        assert_eq!(
            offers(&format!("put {root}/")),
            [format!("\"{root}/a b.webm\" "), format!("\"{root}/c d/")]
        );
        assert_eq!(offers(&format!("get 7 -o \"{root}/a ")), [format!("\"{root}/a b.webm\" ")]);
    }

    #[test]
    fn hints_name_what_is_left() {
        assert_eq!(left("get ").unwrap(), "<id> [-o PATH] [-j N] [--force] [-y] [&]");
        assert_eq!(left("get 7 -j 3 ").unwrap(), "<id> [-o PATH] [--force] [-y] [&]");
        assert_eq!(left("ls ").unwrap(), "[which] [sort=] [after=] [limit=]");
        assert_eq!(left("ls all limit=3 ").unwrap(), "[sort=] [after=]");
        assert_eq!(left("whoami "), None);
        assert_eq!(left("ge"), None);
    }
}
