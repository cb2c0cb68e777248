//! The machine behind the table of commands: how a row becomes a parser, an encoder and its documents.

use std::borrow::Cow;

use crate::grammar::{Pair, SyntaxError, Word, Words, write_word};
use crate::value::{
    Amount, Count, Kind, Listing, Md5, Money, Opaque, PasswordDigest, Price, SessionId, Sha256,
    Size, Sort, Ticket, TitleId, TitleName, UserName, Wrong, YesNo,
};

/// Who may give a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gate {
    /// Anybody, logged in or not.
    Guest,
    /// Who is logged in.
    User,
    /// Admins.
    Admin,
}

impl Gate {
    /// The word in the documents.
    pub const fn word(self) -> &'static str {
        match self {
            Gate::Guest => "guest",
            Gate::User => "user",
            Gate::Admin => "admin",
        }
    }
}

/// What the shell can offer for a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offer {
    /// Nothing: free text, numbers.
    Nothing,
    /// One of the fixed words.
    Words(&'static [&'static str]),
    /// The number of a title.
    Title,
    /// The name of an account.
    User,
    /// One of the verbs.
    Verb,
}

/// What kind of word stands at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// The short name of it, for usages.
    pub name: &'static str,
    /// What a syntax error says was expected.
    pub what: &'static str,
    /// What completion offers.
    pub offer: Offer,
}

/// A place in a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arg {
    /// Its name; in option keys a `_` is written `-`.
    pub name: &'static str,
    /// Whether it has to be there.
    pub required: bool,
    /// Whether it takes all the words that are left.
    pub rest: bool,
    /// What it looks like.
    pub shape: Shape,
}

impl Arg {
    /// The name as it is written on the wire.
    pub fn key(&self) -> Cow<'static, str> {
        if self.name.contains('_') {
            self.name.replace('_', "-").into()
        } else {
            self.name.into()
        }
    }

    fn is_called(&self, key: &str) -> bool {
        self.name.len() == key.len()
            && self
                .name
                .bytes()
                .zip(key.bytes())
                .all(|(name, key)| match name {
                    b'_' => key == b'-',
                    name => name.eq_ignore_ascii_case(&key),
                })
    }
}

/// One row of the table: everything there is to know about a command without running it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spec {
    /// The first word, in upper case.
    pub verb: &'static str,
    /// The first line is the summary; the rest explains.
    pub doc: &'static str,
    /// The words in order.
    pub args: &'static [Arg],
    /// The options.
    pub options: &'static [Arg],
    /// Who may give it.
    pub gate: Gate,
    /// What it answers.
    pub answer: &'static str,
    /// A line that parses.
    pub example: &'static str,
}

impl Spec {
    /// What it does, in one line.
    pub fn summary(&self) -> &'static str {
        self.doc.lines().next().unwrap_or_default().trim()
    }

    /// Verb, words and options: `RETR <id> [offset=<n>]`.
    pub fn usage(&self) -> String {
        let mut out = self.verb.to_owned();
        for arg in self.args {
            let (open, close) = if arg.required { ("<", ">") } else { ("[", "]") };
            let words = match arg.shape.offer {
                Offer::Words(words) => words.join("|"),
                _ => arg.name.replace('_', "-"),
            };
            out.extend([" ", open, &words, close]);
        }
        for option in self.options {
            let what = match option.shape.offer {
                Offer::Words(words) => words.join("|"),
                _ => format!("<{}>", option.shape.name),
            };
            out.extend([" [", &option.key(), "=", &what, "]"]);
        }
        out
    }

    /// The option called `key`, whatever its case.
    pub fn option(&self, key: &str) -> Option<&'static Arg> {
        self.options.iter().find(|o| o.is_called(key))
    }
}

/// A type that one word can hold.
pub trait Value: Sized {
    /// What it looks like.
    const SHAPE: Shape;
    /// Reads it.
    fn read(word: &str) -> Result<Self, Wrong>;
    /// Writes it so that [`Value::read`] gives it back.
    fn show(&self) -> String;
}

