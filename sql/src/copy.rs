//! All rows of one database into another, of whichever engine: what a backup and a restore are made of.
//!
//! What is read is of one moment; what is filled is marked as unfinished until all of it is there, and no program opens
//! it as a club before. Both go on page by page, so memory does not grow with the club.

use std::sync::Arc;

use tokio::sync::mpsc;

use crate::db::Found;
use crate::migrate::{BEGUN, UNFINISHED};
use crate::posting::marks;
use crate::{Db, Engine, Error, FromRow, Options, Row, Tx, Value, params};

/// Rows of one page, which is one statement of the reader: a row has some 25 KiB at most.
const PAGE: u32 = 128;

/// Pages of one transaction of the writer, and pages that wait for it.
const PAGES: usize = 32;

/// Rows of one INSERT. Fewer go by powers of two, so that there are few different statements.
const ROWS: usize = 64;

/// What a database has before anybody has used the club: its version, what migrations write, the operator's codes, and
/// who has guessed in vain.
const UNUSED: [&str; 5] = ["schema_version", "meta", "tally", "invite", "throttle"];

/// A table: its columns, and which of them are its key.
#[derive(Clone, Debug)]
struct Table {
    name: String,
    columns: Vec<String>,
    /// Places among the columns, in the order of the key.
    key: Vec<usize>,
}

/// A database that is being filled. No program opens it as a club before [`finish`](Self::finish).
#[derive(Debug)]
pub struct Unfinished(Db);

impl Unfinished {
    /// Begins to fill a database that has nothing in it yet, or what an earlier attempt has left unfinished.
    ///
    /// # Errors
    /// [`Error::Occupied`] where there is a club; what opening it fails with.
    pub async fn begin(url: &str, options: Options) -> Result<Unfinished, Error> {
        match Unfinished::may_begin(url, options.clone()).await? {
            // Begun anew: an attempt that broke off may have left it without its indexes.
            Found::Unfinished => Db::remove_file(url)?,
            Found::Nothing | Found::Schema(_) => {}
        }
        Db::open_with(url, options, BEGUN).await.map(Unfinished)
    }

    /// Whether it may begin; changes nothing.
    ///
    /// # Errors
    /// As [`begin`](Self::begin).
    pub async fn may_begin(url: &str, options: Options) -> Result<Found, Error> {
        let found = Db::found(url, options.clone()).await?;
        if let Found::Schema(version) = found {
            let ours = crate::MIGRATIONS.last().map_or(0, |last| last.number);
            // A file is a club as soon as it is there: nobody makes one beforehand, as one does on a server.
            if version != ours || Db::is_file(url)? {
                return Err(Error::Occupied);
            }
            let db = Db::open(url, options).await?;
            let used = db.read(is_used).await;
            db.close().await;
            if used? {
                return Err(Error::Occupied);
            }
        }
        Ok(found)
    }

    /// The database itself.
    pub fn db(&self) -> &Db {
        &self.0
    }

