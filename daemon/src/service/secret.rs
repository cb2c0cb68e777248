//! Tokens, codes and password hashes.

use argon2::password_hash::PasswordHasher;
use argon2::password_hash::PasswordVerifier;
use argon2::{Algorithm, Argon2, Params, PasswordHash, Version};
use protocol::value::Secret;
use sha2::{Digest, Sha256};

use super::Fault;
use crate::app::App;

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

/// Argon2id with the parameters that OWASP recommends: 19 MiB, two passes, one lane.
fn hasher() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT)
}

/// Hashes a password digest under a salt of its own.
///
/// # Errors
/// [`Fault::Internal`] only.
pub async fn hash_password(app: &App, digest: Secret) -> Result<String, Fault> {
    costly(app, move || {
        let hash = hasher().hash_password(digest.reveal().as_bytes());
        hash.map(|hash| hash.to_string()).map_err(|e| Fault::internal(&e))
    })
    .await?
}

/// Whether a password digest is the one of `kept`. Without `kept` it takes as long and says no.
///
/// # Errors
/// [`Fault::Internal`] only.
pub async fn is_password(app: &App, digest: Secret, kept: Option<String>) -> Result<bool, Fault> {
    costly(app, move || match kept {
        Some(kept) => {
            let kept = PasswordHash::new(&kept).map_err(|e| Fault::internal(&e))?;
            Ok(hasher().verify_password(digest.reveal().as_bytes(), &kept).is_ok())
        }
        None => {
            let hash = hasher().hash_password(digest.reveal().as_bytes());
            hash.map(|_| false).map_err(|e| Fault::internal(&e))
        }
    })
    .await?
}

/// Runs a hash off the reactor, only so many at once.
async fn costly<T: Send + 'static>(app: &App, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Fault> {
    let _permit = app.hashing.acquire().await.map_err(|e| Fault::internal(&e))?;
    tokio::task::spawn_blocking(work).await.map_err(|e| Fault::internal(&e))
}
