//! What the tests of the vault share. Not every one of them uses all of it.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use md5::{Digest as _, Md5};
use tempfile::TempDir;
use vault::{Claim, Error, Incoming, Keep, Sealed, Stored, Vault};

pub fn vault() -> (TempDir, Vault) {
    let dir = tempfile::tempdir().unwrap();
    let vault = Vault::open(dir.path()).unwrap();
    (dir, vault)
}

/// Bytes that look random and differ from seed to seed.
pub fn content(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2).wrapping_add(0x9E37_79B9_7F4A_7C15) | 1;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    std::iter::repeat_with(next).flatten().take(length).collect()
}

pub fn claim(owner: u64, content: &[u8]) -> Claim {
    Claim { owner, size: content.len() as u64, md5: Md5::digest(content).into() }
}

/// Pushes bytes through the buffers of the upload.
pub fn push(incoming: &mut Incoming, bytes: &[u8]) -> Result<(), Error> {
    let mut left = bytes;
    while !left.is_empty() {
        let mut buffer = incoming.buffer(Duration::from_secs(60))?.expect("a buffer");
        let most = buffer.room().len().min(left.len());
        let (piece, rest) = left.split_at(most);
        buffer.room()[..most].copy_from_slice(piece);
        buffer.fill(most);
        incoming.push(buffer)?;
        left = rest;
    }
    Ok(())
}

pub async fn sealed(vault: &Vault, owner: u64, content: &[u8]) -> Sealed {
    let mut incoming = vault.receive(claim(owner, content), false, Keep::default()).await.unwrap();
    push(&mut incoming, content).unwrap();
    incoming.finish().await.unwrap()
}

pub async fn uploaded(vault: &Vault, content: &[u8]) -> Stored {
    sealed(vault, 1, content).await.store().await.unwrap().0
}

pub fn read(stored: &Stored, offset: u64, length: u64) -> Vec<u8> {
    let mut range = stored.range(offset, length);
    let mut bytes = Vec::new();
    let mut buffer = vec![0; 100_000];
    loop {
        match range.read(&mut buffer).unwrap() {
            0 => return bytes,
            read => bytes.extend_from_slice(&buffer[..read]),
        }
    }
}

/// All files below a folder of the vault: "stored" or "incoming".
pub fn files(dir: &Path, folder: &str) -> Vec<PathBuf> {
    let mut folders = vec![dir.join("vault/v1").join(folder)];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else {
                files.push(entry.path());
            }
        }
    }
    files
}
