//! Dictionaries: imported, replaced and removed beside a running daemon, and what look-ups find then.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation here is the message")]

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use tests::{Club, Engine, Fields, Line, bytes, on_both_engines, quote, rows, user};

on_both_engines! {
    a_list_survives_what_files_are_like
    a_further_import_takes_the_place_of_the_first
    dictionaries_come_and_go
    a_dictd_database_is_imported_packed_or_not
    what_makes_no_sense_changes_nothing
    hostile_text_breaks_no_line
    a_long_entry_comes_in_pieces
    many_words_are_listed_page_by_page
    look_ups_outlive_the_daemon
    a_killed_import_leaves_the_old_dictionary
}

/// What an import said; it has to have gone well.
#[track_caller]
fn imported(out: &Output) -> String {
    let said = said(out);
    assert!(out.status.success(), "{said}");
    said
}

/// What a program said. Nothing makes it panic.
#[track_caller]
fn said(out: &Output) -> String {
    let said = format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    assert!(!said.contains("panicked"), "{said}");
    said
}

fn texts(line: &mut Line, word: &str) -> Vec<String> {
    let rows = rows(line, &format!("DEFINE {}", quote(word)));
    rows.iter().map(|row| row.get("text").to_owned()).collect()
}

#[track_caller]
fn unknown(line: &mut Line, word: &str) {
    line.want(&format!("DEFINE {}", quote(word)), "550 NOT_FOUND");
}

fn a_list_survives_what_files_are_like(engine: Engine) {
    let club = Club::start(engine);
    let mut anna = user(&club, "anna");
    let list = b"\xEF\xBB\xBFzebra  an animal\r\n\r\n   \nlonely\r\nbroken \xFF\xFE\n\
        apple\ta fruit\t(red)\r\n\x1b[2J x\n\t\n ice cream\tcold\n\xE8\x8C\xB6\xE3\x80\x80tea\nlast one";
    let report = imported(&club.import("eng", list));
    assert!(report.contains("5 entries"), "{report}");
    for line in ["line 4:", "line 5:", "line 7:"] {
        assert!(report.contains(line), "{report}");
    }
    assert_eq!(report.matches("skipped").count(), 3, "{report}");
    for (word, text) in [
        ("ZEBRA", "an animal"),
        ("apple", "a fruit\t(red)"),
        ("ice cream", "cold"),
        ("茶", "tea"),
        ("last", "one"),
    ] {
        assert_eq!(texts(&mut anna, word), [text], "{word}");
    }
}

fn a_further_import_takes_the_place_of_the_first(engine: Engine) {
    let club = Club::start(engine);
    let mut anna = user(&club, "anna");
    for _ in 0..3 {
        imported(&club.import("eng", "tea a drink\ntea a shrub\ncup a vessel\n"));
        assert_eq!(texts(&mut anna, "tea"), ["a drink", "a shrub"]);
    }
    let report = imported(&club.import("eng", "tea what is drunk at five\n"));
    assert!(report.contains("replaced") && report.contains("1 entries"), "{report}");
    assert_eq!(texts(&mut anna, "tea"), ["what is drunk at five"]);
    unknown(&mut anna, "cup");
}

fn dictionaries_come_and_go(engine: Engine) {
    let club = Club::start(engine);
    let mut anna = user(&club, "anna");
    imported(&club.import("one", "tea first\ncup vessel\n"));
    let file = club.data().join("two.txt");
    fs::write(&file, "tea second\n").unwrap();
    let words = |arguments: &[&str]| club.words(arguments).output().unwrap();
    imported(&words(&["import", file.to_str().unwrap(), "--name", "another"]));
    assert_eq!(texts(&mut anna, "tea"), ["first", "second"]);
    let listed = imported(&words(&["list"]));
    let names: Vec<&str> = listed.lines().filter_map(|line| line.split('\t').next()).collect();
    assert_eq!(names, ["another", "one"], "{listed}");
    assert!(listed.contains("2 entries") && listed.contains("1 entries"), "{listed}");
    imported(&words(&["remove", "one"]));
    assert_eq!(texts(&mut anna, "tea"), ["second"]);
    unknown(&mut anna, "cup");
    for wrong in [
        &["remove", "one"][..],
        &["import", file.to_str().unwrap(), "--name", "a b"],
        &["import", file.to_str().unwrap(), "--name", ""],
        &["import", "/nowhere/at/all.txt"],
        &["import", "/tmp"],
    ] {
        let out = words(wrong);
        assert!(!out.status.success(), "{wrong:?}: {}", said(&out));
    }
}

