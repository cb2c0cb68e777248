//! How far a transfer is: a bar on a terminal, nothing elsewhere.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::locale::Text;
use crate::show::Screen;

/// Counts bytes. The bar goes when the meter does; its [`Count`]s only add to it.
#[derive(Debug)]
pub struct Meter(ProgressBar);

/// What adds to a meter from another thread.
#[derive(Clone, Debug)]
pub struct Count(ProgressBar);

impl Count {
    /// So many bytes more.
    pub fn add(&self, bytes: u64) {
        self.0.inc(bytes);
    }
}

impl Meter {
    /// A meter of `total` bytes of which `done` are there already.
    pub fn new(screen: &Screen, label: Text, total: u64, done: u64) -> Self {
        let target = if screen.draws { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(total), target).with_position(done);
        let template = "{msg} {wide_bar} {binary_bytes}/{binary_total_bytes} {binary_bytes_per_sec} {eta}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("━╸ "));
        }
        bar.set_message(screen.tongue.text(label));
        bar.reset_eta();
        if screen.draws {
            bar.enable_steady_tick(Duration::from_millis(250));
        }
        Self(bar)
    }

    /// A meter that shows nothing.
    pub fn hidden() -> Self {
        Self(ProgressBar::hidden())
    }

    /// So many bytes more.
    pub fn add(&self, bytes: u64) {
        self.0.inc(bytes);
    }

    /// What adds to it from another thread.
    pub fn count(&self) -> Count {
        Count(self.0.clone())
    }

    /// So many bytes in all.
    pub fn set(&self, bytes: u64) {
        self.0.set_position(bytes);
    }

    /// Says something above the bar.
    pub fn aside(&self, say: impl FnOnce()) {
        self.0.suspend(say);
    }

    /// Takes the bar away.
    pub fn clear(&self) {
        self.0.finish_and_clear();
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        // A fault on the way must not leave half a bar on the screen.
        if !self.0.is_finished() {
            self.0.finish_and_clear();
        }
    }
}
