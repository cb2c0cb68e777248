//! Values and ranges that cannot be.

use super::*;

on_both_engines! {
    values_that_cannot_be
    ranges_that_cannot_be
}

fn values_that_cannot_be(engine: Engine) {
    let mut scene = Scene::new(engine);
    let mut line = scene.victim();
    let id = scene.title.clone();
    let md5 = md5hex(b"hello");
    let commands = [
        format!("STOR -1 {md5} title=x kind=FREE"),
        format!("STOR +5 {md5} title=x kind=FREE"),
        format!("STOR 5.0 {md5} title=x kind=FREE"),
        format!("STOR 0x5 {md5} title=x kind=FREE"),
        format!("STOR 9223372036854775808 {md5} title=x kind=FREE"),
        format!("STOR 18446744073709551616 {md5} title=x kind=FREE"),
        format!("STOR 99999999999999999999999999999999 {md5} title=x kind=FREE"),
        format!("STOR 5 {}g title=x kind=FREE", &md5[1..]),
        format!("STOR 5 {md5}0 title=x kind=FREE"),
        "STOR 5 \"\" title=x kind=FREE".to_owned(),
        format!("STOR 5 {md5} title=\"\" kind=FREE"),
        format!("STOR 5 {md5} title={} kind=FREE", "x".repeat(5000)),
        format!("STOR 5 {md5} title=x kind=FREE sha256=abc"),
        format!("STOR 5 {md5} title=x kind=PAID price=1.234"),
        format!("STOR 5 {md5} title=x kind=PAID price=99999999999"),
        format!("STOR 5 {md5} title=x kind=PAID price=١٢"),
        "INFO abc".to_owned(),
        "INFO -1".to_owned(),
        "INFO 1.5".to_owned(),
        "INFO 99999999999999999999999".to_owned(),
        "INFO ١".to_owned(),
        "LIST limit=0".to_owned(),
        "LIST limit=-1".to_owned(),
        "LIST limit=many".to_owned(),
        "LIST after=\"' OR 1=1 --\"".to_owned(),
        "HISTORY after=nonsense".to_owned(),
        "STATEMENT after=nonsense".to_owned(),
        "TOPUP 0".to_owned(),
        "TOPUP 0.00".to_owned(),
        "TOPUP -5".to_owned(),
        "TOPUP +5".to_owned(),
        "TOPUP 5.".to_owned(),
        "TOPUP .5".to_owned(),
        "TOPUP 5,00".to_owned(),
        "TOPUP NaN".to_owned(),
        "TOPUP 1e3".to_owned(),
        "TOPUP 5.001".to_owned(),
        "TOPUP 12345678901".to_owned(),
        "TOPUP ٥".to_owned(),
        "MEMBER 0".to_owned(),
        "MEMBER -1".to_owned(),
        "MEMBER 4294967296".to_owned(),
        "MEMBER 99999999999999999999".to_owned(),
        "BUY abc".to_owned(),
        format!("RETR {id} offset=-1"),
        format!("RETR {id} offset=abc"),
        format!("RETR {id} length=-1"),
    ];
    for command in commands {
        refused(&line.ask(&command));
    }
    for command in ["INFO 0", "INFO 9223372036854775807", "RETR 0", "BUY 0"] {
        refused(&line.ask(command));
    }
    // A length beyond the end is clipped, however far beyond.
    let answer = line.want(&format!("RETR {id} length=18446744073709551616"), "150 DATA");
    line.body(answer.number("length") as usize);
    line.reply().is("226 DONE");
    line.want(&format!("RETR {id} offset=18446744073709551616"), "551 BAD_RANGE");
    // A size that can be but does not fit: refused before a byte is sent.
    for size in ["9223372036854775807", "4611686018427387904", "1000000000000000"] {
        let answer = line.ask(&format!("STOR {size} {md5} title=x kind=FREE"));
        assert!(answer.code >= 400, "{size} bytes were answered {}", answer.line);
    }
    // Wallets do not overflow.
    let mut rich = user(&scene.club, "rich");
    let mut said = Vec::new();
    for _ in 0..20 {
        said.push(rich.ask("TOPUP 9999999999.99").line);
    }
    assert!(rich.balance() >= 0, "{said:#?}");

    let mut guest = scene.club.line();
    let long = "x".repeat(33);
    for name in ["a", &long, "\"a b\"", "\"\"", "\"a\\tb\"", "\"a\\nb\""] {
        refused(&guest.ask(&format!("REGISTER {name} {}", pass("x"))));
    }
    refused(&guest.ask("RESUME \"' OR '1'='1\""));
    refused(&guest.ask(&format!("LOGIN \"' OR '1'='1\" {}", pass("x"))));
    scene.unharmed();
}

fn ranges_that_cannot_be(engine: Engine) {
    let mut scene = Scene::new(engine);
    let (id, size) = (scene.title.clone(), scene.film.len());
    let mut line = scene.victim();
    let most = i64::MAX;
    for range in [
        format!("offset={}", size + 1),
        format!("offset={most}"),
        format!("offset={most} length={most}"),
        format!("offset={} length=1", size + 1),
        "length=0".to_owned(),
        "offset=5 length=0".to_owned(),
    ] {
        let answer = line.want(&format!("RETR {id} {range}"), "551 BAD_RANGE");
        assert_eq!(answer.number("size") as usize, size, "{range}: {}", answer.line);
    }
    for (range, offset, length) in [
        (format!("offset={size}"), size, 0),
        (format!("offset={} length={most}", size - 1), size - 1, 1),
        (format!("offset={} length=1", size - 1), size - 1, 1),
    ] {
        let data = line.want(&format!("RETR {id} {range}"), "150 DATA");
        assert_eq!(
            (data.number("offset") as usize, data.number("length") as usize),
            (offset, length),
            "{}",
            data.line
        );
        assert_eq!(line.body(length), scene.film[offset..offset + length]);
        line.reply().is("226 DONE");
    }
    scene.unharmed();
}