/// Writes a dictd database of these entries, the way dictfmt does.
fn dictd(folder: &Path, name: &str, entries: &[(&str, &str)], packed: bool) {
    let (mut index, mut texts) = (String::new(), Vec::new());
    for (word, text) in entries {
        index += &format!("{word}\t{}\t{}\n", number(texts.len()), number(text.len()));
        texts.extend(text.as_bytes());
    }
    fs::write(folder.join(format!("{name}.index")), index).unwrap();
    let file = folder.join(format!("{name}.dict{}", if packed { ".dz" } else { "" }));
    let file = File::create(file).unwrap();
    if packed {
        // dictzip keeps its marks in the extra field of gzip's header.
        let gzip = flate2::GzBuilder::new().extra(&b"RA\x08\x00\x01\x00\xff\xff\x01\x00\x10\x00"[..]);
        gzip.write(file, flate2::Compression::best()).write_all(&texts).unwrap();
    } else {
        { file }.write_all(&texts).unwrap();
    }
}

/// A number in the digits of base 64, the way dictd writes it.
fn number(mut value: usize) -> String {
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = Vec::new();
    while value > 0 || out.is_empty() {
        out.push(digits[value % 64]);
        value /= 64;
    }
    out.reverse();
    String::from_utf8(out).unwrap()
}

fn a_dictd_database_is_imported_packed_or_not(engine: Engine) {
    let club = Club::start(engine);
    let mut anna = user(&club, "anna");
    let filler = "x".repeat(5000);
    let entries = [
        ("00-database-short", "00-database-short\n     A small dictionary\n"),
        ("00databaseutf8", "\n"),
        ("filler", filler.as_str()),
        ("green tea", "green tea\n  a drink\n\tof leaves\n"),
        ("绿茶", "green tea\n"),
    ];
    let folder = club.data();
    for (name, packed, given) in [
        ("plain", false, "plain.index"),
        ("plain", false, "plain.dict"),
        ("small", true, "small.dict.dz"),
        ("small", true, "small.index"),
    ] {
        dictd(&folder, name, &entries, packed);
        let out = club.words(&["import", folder.join(given).to_str().unwrap()]).output().unwrap();
        let report = imported(&out);
        assert!(report.starts_with(&format!("{name}: ")) && report.contains("3 entries"), "{report}");
    }
    let found = rows(&mut anna, "DEFINE Green tea");
    let said: Vec<(&str, &str)> = found.iter().map(|row| (row.get("dict"), row.get("text"))).collect();
    let text = "green tea\n  a drink\n\tof leaves";
    assert_eq!(said, [("plain", text), ("small", text)]);
    unknown(&mut anna, "00-database-short");
    let listed = imported(&club.words(&["list"]).output().unwrap());
    assert_eq!(listed.matches("A small dictionary").count(), 2, "{listed}");

    // An index that points nowhere, and what is no index at all.
    let wrong = "tea\t////////\tB\ncup\tA\t////\nno index\nmug\tA\tD\nmug\tA\tD\n\tA\tD\n";
    fs::write(folder.join("small.index"), wrong).unwrap();
    let out = club.words(&["import", folder.join("small.index").to_str().unwrap()]).output().unwrap();
    let report = imported(&out);
    assert!(report.contains("1 entries"), "what is named twice is taken once: {report}");
    for line in ["line 1:", "line 2:", "line 3:", "line 6:"] {
        assert!(report.contains(line), "{report}");
    }
}

