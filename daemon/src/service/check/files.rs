//! Every file of the vault, against the content that the database knows.

use sql::check;
use vault::{Digest, Found, Still};

use super::{Check, PAGE, Stopped, shown};

impl Check<'_, '_, '_> {
    pub(super) async fn files(&mut self) -> Result<(), Stopped> {
        let (folders, strays) = self.club.survey.folders().await?;
        let mut number = 0u64;
        self.strays(&strays);
        for folder in folders {
            let found = self.club.survey.files(folder).await?;
            self.strays(&found);
            let digests: Vec<Digest> = found.iter().filter_map(digest).collect();
            number += digests.len() as u64;
            for some in digests.chunks(PAGE as usize) {
                self.batch(some).await?;
            }
        }
        self.report.checked("files", format!("{number} in the vault"));
        Ok(())
    }

    fn strays(&mut self, found: &[Found]) {
        for stray in found {
            if let Found::Stray(path) = stray {
                let path = shown(path);
                self.report.found(format!("{path} is no file of Reel's: look what it is, and remove it"));
            }
        }
    }

    async fn batch(&mut self, digests: &[Digest]) -> Result<(), Stopped> {
        let known: Vec<[u8; 32]> = digests.iter().map(|digest| *digest.as_bytes()).collect();
        let usages = self.read(move |tx| check::contents_of(tx, &known)).await?;
        for digest in digests {
            let kept = usages.iter().any(|usage| usage.kept && usage.sha256 == *digest.as_bytes());
            if !kept {
                self.suspect(digest).await?;
            }
        }
        Ok(())
    }

    /// A file that nobody seems to need: looked at again while no upload is between its file and its row.
    async fn suspect(&mut self, digest: &Digest) -> Result<(), Stopped> {
        // Without a repair nothing is removed: no need to wait for a backup.
        let _quiet = if self.scope.repair { None } else { Some(self.club.survey.quiet().await?) };
        let still = if self.scope.repair { Some(self.club.survey.still().await?) } else { None };
        let sha256 = *digest.as_bytes();
        let usage = self.read(move |tx| check::contents_of(tx, &[sha256])).await?.into_iter().next();
        let Some(size) = self.club.survey.size(digest).await? else { return Ok(()) };
        match usage {
            Some(usage) if usage.kept => Ok(()),
            Some(usage) if usage.used => self.leftover(still.as_ref(), digest, size).await,
            // Its row is a finding of its own.
            Some(_) => Ok(()),
            None => self.orphan(still.as_ref(), digest, size).await,
        }
    }

    async fn leftover(&mut self, still: Option<&Still>, digest: &Digest, size: u64) -> Result<(), Stopped> {
        let done = match still {
            Some(still) => still.purge(digest).await?.then(|| format!("removed, {size} bytes are free")),
            None => None,
        };
        self.report.found_or_mended(
            format!("file {digest}: a purge did not come to remove it ({size} bytes); --repair does"),
            done,
        );
        Ok(())
    }

    async fn orphan(&mut self, still: Option<&Still>, digest: &Digest, size: u64) -> Result<(), Stopped> {
        let what = format!(
            "file {digest}: no title's ({size} bytes), left behind by an upload whose last step failed; \
             --repair moves it to vault/v1/aside"
        );
        let Some(still) = still else {
            self.report.found(what);
            return Ok(());
        };
        if !self.read(check::any_content).await? {
            // An operator who names a wrong database shall not find the vault empty.
            self.report.found(format!(
                "{what}. Not done: this database knows no content at all; is it that of these files?"
            ));
        } else {
            let done = still.set_aside(digest).await?;
            let done = done.map(|place| format!("it is now {place}; remove it when nobody misses it"));
            self.report.found_or_mended(what, done);
        }
        Ok(())
    }
}

fn digest(found: &Found) -> Option<Digest> {
    match found {
        Found::Content { digest, .. } => Some(*digest),
        Found::Stray(_) => None,
    }
}
