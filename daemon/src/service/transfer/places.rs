//! Places for uploads: so many in all, so many an account.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use protocol::value::AccountId;

use crate::service::Fault;

/// The places that are taken.
#[derive(Clone)]
pub struct Places {
    taken: Arc<Mutex<HashMap<AccountId, usize>>>,
    all: usize,
    each: usize,
}

impl Places {
    /// `all` places, of which one account has `each` at most.
    pub fn new(all: usize, each: usize) -> Self {
        Self { taken: Arc::default(), all, each }
    }

    /// Takes a place until the guard is dropped.
    ///
    /// # Errors
    /// [`Fault::Busy`] where none is left.
    pub fn take(&self, account: AccountId) -> Result<Place, Fault> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.values().sum::<usize>() >= self.all {
            return Err(Fault::Busy("too many uploads at once"));
        }
        let mine = taken.entry(account).or_default();
        if *mine >= self.each {
            return Err(Fault::Busy("too many uploads at once on this account"));
        }
        *mine += 1;
        Ok(Place { places: self.clone(), account })
    }
}

/// A place that is taken.
pub struct Place {
    places: Places,
    account: AccountId,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(mine) = taken.get_mut(&self.account) {
            *mine -= 1;
            if *mine == 0 {
                taken.remove(&self.account);
            }
        }
    }
}
