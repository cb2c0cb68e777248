//! How many connections there are, in all and by address: what comes in is counted until it goes.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::address::Prefix;
use crate::config::Limits;

/// The connections that are open. All doors share one.
#[derive(Clone, Default)]
pub struct Gate(Arc<Mutex<Open>>);

#[derive(Default)]
struct Open {
    all: usize,
    each: HashMap<Prefix, usize>,
    refused: u64,
    told: Option<Instant>,
}

/// Refusals get one line in the log within this time: a flood of them shall not fill the disk.
const TELL: Duration = Duration::from_secs(1);

impl Gate {
    fn open(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a connection from `address` until the place is dropped; none where there are too many.
    pub fn enter(&self, address: IpAddr, limits: &Limits) -> Option<Place> {
        let from = Prefix::from(address);
        let mut open = self.open();
        let mine = open.each.get(&from).copied().unwrap_or(0);
        let full = open.all >= limits.connections;
        if full || mine >= limits.address_connections {
            open.refuse(from, if full { "in all" } else { "of this address" });
            return None;
        }
        open.all += 1;
        open.each.insert(from, mine + 1);
        Some(Place { gate: self.clone(), from })
    }
}

impl Open {
    fn refuse(&mut self, from: Prefix, why: &str) {
        self.refused += 1;
        if self.told.is_none_or(|told| told.elapsed() >= TELL) {
            log::warn!("address={from} refused: too many connections {why}; refused={}", self.refused);
            (self.refused, self.told) = (0, Some(Instant::now()));
        }
    }
}

/// A connection that is counted.
pub struct Place {
    gate: Gate,
    from: Prefix,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.gate.open();
        open.all -= 1;
        if let Some(mine) = open.each.get_mut(&self.from) {
            *mine -= 1;
            if *mine == 0 {
                open.each.remove(&self.from);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_takes_all_the_places() {
        let (gate, limits) =
            (Gate::default(), Limits { connections: 5, address_connections: 2, ..Limits::default() });
        let enter = |address: &str| gate.enter(address.parse().unwrap(), &limits);
        let mut inside = vec![enter("2001:db8::1").unwrap(), enter("2001:db8::2").unwrap()];
        assert!(enter("2001:db8::3").is_none(), "a third of one /64");
        inside.push(enter("2001:db8:0:1::3").unwrap());
        inside.push(enter("192.0.2.1").unwrap());
        inside.push(enter("::ffff:192.0.2.1").unwrap());
        assert!(enter("192.0.2.2").is_none(), "a sixth in all");
        inside.clear();
        assert!(enter("192.0.2.2").is_some());
        assert!(gate.open().each.is_empty() && gate.open().all == 0);
    }
}
