//! Where a download goes, so that nothing is overwritten that somebody may want.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use protocol::value::Md5;

use super::meter::Meter;
use super::{digest, local, name};
use crate::fault::Fault;
use crate::input::Given;
use crate::locale::Text;
use crate::shell::Shell;

/// What `INFO` says about a title, as far as a download needs it.
#[derive(Clone, Debug)]
pub struct Title {
    /// Its number.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// How many bytes.
    pub size: u64,
    /// What their MD5 is.
    pub md5: Md5,
    /// Whether it is sold, and not bought yet.
    pub sold: bool,
}

/// Where to put it.
#[derive(Debug, PartialEq, Eq)]
pub enum Place {
    /// It is there already, byte for byte.
    Have(PathBuf),
    /// Here, in place of what is there only if the flag is set.
    Free(PathBuf, bool),
}

/// Finds the place for a title.
///
/// # Errors
/// A named file is there with other bytes, and nobody said that it may go.
pub fn find(shell: &Shell, title: &Title, given: &Given) -> Result<Place, Fault> {
    let safe = name::safe(&title.name, title.id);
    let (base, named) = match given.get("-o").map(|path| (local(path), path.ends_with('/'))) {
        None => (PathBuf::from(safe), false),
        Some((path, folder)) if folder || path.is_dir() => {
            fs::create_dir_all(&path).map_err(|error| Fault::file(&path, error))?;
            (path.join(safe), false)
        }
        Some((path, _)) => (path, true),
    };
    let force = given.has("--force");
    let mut path = base.clone();
    for n in 2.. {
        match fs::symlink_metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => break,
            Err(error) => return Err(Fault::file(&path, error)),
            Ok(_) if is_same(shell, &path, title)? => return Ok(Place::Have(path)),
            // A device or a pipe is nobody's to replace.
            Ok(_) if !path.is_file() && fs::metadata(&path).is_ok() && (named || force) => {
                return Err(Fault::file(&path, io::Error::other(shell.screen.tongue.text(Text::NotAFile))));
            }
            Ok(_) if force => return Ok(Place::Free(path, true)),
            Ok(_) if named => return ask(shell, path),
            Ok(_) => path = name::numbered(&base, n),
        }
    }
    if path != base {
        let shown = [base.display().to_string(), path.display().to_string()];
        shell.screen.say(Text::OtherName, &shown.each_ref().map(String::as_str));
    }
    Ok(Place::Free(path, false))
}

fn ask(shell: &Shell, path: PathBuf) -> Result<Place, Fault> {
    let shown = path.display().to_string();
    let question = shell.screen.tongue.fill(Text::AskOverwrite, &[&shown]);
    // A yes to everything is a yes to buying; it does not stand for --force.
    let asker = crate::ask::Asker { yes: false, ..shell.asker };
    if asker.confirm(&question) == Some(true) {
        return Ok(Place::Free(path, true));
    }
    let why = io::Error::new(io::ErrorKind::AlreadyExists, shell.screen.tongue.text(Text::Exists));
    Err(Fault::file(&path, why))
}

fn is_same(shell: &Shell, path: &Path, title: &Title) -> Result<bool, Fault> {
    match fs::metadata(path) {
        Ok(meta) if meta.is_file() && meta.len() == title.size => {}
        _ => return Ok(false),
    }
    let Ok(file) = File::open(path) else {
        return Ok(false);
    };
    let meter = Meter::new(&shell.screen, Text::Hashing, title.size, 0);
    let cancel = &shell.session.endpoint().cancel;
    Ok(digest::whole(&file, path, &meter, cancel)?.0 == title.md5)
}
