//! How long a command takes at worst while others fetch from a cold disk, upload and log in.

use std::fs::File;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::fs::{Advice, fadvise};

use super::{Better, Figure, Row};
use crate::Result;
use crate::client::Door;
use crate::content::{COLD, Source, cold};
use crate::lab::Lab;
use crate::peer::Server;
use crate::stat::percentile;

const UPLOADS: u64 = 4;
const LOGINS: usize = 50;
const PROBES: usize = 4;

/// Between two commands of a probe, as of somebody who types very fast.
const PAUSE: Duration = Duration::from_millis(2);

/// How much longer than a rate this is measured: what happens seldom is looked for.
const WINDOWS: u32 = 5;

/// See the module.
#[derive(Default)]
pub struct Tail {
    parts: Vec<Source>,
}

impl Row for Tail {
    fn name(&self) -> &'static str {
        "tail"
    }

    fn title(&self) -> &'static str {
        "NOOP while 8 downloads run cold, 4 uploads run and 50 log-ins wait"
    }

    fn figures(&self) -> &'static [Figure] {
        &[
            Figure {
                title: "p99",
                unit: "ms",
                better: Better::Less,
                target: "at most 10 ms, better than each peer",
            },
            Figure { title: "longest", unit: "ms", better: Better::Less, target: "at most 100 ms" },
            Figure { title: "median", unit: "ms", better: Better::Less, target: "" },
        ]
    }

    fn competitors(&self) -> &'static [&'static str] {
        &["Reel", "pure-ftpd", "vsftpd", "proftpd", "pyftpdlib"]
    }

    fn rounds(&self) -> usize {
        3
    }

    fn measure(&mut self, lab: &mut Lab, who: &str) -> Result<Vec<Option<f64>>> {
        if self.parts.is_empty() {
            self.parts = lab.content.parts(UPLOADS)?;
        }
        let (window, size) = (lab.window * WINDOWS, lab.content.size / COLD as u64);
        let server = lab.serving(who, &cold())?;
        rustix::fs::sync();
        forget(server, size)?;
        let mut times = self.load(server, size, window)?;
        Ok(vec![
            Some(percentile(&mut times, 0.99)),
            Some(percentile(&mut times, 1.0)),
            Some(percentile(&mut times, 0.5)),
        ])
    }
}

impl Tail {
    /// Runs it all for so long; what the probes saw, in ms.
    fn load(&self, server: &Server, size: u64, window: Duration) -> Result<Vec<f64>> {
        let (over, times) = (AtomicBool::new(false), Mutex::new(Vec::new()));
        let trouble = Mutex::new(None);
        let until = |work: &mut dyn FnMut() -> Result<()>| {
            while !over.load(Ordering::Relaxed) {
                if let Err(error) = work() {
                    if let Ok(mut trouble) = trouble.lock() {
                        trouble.get_or_insert(error);
                    }
                    return;
                }
            }
        };
        std::thread::scope(|scope| -> Result<()> {
            // Before the crowd: a probe is somebody who was there already.
            let probes: Vec<_> = (0..PROBES).map(|_| server.door.session()).collect::<Result<_>>()?;
            let until = &until;
            for name in cold() {
                scope.spawn(move || until(&mut || download(server, &name, size)));
            }
            for (number, part) in self.parts.iter().enumerate() {
                scope.spawn(move || {
                    let mut round = 0;
                    until(&mut || {
                        round += 1;
                        upload(server, part, &format!("tail.{number}.{round}"))
                    });
                });
            }
            for _ in 0..LOGINS {
                scope.spawn(move || until(&mut || server.door.login()?.quit()));
            }
            let times = &times;
            for mut probe in probes {
                scope.spawn(move || {
                    // The client's own threads are not to be what it waits for; only root may have that.
                    let _ = rustix::process::nice(-10);
                    let mut seen = Vec::new();
                    until(&mut || {
                        let began = Instant::now();
                        probe.noop(1)?;
                        seen.push(began.elapsed().as_secs_f64() * 1000.0);
                        std::thread::sleep(PAUSE);
                        Ok(())
                    });
                    if let Ok(mut times) = times.lock() {
                        times.extend(seen);
                    }
                });
            }
            std::thread::sleep(window);
            over.store(true, Ordering::Relaxed);
            Ok(())
        })?;
        match trouble.into_inner().map_err(|_| "a client panicked")? {
            Some(error) => Err(error),
            None => Ok(times.into_inner().map_err(|_| "a client panicked")?),
        }
    }
}

fn download(server: &Server, name: &str, size: u64) -> Result<()> {
    server.door.session()?.fetch(name)?;
    forget(server, size)
}

fn upload(server: &Server, part: &Source, name: &str) -> Result<()> {
    match &server.reel {
        Some(club) => club.admin.session()?.store(part, name).map(drop),
        None => {
            server.door.session()?.store(part, name)?;
            Ok(std::fs::remove_file(server.files.join("in").join(name))?)
        }
    }
}

/// Drops the files that are fetched from the page cache, and only those: other rows want theirs in it. In
/// Reel's vault they are told by their size.
fn forget(server: &Server, size: u64) -> Result<()> {
    match server.reel {
        Some(_) => forget_in(&server.files.join("v1/stored"), size),
        None => forget_in(&server.files.join("cold"), size),
    }
}

/// The kernel drops what is clean and not in use.
fn forget_in(folder: &Path, size: u64) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            forget_in(&entry.path(), size)?;
        } else if entry.metadata()?.len() == size {
            fadvise(&File::open(entry.path())?, 0, None, Advice::DontNeed)?;
        }
    }
    Ok(())
}
