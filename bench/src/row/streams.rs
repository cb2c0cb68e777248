//! One big file, over four connections at once.

use std::time::Duration;

use super::{Better, Figure, Row};
use crate::Result;
use crate::client::rate;
use crate::lab::Lab;

const STREAMS: usize = 4;

/// See the module.
pub struct Streams;

impl Row for Streams {
    fn name(&self) -> &'static str {
        "streams"
    }

    fn title(&self) -> &'static str {
        "Download, four streams"
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
        let cpu = server.process.cpu();
        let times = rate(
            STREAMS,
            Duration::ZERO,
            |_| server.door.session(),
            |session, _| {
                session.fetch("big")?;
                Ok(1)
            },
        )?;
        let all = STREAMS as f64 * mib;
        Ok(vec![Some(times * mib), Some((server.process.cpu() - cpu) / all * 1024.0)])
    }
}
