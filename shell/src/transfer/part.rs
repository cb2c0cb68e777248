//! What has arrived of a file: `….reel-part` beside its target, written at any place by any thread.
//!
//! As long as it grows from its beginning, its length says how much is there. When segments are
//! written side by side, a small map beside it says which ranges are.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::aside::land;
use crate::fault::Fault;

/// How often the map is written: what came since is fetched again after a crash.
const MAP_EVERY: Duration = Duration::from_secs(1);

/// After how many bytes it is written at the latest.
const MAP_BYTES: u64 = 4 << 20;

/// Opens no symbolic link.
const NOFOLLOW: i32 = rustix::fs::OFlags::NOFOLLOW.bits() as i32;

/// First and one past the last byte.
pub type Range = (u64, u64);

/// A file on its way.
#[derive(Debug)]
pub struct Part {
    file: File,
    path: PathBuf,
    map: PathBuf,
    size: u64,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// What is there: sorted, none touching the next.
    done: Vec<Range>,
    mapped: bool,
    saved: Instant,
    /// Bytes that came since.
    fresh: u64,
}

impl Part {
    /// Opens the part at `path` for a file of `size` bytes, or begins it.
    ///
    /// # Errors
    /// Another program writes it, or the file system refuses.
    pub fn open(path: PathBuf, size: u64, busy: &str) -> Result<Self, Fault> {
        let wrong = |error| Fault::file(&path, error);
        let mut options = OpenOptions::new();
        // A link that somebody has put there leads to a file that is not ours to write.
        let options = options.read(true).write(true).create(true).truncate(false).custom_flags(NOFOLLOW);
        let file = options.open(&path).map_err(wrong)?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => return Err(Fault::Later(busy.to_owned())),
            // A file system without locks is no reason not to fetch.
            Ok(()) | Err(TryLockError::Error(_)) => {}
        }
        // Another program may have given it its name, or thrown it away, before the lock was ours.
        if !is_at(&file, &path).map_err(wrong)? {
            return Err(Fault::Later(busy.to_owned()));
        }
        let meta = file.metadata().map_err(wrong)?;
        if !meta.is_file() || meta.nlink() > 1 || meta.uid() != rustix::process::geteuid().as_raw() {
            return Err(wrong(ErrorKind::PermissionDenied.into()));
        }
        let length = file.metadata().map_err(wrong)?.len();
        let map = path.with_extension("reel-part-map");
        let read = fs::read_to_string(&map).ok();
        let mapped = read.is_some();
        let done = match read {
            Some(text) => parse(&text, size),
            None => vec![(0, length.min(size))],
        };
        let mut state = State { done: Vec::new(), mapped, saved: Instant::now(), fresh: 0 };
        done.into_iter().for_each(|range| add(&mut state.done, range));
        Ok(Self { file, path, map, size, state: Mutex::new(state) })
    }

    /// The ranges that are missing, in order.
    pub fn gaps(&self) -> Vec<Range> {
        let mut gaps = Vec::new();
        let mut at = 0;
        for &(start, end) in &self.state().done {
            if start > at {
                gaps.push((at, start));
            }
            at = end;
        }
        if at < self.size {
            gaps.push((at, self.size));
        }
        gaps
    }

    /// How many bytes are there.
    pub fn have(&self) -> u64 {
        self.state().done.iter().map(|(start, end)| end - start).sum()
    }

    /// From now on ranges are written side by side.
    ///
    /// # Errors
    /// The map cannot be written.
    pub fn keep_map(&self) -> Result<(), Fault> {
        let mut state = self.state();
        state.mapped = true;
        self.save(&mut state)
    }

    /// Writes bytes at their place.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn write(&self, at: u64, bytes: &[u8]) -> Result<(), Fault> {
        let wrong = |error| Fault::file(&self.path, error);
        self.file.write_all_at(bytes, at).map_err(wrong)?;
        let mut state = self.state();
        add(&mut state.done, (at, at + bytes.len() as u64));
        state.fresh += bytes.len() as u64;
        if state.mapped && (state.fresh >= MAP_BYTES || state.saved.elapsed() >= MAP_EVERY) {
            self.save(&mut state)?;
        }
        Ok(())
    }

    /// The open file, to be read back.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Puts it in place of `target`, durably. Only with `replace` may something be there already.
    ///
    /// # Errors
    /// Something is there, or the file system refuses. The part stays.
    pub fn finish(&self, target: &Path, replace: bool) -> Result<(), Fault> {
        self.file.set_len(self.size).map_err(|error| Fault::file(&self.path, error))?;
        self.file.sync_all().map_err(|error| Fault::file(&self.path, error))?;
        // What was verified is the open file, and what gets the name is what lies at the path.
        if !is_at(&self.file, &self.path).map_err(|error| Fault::file(&self.path, error))? {
            return Err(Fault::file(&self.path, ErrorKind::NotFound.into()));
        }
        land(&self.path, target, replace)?;
        let _ = fs::remove_file(&self.map);
        Ok(())
    }

    /// Takes it away: nothing is in it.
    pub fn discard(self) {
        let _ = fs::remove_file(&self.map);
        let _ = fs::remove_file(&self.path);
    }

    /// Takes it out of the way under another name, so that the next try begins anew.
    pub fn put_aside(self) -> PathBuf {
        let _ = fs::remove_file(&self.map);
        for n in 1..100 {
            let end = if n == 1 { "reel-bad".to_owned() } else { format!("reel-bad-{n}") };
            let aside = self.path.with_extension(end);
            if land(&self.path, &aside, false).is_ok() {
                return aside;
            }
        }
        self.path.clone()
    }

    fn save(&self, state: &mut State) -> Result<(), Fault> {
        let lines: Vec<String> = state.done.iter().map(|(s, e)| format!("{s}-{e}\n")).collect();
        let fresh = self.map.with_extension("reel-part-map-new");
        let _ = fs::remove_file(&fresh);
        File::create_new(&fresh)
            .and_then(|mut file| file.write_all(lines.concat().as_bytes()))
            .and_then(|()| fs::rename(&fresh, &self.map))
            .map_err(|error| Fault::file(&self.map, error))?;
        (state.saved, state.fresh) = (Instant::now(), 0);
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the file lies at this path.
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let (open, there) = (file.metadata()?, fs::symlink_metadata(path));
    Ok(there.is_ok_and(|there| (there.dev(), there.ino()) == (open.dev(), open.ino())))
}

