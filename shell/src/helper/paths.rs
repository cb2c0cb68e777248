//! Files and folders of this computer, as words that the grammar reads back.

use std::fs;

use protocol::grammar::{is_forbidden, write_quoted, write_word};
use rustyline::completion::Pair;

use crate::show::plain::harmless;
use crate::transfer::local;

/// Files and folders of this computer, as words that the grammar reads back. If one of them needs quotes
/// all have them: what they have in common is typed at once.
pub fn paths(word: &str, quoted: bool) -> Vec<Pair> {
    let word = if word == "~" { "~/" } else { word };
    let (folder, begun) = match word.rfind('/') {
        Some(slash) => word.split_at(slash + 1),
        None => ("", word),
    };
    let place = if folder.is_empty() { ".".into() } else { local(folder) };
    let Ok(entries) = fs::read_dir(place) else {
        return Vec::new();
    };
    let mut names: Vec<(String, bool)> = entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let hidden = name.starts_with('.') && !begun.starts_with('.');
            let part = name.ends_with(".reel-part") || name.ends_with(".reel-part-map");
            // No line can name these.
            let nameless = name.chars().any(|c| is_forbidden(c) || c == '\t');
            (name.starts_with(begun) && !hidden && !part && !nameless)
                .then(|| (name, fs::metadata(entry.path()).is_ok_and(|meta| meta.is_dir())))
        })
        .collect();
    names.sort();
    let quoted = quoted || names.iter().any(|(name, _)| needs_quotes(&format!("{folder}{name}")));
    names.iter().map(|(name, is_folder)| path(folder, name, *is_folder, quoted)).collect()
}

/// Whether the grammar, or what the shell makes of bare words, would take it for something else.
fn needs_quotes(path: &str) -> bool {
    let mut bare = String::new();
    write_word(&mut bare, path);
    bare != path || path.starts_with('-')
}

fn path(folder: &str, name: &str, is_folder: bool, quoted: bool) -> Pair {
    let (mut replacement, path) = (String::new(), format!("{folder}{name}"));
    match quoted {
        true => write_quoted(&mut replacement, &path),
        false => write_word(&mut replacement, &path),
    }
    let shown = harmless(name);
    if !is_folder {
        replacement.push(' ');
        return Pair { display: shown.into_owned(), replacement };
    }
    // Inside a folder one goes on: the quote stays open.
    if quoted {
        replacement.pop();
    }
    replacement.push('/');
    Pair { display: format!("{shown}/"), replacement }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(word: &str, quoted: bool) -> Vec<String> {
        paths(word, quoted).into_iter().map(|pair| pair.replacement).collect()
    }

    #[test]
    fn paths_are_words_that_the_grammar_reads() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().to_str().unwrap();
        for name in ["a b.webm", "ab.webm", ".hidden", "x.reel-part", "-o", "tab\there", "q\"uote"] {
            fs::write(dir.path().join(name), "").unwrap();
        }
        fs::create_dir(dir.path().join("c d")).unwrap();
        assert_eq!(words(&format!("{root}/c"), false), [format!("\"{root}/c d/")]);
        assert_eq!(words(&format!("{root}/ab"), false), [format!("{root}/ab.webm ")]);
        assert_eq!(
            words(&format!("{root}/a"), false),
            [format!("\"{root}/a b.webm\" "), format!("\"{root}/ab.webm\" ")]
        );
        assert_eq!(words(&format!("{root}/a "), true), [format!("\"{root}/a b.webm\" ")]);
        assert_eq!(words(&format!("{root}/q"), true), [format!("\"{root}/q\\\"uote\" ")]);
        assert_eq!(words(&format!("{root}/."), false), [format!("{root}/.hidden ")]);
        assert_eq!(words(&format!("{root}/tab"), false), Vec::<String>::new());
        assert_eq!(words(&format!("{root}/"), false).len(), 5);
        assert_eq!(words("/nowhere/", false), Vec::<String>::new());
    }
}
