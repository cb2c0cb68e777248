//! How fast bytes may come and go: so many a second of one account, so many in all.
//!
//! Whoever moves bytes asks for each slice and is let on when what was let on before it is paid off. A slice is
//! a twentieth of a second's worth, so the flow is smooth; each transfer waits for one slice at a time and in
//! the order of asking, so the transfers of an account go equally fast.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use protocol::value::AccountId;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::app::App;
use crate::config::{Config, Limits};

/// Where bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Downloads.
    Down,
    /// Uploads.
    Up,
}

/// The flows of the club.
#[derive(Default)]
pub struct Paces {
    down: Flows,
    up: Flows,
}

/// The flows of one way.
#[derive(Default)]
struct Flows {
    all: Arc<Flow>,
    /// Those of accounts that have a transfer, or had one whose bytes are not paid off yet: who fetches many small
    /// files goes no faster than who fetches a large one.
    accounts: Mutex<HashMap<AccountId, Arc<Flow>>>,
}

/// When what was let on so far is paid off.
#[derive(Default)]
struct Flow(Mutex<Option<Instant>>);

/// What a timer that is late may be made up for, so that the rate is held from below, too.
const LATE: Duration = Duration::from_millis(50);

/// Slices of a second's worth.
const SLICES: u64 = 20;

/// Below this a slice is not worth its system call.
const LEAST: u64 = 512;

impl Flow {
    /// When `bytes` more may go at this rate.
    fn reserve(&self, bytes: u64, rate: u64, now: Instant) -> Instant {
        let mut paid = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let from = match *paid {
            Some(paid) => paid.max(now.checked_sub(LATE).unwrap_or(now)),
            None => now,
        };
        *paid = Some(from + worth(bytes, rate));
        from
    }

    /// Whether what was let on is not paid off yet.
    fn owes(&self, now: Instant) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|paid| paid > now)
    }

    /// Takes back what was reserved and not used.
    fn give_back(&self, bytes: u64, rate: u64) {
        let mut paid = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *paid = paid.and_then(|paid| paid.checked_sub(worth(bytes, rate)));
    }
}

/// How long so many bytes take.
fn worth(bytes: u64, rate: u64) -> Duration {
    let nanos = u128::from(bytes) * 1_000_000_000 / u128::from(rate.max(1));
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

impl Flows {
    /// Above so many accounts those that owe nothing are thrown away.
    const MANY: usize = 1024;

    fn of(&self, account: AccountId) -> Arc<Flow> {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        if accounts.len() >= Self::MANY && !accounts.contains_key(&account) {
            let now = Instant::now();
            accounts.retain(|_, flow| Arc::strong_count(flow) > 1 || flow.owes(now));
        }
        accounts.entry(account).or_default().clone()
    }
}

impl Paces {
    /// The pace of a transfer that begins.
    pub fn of(&self, app: &App, account: AccountId, way: Way) -> Pace {
        let flows = match way {
            Way::Down => &self.down,
            Way::Up => &self.up,
        };
        Pace { way, mine: flows.of(account), all: flows.all.clone(), config: app.watch_config() }
    }
}

/// How fast one transfer may go, together with the others of its account and of the club. Rates that are
/// changed hold from the next slice on.
pub struct Pace {
    way: Way,
    mine: Arc<Flow>,
    all: Arc<Flow>,
    config: watch::Receiver<Arc<Config>>,
}

/// Bytes that may move now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Slice {
    /// How many, at least 1.
    pub bytes: u64,
    mine: u64,
    all: u64,
}

impl Pace {
    /// Waits until some bytes may move, `most` at most. Cancelled, it has taken them all the same.
    pub async fn take(&self, most: u64) -> Slice {
        let (mine, all) = self.rates();
        let bytes = [mine, all].into_iter().filter(|rate| *rate > 0).fold(most, |bytes, rate| {
            // Never more than a second's worth, however small that is.
            bytes.min((rate / SLICES).max(LEAST.min(rate)))
        });
        let slice = Slice { bytes: bytes.max(1), mine, all };
        for (flow, rate) in [(&self.mine, mine), (&self.all, all)] {
            if rate > 0 {
                let from = flow.reserve(slice.bytes, rate, Instant::now());
                sleep_until(from).await;
            }
        }
        slice
    }

    /// Gives back what of a slice was not moved: the socket was full, or the client has sent less.
    pub fn give_back(&self, slice: Slice, moved: u64) {
        let left = slice.bytes.saturating_sub(moved);
        for (flow, rate) in [(&self.mine, slice.mine), (&self.all, slice.all)] {
            if rate > 0 && left > 0 {
                flow.give_back(left, rate);
            }
        }
    }

