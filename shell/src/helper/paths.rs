//! Files and folders of this computer, as words that the grammar reads back.

use std::fs;

use protocol::grammar::write_word;
use rustyline::completion::Pair;

use super::pair;
use crate::show::plain::harmless;
use crate::transfer::local;

/// Files and folders of this computer, as words that the grammar reads back.
pub fn paths(word: &str) -> Vec<Pair> {
    let (folder, begun) = match word.rfind('/') {
        Some(slash) => word.split_at(slash + 1),
        None => ("", word),
    };
    let place = if folder.is_empty() { ".".into() } else { local(folder) };
    let Ok(entries) = fs::read_dir(place) else {
        return Vec::new();
    };
    let mut pairs: Vec<Pair> = entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let hidden = name.starts_with('.') && !begun.starts_with('.');
            let part = name.ends_with(".reel-part") || name.ends_with(".reel-part-map");
            (name.starts_with(begun) && !hidden && !part).then(|| {
                let is_folder = fs::metadata(entry.path()).is_ok_and(|meta| meta.is_dir());
                path(folder, &name, is_folder)
            })
        })
        .collect();
    pairs.sort_by(|a, b| a.display.cmp(&b.display));
    pairs
}

fn path(folder: &str, name: &str, is_folder: bool) -> Pair {
    let mut replacement = String::new();
    write_word(&mut replacement, &format!("{folder}{name}"));
    let shown = harmless(name);
    if !is_folder {
        return pair(&shown, &replacement, ' ');
    }
    // Inside a folder one goes on: the quote stays open.
    let slash = match replacement.strip_suffix('"') {
        Some(open) => format!("{open}/"),
        None => format!("{replacement}/"),
    };
    Pair { display: format!("{shown}/"), replacement: slash }
}
