//! Somebody at a terminal: a program on a pseudo-terminal of its own, what stands on its screen, and what is typed.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags, open};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};
use vt100::{Color, Parser};

use crate::club::{Club, program};
use crate::picture::svg;

/// How long something may take to appear.
const PATIENCE: Duration = Duration::from_secs(20);

/// Lines that have scrolled off the top and are still looked at.
const SCROLLBACK: usize = 1000;

/// A program on a terminal. Nothing sleeps: what is typed is typed when what was waited for is there.
pub struct Terminal {
    screen: Arc<(Mutex<Shown>, Condvar)>,
    keyboard: File,
    process: Child,
    /// So much of what was said has been waited for.
    read: usize,
}

/// What the program has shown.
struct Shown {
    parser: Parser,
    said: String,
    over: bool,
}

impl Shown {
    /// The prompt, where the cursor is right behind it and nothing is typed.
    fn prompt(&self) -> Option<String> {
        let screen = self.parser.screen();
        let (row, column) = screen.cursor_position();
        let text = screen.contents_between(row, 0, row, screen.size().1);
        let prompt = text.trim_end();
        (prompt.ends_with('>') && prompt.chars().count() + 1 == usize::from(column))
            .then(|| format!("{prompt} "))
    }
}

impl Terminal {
    /// `reel` for a club, in a folder that is its home too, on a terminal of 24 rows and 80 columns.
    pub fn reel(club: &Club, folder: &Path, more: &[(&str, &str)], arguments: &[&str]) -> Self {
        let mut command = reel(folder, more);
        command.args(["--host", &club.address().to_string()]).args(arguments);
        Self::start(command, 24, 80)
    }

    /// The shell of somebody who is logged in with the password of the tests, at its prompt.
    #[track_caller]
    pub fn of(club: &Club, folder: &Path, name: &str, more: &[(&str, &str)], arguments: &[&str]) -> Self {
        Self::of_sized(club, folder, name, more, arguments, 24, 80)
    }

    /// The same on a terminal of another size.
    #[track_caller]
    pub fn of_sized(
        club: &Club, folder: &Path, name: &str, more: &[(&str, &str)], arguments: &[&str], rows: u16,
        columns: u16,
    ) -> Self {
        let (host, password) = (club.address().to_string(), format!("the password of {name}"));
        let more = [&[("REEL_PASSWORD", password.as_str())], more].concat();
        let arguments = [&["--host", &host, "--user", name], arguments].concat();
        let mut shell = Self::sized(folder, &more, &arguments, rows, columns);
        shell.wait(&format!("{name}@127.0.0.1> "));
        shell
    }

    /// `reel` on a terminal of another size, and without a club named.
    pub fn sized(folder: &Path, more: &[(&str, &str)], arguments: &[&str], rows: u16, columns: u16) -> Self {
        let mut command = reel(folder, more);
        command.args(arguments);
        Self::start(command, rows, columns)
    }

    /// A line of `sh`, in which `"$0"` is `reel`, with the same surroundings.
    pub fn sh(folder: &Path, script: &str) -> Self {
        let mut command = bare(folder);
        command.args(["sh", "-c", script]).arg(program("reel"));
        Self::start(command, 24, 80)
    }

    /// Any program. What it has of standard streams that the caller did not name is the terminal.
    pub fn start(mut command: Command, rows: u16, columns: u16) -> Self {
        let (near, far) = pair();
        tcsetwinsize(&near, size(rows, columns)).unwrap();
        let stream = || Stdio::from(far.try_clone().unwrap());
        let process = command.stdin(stream()).stdout(stream()).stderr(stream()).spawn().expect("setsid runs");
        drop((command, far));
        let shown =
            Shown { parser: Parser::new(rows, columns, SCROLLBACK), said: String::new(), over: false };
        let screen = Arc::new((Mutex::new(shown), Condvar::new()));
        let keyboard = File::from(near);
        let (to, from) = (screen.clone(), keyboard.try_clone().unwrap());
        thread::spawn(move || follow(from, &to));
        Self { screen, keyboard, process, read: 0 }
    }

    /// Types, keys included: `\t`, `\r`, `\x03` is Ctrl-C, `\x1b[A` the arrow up.
    pub fn type_(&mut self, text: &str) {
        self.keyboard.write_all(text.as_bytes()).unwrap();
    }

    /// Waits until the program says `text`, after what was waited for before; colours and moves of the cursor
    /// are not looked at.
    #[track_caller]
    pub fn wait(&mut self, text: &str) {
        let from = self.read;
        self.until(text, |shown| shown.said.get(from..).is_some_and(|said| said.contains(text)));
        let shown = self.shown();
        let at = shown.said.get(from..).and_then(|said| said.find(text)).unwrap_or(0);
        drop(shown);
        self.read = from + at + text.len();
    }

