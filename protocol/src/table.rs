//! The machine behind the table of commands: how a row becomes a parser, an encoder and its documents.

use std::borrow::Cow;

use crate::field::Value as _;
use crate::value::PasswordDigest;

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
    /// The number of an event.
    Event,
    /// The number of a booking.
    Booking,
    /// The number of a notice.
    Notice,
    /// The number of a session.
    Session,
    /// The number of an ad.
    Ad,
    /// The name of a chat room.
    Room,
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
        if self.name.contains('_') { self.name.replace('_', "-").into() } else { self.name.into() }
    }

    pub(crate) fn is_called(&self, key: &str) -> bool {
        self.name.len() == key.len()
            && self.name.bytes().zip(key.bytes()).all(|(name, key)| match name {
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

    /// Whether a word of it is a password or opens a session: what nobody else may hear.
    pub fn carries_secret(&self) -> bool {
        self.verb == "RESUME" || self.args.iter().any(|arg| arg.shape == PasswordDigest::SHAPE)
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