/// What a row may declare at a place: a value, or an `Option` of one.
pub trait Field: Sized {
    /// Whether it has to be there.
    const REQUIRED: bool;
    /// Whether it takes all the words that are left.
    const REST: bool = false;
    /// What it looks like.
    const SHAPE: Shape;
    /// Takes its word (or words) from those that are left.
    fn take(words: &mut Cursor<'_, '_>) -> Result<Self, SyntaxError>;
    /// Appends it to a line.
    fn put(&self, line: &mut String);
}

impl<T: Value> Field for T {
    const REQUIRED: bool = true;
    const SHAPE: Shape = T::SHAPE;

    fn take(words: &mut Cursor<'_, '_>) -> Result<Self, SyntaxError> {
        let word = words
            .word()
            .ok_or_else(|| SyntaxError::at(words.end(), T::SHAPE.what))?;
        read(word, None)
    }

    fn put(&self, line: &mut String) {
        line.push(' ');
        write_word(line, &self.show());
    }
}

impl<T: Value> Field for Option<T> {
    const REQUIRED: bool = false;
    const SHAPE: Shape = T::SHAPE;

    fn take(words: &mut Cursor<'_, '_>) -> Result<Self, SyntaxError> {
        words.word().map(|word| read(word, None)).transpose()
    }

    fn put(&self, line: &mut String) {
        if let Some(value) = self {
            value.put(line);
        }
    }
}

/// Free text at the end of a command: the words that are left, joined by one space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rest(pub String);

impl Field for Rest {
    const REQUIRED: bool = true;
    const REST: bool = true;
    const SHAPE: Shape = Shape {
        name: "text",
        what: "text",
        offer: Offer::Nothing,
    };

    fn take(words: &mut Cursor<'_, '_>) -> Result<Self, SyntaxError> {
        let all: Vec<&str> = std::iter::from_fn(|| words.word())
            .map(|w| w.text.as_ref())
            .collect();
        if all.iter().all(|w| w.trim().is_empty()) {
            return Err(SyntaxError::at(words.end(), Self::SHAPE.what));
        }
        Ok(Self(all.join(" ")))
    }

    fn put(&self, line: &mut String) {
        line.push(' ');
        write_word(line, &self.0);
    }
}

/// The words of a line that have not been taken yet.
pub struct Cursor<'w, 'a> {
    plain: std::slice::Iter<'w, Word<'a>>,
    options: &'w [Pair<'a>],
    end: usize,
}

impl<'w, 'a> Cursor<'w, 'a> {
    /// The words after the verb; an option that `spec` does not have is refused here.
    pub fn new(spec: &Spec, words: &'w Words<'a>) -> Result<Self, SyntaxError> {
        for pair in &words.options {
            if spec.option(pair.key).is_none() {
                let known: Vec<_> = spec.options.iter().map(Arg::key).collect();
                let expected = match known.as_slice() {
                    [] => "no option here".to_owned(),
                    known => format!("one of the options {}", known.join(", ")),
                };
                return Err(SyntaxError::option(pair.word.column, pair.key, expected));
            }
        }
        let mut plain = words.plain.iter();
        plain.next();
        let end = words.options.first().map_or(words.end, |o| o.word.column);
        Ok(Self {
            plain,
            options: &words.options,
            end,
        })
    }

    /// Takes the next word.
    pub fn word(&mut self) -> Option<&'w Word<'a>> {
        self.plain.next()
    }

    /// The value of the option `name`, if it was given.
    pub fn option<T: Value>(&self, name: &'static str) -> Result<Option<T>, SyntaxError> {
        let arg = Arg {
            name,
            required: false,
            rest: false,
            shape: T::SHAPE,
        };
        let pair = self.options.iter().find(|o| arg.is_called(o.key));
        pair.map(|pair| read(&pair.word, Some(pair.key)))
            .transpose()
    }

