//! Uploads: whole, broken and resumed, wrong, and several at once.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use common::{claim, content, files, push, read, sealed, uploaded, vault};
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};
use vault::{Digest, Error, Keep};

#[tokio::test]
async fn content_of_any_size_comes_back() {
    let (dir, vault) = vault();
    for size in [0, 1, 262_143, 262_144, 262_145, 3 << 20] {
        let bytes = content(size, size as u64);
        let sealed = sealed(&vault, 1, &bytes).await;
        let sha256: [u8; 32] = Sha256::digest(&bytes).into();
        let digest = *sealed.digest();
        assert_eq!(digest, Digest::from(sha256));
        assert_eq!(sealed.size(), size as u64);
        assert_eq!(sealed.md5(), claim(1, &bytes).md5);
        assert!(matches!(vault.stored(&digest, size as u64).await, Err(Error::Missing)));

        let (stored, _) = sealed.store().await.unwrap();
        assert_eq!(stored.size(), size as u64);
        assert!(read(&stored, 0, u64::MAX) == bytes);
        let again = vault.stored(&digest, size as u64).await.unwrap();
        assert!(
            read(&again, size as u64 / 2, 1000)
                == bytes[size / 2..].iter().take(1000).copied().collect::<Vec<_>>()
        );
    }
    assert!(files(dir.path(), "incoming").is_empty());
    assert_eq!(files(dir.path(), "stored").len(), 6);
}

#[tokio::test]
async fn nobody_else_on_the_machine_can_read_it() {
    let (dir, vault) = vault();
    uploaded(&vault, b"content").await;
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let file = &files(dir.path(), "stored")[0];
    assert_eq!(mode(file), 0o600);
    assert_eq!(mode(&dir.path().join("vault/lock")), 0o600);
    for folder in file.ancestors().skip(1).take(5) {
        assert_eq!(mode(folder), 0o700, "{}", folder.display());
    }
    assert_eq!(mode(&dir.path().join("vault/v1/incoming")), 0o700);
}

