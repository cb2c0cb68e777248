//! A command that does nothing: what every command costs.

use super::{Better, Figure, Row};
use crate::Result;
use crate::client::rate;
use crate::lab::Lab;

const DEEP: usize = 16;

/// See the module.
pub struct Noop;

impl Row for Noop {
    fn name(&self) -> &'static str {
        "noop"
    }

    fn title(&self) -> &'static str {
        "NOOP on one connection"
    }

    fn figures(&self) -> &'static [Figure] {
        &[
            Figure { title: "round trips", unit: "a second", better: Better::More, target: "1.0x the best" },
            Figure { title: "16 deep", unit: "a second", better: Better::More, target: "2x the best" },
        ]
    }

    fn competitors(&self) -> &'static [&'static str] {
        &["Reel", "pure-ftpd", "vsftpd", "proftpd", "pyftpdlib"]
    }

    fn measure(&mut self, lab: &mut Lab, who: &str) -> Result<Vec<Option<f64>>> {
        let window = lab.window;
        let server = lab.server(who)?;
        let noops = |deep: usize| {
            rate(
                1,
                window,
                |_| server.door.session(),
                |session, _| {
                    session.noop(deep)?;
                    Ok(deep as u64)
                },
            )
        };
        Ok(vec![Some(noops(1)?), Some(noops(DEEP)?)])
    }
}
