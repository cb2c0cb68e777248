//! Whose vault this is: a word that its caller leaves in it, to know it again.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use crate::part::absent;
use crate::{Error, Vault};

impl Vault {
    /// The word that was left here; nothing if none ever was. It blocks: call it at start.
    ///
    /// # Errors
    /// [`Error::Io`] of the disk.
    pub fn owner(&self) -> Result<Option<String>, Error> {
        let word = absent(fs::read_to_string(self.0.place.owner()))?;
        Ok(word.map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()))
    }

    /// Leaves a word here, in the place of an earlier one. It blocks: call it at start.
    ///
    /// # Errors
    /// [`Error::Full`] and [`Error::Io`] of the disk.
    pub fn set_owner(&self, word: &str) -> Result<(), Error> {
        let path = self.0.place.owner();
        let aside = path.with_extension("new");
        let mut file = File::create(&aside)?;
        writeln!(file, "{word}")?;
        file.sync_all()?;
        fs::rename(&aside, &path)?;
        path.parent().map_or(Ok(()), crate::place::sync_folder)
    }

    /// Whether there is no content here at all. It blocks: call it at start.
    ///
    /// # Errors
    /// [`Error::Io`] of the disk.
    pub fn is_empty(&self) -> Result<bool, Error> {
        has_no_file(&self.0.place.stored)
    }
}

fn has_no_file(folder: &Path) -> Result<bool, Error> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if !entry.file_type()?.is_dir() || !has_no_file(&entry.path())? {
            return Ok(false);
        }
    }
    Ok(true)
}
