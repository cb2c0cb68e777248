//! Places for transfers: so many in all, so many an account. Uploads have theirs, and downloads theirs.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use protocol::value::AccountId;

use crate::config::Limits;
use crate::service::Fault;
use crate::service::shelf::{Room, Share};

/// The places that are taken.
#[derive(Clone, Default)]
pub struct Places(Arc<Mutex<HashMap<AccountId, Taken>>>);

/// How many places there are now.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// In all.
    pub all: usize,
    /// Of these, for one account.
    pub each: usize,
    /// What there are too many of, for who gets none.
    pub full: &'static str,
}

impl Bounds {
    /// For uploads.
    pub fn uploads(limits: &Limits) -> Self {
        Self { all: limits.uploads, each: limits.account_uploads, full: "too many uploads at once" }
    }

    /// For downloads.
    pub fn downloads(limits: &Limits) -> Self {
        Self { all: limits.downloads, each: limits.account_downloads, full: "too many downloads at once" }
    }
}

/// What one account has taken.
#[derive(Default)]
struct Taken {
    places: usize,
    /// Those of them that go to the shelf.
    shelf: Share,
}

impl Places {
    fn taken(&self) -> MutexGuard<'_, HashMap<AccountId, Taken>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a place until the guard is dropped.
    ///
    /// # Errors
    /// [`Fault::Busy`] where none is left.
    pub fn take(&self, account: AccountId, bounds: Bounds) -> Result<Place, Fault> {
        self.take_with(account, bounds, None, |_| Ok(()))
    }

    /// The same for an upload to the shelf, where `room` has to be left beside those under way.
    ///
    /// # Errors
    /// [`Fault::Busy`], [`Fault::Quota`].
    pub fn take_on_shelf(
        &self, account: AccountId, bounds: Bounds, bytes: u64, room: &Room,
    ) -> Result<Place, Fault> {
        self.take_with(account, bounds, Some(bytes), |mine| room.takes(bytes, mine))
    }

    /// What an account has under way to the shelf.
    pub fn shelved(&self, account: AccountId) -> Share {
        self.taken().get(&account).map_or_else(Share::default, |mine| mine.shelf)
    }

    fn take_with(
        &self, account: AccountId, bounds: Bounds, shelved: Option<u64>,
        fits: impl FnOnce(Share) -> Result<(), Fault>,
    ) -> Result<Place, Fault> {
        let mut taken = self.taken();
        let all: usize = taken.values().map(|one| one.places).sum();
        let (mine, shelf) =
            taken.get(&account).map_or((0, Share::default()), |mine| (mine.places, mine.shelf));
        if all >= bounds.all || mine >= bounds.each {
            return Err(Fault::Busy(bounds.full));
        }
        fits(shelf)?;
        let mine = taken.entry(account).or_default();
        mine.places += 1;
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
        let mut taken = self.places.taken();
        if let Some(mine) = taken.get_mut(&self.account) {
            mine.places -= 1;
            if let Some(bytes) = self.shelved {
                mine.shelf.titles -= 1;
                mine.shelf.bytes = mine.shelf.bytes.saturating_sub(bytes);
            }
            if mine.places == 0 {
                taken.remove(&self.account);
            }
        }
    }
}
