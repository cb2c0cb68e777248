//! The client: one connection to a server, commands out, replies and bodies in.
//!
//! A link knows nothing of screens or of who is logged in. It is plain blocking I/O that any
//! thread may own; segments and background look-ups each have one of their own.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use protocol::frame::{Piece, Replies};
use protocol::grammar::{self, Said, StatusLine};
use tokio_util::codec::Decoder as _;

use crate::cancel::Watch;
use crate::fault::Fault;
use crate::wire::Wire;

/// The facts of a row or an event, in the order sent.
pub type Facts = Vec<(String, String)>;

/// How long a server may be silent: the verification of a large upload takes a while.
const SILENCE: Duration = Duration::from_secs(300);

/// How long it is silent before somebody is told, and how often then.
const QUIET: Duration = Duration::from_secs(5);
const EVERY: u64 = 60;

/// How long a good bye may take.
const FAREWELL: Duration = Duration::from_secs(2);

/// How much is read at a time.
const READ: usize = 128 * 1024;

/// Most rows of one reply. A page is far smaller; a server gone mad fills no memory.
const MAX_ROWS: usize = 100_000;

/// Most bytes of one reply, with the events before it: many times those of the longest page.
const MAX_REPLY: usize = 64 << 20;

/// How many lines are taken in at a time while nobody asks; the others wait where they are, and so does who sends them.
const AT_ONCE: usize = 200;

/// What a fact takes in memory besides its words.
const FACT: usize = 2 * size_of::<String>();

/// Something that happened, between replies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// What.
    pub name: String,
    /// To whom and where.
    pub facts: Facts,
}

/// What the server answered to one command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// The status line.
    pub status: StatusLine,
    /// The rows before it.
    pub rows: Vec<Facts>,
    /// What had happened meanwhile.
    pub events: Vec<Event>,
}

impl Reply {
    /// The reply, or the refusal it is (class 4 and 5).
    ///
    /// # Errors
    /// A status of 400 and above.
    pub fn accepted(self) -> Result<Reply, Fault> {
        if self.status.code >= 400 { Err(Fault::Refused(Box::new(self))) } else { Ok(self) }
    }

    /// A number among the facts.
    ///
    /// # Errors
    /// It is missing, or no number.
    pub fn number(&self, key: &str) -> Result<u64, Fault> {
        let word = self.status.get(key).and_then(|word| word.parse().ok());
        word.ok_or_else(|| Fault::Garbled(format!("{} without {key}", self.status.word)))
    }
}

/// One connection.
#[derive(Debug)]
pub struct Link {
    wire: Wire,
    buffer: BytesMut,
    codec: Replies,
    silence: Option<Silence>,
    _watch: Watch,
}

/// Who is told that a server has said nothing for so many seconds.
#[derive(Clone)]
pub struct Silence(Arc<dyn Fn(u64) + Send + Sync>);

impl Silence {
    /// Told so.
    pub fn new(tell: impl Fn(u64) + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }
}

impl std::fmt::Debug for Silence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Silence")
    }
}

impl Link {
    /// A connection that is open, and its registration for Ctrl-C.
    ///
    /// # Errors
    /// The socket is not as it should be.
    pub fn over(wire: Wire, watch: Watch, silence: Option<Silence>) -> io::Result<Self> {
        wire.socket().set_nodelay(true)?;
        wire.socket().set_read_timeout(Some(QUIET))?;
        wire.socket().set_write_timeout(Some(SILENCE))?;
        Ok(Self { wire, buffer: BytesMut::new(), codec: Replies::default(), silence, _watch: watch })
    }

    /// Has less patience with a silent server than it takes to verify a large upload.
    ///
    /// # Errors
    /// The connection was lost.
    pub fn bear(&self, silence: Duration) -> Result<(), Fault> {
        let socket = self.wire.socket();
        let set =
            socket.set_read_timeout(Some(silence)).and_then(|()| socket.set_write_timeout(Some(silence)));
        set.map_err(Fault::Lost)
    }

    /// Sends a command and waits for the reply, whatever it says.
    ///
    /// # Errors
    /// The connection was lost, or the reply is none.
    pub fn ask(&mut self, line: &str) -> Result<Reply, Fault> {
        self.send(line)?;
        self.reply()
    }

