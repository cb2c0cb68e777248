//! One big file, again and again, over one connection.

use std::time::Instant;

use super::{Better, Figure, Row};
use crate::Result;
use crate::lab::Lab;

/// How often a round: CPU time is told in steps of 10 ms only.
const TIMES: u64 = 4;

/// See the module.
pub struct Download;

impl Row for Download {
    fn name(&self) -> &'static str {
        "download"
    }

    fn title(&self) -> &'static str {
        "Download, one stream"
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
        let size = lab.content.size;
        let server = lab.serving(who, &["big".to_owned()])?;
        let mut session = server.door.session()?;
        let (cpu, began) = (server.process.cpu(), Instant::now());
        for _ in 0..TIMES {
            session.fetch("big")?;
        }
        let took = began.elapsed().as_secs_f64();
        let mib = (TIMES * size) as f64 / f64::from(1 << 20);
        Ok(vec![Some(mib / took), Some((server.process.cpu() - cpu) / mib * 1024.0)])
    }
}
