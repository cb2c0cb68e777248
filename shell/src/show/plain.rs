//! Text that is safe and fits: what others wrote is made harmless, widths are those of a terminal.

use std::borrow::Cow;

pub use protocol::harmless::{harmless, is_harmful};
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// How many columns it takes, at most.
///
/// Terminals differ about joined emoji, flags and what follows a variation selector: the newer draw one picture
/// of two columns, the older its parts. So that nothing is ever wider than was thought, the wider counts.
pub fn width(text: &str) -> usize {
    if text.is_ascii() { text.width() } else { text.graphemes(true).map(cluster).sum() }
}

/// Whether terminals differ about how wide it is.
pub fn is_disputed(text: &str) -> bool {
    !text.is_ascii() && text.graphemes(true).any(|one| one.width() != parts(one))
}

/// The width of one character as people see it.
fn cluster(one: &str) -> usize {
    one.width().max(parts(one))
}

fn parts(one: &str) -> usize {
    one.chars().map(|c| c.width().unwrap_or(0)).sum()
}

/// `text` in at most `most` columns; what is cut off leaves a `…`. No character is cut in two.
pub fn cut(text: &str, most: usize) -> Cow<'_, str> {
    if width(text) <= most {
        return Cow::Borrowed(text);
    }
    let mut used = 0;
    let mut out = String::new();
    for one in text.graphemes(true) {
        used += cluster(one);
        if used >= most {
            break;
        }
        out.push_str(one);
    }
    if most > 0 {
        out.push('…');
    }
    Cow::Owned(out)
}

/// `text` in lines of at most `room` columns, broken at blanks and between Chinese characters; a word
/// that is wider is broken where it must be. It has to be harmless already.
pub fn wrap(text: &str, room: usize) -> Vec<String> {
    let room = room.max(2);
    let mut lines = vec![String::new()];
    let mut used = 0;
    for piece in pieces(text) {
        if used > 0 && used + width(piece.trim_end()) > room {
            lines.push(String::new());
            used = 0;
        }
        for one in piece.graphemes(true) {
            let wide = cluster(one);
            if used + wide > room {
                // A blank at the end of a line is where the line was broken.
                if one == " " {
                    continue;
                }
                lines.push(String::new());
                used = 0;
            }
            used += wide;
            if let Some(line) = lines.last_mut() {
                line.push_str(one);
            }
        }
    }
    lines.iter_mut().for_each(|line| line.truncate(line.trim_end().len()));
    lines
}

/// What is not broken: words with the blanks after them, and wide characters each.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut from = 0;
    let mut last = None;
    for (at, one) in text.grapheme_indices(true) {
        let wide = |one: &str| one.width() == 2 && one.chars().all(char::is_alphanumeric);
        let begins = last.is_some_and(|last| (last == " " && one != " ") || (wide(one) && last != " "));
        if begins {
            pieces.extend(text.get(from..at));
            from = at;
        }
        last = Some(one);
    }
    pieces.extend(text.get(from..));
    pieces
}

/// Appends `text`, filled up with blanks to `width` columns.
pub fn pad(out: &mut String, text: &str, width: usize, right: bool) {
    let blanks = width.saturating_sub(self::width(text));
    let blanks = std::iter::repeat_n(' ', blanks);
    if right {
        out.extend(blanks);
        out.push_str(text);
    } else {
        out.push_str(text);
        out.extend(blanks);
    }
}

/// A number of bytes for people.
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if count < 1024 {
        return format!("{count} B");
    }
    let mut unit = 0;
    let mut tenths = u128::from(count) * 10 / 1024;
    while tenths >= 10_240 && unit + 1 < UNITS.len() {
        tenths /= 1024;
        unit += 1;
    }
    let name = UNITS.get(unit).unwrap_or(&"");
    format!("{}.{} {name}", tenths / 10, tenths % 10)
}

/// The value of `key` as people read it.
pub fn value<'a>(key: &str, word: &'a str) -> Cow<'a, str> {
    match key {
        "size" | "bytes" | "saved" | "used-bytes" => {
            word.parse().map_or_else(|_| harmless(word), |n| bytes(n).into())
        }
        "rate" => word.parse().map_or_else(|_| harmless(word), |n| format!("{}/s", bytes(n)).into()),
        "percent" if word != "-" => format!("{} %", harmless(word)).into(),
        "eta" => word.parse().map_or_else(|_| harmless(word), |n| clock(n).into()),
        _ if is_time(key) => time(word),
        _ => harmless(word),
    }
}

