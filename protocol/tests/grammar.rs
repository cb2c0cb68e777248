//! What the grammar refuses, and where it says the mistake is.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation here is the message")]

use bytes::BytesMut;
use protocol::command::Command;
use protocol::frame::{FrameError, Lines, Piece, Replies};
use protocol::grammar::{SyntaxError, words};
use protocol::{MAX_LINE, command::find};
use tokio_util::codec::Decoder;

fn mistake(line: &[u8]) -> SyntaxError {
    words(line)
        .and_then(|words| Command::parse(&words).map(|_| ()))
        .expect_err(&String::from_utf8_lossy(line))
}

#[test]
fn a_mistake_has_its_column() {
    let cases: &[(&[u8], usize, &str)] = &[
        (b"LIST \"ALL", 10, "closing quote"),
        (b"LIST \"A\\x\"", 8, "inside quotes"),
        (b"LIST a\"b", 7, "where a word begins"),
        (b"LIST \"ALL\"x", 11, "blank"),
        (b"LIST \"sort\"=id", 12, "bare key"),
        (b"LIST sort=", 11, "a word after the ="),
        (b"LIST sort=a=b", 12, "="),
        (b"LIST sort=id sort=id", 14, "once"),
        (b"LIST sort=id SORT=id", 14, "once"),
        (b"LIST sort=id ALL", 14, "before options"),
        (b"LIST ALL FREE", 10, "no more words"),
        (b"LIST colour=red", 6, "sort, after, limit"),
        (b"LIST sort=colour", 6, "id, new, name"),
        (b"RETR", 5, "the number of a title"),
        (b"RETR offset=3", 6, "the number of a title"),
        (b"RETR x", 6, "the number of a title"),
        (b"RETR -1", 6, "the number of a title"),
        (b"STOR 5 zz", 8, "32 hex digits"),
        (b"STOR -5 5d41402abc4b2a76b9719d911017c592", 6, "a number of bytes"),
        (b"SEARCH", 7, "text"),
        (b"LIST\0", 5, "control"),
        (b"LIST\rALL", 5, "control"),
        (b"LIST \x1b[2J", 6, "control"),
        ("LIST \u{9b}2J".as_bytes(), 6, "control"),
        ("SEARCH \u{7eff}\u{202e}x".as_bytes(), 9, "bidirectional"),
        (b"SEARCH \xe7\xbb", 8, "UTF-8"),
        (b"a=b", 1, "a command"),
    ];
    for (line, column, expected) in cases {
        let error = mistake(line);
        let shown = String::from_utf8_lossy(line);
        assert_eq!(error.column, *column, "{shown}: {error}");
        assert!(error.expected.contains(expected), "{shown}: {error}");
    }
}

#[test]
fn a_value_that_cannot_be_is_told_from_a_word_that_is_none() {
    let impossible: [&[u8]; 6] = [
        b"LIST limit=0",
        b"TOPUP 0.00",
        b"LIST COLOURED",
        "REGISTER \u{2800}\u{2800} 5d41402abc4b2a76b9719d911017c592".as_bytes(),
        b"REGISTER x 5d41402abc4b2a76b9719d911017c592",
        "REGISTER a\u{a0}b 5d41402abc4b2a76b9719d911017c592".as_bytes(),
    ];
    for line in impossible {
        assert!(mistake(line).bad_value, "{}", String::from_utf8_lossy(line));
    }
    for line in [
        "LIST limit=-1",
        "LIST limit=x",
        "TOPUP 1.234",
        "TOPUP -1",
        "TOPUP 12345678901",
        "TOPUP 1.",
        "TOPUP .5",
    ] {
        assert!(!mistake(line.as_bytes()).bad_value, "{line}");
    }
}

#[test]
fn blanks_and_case_have_no_meaning() {
    for line in ["list paid sort=NEW", "\tLIST  Paid\t Sort=new ", "\"LIST\" \"PAID\" sort=\"new\""] {
        let command = Command::parse(&words(line.as_bytes()).unwrap()).unwrap();
        assert_eq!(command.line(), "LIST PAID sort=new", "{line}");
    }
    assert!(words(b"").unwrap().plain.is_empty() && words(b" \t ").unwrap().plain.is_empty());
    assert!(find("rEtR").is_some());
}

#[test]
fn free_text_is_joined_and_a_quoted_word_is_no_option() {
    let search = |line: &str| match Command::parse(&words(line.as_bytes()).unwrap()).unwrap() {
        Command::Search(search) => search.text.0,
        other => panic!("{other:?}"),
    };
    assert_eq!(search("SEARCH green  tea limit=3"), "green tea");
    assert_eq!(search("SEARCH \"a=b\" c"), "a=b c");
}

#[test]
fn lines_are_cut_and_bounded() {
    let mut lines = Lines::default();
    let mut input = BytesMut::from(&b"NOOP\r\nNOOP\n\nQU"[..]);
    for expected in ["NOOP", "NOOP", ""] {
        assert_eq!(lines.decode(&mut input).unwrap().unwrap(), expected);
    }
    assert!(lines.decode(&mut input).unwrap().is_none());
    input.extend_from_slice(b"IT\r\n");
    assert_eq!(lines.decode(&mut input).unwrap().unwrap(), "QUIT");
    for end in ["\n", "\r\n"] {
        let longest = "x".repeat(MAX_LINE);
        let mut input = BytesMut::from(format!("{longest}{end}").as_bytes());
        assert_eq!(Lines::default().decode(&mut input).unwrap().unwrap(), longest);
        let mut input = BytesMut::from(format!("{longest}x{end}").as_bytes());
        assert!(matches!(Lines::default().decode(&mut input), Err(FrameError::TooLong)));
    }
    let mut flood = BytesMut::from(&vec![b'x'; MAX_LINE + 1][..]);
    assert!(matches!(Lines::default().decode(&mut flood), Err(FrameError::TooLong)));
    // The longest line whose end has come in part.
    let mut pending = BytesMut::from(format!("{}\r", "x".repeat(MAX_LINE)).as_bytes());
    assert!(Lines::default().decode(&mut pending).unwrap().is_none());
}

#[test]
fn other_protocols_are_known_by_their_first_bytes() {
    for first in
        [&b"GET / HTTP/1.1\r\n"[..], b"POST / HTTP/1.1\r\n", b"\x16\x03\x01\x02\x00", b"SSH-2.0-x\r\n"]
    {
        let mut input = BytesMut::from(first);
        assert!(matches!(Lines::default().decode(&mut input), Err(FrameError::Foreign)), "{first:?}");
    }
    let mut lines = Lines::default();
    let mut input = BytesMut::from(&b"NOOP\nGET / HTTP/1.1\n"[..]);
    assert!(lines.decode(&mut input).unwrap().is_some() && lines.decode(&mut input).unwrap().is_some());
}

#[test]
fn a_body_is_counted_and_never_read_as_lines() {
    let mut replies = Replies::default();
    let mut input = BytesMut::from(&b"150 DATA length=7 : x\r\n226 \r\n!226 DONE : y\r\n"[..]);
    let line = |replies: &mut Replies, input: &mut BytesMut| match replies.decode(input).unwrap() {
        Some(Piece::Line(line)) => line,
        other => panic!("{other:?}"),
    };
    assert!(line(&mut replies, &mut input).starts_with("150"));
    replies.expect_body(7);
    assert_eq!(replies.decode(&mut input).unwrap(), Some(Piece::Body("226 \r\n!".into())));
    assert_eq!(line(&mut replies, &mut input), "226 DONE : y");
}
