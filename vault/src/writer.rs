//! Writes the bytes of an upload. Those of a large one go past the page cache: it takes a copy less, and films that are
//! watched stay in memory while another comes.

use std::fs::{File, OpenOptions};
use std::io::{self, IoSlice};
use std::num::NonZeroU64;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::sync::Arc;

use rustix::fs::{Advice, OFlags, fadvise};
use rustix::io::{Errno, pwritev};

use crate::part::Part;
use crate::ring::{ALIGN, Buffer};

/// From this size on an upload goes past the page cache. A smaller one may well be read again from memory.
const LARGE: u64 = 64 * 1024 * 1024;

/// After so many bytes in the page cache the disk is set to work, so that little is left when the last byte came.
const WRITE_BACK: u64 = 8 * 1024 * 1024;

/// Appends to a part.
pub(crate) struct Writer<'a> {
    part: &'a Part,
    /// The same file, opened O_DIRECT, open(2); none where the file system has no such thing.
    direct: Option<File>,
    end: u64,
    begun: u64,
}

impl<'a> Writer<'a> {
    /// To a part that holds `already` bytes.
    pub fn new(part: &'a Part, already: u64) -> Self {
        let large = part.claim().size >= LARGE;
        let flags = i32::try_from(OFlags::DIRECT.bits()).unwrap_or(0);
        let direct = large.then(|| OpenOptions::new().write(true).custom_flags(flags).open(part.path()).ok());
        Self { part, direct: direct.flatten(), end: already, begun: already }
    }

    /// Writes these bytes, one buffer behind the other.
    pub fn write(&mut self, buffers: &[Arc<Buffer>]) -> io::Result<()> {
        // The disk takes whole blocks only; the rest of the last is left to the page cache.
        let whole = buffers.iter().take_while(|buffer| buffer.bytes().len() % ALIGN == 0).count();
        let (blocks, rest) = buffers.split_at(if self.end.is_multiple_of(ALIGN as u64) { whole } else { 0 });
        let rest = if self.write_direct(blocks)? { rest } else { buffers };
        if rest.is_empty() {
            self.begun = self.end;
        }
        for buffer in rest {
            self.part.file.write_all_at(buffer.bytes(), self.end)?;
            self.end += buffer.bytes().len() as u64;
        }
        self.write_back();
        Ok(())
    }

    /// False if nothing was written because it cannot be done so.
    fn write_direct(&mut self, buffers: &[Arc<Buffer>]) -> io::Result<bool> {
        let Some(file) = &self.direct else { return Ok(false) };
        let mut slices: Vec<IoSlice<'_>> =
            buffers.iter().map(|buffer| IoSlice::new(buffer.bytes())).collect();
        let mut left = &mut slices[..];
        while !left.is_empty() {
            match pwritev(file, left, self.end) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => {
                    self.end += written as u64;
                    IoSlice::advance_slices(&mut left, written);
                }
                Err(Errno::INTR) => {}
                // Blocks of another size, here or in the middle of a file system.
                Err(Errno::INVAL) if left.len() == buffers.len() => {
                    self.direct = None;
                    return Ok(false);
                }
                Err(errno) => return Err(errno.into()),
            }
        }
        Ok(true)
    }

    /// Linux begins to write the dirty pages of a range that is said not to be needed and does not wait
    /// for them, while fdatasync would keep the writer, and with it the ring, waiting for the disk. Of
    /// 1 GiB it left 10 ms to the last fsync, which took 360 ms without it and 20 ms with fdatasync.
    fn write_back(&mut self) {
        if self.end - self.begun >= WRITE_BACK {
            // Advice: without it only the last fsync takes longer.
            let _ = fadvise(
                &self.part.file,
                self.begun,
                NonZeroU64::new(self.end - self.begun),
                Advice::DontNeed,
            );
            self.begun = self.end;
        }
    }
}