    /// Waits until the shell is at its prompt and nothing is typed. That the prompt was said tells nothing: it is
    /// drawn anew with each key.
    #[track_caller]
    pub fn prompt(&self) -> String {
        self.until("the prompt", |shown| shown.prompt().is_some());
        self.shown().prompt().unwrap_or_default()
    }

    /// Gives a command at the prompt and waits until the next may be given; what it said, with `\n` at the ends
    /// of its lines.
    #[track_caller]
    pub fn give(&mut self, line: &str) -> String {
        self.prompt();
        let said = self.shown().said.len();
        self.read = said;
        self.type_(&format!("{line}\r"));
        self.wait("\n");
        let from = self.read;
        let prompt = self.prompt();
        self.wait(&prompt);
        let said = self.said();
        said.get(from..self.read - prompt.len()).unwrap_or_default().replace('\r', "")
    }

    /// Leaves the shell with Ctrl-D at its prompt, sooner it may be lost; all that was said.
    #[track_caller]
    pub fn leave(mut self) -> String {
        self.prompt();
        self.type_("\x04");
        self.end(0)
    }

    /// Waits until the screen is as it should be: its rows, without the blanks at their ends.
    #[track_caller]
    pub fn wait_screen(&mut self, what: &str, is: impl Fn(&str) -> bool) {
        self.until(what, |shown| is(&shown.parser.screen().contents()));
    }

    /// Waits until the first cell of the last `text` on the screen is as it should be.
    #[track_caller]
    pub fn wait_cell(&mut self, text: &str, is: impl Fn(&vt100::Cell) -> bool) {
        self.until(text, |shown| cell(shown.parser.screen(), text).is_some_and(&is));
    }

    /// Waits until the cursor is in this column, from 0.
    #[track_caller]
    pub fn wait_column(&mut self, column: u16) {
        let what = format!("the cursor in column {column}");
        self.until(&what, |shown| shown.parser.screen().cursor_position().1 == column);
    }

    /// Answers a question once the terminal shows nothing of what is typed.
    #[track_caller]
    pub fn hidden(&mut self, question: &str, answer: &str) {
        self.wait(question);
        let began = Instant::now();
        while tcgetattr(&self.keyboard).unwrap().local_modes.contains(LocalModes::ECHO) {
            assert!(began.elapsed() < PATIENCE, "{question:?} shows what is typed");
            thread::yield_now();
        }
        self.type_(&format!("{answer}\r"));
    }

    /// What stands on the screen: its rows, without the blanks at their ends.
    pub fn screen(&self) -> String {
        self.shown().parser.screen().contents()
    }

    /// All that was said, without colours and moves of the cursor.
    pub fn said(&self) -> String {
        self.shown().said.clone()
    }

    /// Row and column of the cursor, from 0.
    pub fn cursor(&self) -> (u16, u16) {
        self.shown().parser.screen().cursor_position()
    }

    /// The colour in which the last `text` on the screen begins; the default where none was chosen.
    #[track_caller]
    pub fn colour_of(&self, text: &str) -> Color {
        self.cell_of(text, vt100::Cell::fgcolor)
    }

    /// Something about the first cell of the last `text` on the screen.
    #[track_caller]
    pub fn cell_of<T>(&self, text: &str, about: impl Fn(&vt100::Cell) -> T) -> T {
        let shown = self.shown();
        let screen = shown.parser.screen();
        if let Some(cell) = cell(screen, text) {
            return about(cell);
        }
        panic!("no {text:?} on the screen:\n{}", screen.contents());
    }

    /// The screen as an SVG picture.
    pub fn picture(&self) -> String {
        svg(self.shown().parser.screen())
    }

    /// In which column of the screen, from 0, `text` begins in the last row that begins with `row`.
    #[track_caller]
    pub fn column_of(&self, row: &str, text: &str) -> u16 {
        let shown = self.shown();
        let screen = shown.parser.screen();
        let (rows, columns) = screen.size();
        let found = (0..rows).rev().find(|at| screen.contents_between(*at, 0, *at, columns).starts_with(row));
        let begins = |at, column| screen.contents_between(at, column, at, columns).starts_with(text);
        let column = found.and_then(|at| (0..columns).find(|column| begins(at, *column)));
        column.unwrap_or_else(|| panic!("no {text:?} in a row {row:?} of\n{}", screen.contents()))
    }

    /// Makes the window another size.
    pub fn resize(&mut self, rows: u16, columns: u16) {
        self.shown().parser.screen_mut().set_size(rows, columns);
        tcsetwinsize(&self.keyboard, size(rows, columns)).unwrap();
    }

    /// The process, to be signalled or killed.
    pub fn process(&mut self) -> &mut Child {
        &mut self.process
    }

