//! Text that is safe and fits: what others wrote is made harmless, widths are those of a terminal.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// `text` with everything that could command a terminal or turn text around made visible.
pub fn harmless(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_harmful) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if is_harmful(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Control characters of both sets, line and paragraph separators, marks and overrides of direction.
fn is_harmful(c: char) -> bool {
    c.is_control()
        || protocol::grammar::is_bidi_override(c)
        || matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{2028}' | '\u{2029}')
}

/// How many columns it takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// `text` in at most `most` columns; what is cut off leaves a `…`.
pub fn cut(text: &str, most: usize) -> Cow<'_, str> {
    if text.width() <= most {
        return Cow::Borrowed(text);
    }
    let mut used = 0;
    let mut out = String::new();
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used >= most {
            break;
        }
        out.push(c);
    }
    if most > 0 {
        out.push('…');
    }
    Cow::Owned(out)
}

/// Appends `text`, filled up with blanks to `width` columns.
pub fn pad(out: &mut String, text: &str, width: usize, right: bool) {
    let blanks = width.saturating_sub(text.width());
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
        "size" | "bytes" => word.parse().map_or_else(|_| harmless(word), |n| bytes(n).into()),
        "at" | "since" | "seen" | "starts" | "member-until" | "said-at" | "until" => time(word),
        _ => harmless(word),
    }
}

/// `2026-11-21T03:33:07Z` as `2026-11-21 03:33`, in UTC as everywhere on the wire.
fn time(word: &str) -> Cow<'_, str> {
    match chrono::DateTime::parse_from_rfc3339(word) {
        Ok(at) => at.to_utc().format("%Y-%m-%d %H:%M").to_string().into(),
        Err(_) => harmless(word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_cannot_command_a_terminal() {
        assert_eq!(harmless("\x1b[2Jhi\u{9b}"), "\\u{1b}[2Jhi\\u{9b}");
        assert_eq!(harmless("a\u{202e}b\u{200f}\n"), "a\\u{202e}b\\u{200f}\\n");
        assert_eq!(harmless("绿茶 é 👍"), "绿茶 é 👍");
    }

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
    fn times_are_short() {
        assert_eq!(value("at", "2026-11-21T03:33:07Z"), "2026-11-21 03:33");
        assert_eq!(value("member-until", "-"), "-");
    }
}