/// Whether what stands under `key` is a time.
pub fn is_time(key: &str) -> bool {
    matches!(key, "at" | "since" | "seen" | "starts" | "member-until" | "said-at" | "until")
}

/// Seconds as `1:05` or `2:03:07`.
pub fn clock(seconds: u64) -> String {
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{rest:02}") } else { format!("{minutes}:{rest:02}") }
}

/// `2026-11-21T03:33:07Z` as `2026-11-21 03:33`, on the clock of this computer.
fn time(word: &str) -> Cow<'_, str> {
    match chrono::DateTime::parse_from_rfc3339(word) {
        Ok(at) => at.with_timezone(&chrono::Local).format("%Y-%m-%d %H:%M").to_string().into(),
        Err(_) => harmless(word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_takes_two_columns_each() {
        assert_eq!(cut("绿茶的故事", 10), "绿茶的故事");
        assert_eq!(cut("绿茶的故事", 9), "绿茶的故…");
        assert_eq!(cut("绿茶的故事", 8), "绿茶的…");
        assert_eq!(cut("abc", 0), "");
        let mut out = String::new();
        pad(&mut out, "绿", 4, false);
        assert_eq!(out, "绿  ");
    }

    #[test]
    fn what_people_see_as_one_character_is_not_cut_in_two() {
        // An astronaut: woman, joiner, rocket. Terminals draw two columns or four.
        let astronaut = "👩\u{200d}🚀";
        assert_eq!(width(astronaut), 4);
        assert_eq!(cut(&format!("{astronaut}abc"), 6), format!("{astronaut}a…"));
        assert_eq!(cut(&format!("ab{astronaut}c"), 6), "ab…");
        assert_eq!(cut("e\u{301}e\u{301}e\u{301}", 2), "e\u{301}…");
        assert_eq!(cut("🇨🇳🇩🇪", 3), "🇨🇳…");
        assert_eq!(width("❤\u{fe0f}"), 2);
        assert!(is_disputed("❤\u{fe0f}") && is_disputed(astronaut) && is_disputed("👍🏽"));
        assert!(!is_disputed("绿茶 e\u{301} 🚀 🇨🇳 tea"));
        assert_eq!(wrap(&format!("a{astronaut}b"), 5), [format!("a{astronaut}"), "b".to_owned()]);
    }

    #[test]
    fn sizes_are_for_people() {
        let cases = [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1536, "1.5 KiB"),
            (1 << 30, "1.0 GiB"),
            (u64::MAX, "15.9 EiB"),
        ];
        for (count, text) in cases {
            assert_eq!(bytes(count), text);
        }
    }

    #[test]
    fn rates_and_times_left_are_for_people() {
        assert_eq!((clock(5), clock(65), clock(7_387)), ("0:05".into(), "1:05".into(), "2:03:07".into()));
        assert_eq!((value("rate", "1536"), value("percent", "42")), ("1.5 KiB/s".into(), "42 %".into()));
        assert_eq!((value("eta", "65"), value("eta", "-")), ("1:05".into(), "-".into()));
    }

    #[test]
    fn text_is_broken_at_blanks_and_between_chinese_characters() {
        assert_eq!(wrap("bring tea and cakes", 9), ["bring tea", "and cakes"]);
        assert_eq!(wrap("bring tea and cakes", 80), ["bring tea and cakes"]);
        assert_eq!(wrap("abcdefgh ij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("周五八点，带茶来", 6), ["周五八", "点，带", "茶来"]);
        assert_eq!(wrap("", 5), [""]);
        assert_eq!(wrap("a  b", 1), ["a", "b"]);
    }

    #[test]
    fn times_are_short() {
        let here = chrono::DateTime::parse_from_rfc3339("2026-11-21T03:33:07Z").unwrap();
        let here = here.with_timezone(&chrono::Local).format("%Y-%m-%d %H:%M").to_string();
        assert_eq!(value("at", "2026-11-21T03:33:07Z"), here);
        assert_eq!(value("member-until", "-"), "-");
    }
}
