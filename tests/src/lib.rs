//! The whole, from outside: a real `reeld` in a folder of its own, spoken to over real sockets.
//!
//! Nothing here knows the code of the club; it knows `protocol.md`. `tests/run` runs all of it.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation here is the message")]

mod club;
mod database;
mod from;
mod line;
mod load;
mod people;
mod picture;
mod proxy;
mod reel;
mod server;
mod terminal;
mod transcript;
mod wire;

pub use club::{Club, Engine, Site, program};
pub use database::Held;
pub use from::from;
pub use line::{Fields, Line, Reply};
pub use load::Load;
pub use people::{
    Over, Person, admin, at_once, bytes, md5hex, pass, prove, quote, retr, rows, sha256hex, soon, statement,
    stor, twins, user,
};
pub use proxy::{Cut, Proxy};
pub use reel::{reel, reel_at, reel_tls};
pub use server::Server;
pub use terminal::Terminal;
pub use transcript::{play, play_tls};
pub use wire::tls_client;

/// Makes of each `fn name(engine: Engine)` two tests: `name::sqlite` and `name::mariadb`.
#[macro_export]
macro_rules! on_both_engines {
    ($($name:ident)+) => { $(
        mod $name {
            #[test]
            fn sqlite() { super::$name($crate::Engine::Sqlite) }
            #[test]
            fn mariadb() { super::$name($crate::Engine::MariaDb) }
        }
    )+ };
}
