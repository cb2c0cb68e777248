//! Places for uploads: so many in all, so many an account.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use protocol::value::AccountId;

use crate::service::Fault;
use crate::service::shelf::{Room, Share};

/// The places that are taken.
#[derive(Clone)]
pub struct Places {
    taken: Arc<Mutex<HashMap<AccountId, Taken>>>,
    all: usize,
    each: usize,
}

/// What one account has taken.
#[derive(Default)]
struct Taken {
    uploads: usize,
    /// Those of them that go to the shelf.
    shelf: Share,
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
        self.take_with(account, None, |_| Ok(()))
    }

    /// The same for an upload to the shelf, where `room` has to be left beside those under way.
    ///
    /// # Errors
    /// [`Fault::Busy`], [`Fault::Quota`].
    pub fn take_on_shelf(&self, account: AccountId, bytes: u64, room: &Room) -> Result<Place, Fault> {
        self.take_with(account, Some(bytes), |mine| room.takes(bytes, mine))
    }

    /// What an account has under way to the shelf.
    pub fn shelved(&self, account: AccountId) -> Share {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.get(&account).map_or_else(Share::default, |mine| mine.shelf)
    }

    fn take_with(
        &self, account: AccountId, shelved: Option<u64>, fits: impl FnOnce(Share) -> Result<(), Fault>,
    ) -> Result<Place, Fault> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.values().map(|one| one.uploads).sum::<usize>() >= self.all {
            return Err(Fault::Busy("too many uploads at once"));
        }
        let (uploads, shelf) =
            taken.get(&account).map_or((0, Share::default()), |mine| (mine.uploads, mine.shelf));
        if uploads >= self.each {
            return Err(Fault::Busy("too many uploads at once on this account"));
        }
        fits(shelf)?;
        let mine = taken.entry(account).or_default();
        mine.uploads += 1;
        if let Some(bytes) = shelved {
            mine.shelf.titles += 1;
            mine.shelf.bytes = mine.shelf.bytes.saturating_add(bytes);
        }
        Ok(Place { places: self.clone(), account, shelved })
    }
}

/// A place that is taken.
pub struct Place {
    places: Places,
    account: AccountId,
    shelved: Option<u64>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(mine) = taken.get_mut(&self.account) {
            mine.uploads -= 1;
            if let Some(bytes) = self.shelved {
                mine.shelf.titles -= 1;
                mine.shelf.bytes = mine.shelf.bytes.saturating_sub(bytes);
            }
            if mine.uploads == 0 {
                taken.remove(&self.account);
            }
        }
    }
}
