//! `reeld check`: a club at work is clean, each kind of damage is found and named, what may be mended is.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation here is the message")]

use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use tests::{Club, Engine, Over, Person, Site, admin, bytes, on_both_engines, pass, stor, user};

on_both_engines! {
    a_club_at_work_is_clean
    a_missing_file_is_told_with_its_titles_and_healed_by_an_upload
    damage_is_found_set_aside_and_healed
    a_file_of_another_length
    files_that_nobody_knows
    what_follows_from_other_rows_is_made_anew
    numbers_by_day_and_names_are_made_anew
    money_is_told_and_never_touched
    seats_are_counted_anew_and_their_money_is_told
    names_cannot_move_the_cursor
    uploads_meanwhile_are_no_findings
}

/// What a check printed: its findings, what it mended, its last line, its exit status.
struct Told {
    found: Vec<String>,
    mended: Vec<String>,
    last: String,
    code: i32,
}

fn check(club: &Club, options: &[&str]) -> Told {
    let out = club.operator(&[&["check"], options].concat());
    let text = String::from_utf8(out.stdout).unwrap();
    let of = |mark: &str| text.lines().filter_map(|l| l.strip_prefix(mark)).map(str::to_owned).collect();
    let code = out.status.code().unwrap();
    assert!(code < 2, "{code}: {text}{}", String::from_utf8_lossy(&out.stderr));
    let last = text.lines().last().unwrap().to_owned();
    Told { found: of("FOUND "), mended: of("MENDED "), last, code }
}

#[track_caller]
fn clean(club: &Club, options: &[&str]) {
    let told = check(club, options);
    assert_eq!((told.found, told.mended), (vec![], vec![]));
    assert_eq!((told.last.as_str(), told.code), ("clean", 0));
}

/// Exactly these findings, each with all of its words, in this order.
#[track_caller]
fn finds(club: &Club, options: &[&str], expected: &[&[&str]]) {
    let told = check(club, options);
    assert!(told.mended.is_empty(), "{:?}", told.mended);
    same(&told.found, expected);
    let many = if expected.len() == 1 { "1 finding".into() } else { format!("{} findings", expected.len()) };
    assert_eq!((told.last, told.code), (many, 1));
}

#[track_caller]
fn same(lines: &[String], expected: &[&[&str]]) {
    assert_eq!(lines.len(), expected.len(), "{lines:#?}");
    for (line, words) in lines.iter().zip(expected) {
        assert!(words.iter().all(|word| line.contains(word)), "{words:?} in {line}");
    }
}

/// The file of the only content of so many bytes.
fn file_of(club: &Club, size: usize) -> PathBuf {
    let files = stored(club).into_iter();
    let mut files = files.filter(|file| file.metadata().unwrap().len() == size as u64);
    let file = files.next().expect("such a file");
    assert!(files.next().is_none());
    file
}

fn stored(club: &Club) -> Vec<PathBuf> {
    let below = |folder: PathBuf| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    below(club.data().join("vault/v1/stored")).flat_map(below).flat_map(below).collect()
}

