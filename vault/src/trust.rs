//! Whether the bytes of a file are still those that were stored. What was stored or read through since this process
//! began, and not been touched since, is trusted; anything else is read once beside its first download, which then
//! does not come to its end if they are not. `reeld check --deep` reads everything, this only what is asked for.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};

use crate::ring::BUFFER;
use crate::{Digest, Error, background};

/// Contents that are remembered at most, some 100 bytes each. Beyond it all is forgotten and read again when it is
/// asked for.
const REMEMBERED: usize = 16 * 1024;

/// Content up to this many bytes is read before the first of them is sent.
const SMALL: u64 = 1 << 20;

/// Larger ones that are read at once; what comes beyond goes unread this time.
const CHECKS: usize = 4;

/// How long the end of a download waits for the outcome. Nobody is kept waiting for longer because a disk is slow.
const LONGEST: Duration = Duration::from_secs(10);

/// What changes with every write to a file, and when another takes its name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Stamp([i64; 4], [u64; 3]);

impl Stamp {
    fn of(file: &File) -> io::Result<Self> {
        let here = file.metadata()?;
        let times = [here.mtime(), here.mtime_nsec(), here.ctime(), here.ctime_nsec()];
        Ok(Self(times, [here.dev(), here.ino(), here.len()]))
    }
}

/// What is known of the contents of one vault.
#[derive(Debug, Default)]
pub(crate) struct Trust {
    seen: Mutex<HashMap<Digest, (Stamp, Arc<Verdict>)>>,
    checks: AtomicUsize,
}

impl Trust {
    /// The file has just been stored, as that content.
    pub fn stored(&self, digest: &Digest, file: &File) -> Result<(), Error> {
        self.remember(*digest, Stamp::of(file)?, Verdict::of(Some(true)));
        Ok(())
    }

    /// Whether it was found to be damaged, and is still the same file.
    pub fn is_damaged(&self, digest: &Digest, file: &File) -> Result<bool, Error> {
        let stamp = Stamp::of(file)?;
        Ok(self.known(digest, stamp).is_some_and(|verdict| verdict.now() == Some(false)))
    }

    /// What is known of a file; it is read where that is nothing. It may take a while for a small one.
    pub fn verdict(self: &Arc<Self>, digest: &Digest, file: &Arc<File>) -> Result<Arc<Verdict>, Error> {
        let stamp = Stamp::of(file)?;
        if let Some(known) = self.known(digest, stamp) {
            return Ok(known);
        }
        let [_, _, size] = stamp.1;
        let verdict = Verdict::of(None);
        if size > SMALL && self.checks.fetch_add(1, Ordering::Relaxed) >= CHECKS {
            self.checks.fetch_sub(1, Ordering::Relaxed);
            verdict.say(true);
            return Ok(verdict);
        }
        self.remember(*digest, stamp, verdict.clone());
        let check = Check { trust: self.clone(), digest: *digest, stamp, verdict: verdict.clone() };
        if size <= SMALL {
            check.run(file);
        } else {
            let file = file.clone();
            let work = move || {
                check.run(&file);
                check.trust.checks.fetch_sub(1, Ordering::Relaxed);
            };
            if let Err(error) = background::spawn("vault-check", work) {
                log::warn!("no thread to check content {digest}: {error}");
                self.checks.fetch_sub(1, Ordering::Relaxed);
                self.seen().remove(digest);
                verdict.say(true);
            }
        }
        Ok(verdict)
    }

    fn known(&self, digest: &Digest, stamp: Stamp) -> Option<Arc<Verdict>> {
        let seen = self.seen();
        seen.get(digest).filter(|(before, _)| *before == stamp).map(|(_, verdict)| verdict.clone())
    }

    fn remember(&self, digest: Digest, stamp: Stamp, verdict: Arc<Verdict>) {
        let mut seen = self.seen();
        if seen.len() >= REMEMBERED {
            seen.clear();
        }
        seen.insert(digest, (stamp, verdict));
    }

    fn seen(&self) -> MutexGuard<'_, HashMap<Digest, (Stamp, Arc<Verdict>)>> {
        // Each change is one call, so a panic elsewhere cannot have left half of one.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One reading of one file.
struct Check {
    trust: Arc<Trust>,
    digest: Digest,
    stamp: Stamp,
    verdict: Arc<Verdict>,
}

impl Check {
    fn run(&self, file: &File) {
        let sound = match hash(file) {
            Ok(found) => found == self.digest,
            Err(error) => {
                log::error!("content {} cannot be read: {error}", self.digest);
                false
            }
        };
        // A file that was written to meanwhile is another one: whoever asks next has it read again.
        let same = Stamp::of(file).is_ok_and(|stamp| stamp == self.stamp);
        if !sound && same {
            log::error!(
                "content {} is damaged, its bytes are not those that were stored: `reeld check --deep` names its titles",
                self.digest
            );
        }
        if !same {
            self.trust.seen().remove(&self.digest);
        }
        self.verdict.say(sound);
    }
}

fn hash(file: &File) -> io::Result<Digest> {
    let (mut sum, mut buffer, mut offset) = (Sha256::new(), vec![0; BUFFER], 0);
    loop {
        match file.read_at(&mut buffer, offset) {
            Ok(0) => break,
            Ok(read) => {
                sum.update(buffer.get(..read).unwrap_or_default());
                offset += read as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let sum: [u8; 32] = sum.finalize().into();
    Ok(sum.into())
}

/// Whether content is sound, as soon as that is known.
#[derive(Debug)]
pub(crate) struct Verdict {
    sound: Mutex<Option<bool>>,
    told: Condvar,
    begun: Instant,
}

impl Verdict {
    fn of(sound: Option<bool>) -> Arc<Self> {
        Arc::new(Self { sound: Mutex::new(sound), told: Condvar::new(), begun: Instant::now() })
    }

    fn say(&self, sound: bool) {
        *self.sound.lock().unwrap_or_else(PoisonError::into_inner) = Some(sound);
        self.told.notify_all();
    }

    /// What is known now.
    pub fn now(&self) -> Option<bool> {
        *self.sound.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for it; none if it is not known after `patience`. What takes too long counts as sound.
    pub fn wait(&self, patience: Duration) -> Option<bool> {
        let sound = self.sound.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.told.wait_timeout_while(sound, patience, |sound| sound.is_none());
        let (sound, _) = waited.unwrap_or_else(PoisonError::into_inner);
        sound.or_else(|| (self.begun.elapsed() > LONGEST).then_some(true))
    }
}
