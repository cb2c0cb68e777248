//! The files that are served and uploaded.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use md5::{Digest, Md5};

use crate::Result;

/// The blocks that files are made of: random once, numbered, so that no two are alike.
const BLOCK: usize = 1 << 20;

/// How many small files there are, and how big one is.
pub const SMALL: usize = 1000;
const SMALL_SIZE: usize = 4096;

/// How many files are fetched from a cold disk at once.
pub const COLD: usize = 8;

/// A file, or a part of one, to be uploaded.
#[derive(Clone)]
pub struct Source {
    /// Where the bytes are.
    pub file: Arc<File>,
    /// The first of them.
    pub offset: u64,
    /// How many.
    pub size: u64,
    /// Their MD5 in hex.
    pub md5: String,
    /// What else Reel is told of it.
    pub options: &'static str,
}

/// The folder that all peers but Reel serve: `big`, `small/NNN`, `cold/N`, `many/` and, for uploads, `in/`.
pub struct Content {
    /// The folder.
    pub root: PathBuf,
    /// Bytes of `big`.
    pub size: u64,
}

/// The names of the small files.
pub fn small() -> Vec<String> {
    (0..SMALL).map(|number| format!("small/{number:03}")).collect()
}

/// The names of the files that are fetched cold.
pub fn cold() -> Vec<String> {
    (0..COLD).map(|number| format!("cold/{number}")).collect()
}

impl Content {
    /// Makes the empty folders.
    ///
    /// # Errors
    /// If the disk does not let us.
    pub fn new(root: PathBuf, size: u64) -> Result<Content> {
        for folder in ["small", "cold", "in", "many"] {
            fs::create_dir_all(root.join(folder))?;
        }
        let open = <fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o777);
        fs::set_permissions(root.join("in"), open)?;
        Ok(Content { root, size })
    }

    /// Writes a file unless it is there; what an upload of it needs.
    ///
    /// # Errors
    /// If the disk does not let us.
    pub fn source(&self, name: &str) -> Result<Source> {
        let path = self.root.join(name);
        let size = match name.split('/').next() {
            Some("small") => SMALL_SIZE as u64,
            Some("cold") => self.size / COLD as u64,
            _ => self.size,
        };
        if !path.exists() {
            write(&path, size)?;
        }
        whole(File::open(path)?, size)
    }

    /// So many files without content, for a list.
    ///
    /// # Errors
    /// If the disk does not let us.
    pub fn many(&self, count: usize) -> Result<()> {
        if !self.root.join(format!("many/{:06}.webm", count - 1)).exists() {
            for number in 0..count {
                File::create(self.root.join(format!("many/{number:06}.webm")))?;
            }
        }
        Ok(())
    }

    /// `big` cut into so many parts of an eighth of it, as uploads of their own.
    ///
    /// # Errors
    /// If the disk does not let us.
    pub fn parts(&self, count: u64) -> Result<Vec<Source>> {
        let big = self.source("big")?;
        let size = self.size / 8;
        let part = |number: u64| {
            let mut bytes = vec![0; usize::try_from(size)?];
            big.file.read_exact_at(&mut bytes, number * size)?;
            let md5 = hex(&Md5::digest(&bytes));
            Ok(Source { file: big.file.clone(), offset: number * size, size, md5, options: "kind=FREE" })
        };
        (0..count).map(part).collect()
    }
}

/// A file that is another one each time, at the cost of its last block.
pub struct Changing {
    file: Arc<File>,
    size: u64,
    before: Md5,
    round: u64,
}

impl Changing {
    /// Writes it.
    ///
    /// # Errors
    /// If the disk does not let us.
    pub fn new(path: &Path, size: u64) -> Result<Changing> {
        write(path, size)?;
        let mut file = File::options().read(true).write(true).open(path)?;
        let before = digest(&mut file, size - BLOCK as u64)?;
        Ok(Changing { file: Arc::new(file), size, before, round: 0 })
    }

    /// The next content.
    ///
    /// # Errors
    /// If the disk does not let us.
    pub fn next(&mut self) -> Result<Source> {
        self.round += 1;
        let at = self.size - BLOCK as u64;
        let mut last = vec![0; BLOCK];
        self.file.read_exact_at(&mut last, at)?;
        last.splice(8..16, self.round.to_be_bytes());
        self.file.write_all_at(&last, at)?;
        let md5 = hex(&self.before.clone().chain_update(&last).finalize());
        Ok(Source { file: self.file.clone(), offset: 0, size: self.size, md5, options: "kind=FREE" })
    }
}

/// Hex digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A small file of its own content, in memory only until it is asked for.
///
/// # Errors
/// If the disk does not let us.
pub fn tiny(path: &Path, text: &str) -> Result<Source> {
    fs::write(path, text)?;
    whole(File::open(path)?, text.len() as u64)
}

fn whole(mut file: File, size: u64) -> Result<Source> {
    let md5 = hex(&digest(&mut file, size)?.finalize());
    Ok(Source { file: Arc::new(file), offset: 0, size, md5, options: "kind=FREE" })
}

fn digest(file: &mut File, size: u64) -> Result<Md5> {
    file.seek(SeekFrom::Start(0))?;
    let (mut md5, mut block, mut left) = (Md5::new(), vec![0; BLOCK], size);
    while left > 0 {
        let some = block.get_mut(..left.min(BLOCK as u64) as usize).unwrap_or_default();
        file.read_exact(some)?;
        md5.update(&*some);
        left -= some.len() as u64;
    }
    Ok(md5)
}

fn write(path: &Path, size: u64) -> Result<()> {
    let mut block = vec![0; BLOCK];
    File::open("/dev/urandom")?.read_exact(&mut block)?;
    let (mut file, mut left, mut number) = (File::create(path)?, size, 0_u64);
    while left > 0 {
        block.splice(..8, number.to_be_bytes());
        let some = block.get(..left.min(BLOCK as u64) as usize).unwrap_or_default();
        file.write_all(some)?;
        left -= some.len() as u64;
        number += 1;
    }
    file.sync_all()?;
    Ok(())
}
