//! What is kept, swept, purged, damaged and locked.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs::{self, File};
use std::process::Command;
use std::time::{Duration, SystemTime};

use common::{claim, content, files, push, read, sealed, uploaded, vault};
use sha2::{Digest as _, Sha256};
use vault::{Error, Found, Keep, Survey, Swept, Vault};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const FOLDER: &str = "VAULT_OF_ANOTHER_PROCESS";

#[tokio::test]
async fn only_old_parts_that_nobody_has_open_are_swept() {
    let (dir, vault) = vault();
    for owner in [1, 2, 3] {
        let bytes = content(100, owner);
        let mut incoming = vault.receive(claim(owner, &bytes), false, Keep::default()).await.unwrap();
        push(&mut incoming, &bytes[..50]).unwrap();
    }
    let incoming = vault.receive(claim(1, &content(100, 1)), true, Keep::default()).await.unwrap();
    let held = sealed(&vault, 4, b"all of it").await;
    // The writers of 2 and 3 have ended when they can be taken again.
    for owner in [2, 3] {
        drop(vault.receive(claim(owner, &content(100, owner)), true, Keep::default()).await.unwrap());
        drop(vault.receive(claim(owner, &content(100, owner)), true, Keep::default()).await.unwrap());
    }
    let foreign = dir.path().join("vault/v1/incoming/notes");
    fs::write(&foreign, "not ours").unwrap();
    for part in files(dir.path(), "incoming") {
        if !part.ends_with(part_name(3)) {
            let file = File::options().write(true).open(part).unwrap();
            file.set_modified(SystemTime::now() - 2 * DAY).unwrap();
        }
    }

    let swept = vault.sweep(DAY).await.unwrap();
    assert_eq!(swept, Swept { files: 1, bytes: 50 });
    assert_eq!(vault.received(&claim(2, &content(100, 2))).await.unwrap(), 0);
    assert_eq!(vault.received(&claim(3, &content(100, 3))).await.unwrap(), 50);
    assert_eq!(incoming.offset(), 50);
    assert!(foreign.exists());
    held.store().await.unwrap();
    drop(incoming);
    drop(vault.receive(claim(1, &content(100, 1)), true, Keep::default()).await.unwrap());
}

fn part_name(owner: u64) -> String {
    let claim = claim(owner, &content(100, owner));
    let md5: String = claim.md5.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{owner}-100-{md5}")
}

#[tokio::test]
async fn content_of_another_length_is_damaged_and_healed_by_an_upload() {
    let (dir, vault) = vault();
    let bytes = content(1000, 1);
    let digest = *sealed(&vault, 1, &bytes).await.digest();
    uploaded(&vault, &bytes).await;
    let file = &files(dir.path(), "stored")[0];
    File::options().write(true).open(file).unwrap().set_len(999).unwrap();
    match vault.stored(&digest, 1000).await {
        Err(Error::Damaged { expected: 1000, found: 999 }) => {}
        other => panic!("{other:?}"),
    }
    uploaded(&vault, &bytes).await;
    let stored = vault.stored(&digest, 1000).await.unwrap();
    assert!(read(&stored, 0, 1000) == bytes);
}

#[tokio::test]
async fn purged_content_is_gone_but_for_who_reads_it() {
    let (dir, vault) = vault();
    let bytes = content(1000, 1);
    let digest = *sealed(&vault, 1, &bytes).await.digest();
    let stored = uploaded(&vault, &bytes).await;
    // Beside the vault, which stays open.
    let survey = Survey::open(dir.path()).unwrap();
    let still = survey.still().await.unwrap();
    assert!(still.purge(&digest).await.unwrap());
    assert!(!still.purge(&digest).await.unwrap());
    assert!(files(dir.path(), "stored").is_empty());
    assert!(matches!(vault.stored(&digest, 1000).await, Err(Error::Missing)));
    assert!(read(&stored, 0, 1000) == bytes);
}

#[tokio::test]
async fn nothing_is_removed_while_content_is_being_stored() {
    let (dir, vault) = vault();
    let survey = Survey::open(dir.path()).unwrap();
    let (_, storing) = sealed(&vault, 1, &content(1000, 1)).await.store().await.unwrap();
    let mut still = tokio::spawn({
        let survey = survey.clone();
        async move { survey.still().await.map(drop) }
    });
    let waited = tokio::time::timeout(Duration::from_millis(50), &mut still).await;
    assert!(waited.is_err(), "it was not waited for");
    drop(storing);
    still.await.unwrap().unwrap();
}

