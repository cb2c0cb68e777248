//! Bytes by content: what is uploaded is checked, named by its SHA-256 and kept once; what is kept
//! is sent from any offset. This crate knows no users, no SQL and no network.
//!
//! The way of an upload: [`Vault::receive`] gives an [`Incoming`], which is filled buffer by buffer;
//! [`Incoming::finish`] makes a verified [`Sealed`] of it, and [`Sealed::store`] a [`Stored`], which
//! hands out [`Range`]s. Whatever is dropped on this way keeps its bytes for a resume.
//!
//! An operator looks at the same folder through a [`Survey`], also beside a daemon, and removes content
//! with a [`Still`] in hand: it lasts while no upload is [`Storing`]. A backup copies into an [`Archive`], [`Keeping`]
//! what is there.
//!
//! Callers see no path and no file, so that the content may live in an object store some day.

mod archive;
pub mod background;
mod claim;
mod crew;
mod digest;
mod error;
mod incoming;
mod moving;
mod owner;
mod part;
mod place;
mod proof;
mod reserve;
mod ring;
mod sealed;
mod stored;
mod storing;
mod sum;
mod survey;
mod sweep;
mod trust;
mod writer;

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

pub use archive::{Archive, Taken};
pub use claim::Claim;
pub use digest::{Digest, NotADigest};
pub use error::Error;
pub use incoming::Incoming;
pub use moving::CutOff;
pub use reserve::Keep;
pub use ring::{BUFFER, Buffer};
pub use sealed::Sealed;
pub use stored::{Patience, Range, Sent, Stored};
pub use storing::{Keeping, Quiet, Still, Storing};
pub use survey::{Found, Hashes, Survey};
pub use sweep::Swept;

use claim::Claims;
use place::Place;
use reserve::Reserved;
use trust::Trust;

/// A cheap handle on the content of one folder. The folder is let go of with the last handle and
/// the last upload made from it.
#[derive(Clone, Debug)]
pub struct Vault(Arc<Inner>);

/// What every handle, upload and worker of one vault shares.
#[derive(Debug)]
struct Inner {
    place: Arc<Place>,
    claims: Arc<Claims>,
    reserved: Reserved,
    trust: Arc<Trust>,
    /// Held, never looked at.
    _lock: File,
}

impl Vault {
    /// Opens the vault in the folder `dir`, making it where there is none. It blocks: call it at
    /// start, not from a task.
    ///
    /// # Errors
    /// [`Error::InUse`] while any process, this one included, has the same vault open;
    /// [`Error::Full`] and [`Error::Io`] of the disk.
    pub fn open(dir: &Path) -> Result<Self, Error> {
        let (place, _lock) = Place::open(dir)?;
        let (claims, trust, reserved) = Default::default();
        Ok(Self(Arc::new(Inner { place: Arc::new(place), claims, trust, reserved, _lock })))
    }

    /// The content with this digest, which the caller remembers to be `size` bytes long.
    ///
    /// # Errors
    /// [`Error::Missing`] if it is not here, [`Error::Damaged`] if its length is another one.
    pub async fn stored(&self, digest: &Digest, size: u64) -> Result<Stored, Error> {
        let (inner, digest) = (self.0.clone(), *digest);
        blocking(move || Stored::open(&inner.place.content(&digest), size)).await
    }

    /// The same for a download, which shall not end well with bytes that are not those that were stored: they
    /// are read once, small content before this returns, large content beside its first download. A
    /// [`Range`] of all of it keeps its last byte back until that is done, for a few seconds at most. It blocks: call
    /// it where a task may wait for the disk.
    ///
    /// # Errors
    /// As [`stored`](Self::stored); [`Error::Altered`] once the bytes are known to be others.
    pub fn checked(&self, digest: &Digest, size: u64) -> Result<Stored, Error> {
        Stored::open(&self.0.place.content(digest), size)?.checked(&self.0.trust, digest)
    }

    /// The content with this digest, to be used once more: it is not removed while the [`Storing`] is held.
    ///
    /// # Errors
    /// As [`stored`](Self::stored).
    pub async fn reuse(&self, digest: &Digest, size: u64) -> Result<(Stored, Storing), Error> {
        let (inner, digest) = (self.0.clone(), *digest);
        blocking(move || {
            let storing = Storing::begin(&inner.place)?;
            Ok((Stored::open(&inner.place.content(&digest), size)?, storing))
        })
        .await
    }

    /// Begins the upload of `claim`, or with `resume` goes on where an earlier one broke off:
    /// [`Incoming::offset`] tells where. Without `resume` what had come before is dropped.
    ///
    /// An upload that was dropped a moment ago is waited for until its last bytes are written.
    ///
    /// # Errors
    /// [`Error::Busy`] while the same claim is open, [`Error::Full`] if what is still to come does
    /// not fit on the disk beside what other uploads have still to write, with `keep` left free.
    pub async fn receive(&self, claim: Claim, resume: bool, keep: Keep) -> Result<Incoming, Error> {
        let registered = self.0.claims.take(claim).await?;
        let inner = self.0.clone();
        let (hold, already, room) = blocking(move || part::open(inner, registered, resume, keep)).await?;
        Ok(Incoming::new(hold, already, room))
    }

    /// How many bytes of `claim` a resume would not have to send again; 0 if none have come.
    /// Of an upload under way it is a lower bound.
    ///
    /// # Errors
    /// [`Error::Io`] of the disk.
    pub async fn received(&self, claim: &Claim) -> Result<u64, Error> {
        let (inner, claim) = (self.0.clone(), claim.clone());
        blocking(move || part::received(&inner.place, &claim)).await
    }

    /// Removes what came of uploads that nobody has touched for `older_than` and that are not open
    /// now. A file that cannot be removed is logged and passed over.
    ///
    /// # Errors
    /// [`Error::Io`] if the uploads cannot be listed.
    pub async fn sweep(&self, older_than: Duration) -> Result<Swept, Error> {
        let inner = self.0.clone();
        blocking(move || sweep::sweep(&inner, older_than)).await
    }

    /// Uploads that became content and were never said to be [known](Storing::known), because the process was
    /// killed or the database was away; none if there are none. It waits until nothing is being stored.
    ///
    /// # Errors
    /// [`Error::Io`] of the disk.
    pub async fn cut_off(&self) -> Result<Option<CutOff>, Error> {
        let inner = self.0.clone();
        blocking(move || CutOff::find(&inner)).await
    }

    /// Bytes that this process can still write to the disk of the vault.
    ///
    /// # Errors
    /// [`Error::Io`] of the disk.
    pub async fn free(&self) -> Result<u64, Error> {
        let inner = self.0.clone();
        blocking(move || inner.place.free()).await
    }
}

/// Runs what may wait for the disk where it holds up no task.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        // A panic goes on in its caller.
        Err(ended) => match ended.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(cancelled) => Err(Error::Io(cancelled.into())),
        },
    }
}
