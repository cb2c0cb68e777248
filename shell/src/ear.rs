//! Listens while the shell waits at its prompt, so that events and a closed connection are told
//! when they happen and not with the next command.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustyline::ExternalPrinter;

use crate::jobs::Jobs;
use crate::session::{SharedLink, ending};
use crate::show::Screen;

/// How often it listens: a person does not notice, a processor neither.
const EVERY: Duration = Duration::from_millis(250);

/// Whether the shell is at its prompt.
#[derive(Clone, Debug, Default)]
pub struct Prompting(Arc<AtomicBool>);

impl Prompting {
    /// The prompt is there, or a command runs.
    pub fn set(&self, prompting: bool) {
        self.0.store(prompting, Ordering::Release);
    }

    fn get(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// Listens on the connection until the process ends.
pub fn listen(
    link: SharedLink, prompting: Prompting, screen: Screen, jobs: Jobs,
    mut printer: impl ExternalPrinter + Send + 'static,
) {
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(EVERY);
            let ended = if prompting.get() { jobs.told() } else { Vec::new() };
            for line in ended {
                if printer.print(format!("{line}\n")).is_err() {
                    return;
                }
            }
            // A command holds the lock while it runs; what is then said is said to it.
            let Ok(mut slot) = link.try_lock() else {
                continue;
            };
            let Some(open) = slot.as_mut().filter(|_| prompting.get()) else {
                continue;
            };
            let heard = open.overheard();
            if heard.is_over() {
                *slot = None;
            }
            drop(slot);
            for note in ending(heard) {
                let line = format!("{}\n", screen.note_text(&note));
                if printer.print(line).is_err() {
                    return;
                }
            }
        }
    });
}
