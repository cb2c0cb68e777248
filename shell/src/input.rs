//! One line that somebody typed, understood: nothing, a verb of the shell, or one of the table.

use protocol::command::Command;
use protocol::grammar::{self, SyntaxError, Words};
use protocol::table::Spec;

use crate::fault::Fault;
use crate::friendly::{self, Deed, Flag, Own};
use crate::locale::{Text, Tongue};

/// What a line asks for.
#[derive(Debug)]
pub enum Input {
    /// Blank, or a comment.
    Nothing,
    /// A verb of the shell.
    Own(&'static Own, Given),
    /// A verb of the table.
    Wire(Wire),
}

/// A command of the table, ready to be sent.
#[derive(Debug)]
pub struct Wire {
    /// Its row.
    pub spec: &'static Spec,
    /// What it says.
    pub command: Command,
    /// Whether the line names a key of its own.
    pub keyed: bool,
    /// The line without `after=`, from which that of the following page is made.
    pub page: String,
}

/// The words, options and flags of a verb of the shell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given {
    /// The words in order.
    pub words: Vec<String>,
    /// Options under their key in lower case, and flags under their name.
    pub named: Vec<(String, String)>,
}

impl Given {
    /// A word by its place.
    pub fn word(&self, at: usize) -> &str {
        self.words.get(at).map_or("", String::as_str)
    }

    /// An option or flag.
    pub fn get(&self, name: &str) -> Option<&str> {
        grammar::find(&self.named, name)
    }

    /// Whether a flag is there.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }
}

/// Understands a line.
///
/// # Errors
/// It is no command.
pub fn read(line: &str, tongue: Tongue) -> Result<Input, Fault> {
    let line = line.trim_end_matches(['\r', '\n']);
    if line.trim().is_empty() || line.trim_start().starts_with('#') {
        return Ok(Input::Nothing);
    }
    let wrong = |error| Fault::Syntax { line: line.to_owned(), error };
    if let Some((own, text)) = verbatim(line) {
        return Ok(Input::Own(own, Given { words: vec![text.to_owned()], ..Given::default() }));
    }
    if let Some((own, text)) = speech(line) {
        grammar::legible(line.as_bytes()).map_err(wrong)?;
        return Ok(Input::Own(own, Given { words: vec![text], ..Given::default() }));
    }
    let whole = line;
    let line = behind(line).unwrap_or(line);
    let words = grammar::words(line.as_bytes()).map_err(wrong)?;
    let Some(verb) = words.plain.first() else {
        return Err(wrong(SyntaxError::at(1, "a command")));
    };
    if let Some(own) = friendly::find(&verb.text).filter(|own| is_friendly(own, &words)) {
        let mut given = given(own, line, &words).map_err(wrong)?;
        if line.len() < whole.len() {
            given.named.push(("&".to_owned(), String::new()));
        }
        return Ok(Input::Own(own, given));
    }
    let Some(spec) = friendly::table(&verb.text) else {
        return Err(Fault::Usage(unknown(&verb.text, tongue)));
    };
    let command = Command::read(spec, &words).map_err(wrong)?;
    let keyed = words.options.iter().any(|o| o.key.eq_ignore_ascii_case("key"));
    let page = page(&words);
    Ok(Input::Wire(Wire { spec, command, keyed, page }))
}

/// What follows `raw` and `!`: not looked at here.
pub fn verbatim(line: &str) -> Option<(&'static Own, &str)> {
    let line = line.trim_start();
    let (verb, rest) = match line.strip_prefix('!') {
        Some(rest) => ("!", rest),
        None => line.split_once([' ', '\t'])?,
    };
    let own = friendly::find(verb).filter(|own| matches!(own.deed, Deed::Raw | Deed::Local))?;
    Some((own, rest.trim()))
}

/// A line that ends with a `&` and takes one, without it: it may stand behind options too.
fn behind(line: &str) -> Option<&str> {
    let rest = line.trim_end().strip_suffix('&')?;
    let own = friendly::find(rest.split_whitespace().next()?)?;
    own.flag("&").map(|_| rest)
}

/// What `say` is to say: one word in quotes, or all that follows as it is, but for a room before a text in
/// quotes, which is the protocol's command.
fn speech(line: &str) -> Option<(&'static Own, String)> {
    let (verb, rest) = line.trim_start().split_once([' ', '\t'])?;
    let own = friendly::find(verb).filter(|own| own.deed == Deed::Say)?;
    let rest = rest.trim();
    let words = grammar::words(rest.as_bytes()).ok().filter(|words| words.options.is_empty());
    let plain = words.as_ref().map_or(&[][..], |words| words.plain.as_slice());
    match plain {
        _ if rest.is_empty() => None,
        [word] => Some((own, word.text.clone().into_owned())),
        [_, text] if !rest.starts_with('"') && is_quoted(rest, text.column) => None,
        _ => Some((own, rest.to_owned())),
    }
}