    /// Fills it with all rows that `from` has at one moment, in the place of all it has; of the tables `without` with
    /// none. One of the two is SQLite. Writers of `from` go on meanwhile. Returns how many rows there are.
    ///
    /// # Errors
    /// Of either database; [`Error::Internal`] if a row of `from` names one that is not there.
    pub async fn fill(&self, from: &Db, without: &'static [&'static str]) -> Result<u64, Error> {
        let schema = if from.engine() == Engine::Sqlite { from } else { &self.0 };
        let tables = Arc::new(schema.read(tables).await?);
        let indexes = self.drop_indexes().await?;
        let (send, receive) = mpsc::channel(PAGES);
        let (from, read) = (from.clone(), tables.clone());
        let read = tokio::spawn(async move { from.read(move |tx| pour(tx, &read, without, &send)).await });
        let written = self.take(&tables, receive).await;
        let read = read.await.map_err(Error::internal)?;
        // Where the writer failed, the reader only says that nobody listens.
        written?;
        let (rows, lasts) = read?;
        for sql in indexes {
            self.0.write(move |tx| tx.batch(&sql)).await?;
        }
        for (table, last) in lasts {
            let name = tables[table].name.clone();
            self.0.write(move |tx| set_last(tx, &name, last)).await?;
        }
        Ok(rows)
    }

    /// All of it is there: from now on it is a club.
    ///
    /// # Errors
    /// Of the database; it stays unfinished then.
    pub async fn finish(self) -> Result<Db, Error> {
        let done: Result<_, Error> = self
            .0
            .write(|tx| tx.execute("DELETE FROM schema_version WHERE version = ?", params![UNFINISHED]))
            .await;
        done.map(|_| self.0)
    }

    /// Lets go of it as it is.
    pub async fn close(self) {
        self.0.close().await;
    }

    /// An index that is made at the end costs a fraction; how each is made. A server has its own ways with them.
    async fn drop_indexes(&self) -> Result<Vec<String>, Error> {
        if self.0.engine() == Engine::Mysql {
            return Ok(vec![]);
        }
        let work = |tx: &mut Tx<'_>| {
            let all: Vec<(String, String)> = tx.rows(
                "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY rowid",
                (),
            )?;
            all.iter().try_for_each(|(name, _)| tx.batch(&format!("DROP INDEX \"{name}\"")))?;
            Ok(all.into_iter().map(|(_, sql)| sql).collect())
        };
        self.0.write(work).await
    }

    /// Writes what the reader sends.
    async fn take(&self, tables: &Arc<Vec<Table>>, mut pages: mpsc::Receiver<Page>) -> Result<(), Error> {
        let mut waiting = vec![];
        while pages.recv_many(&mut waiting, PAGES).await > 0 {
            let mut batch = vec![];
            for page in waiting.drain(..) {
                match page {
                    Page::Anew => {
                        batch.clear();
                        let tables = tables.clone();
                        // Apart from the rows: on a server it commits by itself.
                        self.0.write(move |tx| clear(tx, &tables)).await?;
                    }
                    Page::Rows(table, rows) => batch.push((table, rows)),
                }
            }
            let tables = tables.clone();
            let put = move |tx: &mut Tx<'_>| {
                batch.iter().try_for_each(|(table, rows)| tables[*table].insert(tx, rows))
            };
            self.0.write(put).await?;
        }
        Ok(())
    }
}

/// What the reader sends to the writer.
enum Page {
    /// From the beginning: a transaction may be run again.
    Anew,
    /// Rows of the table of that place.
    Rows(usize, Vec<Vec<Value>>),
}

/// How many rows were sent, and the last number that each table has given.
type Poured = (u64, Vec<(usize, i64)>);

/// Sends all rows, table by table, each after those that its rows name.
fn pour(
    tx: &mut Tx<'_>, tables: &[Table], without: &[&str], send: &mpsc::Sender<Page>,
) -> Result<Poured, Error> {
    let say = |page| send.blocking_send(page).map_err(|_| Error::internal("nobody takes the rows"));
    let ours = crate::MIGRATIONS.last().map_or(0, |last| last.number);
    let version: Option<i64> = tx.one("SELECT MAX(version) FROM schema_version", ())?;
    match version {
        Some(version) if version == ours => {}
        other => return Err(Error::Newer { found: other.unwrap_or(0), known: ours }),
    }
    say(Page::Anew)?;
    let (mut count, mut lasts) = (0, vec![]);
    for (place, table) in tables.iter().enumerate() {
        if let Some(last) = table.last(tx)? {
            lasts.push((place, last));
        }
        let mut after: Option<Vec<Value>> = None;
        while !without.contains(&table.name.as_str()) {
            let rows = table.page(tx, after.as_deref())?;
            let Some(last) = rows.last() else { break };
            after = Some(table.key.iter().map(|column| last[*column].clone()).collect());
            count += rows.len() as u64;
            say(Page::Rows(place, rows))?;
        }
    }
    Ok((count, lasts))
}

