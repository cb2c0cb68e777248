//! The ad: what it says, and how long it still takes. The server keeps the clock.

use std::io::{self, Write as _};
use std::time::{Duration, Instant};

use crate::fault::Fault;
use crate::link::Reply;
use crate::locale::Text;
use crate::shell::Shell;
use crate::show::plain::{cut, harmless};

/// No ad lasts longer than a day, in seconds, whatever a server says: the clock here could not count to it.
const LONGEST: u64 = 24 * 3600;

/// Shows the ad of a `350 WAIT` and sits out its seconds.
///
/// # Errors
/// Ctrl-C was pressed, or the reply names no seconds.
pub fn sit_out(shell: &Shell, reply: &Reply) -> Result<(), Fault> {
    let seconds = reply.number("seconds")?.clamp(1, LONGEST);
    let ad = harmless(reply.status.get("ad").unwrap_or_default()).into_owned();
    let until = Instant::now() + Duration::from_secs(seconds);
    let screen = &shell.screen;
    if !screen.draws {
        screen.say(Text::AdLeft, &[&ad, &seconds.to_string()]);
    }
    let cancel = &shell.session.endpoint().cancel;
    loop {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            erase(screen.draws);
            return Ok(());
        }
        if screen.draws {
            let shown = left.as_millis().div_ceil(1000).to_string();
            redraw(&screen.tongue.fill(Text::AdLeft, &[&ad, &shown]));
        }
        if !cancel.sleep(tick(left)) {
            erase(screen.draws);
            return Err(Fault::Cancelled);
        }
    }
}

/// Up to the next whole second.
fn tick(left: Duration) -> Duration {
    match left.subsec_nanos() {
        0 => Duration::from_secs(1),
        nanos => Duration::from_nanos(nanos.into()),
    }
}

fn redraw(line: &str) {
    let size = rustix::termios::tcgetwinsize(io::stderr());
    let room = size.map_or(80, |size| usize::from(size.ws_col.max(20)));
    let mut out = io::stderr().lock();
    // Of an ad too long for the line, the beginning gives way: the seconds stand at the end.
    let line = if crate::show::plain::width(line) < room { line.into() } else { shortened(line, room - 1) };
    let _ = write!(out, "\r{line}\x1b[K").and_then(|()| out.flush());
}

fn shortened(line: &str, room: usize) -> String {
    let (ad, left) = line.rsplit_once('—').unwrap_or(("", line));
    let taken = crate::show::plain::width(left) + 1;
    format!("{}—{left}", cut(ad, room.saturating_sub(taken)))
}

fn erase(draws: bool) {
    if draws {
        let mut out = io::stderr().lock();
        let _ = write!(out, "\r\x1b[K").and_then(|()| out.flush());
    }
}
