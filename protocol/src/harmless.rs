//! Text that somebody wrote, for terminals and logs: nothing in it moves a cursor, breaks a line or turns text
//! around.

use std::borrow::Cow;

use crate::value::is_bidi_override;

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

/// Control characters of both sets, line and paragraph separators, marks and overrides of direction, and
/// what is never seen.
pub fn is_harmful(c: char) -> bool {
    c.is_control()
        || is_bidi_override(c)
        || matches!(c, '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}'
            | '\u{2029}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}')
        // Letters and notes of which nothing is shown.
        || matches!(c, '\u{034F}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{3164}' | '\u{FFA0}'
            | '\u{1D173}'..='\u{1D17A}')
        // Tags: nothing is shown of them.
        || matches!(c, '\u{E0000}'..='\u{E007F}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_cannot_command_a_terminal() {
        assert_eq!(harmless("\x1b[2Jhi\u{9b}"), "\\u{1b}[2Jhi\\u{9b}");
        assert_eq!(harmless("a\u{202e}b\u{200f}\n"), "a\\u{202e}b\\u{200f}\\n");
        assert_eq!(harmless("a\u{3164}b\u{34f}"), "a\\u{3164}b\\u{34f}");
        assert_eq!(harmless("a\u{200b}b\u{2060}\u{ad}"), "a\\u{200b}b\\u{2060}\\u{ad}");
        // A joiner is part of words in some scripts, and of many pictures.
        assert_eq!(
            harmless("绿茶 é 👍 👩\u{200d}🚀 می\u{200c}خواهم"),
            "绿茶 é 👍 👩\u{200d}🚀 می\u{200c}خواهم"
        );
    }
}