fn what_makes_no_sense_changes_nothing(engine: Engine) {
    let club = Club::start(engine);
    let mut anna = user(&club, "anna");
    imported(&club.import("eng", "tea a drink\n"));
    let mut noise = bytes(300_000);
    noise.iter_mut().for_each(|byte| *byte |= 0x80);
    let endless = vec![b'x'; 3_000_000];
    for senseless in
        [&b""[..], b"\n\n\r\n", b"lonely\nwords\n", b"\xFF\xFEt\0e\0a\0 \0x\0\n\0", &noise, &endless]
    {
        let out = club.import("eng", senseless);
        assert!(!out.status.success(), "{}", said(&out));
        assert!(said(&out).contains("no dictionary was imported"), "{}", said(&out));
        assert_eq!(texts(&mut anna, "tea"), ["a drink"]);
    }
    // Nothing can be said of random bytes, but that they are survived.
    said(&club.import("noise", bytes(200_000)));
    for file in ["half.index", "other.dict"] {
        fs::write(club.data().join(file), "tea\tA\tB\n").unwrap();
        let out = club.words(&["import", club.data().join(file).to_str().unwrap()]).output().unwrap();
        assert!(!out.status.success() && said(&out).contains("beside it"), "{}", said(&out));
    }
    fs::write(club.data().join("half.dict.dz"), bytes(1000)).unwrap();
    let out = club.words(&["import", club.data().join("half.index").to_str().unwrap()]).output().unwrap();
    assert!(!out.status.success() && said(&out).contains("half.dict.dz"), "{}", said(&out));
}

fn hostile_text_breaks_no_line(engine: Engine) {
    let club = Club::start(engine);
    let mut anna = user(&club, "anna");
    let text = "a \"quote\" \\ back\r\n250 OK fake=yes : \u{1b}[2J\u{7}\u{9b}31m \u{202e}turned\n- word=fake\ttab '; DROP TABLE word; --";
    let long = "w".repeat(8 * 1024);
    let entries = [
        ("tea", text),
        (&long, "too long a word"),
        ("a\u{1b}b", "no word"),
        ("=\"quoted\" \\", "odd"),
        ("%", "any"),
        ("_", "one"),
        ("00-database-short", "a \u{1b}[2J name\n"),
    ];
    dictd(&club.data(), "hostile", &entries, false);
    let out = club.words(&["import", club.data().join("hostile.dict").to_str().unwrap()]).output().unwrap();
    let report = imported(&out);
    assert!(
        report.contains("4 entries") && report.contains("line 2:") && report.contains("line 3:"),
        "{report}"
    );
    let shown = "a \"quote\" \\ back\n250 OK fake=yes : \u{FFFD}[2J\u{FFFD}\u{FFFD}31m \u{FFFD}turned\n- word=fake\ttab '; DROP TABLE word; --";
    assert_eq!(texts(&mut anna, "tea"), [shown]);
    assert_eq!(texts(&mut anna, "=\"quoted\" \\"), ["odd"]);
    assert_eq!(texts(&mut anna, "%"), ["any"]);
    assert_eq!(rows(&mut anna, "MATCH _").len(), 1);
    let listed = imported(&club.words(&["list"]).output().unwrap());
    assert!(listed.contains("a \u{FFFD}[2J name"), "{listed}");
    // Words that are asked for, as long as a line allows.
    let long = "x".repeat(8000);
    for command in
        [format!("DEFINE {long}"), format!("MATCH {long}"), format!("DEFINE {}", "茶".repeat(2000))]
    {
        anna.want(&command, "501 BAD_VALUE");
    }
    for word in ["' OR 1=1 --", "\u{FDFA}\u{FDFA}", "tea%", "t_a", "🫖", "ﬁ"] {
        unknown(&mut anna, word);
    }
    anna.want("DEFINE \u{1b}[2J", "501 SYNTAX");
    for after in ["x", "1", "1.x", "1:tea", "-9.-9.9"] {
        anna.want(&format!("DEFINE tea after={after}"), "501 BAD_VALUE");
    }
    for after in ["x", "1", "x:tea"] {
        anna.want(&format!("MATCH tea after={after}"), "501 BAD_VALUE");
    }
}

