//! Faults that were found by trying, each with the test that would have shown it.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation here is the message")]

use std::thread;

use tests::{
    Club, Engine, Line, Person, admin, at_once, bytes, md5hex, on_both_engines, pass, rows, stor, user,
};

on_both_engines! {
    an_old_password_is_out_as_soon_as_the_new_one_is_said_to_be_in
    a_session_that_does_not_read_can_be_ended
    a_kicked_upload_is_not_stored
    nobody_takes_all_places_for_uploads
    what_is_sold_stays_off_the_shelf_whoever_is_first
    a_slip_in_stor_makes_no_commands_of_a_file
    membership_has_an_end
    a_key_is_answered_as_before_whatever_was_switched_off
    an_expired_session_is_over_on_open_connections_too
    many_small_pieces_are_one_download
    one_key_at_once_is_one_answer_whatever_the_rule_says_to_the_others
    a_name_that_folds_to_a_blank_is_no_name
    what_comes_to_be_sold_leaves_the_shelf
    a_member_never_pays_more_by_a_lower_price
}

/// The number of the session of this connection.
fn session(person: &mut Person) -> String {
    rows(person, "SESSIONS")[0].get("session").to_owned()
}

#[test]
fn log_ins_leave_no_memory_behind() {
    let club =
        Club::with(Engine::Sqlite, "[limits]\nhashes = 2\nlogin_free = 1000\nlogin_address_free = 1000\n");
    let anna = user(&club, "anna");
    let idle = club.rss_kib();
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                let mut line = club.line();
                for _ in 0..12 {
                    line.want(&format!("LOGIN nobody {}", pass("nobody")), "530 BAD_CREDENTIALS");
                }
            });
        }
    });
    // Two hashes at once have 19 MiB each; the rest is what threads and connections take.
    let grown = club.rss_kib().saturating_sub(idle);
    assert!(grown < 64 * 1024, "{grown} KiB after 192 log-ins, {idle} KiB when idle");
    drop(anna);
}

fn an_old_password_is_out_as_soon_as_the_new_one_is_said_to_be_in(engine: Engine) {
    // One hash at a time: log-ins with the old password wait in line behind the change.
    let club = Club::with(engine, "[limits]\nhashes = 1\n");
    let mut anna = user(&club, "anna");
    let (old, new) = (pass("anna"), pass("new"));
    let mut late: Vec<Line> = (0..12).map(|_| club.line()).collect();
    anna.say(&format!("PASSWD {old} {new}"));
    for line in &mut late {
        line.say(&format!("LOGIN anna {old}"));
    }
    anna.reply().is("250 OK");
    for line in &mut late {
        // Let in before the change or refused after it: nobody is in with the old password now.
        let _ = line.reply();
        line.want("WHOAMI", "530 LOGIN_REQUIRED");
    }
    club.line().want(&format!("LOGIN anna {new}"), "230 OK");
}

fn a_session_that_does_not_read_can_be_ended(engine: Engine) {
    let mut club = Club::with(engine, "[limits]\ngrace_seconds = 1\n");
    let mut boss = admin(&club);
    let mut deaf = user(&club, "deaf");
    let number = session(&mut deaf);
    let flood = "HELP\r\n".repeat(20_000);
    let _ = deaf.raw(flood.as_bytes());
    boss.want(&format!("KICK {number}"), "250 OK");
    // The connection ends although nothing of it is read until it has.
    let mut deaf_guest = club.line();
    let _ = deaf_guest.raw(flood.as_bytes());
    assert!(club.stop().success(), "a guest who does not read holds up the end");
    let _ = deaf.rest();
}

fn a_kicked_upload_is_not_stored(engine: Engine) {
    let club = Club::start(engine);
    let mut boss = admin(&club);
    let mut anna = user(&club, "anna");
    let number = session(&mut anna);
    let film = bytes(2_000_000);
    anna.want(&format!("STOR {} {} kind=SHARED title=Film", film.len(), md5hex(&film)), "150 SEND");
    anna.send(&film[..1_000_000]);
    boss.want(&format!("KICK {number}"), "250 OK");
    let _ = anna.raw(&film[1_000_000..]);
    anna.rest();
    assert_eq!(rows(&mut boss, "LIST").len(), 0);
}

