//! How far a transfer is: a bar on a terminal, a line now and then elsewhere.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::locale::Text;
use crate::show::Screen;
use crate::show::plain::{bytes, clock};

/// A line at most so often, and of at least so many hundredths of the whole: what is shorter says nothing.
const EVERY: Duration = Duration::from_secs(5);
const HUNDREDTHS: u64 = 10;

/// On fewer columns the numbers alone fill the line.
const NARROW: u16 = 60;

/// Counts bytes. The bar goes when the meter does; its [`Count`]s only add to it.
#[derive(Debug)]
pub struct Meter(Count);

/// What adds to a meter from another thread.
#[derive(Clone, Debug)]
pub struct Count {
    bar: ProgressBar,
    lines: Option<Arc<Lines>>,
}

/// Where no bar can be drawn.
#[derive(Debug)]
struct Lines {
    screen: Screen,
    label: Text,
    total: u64,
    last: Mutex<(Instant, u64)>,
}

/// A bar with rate and time left.
pub fn bar(target: ProgressDrawTarget, total: u64) -> ProgressBar {
    ProgressBar::with_draw_target(Some(total), target).with_style(style())
}

/// What a bar looks like on a terminal of this width.
pub fn style() -> ProgressStyle {
    let room = rustix::termios::tcgetwinsize(std::io::stderr()).map_or(80, |size| size.ws_col);
    let template = if room < NARROW {
        "{msg} {percent} % {binary_bytes_per_sec} {eta}"
    } else {
        "{msg} {wide_bar} {binary_bytes}/{binary_total_bytes} {binary_bytes_per_sec} {eta}"
    };
    let style = ProgressStyle::with_template(template);
    style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━╸ ")
}

/// What stands there before anything moves.
pub fn words() -> ProgressStyle {
    ProgressStyle::with_template("{msg}").unwrap_or_else(|_| ProgressStyle::default_bar())
}

impl Count {
    /// So many bytes more.
    pub fn add(&self, bytes: u64) {
        self.bar.inc(bytes);
        if let Some(lines) = &self.lines {
            lines.tell(&self.bar);
        }
    }
}

impl Lines {
    fn tell(&self, bar: &ProgressBar) {
        // Another thread is at it.
        let Ok(mut last) = self.last.try_lock() else { return };
        let done = bar.position();
        let far = done.saturating_sub(last.1).saturating_mul(100) / HUNDREDTHS >= self.total;
        if last.0.elapsed() < EVERY || !far || done >= self.total {
            return;
        }
        *last = (Instant::now(), done);
        let percent = u128::from(done) * 100 / u128::from(self.total.max(1));
        let label = self.screen.tongue.text(self.label).trim();
        let (rate, left) = (bytes(bar.per_sec() as u64), clock(bar.eta().as_secs()));
        let with =
            [label, &bytes(done), &bytes(self.total), &percent.to_string(), &rate, &left].map(str::to_owned);
        self.screen.say(Text::HowFar, &with.each_ref().map(String::as_str));
    }
}

impl Meter {
    /// A meter of `total` bytes of which `done` are there already.
    pub fn new(screen: &Screen, label: Text, total: u64, done: u64) -> Self {
        let draws = screen.draws && screen.work.is_none();
        let target = if draws { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = bar(target, total).with_position(done);
        bar.set_message(screen.tongue.text(label));
        base(&bar);
        if draws {
            bar.enable_steady_tick(Duration::from_millis(250));
        }
        if let Some(work) = &screen.work {
            work.follow(bar.clone());
        }
        let speaks = !draws && !screen.json && screen.work.is_none();
        let last = Mutex::new((Instant::now(), done));
        let lines = speaks.then(|| Arc::new(Lines { screen: screen.clone(), label, total, last }));
        Self(Count { bar, lines })
    }

    /// A meter that shows nothing.
    pub fn hidden() -> Self {
        Self(Count { bar: ProgressBar::hidden(), lines: None })
    }

    /// So many bytes more.
    pub fn add(&self, bytes: u64) {
        self.0.add(bytes);
    }

    /// What adds to it from another thread.
    pub fn count(&self) -> Count {
        self.0.clone()
    }

    /// So many bytes are there already.
    pub fn set(&self, bytes: u64) {
        self.0.bar.set_position(bytes);
        base(&self.0.bar);
    }

    /// Says something above the bar.
    pub fn aside(&self, say: impl FnOnce()) {
        self.0.bar.suspend(say);
    }

    /// Takes the bar away.
    pub fn clear(&self) {
        self.0.bar.finish_and_clear();
    }
}

/// What is there already was not fetched now: rate and time left count from here.
fn base(bar: &ProgressBar) {
    // The estimator has to see the position, and then forget how it came about.
    bar.tick();
    bar.reset_eta();
}

impl Drop for Meter {
    fn drop(&mut self) {
        // A fault on the way must not leave half a bar on the screen.
        let bar = &self.0.bar;
        if !bar.is_finished() {
            let reached = bar.position();
            bar.finish_and_clear();
            // Finishing moves it to its end, and how far a job came is still asked.
            bar.set_position(reached);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_already_counts_for_no_rate() {
        let meter = Meter::new(&Screen::new(true), Text::Receiving, 1 << 40, 1 << 39);
        meter.add(1024);
        std::thread::sleep(Duration::from_millis(20));
        meter.0.bar.tick();
        let rate = meter.0.bar.per_sec();
        assert!(rate < 1e6, "{rate}");
    }
}
