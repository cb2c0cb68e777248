//! The MD5 of files: a check of integrity, nothing more.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

use md5::{Digest as _, Md5 as Hasher};
use protocol::value::Md5;

use super::meter::Meter;
use crate::cancel::Cancel;
use crate::fault::Fault;

/// How much is read at a time.
const READ: usize = 256 * 1024;

/// Feeds `length` bytes of an open file, from `offset` on, to `hasher`; gives how many there were.
///
/// # Errors
/// The file cannot be read, or Ctrl-C was pressed.
pub fn feed(
    hasher: &mut Hasher, (mut file, path): (&File, &Path), (offset, length): (u64, u64), meter: &Meter,
    cancel: &Cancel,
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
        hasher.update(buffer.get(..read).unwrap_or_default());
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
    let size = feed(&mut hasher, (file, path), (0, u64::MAX), meter, cancel)?;
    Ok((Md5(hasher.finalize().into()), size))
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
        let mut along = Along::default();
        along.take(0, b"hel");
        along.take(3, b"lo");
        assert_eq!(along.finish(5), Some(md5));
        let mut along = Along::default();
        along.take(3, b"lo");
        assert_eq!(along.finish(5), None);
    }
}
