//! What is longer than the screen goes through the pager that somebody prefers.

use std::ffi::OsString;
use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::ask;
use crate::cancel::{self, Cancel};

/// What somebody reads long output with.
#[derive(Clone, Debug)]
pub struct Pager {
    /// For `sh`: it may hold arguments.
    command: OsString,
    cancel: Cancel,
}

impl Pager {
    /// `REEL_PAGER`, else `PAGER`, else `less`. One that is set to nothing or to `cat` is none.
    pub fn of_environment(cancel: Cancel) -> Option<Self> {
        let set = ["REEL_PAGER", "PAGER"].iter().find_map(std::env::var_os);
        let command = set.unwrap_or_else(|| "less".into());
        let none = matches!(command.to_str().map(str::trim), Some("" | "cat"));
        (!none).then_some(Self { command, cancel })
    }

    /// Shows the lines and waits until they have been read; whether it could.
    pub fn show(&self, lines: &[String]) -> bool {
        let mut command = Command::new("sh");
        ask::keep_secret(&mut command);
        command.arg("-c").arg(&self.command).stdin(Stdio::piped());
        // As git has it: short output ends it, colours are shown, the screen is left as it was. What is written is
        // UTF-8, whatever the locale.
        for (name, value) in [("LESS", "FRX"), ("LESSCHARSET", "utf-8")] {
            if std::env::var_os(name).is_none() {
                command.env(name, value);
            }
        }
        self.cancel.aside(|| {
            let Ok(mut child) = cancel::with_interrupts(|| command.spawn()) else {
                return false;
            };
            if let Some(mut input) = child.stdin.take() {
                // Who has read enough leaves before the end.
                let _ = lines.iter().try_for_each(|line| writeln!(input, "{line}"));
            }
            let ended = child.wait().ok().and_then(|status| status.code());
            // That is how sh says that there is no such program.
            !matches!(ended, Some(126 | 127))
        })
    }
}
