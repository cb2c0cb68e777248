//! Every content that the database knows, against the file that has to be there.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use protocol::value::Md5;
use sql::Db;
use sql::check::{self, Usage};
use vault::{Digest, Hashes};

use super::{Check, PAGE, Stopped, shown};

/// Titles that are named where one content is hit.
const NAMED: usize = 3;

impl Check<'_, '_, '_> {
    pub(super) async fn contents(&mut self) -> Result<(), Stopped> {
        let (mut after, mut number, mut bytes) = (0, 0u64, 0u64);
        let meter = self.meter().await?;
        loop {
            let page = self.read(move |tx| check::contents(tx, after, PAGE)).await?;
            let Some(last) = page.last() else { break };
            after = last.id;
            for usage in page {
                if !usage.used {
                    self.unused(&usage).await?;
                } else if usage.kept {
                    number += 1;
                    bytes += usage.size;
                    self.content(&usage, &meter).await?;
                }
            }
        }
        let how = if self.scope.deep { "every byte read" } else { "not read (--deep)" };
        self.report.checked("contents", format!("{number} of {bytes} bytes, {how}"));
        Ok(())
    }

    /// What hears of the bytes that were read.
    async fn meter(&self) -> Result<Arc<dyn Fn(u64) + Send + Sync>, Stopped> {
        let all = if self.scope.deep { self.read(check::bytes_kept).await? } else { 0 };
        let (progress, done) = (self.scope.progress.clone(), AtomicU64::new(0));
        Ok(Arc::new(move |bytes| progress(done.fetch_add(bytes, Ordering::Relaxed) + bytes, all)))
    }

    async fn unused(&mut self, usage: &Usage) -> Result<(), Stopped> {
        let id = usage.id;
        let gone = self.mend(move |tx| check::forget_content(tx, id)).await?;
        let done = gone.filter(|rows| *rows > 0).map(|_| "its row is removed".to_owned());
        self.report
            .found_or_mended(format!("content {id}: no title uses it; --repair removes its row"), done);
        Ok(())
    }

    async fn content(
        &mut self, usage: &Usage, meter: &Arc<dyn Fn(u64) + Send + Sync>,
    ) -> Result<(), Stopped> {
        let (id, digest) = (usage.id, Digest::from(usage.sha256));
        let size = self.club.survey.size(&digest).await?;
        if size == Some(usage.size) && !self.scope.deep {
            return Ok(());
        }
        if let Some(size) = size.filter(|_| !self.scope.deep && !self.scope.repair) {
            let hit = self.hit(id).await?;
            let (found, known) = (size, usage.size);
            self.report.found(format!(
                "content {id}: its file has {found} bytes, the database says {known}; {hit} cannot be fetched: \
                 --repair reads the file and finds out which is wrong"
            ));
            return Ok(());
        }
        let meter = meter.clone();
        match self.club.survey.hash(&digest, move |bytes| meter(bytes)).await? {
            None => self.missing(usage).await,
            Some(hashes) if hashes.sha256 != digest => self.damaged(usage, hashes.size).await,
            Some(hashes) => self.facts(usage, hashes).await,
        }
    }

    async fn missing(&mut self, usage: &Usage) -> Result<(), Stopped> {
        // Unless it was purged since its row was read.
        let sha256 = usage.sha256;
        let now = self.read(move |tx| check::contents_of(tx, &[sha256])).await?;
        if now.iter().any(|usage| usage.kept) {
            let (id, size, hit) = (usage.id, usage.size, self.hit(usage.id).await?);
            let digest = Digest::from(sha256);
            self.report.found(format!(
                "content {id}: its file is missing; {hit} cannot be fetched: \
                 upload the same {size} bytes again (MD5 {}), or put vault/v1/stored/…/{digest} back from a backup",
                usage.md5
            ));
        }
        Ok(())
    }

    /// The file is moved away, so that an upload of the right bytes is not taken for one that is here already.
    async fn damaged(&mut self, usage: &Usage, size: u64) -> Result<(), Stopped> {
        let (id, digest) = (usage.id, Digest::from(usage.sha256));
        let hit = self.hit(id).await?;
        let still = if self.scope.repair { Some(self.club.survey.still().await?) } else { None };
        let _quiet = if self.scope.repair { None } else { Some(self.club.survey.quiet().await?) };
        // An upload replaces a file of another length: then this one is a good one by now.
        if self.club.survey.size(&digest).await? != Some(size) {
            return Ok(());
        }
        let aside = match still {
            Some(still) => still.set_aside(&digest).await?,
            None => None,
        };
        let next = match aside {
            Some(place) => format!("the damaged file is now {place}; upload the right bytes again"),
            None => "run --repair, which moves the file aside, and upload the right bytes again".to_owned(),
        };
        self.report.found(format!(
            "content {id}: its file is damaged; {hit} cannot be had as uploaded: {next} (MD5 {})",
            usage.md5
        ));
        Ok(())
    }

    /// The bytes are the right ones, so what they say of themselves is right.
    async fn facts(&mut self, usage: &Usage, hashes: Hashes) -> Result<(), Stopped> {
        let (id, size, md5) = (usage.id, hashes.size, Md5(hashes.md5));
        if size == usage.size && md5 == usage.md5 {
            return Ok(());
        }
        let mended = self.mend(move |tx| check::set_facts(tx, id, size, md5)).await?;
        self.report.found_or_mended(
            format!(
                "content {id}: its file is sound, but has {size} bytes and MD5 {md5}, \
                 the database says {} and {}; --repair writes what the file says",
                usage.size, usage.md5
            ),
            mended.map(|_| "written as the file has it".to_owned()),
        );
        Ok(())
    }

    /// The titles of a content, as a sentence names them.
    async fn hit(&self, content: i64) -> Result<String, Stopped> {
        hit(&self.club.db, content).await
    }
}

/// The titles of a content, as a sentence names them.
pub(crate) async fn hit(db: &Db, content: i64) -> Result<String, Stopped> {
    let titles = db.read(move |tx| check::titles_of(tx, content, NAMED as u32 + 1)).await?;
    let named: Vec<String> =
        titles.iter().take(NAMED).map(|(id, name)| format!("title {id} {}", shown(name))).collect();
    let more = if titles.len() > NAMED { " and more" } else { "" };
    Ok(format!("{}{more}", named.join(", ")))
}
