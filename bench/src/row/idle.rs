//! Sessions that are logged in and do nothing: what one costs in memory, and whether a new one is served.

use std::time::Instant;

use super::{Better, Figure, Row};
use crate::Result;
use crate::client::hold;
use crate::lab::{Lab, number};
use crate::peer::{self, reel};

/// See the module.
pub struct Idle;

/// How many each holds. A process a session takes so much longer to come up that fewer have to do; what one
/// costs is the same.
fn sessions(who: &str) -> Result<usize> {
    let count = match who {
        "Reel" => number("BENCH_IDLE", 10_000)?,
        "pyftpdlib" => number("BENCH_IDLE", 5_000)?.min(5_000),
        _ => number("BENCH_IDLE", 1_000)?.min(1_000),
    };
    Ok(usize::try_from(count)?)
}

impl Row for Idle {
    fn name(&self) -> &'static str {
        "idle"
    }

    fn title(&self) -> &'static str {
        "Idle sessions: Reel 10,000, pyftpdlib 5,000, the others 1,000"
    }

    fn figures(&self) -> &'static [Figure] {
        &[
            Figure {
                title: "memory of a session (PSS)",
                unit: "KiB",
                better: Better::Less,
                target: "at most 4 KiB",
            },
            Figure { title: "a new session meanwhile", unit: "ms", better: Better::Less, target: "at once" },
        ]
    }

    fn competitors(&self) -> &'static [&'static str] {
        &["Reel", "pyftpdlib", "pure-ftpd", "vsftpd", "proftpd"]
    }

    fn rounds(&self) -> usize {
        1
    }

    fn measure(&mut self, lab: &mut Lab, who: &str) -> Result<Vec<Option<f64>>> {
        let count = sessions(who)?;
        // Fresh, so that what earlier rows have left is not taken for room.
        let server = match who {
            "Reel" => reel::start(lab, &reel::Setup { name: Some("idle".into()), ..Default::default() })?,
            _ => peer::start(lab, who)?,
        };
        server.door.session()?.quit()?;
        let before = server.process.memory();
        let mut holding = hold::start(&*server.door, server.address, count, &lab.folder.join("hold.log"))?;
        let after = server.process.memory();
        let began = Instant::now();
        let mut session = server.door.session()?;
        session.noop(1)?;
        let took = began.elapsed();
        session.quit()?;
        holding.finish()?;
        let each = after.saturating_sub(before) as f64 / 1024.0 / count as f64;
        Ok(vec![Some(each), Some(took.as_secs_f64() * 1000.0)])
    }
}
