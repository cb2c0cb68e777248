//! One big file up, another one each time: Reel answers when it is verified and durable.

use std::fs::{self, File};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use md5::{Digest, Md5};

use super::{Better, Figure, Row};
use crate::Result;
use crate::client::Door;
use crate::content::Changing;
use crate::lab::Lab;
use crate::peer::reel::OPENSSL;

/// See the module.
pub struct Upload {
    name: &'static str,
    title: &'static str,
    figures: &'static [Figure],
    competitors: &'static [&'static str],
    source: Option<Changing>,
}

impl Upload {
    /// With the MD5 that Reel has by default.
    pub const PLAIN: Upload = Upload {
        name: "upload",
        title: "Upload, one stream",
        figures: &[speed("0.95x the MD5 in use alone; 1.3x vsftpd, md5sum, fsync")],
        competitors: &[
            "Reel",
            "vsftpd, md5sum, fsync",
            "vsftpd",
            "MD5 alone, md-5",
            "bare loop",
            "bare loop, fsync",
        ],
        source: None,
    };

    /// With OpenSSL's, which has to be built in.
    pub const OPENSSL: Upload = Upload {
        name: "openssl",
        title: "Upload, one stream, OpenSSL's MD5",
        figures: &[speed("0.95x the MD5 in use alone")],
        competitors: &[OPENSSL, "MD5 alone, OpenSSL", "vsftpd, md5sum, fsync", "bare loop, fsync"],
        source: None,
    };
}

const fn speed(target: &'static str) -> Figure {
    Figure { title: "speed", unit: "MiB/s", better: Better::More, target }
}

impl Row for Upload {
    fn name(&self) -> &'static str {
        self.name
    }

    fn title(&self) -> &'static str {
        self.title
    }

    fn figures(&self) -> &'static [Figure] {
        self.figures
    }

    fn competitors(&self) -> &'static [&'static str] {
        self.competitors
    }

    fn measure(&mut self, lab: &mut Lab, who: &str) -> Result<Vec<Option<f64>>> {
        let mib = lab.content.size as f64 / f64::from(1 << 20);
        let speed = match who {
            "MD5 alone, md-5" => mib / md5_alone(lab.content.size).as_secs_f64(),
            "MD5 alone, OpenSSL" => openssl()?,
            _ => mib / self.transfer(lab, who)?.as_secs_f64(),
        };
        Ok(vec![Some(speed)])
    }
}

impl Upload {
    fn transfer(&mut self, lab: &mut Lab, who: &str) -> Result<Duration> {
        if self.source.is_none() {
            self.source =
                Some(Changing::new(&lab.folder.join(format!("{}.up", self.name)), lab.content.size)?);
        }
        let source = self.source.as_mut().ok_or("no source")?.next()?;
        let verified = who == "vsftpd, md5sum, fsync";
        let server = lab.server(if verified { "vsftpd" } else { who })?;
        let mut session = match &server.reel {
            Some(club) => club.admin.session()?,
            None => server.door.session()?,
        };
        // Nobody pays for what the one before has left to be written.
        rustix::fs::sync();
        let name = format!("up.{}", std::process::id());
        let file = server.files.join("in").join(&name);
        let began = Instant::now();
        let id = session.store(&source, &name)?;
        if verified {
            let sum = Command::new("md5sum").arg(&file).output()?;
            if !String::from_utf8_lossy(&sum.stdout).starts_with(&source.md5) {
                return Err("what arrived is something else".into());
            }
            File::open(&file)?.sync_all()?;
        }
        let took = began.elapsed();
        match &server.reel {
            Some(club) => club.remove(&id)?,
            None => fs::remove_file(file)?,
        }
        Ok(took)
    }
}

/// As much as the file has, from memory, in pieces that the caches hold.
fn md5_alone(size: u64) -> Duration {
    let piece = vec![7; 256 << 10];
    let began = Instant::now();
    let mut md5 = Md5::new();
    for _ in 0..size / piece.len() as u64 {
        md5.update(&piece);
    }
    std::hint::black_box(md5.finalize());
    began.elapsed()
}

/// `openssl speed`: MiB a second.
fn openssl() -> Result<f64> {
    let speed = Command::new("openssl")
        .args(["speed", "-mr", "-elapsed", "-seconds", "1", "-bytes", "262144", "-evp", "md5"])
        .stderr(Stdio::null())
        .output()?;
    let text = String::from_utf8_lossy(&speed.stdout);
    let bytes = text.lines().find(|line| line.starts_with("+F")).and_then(|line| line.rsplit(':').next());
    let bytes: f64 = bytes.ok_or("openssl speed says nothing")?.trim().parse()?;
    Ok(bytes / f64::from(1 << 20))
}
