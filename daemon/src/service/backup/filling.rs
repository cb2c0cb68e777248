//! The bytes of all titles of a database, from one vault into another.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sql::Db;
use sql::check::{Usage, contents};
use vault::{Archive, Digest, Survey, Taken};

use super::{Failed, PAGE, Tell};
use crate::service::check::{Progress, hit};

/// The contents of a database on their way from one vault to another.
pub(super) struct Filling<'f> {
    pub from: &'f Survey,
    pub into: &'f Archive,
    pub place: &'f Path,
    /// Read also what is there already.
    pub doubt: bool,
    pub progress: Progress,
}

/// What became of them.
#[derive(Default)]
pub(super) struct Filled {
    /// How many, and their bytes.
    pub copied: (u64, u64),
    pub here: u64,
    pub missing: u64,
}

impl Filling<'_> {
    /// Copies what is not there; names what cannot be had, with what that means.
    pub async fn run(&self, db: &Db, result: &str, tell: Tell<'_>) -> Result<Filled, Failed> {
        let all = self.room(db).await?;
        let meter = meter(self.progress.clone(), all);
        let (mut after, mut filled) = (0, Filled::default());
        loop {
            let page = db.read(move |tx| contents(tx, after, PAGE)).await?;
            let Some(last) = page.last() else { return Ok(filled) };
            after = last.id;
            for usage in page.into_iter().filter(|usage| usage.kept) {
                let (digest, meter) = (Digest::from(usage.sha256), meter.clone());
                let taken = self
                    .into
                    .take(self.from, &digest, usage.size, self.doubt, move |bytes| meter(bytes))
                    .await
                    .map_err(|error| self.full(error))?;
                let wrong = match taken {
                    Taken::Here => {
                        filled.here += 1;
                        continue;
                    }
                    Taken::Copied => {
                        filled.copied = (filled.copied.0 + 1, filled.copied.1 + usage.size);
                        continue;
                    }
                    Taken::Missing => "missing",
                    Taken::Damaged => "damaged",
                };
                filled.missing += 1;
                let hit = hit(db, usage.id).await?;
                tell(format!(
                    "content {}: its file {digest} is {wrong}, the bytes of {hit}{result}",
                    usage.id
                ));
            }
        }
    }

    /// Sees to it that there is room for what is to be copied; how many bytes will be read.
    async fn room(&self, db: &Db) -> Result<u64, Failed> {
        let (mut after, mut needed, mut all, mut first) = (0, 0, 0, None);
        loop {
            let page: Vec<Usage> = db.read(move |tx| contents(tx, after, PAGE)).await?;
            let Some(last) = page.last() else { break };
            after = last.id;
            for usage in page.iter().filter(|usage| usage.kept) {
                let digest = Digest::from(usage.sha256);
                let here = self.into.size(&digest).await? == Some(usage.size);
                if !here {
                    needed += usage.size;
                    first.get_or_insert(digest);
                }
                if !here || self.doubt {
                    all += usage.size;
                }
            }
        }
        let free = self.into.free().await?;
        if let Some(first) = first
            && needed > free
            && !self.into.shares_blocks(self.from, &first).await?
        {
            return Err(Failed::NoRoom { place: self.place.to_owned(), free, needed });
        }
        Ok(all)
    }

    fn full(&self, error: vault::Error) -> Failed {
        match error {
            vault::Error::Full => Failed::Full(self.place.to_owned()),
            other => other.into(),
        }
    }
}

/// Adds up what was read of `all` bytes.
fn meter(progress: Progress, all: u64) -> Arc<dyn Fn(u64) + Send + Sync> {
    let done = AtomicU64::new(0);
    Arc::new(move |bytes| progress(done.fetch_add(bytes, Ordering::Relaxed) + bytes, all))
}
