//! What a client sends: bytes to lines, lines to words, words to commands, and back again.
#![no_main]

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use protocol::command::Command;
use protocol::frame::Lines;
use protocol::grammar::{is_forbidden, words};
use protocol::{MAX_LINE, grammar};
use tokio_util::codec::Decoder;

fuzz_target!(|input: &[u8]| {
    let whole = lines(input, input.len().max(1));
    // However the bytes come in, they are the same lines.
    let step = usize::from(input.first().copied().unwrap_or(1) % 7) + 1;
    assert_eq!(lines(input, step), whole);
    for line in whole.iter().flatten() {
        assert!(line.len() <= MAX_LINE && !line.contains(&b'\n'));
        command(line);
    }
});

/// The lines of an input that comes in pieces, up to the one that cannot be read.
fn lines(input: &[u8], step: usize) -> Vec<Option<Vec<u8>>> {
    let (mut codec, mut buffer, mut out) = (Lines::default(), BytesMut::new(), vec![]);
    for piece in input.chunks(step) {
        buffer.extend_from_slice(piece);
        loop {
            match codec.decode(&mut buffer) {
                Ok(Some(line)) => out.push(Some(line.to_vec())),
                Ok(None) => break,
                Err(_) => {
                    out.push(None);
                    return out;
                }
            }
        }
    }
    out
}

fn command(line: &[u8]) {
    let Ok(words) = words(line) else { return };
    let text = std::str::from_utf8(line).expect("what has words is UTF-8");
    assert!(!text.chars().any(is_forbidden), "a forbidden character got through");
    let Ok(command) = Command::parse(&words) else { return };
    let written = command.line();
    if written.len() > MAX_LINE {
        return; // an amount, a case or a quote may take more room than it did
    }
    let again = grammar::words(written.as_bytes()).expect("what is written is words");
    assert_eq!(Command::parse(&again).expect("what is written is a command"), command);
}