    /// Sends a command.
    ///
    /// # Errors
    /// The connection was lost.
    pub fn send(&mut self, line: &str) -> Result<(), Fault> {
        if line.len() > protocol::MAX_LINE {
            return Err(Fault::Usage("a command of more than 8192 bytes".to_owned()));
        }
        let bytes = format!("{line}\r\n");
        self.wire.write_all(bytes.as_bytes()).map_err(Fault::Lost)
    }

    /// Reads up to the next status line.
    ///
    /// # Errors
    /// The connection was lost, or the reply is none.
    pub fn reply(&mut self) -> Result<Reply, Fault> {
        let mut reply = Reply::default();
        let mut weight = 0;
        loop {
            let said = self.said()?;
            if let Said::Row(facts) | Said::Event(_, facts) = &said {
                let words = facts.iter().map(|(key, word)| key.len() + word.len() + FACT);
                weight += FACT + words.sum::<usize>();
            }
            match said {
                _ if weight > MAX_REPLY => {
                    return Err(Fault::Garbled("a reply of too many bytes".to_owned()));
                }
                Said::Status(status) => {
                    reply.status = status;
                    reply.status.text = reply.status.text.trim().to_owned();
                    return Ok(reply);
                }
                Said::Row(_) if reply.rows.len() >= MAX_ROWS => {
                    return Err(Fault::Garbled("a reply of too many rows".to_owned()));
                }
                Said::Row(facts) => reply.rows.push(facts),
                Said::Event(name, facts) => reply.events.push(Event { name, facts }),
            }
        }
    }

    /// Sends a line as it is, and hands every line that comes to `heard`, up to the status line.
    ///
    /// # Errors
    /// The connection was lost, the status line is none, or bytes would follow it.
    pub fn raw(&mut self, line: &str, mut heard: impl FnMut(&str)) -> Result<Reply, Fault> {
        self.wire.write_all(format!("{line}\r\n").as_bytes()).map_err(Fault::Lost)?;
        let mut reply = Reply::default();
        loop {
            let Piece::Line(line) = self.piece()? else {
                return Err(Fault::Garbled("a body nobody asked for".to_owned()));
            };
            heard(&line);
            match grammar::said(&line) {
                Ok(Said::Status(status)) if status.code < 200 => {
                    return Err(Fault::Garbled("bytes that nobody asked for".to_owned()));
                }
                Ok(Said::Status(status)) => {
                    reply.status = status;
                    reply.status.text = reply.status.text.trim().to_owned();
                    return Ok(reply);
                }
                Ok(Said::Row(facts)) if reply.rows.len() < MAX_ROWS => reply.rows.push(facts),
                // Rows beyond measure, and what is no line of the protocol, are for whoever looks at them.
                Ok(Said::Row(_) | Said::Event(..)) => {}
                Err(error) if !line.starts_with(['-', '*']) => {
                    return Err(Fault::Garbled(error.to_string()));
                }
                Err(_) => {}
            }
        }
    }

    /// Hands the `length` bytes that follow to `sink`, piece by piece.
    ///
    /// # Errors
    /// The connection was lost, or `sink` failed.
    pub fn body(
        &mut self, length: u64, mut sink: impl FnMut(Bytes) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        self.codec.expect_body(length);
        let mut left = length;
        while left > 0 {
            let Piece::Body(bytes) = self.piece()? else {
                return Err(Fault::Garbled("a line inside a body".to_owned()));
            };
            left -= bytes.len() as u64;
            sink(bytes)?;
        }
        Ok(())
    }

    /// Sends at most `most` bytes of a file as part of a body, from `offset` on; gives how many. None means
    /// the end of the file.
    ///
    /// # Errors
    /// The file cannot be read, or the connection was lost.
    pub fn pour(&mut self, file: &File, offset: u64, most: u64) -> io::Result<u64> {
        self.wire.pour(file, offset, most)
    }

    /// What came unasked since the last reply; nothing is waited for.
    pub fn overheard(&mut self) -> Overheard {
        let mut heard = Overheard::default();
        if self.wire.socket().set_nonblocking(true).is_err() {
            heard.closed = true;
            return heard;
        }
        for _ in 0..AT_ONCE {
            match self.said() {
                Ok(Said::Event(name, facts)) => heard.events.push(Event { name, facts }),
                Ok(Said::Status(status)) => heard.status = Some(status),
                Ok(Said::Row(_)) => {}
                Err(Fault::Lost(error)) if error.kind() == ErrorKind::WouldBlock => break,
                Err(_) => {
                    heard.closed = true;
                    break;
                }
            }
        }
        heard.closed |= self.wire.socket().set_nonblocking(false).is_err();
        heard
    }