impl Table {
    fn quoted(&self) -> String {
        self.columns.iter().map(|column| format!("\"{column}\"")).collect::<Vec<_>>().join(", ")
    }

    /// The page behind a key, the first one behind none.
    fn page(&self, tx: &mut Tx<'_>, after: Option<&[Value]>) -> Result<Vec<Vec<Value>>, Error> {
        let Some(after) = after else {
            return self.rows(tx, "", vec![], PAGE);
        };
        // Those that share all of the key but its end, then those that share less: each a range of the index.
        let mut page = vec![];
        for shared in (0..self.key.len()).rev() {
            let mut terms: Vec<String> = self.key[..shared]
                .iter()
                .map(|column| format!("\"{}\" = ?", self.columns[*column]))
                .collect();
            terms.push(format!("\"{}\" > ?", self.columns[self.key[shared]]));
            let rest = PAGE - u32::try_from(page.len()).unwrap_or(PAGE);
            let behind = format!(" WHERE {}", terms.join(" AND "));
            page.extend(self.rows(tx, &behind, after[..=shared].to_vec(), rest)?);
            if page.len() == PAGE as usize {
                break;
            }
        }
        Ok(page)
    }

    fn rows(
        &self, tx: &mut Tx<'_>, behind: &str, mut values: Vec<Value>, limit: u32,
    ) -> Result<Vec<Vec<Value>>, Error> {
        let order: Vec<String> =
            self.key.iter().map(|column| format!("\"{}\"", self.columns[*column])).collect();
        let sql = format!(
            "SELECT {} FROM \"{}\" /*! FORCE INDEX (PRIMARY) */{behind} ORDER BY {} LIMIT ?",
            self.quoted(),
            self.name,
            order.join(", ")
        );
        values.push(limit.into());
        let rows: Vec<Cells> = tx.rows(&sql, values)?;
        Ok(rows.into_iter().map(|cells| cells.0).collect())
    }

    fn insert(&self, tx: &mut Tx<'_>, rows: &[Vec<Value>]) -> Result<(), Error> {
        let (mut rows, one) = (rows, format!("({})", marks(self.columns.len())));
        while !rows.is_empty() {
            let count = if rows.len() >= ROWS { ROWS } else { 1 << rows.len().ilog2() };
            let (some, rest) = rows.split_at(count);
            let values = vec![one.as_str(); count].join(", ");
            let sql = format!("INSERT INTO \"{}\" ({}) VALUES {values}", self.name, self.quoted());
            tx.execute(&sql, some.concat())?;
            rows = rest;
        }
        Ok(())
    }

    /// The last number that the table has given, if it gives any: also of a row that is gone, since what is told of
    /// a number shall not be told of another thing.
    fn last(&self, tx: &mut Tx<'_>) -> Result<Option<i64>, Error> {
        let sql = match tx.engine() {
            Engine::Sqlite => "SELECT seq FROM sqlite_sequence WHERE name = ?",
            Engine::Mysql => {
                "SELECT CAST(auto_increment AS SIGNED) - 1 FROM information_schema.tables \
                 WHERE table_schema = DATABASE() AND table_name = ?"
            }
        };
        let last: Option<Option<i64>> = tx.one(sql, (&self.name,))?;
        Ok(last.flatten().filter(|last| *last > 0))
    }
}

