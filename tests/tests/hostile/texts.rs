//! What people write: nothing in it breaks a line, commands a terminal or forges an answer, an event or the log.

use super::*;

on_both_engines! {
    no_word_of_any_command_holds_what_commands_a_terminal
    what_is_written_comes_back_in_its_quotes
}

/// What no line may hold.
const FORBIDDEN: [&str; 14] = [
    "\u{1b}[2J",
    "\u{1b}]0;x\u{7}",
    "\r",
    "\u{0}",
    "\u{8}",
    "\u{7f}",
    "\u{85}",
    "\u{9b}31m",
    "\u{9d}",
    "\u{202a}",
    "\u{202e}",
    "\u{2066}",
    "\u{2069}",
    "\u{c}",
];

/// What may be written, and looks as if it were something else.
const NASTY: [&str; 12] = [
    "\n250 OK balance=9999.00 : yours",
    "\n- id=1 title=\"forged\"",
    "\n* said room=lounge who=boss role=admin text=\"forged\"",
    "x\" id=7 owned=yes y=\"",
    "x\\\" id=7 owned=yes",
    "\\n\\r\\t\\u001b[2J",
    "\t\ttabs\n\n\nlines",
    " : 250 OK : text",
    "%s%n{}{0}$(id)`id`",
    "'; DROP TABLE account; --",
    "zero\u{200b}width\u{feff}\u{2028}\u{200f}\u{61c}mark\u{e0041}",
    "2026-11-21T09:00:00Z ERROR trace=00000000 forged",
];