fn is_quoted(line: &str, column: usize) -> bool {
    line.chars().nth(column.saturating_sub(1)) == Some('"')
}

/// What to say about a verb that does not exist.
pub fn unknown(verb: &str, tongue: Tongue) -> String {
    let shown = crate::show::plain::harmless(verb);
    match friendly::nearest(verb) {
        Some(near) => tongue.fill(Text::UnknownVerbNearest, &[&shown, &near.to_lowercase()]),
        None => tongue.fill(Text::UnknownVerb, &[&shown]),
    }
}

/// With more words than the shell's verb takes, it is the verb of the protocol that is meant:
/// `LOGIN anna <md5>`.
fn is_friendly(own: &Own, words: &Words<'_>) -> bool {
    let Some(spec) = protocol::command::find(own.spec.verb) else {
        return true;
    };
    // So it is with an option that only the protocol has: `STATS limit=3`.
    let others =
        words.options.iter().any(|o| own.spec.option(o.key).is_none() && spec.option(o.key).is_some());
    let flagged = words.plain.iter().skip(1).any(|word| own.flags.iter().any(|f| is_named(f, &word.text)));
    flagged || (!others && (takes_more(own) || words.plain.len() <= own.spec.args.len() + 1))
}

/// Whether the last of its words may stand several times.
fn takes_more(own: &Own) -> bool {
    own.spec.args.last().is_some_and(|arg| arg.rest)
}

fn given(own: &Own, line: &str, words: &Words<'_>) -> Result<Given, SyntaxError> {
    let mut given = Given::default();
    let mut plain = words.plain.iter().skip(1);
    while let Some(word) = plain.next() {
        let flag = own.flags.iter().find(|f| is_named(f, &word.text));
        let flag = flag.filter(|flag| is_flag(line, word.column) || is_bare(flag, line, word.column));
        match flag {
            None if is_flag(line, word.column) && !own.flags.is_empty() => {
                return Err(SyntaxError::at(word.column, "a flag that this command has"));
            }
            None if given.words.len() >= own.spec.args.len() && !takes_more(own) => {
                return Err(SyntaxError::at(word.column, "no more words (quotes keep words together)"));
            }
            None => given.words.push(word.text.clone().into_owned()),
            Some(flag) => {
                let value = match flag.word {
                    None => String::new(),
                    Some(what) => match plain.next() {
                        Some(value) => value.text.clone().into_owned(),
                        None => return Err(SyntaxError::at(words.end, what)),
                    },
                };
                given.named.push((flag.name.to_owned(), value));
            }
        }
    }
    if let Some(missing) = own.spec.args.get(given.words.len()).filter(|arg| arg.required) {
        return Err(SyntaxError::at(words.end, missing.shape.what));
    }
    options(own, words, &mut given)?;
    Ok(given)
}

/// Whether a word is this flag, by its short or its long name.
fn is_named(flag: &Flag, word: &str) -> bool {
    flag.name == word || (flag.name == "-y" && word == "--yes")
}

/// A quoted word is never a flag.
fn is_flag(line: &str, column: usize) -> bool {
    line.chars().nth(column.saturating_sub(1)) == Some('-')
}

/// A `&` that stands there as it is.
fn is_bare(flag: &Flag, line: &str, column: usize) -> bool {
    flag.name == "&" && line.chars().nth(column.saturating_sub(1)) == Some('&')
}

fn options(own: &Own, words: &Words<'_>, given: &mut Given) -> Result<(), SyntaxError> {
    for pair in &words.options {
        let Some(arg) = own.spec.option(pair.key) else {
            let known: Vec<_> = own.spec.options.iter().map(|o| o.key()).collect();
            let expected = match known.as_slice() {
                [] => "no option here".to_owned(),
                known => format!("one of the options {}", known.join(", ")),
            };
            return Err(SyntaxError::option(pair.word.column, pair.key, expected));
        };
        given.named.push((arg.key().into_owned(), pair.word.text.clone().into_owned()));
    }
    Ok(())
}

