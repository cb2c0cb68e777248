//! The files that a `put` means: paths, and patterns over them.

use std::path::PathBuf;

use glob::{MatchOptions, Paths};

use super::local;
use super::pick::is_pattern;
use crate::fault::Fault;
use crate::locale::Text;
use crate::shell::Shell;
use crate::show::plain::harmless;

/// As other shells have it: a `*` crosses no folder and finds no hidden file.
const HOW: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };

/// What a word stands for.
enum Files {
    One(Option<PathBuf>),
    Like(Box<Paths>),
}

/// Whether these words may be more than one file.
pub fn is_many(words: &[String]) -> bool {
    words.len() > 1 || words.iter().any(|word| is_pattern(word) && !local(word).exists())
}

/// Hands over each path, or why there is none behind a word, with the word. They come as the folders are read.
///
/// # Errors
/// What `visit` says.
pub fn each(
    shell: &mut Shell, words: &[String],
    mut visit: impl FnMut(&mut Shell, &str, Result<PathBuf, Fault>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    for word in words {
        let files = match files(shell, word) {
            Ok(files) => files,
            Err(fault) => {
                visit(shell, word, Err(fault))?;
                continue;
            }
        };
        let mut found = false;
        for path in files {
            found = true;
            visit(shell, word, path)?;
        }
        if !found {
            let why = shell.screen.tongue.fill(Text::NoFileLike, &[&harmless(word)]);
            visit(shell, word, Err(Fault::NotFound(why)))?;
        }
    }
    Ok(())
}

fn files(shell: &Shell, word: &str) -> Result<Files, Fault> {
    let path = local(word);
    // A file of just this name is meant before any pattern.
    if !is_pattern(word) || path.symlink_metadata().is_ok() {
        return Ok(Files::One(Some(path)));
    }
    let bad = |error: glob::PatternError| {
        let with = [harmless(word).into_owned(), error.to_string()];
        Fault::Usage(shell.screen.tongue.fill(Text::BadPattern, &with.each_ref().map(String::as_str)))
    };
    glob::glob_with(&path.to_string_lossy(), HOW).map(|paths| Files::Like(Box::new(paths))).map_err(bad)
}

impl Iterator for Files {
    type Item = Result<PathBuf, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Files::One(path) => path.take().map(Ok),
            Files::Like(paths) => Some(paths.next()?.map_err(|error| {
                let path = error.path().to_owned();
                Fault::file(&path, error.into())
            })),
        }
    }
}