    /// Whether there is any rate to be kept now.
    pub fn is_bounded(&self) -> bool {
        self.rates() != (0, 0)
    }

    /// Of the account and in all; 0: no bound.
    fn rates(&self) -> (u64, u64) {
        let config = self.config.borrow();
        let limits: &Limits = &config.limits;
        match self.way {
            Way::Down => (limits.account_download_rate, limits.download_rate),
            Way::Up => (limits.account_upload_rate, limits.upload_rate),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    fn paces(limits: Limits) -> (Paces, watch::Sender<Arc<Config>>) {
        let config = Config { limits, ..Config::default() };
        (Paces::default(), watch::Sender::new(Arc::new(config)))
    }

    fn pace(paces: &Paces, config: &watch::Sender<Arc<Config>>, account: i64) -> Pace {
        let (mine, all) = (paces.down.of(AccountId(account)), paces.down.all.clone());
        Pace { way: Way::Down, mine, all, config: config.subscribe() }
    }

    /// Moves bytes until so many have gone, and counts them.
    async fn run(pace: &Pace, left: u64, moved: &AtomicU64) {
        while moved.load(Ordering::Relaxed) < left {
            let slice = pace.take(left - moved.load(Ordering::Relaxed)).await;
            moved.fetch_add(slice.bytes, Ordering::Relaxed);
        }
    }

    // How long something takes at least is what a rate says; how long at most depends on the machine.
    fn at_least(began: Instant, millis: u64) {
        let took = began.elapsed();
        assert!(took + LATE >= Duration::from_millis(millis), "{took:?}, at least {millis} ms expected");
    }

    #[tokio::test]
    async fn an_account_has_its_rate_and_its_transfers_go_equally_fast() {
        let (all, config) = paces(Limits { account_download_rate: 1_000_000, ..Limits::default() });
        let (a, b, other) = (pace(&all, &config, 1), pace(&all, &config, 1), pace(&all, &config, 2));
        let moved: [AtomicU64; 3] = Default::default();
        let began = Instant::now();
        let second = async {
            run(&b, 200_000, &moved[1]).await;
            let first = moved[0].load(Ordering::Relaxed);
            assert!(first <= 300_000, "{first} bytes beside 200,000");
        };
        let third = async {
            run(&other, 200_000, &moved[2]).await;
            let mine = moved[0].load(Ordering::Relaxed) + moved[1].load(Ordering::Relaxed);
            assert!(mine <= 300_000, "{mine} bytes of an account beside 200,000 of another");
        };
        tokio::join!(run(&a, 400_000, &moved[0]), second, third);
        at_least(began, 550);
    }

    #[tokio::test]
    async fn many_short_transfers_go_no_faster_than_a_long_one() {
        let (all, config) = paces(Limits { account_download_rate: 1_000_000, ..Limits::default() });
        let began = Instant::now();
        for _ in 0..20 {
            assert_eq!(pace(&all, &config, 1).take(20_000).await.bytes, 20_000);
        }
        at_least(began, 380);
    }

    #[tokio::test]
    async fn the_whole_has_a_rate_and_what_is_not_moved_is_given_back() {
        let limits = Limits { download_rate: 1_000_000, account_download_rate: 800_000, ..Limits::default() };
        let (all, config) = paces(limits);
        let (a, b) = (pace(&all, &config, 1), pace(&all, &config, 2));
        let moved: [AtomicU64; 2] = Default::default();
        let began = Instant::now();
        tokio::join!(run(&a, 150_000, &moved[0]), run(&b, 150_000, &moved[1]));
        at_least(began, 250);
        // Without that, these would take 40 s.
        for _ in 0..1000 {
            let slice = a.take(40_000).await;
            a.give_back(slice, 1);
        }
        let now = Instant::now();
        assert!(a.mine.reserve(1, 800_000, now) <= now + Duration::from_secs(1));
    }

    #[tokio::test]
    async fn a_new_rate_holds_at_once_and_no_rate_waits_for_nothing() {
        let (all, config) = paces(Limits { download_rate: 20, ..Limits::default() });
        let (a, moved) = (pace(&all, &config, 1), AtomicU64::new(0));
        assert_eq!(a.take(1000).await.bytes, 20, "a second's worth");
        let limits = Limits { download_rate: 1_000_000, ..Limits::default() };
        config.send_replace(Arc::new(Config { limits, ..Config::default() }));
        run(&a, 100_000, &moved).await;
        config.send_replace(Arc::new(Config::default()));
        assert_eq!(a.take(u64::MAX).await.bytes, u64::MAX);
    }
}
