//! What is written is read back: words, replies, and every command of the table.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation here is the message")]

use proptest::collection::vec;
use proptest::prelude::*;
use protocol::command::{Command, TABLE};
use protocol::grammar::{Said, is_forbidden, said, words, write_quoted, write_word};
use protocol::near::nearest;
use protocol::reply::{Event, Fact, Facts, Row, Status};
use protocol::table::{Arg, Offer, Spec};
use protocol::value::Time;

/// Any text that can be stored: all that a quoted word can hold.
fn text() -> impl Strategy<Value = String> {
    vec(
        prop_oneof![any::<char>(), Just('"'), Just('\\'), Just('\n'), Just('='), Just(' '), Just('绿')],
        0..20,
    )
    .prop_map(|chars| chars.into_iter().filter(|&c| c == '\n' || !is_forbidden(c)).collect())
}

proptest! {
    #[test]
    fn words_come_back(plain in vec(text(), 1..6), options in vec(text(), 0..4)) {
        let mut line = String::new();
        for word in &plain {
            line.push(' ');
            write_word(&mut line, word);
        }
        for (n, word) in options.iter().enumerate() {
            line.push_str(&format!("\tkey-{n}="));
            write_word(&mut line, word);
        }
        let read = words(line.as_bytes()).unwrap();
        prop_assert_eq!(read.plain.iter().map(|w| w.text.to_string()).collect::<Vec<_>>(), plain);
        prop_assert_eq!(read.options.iter().map(|o| o.word.text.to_string()).collect::<Vec<_>>(), options);
    }

    #[test]
    fn no_bytes_upset_the_grammar(line in vec(any::<u8>(), 0..200)) {
        if let Err(error) = words(&line) {
            prop_assert!(error.column >= 1 && error.column <= line.len() + 1);
        }
        if let Ok(line) = std::str::from_utf8(&line) {
            let _ = said(line);
        }
    }

    #[test]
    fn replies_come_back(word in text(), quoted in text(), number in any::<i64>()) {
        let facts = Facts::new().with("a", Fact::Word(word.clone().into())).text("b", quoted.clone()).with("n", number);
        let expected = vec![
            ("a".to_owned(), word),
            ("b".to_owned(), quoted),
            ("n".to_owned(), number.to_string()),
        ];
        let (mut row, mut status, mut event) = (String::new(), String::new(), String::new());
        Row(facts.clone()).write(&mut row);
        Status { facts: facts.clone(), ..Status::new(protocol::code::Code::Ok).say("a text : with = in it") }.write(&mut status);
        Event { name: "said", facts }.write(&mut event);
        for line in [&row, &status, &event] {
            prop_assert_eq!(line.find(['\r', '\n']), Some(line.len() - 2));
        }
        prop_assert_eq!(said(row.trim_end_matches("\r\n")).unwrap(), Said::Row(expected.clone()));
        prop_assert_eq!(said(event.trim_end_matches("\r\n")).unwrap(), Said::Event("said".into(), expected.clone()));
        match said(status.trim_end_matches("\r\n")).unwrap() {
            Said::Status(line) => {
                prop_assert_eq!((line.code, line.word.as_str(), line.text.as_str()), (250, "OK", "a text : with = in it"));
                prop_assert_eq!(line.facts, expected);
            }
            other => prop_assert!(false, "{:?}", other),
        }
    }

    #[test]
    fn every_command_comes_back((spec, line) in (0..TABLE.len()).prop_flat_map(|n| line_of(&TABLE[n]))) {
        let command = Command::parse(&words(line.as_bytes()).unwrap()).unwrap();
        prop_assert_eq!(command.spec().verb, spec);
        let again = command.line();
        prop_assert_eq!(Command::parse(&words(again.as_bytes()).unwrap()).unwrap(), command, "{} / {}", line, again);
    }
}

/// A line of the command, with words that fit the shapes of its row.
fn line_of(spec: &'static Spec) -> impl Strategy<Value = (&'static str, String)> {
    let args: Vec<_> = spec.args.iter().map(word_of).collect();
    let options: Vec<_> = spec.options.iter().map(|o| proptest::option::of(word_of(o))).collect();
    let present =
        if spec.args.iter().all(|a| a.required) { Just(true).boxed() } else { any::<bool>().boxed() };
    (args, options, present).prop_map(move |(args, options, present)| {
        let mut line = spec.verb.to_lowercase();
        for word in args.iter().filter(|_| present) {
            line.push(' ');
            write_quoted(&mut line, word);
        }
        for (option, word) in spec.options.iter().zip(&options) {
            if let Some(word) = word {
                line.push_str(&format!(" {}=", option.key().to_uppercase()));
                write_word(&mut line, word);
            }
        }
        (spec.verb, line)
    })
}

fn word_of(arg: &'static Arg) -> BoxedStrategy<String> {
    if let Offer::Words(words) = arg.shape.offer {
        return proptest::sample::select(words).prop_map(str::to_lowercase).boxed();
    }
    let digits = |n: usize| proptest::string::string_regex(&format!("[0-9a-fA-F]{{{n}}}")).unwrap().boxed();
    let number = (1..u32::MAX).prop_map(|n| n.to_string()).boxed();
    match arg.shape.name {
        "md5" => digits(32),
        "sha256" => digits(64),
        "id" | "session" | "booking" | "bytes" | "n" => number,
        "amount" | "price" => {
            (1..1_000_000_000u32, 0..100u8).prop_map(|(u, c)| format!("{u}.{c:02}")).boxed()
        }
        "time" => (0..4_000_000_000i64).prop_map(|s| Time(s * 1000).to_string()).boxed(),
        "name" | "room" => "[a-zA-Z绿茶=]{2,32}".boxed(),
        "title" => text().prop_map(|t| format!("t{t}")).boxed(),
        "text" => "[a-z绿]{1,9}( [a-z\"]{1,9}){0,3}".boxed(),
        _ => text().prop_map(|t| format!("w{t}")).boxed(),
    }
}

#[test]
fn the_table_holds_together() {
    for spec in TABLE {
        let line = spec.example;
        let command =
            Command::parse(&words(line.as_bytes()).unwrap()).unwrap_or_else(|e| panic!("{line}: {e}"));
        assert_eq!(command.spec(), spec);
        assert!(line.len() <= protocol::MAX_LINE && !spec.summary().is_empty(), "{line}");
        assert_eq!(spec.verb, spec.verb.to_uppercase());
        assert_eq!(TABLE.iter().filter(|other| other.verb == spec.verb).count(), 1, "{}", spec.verb);
        let optional_first = spec.args.windows(2).any(|pair| !pair[0].required && pair[1].required);
        assert!(!optional_first, "{}: a word that may be left out stands before one that may not", spec.verb);
    }
}

#[test]
fn a_mistyped_verb_has_a_near_one() {
    let verbs = || TABLE.iter().map(|spec| spec.verb);
    for (typed, meant) in
        [("LSIT", "LIST"), ("lst", "LIST"), ("retrr", "RETR"), ("stat", "STATEMENT"), ("BYU", "BUY")]
    {
        assert_eq!(nearest(typed, verbs()), Some(meant), "{typed}");
    }
    assert_eq!(nearest("XYZZY", verbs()), None);
    assert_eq!(nearest("FOO", verbs()), None);
}
