//! One big file, over one connection and over four at once.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::{Better, Figure, Row};
use crate::Result;
use crate::client::rate;
use crate::lab::Lab;

/// How often all connections together fetch it: CPU time is told in steps of 10 ms only.
const TIMES: usize = 4;

/// See the module.
pub struct Download {
    name: &'static str,
    title: &'static str,
    streams: usize,
}

impl Download {
    /// Again and again over one connection.
    pub const ONE: Download = Download { name: "download", title: "Download, one stream", streams: 1 };

    /// Over four at once.
    pub const FOUR: Download = Download { name: "streams", title: "Download, four streams", streams: 4 };
}

impl Row for Download {
    fn name(&self) -> &'static str {
        self.name
    }

    fn title(&self) -> &'static str {
        self.title
    }

    fn figures(&self) -> &'static [Figure] {
        &[
            Figure {
                title: "speed",
                unit: "MiB/s",
                better: Better::More,
                target: "1.0x the best, median at least 0.97x",
            },
            Figure {
                title: "CPU of the server",
                unit: "s/GiB",
                better: Better::Less,
                target: "no more than the least",
            },
        ]
    }

    fn competitors(&self) -> &'static [&'static str] {
        &["Reel", "vsftpd", "proftpd", "nginx", "bare loop"]
    }

    fn measure(&mut self, lab: &mut Lab, who: &str) -> Result<Vec<Option<f64>>> {
        let mib = lab.content.size as f64 / f64::from(1 << 20);
        let server = lab.serving(who, &["big".to_owned()])?;
        // They stay open until the CPU is read: that of a process a session may be lost with the process.
        let sessions = (0..self.streams).map(|_| Ok(Mutex::new(server.door.session()?)));
        let sessions = sessions.collect::<Result<Vec<_>>>()?;
        let cpu = server.process.cpu();
        let times = rate(
            self.streams,
            Duration::ZERO,
            |number| sessions.get(number).ok_or_else(|| "no session".into()),
            |session, _| {
                let mut session = session.lock().unwrap_or_else(PoisonError::into_inner);
                let times = TIMES / self.streams;
                (0..times).try_for_each(|_| session.fetch("big"))?;
                Ok(times as u64)
            },
        )?;
        let cpu = server.process.cpu() - cpu;
        Ok(vec![Some(times * mib), Some(cpu / (TIMES as f64 * mib) * 1024.0)])
    }
}
