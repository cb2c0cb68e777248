//! SIGTERM: nothing new, what runs is finished, and then it ends.

use super::*;

#[test]
fn transfers_finish_in_both_directions_even_slow_ones() {
    let mut club = Club::with(
        Engine::Sqlite,
        "[limits]\naccount_download_rate = 200000\naccount_upload_rate = 200000\ngrace_seconds = 25\n",
    );
    let (mut boss, film) = (admin(&club), bytes(200_000));
    let id = stor(&mut boss, "Film", "FREE", &film, "");
    let (mut down, mut up, mut asks) = (club.resume(&boss.token), club.resume(&boss.token), club.line());
    let fresh = bytes(200_000);
    down.want(&format!("RETR {id}"), "150 DATA");
    up.want(&format!("STOR {} {} title=Late kind=FREE", fresh.len(), md5hex(&fresh)), "150 SEND");
    up.send(&fresh[..1000]);
    club.signal("TERM");
    // Who idles is told, also one who has a command on its way, and one who comes now.
    boss.reply().is("421 DRAINING");
    asks.reply().is("421 DRAINING");
    Line::bare(club.address()).reply().is("421 DRAINING");
    assert!(down.body(film.len()) == film);
    down.reply().is("226 DONE");
    up.send(&fresh[1000..]);
    up.reply().is("226 STORED");
    for mut line in [down, up] {
        line.reply().is("421 DRAINING");
        assert!(line.rest().is_empty());
    }
    drop((boss, asks));
    assert!(club.ended().expect("it ends").success());
}

#[test]
fn what_takes_too_long_is_cut_and_a_second_signal_cuts_at_once() {
    for (grace, signals) in [(1, 1), (3600, 2)] {
        let limits = format!("[limits]\naccount_download_rate = 1000\ngrace_seconds = {grace}\n");
        let mut club = Club::with(Engine::Sqlite, &limits);
        let mut boss = admin(&club);
        let id = stor(&mut boss, "Film", "FREE", &bytes(1_000_000), "");
        boss.want(&format!("RETR {id}"), "150 DATA");
        for _ in 0..signals {
            club.signal("TERM");
            logged(&club, "stopping");
        }
        assert!(boss.rest().len() < 1_000_000);
        drop(boss);
        assert!(club.ended().expect("it ends").success());
    }
}

#[test]
fn hundreds_who_idle_are_told() {
    let mut club = Club::start(Engine::Sqlite);
    let mut lines: Vec<Line> = (0..300).map(|_| club.line()).collect();
    club.signal("TERM");
    for line in &mut lines {
        line.reply().is("421 DRAINING");
        assert!(line.rest().is_empty());
    }
    drop(lines);
    assert!(club.ended().expect("it ends").success());
}

#[test]
fn who_reads_nothing_holds_up_no_end() {
    let mut club = Club::with(Engine::Sqlite, "[limits]\ngrace_seconds = 600\n");
    let mut deaf = club.line();
    // Until it is the daemon that waits.
    deaf.socket().set_write_timeout(Some(Duration::from_secs(1))).unwrap();
    while deaf.raw("HELP\r\n".repeat(1000).as_bytes()).is_ok() {}
    club.signal("TERM");
    assert!(club.ended().expect("it ends, and not after ten minutes").success());
}
