//! Bytes to words and back; the only file that knows nom.
//!
//! A line is words apart by spaces or TABs. A word is bare (no `"`, `\` or `=`) or quoted
//! (`"…"` with `\"`, `\\`, `\n`, `\t`). An option is `key=word`, after the other words.

use std::borrow::Cow;
use std::fmt;

use nom::branch::alt;
use nom::bytes::complete::{is_not, tag, take_while, take_while1};
use nom::character::complete::{char, one_of};
use nom::combinator::{eof, opt, peek, verify};
use nom::multi::{fold_many0, many0};
use nom::sequence::{delimited, preceded, terminated};
use nom::{IResult, Parser};

pub use crate::value::is_bidi_override;

/// One word of a line and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word<'a> {
    /// The word with its quotes and escapes undone.
    pub text: Cow<'a, str>,
    /// Its first character, counted from 1.
    pub column: usize,
}

/// One `key=word` of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair<'a> {
    /// The key as it was written; case has no meaning in it.
    pub key: &'a str,
    /// What was given for it. Its column is that of the key.
    pub word: Word<'a>,
}

/// A line taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words<'a> {
    /// The words before the options, the verb first.
    pub plain: Vec<Word<'a>>,
    /// The options in the order given; none doubled.
    pub options: Vec<Pair<'a>>,
    /// The column just after the last character.
    pub end: usize,
}

/// Why a line is no command, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// The character at which it went wrong, counted from 1.
    pub column: usize,
    /// What would have been right. Never holds what the client wrote.
    pub expected: Cow<'static, str>,
    /// The option it is about, if it is about one.
    pub option: Option<String>,
    /// Well formed, but not a possible value (`501 BAD_VALUE` rather than `501 SYNTAX`).
    pub bad_value: bool,
}

impl SyntaxError {
    /// A plain syntax error.
    pub fn at(column: usize, expected: impl Into<Cow<'static, str>>) -> Self {
        Self { column, expected: expected.into(), option: None, bad_value: false }
    }

    /// The same, about an option.
    pub fn option(column: usize, key: &str, expected: impl Into<Cow<'static, str>>) -> Self {
        Self { option: Some(key.to_owned()), ..Self::at(column, expected) }
    }
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column {}: expected {}", self.column, self.expected)
    }
}

impl std::error::Error for SyntaxError {}

/// Takes one line, without its end, apart. An empty or blank line gives no words.
///
/// # Errors
/// Text that is not UTF-8, holds a forbidden character, or is not words.
pub fn words(line: &[u8]) -> Result<Words<'_>, SyntaxError> {
    let text = legible(line)?;
    let mut out = Words { end: text.chars().count() + 1, ..Words::default() };
    let mut rest = skip_blanks(text);
    while !rest.is_empty() {
        let column = column(text, rest);
        let (after, token) = token(rest).map_err(|e| mistake(text, rest, e))?;
        match token {
            Token::Plain(_) if !out.options.is_empty() => {
                return Err(SyntaxError::at(column, "an option: words come before options"));
            }
            Token::Plain(word) => out.plain.push(Word { text: word, column }),
            Token::Option(key, _) if out.options.iter().any(|o| o.key.eq_ignore_ascii_case(key)) => {
                return Err(SyntaxError::option(column, key, "each option once"));
            }
            Token::Option(key, word) => {
                out.options.push(Pair { key, word: Word { text: word, column } });
            }
        }
        rest = skip_blanks(after);
    }
    Ok(out)
}

/// The text of a line, or the first character in it that no line may hold: not UTF-8, NUL and
/// the other control characters but TAB, a CR that ends no line, a bidirectional override.
pub fn legible(line: &[u8]) -> Result<&str, SyntaxError> {
    let text = std::str::from_utf8(line).map_err(|e| {
        let valid = line.get(..e.valid_up_to()).unwrap_or_default();
        let column = String::from_utf8_lossy(valid).chars().count() + 1;
        SyntaxError::at(column, "UTF-8")
    })?;
    match text.chars().position(is_forbidden) {
        None => Ok(text),
        Some(at) => {
            Err(SyntaxError::at(at + 1, "text without control characters or bidirectional overrides"))
        }
    }
}

