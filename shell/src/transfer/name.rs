//! Names of files that are made from titles. A title is anything that somebody wrote.

use std::path::{Path, PathBuf};

/// Longest name made here, in bytes: with the ending of a part it stays under the 255 of file systems.
const LONGEST: usize = 180;

/// A name for title `id` that is harmless in any folder: no separator, no leading dot or dash, no control
/// character or override, not too long.
pub fn safe(title: &str, id: i64) -> String {
    let bad = |c: char| c.is_control() || protocol::grammar::is_forbidden(c) || matches!(c, '/' | '\\');
    let name: String = title.chars().map(|c| if bad(c) { '_' } else { c }).collect();
    // A leading dash would be taken for an option by whatever is called on it.
    let name = name.trim().trim_start_matches(['.', '-']).trim_start();
    if name.is_empty() {
        return format!("title-{id}");
    }
    // No title passes for a part of another one.
    let name = name.replace(".reel-", "_reel-");
    let (stem, end) = split(&name);
    format!("{}{end}", bounded(stem, LONGEST - end.len()).trim_end())
}

/// The `n`th name beside one that is taken: `film (2).webm`.
pub fn numbered(path: &Path, n: u32) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let (stem, end) = split(&name);
    path.with_file_name(format!("{stem} ({n}){end}"))
}

/// The name of the part beside `target`: it carries what it is a part of.
pub fn part(target: &Path, id: i64, md5: &str) -> PathBuf {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    target.with_file_name(format!("{}.{id}-{md5}.reel-part", bounded(&name, LONGEST)))
}

/// Name and ending, the dot with the ending. Only a short plain one is an ending.
fn split(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(dot) if dot > 0 => {
            let (stem, end) = name.split_at(dot);
            let plain = end.bytes().skip(1).all(|b| b.is_ascii_alphanumeric());
            if plain && (2..=6).contains(&end.len()) { (stem, end) } else { (name, "") }
        }
        _ => (name, ""),
    }
}

/// As much of `text` as `most` bytes hold.
fn bounded(text: &str, most: usize) -> &str {
    text.get(..text.floor_char_boundary(most)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_makes_a_harmless_name() {
        let cases = [
            ("Green tea", "Green tea"),
            ("绿茶 第1集.webm", "绿茶 第1集.webm"),
            ("-rf", "rf"),
            ("../../etc/passwd", "_.._etc_passwd"),
            (".bashrc", "bashrc"),
            ("...", "title-7"),
            ("  ", "title-7"),
            ("a\x1b\n\u{202e}b", "a___b"),
            ("a\\b", "a_b"),
            (" . x", "x"),
            ("a.bin.1-00.reel-part", "a.bin.1-00_reel-part"),
        ];
        for (title, name) in cases {
            assert_eq!(safe(title, 7), name, "{title:?}");
        }
    }

    #[test]
    fn a_long_name_is_bounded_in_bytes_and_keeps_its_ending() {
        let name = safe(&format!("{}.webm", "茶".repeat(200)), 7);
        assert!(name.len() <= LONGEST && name.ends_with("茶.webm"), "{name}");
        let part = part(Path::new(&name), i64::MAX, &"a".repeat(32));
        assert!(part.as_os_str().len() <= 255);
    }

    #[test]
    fn another_name_is_numbered_before_its_ending() {
        assert_eq!(numbered(Path::new("d/film.webm"), 2), Path::new("d/film (2).webm"));
        assert_eq!(numbered(Path::new("Green tea"), 3), Path::new("Green tea (3)"));
        assert_eq!(numbered(Path::new("Mr. Bean"), 2), Path::new("Mr. Bean (2)"));
    }
}
