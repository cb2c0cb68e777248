//! Every conversation of `tests/transcripts`, on both engines, and over TLS.

use std::collections::BTreeSet;

use tests::{Engine, play, play_tls};

macro_rules! transcripts {
    ($($name:ident)+) => {
        const ALL: &[&str] = &[$(stringify!($name)),+];

        $( mod $name {
            #[test]
            fn sqlite() { super::play(stringify!($name), super::Engine::Sqlite) }
            #[test]
            fn mariadb() { super::play(stringify!($name), super::Engine::MariaDb) }
            #[test]
            fn tls() { super::play_tls(stringify!($name), super::Engine::Sqlite) }
        } )+
    };
}

transcripts! {
    account ads audit buy credit delete download edit hello history invite keys kick library lock lounge member mute
    notices recover report roles session shelf stats stock tickets unregister upload vouchers words
}

#[test]
fn none_is_left_out() {
    let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/transcripts")).unwrap();
    let there: BTreeSet<String> = folder
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    assert_eq!(there, ALL.iter().map(|name| (*name).to_owned()).collect());
}