fn a_long_entry_comes_in_pieces(engine: Engine) {
    let club = Club::start(engine);
    let mut anna = user(&club, "anna");
    let text: String = (0..4000).map(|n| format!("{n} 绿茶 \"and\" so on\n")).collect();
    let text = text.trim_end();
    dictd(&club.data(), "long", &[("set", text), ("set", "short"), ("huge", &"x".repeat(300 * 1024))], true);
    let out = club.words(&["import", club.data().join("long.index").to_str().unwrap()]).output().unwrap();
    assert!(imported(&out).contains("2 entries"), "{}", said(&out));
    for command in ["DEFINE set", "DEFINE set limit=3"] {
        let rows = rows(&mut anna, command);
        let (short, pieces) = rows.split_last().unwrap();
        assert!(pieces.len() > 10 && pieces.iter().all(|row| row.get("text").len() <= 8192));
        let parts: Vec<u64> = pieces.iter().map(|row| row.number("part")).collect();
        assert_eq!(parts, (1..=pieces.len() as u64).collect::<Vec<_>>());
        assert!(pieces.iter().map(|row| row.get("text")).collect::<String>() == text, "{command}");
        assert_eq!((short.get("text"), short.find("part")), ("short", None));
    }
    let listed = rows(&mut anna, "MATCH se");
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].get("text").chars().count(), 201);
    assert!(listed[0].get("text").ends_with('…'));
}

fn many_words_are_listed_page_by_page(engine: Engine) {
    let club = Club::start(engine);
    let mut anna = user(&club, "anna");
    let list: String = (0..300).map(|n| format!("w{n:03} one\nW{n:03} other\n")).collect();
    imported(&club.import("one", &list));
    imported(&club.import("two", &list));
    imported(&club.import("three", "wa x\n\u{10FFFF}w y\nw z\n"));
    let words = |line: &mut Line, command: &str| -> Vec<String> {
        let key = |row: &Fields| format!("{} {}", row.get("word"), row.get("dict"));
        rows(line, command).iter().map(key).collect()
    };
    let all = words(&mut anna, "MATCH w");
    assert_eq!(all.len(), 602);
    assert_eq!(all[..4], ["w three", "w000 one", "w000 two", "w001 one"]);
    assert_eq!(all.last().unwrap(), "wa three");
    assert_eq!(words(&mut anna, "MATCH w limit=7"), all);
    assert_eq!(words(&mut anna, "MATCH W29 limit=3"), all[all.len() - 21..all.len() - 1]);
}

fn look_ups_outlive_the_daemon(engine: Engine) {
    let mut club = Club::start(engine);
    let mut anna = user(&club, "anna");
    imported(&club.import("eng", "tea a drink\n"));
    for n in 0..12 {
        unknown(&mut anna, &format!("Word  {n}"));
    }
    for killed in [false, true] {
        anna.want("DEFINE TEA", "210 END");
        if killed {
            club.kill9()
        };
        club.restart();
        anna.line = club.resume(&anna.token);
        let last = anna.want("LOOKUPS", "210 END");
        assert_eq!((last.rows.len(), last.rows[0].get("word")), (10, "TEA"));
    }
    let all: Vec<String> =
        rows(&mut anna, "LOOKUPS limit=5").iter().map(|row| row.get("word").to_owned()).collect();
    assert_eq!(all.len(), 14);
    assert_eq!((all[2].as_str(), all[13].as_str()), ("Word 11", "Word 0"));
}

fn a_killed_import_leaves_the_old_dictionary(engine: Engine) {
    let club = Club::start(engine);
    let mut anna = user(&club, "anna");
    imported(&club.import("eng", "tea old\ncup old\n"));
    let pipe = club.data().join("eng.pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let mut import = club.words(&["import", pipe.to_str().unwrap()]);
    let mut import = import.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = fs::OpenOptions::new().write(true).open(&pipe).unwrap();
    // More than a pipe holds: when all of it is written, most of it has been read.
    for n in 0..20_000 {
        writeln!(lines, "tea new {n}").unwrap();
    }
    // In the middle of it the old words are there and the daemon answers, though the look-up cannot be kept yet.
    assert_eq!(texts(&mut anna, "tea"), ["old"]);
    import.kill().unwrap();
    import.wait().unwrap();
    drop(lines);
    assert_eq!(texts(&mut anna, "tea"), ["old"]);
    assert_eq!(texts(&mut anna, "cup"), ["old"]);
    // Kept as soon as that was possible.
    let begun = Instant::now();
    while rows(&mut anna, "LOOKUPS").len() < 3 {
        assert!(begun.elapsed() < Duration::from_secs(20), "a look-up was lost");
    }
    imported(&club.import("eng", "tea new\n"));
    assert_eq!(texts(&mut anna, "tea"), ["new"]);
    unknown(&mut anna, "cup");
}