#[tokio::test]
async fn damaged_content_set_aside_is_stored_anew() {
    let (dir, vault) = vault();
    let bytes = content(1000, 1);
    let digest = *sealed(&vault, 1, &bytes).await.digest();
    uploaded(&vault, &bytes).await;
    let file = &files(dir.path(), "stored")[0];
    fs::write(file, content(1000, 2)).unwrap();
    let survey = Survey::open(dir.path()).unwrap();
    let found = survey.hash(&digest, |_| {}).await.unwrap().unwrap();
    assert!(found.size == 1000 && found.sha256 != digest);
    // Twice: what was set aside before stays.
    for number in [1, 2] {
        let aside = survey.still().await.unwrap().set_aside(&digest).await.unwrap().unwrap();
        assert_eq!(aside, format!("vault/v1/aside/{digest}.{number}"));
        assert_eq!(survey.size(&digest).await.unwrap(), None);
        uploaded(&vault, &bytes).await;
    }
    assert_eq!(survey.still().await.unwrap().set_aside(&[0; 32].into()).await.unwrap(), None);
    let found = survey.hash(&digest, |_| {}).await.unwrap().unwrap();
    assert!(found.sha256 == digest && found.md5 == claim(1, &bytes).md5);
}

#[tokio::test]
async fn a_survey_tells_content_from_what_nobody_put_there() {
    let (dir, vault) = vault();
    let digest = *sealed(&vault, 1, b"content").await.digest();
    uploaded(&vault, b"content").await;
    let name = digest.to_string();
    let stored = dir.path().join("vault/v1/stored");
    let folder = stored.join(&name[..2]).join(&name[2..4]);
    fs::write(folder.join(name.to_uppercase()), "").unwrap();
    fs::write(folder.join("0".repeat(64)), "").unwrap();
    fs::create_dir_all(stored.join("zz")).unwrap();
    let survey = Survey::open(dir.path()).unwrap();
    let (folders, strays) = survey.folders().await.unwrap();
    let [first, second, ..] = *digest.as_bytes();
    assert_eq!(folders, [[first, second]]);
    assert_eq!(strays, [Found::Stray("vault/v1/stored/zz".into())]);
    let files = survey.files([first, second]).await.unwrap();
    assert!(files.contains(&Found::Content { digest, size: 7 }));
    assert_eq!(files.iter().filter(|found| matches!(found, Found::Stray(_))).count(), 2, "{files:?}");
    assert!(survey.files([first ^ 1, second]).await.unwrap().is_empty());
    assert!(matches!(Survey::open(&dir.path().join("elsewhere")), Err(Error::Missing)));
}

#[test]
fn one_vault_at_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let below = dir.path().join("made/on the way");
    let vault = Vault::open(&below).unwrap();
    assert!(matches!(Vault::open(&below), Err(Error::InUse)));
    let other = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "another_process_finds_it_in_use"])
        .env(FOLDER, &below)
        .output()
        .unwrap();
    assert!(other.status.success(), "{}", String::from_utf8_lossy(&other.stdout));
    drop(vault);
    Vault::open(&below).unwrap();
}

#[test]
#[ignore = "run by one_vault_at_a_time in a process of its own"]
fn another_process_finds_it_in_use() {
    let folder = std::env::var_os(FOLDER).unwrap();
    assert!(matches!(Vault::open(folder.as_ref()), Err(Error::InUse)));
}

#[tokio::test]
async fn it_is_all_there_after_a_restart() {
    let (dir, vault) = vault();
    let bytes = content(300_000, 1);
    let sealed = sealed(&vault, 1, &bytes).await;
    let digest = *sealed.digest();
    sealed.store().await.unwrap();
    let other = content(300_000, 2);
    let mut incoming = vault.receive(claim(1, &other), false, Keep::default()).await.unwrap();
    push(&mut incoming, &other[..200_000]).unwrap();
    drop(incoming);
    // When it can be taken again its workers have ended, and no other has the vault.
    drop(vault.receive(claim(1, &other), true, Keep::default()).await.unwrap());
    drop(vault);

    let vault = Vault::open(dir.path()).unwrap();
    let stored = vault.stored(&digest, 300_000).await.unwrap();
    assert!(read(&stored, 0, u64::MAX) == bytes);
    assert_eq!(vault.receive(claim(1, &other), true, Keep::default()).await.unwrap().offset(), 200_000);
}

