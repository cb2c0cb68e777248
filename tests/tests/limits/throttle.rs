//! Guessing is slow, for the guesser alone.

use super::*;

on_both_engines! {
    guessing_is_slowed_down_and_nobody_else_is
    an_unknown_name_is_throttled_as_a_known_one
    many_connections_guess_no_more_than_one
    codes_and_tokens_are_not_guessed_either
    a_stolen_session_does_not_learn_the_password
    what_is_remembered_is_bounded_and_forgotten
}

/// Guesses until the next try is more than half a minute away: so far that no slow machine reaches it by
/// itself. How many guesses that took.
fn guess(club: &mut Club, line: &mut Line, command: &str, wrong: &str) -> usize {
    let mut guesses = 0;
    loop {
        let reply = line.ask(command);
        if reply.status() == wrong {
            guesses += 1;
            assert!(guesses < 100, "nothing slows it down");
            continue;
        }
        let retry = reply.is("429 THROTTLED").number("retry");
        if retry > 30 {
            return guesses;
        }
        club.advance(retry);
    }
}

fn guessing_is_slowed_down_and_nobody_else_is(engine: Engine) {
    let mut club = Club::start(engine);
    user(&club, "anna").want("LOGOUT", "250 OK");
    user(&club, "berta").want("LOGOUT", "250 OK");
    let (wrong, right) = (format!("LOGIN anna {}", pass("x")), format!("LOGIN anna {}", pass("anna")));
    let mut line = club.line();
    for _ in 0..10 {
        line.want(&wrong, "530 BAD_CREDENTIALS"); // people mistype
    }
    line.want(&right, "230 OK");
    line.want("LOGOUT", "250 OK");
    // 10 are free, then it is 1, 2, 4, 8, 16, 32 s: whoever was right began anew.
    assert_eq!(guess(&mut club, &mut line, &wrong, "530 BAD_CREDENTIALS"), 16);
    line.want(&right, "429 THROTTLED"); // else the answer would tell
    club.line().want(&right, "429 THROTTLED");
    club.line().want(&format!("LOGIN ANNA {}", pass("anna")), "429 THROTTLED"); // the same name
    club.line().want(&format!("LOGIN berta {}", pass("berta")), "230 OK");
    from(ELSEWHERE, club.address()).want(&right, "230 OK"); // nobody locks the right person out
    line.want(&right, "429 THROTTLED"); // of which the guesser has nothing
    club.restart();
    let mut line = club.line();
    let retry = line.want(&right, "429 THROTTLED").number("retry");
    let said = club.said();
    assert!(said.contains("address=127.0.0.1 throttled seconds=32"), "{said}");
    assert!(!said.contains("anna"), "a name that is guessed is not in the log: {said}");
    club.advance(retry);
    line.want(&right, "230 OK");
}

fn an_unknown_name_is_throttled_as_a_known_one(engine: Engine) {
    let mut club = Club::with(engine, "[limits]\nlogin_free = 2\nlogin_address_free = 12\n");
    let mut line = club.line();
    let command = format!("LOGIN nobody {}", pass("x"));
    assert_eq!(guess(&mut club, &mut line, &command, "530 BAD_CREDENTIALS"), 8);
    // From one address, other names do not help for ever.
    let mut guesses = 8;
    let last = loop {
        let reply = line.ask(&format!("LOGIN nobody{guesses} {}", pass("x")));
        if reply.status() != "530 BAD_CREDENTIALS" {
            break reply;
        }
        guesses += 1;
        assert!(guesses < 30, "nothing slows it down");
    };
    last.is("429 THROTTLED");
    assert!(guesses > 12, "{guesses}");
}

fn many_connections_guess_no_more_than_one(engine: Engine) {
    let club = Club::with(engine, "[limits]\nlogin_free = 3\n");
    let anna = user(&club, "anna");
    let mut lines: Vec<Line> = (0..50).map(|_| club.line()).collect();
    let wrong = format!("LOGIN anna {}", pass("x"));
    lines.iter_mut().for_each(|line| line.say(&wrong));
    let guessed = lines.iter_mut().map(Line::reply).filter(|reply| match reply.status().as_str() {
        "530 BAD_CREDENTIALS" => true,
        "429 THROTTLED" => false,
        other => panic!("{other}"),
    });
    // 3 are free and the fourth delays the next. Each further one would take a machine so slow that the
    // delay has passed meanwhile, which doubles each time.
    let guessed = guessed.count();
    assert!((4..=8).contains(&guessed), "{guessed} of 50 were let through");
    // Who is right is not held back by others who are: all at once.
    let mut lines: Vec<Line> = (0..30).map(|_| from(ELSEWHERE, club.address())).collect();
    lines.iter_mut().for_each(|line| line.say(&format!("LOGIN anna {}", pass("anna"))));
    lines.iter_mut().for_each(|line| drop(line.reply().is("230 OK")));
    drop(anna);
}

