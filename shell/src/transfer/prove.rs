//! The proof that one has a file that the server knows: no bytes travel.

use std::fs::File;
use std::path::Path;

use md5::{Digest as _, Md5 as Hasher};
use protocol::value::Md5;

use super::digest;
use super::meter::Meter;
use crate::cancel::Cancel;
use crate::fault::Fault;
use crate::link::Reply;

/// The command that answers a `350 PROVE`: the MD5 of the nonce's text followed by the ranges in
/// the order given.
///
/// # Errors
/// The file cannot be read or is shorter than the ranges, or Ctrl-C was pressed.
pub fn answer(reply: &Reply, file: (&File, &Path), meter: &Meter, cancel: &Cancel) -> Result<String, Fault> {
    let missing = || Fault::Garbled("PROVE without nonce or ranges".to_owned());
    let nonce = reply.status.get("nonce").ok_or_else(missing)?;
    let ranges = reply.status.get("ranges").and_then(parse).ok_or_else(missing)?;
    let mut hasher = Hasher::new();
    hasher.update(nonce.as_bytes());
    for (offset, length) in ranges {
        let fed = digest::feed(|bytes| hasher.update(bytes), file, (offset, length), meter, cancel)?;
        if fed != length {
            return Err(Fault::Garbled("PROVE asks for bytes beyond the file".to_owned()));
        }
    }
    Ok(format!("PROVE {}", Md5(hasher.finalize().into())))
}

/// `offset-length`, comma, and so on.
fn parse(ranges: &str) -> Option<Vec<(u64, u64)>> {
    let range = |word: &str| {
        let (offset, length) = word.split_once('-')?;
        let length = length.parse().ok().filter(|length| *length > 0)?;
        Some((offset.parse().ok()?, length))
    };
    ranges.split(',').map(range).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::grammar::StatusLine;

    #[test]
    fn the_proof_is_over_the_nonce_and_the_ranges_in_order() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x");
        std::fs::write(&path, "hello world").unwrap();
        let file = File::open(&path).unwrap();
        let prove = |ranges: &str| {
            let facts =
                vec![("nonce".to_owned(), "abc".to_owned()), ("ranges".to_owned(), ranges.to_owned())];
            let status = StatusLine { code: 350, word: "PROVE".into(), facts, text: String::new() };
            let reply = Reply { status, ..Reply::default() };
            answer(&reply, (&file, &path), &Meter::hidden(), &Cancel::default())
        };
        let expected = Md5(Hasher::digest(b"abcworldhelhe").into());
        assert_eq!(prove("6-5,0-3,0-2").unwrap(), format!("PROVE {expected}"));
        assert!(prove("0-0").is_err() && prove("9-3").is_err() && prove("x").is_err());
    }
}
