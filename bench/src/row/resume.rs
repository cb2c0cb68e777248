//! Connections that come, log in and go, sixteen at a time: RESUME and QUIT of Reel against log-ins without
//! a password of the others.

use super::{Better, Figure, Row};
use crate::Result;
use crate::client::rate;
use crate::lab::Lab;

const CLIENTS: usize = 16;

/// See the module.
pub struct Resume;

impl Row for Resume {
    fn name(&self) -> &'static str {
        "resume"
    }

    fn title(&self) -> &'static str {
        "RESUME and QUIT, 16 clients, against log-ins"
    }

    fn figures(&self) -> &'static [Figure] {
        &[Figure {
            title: "sessions",
            unit: "a second",
            better: Better::More,
            target: "10x the best that has a process a connection",
        }]
    }

    fn competitors(&self) -> &'static [&'static str] {
        &["Reel", "pure-ftpd", "vsftpd", "proftpd", "pyftpdlib"]
    }

    fn measure(&mut self, lab: &mut Lab, who: &str) -> Result<Vec<Option<f64>>> {
        let window = lab.window;
        let server = lab.server(who)?;
        let rate = rate(
            CLIENTS,
            window,
            |_| Ok(()),
            |(), _| {
                server.door.session()?.quit()?;
                Ok(1)
            },
        )?;
        Ok(vec![Some(rate)])
    }
}
