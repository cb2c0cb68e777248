//! Uploads of what is known here: whoever proves to have the file need not send it.

use protocol::value::{Md5, Time};
use sql::catalogue::{Content, Title};
use sql::{Tx, removal, stats};
use vault::Digest;

use super::places::Bounds;
use super::upload::{Draft, Order, Source, Verified};
use crate::app::App;
use crate::service::once::Key;
use crate::service::{Fault, User};

/// How long a proof is awaited, in milliseconds: a large file is read once on a slow disk meanwhile.
const PATIENCE: i64 = 3600 * 1000;

/// Bytes of a sample. Five of them show that somebody has the file whose SHA-256 was named.
const SAMPLE: u64 = 64 * 1024;

/// Files made to have one MD5 are told apart by the proof; of more than this many the bytes are sent.
const ALIKE: u32 = 4;

/// It was purged, deleted or hidden meanwhile.
pub(super) const GONE: Fault = Fault::ProofFailed("it is no longer here: STOR again");

/// A file that is known here, and the proof that is awaited for it.
pub struct Proof {
    /// What the proof begins with.
    pub nonce: String,
    /// What it goes on with: offset and length in bytes.
    pub ranges: Vec<(u64, u64)>,
    contents: Vec<Content>,
    draft: Draft,
    key: Option<Key>,
    until: Time,
}

/// The proof to be asked for, where the content is known here, can be had by `user` anyway, and is in the
/// vault: nobody learns from it what else the vault holds.
pub(super) async fn offer(
    app: &App, user: &User, order: &Order, draft: &Draft, key: Option<Key>,
) -> Result<Option<Proof>, Fault> {
    if !order.prove || order.size == 0 {
        return Ok(None);
    }
    let (size, md5, asker) = (order.size, order.md5, user.clone());
    let known = app.db.read(move |tx| known(tx, &asker, size, md5)).await?;
    let mut contents = vec![];
    for content in known {
        match app.vault.stored(&Digest::from(content.sha256), size).await {
            Ok(_) => contents.push(content),
            // Sent again, it is whole again.
            Err(error) => log::error!("content={} is not offered for a proof: {error}", content.id),
        }
    }
    let named = |content: &Content| order.sha256.is_some_and(|named| named.0 == content.sha256);
    let ranges = match contents.iter().position(named) {
        Some(found) => {
            contents = vec![contents.swap_remove(found)];
            samples(size)
        }
        None => vec![(0, size)],
    };
    Ok((!contents.is_empty()).then(|| Proof {
        nonce: format!("{:032x}", rand::random::<u128>()),
        ranges,
        contents,
        draft: draft.clone(),
        key,
        until: Time(app.clock.now().0 + PATIENCE),
    }))
}

fn known(tx: &mut Tx<'_>, user: &User, size: u64, md5: Md5) -> Result<Vec<Content>, Fault> {
    let mut open = vec![];
    for content in Content::alike(tx, size, md5, ALIKE + 1)? {
        if may_have(tx, user, content.id)? {
            open.push(content);
        }
    }
    // More than these would be read for one proof: whoever makes such files sends them.
    Ok(if open.len() > ALIKE as usize { vec![] } else { open })
}

/// Whether somebody could have this content without proving anything.
pub(super) fn may_have(tx: &mut Tx<'_>, user: &User, content: i64) -> Result<bool, Fault> {
    Ok(removal::is_kept(tx, content)? && (user.is_admin() || Title::is_open_to(tx, content, user.id)?))
}

/// The start, one third, two thirds, the end, and a place that nobody can foresee; all of a small file.
fn samples(size: u64) -> Vec<(u64, u64)> {
    if size <= 5 * SAMPLE {
        return vec![(0, size)];
    }
    let last = size - SAMPLE;
    let random = rand::random_range(0..=last);
    [0, size / 3, size / 3 * 2, last, random].map(|offset| (offset.min(last), SAMPLE)).to_vec()
}

/// Reads what the proof is over, and compares. It may be cancelled.
///
/// # Errors
/// [`Fault::ProofFailed`] where it is wrong or late; too many uploads at once; of the disk.
pub async fn check(app: &App, user: &User, proof: Proof, answer: Md5) -> Result<Verified, Fault> {
    let Proof { nonce, ranges, contents, draft, key, until } = proof;
    if until <= app.clock.now() {
        return Err(Fault::ProofFailed("the proof came too late: STOR again"));
    }
    // It reads and hashes as an upload does.
    let place = app.uploads.take(user.id, Bounds::uploads(&app.config().limits))?;
    for content in contents {
        let stored = app.vault.stored(&Digest::from(content.sha256), content.size).await?;
        if Md5(stored.md5_over(nonce.clone(), ranges.clone()).await?) == answer {
            let source = Source::Known(content);
            return Ok(Verified { source, draft, key, _place: place });
        }
    }
    let now = app.clock.now();
    app.db.write(move |tx| stats::count(tx, "proofs-failed", 1, now)).await?;
    log::warn!("session={} account={} address={} failed a proof", user.session, user.id, user.address);
    Err(Fault::ProofFailed("these are not the bytes that STOR named"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_lie_within_the_file() {
        for size in [1, SAMPLE, 5 * SAMPLE, 5 * SAMPLE + 1, 1 << 40] {
            let ranges = samples(size);
            assert!(
                ranges.iter().all(|(offset, length)| *length > 0 && offset + length <= size),
                "{ranges:?}"
            );
            assert_eq!(ranges[0].0, 0);
        }
        let large = samples(1 << 40);
        assert_eq!((large.len(), large[3].0 + large[3].1), (5, 1 << 40));
    }
}