/// Characters that no line may hold: they would move a terminal's cursor or turn text around.
pub fn is_forbidden(c: char) -> bool {
    (c.is_control() && c != '\t') || is_bidi_override(c)
}

/// Appends `word` so that [`words`] reads it back: bare where it can be, else quoted.
pub fn write_word(out: &mut impl fmt::Write, word: &str) {
    let bare =
        !word.is_empty() && !word.chars().any(|c| matches!(c, ' ' | '"' | '\\' | '=') || c.is_control());
    // What is written into is memory: that cannot fail.
    let _ = if bare { out.write_str(word) } else { quote(out, word) };
}

/// Appends `word` in quotes, whatever it holds.
pub fn write_quoted(out: &mut impl fmt::Write, word: &str) {
    let _ = quote(out, word);
}

fn quote(out: &mut impl fmt::Write, word: &str) -> fmt::Result {
    out.write_char('"')?;
    let mut rest = word;
    // Most words hold nothing that is written in another way: they go out in one piece.
    while let Some(at) = rest.find(|c| matches!(c, '"' | '\\') || is_forbidden(c) || c == '\t') {
        let (plain, from) = rest.split_at(at);
        out.write_str(plain)?;
        let mut after = from.chars();
        match after.next() {
            Some('"') => out.write_str("\\\"")?,
            Some('\\') => out.write_str("\\\\")?,
            Some('\n') => out.write_str("\\n")?,
            Some('\t') => out.write_str("\\t")?,
            // Nothing of the kind can be stored; should it ever be, it still breaks no line.
            _ => out.write_char('\u{FFFD}')?,
        }
        rest = after.as_str();
    }
    out.write_str(rest)?;
    out.write_char('"')
}

enum Token<'a> {
    Plain(Cow<'a, str>),
    Option(&'a str, Cow<'a, str>),
}

fn token(i: &str) -> IResult<&str, Token<'_>> {
    if i.starts_with('"') {
        let (i, word) = terminated(quoted, boundary).parse(i)?;
        return Ok((i, Token::Plain(word)));
    }
    let (i, word) = bare(i)?;
    match opt(char('=')).parse(i)? {
        (i, None) => boundary(i).map(|(i, ())| (i, Token::Plain(Cow::Borrowed(word)))),
        (i, Some(_)) => {
            let (i, value) = terminated(alt((quoted, bare_word)), boundary).parse(i)?;
            Ok((i, Token::Option(word, value)))
        }
    }
}

fn bare(i: &str) -> IResult<&str, &str> {
    is_not(" \t\"\\=")(i)
}

fn bare_word(i: &str) -> IResult<&str, Cow<'_, str>> {
    bare.map(Cow::Borrowed).parse(i)
}

fn quoted(i: &str) -> IResult<&str, Cow<'_, str>> {
    delimited(char('"'), inside_quotes, char('"')).parse(i)
}

fn inside_quotes(i: &str) -> IResult<&str, Cow<'_, str>> {
    let (i, first) = take_while(|c| c != '"' && c != '\\')(i)?;
    if !i.starts_with('\\') {
        return Ok((i, Cow::Borrowed(first)));
    }
    let piece = alt((
        take_while1(|c| c != '"' && c != '\\'),
        preceded(char('\\'), one_of("\"\\nt")).map(|c| match c {
            'n' => "\n",
            't' => "\t",
            '\\' => "\\",
            _ => "\"",
        }),
    ));
    fold_many0(
        piece,
        || first.to_owned(),
        |mut all, piece| {
            all.push_str(piece);
            all
        },
    )
    .map(Cow::Owned)
    .parse(i)
}

/// A word ends where the line ends or a blank stands.
fn boundary(i: &str) -> IResult<&str, ()> {
    peek(alt((eof, tag(" "), tag("\t")))).map(drop).parse(i)
}