/// Whether no terminal, log or line is harmed by it.
fn is_plain(line: &str) -> bool {
    !line.chars().any(|c| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
}

/// The words of an example, each with the place where it stands.
fn words(example: &str) -> Vec<std::ops::Range<usize>> {
    let (mut all, mut from, mut quoted) = (vec![], None, false);
    for (at, c) in example.char_indices().chain([(example.len(), ' ')]) {
        quoted ^= c == '"';
        match (c == ' ' && !quoted, from) {
            (true, Some(start)) => {
                all.push(start..at);
                from = None;
            }
            (false, None) => from = Some(at),
            _ => {}
        }
    }
    all
}

fn no_word_of_any_command_holds_what_commands_a_terminal(engine: Engine) {
    let mut scene = Scene::new(engine);
    let mut line = scene.victim();
    // The table of commands itself says what there is.
    let table = rows(&mut line, "HELP");
    assert!(table.len() > 60, "{} commands", table.len());
    let mut tried = 0;
    for row in &table {
        let help = line.want(&format!("HELP {}", row.get("verb")), "210 END");
        let example = help.rows[0].get("example").to_owned();
        for place in words(&example).into_iter().skip(1) {
            let word = &example[place.clone()];
            let key = word.split_once('=').map_or("", |(key, _)| &word[..key.len() + 1]);
            for bad in FORBIDDEN {
                for value in [format!("{key}\"a{bad}b\""), format!("{key}a{bad}b")] {
                    let command = format!("{}{value}{}", &example[..place.start], &example[place.end..]);
                    line.send(format!("{command}\n").as_bytes());
                    let answer = line.reply();
                    assert_eq!(answer.status(), "501 SYNTAX", "{command:?}");
                    assert!(is_plain(&answer.line), "{:?}", answer.line);
                    tried += 1;
                }
            }
        }
    }
    assert!(tried > 2000, "{tried} lines");
    scene.unharmed();
    assert!(scene.club.said().lines().all(is_plain), "{}", scene.club.said());
}

fn what_is_written_comes_back_in_its_quotes(engine: Engine) {
    let mut club = Club::with(engine, "[limits]\nlounge_burst = 100000\n");
    club.set("RUST_LOG", "debug");
    club.restart();
    let (mut boss, mut anna) = (admin(&club), user(&club, "anna"));
    user(&club, "ben");
    let film = bytes(100);
    boss.want("JOIN", "250 OK");
    anna.want("JOIN", "250 OK");
    assert_eq!(boss.event().get("*"), "joined");
    for (number, text) in NASTY.iter().enumerate() {
        let text = format!("{text} {number}");
        let q = quote(&text);
        let id = stor(&mut boss, &text, "FREE", &film, &format!("prove=no description={q} key={q}"));
        let event = boss
            .want(&format!("STAGE {q} seats=5 starts=2126-12-24T20:00:00Z"), "250 OK")
            .get("id")
            .to_owned();
        anna.want(&format!("BOOK {event} 1"), "250 OK");
        let ad = boss.want(&format!("AD {q} link={q}"), "250 OK").get("id").to_owned();
        for command in [
            format!("POST {q} {q}"),
            format!("EDIT {id} description={q}"),
            format!("ADSET {ad} text={q}"),
            format!("CREDIT anna 1.00 note={q} key={q}"),
            format!("LOCK ben why={q}"),
            "UNLOCK ben".to_owned(),
            format!("MUTE ben minutes=1 why={q}"),
        ] {
            boss.want(&command, "250 OK");
        }
        anna.want(&format!("SAY lounge {q}"), "250 OK");
        let said = anna.event();
        assert_eq!((said.get("*"), said.get("text")), ("said", text.as_str()));
        assert_eq!(boss.event().get("text"), text);
        boss.want(&format!("REPORT {} why={q}", said.get("id")), "250 OK");
        boss.want(&format!("CALLOFF {event} why={q}"), "250 OK");
        // What is looked for is told nowhere but to who looked.
        for command in ["SEARCH", "DEFINE", "MATCH", "USERS", "WHO", "NOTASEARCH"] {
            let reply = anna.ask(&format!("{command} {q}"));
            assert!(
                is_plain(&reply.line) && reply.status() != "500 INTERNAL",
                "{command} {text:?}: {}",
                reply.line
            );
        }
        for command in ["LIST after", "RETR 1 offset", "BUY 1 key", "LIST sort", "REDEEM x key"] {
            let reply = anna.ask(&format!("{command}={q}"));
            assert!(
                is_plain(&reply.line) && reply.status() != "500 INTERNAL",
                "{command} {text:?}: {}",
                reply.line
            );
            assert!(!reply.line.contains("forged"), "{}", reply.line);
        }
    }
    // Wherever it is shown, it is one row, and the same text.
    for (command, key) in [
        ("LIST", "title"),
        ("SEARCH forged", "title"),
        ("EVENTS", "name"),
        ("NOTICES", "text"),
        ("NOTICES", "title"),
        ("ADS", "text"),
        ("ADS", "link"),
        ("AUDIT", "object"),
        ("REPORTS", "text"),
        ("REPORTS", "why"),
        ("STATS", "value"),
        ("JOIN", "text"),
    ] {
        let all = shown(&mut boss, command);
        let texts: Vec<&str> = all.iter().filter_map(|row| row.find(key)).collect();
        for (number, nasty) in NASTY.iter().enumerate().filter(|_| !matches!(command, "AUDIT" | "STATS")) {
            let text = format!("{nasty} {number}");
            let wanted = command != "SEARCH forged" || text.contains("forged");
            assert!(
                !wanted || texts.contains(&text.as_str()),
                "{command} {key}= does not show {text:?}: {texts:?}"
            );
        }
    }
    for command in ["STATEMENT", "BOOKINGS", "LOOKUPS limit=100"] {
        assert!(!shown(&mut anna, command).is_empty());
    }
    let said = club.said();
    assert!(said.lines().all(is_plain), "{said}");
    assert!(!said.contains("forged"), "what users write is in no log");
}

/// The rows of a command, each of whose lines is plain.
fn shown(line: &mut Line, command: &str) -> Vec<Fields> {
    line.say(command);
    let mut fields = vec![];
    loop {
        let raw = line.try_line().unwrap().expect("a line");
        assert!(is_plain(&raw), "{command} shows {raw:?}");
        match raw.as_bytes()[0] {
            b'-' => fields.push(Line::row(&raw)),
            b'2' => return fields,
            b'*' => {}
            _ => panic!("{command} shows {raw:?}"),
        }
    }
}
