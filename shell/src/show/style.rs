//! Bold and colours, where they are wanted: on a terminal that has them.

use std::io::IsTerminal;
use std::sync::OnceLock;

/// When colours are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum When {
    /// On a terminal, as the environment has it.
    #[default]
    Auto,
    /// Also into a file or pipe.
    Always,
    /// Not at all.
    Never,
}

/// What the command line said; it holds for the whole process, as the environment does.
static SAID: OnceLock<When> = OnceLock::new();

/// Takes what the command line says, once.
pub fn choose(when: When) {
    let _ = SAID.set(when);
}

/// How a stream may be written on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// A terminal that draws more than plain letters.
    pub rich: bool,
    /// Colours and bold besides.
    pub colours: bool,
}

impl Style {
    /// The style for a stream: rich on a terminal but a dumb one. Whether there are colours is said by
    /// `--color`, else by `NO_COLOR` (<https://no-color.org>) or `CLICOLOR_FORCE` (<https://bixense.com/clicolors>),
    /// else they are where it is rich.
    pub fn of(stream: &impl IsTerminal) -> Self {
        let dumb = std::env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
        let rich = stream.is_terminal() && !dumb;
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let forced =
            || std::env::var_os("CLICOLOR_FORCE").is_some_and(|value| !value.is_empty() && value != "0");
        let colours = match SAID.get().copied().unwrap_or_default() {
            When::Always => true,
            When::Never => false,
            When::Auto => !set("NO_COLOR") && (rich || forced()),
        };
        Self { rich, colours }
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
