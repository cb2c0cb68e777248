//! Digests of files. The MD5 is a check of integrity, nothing more.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

use md5::{Digest as _, Md5 as Hasher};
use protocol::value::{Md5, Sha256};

use super::meter::Meter;
use crate::cancel::Cancel;
use crate::fault::Fault;

/// How much is read at a time.
const READ: usize = 256 * 1024;

/// Feeds `length` bytes of an open file, from `offset` on, to `sink`; gives how many there were.
///
/// # Errors
/// The file cannot be read, or Ctrl-C was pressed.
pub fn feed(
    mut sink: impl FnMut(&[u8]), (mut file, path): (&File, &Path), (offset, length): (u64, u64),
    meter: &Meter, cancel: &Cancel,
) -> Result<u64, Fault> {
    let wrong = |error| Fault::file(path, error);
    file.seek(SeekFrom::Start(offset)).map_err(wrong)?;
    let mut reader = file.take(length);
    let mut buffer = vec![0; READ];
    let mut total = 0;
    loop {
        if cancel.is_cancelled() {
            return Err(Fault::Cancelled);
        }
        let read = reader.read(&mut buffer).map_err(wrong)?;
        if read == 0 {
            return Ok(total);
        }
        sink(buffer.get(..read).unwrap_or_default());
        total += read as u64;
        meter.add(read as u64);
    }
}

/// The MD5 and the size of an open file.
///
/// # Errors
/// The file cannot be read, or Ctrl-C was pressed.
pub fn whole(file: &File, path: &Path, meter: &Meter, cancel: &Cancel) -> Result<(Md5, u64), Fault> {
    let mut hasher = Hasher::new();
    let size = feed(|bytes| hasher.update(bytes), (file, path), (0, u64::MAX), meter, cancel)?;
    Ok((Md5(hasher.finalize().into()), size))
}

/// Both digests that an upload names, and the size, in one reading.
///
/// # Errors
/// The file cannot be read, or Ctrl-C was pressed.
pub fn both(file: &File, path: &Path, meter: &Meter, cancel: &Cancel) -> Result<(Md5, Sha256, u64), Fault> {
    let (mut md5, mut sha256) = (Hasher::new(), sha2::Sha256::new());
    let sink = |bytes: &[u8]| {
        md5.update(bytes);
        sha256.update(bytes);
    };
    let size = feed(sink, (file, path), (0, u64::MAX), meter, cancel)?;
    Ok((Md5(md5.finalize().into()), Sha256(sha256.finalize().into()), size))
}

/// A digest made along with the bytes as they arrive, as long as they arrive in order.
#[derive(Debug, Default)]
pub struct Along {
    hasher: Hasher,
    at: u64,
}

impl Along {
    /// Takes in bytes that stand at `offset`.
    pub fn take(&mut self, offset: u64, bytes: &[u8]) {
        if offset == self.at {
            self.hasher.update(bytes);
            self.at += bytes.len() as u64;
        }
    }

    /// The digest, if all `size` bytes came in order.
    pub fn finish(self, size: u64) -> Option<Md5> {
        (self.at == size).then(|| Md5(self.hasher.finalize().into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn along_and_whole_agree_and_a_gap_gives_none() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x");
        std::fs::write(&path, "hello").unwrap();
        let file = File::open(&path).unwrap();
        let (md5, size) = whole(&file, &path, &Meter::hidden(), &Cancel::default()).unwrap();
        assert_eq!((md5.to_string().as_str(), size), ("5d41402abc4b2a76b9719d911017c592", 5));
        let (again, sha256, _) = both(&file, &path, &Meter::hidden(), &Cancel::default()).unwrap();
        let known = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
        assert_eq!((again, sha256.to_string().as_str()), (md5, known));
        let mut along = Along::default();
        along.take(0, b"hel");
        along.take(3, b"lo");
        assert_eq!(along.finish(5), Some(md5));
        let mut along = Along::default();
        along.take(3, b"lo");
        assert_eq!(along.finish(5), None);
    }
}
