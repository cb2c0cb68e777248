//! Keys that make a command safe to repeat.

use std::fs::File;
use std::io::Read as _;

use md5::{Digest as _, Md5 as Hasher};
use protocol::value::Md5;

use crate::fault::Fault;

/// A key that nobody has used: 128 random bits.
///
/// # Errors
/// The system has no randomness.
pub fn fresh() -> Result<String, Fault> {
    let source = std::path::Path::new("/dev/urandom");
    let mut bytes = [0; 16];
    File::open(source)
        .and_then(|mut file| file.read_exact(&mut bytes))
        .map_err(|error| Fault::file(source, error))?;
    Ok(format!("{:032x}", u128::from_ne_bytes(bytes)))
}

/// The key of the question that goes before a command with this key: always the same.
pub fn behind(key: &str) -> String {
    Md5(Hasher::digest(format!("price {key}")).into()).to_string()
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_two_keys_are_the_same() {
        let (a, b) = (super::fresh().unwrap(), super::fresh().unwrap());
        assert_eq!(a.len(), 32);
        assert_ne!(a, b);
    }
}
