//! What a check has to say, line by line.

/// A line of the report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// Something was checked to its end: what, and how much of it there was.
    Checked(&'static str, String),
    /// Something is wrong: what it is, what it means, and what an operator can do.
    Found(String),
    /// Something was wrong and is mended: what it was, and what was done.
    Mended(String, String),
}

/// Tells the lines of a check as they come, and counts them.
pub struct Report<'o> {
    tell: &'o mut dyn FnMut(Line),
    /// What is wrong, mended things counted.
    pub findings: u64,
    /// What was wrong and is mended.
    pub mended: u64,
}

impl<'o> Report<'o> {
    /// A report that is told line by line.
    pub fn new(tell: &'o mut dyn FnMut(Line)) -> Self {
        Self { tell, findings: 0, mended: 0 }
    }

    pub(super) fn checked(&mut self, what: &'static str, much: String) {
        (self.tell)(Line::Checked(what, much));
    }

    pub(super) fn found(&mut self, what: String) {
        self.findings += 1;
        (self.tell)(Line::Found(what));
    }

    /// A finding that was mended as `done` says, or was not if it says nothing.
    pub(super) fn found_or_mended(&mut self, what: String, done: Option<String>) {
        match done {
            None => self.found(what),
            Some(done) => {
                self.findings += 1;
                self.mended += 1;
                (self.tell)(Line::Mended(what, done));
            }
        }
    }
}

/// Characters of a name that are shown.
const SHOWN: usize = 60;

/// What somebody wrote, in quotes and with everything escaped that could move the cursor.
pub fn shown(text: &str) -> String {
    let start: String = text.chars().take(SHOWN).collect();
    let more = if start.len() < text.len() { "…" } else { "" };
    format!("{start:?}{more}")
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn nothing_moves_the_cursor() {
        let said = shown("绿茶\u{1b}[2J\r\n\u{202e}\u{9b}\"");
        assert_eq!(said, r#""绿茶\u{1b}[2J\r\n\u{202e}\u{9b}\"""#);
        assert_eq!(shown(&"x".repeat(99)), format!("\"{}\"…", "x".repeat(60)));
    }
}