    /// Whether the server has said something that nobody has read yet.
    pub fn is_spoken_to(&mut self) -> bool {
        !self.buffer.is_empty() || self.wire.has_input()
    }

    /// Says good bye with `line` and hears the server out, but not for long.
    pub fn part(mut self, line: &str) {
        let _ = self.wire.socket().set_read_timeout(Some(FAREWELL));
        if self.send(line).is_ok() {
            let until = Instant::now() + FAREWELL;
            while Instant::now() < until && self.said().is_ok() {}
            self.wire.farewell();
        }
    }

    /// Closes it. A client gives up by closing.
    pub fn close(self) {
        self.wire.close();
    }

    fn said(&mut self) -> Result<Said, Fault> {
        loop {
            let Piece::Line(line) = self.piece()? else {
                return Err(Fault::Garbled("a body nobody asked for".to_owned()));
            };
            if !line.is_empty() {
                return grammar::said(&line).map_err(|error| Fault::Garbled(error.to_string()));
            }
        }
    }

    fn piece(&mut self) -> Result<Piece, Fault> {
        loop {
            match self.codec.decode(&mut self.buffer) {
                Ok(Some(piece)) => return Ok(piece),
                Ok(None) => self.fill().map_err(Fault::Lost)?,
                Err(error) => return Err(Fault::Garbled(error.to_string())),
            }
        }
    }

    fn fill(&mut self) -> io::Result<()> {
        let kept = self.buffer.len();
        self.buffer.resize(kept + READ, 0);
        let began = Instant::now();
        let mut told = 0;
        let read = loop {
            let free = self.buffer.get_mut(kept..).unwrap_or_default();
            match self.wire.read(free) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // A socket that is not to wait says so at once.
                Err(error) if is_quiet(&error) && (QUIET / 2..SILENCE).contains(&began.elapsed()) => {
                    let seconds = began.elapsed().as_secs();
                    if let Some(Silence(tell)) = self.silence.as_ref().filter(|_| seconds >= told) {
                        tell(seconds);
                        told = seconds + EVERY;
                    }
                }
                other => break other,
            }
        };
        self.buffer.truncate(kept + *read.as_ref().unwrap_or(&0));
        match read {
            Ok(0) => Err(ErrorKind::UnexpectedEof.into()),
            Ok(_) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// Whether nothing came in time.
fn is_quiet(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

/// What a server said unasked.
#[derive(Debug, Default)]
pub struct Overheard {
    /// What happened.
    pub events: Vec<Event>,
    /// Why it closes, if it said so.
    pub status: Option<StatusLine>,
    /// Whether the connection is gone.
    pub closed: bool,
}

impl Overheard {
    /// Whether the connection can no longer be used.
    pub fn is_over(&self) -> bool {
        self.closed || self.status.is_some()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use crate::cancel::Cancel;

    #[test]
    fn replies_bodies_and_events_come_apart_however_they_arrive() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let text = "220 REEL proto=1 caps=a,prove : hi\r\n* said who=b text=\"x y\"\r\n\
                        - id=1 title=\"T\"\r\n210 END rows=1\r\n150 DATA length=5\r\nhello226 DONE\r\n421 IDLE : bye\r\n";
            for byte in text.as_bytes() {
                stream.write_all(&[*byte]).unwrap();
            }
        });
        let mut link = crate::endpoint::Endpoint::new(&host, crate::endpoint::Way::Near, Cancel::default())
            .unwrap()
            .open()
            .unwrap();
        let reply = link.reply().unwrap();
        assert_eq!((reply.rows.len(), reply.events.len()), (1, 1));
        let data = link.reply().unwrap();
        let mut body = Vec::new();
        link.body(data.number("length").unwrap(), |bytes| {
            body.extend_from_slice(&bytes);
            Ok(())
        })
        .unwrap();
        assert_eq!(body, b"hello");
        assert_eq!(link.reply().unwrap().status.word, "DONE");
        server.join().unwrap();
        let heard = link.overheard();
        assert!(heard.is_over());
        assert_eq!(heard.status.unwrap().word, "IDLE");
    }
}