    /// Nothing may be left.
    pub fn finish(mut self) -> Result<(), SyntaxError> {
        match self.word() {
            None => Ok(()),
            Some(word) => Err(SyntaxError::at(
                word.column,
                "no more words (quotes keep words together)",
            )),
        }
    }

    /// The column where a missing word would have stood.
    pub fn end(&self) -> usize {
        self.end
    }
}

fn read<T: Value>(word: &Word<'_>, option: Option<&str>) -> Result<T, SyntaxError> {
    T::read(&word.text).map_err(|wrong| SyntaxError {
        column: word.column,
        expected: T::SHAPE.what.into(),
        option: option.map(str::to_owned),
        bad_value: wrong == Wrong::Value,
    })
}

/// Appends an option to a line, if it is there.
pub fn put_option<T: Value>(line: &mut String, name: &str, value: Option<&T>) {
    if let Some(value) = value {
        line.push(' ');
        line.push_str(&name.replace('_', "-"));
        line.push('=');
        write_word(line, &value.show());
    }
}

/// Of `known`, the word that a mistyped `word` is nearest to, if one is near (two edits, or a prefix).
pub fn nearest<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let word = word.to_ascii_uppercase();
    // Longer than any verb by far: nothing is near, and the distance would be dear.
    if word.len() > 32 {
        return None;
    }
    let ranked = known.map(|k| {
        let starts = word.len() >= 2 && k.to_ascii_uppercase().starts_with(&word);
        (
            if starts {
                1
            } else {
                distance(&word, &k.to_ascii_uppercase())
            },
            k,
        )
    });
    let (distance, best) = ranked.min_by_key(|(d, _)| *d)?;
    (distance <= 2 && distance < word.chars().count()).then_some(best)
}

