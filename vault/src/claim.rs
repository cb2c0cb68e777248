//! What an upload claims to be, and who has which claim open.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::Error;
use crate::digest::{from_hex, hex};

/// What an upload says it will be. What was received of a broken upload belongs to these three
/// together, so that nobody goes on with the bytes of another account.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Claim {
    /// The account that uploads.
    pub owner: u64,
    /// The length of the whole content in bytes.
    pub size: u64,
    /// The MD5 of the whole content.
    pub md5: [u8; 16],
}

impl Claim {
    /// How what has come of it is called.
    pub(crate) fn name(&self) -> String {
        format!("{}-{}-{}", self.owner, self.size, hex(&self.md5))
    }

    /// The claim of that name; none if we would have written the name in another way.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        let mut words = name.split('-');
        let claim = Self {
            owner: words.next()?.parse().ok()?,
            size: words.next()?.parse().ok()?,
            md5: from_hex(words.next()?)?,
        };
        (claim.name() == name).then_some(claim)
    }
}

/// How far a claim is taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Phase {
    /// An upload has it.
    Open,
    /// It will be free in a moment: worth waiting for, instead of sending a client away that has
    /// just reconnected.
    Ending,
}

/// The claims that are taken in this process.
#[derive(Default, Debug)]
pub(crate) struct Claims {
    taken: Mutex<HashMap<Claim, Phase>>,
    released: Notify,
}

impl Claims {
    /// Takes a claim for an upload.
    pub async fn take(self: &Arc<Self>, claim: Claim) -> Result<Registered, Error> {
        loop {
            // Made before the look, so that a release right after the look still wakes it.
            let released = self.released.notified();
            match self.enter(&claim, Phase::Open) {
                Ok(registered) => return Ok(registered),
                Err(Phase::Open) => return Err(Error::Busy),
                Err(Phase::Ending) => released.await,
            }
        }
    }

    /// Takes a claim if it is free; else tells how it is taken.
    pub fn enter(self: &Arc<Self>, claim: &Claim, phase: Phase) -> Result<Registered, Phase> {
        match self.lock().entry(claim.clone()) {
            Entry::Occupied(taken) => return Err(*taken.get()),
            Entry::Vacant(free) => free.insert(phase),
        };
        Ok(Registered { claims: self.clone(), claim: claim.clone() })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Claim, Phase>> {
        // Each change is one call, so a panic elsewhere cannot have left half of one.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A claim that is taken until this is dropped.
#[derive(Debug)]
pub(crate) struct Registered {
    claims: Arc<Claims>,
    pub claim: Claim,
}

impl Registered {
    /// Nobody is going to use it any more, though a worker may still have to let go.
    pub fn ending(&self) {
        if let Some(phase) = self.claims.lock().get_mut(&self.claim) {
            *phase = Phase::Ending;
        }
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        self.claims.lock().remove(&self.claim);
        self.claims.released.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_back_and_nothing_like_it() {
        let claim = Claim { owner: 7, size: u64::MAX, md5: [0xC0; 16] };
        let name = claim.name();
        assert_eq!(Claim::from_name(&name), Some(claim));
        for other in ["0", "+", "x"] {
            assert_eq!(Claim::from_name(&format!("{other}{name}")), None);
        }
        assert_eq!(Claim::from_name(&format!("{name}-")), None);
        assert_eq!(Claim::from_name(&name.to_uppercase()), None);
    }
}
