//! Room on the disk: what uploads under way have still to write is not given to another.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::Error;

/// What uploads leave free of the disk; the larger of the two counts.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Keep {
    /// Bytes.
    pub bytes: u64,
    /// Hundredths of the disk.
    pub percent: u32,
}

/// A disk as it is now.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Disk {
    /// Bytes in all.
    pub size: u64,
    /// Bytes that this process can still write.
    pub free: u64,
}

impl Disk {
    /// Bytes that uploads may fill.
    fn usable(self, keep: Keep) -> u64 {
        let percent = u128::from(self.size) * u128::from(keep.percent) / 100;
        let keep = keep.bytes.max(u64::try_from(percent).unwrap_or(u64::MAX));
        self.free.saturating_sub(keep)
    }
}

/// Bytes that all uploads under way have still to write.
#[derive(Clone, Default, Debug)]
pub(crate) struct Reserved(Arc<Mutex<u64>>);

impl Reserved {
    fn sum(&self) -> MutexGuard<'_, u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reserves room for `bytes`.
    ///
    /// # Errors
    /// [`Error::Full`] where there is none; of looking at the disk.
    pub fn take(
        &self, bytes: u64, keep: Keep, disk: impl FnOnce() -> Result<Disk, Error>,
    ) -> Result<Reservation, Error> {
        // Held while the disk is looked at: two that look at the same room do not both get it.
        let mut sum = self.sum();
        if bytes > disk()?.usable(keep).saturating_sub(*sum) {
            return Err(Error::Full);
        }
        *sum += bytes;
        Ok(Reservation { reserved: self.clone(), left: bytes })
    }
}

/// Room for what one upload has still to write. Dropped, it is free for others.
#[derive(Debug)]
pub(crate) struct Reservation {
    reserved: Reserved,
    left: u64,
}

impl Reservation {
    /// So many bytes are written, or will be in a moment.
    pub fn used(&mut self, bytes: u64) {
        let bytes = bytes.min(self.left);
        self.left -= bytes;
        let mut sum = self.reserved.sum();
        *sum = sum.saturating_sub(bytes);
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.used(self.left);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_under_way_counts() {
        let reserved = Reserved::default();
        let keep = Keep { bytes: 100, percent: 0 };
        let take = |bytes, free| reserved.take(bytes, keep, || Ok(Disk { size: 10_000, free }));
        assert!(matches!(take(901, 1000), Err(Error::Full)));
        let mut first = take(600, 1000).unwrap();
        assert!(matches!(take(301, 1000), Err(Error::Full)));
        let second = take(300, 1000).unwrap();
        // Half of the first is on the disk: it is no longer free, and no longer reserved.
        first.used(300);
        assert!(matches!(take(1, 700), Err(Error::Full)));
        drop(second);
        assert!(matches!(take(301, 700), Err(Error::Full)));
        drop(take(300, 700).unwrap());
        drop(first);
        assert_eq!(*reserved.sum(), 0);
    }

    #[test]
    fn the_larger_of_the_two_is_kept() {
        let disk = Disk { size: 10_000, free: 1000 };
        assert_eq!(disk.usable(Keep { bytes: 100, percent: 5 }), 500);
        assert_eq!(disk.usable(Keep { bytes: 700, percent: 5 }), 300);
        assert_eq!(disk.usable(Keep { bytes: 0, percent: 100 }), 0);
        assert_eq!(disk.usable(Keep::default()), 1000);
    }
}
