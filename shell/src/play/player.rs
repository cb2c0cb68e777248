//! The player: which one, and how it is started and ended.

use std::env;
use std::io;
use std::os::fd::AsFd as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

use crate::ask;
use crate::cancel::{Cancel, with_interrupts};
use crate::show::plain::harmless;

/// The variable that names it, with its arguments.
const VARIABLE: &str = "REEL_PLAYER";

/// Those that are looked for, and what makes them end with the film.
const KNOWN: &[(&str, &[&str])] = &[
    ("mpv", &[]),
    ("vlc", &["--play-and-exit"]),
    ("ffplay", &["-autoexit", "-hide_banner", "-loglevel", "warning"]),
];

/// How often it is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// How long it may take to end after Ctrl-C.
const GRACE: Duration = Duration::from_secs(3);

/// A program and its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Player(Vec<String>);

impl Player {
    /// The one of `$REEL_PLAYER`, else the first that is there.
    pub fn find() -> Option<Self> {
        match env::var(VARIABLE).ok().filter(|words| !words.trim().is_empty()) {
            Some(words) => shlex::split(&words).filter(|words| !words.is_empty()).map(Self),
            None => KNOWN.iter().find(|(name, _)| is_there(name)).map(|(name, more)| {
                Self([name].into_iter().chain(*more).map(|word| (*word).to_owned()).collect())
            }),
        }
    }

    /// The program.
    pub fn name(&self) -> &str {
        self.0.first().map_or("", String::as_str)
    }

    /// Plays what is at `url` and waits for the end; after Ctrl-C not for long. It has the terminal only if
    /// commands are typed: the lines of a script are not its keys, and what it says is no data.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn run(&self, url: &str, title: &str, typed: bool, cancel: &Cancel) -> io::Result<ExitStatus> {
        let before = tcgetattr(io::stdin()).ok();
        let ended = self.begin(url, title, typed).and_then(|child| until_over(child, cancel));
        if let Some(before) = before.filter(|_| typed) {
            // A player that was killed leaves the terminal as it had it.
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, &before);
        }
        ended
    }

    fn begin(&self, url: &str, title: &str, typed: bool) -> io::Result<Child> {
        let mut command = Command::new(self.name());
        ask::keep_secret(&mut command);
        command.args(self.0.iter().skip(1));
        if Path::new(self.name()).file_name().is_some_and(|name| name == "mpv") {
            // Better than the address.
            command.arg(format!("--force-media-title={}", harmless(title)));
        }
        command.arg(url);
        if !typed {
            let talk = io::stderr().as_fd().try_clone_to_owned()?;
            command.stdin(Stdio::null()).stdout(talk);
        }
        with_interrupts(|| command.spawn())
    }
}

fn is_there(name: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| {
        folder
            .join(name)
            .metadata()
            .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
    })
}

fn until_over(mut child: Child, cancel: &Cancel) -> io::Result<ExitStatus> {
    let mut until = None;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if cancel.sleep(LOOK) {
            continue;
        }
        // The terminal has told it too.
        let until = *until.get_or_insert_with(|| Instant::now() + GRACE);
        if Instant::now() >= until {
            child.kill()?;
            return child.wait();
        }
        std::thread::sleep(LOOK);
    }
}
