//! Two files of one MD5 and one size: on every way they stay two, and neither opens the other.

use super::*;
use tests::{prove, retr, sha256hex, twins};

on_both_engines! {
    neither_of_two_twins_opens_the_other
    a_part_of_one_twin_is_not_gone_on_with_the_other
    what_is_known_of_one_twin_says_nothing_of_the_other
    a_key_tells_twins_apart_where_they_are_named
}

/// Pairs of one MD5: as they were found, and longer ones, which everybody makes by appending the same to both.
fn pairs() -> Vec<[Vec<u8>; 2]> {
    [0, 1, 872, 700_000]
        .map(|more| {
            let suffix = bytes(more);
            twins().map(|twin| [twin, suffix.clone()].concat())
        })
        .into()
}

fn offer(film: &[u8], title: &str, more: &str) -> String {
    format!("STOR {} {} title={} {more}", film.len(), md5hex(film), quote(title))
}

fn named(film: &[u8]) -> String {
    format!("sha256={}", sha256hex(film))
}

fn neither_of_two_twins_opens_the_other(engine: Engine) {
    let club = Club::start(engine);
    let (mut boss, mut anna) = (admin(&club), user(&club, "anna"));
    anna.want("TOPUP 100.00", "250 OK");
    for [sold, own] in pairs() {
        assert!(md5hex(&sold) == md5hex(&own) && sha256hex(&sold) != sha256hex(&own));
        let paid = stor(&mut boss, "Sold", "PAID", &sold, "price=1.00");
        // Who has a twin of what is sold puts it on the shelf: it is another file.
        anna.want(&offer(&own, "Mine", &format!("kind=SHARED {}", named(&own))), "150 SEND");
        anna.send(&own);
        let mine = anna.reply().is("226 STORED").get("id").to_owned();
        assert!(retr(&mut anna, &mine) == own);
        // It opens nothing of the other, whatever is named or proven.
        anna.want(&format!("RETR {paid}"), "552 NEED_PAY");
        for more in ["", &named(&sold), &named(&own), &named(b"another")] {
            let asked = anna.want(&offer(&own, "Again", more), "350 PROVE");
            prove(&mut anna, &asked, &sold).is("551 PROOF_FAILED");
        }
        // What is sold is refused on the shelf also where its twin lies there, and leaves the twin alone.
        anna.want(&offer(&sold, "Theirs", "kind=SHARED prove=no"), "150 SEND");
        anna.send(&sold);
        anna.reply().is("550 NOT_ALLOWED");
        boss.want(&format!("EDIT {paid} price=2.00"), "250 OK");
        let shelf: Vec<String> =
            rows(&mut anna, "LIST SHARED").iter().map(|row| row.get("id").to_owned()).collect();
        assert!(shelf.contains(&mine));
        // Bought, it is the one that was bought.
        anna.want(&format!("BUY {paid}"), "250 OK");
        assert!(retr(&mut anna, &paid) == sold && retr(&mut anna, &mine) == own);
        let history = rows(&mut anna, "HISTORY");
        let how: Vec<_> = history.iter().take(2).map(|row| (row.get("id"), row.get("how"))).collect();
        assert!(how.contains(&(&paid, "paid")) && how.contains(&(&mine, "shared")), "{how:?}");
        for (id, owned) in [(&paid, "yes"), (&mine, "no")] {
            let info = &anna.want(&format!("INFO {id}"), "210 END").rows[0];
            assert_eq!((info.get("owned"), info.get("md5")), (owned, md5hex(&sold).as_str()));
        }
        // Deleted, the one takes nothing of the other along.
        boss.want(&format!("DELE {mine}"), "250 OK");
        assert!(retr(&mut anna, &paid) == sold);
    }
    assert!(club.operator(&["check", "--deep"]).status.success());
}

fn a_part_of_one_twin_is_not_gone_on_with_the_other(engine: Engine) {
    let club = Club::start(engine);
    let (mut boss, anna) = (admin(&club), user(&club, "anna"));
    for [one, two] in pairs() {
        // The first 100 bytes of the one, and nothing more.
        let mut line = club.resume(&anna.token);
        line.want(&offer(&one, "One", "resume=yes"), "150 SEND");
        line.send(&one[..100]);
        line.half_close();
        line.rest();
        let mut line = club.resume(&anna.token);
        let send = line.want(&offer(&two, "Two", &format!("resume=yes {}", named(&two))), "150 SEND");
        let offset = send.number("offset") as usize;
        assert_eq!(offset, 100, "a part belongs to size and MD5, which are the same");
        line.send(&two[offset..]);
        // The beginning of the one and the end of the other are neither.
        line.reply().is("551 MD5_MISMATCH");
        let send = line.want(&offer(&two, "Two", "resume=yes prove=no"), "150 SEND");
        assert_eq!(send.number("offset"), 0, "the part is gone");
        line.send(&two);
        let id = line.reply().is("226 STORED").get("id").to_owned();
        assert!(retr(&mut boss, &id) == two);
        // While one is under way, its twin of the same account waits; of another account it does not.
        line.want(&offer(&one, "One", "prove=no"), "150 SEND");
        club.resume(&anna.token).want(&offer(&two, "Two", "prove=no"), "450 BUSY");
        let other = stor(&mut boss, "Other", "SHARED", &two, "prove=no");
        line.send(&one);
        let id = line.reply().is("226 STORED").get("id").to_owned();
        assert!(retr(&mut boss, &id) == one && retr(&mut boss, &other) == two);
    }
}

fn what_is_known_of_one_twin_says_nothing_of_the_other(engine: Engine) {
    let club = Club::start(engine);
    let (mut boss, mut anna) = (admin(&club), user(&club, "anna"));
    for [hidden, open] in pairs() {
        // What a user could not fetch is answered as if it were not here, also where a twin is here that she could.
        let sold = stor(&mut boss, "Hidden", "PAID", &hidden, "price=1.00");
        anna.want(&offer(&hidden, "x", &named(&hidden)), "150 SEND");
        anna.line = club.resume(&anna.token);
        let free = stor(&mut boss, "Open", "FREE", &open, "prove=no");
        for more in [named(&hidden), String::new()] {
            let asked = anna.want(&offer(&hidden, "x", &more), "350 PROVE");
            assert_eq!(asked.get("ranges"), format!("0-{}", hidden.len()), "as for any other name");
            prove(&mut anna, &asked, &hidden).is("551 PROOF_FAILED");
        }
        // The free one is proven, and is the free one.
        let asked = anna.want(&offer(&open, "Mine", &named(&open)), "350 PROVE");
        let mine = prove(&mut anna, &asked, &open).is("226 STORED").get("id").to_owned();
        assert!(retr(&mut anna, &mine) == open);
        for id in [&sold, &free, &mine] {
            boss.want(&format!("DELE {id}"), "250 OK");
        }
        anna.want(&format!("RETR {sold}"), "550 NOT_FOUND");
    }
}

fn a_key_tells_twins_apart_where_they_are_named(engine: Engine) {
    let club = Club::start(engine);
    let mut anna = user(&club, "anna");
    let [one, two] = twins();
    let id = stor(&mut anna, "Film", "SHARED", &one, &format!("key=k prove=no {}", named(&one)));
    let again = offer(&one, "Film", &format!("kind=SHARED key=k prove=no {}", named(&one)));
    assert_eq!(anna.want(&again, "226 STORED").get("id"), id);
    let other = offer(&two, "Film", &format!("kind=SHARED key=k prove=no {}", named(&two)));
    anna.want(&other, "553 KEY_REUSED");
    assert_eq!(rows(&mut anna, "LIST").len(), 1);
}