fn skip_blanks(i: &str) -> &str {
    i.trim_start_matches([' ', '\t'])
}

fn column(text: &str, rest: &str) -> usize {
    let offset = text.len() - rest.len();
    text.get(..offset).unwrap_or(text).chars().count() + 1
}

fn mistake(text: &str, start: &str, error: nom::Err<nom::error::Error<&str>>) -> SyntaxError {
    let rest = match error {
        nom::Err::Error(e) | nom::Err::Failure(e) => e.input,
        nom::Err::Incomplete(_) => "",
    };
    let expected = match rest.chars().next() {
        None if start.contains('"') => "a closing quote",
        None => "a word after the =",
        Some('\\') => "one of \\\" \\\\ \\n \\t inside quotes",
        Some('"') => "a quote only where a word begins, or \\\" inside quotes",
        Some('=') => "key=word with a bare key, or the = inside quotes",
        Some(' ' | '\t') => "a word after the =",
        Some(_) => "a blank after the closing quote",
    };
    SyntaxError::at(column(text, rest), expected)
}

/// What the first byte of a server's line says it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// `NNN WORD key=value … : text`
    Status(StatusLine),
    /// `- key=value …`
    Row(Vec<(String, String)>),
    /// `* name key=value …`
    Event(String, Vec<(String, String)>),
}

/// A status line as a client reads it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatusLine {
    /// Three digits; the first is the class.
    pub code: u16,
    /// The word that goes with the code.
    pub word: String,
    /// The facts, in the order sent.
    pub facts: Vec<(String, String)>,
    /// The text for people.
    pub text: String,
}

impl StatusLine {
    /// The value of the fact `key`.
    pub fn get(&self, key: &str) -> Option<&str> {
        find(&self.facts, key)
    }
}

/// The value of `key` among the facts of a line.
pub fn find<'a>(facts: &'a [(String, String)], key: &str) -> Option<&'a str> {
    facts.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
}

/// Reads one line of the server, without its end.
///
/// # Errors
/// A line that `reel/1` does not have.
pub fn said(line: &str) -> Result<Said, SyntaxError> {
    let bad = |what: &'static str| SyntaxError::at(1, what);
    if let Some(rest) = line.strip_prefix('-') {
        let (_, facts) = facts(rest).map_err(|_| bad("- key=value …"))?;
        return Ok(Said::Row(facts));
    }
    if let Some(rest) = line.strip_prefix('*') {
        let (rest, name) = name(skip_blanks(rest)).map_err(|_| bad("* name key=value …"))?;
        let (_, facts) = facts(rest).map_err(|_| bad("* name key=value …"))?;
        return Ok(Said::Event(name.to_owned(), facts));
    }
    status(line).map(|(_, s)| Said::Status(s)).map_err(|_| bad("NNN WORD key=value … : text"))
}

fn status(i: &str) -> IResult<&str, StatusLine> {
    let (i, digits) = verify(take_while1(|c: char| c.is_ascii_digit()), |d: &str| d.len() == 3).parse(i)?;
    let (i, word) = preceded(char(' '), name).parse(i)?;
    let (i, facts) = facts(i)?;
    let (i, text) = opt(preceded((take_while(|c| c == ' '), tag(": ")), nom::combinator::rest)).parse(i)?;
    let code = digits.bytes().fold(0, |n, d| n * 10 + u16::from(d - b'0'));
    Ok((i, StatusLine { code, word: word.to_owned(), facts, text: text.unwrap_or_default().to_owned() }))
}

/// The word of a status, the name of an event, a key: shown as they are, so that nothing else goes for one.
fn name(i: &str) -> IResult<&str, &str> {
    take_while1(|c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))(i)
}

fn facts(i: &str) -> IResult<&str, Vec<(String, String)>> {
    let fact = (preceded(take_while1(|c| c == ' '), name), preceded(char('='), alt((quoted, bare_word))));
    many0(fact.map(|(k, v)| (k.to_owned(), v.into_owned()))).parse(i)
}
