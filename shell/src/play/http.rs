//! As much of HTTP/1.1 as a player speaks: what it asks for, and which bytes that means.

use std::io::{self, Read};

use http_range_header::{EndPosition, StartPosition, parse_range_header};

use crate::transfer::part::Range;

/// Longest head of a request: those of players have a few hundred bytes.
const LONGEST: usize = 8 * 1024;

/// Most header fields of a request.
const FIELDS: usize = 64;

/// What a player asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `HEAD`, or what is not served.
    pub method: String,
    /// Where.
    pub path: String,
    /// Which bytes, as it is written.
    pub range: Option<String>,
    /// Whether the connection is kept.
    pub keeps: bool,
    /// Whether bytes follow it, which nothing served here has.
    pub has_body: bool,
}

/// Reads the next request; what is behind it stays in `buffer`. None at the end.
///
/// # Errors
/// The connection was lost, or that is no request.
pub fn hear(from: &mut impl Read, buffer: &mut Vec<u8>) -> io::Result<Option<Request>> {
    loop {
        if let Some((request, length)) = parse(buffer)? {
            buffer.drain(..length);
            return Ok(Some(request));
        }
        if buffer.len() >= LONGEST {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mut some = [0; 1024];
        match from.read(&mut some)? {
            0 => return Ok(None),
            read => buffer.extend_from_slice(some.get(..read).unwrap_or_default()),
        }
    }
}

fn parse(bytes: &[u8]) -> io::Result<Option<(Request, usize)>> {
    let mut fields = [httparse::EMPTY_HEADER; FIELDS];
    let mut head = httparse::Request::new(&mut fields);
    let length = match head.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(error) => return Err(io::Error::new(io::ErrorKind::InvalidData, error)),
    };
    let field = |name: &str| {
        let field = head.headers.iter().find(|field| field.name.eq_ignore_ascii_case(name))?;
        std::str::from_utf8(field.value).ok().map(str::trim)
    };
    let connection = field("connection").unwrap_or_default().to_ascii_lowercase();
    let request = Request {
        method: head.method.unwrap_or_default().to_owned(),
        path: head.path.unwrap_or_default().to_owned(),
        range: field("range").map(str::to_owned),
        keeps: head.version == Some(1) && !connection.contains("close"),
        has_body: field("transfer-encoding").is_some() || field("content-length").is_some_and(|n| n != "0"),
    };
    Ok(Some((request, length)))
}

/// Which bytes are to be sent, and how that is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// All of them: 200.
    Whole,
    /// These: 206.
    Some(Range),
    /// There are none: 416.
    None,
}

/// What a `Range` means for a film of `size` bytes. One that cannot be understood, and several, mean nothing: RFC
/// 9110 lets a server send all.
pub fn part(range: Option<&str>, size: u64) -> Part {
    let Some(ranges) = range.and_then(|range| parse_range_header(range).ok()) else {
        return Part::Whole;
    };
    let [range] = ranges.ranges.as_slice() else {
        return Part::Whole;
    };
    let end = match range.end {
        EndPosition::Index(last) => last.saturating_add(1).min(size),
        EndPosition::LastByte => size,
    };
    match range.start {
        StartPosition::Index(start) if start >= size => Part::None,
        StartPosition::Index(start) if start >= end => Part::Whole,
        StartPosition::Index(start) => Part::Some((start, end)),
        StartPosition::FromLast(_) if size == 0 => Part::None,
        StartPosition::FromLast(last) => Part::Some((size.saturating_sub(last), size)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_what_rfc_9110_says() {
        for (range, expected) in [
            ("bytes=0-", Part::Some((0, 100))),
            ("bytes=0-0", Part::Some((0, 1))),
            ("bytes=90-200", Part::Some((90, 100))),
            ("bytes=-10", Part::Some((90, 100))),
            ("bytes=-1000", Part::Some((0, 100))),
            ("bytes=100-", Part::None),
            ("bytes=18446744073709551615-", Part::None),
            ("bytes=0-18446744073709551615", Part::Some((0, 100))),
            ("bytes=5-3", Part::Whole),
            ("bytes=0-1,5-6", Part::Whole),
            ("lines=0-1", Part::Whole),
            ("nonsense", Part::Whole),
        ] {
            assert_eq!(part(Some(range), 100), expected, "{range}");
        }
        assert_eq!(part(None, 100), Part::Whole);
        assert_eq!((part(Some("bytes=0-"), 0), part(Some("bytes=-1"), 0)), (Part::None, Part::None));
    }

    #[test]
    fn requests_come_apart_however_they_arrive() {
        let text = b"GET /a HTTP/1.1\r\nRange: bytes=1-\r\n\r\nHEAD /b HTTP/1.1\r\nConnection: Close\r\n\r\n";
        let (mut from, mut buffer) = (&text[..], Vec::new());
        let first = hear(&mut from, &mut buffer).unwrap().unwrap();
        assert_eq!(
            (first.path.as_str(), first.range.as_deref(), first.keeps),
            ("/a", Some("bytes=1-"), true)
        );
        let second = hear(&mut from, &mut buffer).unwrap().unwrap();
        assert_eq!((second.method.as_str(), second.keeps), ("HEAD", false));
        assert_eq!(hear(&mut from, &mut buffer).unwrap(), None);
        let endless = [b"GET / HTTP/1.1\r\nX: ".as_slice(), &[b'x'; 20_000]].concat();
        assert!(hear(&mut endless.as_slice(), &mut Vec::new()).is_err());
        assert!(hear(&mut b"\x16\x03\x01 hello\r\n\r\n".as_slice(), &mut Vec::new()).is_err());
    }
}
