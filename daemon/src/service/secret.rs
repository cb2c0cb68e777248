//! Tokens and codes, and what is kept of them.

use protocol::value::Secret;
use sha2::{Digest, Sha256};

/// A fresh log-in token: 160 random bits in hex.
pub fn token() -> Secret {
    let bits: [u8; 20] = rand::random();
    Secret::new(bits.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A fresh code for people to type.
pub fn code() -> Secret {
    code_of(rand::random())
}

/// 120 of these bits as four groups of six characters, none of which is easily mistaken for another
/// (Crockford's base 32).
pub fn code_of(bits: u128) -> Secret {
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let letter = |n: usize| char::from(ALPHABET[(bits >> (n * 5)) as usize & 31]);
    let groups: Vec<String> = (0..4).map(|group| (group * 6..group * 6 + 6).map(letter).collect()).collect();
    Secret::new(groups.join("-"))
}

/// What is kept of a token. It is long and random, so one round of SHA-256 is enough.
pub fn hash(secret: &Secret) -> [u8; 32] {
    Sha256::digest(secret.reveal().as_bytes()).into()
}

/// What is kept of a code: typed in any case, with or without its dashes.
pub fn code_hash(code: &Secret) -> [u8; 32] {
    let plain: String = code.reveal().chars().filter(|c| *c != '-').collect();
    hash(&Secret::new(plain.to_uppercase()))
}
