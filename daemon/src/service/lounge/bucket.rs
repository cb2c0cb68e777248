//! How fast an account may speak: a bucket of tokens that fills up again.

use std::collections::HashMap;

use protocol::value::{AccountId, Time};

/// How fast an account may speak.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// How much at once.
    pub burst: u32,
    /// How much in a second after that.
    pub each_second: u32,
}

/// The buckets of those who have spoken lately. One that is full again is the same as none.
#[derive(Debug)]
pub struct Buckets {
    pace: Pace,
    open: HashMap<AccountId, Bucket>,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    /// In thousandths of a token.
    left: i64,
    at: Time,
}

/// Above so many buckets the full ones are thrown away; so there are never many more than accounts that
/// speak within the time of one filling.
const MANY: usize = 4096;

impl Buckets {
    /// All of them full.
    pub fn new(pace: Pace) -> Self {
        Self { pace, open: HashMap::new() }
    }

    /// Fills at another pace from now on.
    pub fn set(&mut self, pace: Pace) {
        self.pace = pace;
    }

    /// Takes a token of an account.
    ///
    /// # Errors
    /// There is none; in so many seconds there will be.
    pub fn take(&mut self, account: AccountId, now: Time) -> Result<(), u64> {
        let full = i64::from(self.pace.burst) * 1000;
        let rate = i64::from(self.pace.each_second);
        let refilled = |bucket: &Bucket| {
            // A clock that was set back fills nothing.
            let passed = now.0.saturating_sub(bucket.at.0).max(0);
            bucket.left.saturating_add(passed.saturating_mul(rate)).min(full)
        };
        if self.open.len() >= MANY {
            self.open.retain(|_, bucket| refilled(bucket) < full);
        }
        let left = self.open.get(&account).map_or(full, refilled);
        if left < 1000 {
            let seconds = (1000 - left).div_euclid(1000 * rate) + 1;
            return Err(seconds.unsigned_abs());
        }
        self.open.insert(account, Bucket { left: left - 1000, at: now });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_empties_and_fills_up_again() {
        let mut buckets = Buckets::new(Pace { burst: 3, each_second: 2 });
        let (anna, berta) = (AccountId(1), AccountId(2));
        for _ in 0..3 {
            assert_eq!(buckets.take(anna, Time(0)), Ok(()));
        }
        assert_eq!(buckets.take(anna, Time(0)), Err(1));
        assert_eq!(buckets.take(berta, Time(0)), Ok(()));
        assert_eq!(buckets.take(anna, Time(499)), Err(1));
        assert_eq!(buckets.take(anna, Time(500)), Ok(()));
        assert_eq!(buckets.take(anna, Time(500)), Err(1));
        for _ in 0..3 {
            assert_eq!(buckets.take(anna, Time(60_000)), Ok(()));
        }
        assert_eq!(buckets.take(anna, Time(60_000)), Err(1));
        // A clock that is set back neither fills nor locks out for long.
        assert_eq!(buckets.take(anna, Time(0)), Err(1));
        assert_eq!(buckets.take(anna, Time(60_500)), Ok(()));
    }

    #[test]
    fn full_buckets_are_thrown_away() {
        let mut buckets = Buckets::new(Pace { burst: 1, each_second: 1 });
        for n in 0..3 * MANY as i64 {
            assert_eq!(buckets.take(AccountId(n), Time(n * 10)), Ok(()));
        }
        assert!(buckets.open.len() <= MANY, "{}", buckets.open.len());
    }
}
