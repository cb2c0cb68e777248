//! What the server says: a status line, the rows before it, events between replies.

use std::borrow::Cow;
use std::fmt::{self, Write};

use crate::code::Code;
use crate::grammar::{SyntaxError, write_quoted, write_word};
use crate::value::{Kind, Md5, Money, Role, Time};

/// One value of a fact. The type says how a door writes it (bare, quoted, a JSON number).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// Text that a person wrote: always in quotes.
    Text(String),
    /// A word: in quotes only where it has to be.
    Word(Cow<'static, str>),
    /// A whole number.
    Int(i64),
    /// An amount, with two decimals.
    Money(Money),
    /// A time, or `-`.
    Time(Option<Time>),
    /// `yes` or `no`.
    Flag(bool),
}

/// What a line says beside its word: `key=value …`, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts(Vec<(&'static str, Fact)>);

impl Facts {
    /// No facts yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a fact.
    #[must_use]
    pub fn with(mut self, key: &'static str, fact: impl Into<Fact>) -> Self {
        self.0.push((key, fact.into()));
        self
    }

    /// Adds text that a person wrote.
    #[must_use]
    pub fn text(self, key: &'static str, text: impl Into<String>) -> Self {
        self.with(key, Fact::Text(text.into()))
    }

    /// The facts in order.
    pub fn iter(&self) -> impl Iterator<Item = &(&'static str, Fact)> {
        self.0.iter()
    }

    /// The fact under `key`.
    pub fn get(&self, key: &str) -> Option<&Fact> {
        self.0.iter().find(|(k, _)| *k == key).map(|(_, f)| f)
    }

    fn write(&self, out: &mut impl Write) -> fmt::Result {
        for (key, fact) in &self.0 {
            out.write_char(' ')?;
            out.write_str(key)?;
            out.write_char('=')?;
            fact.write(out)?;
        }
        Ok(())
    }
}

impl Fact {
    fn write(&self, out: &mut impl Write) -> fmt::Result {
        match self {
            Fact::Text(text) => write_quoted(out, text),
            Fact::Word(word) => write_word(out, word),
            Fact::Int(n) => write!(out, "{n}")?,
            Fact::Money(money) => write!(out, "{money}")?,
            Fact::Time(Some(time)) => write!(out, "{time}")?,
            Fact::Time(None) => out.write_str("-")?,
            Fact::Flag(yes) => out.write_str(if *yes { "yes" } else { "no" })?,
        }
        Ok(())
    }
}

macro_rules! fact_from {
    ($($from:ty => |$x:ident| $fact:expr;)+) => {
        $( impl From<$from> for Fact { fn from($x: $from) -> Self { $fact } } )+
    };
}
fact_from! {
    &'static str => |x| Fact::Word(Cow::Borrowed(x));
    String => |x| Fact::Word(Cow::Owned(x));
    i64 => |x| Fact::Int(x);
    u32 => |x| Fact::Int(i64::from(x));
    u64 => |x| Fact::Int(i64::try_from(x).unwrap_or(i64::MAX));
    usize => |x| Fact::Int(i64::try_from(x).unwrap_or(i64::MAX));
    bool => |x| Fact::Flag(x);
    Money => |x| Fact::Money(x);
    Time => |x| Fact::Time(Some(x));
    Option<Time> => |x| Fact::Time(x);
    Md5 => |x| Fact::Word(Cow::Owned(x.to_string()));
    Kind => |x| Fact::Word(Cow::Borrowed(x.word()));
    Role => |x| Fact::Word(Cow::Borrowed(x.word()));
}

/// A status line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Number and word.
    pub code: Code,
    /// What clients may rely on besides.
    pub facts: Facts,
    /// For people; never holds what a user wrote.
    pub text: Cow<'static, str>,
}

impl Status {
    /// A status without facts that says what its code means.
    pub fn new(code: Code) -> Self {
        Self { code, facts: Facts::new(), text: Cow::Borrowed(code.meaning()) }
    }

    /// Adds a fact.
    #[must_use]
    pub fn with(mut self, key: &'static str, fact: impl Into<Fact>) -> Self {
        self.facts = self.facts.with(key, fact);
        self
    }

    /// Says something better than the meaning of the code.
    #[must_use]
    pub fn say(mut self, text: impl Into<Cow<'static, str>>) -> Self {
        self.text = text.into();
        self
    }

    /// Whether it refuses or puts off (class 4 or 5).
    pub fn is_refusal(&self) -> bool {
        self.code.number() >= 400
    }

    /// Appends the line with its end. `out` is memory: a writer that fails gets a part of it.
    pub fn write(&self, out: &mut impl Write) {
        let _ = self.line(out);
    }

    fn line(&self, out: &mut impl Write) -> fmt::Result {
        write!(out, "{} {}", self.code.number(), self.code.word())?;
        self.facts.write(out)?;
        out.write_str(" : ")?;
        out.write_str(&self.text)?;
        out.write_str("\r\n")
    }
}

impl From<SyntaxError> for Status {
    fn from(error: SyntaxError) -> Self {
        let code = if error.bad_value { Code::BadValue } else { Code::Syntax };
        let mut status = Status::new(code).with("column", error.column);
        if let Some(key) = error.option {
            status = status.with("option", key);
        }
        status.say(match error.expected {
            Cow::Borrowed(what) => Cow::Owned(format!("expected {what}")),
            Cow::Owned(what) => Cow::Owned(format!("expected {what}")),
        })
    }
}

/// A row: `- key=value …`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row(pub Facts);

impl Row {
    /// Appends the line with its end.
    pub fn write(&self, out: &mut impl Write) {
        let _ = self.line(out);
    }

    fn line(&self, out: &mut impl Write) -> fmt::Result {
        out.write_char('-')?;
        self.0.write(out)?;
        out.write_str("\r\n")
    }
}

/// Something that happened: `* name key=value …`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// What happened.
    pub name: &'static str,
    /// To whom and where.
    pub facts: Facts,
}

impl Event {
    /// Appends the line with its end.
    pub fn write(&self, out: &mut impl Write) {
        let _ = self.line(out);
    }

    fn line(&self, out: &mut impl Write) -> fmt::Result {
        out.write_str("* ")?;
        out.write_str(self.name)?;
        self.facts.write(out)?;
        out.write_str("\r\n")
    }
}