fn nobody_takes_all_places_for_uploads(engine: Engine) {
    let club = Club::with(engine, "[limits]\nuploads = 4\naccount_uploads = 2\n");
    let (greedy, mut boss) = (user(&club, "greedy"), admin(&club));
    let ask = |n: u8| format!("STOR 100 {} title=x kind=SHARED", md5hex(&[n]));
    let mut held: Vec<Line> = vec![];
    for n in 0..2 {
        let mut line = club.resume(&greedy.token);
        line.want(&ask(n), "150 SEND");
        held.push(line);
    }
    club.resume(&greedy.token).want(&ask(9), "450 BUSY");
    stor(&mut boss, "Film", "FREE", b"a film", "");
}

fn what_is_sold_stays_off_the_shelf_whoever_is_first(engine: Engine) {
    let club = Club::start(engine);
    let (mut boss, mut anna) = (admin(&club), user(&club, "anna"));
    let film = bytes(5_000);
    let ask = |kind: &str| format!("STOR {} {} kind={kind} prove=no", film.len(), md5hex(&film));
    // Both are let in; the one that is sold is stored first.
    anna.want(&ask("SHARED"), "150 SEND");
    boss.want(&ask("PAID"), "150 SEND");
    boss.send(&film);
    boss.reply().is("226 STORED");
    anna.send(&film);
    anna.reply().is("550 NOT_ALLOWED");
    assert_eq!(rows(&mut boss, "LIST").len(), 1);
}

fn a_slip_in_stor_makes_no_commands_of_a_file(engine: Engine) {
    let club = Club::start(engine);
    let mut anna = user(&club, "anna");
    for slip in ["STOR\"5\" x", "\"STOR\"5 x", "STOR=5 x", "STOR\\ 5", "\"STOR 5 x", "\u{a0}STOR 5 x"] {
        let mut line = club.resume(&anna.token);
        let _ = line.raw(format!("{slip}\r\nTOPUP 7.00\r\n").as_bytes());
        let said = String::from_utf8(line.rest()).unwrap();
        assert!(said.starts_with("503 BAD_SEQUENCE") && !said.contains("250 OK"), "{slip}: {said}");
    }
    assert_eq!(anna.balance(), 0);
}

fn membership_has_an_end(engine: Engine) {
    let club = Club::start(engine);
    let mut boss = admin(&club);
    let ends = (0..20).map(|_| boss.ask("MEMBER 120")).find(|reply| reply.code != 250);
    ends.expect("a limit").is("552 LIMIT");
    let until = boss.want("WHOAMI", "250 OK").get("member-until").to_owned();
    assert!(until.starts_with("21") && until.ends_with('Z'), "{until}");
}

fn a_key_is_answered_as_before_whatever_was_switched_off(engine: Engine) {
    let mut club = Club::start(engine);
    let mut anna = user(&club, "anna");
    anna.want("TOPUP 5 key=k", "250 OK");
    club.configure("[money]\ntopup = \"no\"\n");
    club.restart();
    let mut line = club.resume(&anna.token);
    assert_eq!(line.want("TOPUP 5 key=k", "250 OK").get("balance"), "5.00");
    line.want("TOPUP 5 key=other", "550 SWITCHED_OFF");
}

fn an_expired_session_is_over_on_open_connections_too(engine: Engine) {
    let mut club = Club::with(engine, "[accounts]\nsession_days = 2\n");
    let mut anna = user(&club, "anna");
    club.advance(2 * 24 * 3600 + 1);
    anna.want("TOPUP 1.00", "530 LOGIN_REQUIRED");
}