#[tokio::test]
async fn uploads_cut_off_before_their_content_was_known_are_taken_back() {
    let (dir, vault) = vault();
    assert!(vault.cut_off().await.unwrap().is_none());
    let all = [1, 2, 3, 4].map(|owner| content(1000, owner));
    // The first comes to its end; of the second the note alone stays, as after a kill right behind the database's answer.
    for (owner, said) in [(1, true), (2, false), (3, false), (4, false)] {
        let (_, storing) = sealed(&vault, owner, &all[owner as usize - 1]).await.store().await.unwrap();
        if said {
            storing.known().unwrap();
        }
    }
    // The fourth is being sent again: it is left for the next time.
    let again = vault.receive(claim(4, &all[3]), true, Keep::default()).await.unwrap();
    assert_eq!(again.offset(), 0);
    let (_, storing) = sealed(&vault, 5, &all[0]).await.store().await.unwrap();
    let mut found = tokio::spawn({
        let vault = vault.clone();
        async move { vault.cut_off().await }
    });
    let waited = tokio::time::timeout(Duration::from_millis(50), &mut found).await;
    assert!(waited.is_err(), "what is being stored is waited for");
    storing.known().unwrap();
    drop(storing);
    let cut_off = found.await.unwrap().unwrap().unwrap();
    assert_eq!(cut_off.digests().len(), 3);
    let second = vault::Digest::from(<[u8; 32]>::from(Sha256::digest(&all[1])));
    assert_eq!(cut_off.take_back(move |digest| *digest == second).await.unwrap(), 1);
    assert_eq!(files(dir.path(), "stored").len(), 3);
    assert_eq!(files(dir.path(), "moving").len(), 1);
    // Nothing of it is to be sent again.
    let third = vault.receive(claim(3, &all[2]), true, Keep::default()).await.unwrap();
    assert_eq!(third.offset(), 1000);
    third.finish().await.unwrap().store().await.unwrap().1.known().unwrap();
    drop(again);
    let cut_off = vault.cut_off().await.unwrap().unwrap();
    assert_eq!(cut_off.take_back(|_| false).await.unwrap(), 1);
    assert_eq!(vault.receive(claim(4, &all[3]), true, Keep::default()).await.unwrap().offset(), 1000);
    assert!(vault.cut_off().await.unwrap().is_none());
    assert_eq!(files(dir.path(), "stored").len(), 3);
}

#[tokio::test]
async fn content_with_other_bytes_comes_to_no_end_and_is_replaced() {
    let (dir, vault) = vault();
    let bytes = content(3 << 20, 1);
    let digest = *sealed(&vault, 1, &bytes).await.digest();
    uploaded(&vault, &bytes).await;
    let size = bytes.len() as u64;
    // What was just stored is trusted, and what has been read through.
    for _ in 0..2 {
        let stored = vault.checked(&digest, size).unwrap();
        assert!(read(&stored, 0, size) == bytes);
    }
    let mut other = bytes.clone();
    other[1_000_000] ^= 1;
    fs::write(&files(dir.path(), "stored")[0], &other).unwrap();
    let stored = vault.checked(&digest, size).unwrap();
    // A piece is not held up.
    assert!(read(&stored, 5, 100) == other[5..105]);
    let (mut range, mut buffer, mut got) = (stored.range(0, size), vec![0; 1 << 20], 0);
    let ended = loop {
        match range.read(&mut buffer) {
            Ok(read) => got += read as u64,
            Err(error) => break error,
        }
    };
    assert_eq!((ended.kind(), got), (std::io::ErrorKind::InvalidData, size - 1));
    assert!(matches!(vault.checked(&digest, size), Err(Error::Altered)));
    uploaded(&vault, &bytes).await;
    let stored = vault.checked(&digest, size).unwrap();
    assert!(read(&stored, 0, size) == bytes);
}
