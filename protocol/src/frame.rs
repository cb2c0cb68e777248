//! The framing: lines of bounded length and bodies of counted bytes, as tokio-util codecs.
//!
//! [`Lines`] is the daemon's side. A body is not framed there: the door reads exactly the announced
//! bytes from the socket into the vault's own buffers, and these are never looked at as lines.
//! [`Replies`] is the client's side.

use std::io;

use bytes::{Buf, Bytes, BytesMut};
use tokio_util::codec::{Decoder, Encoder};

use crate::MAX_LINE;

/// Why the daemon cannot read on.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// A line of more than [`MAX_LINE`] bytes.
    #[error("line too long")]
    TooLong,
    /// The first input is that of another protocol.
    #[error("another protocol")]
    Foreign,
    /// The connection failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Cuts what a client sends into command lines.
#[derive(Debug, Default)]
pub struct Lines {
    /// How much of the buffer has no line end in it: long lines are not searched again and again.
    searched: usize,
    begun: bool,
}

impl Decoder for Lines {
    type Item = Bytes;
    type Error = FrameError;

    /// The next line, without its end.
    fn decode(&mut self, src: &mut BytesMut) -> Result<Option<Bytes>, FrameError> {
        if !self.begun && looks_foreign(src) {
            return Err(FrameError::Foreign);
        }
        let fresh = src.get(self.searched..).unwrap_or_default();
        let Some(at) = fresh.iter().position(|&b| b == b'\n') else {
            self.searched = src.len();
            // One byte more may be the CR of an end that is on its way.
            let over = src.len() > MAX_LINE + 1 || (src.len() > MAX_LINE && src.last() != Some(&b'\r'));
            return if over { Err(FrameError::TooLong) } else { Ok(None) };
        };
        let mut line = src.split_to(self.searched + at + 1);
        self.searched = 0;
        line.truncate(line.len() - 1);
        if line.last() == Some(&b'\r') {
            line.truncate(line.len() - 1);
        }
        if line.len() > MAX_LINE {
            return Err(FrameError::TooLong);
        }
        // Empty lines are ignored: what comes behind them is still the first input.
        self.begun |= !line.is_empty();
        Ok(Some(line.freeze()))
    }

    /// A last line without its end is never run.
    fn decode_eof(&mut self, src: &mut BytesMut) -> Result<Option<Bytes>, FrameError> {
        let line = self.decode(src)?;
        if line.is_none() {
            src.clear();
            self.searched = 0;
        }
        Ok(line)
    }
}

impl Encoder<&str> for Lines {
    type Error = io::Error;

    fn encode(&mut self, lines: &str, dst: &mut BytesMut) -> io::Result<()> {
        dst.extend_from_slice(lines.as_bytes());
        Ok(())
    }
}

/// A TLS hello, or a request line of HTTP: what browsers and scanners send first.
fn looks_foreign(src: &[u8]) -> bool {
    if src.starts_with(&[0x16, 0x03]) {
        return true;
    }
    // GET alone is a word that a person may try; with a path behind it, it is a browser.
    let openings: [&[u8]; 12] = [
        b"GET /",
        b"GET http",
        b"POST ",
        b"HEAD /",
        b"PUT /",
        b"DELETE /",
        b"PATCH /",
        b"TRACE /",
        b"OPTIONS ",
        b"CONNECT ",
        b"PRI * HTTP",
        b"SSH-",
    ];
    let begins = |opening: &[u8]| src.get(..opening.len()).is_some_and(|s| s.eq_ignore_ascii_case(opening));
    openings.into_iter().any(begins)
}

/// What a client reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// A line, without its end.
    Line(String),
    /// Some bytes of the body that was announced.
    Body(Bytes),
}

/// Cuts what the server sends into lines and, after [`Replies::expect_body`], counted bytes.
#[derive(Debug, Default)]
pub struct Replies {
    body: u64,
}

/// Longest line of a server that a client takes: rows may be longer than commands.
const MAX_REPLY: usize = 1 << 20;

impl Replies {
    /// The next `length` bytes are a body.
    pub fn expect_body(&mut self, length: u64) {
        self.body = length;
    }
}

impl Decoder for Replies {
    type Item = Piece;
    type Error = io::Error;

    fn decode(&mut self, src: &mut BytesMut) -> io::Result<Option<Piece>> {
        if self.body > 0 {
            if src.is_empty() {
                return Ok(None);
            }
            let some = usize::try_from(self.body).unwrap_or(usize::MAX).min(src.len());
            self.body -= some as u64;
            return Ok(Some(Piece::Body(src.split_to(some).freeze())));
        }
        let Some(at) = src.iter().position(|&b| b == b'\n') else {
            let over = src.len() > MAX_REPLY;
            return if over {
                Err(io::Error::new(io::ErrorKind::InvalidData, "line too long"))
            } else {
                Ok(None)
            };
        };
        let line = src.split_to(at);
        src.advance(1);
        let line = line.strip_suffix(b"\r").unwrap_or(&line);
        let text = std::str::from_utf8(line).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))?;
        Ok(Some(Piece::Line(text.to_owned())))
    }
}