    /// Waits for the end; it has to be with this exit code.
    #[track_caller]
    pub fn end(mut self, code: i32) -> String {
        self.until("its end", |shown| shown.over);
        let ended = self.process.wait().unwrap();
        let said = self.said();
        assert_eq!(ended.code(), Some(code), "{said}");
        said
    }

    #[track_caller]
    fn until(&self, what: &str, is: impl Fn(&Shown) -> bool) {
        let began = Instant::now();
        let mut shown = self.shown();
        while !is(&shown) {
            let left = PATIENCE.saturating_sub(began.elapsed());
            let over = std::mem::take(&mut shown.over);
            if over || left.is_zero() {
                let (screen, said) = (shown.parser.screen().contents(), shown.said.clone());
                shown.over = over;
                drop(shown);
                panic!("{what:?} never came. The screen:\n{screen}\n--- said:\n{said}");
            }
            shown = self.screen.1.wait_timeout(shown, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.screen.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The first cell of the last `text` on the screen.
fn cell<'s>(screen: &'s vt100::Screen, text: &str) -> Option<&'s vt100::Cell> {
    let (rows, columns) = screen.size();
    for row in (0..rows).rev() {
        for column in (0..columns).rev() {
            let end = screen.contents_between(row, column, row, columns);
            if end.starts_with(text) && screen.cell(row, column).is_some_and(vt100::Cell::has_contents) {
                return screen.cell(row, column);
            }
        }
    }
    None
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// `reel` with the surroundings of `bare`, and more of them.
fn reel(folder: &Path, more: &[(&str, &str)]) -> Command {
    let mut command = bare(folder);
    command.arg(program("reel")).envs(more.iter().copied());
    command
}

/// A program, still to be named, that hears nothing of the surroundings, in English, in a session whose terminal
/// is its standard input.
fn bare(folder: &Path) -> Command {
    let mut command = Command::new("/usr/bin/setsid");
    command.arg("--ctty").current_dir(folder);
    for (name, _) in
        std::env::vars().filter(|(name, _)| name.starts_with("REEL_") || name.starts_with("XDG_"))
    {
        command.env_remove(name);
    }
    for name in ["NO_COLOR", "CLICOLOR_FORCE", "EDITOR", "VISUAL", "LESS", "DBUS_SESSION_BUS_ADDRESS"] {
        command.env_remove(name);
    }
    // A pager would wait for a key.
    command.env("PAGER", "cat");
    command.env("HOME", folder).env("TERM", "xterm-256color").env("LC_ALL", "C.UTF-8").env("TZ", "UTC");
    command
}

/// Both ends of a new pseudo-terminal: ours, and the program's.
fn pair() -> (OwnedFd, OwnedFd) {
    let near = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
    grantpt(&near).unwrap();
    unlockpt(&near).unwrap();
    let name = ptsname(&near, Vec::new()).unwrap();
    let far = open(name, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty()).unwrap();
    (near, far)
}

fn size(rows: u16, columns: u16) -> Winsize {
    Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }
}

/// Reads what the program says until it has ended.
fn follow(mut from: File, to: &(Mutex<Shown>, Condvar)) {
    let (mut buffer, mut rest) = ([0; 4096], Vec::new());
    loop {
        // Linux says with an error that the other end is closed.
        let read = from.read(&mut buffer).unwrap_or(0);
        let mut shown = to.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = buffer.get(..read).unwrap_or_default();
        shown.parser.process(bytes);
        rest.extend_from_slice(bytes);
        shown.said.push_str(&plain(&mut rest));
        shown.over = read == 0;
        to.1.notify_all();
        if read == 0 {
            return;
        }
    }
}

/// What of `bytes` is text; a sequence that is not whole yet stays.
fn plain(bytes: &mut Vec<u8>) -> String {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let length = match byte {
            0x1b => match sequence(bytes.get(at..).unwrap_or_default()) {
                Some(length) => length,
                None => break,
            },
            _ => {
                out.push(*byte);
                1
            }
        };
        at += length;
    }
    // A character of several bytes may be cut too.
    let whole = match std::str::from_utf8(&out) {
        Err(error) if error.error_len().is_none() && at == bytes.len() => error.valid_up_to(),
        _ => out.len(),
    };
    at -= out.len() - whole;
    out.truncate(whole);
    bytes.drain(..at);
    String::from_utf8_lossy(&out).into_owned()
}

/// How long an escape sequence is; nothing while its end is not there.
fn sequence(bytes: &[u8]) -> Option<usize> {
    match bytes.get(1)? {
        b'[' => Some(bytes.iter().skip(2).position(|byte| (0x40..0x7f).contains(byte))? + 3),
        b']' => Some(bytes.iter().position(|byte| *byte == 7)? + 1),
        _ => Some(2),
    }
}
