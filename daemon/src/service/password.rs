//! Password hashes: Argon2id (RFC 9106) with the parameters that OWASP recommends, in PHC form.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use protocol::value::Secret;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use vault::background;

use super::Fault;
use crate::guard::planted;

/// Hashes passwords off the reactor, only so many at once, each in memory that is kept: 19 MiB that
/// come and go by the hundred a second would leave the allocator with gigabytes.
pub struct Hasher {
    turns: Arc<Semaphore>,
    at_once: Mutex<usize>,
    /// Those that wait, and how many may.
    waiting: AtomicUsize,
    queue: AtomicUsize,
    memory: Arc<Mutex<Vec<Vec<Block>>>>,
}

impl Hasher {
    /// One that works on so many hashes at once, and lets so many wait.
    pub fn new(at_once: usize, queue: usize) -> Self {
        let (turns, at_once) = (Arc::new(Semaphore::new(at_once)), Mutex::new(at_once));
        let (waiting, queue) = (AtomicUsize::new(0), AtomicUsize::new(queue));
        Self { turns, at_once, waiting, queue, memory: Arc::default() }
    }

    /// Works on so many at once from now on; those under way are finished.
    pub fn set(&self, at_once: usize, queue: usize) {
        self.queue.store(queue, Ordering::Relaxed);
        let mut before = self.at_once.lock().unwrap_or_else(PoisonError::into_inner);
        if at_once > *before {
            self.turns.add_permits(at_once - *before);
        } else {
            // Those that are taken go when they are given back.
            let (turns, fewer) = (self.turns.clone(), u32::try_from(*before - at_once).unwrap_or(u32::MAX));
            tokio::spawn(async move {
                if let Ok(taken) = turns.acquire_many_owned(fewer).await {
                    taken.forget();
                }
            });
        }
        *before = at_once;
    }

    /// Hashes a password digest under a salt of its own.
    ///
    /// # Errors
    /// [`Fault::Busy`] where too many wait; else [`Fault::Internal`] only.
    pub async fn hash(&self, digest: Secret) -> Result<String, Fault> {
        self.run(move |memory| hash(&digest, memory).map_err(|e| Fault::internal(&e))).await
    }

    /// Whether a password digest is the one of `kept`. Without `kept` it takes as long and says no.
    ///
    /// # Errors
    /// As [`hash`](Self::hash).
    pub async fn verify(&self, digest: Secret, kept: Option<String>) -> Result<bool, Fault> {
        self.run(move |memory| match kept {
            Some(kept) => verify(&digest, &kept, memory).map_err(|e| Fault::internal(&e)),
            None => hash(&digest, memory).map(|_| false).map_err(|e| Fault::internal(&e)),
        })
        .await
    }

    /// The right to work on a hash. Who waits is served in the order of coming.
    async fn turn(&self) -> Result<OwnedSemaphorePermit, Fault> {
        if let Ok(turn) = self.turns.clone().try_acquire_owned() {
            return Ok(turn);
        }
        let before = self.waiting.fetch_add(1, Ordering::Relaxed);
        let _waiting = Waiting(&self.waiting);
        if before >= self.queue.load(Ordering::Relaxed) {
            return Err(Fault::Busy("too many log-ins at once"));
        }
        self.turns.clone().acquire_owned().await.map_err(|e| Fault::internal(&e))
    }

    async fn run<T: Send + 'static>(
        &self, work: impl FnOnce(&mut Vec<Block>) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let turn = self.turn().await?;
        let memory = self.memory.clone();
        let done = background::compute("password", move || {
            // Kept until the end, also where whoever asked has gone meanwhile.
            let _turn = turn;
            let shelf = || memory.lock().unwrap_or_else(PoisonError::into_inner);
            let mut blocks = shelf().pop().unwrap_or_default();
            let result = work(&mut blocks);
            shelf().push(blocks);
            result
        });
        done.await.map_err(|e| Fault::internal(&e))?
    }
}

/// One more that waits, until it is dropped.
struct Waiting<'h>(&'h AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
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

    #[tokio::test]
    async fn so_many_wait_and_no_more() {
        let hasher = Hasher::new(1, 1);
        let word = || Secret::new("word".into());
        let (first, second, third) =
            tokio::join!(hasher.hash(word()), hasher.hash(word()), hasher.hash(word()));
        assert!(first.is_ok() && second.is_ok());
        assert!(matches!(third, Err(Fault::Busy(_))));
        hasher.set(2, 0);
        let (first, second, third) =
            tokio::join!(hasher.hash(word()), hasher.hash(word()), hasher.hash(word()));
        assert!(first.is_ok() && second.is_ok());
        assert!(matches!(third, Err(Fault::Busy(_))));
        hasher.set(1, 0);
        // Taken back by a task of its own.
        while hasher.turns.available_permits() > 1 {
            tokio::task::yield_now().await;
        }
        assert!(hasher.hash(word()).await.is_ok());
    }

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
