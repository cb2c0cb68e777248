//! FTP, passive; anonymous where that is possible, so that no server has to look at a password.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use super::wire::Wire;
use super::{Door, Session};
use crate::Result;
use crate::content::Source;

/// The way into an FTP server.
pub struct Ftp {
    /// Where it listens.
    pub address: SocketAddr,
    /// Who we are: `anonymous`, or a user whose password is the name.
    pub user: String,
}

impl Ftp {
    /// The way in without a password.
    pub fn anonymous(address: SocketAddr) -> Ftp {
        Ftp { address, user: "anonymous".into() }
    }
}

impl Door for Ftp {
    fn session(&self) -> Result<Box<dyn Session>> {
        let mut talk = Talk { wire: Wire::connect(self.address)? };
        talk.answer("220")?;
        talk.wire.send(&format!("USER {}\r\n", self.user))?;
        if talk.answer("")?.starts_with("331") {
            talk.wire.send(&format!("PASS {}\r\n", self.user))?;
            talk.answer("230")?;
        }
        talk.wire.send("TYPE I\r\n")?;
        talk.answer("200")?;
        Ok(Box::new(talk))
    }

    fn key(&self) -> (&'static str, String) {
        ("ftp", self.user.clone())
    }
}

struct Talk {
    wire: Wire,
}

impl Talk {
    /// The last line of an answer, which may have several.
    fn answer(&mut self, code: &str) -> Result<String> {
        loop {
            let line = self.wire.line()?;
            let last =
                line.as_bytes().get(3) == Some(&b' ') && line.starts_with(|c: char| c.is_ascii_digit());
            if last {
                let fits = line.starts_with(code) && !line.starts_with(['4', '5']);
                return if fits {
                    Ok(line.to_owned())
                } else {
                    Err(format!("the server said {line:?}").into())
                };
            }
        }
    }

    fn data(&mut self) -> Result<Wire> {
        self.wire.send("PASV\r\n")?;
        let answer = self.answer("227")?;
        let inside =
            answer.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map(|(inside, _)| inside);
        let numbers: Vec<u16> =
            inside.unwrap_or_default().split(',').filter_map(|n| n.parse().ok()).collect();
        match numbers.as_slice() {
            [_, _, _, _, high, low] => {
                Wire::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, high * 256 + low)))
            }
            _ => Err(format!("no address in {answer:?}").into()),
        }
    }
}

impl Session for Talk {
    fn fetch(&mut self, name: &str) -> Result<()> {
        let mut data = self.data()?;
        self.wire.send(&format!("RETR {name}\r\n"))?;
        let got = data.skip_all()?;
        drop(data);
        self.answer("1")?;
        self.answer("226")?;
        if got == 0 { Err(format!("nothing came of {name}").into()) } else { Ok(()) }
    }

    fn store(&mut self, source: &Source, name: &str) -> Result<String> {
        let mut data = self.data()?;
        self.wire.send(&format!("STOR in/{name}\r\n"))?;
        self.answer("1")?;
        data.send_file(source)?;
        drop(data);
        self.answer("226")?;
        Ok(name.to_owned())
    }

    fn noop(&mut self, deep: usize) -> Result<()> {
        self.wire.send(&"NOOP\r\n".repeat(deep))?;
        for _ in 0..deep {
            let line = self.wire.line()?;
            if !line.starts_with("200") {
                return Err(format!("the server said {line:?}").into());
            }
        }
        Ok(())
    }

    fn list(&mut self) -> Result<(Duration, Duration)> {
        let mut data = self.data()?;
        let began = Instant::now();
        self.wire.send("LIST many\r\n")?;
        data.first_byte()?;
        let first = began.elapsed();
        data.skip_all()?;
        drop(data);
        self.answer("1")?;
        self.answer("226")?;
        Ok((first, began.elapsed()))
    }

    fn quit(&mut self) -> Result<()> {
        self.wire.send("QUIT\r\n")?;
        self.answer("221")?;
        Ok(())
    }
}
