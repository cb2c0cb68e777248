//! The download history, written behind the transfers: a download does not wait for it, and many
//! share a transaction.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use protocol::value::{AccountId, Time, TitleId};
use sql::transfer::Download;
use sql::{Db, Tx, stats};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Notify, mpsc, oneshot};
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
pub struct Recorder {
    messages: mpsc::Sender<Message>,
    /// Told when what was noted is to be written at once.
    hurry: Arc<Notify>,
    /// The database takes nothing now.
    away: Arc<AtomicBool>,
}

/// Rows of one transaction at most.
const BATCH: usize = 256;

/// How long rows wait for others to share a transaction with: each costs a way to the disk.
const GATHER: Duration = Duration::from_millis(50);

/// Rows that wait at most, while the database is away. What comes then is not kept: no download is
/// held up for its row.
const QUEUE: usize = 16 * 1024;

/// How long a download waits, at most, for room among them.
const BRAKE: Duration = Duration::from_secs(1);

/// Stretches that are kept of one download; who fetches in more pieces than that loses the smallest.
const STRETCHES: usize = 1024;

/// How long HISTORY and the end of the daemon wait for rows that are still to be written.
const PATIENCE: Duration = Duration::from_secs(5);

impl Recorder {
    /// Starts the writer; it ends with the last handle.
    pub fn start(db: Db) -> Self {
        let (messages, receive) = mpsc::channel(QUEUE);
        let (hurry, away) = <(Arc<Notify>, Arc<AtomicBool>)>::default();
        tokio::spawn(write_all(db, receive, hurry.clone(), away.clone()));
        Self { messages, hurry, away }
    }

    /// Notes what arrived. Who fetches faster than the rows are written waits for them a little, and no longer: with
    /// the database away downloads go on.
    pub async fn note(&self, arrived: Arrived) {
        let noted = match self.messages.try_send(Message::Arrived(arrived)) {
            Err(TrySendError::Full(message)) if !self.away.load(Ordering::Relaxed) => {
                timeout(BRAKE, self.messages.send(message)).await.is_ok_and(|sent| sent.is_ok())
            }
            sent => sent.is_ok(),
        };
        if QUEUE - self.messages.capacity() >= BATCH {
            self.hurry.notify_one();
        }
        if !noted {
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
            self.messages.send(Message::Flush(done)).await.ok()?;
            self.hurry.notify_one();
            wait.await.ok()
        };
        timeout(PATIENCE, written).await.ok().flatten().ok_or(Fault::DatabaseDown)
    }
}

async fn write_all(db: Db, mut messages: mpsc::Receiver<Message>, hurry: Arc<Notify>, away: Arc<AtomicBool>) {
    let mut batch = Vec::with_capacity(BATCH);
    while let Some(first) = messages.recv().await {
        batch.push(first);
        let _ = timeout(GATHER, hurry.notified()).await;
        while batch.len() < BATCH
            && let Ok(more) = messages.try_recv()
        {
            batch.push(more);
        }
        let (mut rows, mut waiting) = (vec![], vec![]);
        for message in batch.drain(..) {
            match message {
                Message::Arrived(arrived) => rows.push(arrived),
                Message::Flush(done) => waiting.push(done),
            }
        }
        let many = rows.len();
        if many > 0
            && let Err(trace) = caught(write(&db, rows, &away)).await
        {
            log::error!("trace={trace} {many} rows of the download history are lost");
        }
        for done in waiting {
            let _ = done.send(());
        }
    }
}

/// Writes rows, however long that takes: what is meant to be kept is tried until the database is back.
async fn write(db: &Db, rows: Vec<Arrived>, away: &AtomicBool) {
    let rows = Arc::new(rows);
    loop {
        let some = rows.clone();
        let work = move |tx: &mut Tx<'_>| record(tx, &some);
        let written = db.write(work).await;
        away.store(written.is_err(), Ordering::Relaxed);
        match written {
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

/// Writes rows, and what they add to the counts together.
fn record(tx: &mut Tx<'_>, rows: &[Arrived]) -> Result<(), sql::Error> {
    // In order, so that two who write meet in one order, and last: these are rows that others want, too.
    let (mut days, mut titles) = (BTreeMap::new(), BTreeMap::new());
    for row in rows {
        planted("record", &row.title);
        let (_, sent, begun) = days.entry(stats::day(row.at)).or_insert((row.at, 0, 0));
        *sent += i64::try_from(row.bytes).unwrap_or(i64::MAX);
        if add_to_download(tx, row)? {
            *begun += 1;
            *titles.entry(row.title).or_insert(0) += 1;
        }
    }
    for (title, times) in titles {
        Download::count(tx, title, times)?;
    }
    for (at, sent, begun) in days.into_values() {
        if begun > 0 {
            stats::count(tx, "downloads", begun, at)?;
        }
        stats::count(tx, "sent", sent, at)?;
    }
    Ok(())
}

/// Adds a stretch to the download that it belongs to, or begins one (true): a download goes on until all of the file
/// has arrived.
fn add_to_download(tx: &mut Tx<'_>, row: &Arrived) -> Result<bool, sql::Error> {
    let open = Download::newest(tx, row.account, row.title)?.filter(|d| !d.done && d.how == row.how);
    let mut stretches = open.as_ref().map_or_else(Vec::new, |download| read(&download.got));
    add(&mut stretches, row.offset, row.offset + row.bytes);
    let bytes = stretches.iter().map(|(from, to)| to - from).sum();
    let (got, done) = (show(&stretches), bytes == row.size);
    match open {
        Some(open) => Download { bytes, got, done, ..open }.update(tx).map(|_| false),
        None => {
            let how = row.how.to_owned();
            let fresh =
                Download { id: 0, account: row.account, title: row.title, how, at: row.at, bytes, got, done };
            fresh.insert(tx).map(|_| true)
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
