//! The film: its bytes from any place on, fetched over connections of their own.

use std::sync::{Mutex, PoisonError};

use crate::fault::Fault;
use crate::link::Link;
use crate::session::Pass;
use crate::transfer::Patience;
use crate::transfer::part::Range;
use crate::transfer::place::Title;
use crate::transfer::segment::fetch;

/// How much is asked for first: players look here and there before they play.
const FIRST: u64 = 256 * 1024;

/// How much is asked for at most: who seeks leaves a connection with so much at most on the way.
const MOST: u64 = 8 * 1024 * 1024;

/// A title that is played.
#[derive(Debug)]
pub struct Film {
    /// What it is.
    pub title: Title,
    pass: Pass,
    fault: Mutex<Option<Fault>>,
}

impl Film {
    /// Fetched with this.
    pub fn new(title: Title, pass: Pass) -> Self {
        Self { title, pass, fault: Mutex::default() }
    }

    /// Why it could not be fetched, if that was so.
    pub fn fault(&self) -> Option<Fault> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Whether the player is gone.
    pub fn is_over(&self) -> bool {
        self.pass.cancel().is_cancelled()
    }

    fn failed(&self, fault: Fault) {
        if !self.is_over() {
            *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(fault);
        }
    }
}

/// One reader of a film.
#[derive(Debug)]
pub struct Source<'a> {
    film: &'a Film,
    link: Option<Link>,
}

impl<'a> Source<'a> {
    /// Nothing is fetched yet.
    pub fn new(film: &'a Film) -> Self {
        Self { film, link: None }
    }

    /// Hands the bytes of a range to `sink`, in order and as it takes them. False if not all could be had, or
    /// `sink` wanted no more.
    pub fn pour(&mut self, range: Range, mut sink: impl FnMut(&[u8]) -> bool) -> bool {
        let (mut at, end) = range;
        let (mut piece, mut patience) = (FIRST, Patience::default());
        while at < end {
            let (before, mut gone) = (at, false);
            let fault = match self.piece((at, end.min(at + piece)), &mut at, &mut gone, &mut sink) {
                Ok(()) => {
                    piece = (piece * 2).min(MOST);
                    patience = Patience::default();
                    continue;
                }
                Err(fault) => fault,
            };
            // What is still on the way belongs to nothing.
            if let Some(link) = self.link.take() {
                link.close();
            }
            if gone || self.film.is_over() {
                return false;
            }
            if at > before {
                patience = Patience::default();
            }
            // Too many at once, or too quickly, is over soon.
            if !(fault.is_lost() || fault.is("BUSY") || fault.is("THROTTLED")) {
                self.film.failed(fault);
                return false;
            }
            if let Err(fault) = patience.wait(self.film.pass.cancel(), fault) {
                self.film.failed(fault);
                return false;
            }
        }
        true
    }

    fn piece(
        &mut self, range: Range, at: &mut u64, gone: &mut bool, sink: &mut impl FnMut(&[u8]) -> bool,
    ) -> Result<(), Fault> {
        let link = match &mut self.link {
            Some(link) => link,
            none => none.insert(self.film.pass.open()?),
        };
        if self.film.is_over() {
            return Err(Fault::Cancelled);
        }
        let reply = fetch(link, &self.film.title, range, |place, bytes| {
            if !sink(&bytes) {
                *gone = true;
                return Err(Fault::Cancelled);
            }
            *at = place + bytes.len() as u64;
            Ok(())
        })?;
        if reply.status.code == 226 { Ok(()) } else { Err(Fault::Refused(Box::new(reply))) }
    }
}

impl Drop for Source<'_> {
    fn drop(&mut self) {
        if let Some(link) = self.link.take() {
            link.close();
        }
    }
}
