//! The download history, written behind the transfers: a download does not wait for it, and many
//! share a transaction.

use protocol::value::{AccountId, Time, TitleId};
use sql::transfer::Download;
use sql::{Db, Tx, stats};
use tokio::sync::{mpsc, oneshot};

use crate::app::App;
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

/// Rows of one transaction at most, and messages that wait at most. Beyond, transfers wait.
const BATCH: usize = 256;

/// How often a batch is tried while the database is down, a second apart. Then it is given up.
const TRIES: u32 = 60;

/// Stretches that are kept of one download; who fetches in more pieces than that loses the smallest.
const STRETCHES: usize = 64;

impl Recorder {
    /// Starts the writer; it ends with the last handle.
    pub fn start(db: Db) -> Self {
        let (send, receive) = mpsc::channel(BATCH);
        tokio::spawn(write_all(db, receive));
        Self(send)
    }

    /// Notes what arrived.
    pub async fn note(&self, arrived: Arrived) {
        // The writer ends only after every handle is gone.
        let _ = self.0.send(Message::Arrived(arrived)).await;
    }

    /// Waits until all that was noted before is written.
    pub async fn flush(&self) {
        let (done, wait) = oneshot::channel();
        if self.0.send(Message::Flush(done)).await.is_ok() {
            let _ = wait.await;
        }
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
        if !rows.is_empty() {
            write(&db, rows).await;
        }
        for done in waiting {
            let _ = done.send(());
        }
    }
}

async fn write(db: &Db, rows: Vec<Arrived>) {
    let count = rows.len();
    for attempt in 1..=TRIES {
        let rows = rows.clone();
        let work = move |tx: &mut Tx<'_>| rows.iter().try_for_each(|row| record(tx, row));
        match db.write(work).await {
            Ok(()) => return,
            Err(sql::Error::Down(why)) if attempt < TRIES => {
                log::warn!("the download history waits for the database: {why}");
                tokio::time::sleep(std::time::Duration::from_secs(1)).await;
            }
            Err(error) => {
                log::error!("{count} rows of the download history are lost: {error}");
                return;
            }
        }
    }
}

/// Adds a stretch to the download that it belongs to, or begins one: a download goes on until all of
/// the file has arrived.
fn record(tx: &mut Tx<'_>, row: &Arrived) -> Result<(), sql::Error> {
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

/// The downloads of an account with the titles' names, the newest first.
///
/// # Errors
/// Of the database.
pub async fn page(app: &App, user: &User, paging: Paging) -> Result<Page<(Download, String)>, Fault> {
    app.recorder.flush().await;
    let (account, before, limit) = (user.id, paging.number(i64::MAX)?, paging.limit);
    let rows = app.db.read(move |tx| Download::page(tx, account, before, limit + 1)).await?;
    Ok::<_, Fault>(Page::cut(rows, limit, |(download, _)| download.id.to_string()))
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
        (0..1000).for_each(|n| add(&mut all, n * 10, n * 10 + 5));
        assert_eq!(all.len(), STRETCHES);
    }
}
