//! One range of a title, fetched over one connection.

use bytes::Bytes;
use protocol::command::{Command, Retr};
use protocol::value::{Size, TitleId};

use super::part::Range;
use super::place::Title;
use crate::fault::Fault;
use crate::link::{Link, Reply};

/// Asks for a range and hands what comes, with its place, to `sink`. Gives the last status: that
/// the range is done, or what has to be done first.
///
/// # Errors
/// The connection was lost, the content is another, or `sink` failed.
pub fn fetch(
    link: &mut Link, title: &Title, (start, end): Range,
    mut sink: impl FnMut(u64, Bytes) -> Result<(), Fault>,
) -> Result<Reply, Fault> {
    let line = Command::Retr(Retr {
        id: TitleId(title.id),
        offset: (start > 0).then_some(Size(start)),
        length: (end < title.size).then_some(Size(end - start)),
    })
    .line();
    let reply = link.ask(&line)?;
    match reply.status.code {
        150 => {}
        // Asked again, such a server would say the same, for ever.
        200..300 => return Err(Fault::Garbled("RETR answered without a body".to_owned())),
        _ => return Ok(reply),
    }
    check(&reply, title, (start, end))?;
    let mut at = start;
    link.body(end - start, |bytes| {
        let place = at;
        at += bytes.len() as u64;
        sink(place, bytes)
    })?;
    let done = link.reply()?;
    Ok(Reply { events: [reply.events, done.events].concat(), ..done })
}

/// What comes must be what was asked for, of the content that the part is of.
fn check(reply: &Reply, title: &Title, (start, end): Range) -> Result<(), Fault> {
    let same = reply.number("offset")? == start
        && reply.number("length")? == end - start
        && reply.number("size")? == title.size
        && reply.status.get("md5").and_then(|md5| md5.parse().ok()) == Some(title.md5);
    if same { Ok(()) } else { Err(Fault::Garbled("RETR answered with another range or file".to_owned())) }
}

/// The ranges that are missing, cut into at least `jobs` where there is enough of them.
pub fn split(gaps: &[Range], jobs: u64) -> Vec<Range> {
    let missing: u64 = gaps.iter().map(|(start, end)| end - start).sum();
    let share = missing.div_ceil(jobs.max(1)).max(SMALLEST);
    let mut segments = Vec::new();
    for &(start, end) in gaps {
        let mut at = start;
        while at < end {
            let to = end.min(at.saturating_add(share));
            segments.push((at, to));
            at = to;
        }
    }
    segments
}

/// A segment is not worth a connection below this.
const SMALLEST: u64 = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_cover_what_is_missing() {
        let mib = 1 << 20;
        assert_eq!(split(&[(0, 4 * mib)], 4).len(), 4);
        assert_eq!(split(&[(0, 4 * mib)], 1), [(0, 4 * mib)]);
        assert_eq!(split(&[(0, 10)], 4), [(0, 10)]);
        assert_eq!(split(&[], 4), []);
        let gaps = [(5, mib), (2 * mib, 2 * mib + 1)];
        let segments = split(&gaps, 3);
        let sum: u64 = segments.iter().map(|(s, e)| e - s).sum();
        assert_eq!(sum, mib - 5 + 1);
    }
}
