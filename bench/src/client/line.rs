//! Reel's line protocol.

use std::collections::HashMap;
use std::fmt::Write;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::wire::Wire;
use super::{Door, Session};
use crate::Result;
use crate::content::Source;

/// What the numbers of the titles are by the names that other servers know the files by.
pub type Titles = Arc<Mutex<HashMap<String, String>>>;

/// The way into Reel, as one account.
#[derive(Clone)]
pub struct Line {
    /// Where it listens.
    pub address: SocketAddr,
    /// The account's name.
    pub user: String,
    /// The token of a session that connections join.
    pub token: String,
    /// Which title is which file.
    pub titles: Titles,
}

/// What is sent as the password of all accounts.
pub const PASSWORD: &str = "ff1ccf57e98c817df1efcd9fe44a8aeb";

/// The value of a key in a status line.
pub fn fact<'a>(status: &'a str, key: &str) -> Result<&'a str> {
    let facts = status.split(" : ").next().unwrap_or_default().split(' ');
    let mut values = facts.filter_map(|word| word.split_once('=')).filter(|(name, _)| *name == key);
    Ok(values.next().ok_or_else(|| format!("no {key}= in {status:?}"))?.1)
}

impl Line {
    /// A connection that nobody is logged in on.
    ///
    /// # Errors
    /// If the server does not greet.
    pub fn guest(&self) -> Result<Talk> {
        let mut wire = Wire::connect(self.address)?;
        let greeting = wire.line()?;
        if !greeting.starts_with("220 ") {
            return Err(format!("greeted with {greeting:?}").into());
        }
        Ok(Talk { wire, titles: self.titles.clone(), out: String::new() })
    }

    /// Opens an account; the way in as it.
    ///
    /// # Errors
    /// If it is refused.
    pub fn register(&self, user: &str, rest: &str) -> Result<Line> {
        let status = self.guest()?.command(&format!("REGISTER {user} {PASSWORD}{rest}"))?;
        Ok(Line { user: user.into(), token: fact(&status, "token")?.into(), ..self.clone() })
    }
}

impl Door for Line {
    fn session(&self) -> Result<Box<dyn Session>> {
        let mut talk = self.guest()?;
        talk.command(&format!("RESUME {}", self.token))?;
        Ok(Box::new(talk))
    }

    fn login(&self) -> Result<Box<dyn Session>> {
        let mut talk = self.guest()?;
        talk.command(&format!("LOGIN {} {PASSWORD}", self.user))?;
        Ok(Box::new(talk))
    }

    fn key(&self) -> (&'static str, String) {
        ("line", self.token.clone())
    }
}

/// A connection.
pub struct Talk {
    wire: Wire,
    titles: Titles,
    out: String,
}

impl Talk {
    /// The status line; rows before it are read over.
    fn status(&mut self, class: &str) -> Result<String> {
        loop {
            let line = self.wire.line()?;
            if !line.starts_with(['-', '*']) {
                return match line.starts_with(class) {
                    true => Ok(line.to_owned()),
                    false => Err(format!("reeld said {line:?}").into()),
                };
            }
        }
    }

    fn send_retr(&mut self, names: &[&str]) -> Result<()> {
        self.out.clear();
        let titles = self.titles.lock().map_err(|_| "a client panicked")?;
        for name in names {
            let id = titles.get(*name).ok_or_else(|| format!("{name} is not in the library"))?;
            write!(self.out, "RETR {id}\r\n")?;
        }
        drop(titles);
        self.wire.send(&self.out)
    }

    fn body(&mut self) -> Result<()> {
        let line = self.wire.line()?;
        if !line.starts_with("150 ") {
            return Err(format!("reeld said {line:?}").into());
        }
        let length = fact(line, "length")?.parse()?;
        self.wire.skip(length)?;
        let line = self.wire.line()?;
        if !line.starts_with("226 ") {
            return Err(format!("reeld said {line:?}").into());
        }
        Ok(())
    }
}

impl Session for Talk {
    fn fetch(&mut self, name: &str) -> Result<()> {
        self.fetch_together(&[name])
    }

    fn fetch_together(&mut self, names: &[&str]) -> Result<()> {
        self.send_retr(names)?;
        names.iter().try_for_each(|_| self.body())
    }

    fn store(&mut self, source: &Source, name: &str) -> Result<String> {
        let Source { size, md5, .. } = source;
        self.wire.send(&format!("STOR {size} {md5} prove=no title=\"{name}\" {}\r\n", source.options))?;
        self.status("150")?;
        self.wire.send_file(source)?;
        Ok(fact(&self.status("226")?, "id")?.to_owned())
    }

    fn noop(&mut self, deep: usize) -> Result<()> {
        self.wire.send(&"NOOP\r\n".repeat(deep))?;
        for _ in 0..deep {
            let line = self.wire.line()?;
            if !line.starts_with("250 ") {
                return Err(format!("reeld said {line:?}").into());
            }
        }
        Ok(())
    }

    fn list(&mut self) -> Result<(Duration, Duration)> {
        let began = Instant::now();
        self.wire.send("LIST limit=100\r\n")?;
        self.wire.first_byte()?;
        let first = began.elapsed();
        self.status("2")?;
        Ok((first, began.elapsed()))
    }

    fn command(&mut self, line: &str) -> Result<String> {
        self.wire.send(&format!("{line}\r\n"))?;
        self.status("2")
    }

    fn quit(&mut self) -> Result<()> {
        self.wire.send("QUIT\r\n")?;
        self.status("221")?;
        Ok(())
    }
}
