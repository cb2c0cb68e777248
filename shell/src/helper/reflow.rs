//! A window that becomes wider or narrower while a line is typed. Most terminals break the line anew then, and
//! the cursor goes with its text; the line editor still wipes as many rows as there were. So the cursor is put
//! where the line editor takes it to be.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthChar as _;

/// Where a text ends that is drawn from the first column on: rows below the first, and columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct End {
    rows: usize,
    column: usize,
}

impl End {
    /// Behind further text, in a window of so many columns. A character of two columns is not broken.
    pub fn behind(self, text: &str, columns: usize) -> Self {
        let mut end = self;
        for c in text.chars() {
            let width = c.width().unwrap_or(0);
            end.column += width;
            if end.column > columns {
                end = Self { rows: end.rows + 1, column: width };
            }
        }
        end
    }

    /// The row on which the next character would stand.
    fn row(self, columns: usize) -> usize {
        self.rows + usize::from(self.column >= columns)
    }
}

/// What was drawn: up to the cursor, and up to the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// The cursor.
    pub cursor: End,
    /// The end, with the hint.
    pub end: End,
    /// Columns of the window.
    pub columns: usize,
}

/// Moves of the cursor after which as many rows may be wiped as `before` took, where the text up to the
/// cursor now ends at `now`.
pub fn moves(before: Drawn, now: End, columns: usize) -> String {
    let (row, last) = (before.cursor.row(before.columns), before.end.row(before.columns));
    let now = now.row(columns);
    let mut out = String::new();
    if now > row {
        let _ = write!(out, "\x1b[{}A\r\x1b[J", now - row);
    } else if now < row {
        out.push_str("\r\x1b[J");
        // Rows that are not there yet are made.
        (now..last).for_each(|_| out.push('\n'));
        if last > row {
            let _ = write!(out, "\x1b[{}A", last - row);
        }
    } else {
        // What is behind the cursor may have become longer by a row all the same.
        out.push_str("\x1b[J");
    }
    out
}

/// Whether the terminal is known to break lines anew. xterm and the console do not; nothing tells them by name.
pub fn is_known(set: impl Fn(&str) -> Option<String>) -> bool {
    const VARIABLES: [&str; 8] = [
        "TMUX",
        "VTE_VERSION",
        "KITTY_WINDOW_ID",
        "ALACRITTY_WINDOW_ID",
        "WEZTERM_PANE",
        "KONSOLE_VERSION",
        "WT_SESSION",
        "GHOSTTY_RESOURCES_DIR",
    ];
    const TERMS: [&str; 4] = ["foot", "tmux", "xterm-kitty", "alacritty"];
    let term = set("TERM").unwrap_or_default();
    VARIABLES.iter().any(|name| set(name).is_some_and(|value| !value.is_empty()))
        || TERMS.iter().any(|name| term.starts_with(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(text: &str, columns: usize) -> End {
        End::default().behind(text, columns)
    }

    #[test]
    fn characters_of_two_columns_are_not_broken() {
        assert_eq!(end("abc", 4), End { rows: 0, column: 3 });
        assert_eq!(end("abc绿", 4), End { rows: 1, column: 2 });
        assert_eq!(end("ab绿", 4).row(4), 1);
        assert_eq!(end("绿茶绿", 5), End { rows: 1, column: 2 });
    }

    #[test]
    fn the_cursor_goes_where_it_is_taken_to_be() {
        let text = "x".repeat(90);
        let drawn = |columns| Drawn { cursor: end(&text, columns), end: end(&text, columns), columns };
        assert_eq!(moves(drawn(80), end(&text, 40), 40), "\x1b[1A\r\x1b[J");
        assert_eq!(moves(drawn(40), end(&text, 80), 80), "\r\x1b[J\n");
        assert_eq!(moves(drawn(40), end(&text, 41), 41), "\x1b[J");
    }

    #[test]
    fn a_terminal_is_known_by_what_it_sets() {
        let is = |name: &str, value: &str| is_known(|asked| (asked == name).then(|| value.to_owned()));
        assert!(is("TMUX", "/tmp/x") && is("TERM", "foot-extra"));
        assert!(!is("TERM", "xterm-256color") && !is("VTE_VERSION", ""));
    }
}
