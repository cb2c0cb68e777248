//! The download history, written behind the transfers: a download does not wait for it, and many
//! share a transaction.

use std::sync::Arc;
use std::time::Duration;

use protocol::value::{AccountId, Time, TitleId};
use sql::transfer::Download;
use sql::{Db, Tx, stats};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::app::App;
use crate::guard::{caught, planted};
use crate::service::{Fault, Page, Paging, User};

/// What one answer to RETR carried.
#[derive(Clone, Debug)]
pub struct Arrived {
    /// Whose download.
    pub account: AccountId,
    /// Of what.
    pub title: TitleId,
    /// How it was had.
    pub how: &'static str,
    /// When.
    pub at: Time,
    /// The file's size in bytes.
    pub size: u64,
    /// From where.
    pub offset: u64,
    /// How many bytes the connection took.
    pub bytes: u64,
}

enum Message {
    Arrived(Arrived),
    Flush(oneshot::Sender<()>),
}

/// Takes what arrived and writes it soon.
#[derive(Clone)]
pub struct Recorder(mpsc::Sender<Message>);

/// Rows of one transaction at most.
const BATCH: usize = 256;

/// Rows that wait at most, while the database is away. What comes then is not kept: no download is
/// held up for its row.
const QUEUE: usize = 16 * 1024;

/// Stretches that are kept of one download; who fetches in more pieces than that loses the smallest.
const STRETCHES: usize = 1024;

/// How long HISTORY and the end of the daemon wait for rows that are still to be written.
const PATIENCE: Duration = Duration::from_secs(5);

impl Recorder {
    /// Starts the writer; it ends with the last handle.
    pub fn start(db: Db) -> Self {
        let (send, receive) = mpsc::channel(QUEUE);
        tokio::spawn(write_all(db, receive));
        Self(send)
    }

    /// Notes what arrived.
    pub fn note(&self, arrived: Arrived) {
        if self.0.try_send(Message::Arrived(arrived)).is_err() {
            log::error!("a row of the download history is lost: too many wait for the database");
        }
    }

    /// Waits until all that was noted before is written.
    ///
    /// # Errors
    /// [`Fault::DatabaseDown`] if that cannot be done now.
    pub async fn flush(&self) -> Result<(), Fault> {
        let (done, wait) = oneshot::channel();
        let written = async {
            self.0.send(Message::Flush(done)).await.ok()?;
            wait.await.ok()
        };
        timeout(PATIENCE, written).await.ok().flatten().ok_or(Fault::DatabaseDown)
    }
}

async fn write_all(db: Db, mut messages: mpsc::Receiver<Message>) {
    let mut batch = Vec::with_capacity(BATCH);
    while messages.recv_many(&mut batch, BATCH).await > 0 {
        let (mut rows, mut waiting) = (vec![], vec![]);
        for message in batch.drain(..) {
            match message {
                Message::Arrived(arrived) => rows.push(arrived),
                Message::Flush(done) => waiting.push(done),
            }
        }
        let many = rows.len();
        if many > 0
            && let Err(trace) = caught(write(&db, rows)).await
        {
            log::error!("trace={trace} {many} rows of the download history are lost");
        }
        for done in waiting {
            let _ = done.send(());
        }
    }
}

/// Writes rows, however long that takes: what is meant to be kept is tried until the database is back.
async fn write(db: &Db, rows: Vec<Arrived>) {
    let rows = Arc::new(rows);
    loop {
        let some = rows.clone();
        let work = move |tx: &mut Tx<'_>| some.iter().try_for_each(|row| record(tx, row));
        match db.write(work).await {
            Ok(()) => return,
            Err(error @ (sql::Error::Down(_) | sql::Error::Busy(_) | sql::Error::Full)) => {
                log::warn!("the download history waits for the database: {error}");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            Err(error) => {
                log::error!("{} rows of the download history are lost: {error}", rows.len());
                return;
            }
        }
    }
}

/// Adds a stretch to the download that it belongs to, or begins one: a download goes on until all of
/// the file has arrived.
fn record(tx: &mut Tx<'_>, row: &Arrived) -> Result<(), sql::Error> {
    planted("record", &row.title);
    stats::count(tx, "sent", i64::try_from(row.bytes).unwrap_or(i64::MAX), row.at)?;
    let open = Download::newest(tx, row.account, row.title)?.filter(|d| !d.done && d.how == row.how);
    let mut stretches = open.as_ref().map_or_else(Vec::new, |download| read(&download.got));
    add(&mut stretches, row.offset, row.offset + row.bytes);
    let bytes = stretches.iter().map(|(from, to)| to - from).sum();
    let (got, done) = (show(&stretches), bytes == row.size);
    match open {
        Some(open) => Download { bytes, got, done, ..open }.update(tx).map(|_| ()),
        None => {
            let how = row.how.to_owned();
            let fresh =
                Download { id: 0, account: row.account, title: row.title, how, at: row.at, bytes, got, done };
            fresh.insert(tx)?;
            stats::count(tx, "downloads", 1, row.at)?;
            Download::count(tx, row.title).map(|_| ())
        }
    }
}

/// Adds `from..to` to stretches that are in order and apart.
fn add(stretches: &mut Vec<(u64, u64)>, from: u64, to: u64) {
    if from == to {
        return;
    }
    stretches.push((from, to));
    stretches.sort_unstable();
    let mut merged: Vec<(u64, u64)> = Vec::with_capacity(stretches.len());
    for &(from, to) in stretches.iter() {
        match merged.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => merged.push((from, to)),
        }
    }
    while merged.len() > STRETCHES {
        let smallest = (0..merged.len()).min_by_key(|&n| merged[n].1 - merged[n].0);
        merged.remove(smallest.unwrap_or(0));
    }
    *stretches = merged;
}

fn show(stretches: &[(u64, u64)]) -> String {
    let pieces: Vec<String> = stretches.iter().map(|(from, to)| format!("{from}-{to}")).collect();
    pieces.join(",")
}

fn read(text: &str) -> Vec<(u64, u64)> {
    let piece = |piece: &str| {
        let (from, to) = piece.split_once('-')?;
        Some((from.parse().ok()?, to.parse().ok()?))
    };
    text.split(',').filter_map(piece).collect()
}

/// The downloads of an account with the titles' names and sizes, the newest first.
///
/// # Errors
/// Of the database.
pub async fn page(app: &App, user: &User, paging: Paging) -> Result<Page<(Download, String, u64)>, Fault> {
    app.recorder.flush().await?;
    let (account, before, limit) = (user.id, paging.number(i64::MAX)?, paging.limit);
    let rows = app.db.read(move |tx| Download::page(tx, account, before, limit + 1)).await?;
    Ok::<_, Fault>(Page::cut(rows, limit, |(download, ..)| download.id.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_are_counted_once() {
        let mut all = read("");
        for (from, to) in [(10, 20), (0, 5), (15, 30), (5, 10), (40, 40)] {
            add(&mut all, from, to);
        }
        assert_eq!(all, [(0, 30)]);
        assert_eq!(read(&show(&[(0, 30), (40, 50)])), [(0, 30), (40, 50)]);
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut all = vec![];
        (0..2000).for_each(|n| add(&mut all, n * 10, n * 10 + 5));
        assert_eq!(all.len(), STRETCHES);
    }
}
