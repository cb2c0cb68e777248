//! The command line of `reel`.

use std::path::PathBuf;

use clap::Parser;

use crate::endpoint::Way;
use crate::keys::Keys;
use crate::show::style::When;
use crate::trust::Fingerprint;

/// What `--help` says at its end: scripts rely on it.
const AFTER: &str = "\
The password comes from a hidden prompt or from REEL_PASSWORD, never from an
argument. Without -c and -f, commands are read from standard input: with a prompt
on a terminal, else as a script (blank lines and lines that begin with # are
skipped). Commands of -c run first, then those of -f; standard input is read only
if -f - says so, or if the last -c begins a loop such as words. A script stops at
its first failure, or with --keep-going ends with the exit code of the first.

Data goes to standard output, all else to standard error. REEL_PAGER or PAGER names
the pager of the prompt, NO_COLOR and CLICOLOR_FORCE say whether there are colours.

Exit codes:
  0  done
  1  refused by the server
  2  usage: not a command, wrong arguments, no password to be had
  3  cannot connect, or the connection was lost
  4  not found
  5  to be paid first, or not enough money
  6  the bytes are not those that were promised
  7  try again later
  8  a local file could not be read or written
  9  a command of this computer (!) failed
  130  stopped with Ctrl-C";

/// One shell for the members and the admins of a club.
#[derive(Debug, Parser)]
#[command(name = "reel", version, after_help = AFTER)]
pub struct Cli {
    /// The server, as host or host:port; the port is 2121, with TLS 2122
    #[arg(long, value_name = "HOST:PORT", env = "REEL_HOST", default_value = "127.0.0.1")]
    pub host: String,

    /// Speak TLS. A certificate that no authority vouches for is shown, and trusted if you say so
    #[arg(long, env = "REEL_TLS")]
    pub tls: bool,

    /// Speak TLS and trust only the certificate with this SHA-256
    #[arg(long, value_name = "SHA256", env = "REEL_TLS_PIN")]
    pub tls_pin: Option<Fingerprint>,

    /// Go to another machine without TLS: passwords and films are seen by whoever listens on the way
    #[arg(long, env = "REEL_PLAIN", conflicts_with_all = ["tls", "tls_pin"])]
    pub plain: bool,

    /// Log in under this name at the start
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,

    /// Run a command and leave; may be given several times
    #[arg(short, long, value_name = "COMMAND")]
    pub command: Vec<String>,

    /// Run the commands in a file; - is standard input
    #[arg(short, long, value_name = "FILE")]
    pub file: Option<PathBuf>,

    /// Go on after a failure; the exit code is that of the first
    #[arg(short, long)]
    pub keep_going: bool,

    /// Answer each command with one JSON document on standard output
    #[arg(long)]
    pub json: bool,

    /// Answer each command with one table of comma-separated values (RFC 4180). Cells are as the club has
    /// them: a spreadsheet may take one that begins with = + - or @ for a formula
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,

    /// When there are colours; auto is on a terminal, unless NO_COLOR is set
    #[arg(long, value_name = "WHEN", value_enum, default_value_t)]
    pub color: When,

    /// Print what is longer than the screen all the same. Else REEL_PAGER, PAGER or less shows it at the prompt
    #[arg(long)]
    pub no_pager: bool,
    /// Edit lines with the keys of emacs or of vi; without this as readline's settings say (~/.inputrc)
    #[arg(long, value_enum, value_name = "KEYS", env = "REEL_KEYS")]
    pub keys: Option<Keys>,

    /// Say yes to every question, such as whether to buy
    #[arg(short, long)]
    pub yes: bool,
}

impl Cli {
    /// How the connection goes.
    pub fn way(&self) -> Way {
        match self.tls_pin {
            Some(pin) => Way::Tls { pin: Some(pin) },
            None if self.tls => Way::Tls { pin: None },
            None if self.plain => Way::Clear,
            None => Way::Near,
        }
    }

    /// Whether commands are named rather than typed.
    pub fn is_scripted(&self) -> bool {
        !self.command.is_empty() || self.file.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent_and_documents_its_exit_codes() {
        Cli::command().debug_assert();
        let help = Cli::command().render_long_help().to_string();
        for code in crate::fault::Exit::ALL {
            assert!(help.contains(&format!("\n  {}  ", *code as u8)), "{code:?}");
        }
    }

    #[test]
    fn commands_may_be_repeated() {
        let cli = Cli::try_parse_from(["reel", "-c", "ls", "-c", "whoami", "--yes"]).unwrap();
        assert_eq!(cli.command, ["ls", "whoami"]);
        assert!(cli.yes && cli.is_scripted());
    }
}
