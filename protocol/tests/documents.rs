//! The generated parts of `protocol.md` are those of the table: a stale one fails here.
//! `REEL_WRITE_DOCS=1 cargo test -p protocol --test documents` writes them anew.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation here is the message")]

use std::path::Path;

use protocol::doc::{codes, commands, fill};

#[test]
fn protocol_md_is_current() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let file = root.join("protocol.md");
    let text = std::fs::read_to_string(&file).unwrap();
    let transcript = |name: &str| {
        let text = std::fs::read_to_string(root.join("tests/transcripts").join(name)).unwrap();
        format!("```\n{}```\n", text)
    };
    let mut fresh = text.clone();
    let parts = [
        ("commands", commands()),
        ("codes", codes()),
        ("ads.txt", transcript("ads.txt")),
        ("lounge.txt", transcript("lounge.txt")),
        ("buy.txt", transcript("buy.txt")),
    ];
    for (name, body) in parts {
        fresh = fill(&fresh, name, &body).unwrap_or_else(|| panic!("protocol.md has no <!-- {name} -->"));
    }
    if std::env::var_os("REEL_WRITE_DOCS").is_some() {
        std::fs::write(&file, &fresh).unwrap();
    }
    assert!(fresh == std::fs::read_to_string(&file).unwrap(), "protocol.md is stale: run `just doc`");
}
