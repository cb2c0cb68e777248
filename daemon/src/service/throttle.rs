//! Guessing is slow: failures are counted by what is guessed together with the address, and by the address,
//! in the database, and delay the next try the longer the more there are.
//!
//! What is counted is looked at before the work that a try costs, and tries side by side are held back until
//! it is known what came of those before them: on many connections nobody guesses more than on one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use protocol::value::{AccountId, Time};
use sha2::{Digest, Sha256};
use sql::throttle::Failures;
use sql::{Db, Tx};
use tokio::sync::Notify;

use super::{Fault, settled};
use crate::address::Prefix;
use crate::app::App;
use crate::config::Limits;

/// What failures are counted under.
#[derive(Clone, Copy, Debug)]
struct Count {
    /// A hash: the database and the log learn no name that was guessed.
    mark: [u8; 32],
    /// Failures that delay nothing: people mistype.
    free: u32,
}

/// What is being guessed, and from where.
#[derive(Clone, Debug)]
pub struct Target {
    /// A right guess clears it.
    own: Option<Count>,
    /// A right guess leaves it: else whoever has one account could guess at others for ever.
    address: Count,
    from: Prefix,
}

impl Target {
    /// Somebody's password or code, from this address. There need be no account of the name.
    pub fn name(limits: &Limits, folded: &str, address: &str) -> Self {
        Self::new(limits, Some(("name", folded.to_owned())), address)
    }

    /// What somebody who is logged in has to show once more: wherever the session came from.
    pub fn account(limits: &Limits, account: AccountId, what: &str, address: &str) -> Self {
        Self::new(limits, Some((what, account.to_string())), address)
    }

    /// What belongs to nobody yet.
    pub fn anything(limits: &Limits, address: &str) -> Self {
        Self::new(limits, None, address)
    }

    fn new(limits: &Limits, own: Option<(&str, String)>, address: &str) -> Self {
        let from = Prefix::of(address);
        let place = from.to_string();
        let own = own.map(|(what, whose)| {
            // Of an account it is the account alone that counts, so that a stolen session moves in vain.
            let place = if what == "name" { place.as_str() } else { "" };
            Count { mark: mark(&[what, &whose, place]), free: limits.login_free }
        });
        let address = Count { mark: mark(&["address", &place]), free: limits.login_address_free };
        Self { own, address, from }
    }

    fn counts(&self) -> impl Iterator<Item = Count> {
        self.own.into_iter().chain([self.address])
    }
}

/// No two lists of words have the same mark.
fn mark(words: &[&str]) -> [u8; 32] {
    let hash = words.iter().fold(Sha256::new(), |hash, word| {
        hash.chain_update((word.len() as u64).to_be_bytes()).chain_update(word)
    });
    hash.finalize().into()
}

/// The tries that are under way. What is known of a mark is kept here while anybody is at it.
#[derive(Clone, Default)]
pub struct Throttle(Arc<Mutex<HashMap<[u8; 32], Arc<Entry>>>>);

#[derive(Default)]
struct Entry {
    state: Mutex<State>,
    changed: Notify,
    /// Failures are written one after the other: side by side they would change the same row.
    noting: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    /// What the database holds; nothing until it was asked.
    known: Option<Tally>,
    running: u32,
}

#[derive(Clone, Copy)]
struct Tally {
    failures: u32,
    at: Time,
}

/// A clock that was set back shall lock nobody out: failures further ahead than this never were.
const AHEAD: i64 = 60_000;

impl Tally {
    const NONE: Self = Self { failures: 0, at: Time(0) };

    /// What of it still counts at `now`.
    fn fresh(self, limits: &Limits, now: Time) -> Self {
        let forget = i64::from(limits.login_forget_seconds) * 1000;
        let age = now.0.saturating_sub(self.at.0);
        if (-AHEAD..forget).contains(&age) { self } else { Self::NONE }
    }

    /// Seconds until the next try may be, rounded up; 0: now.
    fn retry(self, free: u32, limits: &Limits, now: Time) -> u64 {
        let delay = delay(self.failures, free, limits);
        let left = delay.saturating_mul(1000).saturating_sub(now.0.saturating_sub(self.at.0).max(0));
        left.max(0).unsigned_abs().div_ceil(1000)
    }
}

