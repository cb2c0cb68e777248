//! Bold and colours, where they are wanted: on a terminal that has them.

use std::io::IsTerminal;

/// How a stream may be written on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// A terminal that draws more than plain letters.
    pub rich: bool,
    /// Colours and bold besides.
    pub colours: bool,
}

impl Style {
    /// The style for a stream: rich on a terminal but a dumb one, without colours where `NO_COLOR` is
    /// set (<https://no-color.org>).
    pub fn of(stream: &impl IsTerminal) -> Self {
        let dumb = std::env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
        let rich = stream.is_terminal() && !dumb;
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self { rich, colours: rich && !plain }
    }

    /// `text` in bold. It has to be harmless already.
    pub fn bold(self, text: &str) -> String {
        if self.colours { format!("\x1b[1m{text}\x1b[m") } else { text.to_owned() }
    }

    /// `text` in the colour of what is drawn. It has to be harmless already.
    pub fn colour(self, text: &str) -> String {
        if self.colours && !text.is_empty() { format!("\x1b[36m{text}\x1b[m") } else { text.to_owned() }
    }
}
