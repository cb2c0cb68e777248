//! Password hashes: Argon2id (RFC 9106) with the parameters that OWASP recommends, in PHC form.

use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, PoisonError};

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use protocol::value::Secret;
use tokio::sync::Semaphore;

use super::Fault;
use crate::guard::planted;

/// Hashes passwords off the reactor, only so many at once, each in memory that is kept: 19 MiB that
/// come and go by the hundred a second would leave the allocator with gigabytes.
pub struct Hasher {
    turns: Semaphore,
    memory: Arc<Mutex<Vec<Vec<Block>>>>,
}

impl Hasher {
    /// One that works on so many hashes at once.
    pub fn new(at_once: usize) -> Self {
        Self { turns: Semaphore::new(at_once), memory: Arc::default() }
    }

    /// Hashes a password digest under a salt of its own.
    ///
    /// # Errors
    /// [`Fault::Internal`] only.
    pub async fn hash(&self, digest: Secret) -> Result<String, Fault> {
        self.run(move |memory| hash(&digest, memory).map_err(|e| Fault::internal(&e))).await
    }

    /// Whether a password digest is the one of `kept`. Without `kept` it takes as long and says no.
    ///
    /// # Errors
    /// [`Fault::Internal`] only.
    pub async fn verify(&self, digest: Secret, kept: Option<String>) -> Result<bool, Fault> {
        self.run(move |memory| match kept {
            Some(kept) => verify(&digest, &kept, memory).map_err(|e| Fault::internal(&e)),
            None => hash(&digest, memory).map(|_| false).map_err(|e| Fault::internal(&e)),
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self, work: impl FnOnce(&mut Vec<Block>) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let _turn = self.turns.acquire().await.map_err(|e| Fault::internal(&e))?;
        let memory = self.memory.clone();
        let done = tokio::task::spawn_blocking(move || {
            let shelf = || memory.lock().unwrap_or_else(PoisonError::into_inner);
            let mut blocks = shelf().pop().unwrap_or_default();
            let result = work(&mut blocks);
            shelf().push(blocks);
            result
        });
        match done.await.map_err(tokio::task::JoinError::try_into_panic) {
            Ok(result) => result,
            // It goes on in its caller, as those of the database do.
            Err(Ok(panic)) => resume_unwind(panic),
            Err(Err(error)) => Err(Fault::internal(&error)),
        }
    }
}

fn hash(digest: &Secret, memory: &mut Vec<Block>) -> argon2::password_hash::Result<String> {
    let salt = Salt::new(&rand::random::<[u8; 16]>())?;
    let params = Params::DEFAULT;
    let mut out = [0; Params::DEFAULT_OUTPUT_LEN];
    fill(digest, &salt, &params, &mut out, memory)?;
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(&params)?,
        salt: Some(salt),
        hash: Some(Output::new(&out)?),
    };
    Ok(hash.to_string())
}

fn verify(digest: &Secret, kept: &str, memory: &mut Vec<Block>) -> argon2::password_hash::Result<bool> {
    // An account that was deleted has no hash, and no password is right for it.
    if kept.is_empty() {
        return hash(digest, memory).map(|_| false);
    }
    let kept = PasswordHash::new(kept)?;
    let params = Params::try_from(&kept)?;
    let (Some(salt), Some(expected)) = (kept.salt, kept.hash) else { return Ok(false) };
    let mut out = [0; Output::MAX_LENGTH];
    let out = out.get_mut(..expected.len()).unwrap_or_default();
    fill(digest, &salt, &params, out, memory)?;
    // The comparison takes the same time wherever the two differ.
    Ok(Output::new(out)? == expected)
}

fn fill(
    digest: &Secret, salt: &Salt, params: &Params, out: &mut [u8], memory: &mut Vec<Block>,
) -> argon2::password_hash::Result<()> {
    planted("hash", &digest.reveal());
    // One line a hash, for who wants to see that every log-in costs the same.
    log::debug!("a password is hashed");
    memory.resize(params.block_count(), Block::default());
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
    Ok(argon2.hash_password_into_with_memory(digest.reveal().as_bytes(), salt, out, memory)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_knows_its_password_and_no_other() {
        let (mut memory, right, wrong) = (vec![], Secret::new("right".into()), Secret::new("wrong".into()));
        let kept = hash(&right, &mut memory).unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        assert_ne!(kept, hash(&right, &mut memory).unwrap(), "each has a salt of its own");
        assert!(verify(&right, &kept, &mut memory).unwrap());
        assert!(!verify(&wrong, &kept, &mut memory).unwrap());
        assert!(!verify(&right, "", &mut memory).unwrap());
    }
}
