//! A thousand files of 4 KiB: what a file costs besides its bytes. Reel checks for each that it may be had,
//! and writes a history; the others do neither.

use super::{Better, Figure, Row};
use crate::Result;
use crate::client::{Session, rate};
use crate::content::{SMALL, small};
use crate::lab::Lab;
use crate::peer::Server;

const SESSIONS: usize = 16;
const DEEP: usize = 16;

/// See the module.
pub struct Small;

impl Row for Small {
    fn name(&self) -> &'static str {
        "small"
    }

    fn title(&self) -> &'static str {
        "1,000 files of 4 KiB"
    }

    fn figures(&self) -> &'static [Figure] {
        &[
            Figure {
                title: "one session",
                unit: "files/s",
                better: Better::More,
                target: "3x the best FTP server, 0.7x nginx; then 1.0x",
            },
            Figure { title: "one session, 16 deep", unit: "files/s", better: Better::More, target: "" },
            Figure {
                title: "16 sessions",
                unit: "files/s",
                better: Better::More,
                target: "3x the best FTP server",
            },
        ]
    }

    fn competitors(&self) -> &'static [&'static str] {
        &["Reel", "pure-ftpd", "vsftpd", "nginx"]
    }

    fn measure(&mut self, lab: &mut Lab, who: &str) -> Result<Vec<Option<f64>>> {
        let (names, window) = (small(), lab.window);
        let server = lab.serving(who, &names)?;
        let one = |server: &Server, sessions| {
            let places = |number: usize| Ok((server.door.session()?, number * SMALL / SESSIONS));
            rate(sessions, window, places, |(session, at): &mut (Box<dyn Session>, usize), _| {
                session.fetch(names.get(*at % SMALL).map_or("", String::as_str))?;
                *at += 1;
                Ok(1)
            })
        };
        let all: Vec<&str> = names.iter().map(String::as_str).collect();
        let deep = |server: &Server| {
            rate(
                1,
                window,
                |_| server.door.session(),
                |session, _| {
                    all.chunks(DEEP).try_for_each(|some| session.fetch_together(some))?;
                    Ok(SMALL as u64)
                },
            )
        };
        let pipelines = matches!(who, "Reel" | "nginx");
        Ok(vec![
            Some(one(server, 1)?),
            if pipelines { Some(deep(server)?) } else { None },
            Some(one(server, SESSIONS)?),
        ])
    }
}