fn many_small_pieces_are_one_download(engine: Engine) {
    let club = Club::start(engine);
    let mut boss = admin(&club);
    let film = bytes(400);
    let id = stor(&mut boss, "Film", "FREE", &film, "");
    // Every second byte first: as many stretches as there can be.
    for at in (0..400).step_by(2).chain((1..400).step_by(2)) {
        boss.want(&format!("RETR {id} offset={at} length=1"), "150 DATA");
        assert_eq!(boss.body(1), film[at..at + 1]);
        boss.reply().is("226 DONE");
    }
    let history = rows(&mut boss, "HISTORY");
    assert_eq!(history.len(), 1);
    assert_eq!((history[0].number("bytes"), history[0].get("done")), (400, "yes"));
}

fn one_key_at_once_is_one_answer_whatever_the_rule_says_to_the_others(engine: Engine) {
    let club = Club::start(engine);
    let (mut boss, mut anna) = (admin(&club), user(&club, "anna"));
    let id = stor(&mut boss, "Film", "PAID", &bytes(10), "price=1.00");
    let same = |who: &Person, command: &str| {
        let mut answers = at_once(&club, who, 6, |_, line| line.ask(command).is("250 OK").line);
        answers.dedup();
        assert_eq!(answers.len(), 1, "{command}: {answers:#?}");
    };
    for round in 0..10 {
        let code = boss.want("VOUCHER 7.00", "210 END").rows[0].get("code").to_owned();
        same(&anna, &format!("REDEEM {code} key={round}"));
        anna.want(&format!("BUY {id}"), "250 OK");
        same(&boss, &format!("REFUND {} {id} key={round}", "anna"));
    }
    assert_eq!(anna.balance(), 7000);
    // However the name is written, it is the same account.
    let first = boss.want("CREDIT anna 1.00 key=again", "250 OK").line;
    assert_eq!(boss.want("CREDIT ANNA 1.00 key=again", "250 OK").line, first);
}

fn a_name_that_folds_to_a_blank_is_no_name(engine: Engine) {
    let club = Club::start(engine);
    for name in ["a\u{a8}", "x\u{b4}y", "\u{a8}a", "か\u{309b}", "\u{fdfa}\u{fdfa}"] {
        club.line().want(&format!("REGISTER {name} {}", pass(name)), "501 BAD_VALUE");
    }
}

fn what_comes_to_be_sold_leaves_the_shelf(engine: Engine) {
    let club = Club::start(engine);
    let (mut boss, mut anna) = (admin(&club), user(&club, "anna"));
    let film = bytes(100);
    let on_shelf = |boss: &mut Person| rows(boss, "LIST SHARED").len();
    // By an upload.
    stor(&mut anna, "Mine", "SHARED", &film, "");
    let sold = stor(&mut boss, "Sold", "PAID", &film, "");
    assert_eq!(on_shelf(&mut boss), 0);
    // By being brought back.
    boss.want(&format!("DELE {sold}"), "250 OK");
    stor(&mut anna, "Mine again", "SHARED", &film, "");
    boss.want(&format!("UNDELE {sold}"), "250 OK");
    assert_eq!(on_shelf(&mut boss), 0);
    // By another kind.
    let other = bytes(200);
    stor(&mut anna, "Mine too", "SHARED", &other, "");
    let free = stor(&mut boss, "Free", "FREE", &other, "");
    assert_eq!(on_shelf(&mut boss), 1);
    boss.want(&format!("EDIT {free} kind=PAID"), "250 OK");
    assert_eq!(on_shelf(&mut boss), 0);
    assert_eq!(rows(&mut boss, "LIST DELETED").len(), 3);
}

fn a_member_never_pays_more_by_a_lower_price(engine: Engine) {
    let club = Club::start(engine);
    let mut boss = admin(&club);
    let id = stor(&mut boss, "Film", "PAID", &bytes(10), "price=10.00 member-price=5.00");
    boss.want(&format!("EDIT {id} price=3.00"), "250 OK");
    assert_eq!(boss.want(&format!("INFO {id}"), "210 END").rows[0].get("member-price"), "3.00");
    boss.want(&format!("EDIT {id} member-price=4.00"), "250 OK");
    assert_eq!(boss.want(&format!("INFO {id}"), "210 END").rows[0].get("member-price"), "4.00");
}