fn page(words: &Words<'_>) -> String {
    let mut line = String::new();
    for word in &words.plain {
        if !line.is_empty() {
            line.push(' ');
        }
        grammar::write_word(&mut line, &word.text);
    }
    for pair in words.options.iter().filter(|o| !o.key.eq_ignore_ascii_case("after")) {
        line.push_str(&format!(" {}=", pair.key));
        grammar::write_word(&mut line, &pair.word.text);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(line: &str) -> Given {
        match read(line, Tongue::En).unwrap() {
            Input::Own(_, given) => given,
            other => panic!("{other:?}"),
        }
    }

    fn wire(line: &str) -> Wire {
        match read(line, Tongue::En).unwrap() {
            Input::Wire(wire) => wire,
            other => panic!("{other:?}"),
        }
    }

    fn column(line: &str) -> usize {
        match read(line, Tongue::En) {
            Err(Fault::Syntax { error, .. }) => error.column,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn blank_lines_and_comments_are_nothing() {
        for line in ["", "  ", "# ls", "  # x \"", "\r"] {
            assert!(matches!(read(line, Tongue::En), Ok(Input::Nothing)), "{line:?}");
        }
    }

    #[test]
    fn flags_stand_anywhere_among_the_words() {
        let given = own("GET -j 4 7 -o \"a b.mp4\" --force --yes");
        assert_eq!(given.words, ["7"]);
        assert_eq!((given.get("-j"), given.get("-o")), (Some("4"), Some("a b.mp4")));
        assert!(given.has("--force") && given.has("-y"));
        assert_eq!(own("put x.mp4 TITLE=\"a b\"").get("title"), Some("a b"));
    }

    #[test]
    fn several_titles_and_an_ampersand() {
        let given = own("get 7 3-5 \"Green*\" -o films/ &");
        assert_eq!(given.words, ["7", "3-5", "Green*"]);
        assert!(given.has("&"));
        assert!(own("put x title=\"a b\" &").has("&"));
        assert!(own("get 7&").has("&") && own("get 7&").words == ["7"]);
        assert_eq!(own("put \"a&\"").words, ["a&"]);
        assert!(!own("put \"a\" \"&\"").has("&"));
        assert!(own("cancel 3").words == ["3"] && own("cancel booking=3").has("booking"));
        assert_eq!(wire("cancel 3 key=x").command.line(), "CANCEL 3 key=x");
    }

    #[test]
    fn mistakes_have_a_column() {
        assert_eq!(column("get"), 4);
        assert_eq!(column("play 7 8"), 8);
        assert_eq!(column("get 7 -x"), 7);
        assert_eq!(column("get 7 -o"), 9);
        assert_eq!(column("ls PIAD"), 4);
        assert_eq!(column("put a b=c"), 7);
        assert_eq!(column("info \"7"), 8);
    }

    #[test]
    fn a_digest_behind_the_name_is_the_protocols_login() {
        assert_eq!(own("login anna").words, ["anna"]);
        let line = wire("login anna 1A79A4D60DE6718E8E5B326E338AE533").command.line();
        assert_eq!(line, "LOGIN anna 1a79a4d60de6718e8e5b326e338ae533");
        assert!(matches!(read("quit", Tongue::En), Ok(Input::Own(..))));
    }

    #[test]
    fn flags_are_the_shells_and_other_options_the_protocols() {
        assert!(own("unregister --yes").has("-y") && own("unregister").words.is_empty());
        let line = wire("unregister 1a79a4d60de6718e8e5b326e338ae533").command.line();
        assert_eq!(line, "UNREGISTER 1a79a4d60de6718e8e5b326e338ae533");
        assert_eq!(own("stats days=7").get("days"), Some("7"));
        assert_eq!(wire("stats days=7 limit=3").command.line(), "STATS days=7 limit=3");
        assert_eq!(own("recover anna 7QK2ZP").words, ["anna", "7QK2ZP"]);
    }

    #[test]
    fn another_name_is_read_by_the_table() {
        let wire = wire("ls paid sort=NEW after=x limit=3");
        assert_eq!(wire.command.line(), "LIST PAID sort=new after=x limit=3");
        assert_eq!(wire.page, "ls paid sort=NEW limit=3");
    }

    #[test]
    fn what_is_said_needs_no_quotes() {
        for (line, text) in [
            ("say hello", "hello"),
            ("SAY  don't \"x a=b \\ ", "don't \"x a=b \\"),
            ("say \"quoted \\\"word\\\"\"", "quoted \"word\""),
            ("say lounge is nice", "lounge is nice"),
            ("say \"a\" \"b\"", "\"a\" \"b\""),
            ("say a=b", "a=b"),
        ] {
            assert_eq!(own(line).words, [text], "{line}");
        }
        assert_eq!(wire("say lounge \"hello all\"").command.line(), "SAY lounge \"hello all\"");
        assert_eq!(column("say a\u{1b}b"), 6);
        assert_eq!(column("say "), 5);
    }

    #[test]
    fn what_is_for_the_server_or_for_this_computer_is_not_looked_at() {
        assert_eq!(own("raw  LIST \"x limit=1 limit=2 ").words, ["LIST \"x limit=1 limit=2"]);
        assert_eq!(own("!ls -l \"a b\" | wc").words, ["ls -l \"a b\" | wc"]);
        assert_eq!(own(" ! ls").words, ["ls"]);
        assert_eq!(own("!").words, [""]);
        assert!(own("raw").words.is_empty());
    }

    #[test]
    fn an_unknown_verb_names_the_nearest() {
        let Err(Fault::Usage(text)) = read("serach tea", Tongue::En) else { panic!() };
        assert!(text.contains("search"), "{text}");
    }
}