#[tokio::test]
async fn a_wrong_md5_leaves_nothing() {
    let (dir, vault) = vault();
    for size in [0, 5] {
        let bytes = content(size, 1);
        let right = claim(1, &bytes);
        let mut wrong = right.clone();
        wrong.md5[0] ^= 1;
        let mut incoming = vault.receive(wrong.clone(), false, Keep::default()).await.unwrap();
        push(&mut incoming, &bytes).unwrap();
        match incoming.finish().await {
            Err(Error::Mismatch { found }) => assert_eq!(found, right.md5),
            other => panic!("{other:?}"),
        }
        assert!(files(dir.path(), "incoming").is_empty());
        assert_eq!(vault.received(&wrong).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn neither_more_nor_fewer_bytes_than_claimed() {
    let (_dir, vault) = vault();
    let bytes = content(1000, 1);
    let mut incoming = vault.receive(claim(1, &bytes), false, Keep::default()).await.unwrap();
    push(&mut incoming, &bytes[..600]).unwrap();
    assert_eq!(incoming.remaining(), 400);
    assert!(matches!(push(&mut incoming, &bytes[..401]), Err(Error::TooLong)));
    assert_eq!((incoming.offset(), incoming.remaining()), (600, 400));
    assert!(matches!(incoming.finish().await, Err(Error::TooShort { missing: 400 })));

    let mut incoming = vault.receive(claim(1, &bytes), true, Keep::default()).await.unwrap();
    assert_eq!(incoming.offset(), 600);
    push(&mut incoming, &bytes[600..]).unwrap();
    let mut longer = incoming.buffer(Duration::ZERO).unwrap().unwrap();
    longer.fill(1);
    assert!(matches!(incoming.push(longer), Err(Error::TooLong)));
    let empty = incoming.buffer(Duration::ZERO).unwrap().unwrap();
    incoming.push(empty).unwrap();
    incoming.finish().await.unwrap();
}

/// Past the page cache where pieces are whole blocks, through it where they are not.
#[tokio::test]
async fn a_large_upload_comes_back() {
    let (_dir, vault) = vault();
    let bytes = content((64 << 20) + 12_345, 5);
    let mut incoming = vault.receive(claim(1, &bytes), false, Keep::default()).await.unwrap();
    let (mut left, mut odd) = (&bytes[..], false);
    while !left.is_empty() {
        let next = if odd { 100_001 } else { 5 << 20 }.min(left.len());
        push(&mut incoming, &left[..next]).unwrap();
        (left, odd) = (&left[next..], !odd);
    }
    let stored = incoming.finish().await.unwrap().store().await.unwrap().0;
    assert!(read(&stored, 0, u64::MAX) == bytes);
}

#[tokio::test]
async fn buffers_may_be_dropped() {
    let (_dir, vault) = vault();
    let bytes = content(1 << 20, 1);
    let mut incoming = vault.receive(claim(1, &bytes), false, Keep::default()).await.unwrap();
    for piece in bytes.chunks(10_000) {
        drop(incoming.buffer(Duration::from_secs(60)).unwrap().unwrap());
        push(&mut incoming, piece).unwrap();
    }
    let all: Vec<_> = std::iter::from_fn(|| incoming.buffer(Duration::from_millis(1)).unwrap()).collect();
    assert_eq!(all.len(), 6, "that is all the memory it takes");
    incoming.finish().await.unwrap();
}

#[tokio::test]
async fn the_same_content_at_once_is_stored_once() {
    let (dir, vault) = vault();
    let bytes = content(700_000, 1);
    let (one, two) = (sealed(&vault, 1, &bytes).await, sealed(&vault, 2, &bytes).await);
    assert_eq!(files(dir.path(), "incoming").len(), 2);
    let (one, two) = (tokio::spawn(one.store()), tokio::spawn(two.store()));
    for (stored, _) in [one.await.unwrap().unwrap(), two.await.unwrap().unwrap()] {
        assert!(read(&stored, 0, u64::MAX) == bytes);
    }
    assert_eq!(files(dir.path(), "stored").len(), 1);
    assert!(files(dir.path(), "incoming").is_empty());
}

#[tokio::test]
async fn uploads_run_as_tasks_beside_each_other() {
    let (dir, vault) = vault();
    let tasks: Vec<_> = (0..8)
        .map(|owner| {
            let vault = vault.clone();
            let bytes = content(400_000, owner % 4);
            tokio::spawn(async move { sealed(&vault, owner, &bytes).await.store().await })
        })
        .collect();
    for task in tasks {
        drop(task.await.unwrap().unwrap());
    }
    assert_eq!(files(dir.path(), "stored").len(), 4);
}

#[tokio::test]
async fn a_claim_is_open_once_and_free_when_dropped() {
    let (_dir, vault) = vault();
    let bytes = content(1 << 20, 1);
    let claimed = claim(1, &bytes);
    let mut incoming = vault.receive(claimed.clone(), false, Keep::default()).await.unwrap();
    assert!(matches!(vault.receive(claimed.clone(), true, Keep::default()).await, Err(Error::Busy)));
    assert!(vault.receive(claim(2, &bytes), true, Keep::default()).await.is_ok());
    push(&mut incoming, &bytes).unwrap();
    assert!(matches!(vault.receive(claimed.clone(), true, Keep::default()).await, Err(Error::Busy)));
    drop(incoming);

    let incoming = vault.receive(claimed.clone(), true, Keep::default()).await.unwrap();
    assert_eq!(incoming.remaining(), 0);
    let sealed = incoming.finish().await.unwrap();
    assert!(matches!(vault.receive(claimed.clone(), true, Keep::default()).await, Err(Error::Busy)));
    drop(sealed);
    assert_eq!(vault.received(&claimed).await.unwrap(), claimed.size);
    let incoming = vault.receive(claimed.clone(), true, Keep::default()).await.unwrap();
    let stored = incoming.finish().await.unwrap().store().await.unwrap().0;
    assert!(read(&stored, 0, u64::MAX) == bytes);
    assert_eq!(vault.received(&claimed).await.unwrap(), 0);
}

#[tokio::test]
async fn without_resume_what_came_is_dropped() {
    let (_dir, vault) = vault();
    let bytes = content(1000, 1);
    let mut incoming = vault.receive(claim(1, &bytes), false, Keep::default()).await.unwrap();
    push(&mut incoming, &bytes[..600]).unwrap();
    drop(incoming);
    assert_eq!(vault.receive(claim(1, &bytes), false, Keep::default()).await.unwrap().offset(), 0);
    assert_eq!(vault.received(&claim(1, &bytes)).await.unwrap(), 0);
}

#[tokio::test]
async fn what_a_power_cut_left_is_survived() {
    let (dir, vault) = vault();
    let bytes = content(1000, 1);
    let claimed = claim(1, &bytes);
    drop(vault.receive(claimed.clone(), false, Keep::default()).await.unwrap());
    let part = files(dir.path(), "incoming").remove(0);

    fs::write(&part, vec![0; 1001]).unwrap();
    let incoming = vault.receive(claimed.clone(), true, Keep::default()).await.unwrap();
    assert_eq!(incoming.offset(), 0, "longer than it can be");
    drop(incoming);

    fs::write(&part, vec![0; 600]).unwrap();
    let mut incoming = vault.receive(claimed.clone(), true, Keep::default()).await.unwrap();
    assert_eq!(incoming.offset(), 600, "of the right length, but garbage");
    push(&mut incoming, &bytes[600..]).unwrap();
    assert!(matches!(incoming.finish().await, Err(Error::Mismatch { .. })));

    // Content whose old name has come back: what is written to it would be written to the content.
    let stored = uploaded(&vault, &bytes).await;
    fs::hard_link(&files(dir.path(), "stored")[0], &part).unwrap();
    let mut incoming = vault.receive(claimed, true, Keep::default()).await.unwrap();
    assert_eq!(incoming.offset(), 0);
    push(&mut incoming, &[0; 500]).unwrap();
    drop(incoming);
    assert!(read(&stored, 0, u64::MAX) == bytes);
}

#[tokio::test]
async fn a_part_that_shrinks_under_its_hashers_is_an_error() {
    let (dir, vault) = vault();
    let bytes = content(1 << 20, 1);
    let mut incoming = vault.receive(claim(1, &bytes), false, Keep::default()).await.unwrap();
    push(&mut incoming, &bytes[..1 << 19]).unwrap();
    drop(incoming);
    let mut incoming = vault.receive(claim(1, &bytes), true, Keep::default()).await.unwrap();
    fs::File::create(&files(dir.path(), "incoming")[0]).unwrap();
    let pushed = push(&mut incoming, &bytes[1 << 19..]);
    let finished = incoming.finish().await;
    let found = pushed.err().or(finished.err()).unwrap();
    assert!(matches!(found, Error::Io(_) | Error::Damaged { .. } | Error::Mismatch { .. }), "{found:?}");
}

#[tokio::test]
async fn more_than_the_disk_holds_is_refused_and_leaves_nothing() {
    let (dir, vault) = vault();
    let mut claimed = claim(1, b"");
    claimed.size = u64::MAX;
    assert!(vault.free().await.unwrap() > 0);
    assert!(matches!(vault.receive(claimed, false, Keep::default()).await, Err(Error::Full)));
    assert!(files(dir.path(), "incoming").is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Cut anywhere, dropped with chunks still under way, and gone on with where it says.
    #[test]
    fn an_upload_survives_any_cuts(
        size in 1_usize..1_200_000,
        cuts in prop::collection::vec(0.0..1.0, 0..5),
        piece in 1_000_usize..300_000,
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
        let bytes = content(size, 7);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| (cut * size as f64) as usize).collect();
        cuts.sort_unstable();
        cuts.push(size);
        let (dir, vault) = vault();
        let stored = runtime.block_on(async {
            let mut incoming = vault.receive(claim(1, &bytes), true, Keep::default()).await.unwrap();
            let mut here = 0;
            for cut in cuts {
                drop(incoming);
                incoming = vault.receive(claim(1, &bytes), true, Keep::default()).await.unwrap();
                assert_eq!(incoming.offset(), here as u64);
                for piece in bytes[here..cut].chunks(piece) {
                    push(&mut incoming, piece).unwrap();
                }
                here = cut;
            }
            incoming.finish().await.unwrap().store().await.unwrap().0
        });
        prop_assert!(read(&stored, 0, u64::MAX) == bytes);
        prop_assert!(files(dir.path(), "incoming").is_empty());
    }
}