fn codes_and_tokens_are_not_guessed_either(engine: Engine) {
    let mut club = Club::with(engine, "[limits]\nlogin_free = 2\nlogin_address_free = 4\n");
    let (mut boss, mut anna) = (admin(&club), user(&club, "anna"));
    let code = boss.want("VOUCHER 5.00", "210 END").rows[0].get("code").to_owned();
    let reset = boss.want("RESET anna", "250 OK").get("code").to_owned();
    let (right, wrong) = (format!("REDEEM {code}"), "REDEEM 000000-000000-000000-000000");
    assert_eq!(guess(&mut club, &mut anna.line, wrong, "550 NOT_FOUND"), 8);
    anna.want(&right, "429 THROTTLED");
    // By address, whatever it is that is guessed: the same failures count for all.
    let mut line = club.line();
    let register = format!("REGISTER berta {} invite=000000-000000-000000-000000", pass("x"));
    line.want(&register, "429 THROTTLED");
    line.want(&format!("RECOVER anna {reset} {}", pass("new")), "429 THROTTLED");
    line.want(&format!("RESUME {}", "0".repeat(40)), "429 THROTTLED");
    line.want(&format!("RESUME {}", anna.token), "230 OK"); // who has a token need not guess
    club.advance(6 * 3600);
    // Once all is forgotten, each of these is throttled by itself.
    let mut line = from(Ipv4Addr::new(127, 0, 0, 3), club.address());
    assert_eq!(guess(&mut club, &mut line, &register, "550 NOT_FOUND"), 10);
    let mut line = from(Ipv4Addr::new(127, 0, 0, 4), club.address());
    assert_eq!(guess(&mut club, &mut line, &format!("RESUME {}", "0".repeat(40)), "530 BAD_CREDENTIALS"), 10);
    let mut line = from(Ipv4Addr::new(127, 0, 0, 5), club.address());
    let recover = format!("RECOVER anna 000000-000000-000000-000000 {}", pass("new"));
    assert_eq!(guess(&mut club, &mut line, &recover, "530 BAD_CREDENTIALS"), 8);
    club.line().want(&format!("RECOVER anna {reset} {}", pass("new")), "230 OK");
}

fn a_stolen_session_does_not_learn_the_password(engine: Engine) {
    let mut club = Club::with(engine, "[limits]\nlogin_free = 2\n");
    let anna = user(&club, "anna");
    let (mut thief, wrong) = (club.resume(&anna.token), pass("x"));
    let passwd = format!("PASSWD {wrong} {wrong}");
    assert_eq!(guess(&mut club, &mut thief, &passwd, "530 BAD_CREDENTIALS"), 8);
    thief.want(&format!("UNREGISTER {}", pass("anna")), "429 THROTTLED");
    // From wherever the session is used.
    let mut thief = from(ELSEWHERE, club.address());
    thief.want(&format!("RESUME {}", anna.token), "230 OK");
    let retry = thief.want(&passwd, "429 THROTTLED").number("retry");
    club.line().want(&format!("LOGIN anna {}", pass("anna")), "230 OK"); // its owner still comes in
    club.advance(retry);
    thief.want(&format!("PASSWD {} {}", pass("anna"), pass("new")), "250 OK");
}

fn what_is_remembered_is_bounded_and_forgotten(engine: Engine) {
    let mut club =
        Club::with(engine, "[limits]\nlogin_free = 1\nlogin_rows = 5\nlogin_forget_seconds = 1000\n");
    let mut line = club.line();
    let rows = |club: &Club| club.sql("SELECT CAST(COUNT(*) AS CHAR) FROM throttle").trim().to_owned();
    for name in 0..8 {
        line.want(&format!("LOGIN nobody{name} {}", pass("x")), "530 BAD_CREDENTIALS");
    }
    let few = |club: &Club| assert!(("1".."6").contains(&rows(club).as_str()), "{}", rows(club));
    few(&club);
    // The last is remembered, and who failed longest ago is not.
    guess(&mut club, &mut line, &format!("LOGIN nobody7 {}", pass("x")), "530 BAD_CREDENTIALS");
    line.want(&format!("LOGIN nobody0 {}", pass("x")), "530 BAD_CREDENTIALS");
    few(&club);
    club.advance(1000);
    line.want(&format!("LOGIN nobody7 {}", pass("x")), "530 BAD_CREDENTIALS");
    line.want(&format!("LOGIN nobody7 {}", pass("x")), "530 BAD_CREDENTIALS");
    // The sweep at the start removes what has expired: all but that name and the address.
    club.restart();
    soon("the others are gone", || rows(&club) == "2");
}
