//! The log: one line an event, on standard error. `RUST_LOG` says what is in it, or else the key `log`.

use std::io::Write;

use daemon::clock::Clock;
use daemon::config::Level;
use env_logger::{Builder, Env};
use log::LevelFilter;
use protocol::harmless::harmless;

/// Starts the log. The journal has its own clock and takes the priority from the line.
pub fn start() {
    let journal = std::env::var_os("JOURNAL_STREAM").is_some();
    // Without RUST_LOG the logger takes all, and the level that `set` sets has the say.
    let mut builder = Builder::from_env(Env::default().default_filter_or("trace"));
    builder.format(move |out, record| {
        // One line, whatever somebody has put into what is told.
        let text = record.args().to_string();
        let text = harmless(&text);
        if journal {
            let priority = match record.level() {
                log::Level::Error => 3,
                log::Level::Warn => 4,
                log::Level::Info => 6,
                log::Level::Debug | log::Level::Trace => 7,
            };
            writeln!(out, "<{priority}>{text}")
        } else {
            writeln!(out, "{} {:5} {text}", Clock::default().now(), record.level())
        }
    });
    builder.init();
    set(Level::Info);
}

/// Logs so much from now on, unless `RUST_LOG` says something else.
pub fn set(level: Level) {
    if std::env::var_os("RUST_LOG").is_some() {
        return;
    }
    log::set_max_level(match level {
        Level::Error => LevelFilter::Error,
        Level::Warn => LevelFilter::Warn,
        Level::Info => LevelFilter::Info,
        Level::Debug => LevelFilter::Debug,
        Level::Trace => LevelFilter::Trace,
    });
}