/// Has a table give numbers behind `last`, or behind its last row if that is later.
fn set_last(tx: &mut Tx<'_>, table: &str, last: i64) -> Result<(), Error> {
    if tx.engine() == Engine::Mysql {
        return tx.batch(&format!("ALTER TABLE \"{table}\" AUTO_INCREMENT = {}", last.saturating_add(1)));
    }
    let kept: Option<i64> = tx.one("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,))?;
    match kept {
        Some(kept) if kept >= last => Ok(()),
        Some(_) => {
            tx.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = ?", params![last, table]).map(|_| ())
        }
        None => tx
            .execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", params![table, last])
            .map(|_| ()),
    }
}

/// Empties all tables, those that name others first.
fn clear(tx: &mut Tx<'_>, tables: &[Table]) -> Result<(), Error> {
    let engine = tx.engine();
    for Table { name, .. } in tables.iter().rev() {
        tx.batch(&match engine {
            Engine::Sqlite => format!("DELETE FROM \"{name}\""),
            // At once, however much an attempt that broke off has left.
            Engine::Mysql => format!(
                "SET SESSION foreign_key_checks = 0; TRUNCATE TABLE \"{name}\"; SET SESSION foreign_key_checks = 1"
            ),
        })?;
    }
    Ok(())
}

/// Whether somebody has used the club.
fn is_used(tx: &mut Tx<'_>) -> Result<bool, Error> {
    for name in names(tx)?.iter().filter(|name| !UNUSED.contains(&name.as_str())) {
        let found: Option<i64> = tx.one(&format!("SELECT 1 FROM \"{name}\" LIMIT 1"), ())?;
        if found.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The names of all tables.
fn names(tx: &mut Tx<'_>) -> Result<Vec<String>, Error> {
    let sql = match tx.engine() {
        Engine::Sqlite => {
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
        }
        Engine::Mysql => {
            "SELECT table_name FROM information_schema.tables \
             WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' ORDER BY table_name"
        }
    };
    tx.rows(sql, ())
}

/// All tables of the embedded engine's schema but that of its version; each behind those that its rows name. The
/// schemas of both engines are the same.
fn tables(tx: &mut Tx<'_>) -> Result<Vec<Table>, Error> {
    let mut left = vec![];
    for name in names(tx)?.into_iter().filter(|name| name != UNUSED[0]) {
        let columns: Vec<(String, i64)> =
            tx.rows("SELECT name, pk FROM pragma_table_info(?) ORDER BY cid", (&name,))?;
        let mut key: Vec<usize> = (0..columns.len()).filter(|place| columns[*place].1 > 0).collect();
        key.sort_by_key(|place| columns[*place].1);
        let names: Vec<String> =
            tx.rows("SELECT DISTINCT \"table\" FROM pragma_foreign_key_list(?)", (&name,))?;
        let columns = columns.into_iter().map(|(name, _)| name).collect();
        left.push((Table { name, columns, key }, names));
    }
    let mut all: Vec<Table> = vec![];
    while !left.is_empty() {
        let before = left.len();
        let there = |name: &String| all.iter().any(|table| table.name == *name);
        let (next, rest): (Vec<_>, Vec<_>) = left
            .into_iter()
            .partition(|(table, names)| names.iter().all(|name| *name == table.name || there(name)));
        all.extend(next.into_iter().map(|(table, _)| table));
        left = rest;
        if left.len() == before {
            return Err(Error::internal("tables name each other in a circle"));
        }
    }
    Ok(all)
}

/// A row as it is.
struct Cells(Vec<Value>);

impl FromRow for Cells {
    fn from_row(row: &mut Row) -> Result<Self, Error> {
        row.rest().map(Cells)
    }
}

/// How large a club is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // as they are called
pub struct Size {
    pub accounts: u64,
    /// Deleted ones too.
    pub titles: u64,
    /// Bytes of all contents that have to be there.
    pub bytes: u64,
}

/// How large a club is, counted.
pub fn size(tx: &mut Tx<'_>) -> Result<Size, Error> {
    let accounts = tx.one("SELECT COUNT(*) FROM account WHERE password <> ''", ())?.unwrap_or(0);
    let titles = tx.one("SELECT COUNT(*) FROM title", ())?.unwrap_or(0);
    Ok(Size { accounts, titles, bytes: crate::check::bytes_kept(tx)? })
}