fn flip_a_byte(file: &PathBuf) {
    let mut bytes = fs::read(file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(file, bytes).unwrap();
}

fn fetched(who: &mut Person, id: &str) -> Vec<u8> {
    let data = who.want(&format!("RETR {id}"), "150 DATA");
    let body = who.body(data.number("length") as usize);
    who.reply().is("226 DONE");
    body
}

fn a_club_at_work_is_clean(engine: Engine) {
    let mut club = Club::start(engine);
    clean(&club, &[]);
    let mut boss = admin(&club);
    let film = bytes(300_000);
    let first = stor(&mut boss, "绿茶 Green tea", "PAID", &film, "price=3.00");
    let second = stor(&mut boss, "The same bytes", "FREE", &film, "");
    let third = stor(&mut boss, "Empty", "FREE", b"", "");
    let mut anna = user(&club, "anna");
    anna.want("TOPUP 100.00", "250 OK");
    anna.want(&format!("BUY {first}"), "250 OK");
    boss.want(&format!("REFUND anna {first}"), "250 OK");
    anna.want(&format!("BUY {first}"), "250 OK");
    anna.want("MEMBER", "250 OK");
    assert!(fetched(&mut anna, &first) == film);
    let code = boss.want("VOUCHER 5.00 count=2", "210 END").rows[0].get("code").to_owned();
    anna.want(&format!("REDEEM {code}"), "250 OK");
    boss.want("CREDIT anna 1.00", "250 OK");
    stor(&mut anna, "Of anna", "SHARED", &bytes(10), "");
    boss.want(&format!("DELE {second}"), "250 OK");
    boss.want(&format!("EDIT {third} title=\"Nothing at all\" kind=PAID price=0.00"), "250 OK");
    anna.want(&format!("BUY {third}"), "250 OK");
    let night = event(&mut boss, "Film night");
    let booking = anna.want(&format!("BOOK {night} 2"), "250 OK").get("booking").to_owned();
    anna.want(&format!("BOOK {night} 1"), "250 OK");
    anna.want(&format!("CANCEL {booking}"), "250 OK");
    let doomed = event(&mut boss, "Doomed");
    anna.want(&format!("BOOK {doomed} 2"), "250 OK");
    boss.want(&format!("CALLOFF {doomed}"), "250 OK");
    let mut berta = user(&club, "berta");
    berta.want("TOPUP 10.00", "250 OK");
    berta.want(&format!("BOOK {night} 2"), "250 OK");
    berta.want(&format!("UNREGISTER {}", pass("berta")), "250 OK");
    user(&club, "carla");
    boss.want("LOCK carla", "250 OK");
    // Behind the transfers there is nothing left to be written.
    anna.want("HISTORY", "210 END");
    for options in [&[][..], &["--deep"], &["--repair"], &["--deep", "--repair"]] {
        clean(&club, options);
    }
    club.stop();
    clean(&club, &["--deep", "--repair"]);
}

fn a_missing_file_is_told_with_its_titles_and_healed_by_an_upload(engine: Engine) {
    let club = Club::start(engine);
    let mut boss = admin(&club);
    let film = bytes(1000);
    let first = stor(&mut boss, "First", "FREE", &film, "");
    let second = stor(&mut boss, "Second", "FREE", &film, "");
    stor(&mut boss, "Other", "FREE", &bytes(999), "");
    fs::remove_file(file_of(&club, 1000)).unwrap();
    let named = [format!("title {first} \"First\""), format!("title {second} \"Second\"")];
    let expected: &[&str] = &["missing", &named[0], &named[1], "upload the same 1000 bytes again"];
    finds(&club, &[], &[expected]);
    finds(&club, &["--deep", "--repair"], &[expected]);
    boss.want(&format!("RETR {first}"), "551 DAMAGED");
    stor(&mut boss, "Again", "FREE", &film, "");
    clean(&club, &["--deep"]);
    assert!(fetched(&mut boss, &second) == film);
}

fn damage_is_found_set_aside_and_healed(engine: Engine) {
    let club = Club::start(engine);
    let mut boss = admin(&club);
    let film = bytes(1000);
    let id = stor(&mut boss, "First", "FREE", &film, "");
    let file = file_of(&club, 1000);
    flip_a_byte(&file);
    clean(&club, &[]);
    clean(&club, &["--repair"]);
    finds(&club, &["--deep"], &[&["damaged", "title", "First", "--repair"]]);
    // What is here already, as it seems, is not replaced.
    stor(&mut boss, "In vain", "FREE", &film, "prove=no");
    finds(&club, &["--deep"], &[&["damaged"]]);
    finds(
        &club,
        &["--deep", "--repair"],
        &[&["damaged", "is now vault/v1/aside/", "upload the right bytes"]],
    );
    assert!(!file.exists());
    let aside = club.data().join("vault/v1/aside");
    assert_eq!(fs::read_dir(aside).unwrap().count(), 1);
    finds(&club, &["--deep", "--repair"], &[&["missing"]]);
    stor(&mut boss, "Again", "FREE", &film, "");
    clean(&club, &["--deep"]);
    assert!(fetched(&mut boss, &id) == film);
}

fn a_file_of_another_length(engine: Engine) {
    let club = Club::start(engine);
    let mut boss = admin(&club);
    let film = bytes(1000);
    let id = stor(&mut boss, "First", "FREE", &film, "");
    // The database is wrong: the bytes say so.
    club.sql("UPDATE content SET size = 1001; UPDATE title SET size = 1001; UPDATE tally SET value = 1001 WHERE name = 'bytes'");
    finds(&club, &[], &[&["its file has 1000 bytes, the database says 1001", "First"]]);
    let told = check(&club, &["--repair"]);
    same(&told.found, &[]);
    same(
        &told.mended,
        &[&["sound"], &[&format!("title {id} \"First\""), "1001", "1000"], &["bytes says 1001"]],
    );
    assert_eq!((told.last.as_str(), told.code), ("clean: 3 findings mended", 0));
    clean(&club, &["--deep"]);
    assert!(fetched(&mut boss, &id) == film);
    // The file is wrong.
    File::options().write(true).open(file_of(&club, 1000)).unwrap().set_len(999).unwrap();
    finds(&club, &[], &[&["its file has 999 bytes, the database says 1000", "First"]]);
    finds(&club, &["--repair"], &[&["damaged", "aside"]]);
    stor(&mut boss, "Again", "FREE", &film, "");
    clean(&club, &["--deep"]);
}

fn files_that_nobody_knows(engine: Engine) {
    let club = Club::start(engine);
    let mut boss = admin(&club);
    stor(&mut boss, "First", "FREE", &bytes(1000), "");
    let name = format!("abcd{}", "0".repeat(60));
    let folder = club.data().join("vault/v1/stored/ab/cd");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(&name), "left behind").unwrap();
    fs::write(folder.join("note\u{1b}.txt"), "").unwrap();
    let stray: &[&str] = &[r#""vault/v1/stored/ab/cd/note\u{1b}.txt""#, "no file of Reel's"];
    finds(&club, &[], &[stray, &[&name, "11 bytes"]]);
    let told = check(&club, &["--repair"]);
    same(&told.found, &[stray]);
    same(&told.mended, &[&[&name, &format!("it is now vault/v1/aside/{name}.1")]]);
    assert_eq!((told.last.as_str(), told.code), ("1 finding left, 1 mended", 1));
    assert_eq!(fs::read(club.data().join(format!("vault/v1/aside/{name}.1"))).unwrap(), b"left behind");
    fs::remove_file(folder.join("note\u{1b}.txt")).unwrap();
    clean(&club, &["--repair"]);
    // With a database that knows nothing, nothing is taken away.
    let empty = Club::start(engine);
    empty.operator(&["check"]);
    fs::create_dir_all(empty.data().join("vault/v1/stored/ab/cd")).unwrap();
    fs::write(empty.data().join("vault/v1/stored/ab/cd").join(&name), "").unwrap();
    finds(&empty, &["--repair"], &[&[&name, "Not done"]]);
}

fn what_follows_from_other_rows_is_made_anew(engine: Engine) {
    let club = Club::start(engine);
    let mut boss = admin(&club);
    let film = bytes(1000);
    let ids: Vec<String> = ["Green tea", "Black tea", "绿茶", "Water"]
        .iter()
        .enumerate()
        .map(|(n, name)| stor(&mut boss, name, "FREE", &film[n..], ""))
        .collect();
    boss.want(&format!("DELE {}", ids[3]), "250 OK");
    let [green, black, water] = [&ids[0], &ids[1], &ids[3]];
    // In the index titles are numbered from `00` on: of the two teas the first is left, and the third is coffee.
    assert_eq!(ids, ["1", "2", "3", "4"]);
    club.sql(&format!(
        "UPDATE title SET size = 7 WHERE id = {green}; \
         UPDATE posting SET members = '01' WHERE term = 'tea'; \
         INSERT INTO posting (term, block, members) VALUES ('coffee', 0, '03'); \
         UPDATE title SET folded = 'zzz' WHERE id = {water}; \
         UPDATE tally SET value = 77 WHERE name = 'free' AND day = 0; \
         DELETE FROM tally WHERE name = 'bytes' AND day = 0; \
         INSERT INTO content (sha256, md5, size, stored_at) VALUES (X'{}', X'{}', 5, 0)",
        "ab".repeat(32),
        "cd".repeat(16)
    ));
    let title = ids.iter().map(|id| format!("title {id} ")).collect::<Vec<_>>();
    let expected: &[&[&str]] = &[
        &["content", "no title uses it"],
        &[&title[0], "7 bytes", "1000"],
        &[&title[1], "SEARCH"],
        &[&title[2], "SEARCH"],
        &[&title[3], "sorts"],
        &["free says 77, there are 3"],
        &["bytes says 0, there are 3994"],
    ];
    finds(&club, &[], expected);
    let told = check(&club, &["--repair"]);
    same(&told.found, &[]);
    same(&told.mended, expected);
    assert_eq!((told.last.as_str(), told.code), ("clean: 7 findings mended", 0));
    clean(&club, &["--deep"]);
    let found = boss.want("SEARCH tea", "210 END");
    assert_eq!(found.rows.iter().map(|row| row.get("id")).collect::<Vec<_>>(), [green, black]);
    assert!(boss.want("SEARCH coffee", "210 END").rows.is_empty());
}

fn numbers_by_day_and_names_are_made_anew(engine: Engine) {
    let mut club = Club::start(engine);
    let mut boss = admin(&club);
    let film = stor(&mut boss, "Film", "PAID", &bytes(1000), "price=3.00");
    let mut anna = user(&club, "anna");
    let mut berta = user(&club, "berta");
    for who in [&mut anna, &mut berta] {
        who.want("TOPUP 100.00", "250 OK");
        who.want(&format!("BUY {film}"), "250 OK");
        who.want("MEMBER", "250 OK");
        fetched(who, &film);
        who.want("HISTORY", "210 END");
    }
    berta.want(&format!("UNREGISTER {}", pass("berta")), "250 OK");
    // The books of a day are closed by who asks for them when it is over.
    club.advance(2 * 24 * 3600);
    let before = tests::rows(&mut boss, "STATS days=10");
    clean(&club, &[]);
    club.sql(
        "DELETE FROM account_posting WHERE term = 'nn'; \
         UPDATE account_posting SET members = CONCAT(members, '03') WHERE term = 'a'; \
         UPDATE tally SET value = value + 1 WHERE name = 'accounts' AND day > 0; \
         DELETE FROM tally WHERE name = 'downloads' AND day > 0; \
         INSERT INTO tally (name, day, value) VALUES ('members', 7, 2); \
         UPDATE tally SET value = value + 100 WHERE name = 'revenue' AND day > 0; \
         UPDATE tally SET value = value + 5 WHERE name = 'sent' AND day = 0; \
         INSERT INTO tally (name, day, value) VALUES ('sent', 9, 3)",
    );
    let today = before.iter().find_map(|row| row.find("day")).unwrap().to_owned();
    let names: &[&[&str]] = &[&["account 2 \"anna\"", "USERS"], &["account 3 \"(deleted 3)\"", "USERS"]];
    let days: &[&[&str]] = &[
        &[&format!("accounts of {today} says 4, there were 3")],
        &[&format!("downloads of {today} says 0, there were 2")],
        &["members of 1970-01-07 says 2, there were 0"],
        &[&format!("revenue of {today} says 67.00, there were 66.00")],
    ];
    let sums: &[&[&str]] =
        &[&["revenue says 66.00, its days add up to 67.00"], &["sent says 2005, its days add up to 2003"]];
    finds(&club, &[], &[names, days, sums].concat());
    let told = check(&club, &["--repair"]);
    same(&told.found, &[]);
    same(&told.mended, &[names, days, &sums[1..]].concat());
    clean(&club, &[]);
    club.sql("DELETE FROM tally WHERE name = 'sent' AND day = 9; UPDATE tally SET value = 2000 WHERE name = 'sent' AND day = 0");
    assert_eq!(tests::rows(&mut boss, "STATS days=10"), before);
    let found = tests::rows(&mut boss, "USERS nn");
    assert_eq!(found.iter().map(|row| row.get("user")).collect::<Vec<_>>(), ["anna"]);
    // More was sent than that, and nobody knows how much.
    club.sql("UPDATE tally SET value = 1999 WHERE name = 'sent'");
    finds(&club, &["--repair"], &[&["1999 bytes were sent", "history has 2000", "Not touched"]]);
}

fn money_is_told_and_never_touched(engine: Engine) {
    let club = Club::start(engine);
    let mut boss = admin(&club);
    let ids =
        ["One", "Two", "Three"].map(|name| stor(&mut boss, name, "PAID", name.as_bytes(), "price=2.00"));
    let mut people = ["anna", "berta", "carla", "dora"].map(|name| user(&club, name));
    let code = boss.want("VOUCHER 5.00", "210 END").rows[0].get("code").to_owned();
    people[3].want(&format!("REDEEM {code}"), "250 OK");
    for person in &mut people {
        person.want("TOPUP 10.00", "250 OK");
        person.want(&format!("BUY {}", ids[0]), "250 OK");
        person.want(&format!("BUY {}", ids[1]), "250 OK");
    }
    clean(&club, &[]);
    let id = |name: &str| {
        club.sql(&format!("SELECT CAST(id AS CHAR) FROM account WHERE name = '{name}'")).trim().to_owned()
    };
    let [anna, berta, carla, dora] = ["anna", "berta", "carla", "dora"].map(id);
    let entry = club.sql(&format!("SELECT CAST(MAX(id) AS CHAR) FROM ledger WHERE account = {dora}"));
    let (entry, [one, two, three]) = (entry.trim(), &ids);
    club.sql(&format!(
        "UPDATE account SET balance = 700 WHERE id = {anna}; \
         DELETE FROM purchase WHERE account = {berta} AND title = {one}; \
         UPDATE purchase SET paid = 150 WHERE account = {berta} AND title = {two}; \
         INSERT INTO purchase (account, title, paid, bought_at) VALUES ({carla}, {three}, 200, 0); \
         UPDATE ledger SET balance = 1 WHERE id = {entry}; \
         UPDATE voucher SET redeemed_by = {carla}"
    ));
    let accounts = [&anna, &berta, &carla].map(|id| format!("account {id} "));
    let expected: &[&[&str]] = &[
        &[&accounts[0], "\"anna\"", "balance is 7.00", "adds up to 6.00", "Not touched"],
        &["ledger entry", entry, "balance of 0.01", "would be 11.00"],
        &[&accounts[1], "paid 2.00", &format!("title {one} "), "does not have it"],
        &[&accounts[1], &format!("title {two} for 1.50"), "took 2.00"],
        &[&accounts[2], &format!("title {three} for 2.00"), "took 0.00"],
        &["voucher of 5.00", accounts[2].trim(), "no entry"],
    ];
    let rows = || {
        ["account", "ledger", "purchase", "voucher"].map(|table| {
            let column = match table {
                "account" => "CONCAT(id, ' ', balance)",
                "ledger" => "CONCAT(id, ' ', account, ' ', amount, ' ', balance)",
                "purchase" => "CONCAT(account, ' ', title, ' ', paid)",
                _ => "CONCAT(amount, ' ', redeemed_by)",
            };
            club.sql(&format!("SELECT {column} FROM {table} ORDER BY 1"))
        })
    };
    let before = rows();
    assert!(before.iter().all(|table| !table.is_empty()));
    finds(&club, &[], expected);
    finds(&club, &["--repair", "--deep"], expected);
    assert_eq!(rows(), before);
}

/// An event of five seats, 1.00 each.
fn event(boss: &mut Person, name: &str) -> String {
    boss.want(&format!("STAGE \"{name}\" seats=5 price=1.00"), "250 OK").get("id").to_owned()
}

fn seats_are_counted_anew_and_their_money_is_told(engine: Engine) {
    let club = Club::start(engine);
    let (mut boss, mut anna) = (admin(&club), user(&club, "anna"));
    let [short, many] = ["Short", "Too many"].map(|name| event(&mut boss, name));
    anna.want("TOPUP 10.00", "250 OK");
    anna.want(&format!("BOOK {short} 2"), "250 OK");
    let booking = anna.want(&format!("BOOK {many} 2"), "250 OK").get("booking").to_owned();
    club.sql(&format!("UPDATE event SET free = 0 WHERE id = {short}"));
    club.sql(&format!("UPDATE booking SET seats = 7, paid = 150 WHERE id = {booking}"));
    let sold: &[&str] = &["\"Too many\"", "of 5 seats 7 are booked", "Not touched"];
    let money: &[&str] = &["bookings for 3.50", "took 4.00", "Not touched"];
    finds(&club, &[], &[&["\"Short\"", "2 are booked, and 0"], sold, money]);
    let told = check(&club, &["--repair"]);
    same(&told.mended, &[&["\"Short\"", "3 are left"]]);
    same(&told.found, &[sold, money]);
    finds(&club, &[], &[sold, money]);
    boss.want(&format!("EVENT {short}"), "210 END");
}

fn names_cannot_move_the_cursor(engine: Engine) {
    let club = Club::start(engine);
    let id = stor(&mut admin(&club), "First", "FREE", &bytes(1000), "");
    club.sql(&format!("UPDATE title SET name = CONCAT(CHAR(27), '[2J') WHERE id = {id}"));
    fs::remove_file(file_of(&club, 1000)).unwrap();
    finds(&club, &[], &[&[r#"\u{1b}[2J"#, "missing"], &[r#"\u{1b}[2J"#, "SEARCH"]]);
}

fn uploads_meanwhile_are_no_findings(engine: Engine) {
    let club = Club::start(engine);
    let mut boss = admin(&club);
    let token = boss.token.clone();
    let checked = AtomicBool::new(false);
    thread::scope(|scope| {
        let (club, checked) = (&club, &checked);
        scope.spawn(move || {
            let mut line = club.resume(&token);
            let mut number = 0;
            while !checked.load(Ordering::Relaxed) || number < 3 {
                stor(&mut line, "One more", "FREE", &bytes(2000), "");
                number += 1;
            }
        });
        let over = Over(checked);
        let told: Vec<Told> = (0..8).map(|_| check(club, &["--repair"])).collect();
        drop(over);
        for told in told {
            assert_eq!((told.found, told.mended), (vec![], vec![]));
        }
    });
    boss.want("LIST", "210 END");
    clean(&club, &["--deep"]);
}

#[test]
fn what_is_not_there_is_neither_checked_nor_made() {
    let mut club = Club::start(Engine::Sqlite);
    club.stop();
    fs::rename(club.data().join("reel.db"), club.data().join("elsewhere.db")).unwrap();
    for words in [&["check"][..], &["check", "--repair"]] {
        let out = club.operator(words);
        assert_eq!(out.status.code(), Some(3));
        assert!(String::from_utf8_lossy(&out.stderr).contains("no database at"));
        assert!(out.stdout.is_empty());
    }
    assert!(!club.data().join("reel.db").exists());
    fs::rename(club.data().join("elsewhere.db"), club.data().join("reel.db")).unwrap();
    fs::remove_dir_all(club.data().join("vault")).unwrap();
    assert_eq!(club.operator(&["check"]).status.code(), Some(3));
    assert!(!club.data().join("vault").exists());
    for wrong in [
        &["check", "--mend"][..],
        &["purge"],
        &["purge", "x"],
        &["purge", "1", "--all"],
        &["purge", "1", "--older-than", "3"],
    ] {
        assert_eq!(club.operator(wrong).status.code(), Some(2), "{wrong:?}");
    }
}

#[test]
fn no_club_is_made_without_a_word() {
    for engine in [Engine::Sqlite, Engine::MariaDb] {
        let site = Site::new(engine);
        let other = tempfile::tempdir().unwrap();
        let other = other.path().join("backup");
        let ask = |words: &[&str]| site.command(words).output().unwrap();
        for words in [
            &["check"][..],
            &["purge", "1"],
            &["backup", other.to_str().unwrap()],
            &["restore", other.to_str().unwrap()],
            &["words", "list"],
            &["words", "remove", "small"],
        ] {
            let out = ask(words);
            let said = String::from_utf8_lossy(&out.stderr).into_owned();
            assert!(!out.status.success() && said.contains("there is no"), "{words:?}: {said}");
            assert!(!site.data().exists() && !other.exists());
        }
        // This one is for before the first start, too.
        for new in [true, false] {
            let out = ask(&["invite", "--admin"]);
            assert!(out.status.success());
            assert_eq!(String::from_utf8_lossy(&out.stdout).split_whitespace().count(), 1);
            assert_eq!(String::from_utf8_lossy(&out.stderr).contains("made a new one in"), new);
        }
        let club = site.start();
        admin(&club);
    }
}

#[test]
fn a_key_to_nothing_is_found() {
    let club = Club::start(Engine::Sqlite);
    user(&club, "anna");
    club.sql("INSERT INTO pass (account, title, starts_at, ends_at) VALUES (1, 77, 0, 0)");
    finds(&club, &[], &[&["pass", "title", "restore a backup"]]);
}