/// Edits between two words; two neighbours changed over count as one (Damerau, 1964).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<usize>>()];
    for (i, ca) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, cb) in b.iter().enumerate() {
            let mut best = (rows[i][j] + usize::from(ca != cb))
                .min(rows[i][j + 1] + 1)
                .min(row[j] + 1);
            if i > 0 && j > 0 && *ca == b[j - 1] && a[i - 1] == *cb {
                best = best.min(rows[i - 1][j - 1] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

/// Says what the types of the vocabulary look like as words.
macro_rules! values {
    ($( $type:ty: $name:literal, $what:literal, $offer:expr, |$value:ident| $show:expr; )+) => { $(
        impl Value for $type {
            const SHAPE: Shape = Shape { name: $name, what: $what, offer: $offer };
            fn read(word: &str) -> Result<Self, Wrong> { word.parse() }
            fn show(&self) -> String { let $value = self; $show }
        }
    )+ };
}

values! {
    TitleId: "id", "the number of a title", Offer::Title, |v| v.to_string();
    SessionId: "session", "the number of a session", Offer::Nothing, |v| v.to_string();
    UserName: "name", "a name of 2 to 32 characters without white space", Offer::User, |v| v.to_string();
    TitleName: "title", "a title of 1 to 200 characters", Offer::Nothing, |v| v.to_string();
    Money: "amount", "an amount like 10.00", Offer::Nothing, |v| v.to_string();
    Price: "price", "a price like 10.00", Offer::Nothing, |v| v.to_string();
    Amount: "amount", "an amount like 10.00, more than zero", Offer::Nothing, |v| v.to_string();
    Md5: "md5", "an MD5 of 32 hex digits", Offer::Nothing, |v| v.to_string();
    Sha256: "sha256", "a SHA-256 of 64 hex digits", Offer::Nothing, |v| v.to_string();
    PasswordDigest: "md5", "the MD5 of the password, 32 hex digits", Offer::Nothing, |v| v.0.reveal().to_owned();
    Ticket: "code", "a token or code", Offer::Nothing, |v| v.0.reveal().to_owned();
    Size: "bytes", "a number of bytes", Offer::Nothing, |v| v.to_string();
    Count: "n", "a whole number, at least 1", Offer::Nothing, |v| v.to_string();
    Opaque: "word", "a word", Offer::Nothing, |v| v.to_string();
    Verb: "verb", "a command", Offer::Verb, |v| v.0.clone();
    Kind: "kind", "FREE, PAID or SHARED", Offer::Words(Kind::WORDS), |v| v.to_string();
    Listing: "which", "ALL, FREE, PAID, SHARED or OWNED", Offer::Words(Listing::WORDS), |v| v.to_string();
    Sort: "order", "id, new, name, size or popular", Offer::Words(Sort::WORDS), |v| v.to_string();
    YesNo: "yes or no", "yes or no", Offer::Words(YesNo::WORDS), |v| v.to_string();
    crate::value::Role: "role", "user or admin", Offer::Words(crate::value::Role::WORDS), |v| v.to_string();
}

/// The verb that help is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verb(pub String);

impl std::str::FromStr for Verb {
    type Err = Wrong;
    fn from_str(word: &str) -> Result<Self, Wrong> {
        Ok(Self(word.to_ascii_uppercase()))
    }
}

/// Declares the table. A row is: doc comment, type, verb, words, options, who may, answer, example.
macro_rules! commands {
    ($(
        $(#[doc = $doc:literal])+
        $name:ident $verb:literal ( $($arg:ident : $aty:ty),* $(,)? ) [ $($opt:ident : $oty:ty),* $(,)? ]
        $gate:ident, $answer:literal, $example:literal;
    )+) => {
        $(
            $(#[doc = $doc])+
            #[derive(Clone, Debug, PartialEq, Eq)]
            #[allow(missing_docs)]
            pub struct $name { $(pub $arg: $aty,)* $(pub $opt: Option<$oty>,)* }

            impl $name {
                /// Its row of the table.
                pub const SPEC: Spec = Spec {
                    verb: $verb,
                    doc: concat!($($doc, "\n"),+),
                    args: &[$(Arg {
                        name: stringify!($arg),
                        required: <$aty as Field>::REQUIRED,
                        rest: <$aty as Field>::REST,
                        shape: <$aty as Field>::SHAPE,
                    }),*],
                    options: &[$(Arg {
                        name: stringify!($opt),
                        required: false,
                        rest: false,
                        shape: <$oty as Field>::SHAPE,
                    }),*],
                    gate: Gate::$gate,
                    answer: $answer,
                    example: $example,
                };

                #[allow(unused_mut)]
                fn read(mut words: Cursor<'_, '_>) -> Result<Command, SyntaxError> {
                    $(let $arg = <$aty as Field>::take(&mut words)?;)*
                    $(let $opt = words.option::<$oty>(stringify!($opt))?;)*
                    words.finish()?;
                    Ok(Command::$name(Self { $($arg,)* $($opt,)* }))
                }

                #[allow(unused_variables, clippy::ptr_arg)]
                fn write(&self, line: &mut String) {
                    $(Field::put(&self.$arg, line);)*
                    $(put_option(line, stringify!($opt), self.$opt.as_ref());)*
                }
            }
        )+

        /// A command, understood.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[allow(missing_docs)]
        pub enum Command { $($name($name),)+ }

        /// Every command there is, in the order of the documents.
        pub static TABLE: &[Spec] = &[$($name::SPEC),+];

        impl Command {
            /// Its row of the table.
            pub fn spec(&self) -> &'static Spec {
                match self { $(Command::$name(_) => &const { $name::SPEC },)+ }
            }

            /// Reads the words after the verb of `spec`.
            pub fn read(spec: &Spec, words: &Words<'_>) -> Result<Command, SyntaxError> {
                let cursor = Cursor::new(spec, words)?;
                match spec.verb {
                    $($verb => $name::read(cursor),)+
                    _ => Err(SyntaxError::at(1, "a command")),
                }
            }

            fn write_arguments(&self, line: &mut String) {
                match self { $(Command::$name(c) => c.write(line),)+ }
            }
        }
    };
}
pub(crate) use commands;