impl Drop for Part {
    fn drop(&mut self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.mapped && self.path.exists() {
            let _ = self.save(&mut state);
        }
    }
}

/// The ranges that a map names; nonsense counts as not there.
fn parse(text: &str, size: u64) -> Vec<Range> {
    let range = |line: &str| {
        let (start, end) = line.split_once('-')?;
        let (start, end) = (start.parse().ok()?, end.parse().ok()?);
        (start < end && end <= size).then_some((start, end))
    };
    text.lines().filter_map(range).collect()
}

/// Adds a range, and joins those that touch.
fn add(done: &mut Vec<Range>, (start, end): Range) {
    if start >= end {
        return;
    }
    // Nearly always it continues one that is there.
    let at = done.partition_point(|range| range.1 < start);
    let mut joined = (start, end);
    let mut until = at;
    while let Some(range) = done.get(until).filter(|range| range.0 <= joined.1) {
        joined = (joined.0.min(range.0), joined.1.max(range.1));
        until += 1;
    }
    done.splice(at..until, [joined]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_join_where_they_touch() {
        let mut done = Vec::new();
        for range in [(0, 5), (10, 15), (5, 10), (20, 30), (18, 19), (19, 20), (3, 3)] {
            add(&mut done, range);
        }
        assert_eq!(done, [(0, 15), (18, 30)]);
        add(&mut done, (1, 40));
        assert_eq!(done, [(0, 40)]);
    }

    #[test]
    fn a_part_is_gone_on_with_by_its_length_or_its_map() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.7-0.reel-part");
        let part = Part::open(path.clone(), 10, "").unwrap();
        part.write(0, b"abc").unwrap();
        assert!(matches!(Part::open(path.clone(), 10, "busy"), Err(Fault::Later(_))));
        drop(part);
        let part = Part::open(path.clone(), 10, "").unwrap();
        assert_eq!((part.have(), part.gaps()), (3, vec![(3, 10)]));
        part.keep_map().unwrap();
        part.write(7, b"hij").unwrap();
        drop(part);
        let part = Part::open(path.clone(), 10, "").unwrap();
        assert_eq!(part.gaps(), [(3, 7)]);
        part.write(3, b"defg").unwrap();
        let target = dir.path().join("x");
        part.finish(&target, false).unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"abcdefghij");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_shell_that_is_killed_has_noted_most_of_what_it_had() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.7-0.reel-part");
        let part = Part::open(path.clone(), 3 * MAP_BYTES, "").unwrap();
        part.keep_map().unwrap();
        part.write(MAP_BYTES, &vec![7; MAP_BYTES as usize]).unwrap();
        let map = fs::read_to_string(path.with_extension("reel-part-map")).unwrap();
        assert_eq!(map, format!("{MAP_BYTES}-{}\n", 2 * MAP_BYTES));
    }

    #[test]
    fn nothing_is_overwritten_unless_it_is_said() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("x");
        fs::write(&target, "old").unwrap();
        let path = dir.path().join("x.7-0.reel-part");
        let part = Part::open(path.clone(), 3, "").unwrap();
        part.write(0, b"new").unwrap();
        assert!(part.finish(&target, false).is_err());
        drop(part);
        assert_eq!(fs::read(&target).unwrap(), b"old");
        Part::open(path, 3, "").unwrap().finish(&target, true).unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"new");
    }
}