/// Seconds that so many failures delay the next try: 1, 2, 4, … to the most.
fn delay(failures: u32, free: u32, limits: &Limits) -> i64 {
    match failures.checked_sub(free) {
        None | Some(0) => 0,
        Some(over) => (1i64 << (over - 1).min(32)).min(limits.login_delay_seconds.into()),
    }
}

/// Does `work`, which shows whether a guess was right, unless there were too many wrong ones: with
/// [`Fault::BadCredentials`] or [`Fault::NotFound`] it was wrong, with a value right, and with anything else neither.
///
/// # Errors
/// Those of the work; [`Fault::TooManyFailures`], for right guesses as well; of the database, where a failure
/// cannot be kept: else it would tell the right guess from the wrong ones and count none.
pub async fn guarded<T>(
    app: &App, target: Target, work: impl Future<Output = Result<T, Fault>>,
) -> Result<T, Fault> {
    let mut turns = vec![];
    for count in target.counts() {
        turns.push(app.throttle.turn(app, count).await?);
    }
    let result = work.await;
    match &result {
        Ok(_) => clear(app, &turns, &target).await?,
        Err(Fault::BadCredentials | Fault::NotFound(_)) => note(app, &turns, &target).await?,
        Err(_) => {}
    }
    result
}

/// One try under way. The next one is let on when it is dropped.
struct Turn {
    count: Count,
    held: Held,
}

/// Keeps what is known of a mark while anybody is at it, or waits to be.
struct Held {
    throttle: Throttle,
    mark: [u8; 32],
    entry: Arc<Entry>,
}

impl Throttle {
    fn entries(&self) -> MutexGuard<'_, HashMap<[u8; 32], Arc<Entry>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hold(&self, mark: [u8; 32]) -> Held {
        let entry = self.entries().entry(mark).or_default().clone();
        Held { throttle: self.clone(), mark, entry }
    }

    async fn turn(&self, app: &App, count: Count) -> Result<Turn, Fault> {
        let held = self.hold(count.mark);
        held.learn(&app.db).await?;
        held.let_on(app, count.free).await?;
        Ok(Turn { count, held })
    }
}

impl Held {
    fn state(&self) -> MutexGuard<'_, State> {
        self.entry.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until a try cannot go beyond what is free, whatever comes of those under way: then only one at a
    /// time. Counts it as under way.
    async fn let_on(&self, app: &App, free: u32) -> Result<(), Fault> {
        loop {
            let changed = self.entry.changed.notified();
            {
                let (config, now) = (app.config(), app.clock.now());
                let limits = &config.limits;
                let mut state = self.state();
                let tally = state.known.unwrap_or(Tally::NONE).fresh(limits, now);
                match tally.retry(free, limits, now) {
                    0 if state.running == 0 || tally.failures + state.running < free => {
                        state.running += 1;
                        return Ok(());
                    }
                    0 => {}
                    retry => return Err(Fault::TooManyFailures { retry }),
                }
            }
            changed.await;
        }
    }

