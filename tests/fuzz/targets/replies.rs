//! What a server sends to the shell: lines, rows, events and bodies.
#![no_main]

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use protocol::frame::{Piece, Replies};
use protocol::grammar::{self, Said};
use tokio_util::codec::Decoder;

fuzz_target!(|input: &[u8]| {
    let (mut codec, mut buffer) = (Replies::default(), BytesMut::new());
    let mut owed = 0_u64;
    for piece in input.chunks(usize::from(input.first().copied().unwrap_or(1)) + 1) {
        buffer.extend_from_slice(piece);
        while let Ok(Some(piece)) = codec.decode(&mut buffer) {
            match piece {
                Piece::Body(bytes) => {
                    assert!(!bytes.is_empty() && bytes.len() as u64 <= owed);
                    owed -= bytes.len() as u64;
                }
                Piece::Line(line) => {
                    assert_eq!(owed, 0, "a line inside a body");
                    owed = said(&line);
                    codec.expect_body(owed);
                }
            }
        }
    }
});

/// How many bytes a line announces.
fn said(line: &str) -> u64 {
    assert!(!line.contains('\n'));
    let named = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    match grammar::said(line) {
        Ok(Said::Status(status)) => {
            assert!(named(&status.word) && status.facts.iter().all(|(key, _)| named(key)));
            let length = status.get("length").and_then(|length| length.parse().ok());
            length.filter(|_| status.code == 150).unwrap_or(0)
        }
        Ok(Said::Row(facts)) => {
            assert!(facts.iter().all(|(key, _)| named(key)));
            0
        }
        Ok(Said::Event(name, facts)) => {
            assert!(named(&name) && facts.iter().all(|(key, _)| named(key)));
            0
        }
        Err(_) => 0,
    }
}
