//! A notice as people read it.

use protocol::grammar::find;

use super::plain;
use super::style::Style;
use crate::link::Facts;
use crate::locale::{Text, Tongue};

/// How far the text stands in.
const INDENT: &str = "  ";

/// Widest that a text becomes: longer lines are hard to read.
const WIDEST: usize = 78;

/// Title, who and when, and the text, wrapped to `room` columns.
pub fn lines(row: &Facts, room: Option<usize>, style: Style, tongue: Tongue) -> Vec<String> {
    let room = room.unwrap_or(WIDEST + INDENT.len()).min(WIDEST + INDENT.len());
    let cell = |key: &str| plain::value(key, find(row, key).unwrap_or_default());
    let id = find(row, "notice").or_else(|| find(row, "id")).unwrap_or_default();
    let title = tongue.fill(Text::Notice, &[&plain::harmless(id), &cell("title")]);
    let mut lines: Vec<String> = plain::wrap(&title, room).iter().map(|line| style.bold(line)).collect();
    let by: Vec<_> = [cell("author"), cell("at")].into_iter().filter(|word| !word.is_empty()).collect();
    lines.push(by.join(", "));
    for line in find(row, "text").unwrap_or_default().lines() {
        let wrapped = plain::wrap(&plain::harmless(line), room.saturating_sub(INDENT.len()));
        lines.extend(wrapped.iter().map(|line| format!("{INDENT}{line}").trim_end().to_owned()));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_is_wrapped_and_cannot_move_the_cursor() {
        let row: Facts = [
            ("notice", "3"),
            ("at", "-"),
            ("author", "boss"),
            ("title", "Film\x1b[2J night"),
            ("text", "Friday at eight, bring tea and cakes.\n\nAll\tof\x07 you\u{202e}."),
        ]
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .into();
        let style = Style { rich: true, colours: true };
        assert_eq!(
            lines(&row, Some(24), style, Tongue::En),
            [
                "\x1b[1mNotice 3: Film\\u{1b}[2J\x1b[m",
                "\x1b[1mnight\x1b[m",
                "boss, -",
                "  Friday at eight, bring",
                "  tea and cakes.",
                "",
                "  All\\tof\\u{7}",
                "  you\\u{202e}.",
            ]
        );
    }
}
