//! The command line of `reel`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;

use clap::builder::{BoolishValueParser, PossibleValuesParser, TypedValueParser, ValueHint};
use clap::{ArgAction, CommandFactory as _, FromArgMatches as _, Parser};

use crate::config::Profile;
use crate::endpoint::Way;
use crate::generate::Form;
use crate::keys::Keys;
use crate::locale::Tongue;
use crate::memory::Remember;
use crate::show::style::When;
use crate::trust::Fingerprint;

/// What `--help` says at its end: scripts rely on it.
pub const AFTER: &str = "\
The password comes from a hidden prompt on the terminal, also while a script is
read from elsewhere, or from REEL_PASSWORD, never from an argument. Without -c
and -f, commands are read from standard input: with a prompt on a terminal, else
as a script (blank lines and lines that begin with # are skipped). Commands of -c
run first, then those of -f; standard input is read only if -f - says so, or if
the last -c begins a loop such as words. A script stops at its first failure, or
with --keep-going ends with the exit code of the first.

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
    /// A profile of the configuration, as @NAME; flags and environment beat what it says
    #[arg(value_name = "@PROFILE", value_parser = profile)]
    pub profile: Option<String>,

    /// The server, as host or host:port; 127.0.0.1 unless you say. The port is 2121, with TLS 2122
    #[arg(long, value_name = "HOST:PORT", env = "REEL_HOST", value_hint = ValueHint::Hostname)]
    pub host: Option<String>,

    /// Speak TLS. A certificate that no authority vouches for is shown, and trusted if you say so
    #[arg(long, env = "REEL_TLS", action = ArgAction::SetTrue, value_parser = BoolishValueParser::new())]
    pub tls: bool,

    /// Speak TLS and trust only the certificate with this SHA-256
    #[arg(long, value_name = "SHA256", env = "REEL_TLS_PIN")]
    pub tls_pin: Option<Fingerprint>,

    /// Go to another machine without TLS: passwords and films are seen by whoever listens on the way
    #[arg(long, env = "REEL_PLAIN", action = ArgAction::SetTrue, value_parser = BoolishValueParser::new(), conflicts_with_all = ["tls", "tls_pin"])]
    pub plain: bool,

    /// Log in under this name at the start
    #[arg(long, value_name = "NAME", value_hint = ValueHint::Other)]
    pub user: Option<String>,

    /// What to keep of a log-in for the next time; with a profile the session, unless you say otherwise
    #[arg(long, value_name = "WHAT", env = "REEL_REMEMBER", value_parser = words::<Remember>(Remember::WORDS))]
    pub remember: Option<Remember>,

    /// The language; otherwise that of LC_ALL, LC_MESSAGES or LANG
    #[arg(long, value_name = "LANGUAGE", env = "REEL_LANG", value_parser = words::<Tongue>(Tongue::WORDS))]
    pub lang: Option<Tongue>,

    /// Run a command and leave; may be given several times
    #[arg(short, long, value_name = "COMMAND", value_hint = ValueHint::Other)]
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

    /// Write host, user and what else is named here into the configuration as a profile, and leave
    #[arg(long, value_name = "NAME", value_hint = ValueHint::Other)]
    pub save_profile: Option<String>,

    /// List the profiles of the configuration and leave
    #[arg(long)]
    pub profiles: bool,

    /// Forget the certificate of a server that was trusted at first sight, and leave
    #[arg(long, value_name = "HOST:PORT", value_hint = ValueHint::Hostname)]
    pub forget_server: Option<String>,

    /// Write the manual page, or the completions of a shell, to standard output and leave
    #[arg(long, value_name = "WHAT", value_parser = words::<Form>(Form::WORDS))]
    pub generate: Option<Form>,
}

/// One of a few words.
fn words<T>(words: &'static [&'static str]) -> impl TypedValueParser<Value = T>
where
    T: FromStr<Err = &'static str> + Clone + Send + Sync + 'static,
{
    PossibleValuesParser::new(words).try_map(|word| word.parse::<T>())
}

/// `@NAME`.
fn profile(word: &str) -> Result<String, &'static str> {
    let name = word.strip_prefix('@').filter(|name| !name.is_empty());
    name.map(str::to_owned).ok_or("expected a profile as @NAME; commands are given with -c")
}

/// Reads the command line. Where there is nothing to go on with (`--help`, a mistake) what there is to say is said,
/// and the exit code given.
///
/// # Errors
/// The exit code.
pub fn read(tongue: Tongue) -> Result<Cli, ExitCode> {
    let words: Vec<OsString> = std::env::args_os().collect();
    let matches = beating_the_environment(command(tongue), &words).try_get_matches_from(&words);
    matches.and_then(|matches| Cli::from_arg_matches(&matches)).map_err(|error| {
        match tongue.mistake(&error) {
            Some(text) => eprint!("{text}"),
            // Nobody can be told that nothing can be said.
            None => drop(error.print()),
        }
        u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
    })
}

/// A flag that says how the connection goes beats variables that say otherwise.
fn beating_the_environment(command: clap::Command, words: &[OsString]) -> clap::Command {
    let named = |flag: &str| words.iter().any(|word| word.to_string_lossy().split('=').next() == Some(flag));
    let (plain, tls) = (named("--plain"), named("--tls") || named("--tls-pin"));
    command.mut_args(|arg| match arg.get_id().as_str() {
        "tls" | "tls_pin" if plain => arg.env(None::<&str>),
        "plain" if tls => arg.env(None::<&str>),
        _ => arg,
    })
}

/// What the help says at its end: what stands before the exit codes, and these.
pub fn after(tongue: Tongue) -> (&'static str, impl Iterator<Item = (&'static str, &'static str)>) {
    let text = tongue.after().unwrap_or(AFTER);
    let (before, codes) = text.split_once("\n\n").unwrap_or((text, ""));
    (before, codes.lines().filter_map(|line| line.strip_prefix("  ")?.split_once("  ")))
}

/// The command line, described in a language.
pub fn command(tongue: Tongue) -> clap::Command {
    tongue.command_line(Cli::command().mut_args(|arg| arg.hide_env_values(true)))
}

impl Cli {
    /// What is named here, over what a profile says.
    pub fn over(&self, base: Option<&Profile>) -> Profile {
        let base = base.cloned().unwrap_or_default();
        let base = match self.way() {
            Some(_) => Profile { tls: None, tls_pin: None, plain: None, ..base },
            None => base,
        };
        Profile {
            host: self.host.clone().or(base.host),
            user: self.user.clone().or(base.user),
            tls: self.tls.then_some(true).or(base.tls),
            tls_pin: self.tls_pin.or(base.tls_pin),
            plain: self.plain.then_some(true).or(base.plain),
            lang: self.lang.or(base.lang),
            remember: self.remember.or(base.remember),
            ..base
        }
    }

    /// How the connection goes, if anything is said about that.
    pub fn way(&self) -> Option<Way> {
        match self.tls_pin {
            Some(pin) => Some(Way::Tls { pin: Some(pin) }),
            None if self.tls => Some(Way::Tls { pin: None }),
            None if self.plain => Some(Way::Clear),
            None => None,
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
