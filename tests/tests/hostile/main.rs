//! What nobody should send, and what happens then: a clear answer, and nothing else. Another session is served
//! meanwhile, and nothing half is left behind.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation here is the message")]

mod bodies;
mod lines;
mod slow;
mod strangers;
mod texts;
mod twins;
mod values;

use std::thread;
use std::time::{Duration, Instant};

use tests::{
    Club, Engine, Fields, Line, Person, Reply, admin, bytes, md5hex, on_both_engines, pass, quote, rows,
    soon, stor, user,
};

/// A club with one title, an admin who did it, and a bystander who has to be served all the time.
struct Scene {
    boss: Person,
    bystander: Person,
    title: String,
    film: Vec<u8>,
    club: Club, // last: it ends when nobody is connected any more
}

impl Scene {
    fn new(engine: Engine) -> Self {
        let club = Club::start(engine);
        let mut boss = admin(&club);
        let bystander = user(&club, "bystander");
        let film = bytes(300_000);
        let title = stor(&mut boss, "The only one", "SHARED", &film, "");
        Self { club, boss, bystander, title, film }
    }

    /// A connection of the admin's session, for what is about to happen.
    fn victim(&self) -> Line {
        self.club.resume(&self.boss.token)
    }

    /// The others are served, the library is as it was, and no money has moved.
    #[track_caller]
    fn unharmed(&mut self) {
        let whoami = self.bystander.want("WHOAMI", "250 OK");
        assert_eq!(whoami.get("balance"), "0.00");
        assert_eq!(self.boss.want("WHOAMI", "250 OK").get("balance"), "0.00");
        let ids: Vec<String> =
            rows(&mut self.bystander, "LIST").iter().map(|row| row.get("id").to_owned()).collect();
        assert_eq!(ids, [self.title.as_str()], "the library is as it was");
        let data = self.bystander.want(&format!("RETR {} offset=1000 length=10", self.title), "150 DATA");
        assert_eq!(data.number("length"), 10);
        assert_eq!(self.bystander.body(10), self.film[1000..1010]);
        self.bystander.reply().is("226 DONE");
    }
}

/// Fails unless the answer is a refusal for good.
#[track_caller]
fn refused(reply: &Reply) {
    assert!((500..600).contains(&reply.code), "refused, but {}", reply.line);
}

/// Reads replies to the end of the connection.
fn replies(line: &mut Line) -> Vec<Reply> {
    let mut all = Vec::new();
    while let Ok(Some(reply)) = line.try_reply() {
        all.push(reply);
    }
    all
}