    /// Asks the database, if nobody has.
    async fn learn(&self, db: &Db) -> Result<(), Fault> {
        if self.state().known.is_some() {
            return Ok(());
        }
        let mark = self.mark;
        let row = db.read(move |tx| Failures::of(tx, mark)).await?;
        let tally = row.map_or(Tally::NONE, |row| Tally { failures: row.failures, at: row.at });
        // Whoever was quicker may have failed meanwhile.
        self.state().known.get_or_insert(tally);
        Ok(())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut entries = self.throttle.entries();
        // The map's and ours: nobody else holds it, and nobody can come to while the map is held.
        if Arc::strong_count(&self.entry) == 2 {
            entries.remove(&self.mark);
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.held.state().running -= 1;
        self.held.entry.changed.notify_waiters();
    }
}

/// Counts a wrong guess.
async fn note(app: &App, turns: &[Turn], target: &Target) -> Result<(), Fault> {
    let (config, now) = (app.config(), app.clock.now());
    let marks: Vec<[u8; 32]> = turns.iter().map(|turn| turn.count.mark).collect();
    let limits = config.limits.clone();
    // Of an address: all that others could change at the same time, but for one account's from several.
    let _noting = match turns.last() {
        Some(turn) => Some(turn.held.entry.noting.lock().await),
        None => None,
    };
    let tallies = settled(app, move |tx| {
        let each = marks.iter().map(|mark| fail(tx, *mark, &limits, now));
        Ok(each.collect::<Result<Vec<Tally>, sql::Error>>()?)
    })
    .await?;
    for (turn, tally) in turns.iter().zip(tallies) {
        turn.held.state().known = Some(tally);
        let seconds = delay(tally.failures, turn.count.free, &config.limits);
        if seconds > 0 {
            let (from, failures) = (target.from, tally.failures);
            log::warn!("address={from} throttled seconds={seconds} failures={failures}");
        }
    }
    Ok(())
}

fn fail(tx: &mut Tx<'_>, mark: [u8; 32], limits: &Limits, now: Time) -> Result<Tally, sql::Error> {
    let before = Failures::of(tx, mark)?.map(|row| Tally { failures: row.failures, at: row.at });
    let failures = before.map_or(0, |tally| tally.fresh(limits, now).failures).saturating_add(1);
    Failures { id: 0, mark, failures, at: now }.put(tx, limits.login_rows)?;
    Ok(Tally { failures, at: now })
}

/// Forgets the failures of who has shown who it is.
async fn clear(app: &App, turns: &[Turn], target: &Target) -> Result<(), Fault> {
    let own = target.own.and_then(|own| turns.iter().find(|turn| turn.count.mark == own.mark));
    let Some(turn) = own.filter(|turn| turn.held.state().known.is_some_and(|known| known.failures > 0))
    else {
        return Ok(());
    };
    let mark = turn.count.mark;
    app.db.write(move |tx| Failures::clear(tx, mark)).await?;
    turn.held.state().known = Some(Tally::NONE);
    Ok(())
}

/// Forgets what has not failed for long.
///
/// # Errors
/// Of the database.
pub fn sweep(tx: &mut Tx<'_>, limits: &Limits, now: Time) -> Result<u64, sql::Error> {
    Failures::sweep(tx, Time(now.0 - i64::from(limits.login_forget_seconds) * 1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_to_the_most_and_are_forgotten() {
        let limits = Limits { login_delay_seconds: 10, login_forget_seconds: 100, ..Limits::default() };
        let delays: Vec<i64> = (0..9).map(|failures| delay(failures, 3, &limits)).collect();
        assert_eq!(delays, [0, 0, 0, 0, 1, 2, 4, 8, 10]);
        assert_eq!(delay(u32::MAX, 0, &limits), 10);
        let tally = Tally { failures: 5, at: Time(1_000_000) };
        let retry = |ms| {
            let now = Time(1_000_000 + ms);
            tally.fresh(&limits, now).retry(3, &limits, now)
        };
        assert_eq!(
            [retry(0), retry(1), retry(1000), retry(1001), retry(1999), retry(2000)],
            [2, 2, 1, 1, 1, 0]
        );
        let fresh = |ms: i64| tally.fresh(&limits, Time(1_000_000 + ms)).failures;
        assert_eq!([fresh(99_999), fresh(100_000)], [5, 0]);
        // A clock that was set back a little delays no longer, and one set back far not at all.
        assert_eq!([retry(-1000), retry(-AHEAD - 1)], [2, 0]);
    }

    #[test]
    fn what_is_counted_apart_has_marks_apart() {
        let limits = Limits::default();
        let own = |target: Target| target.own.map(|own| own.mark);
        let name = |name, from| own(Target::name(&limits, name, from));
        assert_ne!(name("anna", "192.0.2.1"), name("anna", "192.0.2.2"));
        assert_ne!(name("anna", "192.0.2.1"), name("berta", "192.0.2.1"));
        assert_eq!(name("anna", "2001:db8::1"), name("anna", "2001:db8::2"));
        let account = |from| own(Target::account(&limits, AccountId(1), "password", from));
        assert_eq!(account("192.0.2.1"), account("192.0.2.2"));
        assert_ne!(mark(&["ab", "c"]), mark(&["a", "bc"]));
    }
}
