//! What is counted as it happens, so that no number costs a walk over the tables.

use protocol::value::Time;

use crate::{Error, Tx, params};

/// A day in milliseconds.
const DAY: i64 = 24 * 3600 * 1000;

/// The day that totals stand under.
pub const TOTAL: i64 = 0;

/// The UTC day of a time, counted from 1970-01-01 as 1.
pub fn day(at: Time) -> i64 {
    at.0.div_euclid(DAY) + 1
}

/// When a day began.
pub fn midnight(day: i64) -> Time {
    Time((day - 1) * DAY)
}

/// Counts, in all and on the day of `at`.
pub fn count(tx: &mut Tx<'_>, name: &str, by: i64, at: Time) -> Result<(), Error> {
    add(tx, name, TOTAL, by)?;
    add(tx, name, day(at), by)
}

/// Adds to what stands under a name and a day.
pub fn add(tx: &mut Tx<'_>, name: &str, day: i64, by: i64) -> Result<(), Error> {
    let update = "UPDATE tally SET value = value + ? WHERE name = ? AND day = ?";
    if tx.execute(update, params![by, name, day])? > 0 {
        return Ok(());
    }
    match tx.execute("INSERT INTO tally (name, day, value) VALUES (?, ?, ?)", params![name, day, by]) {
        Err(Error::Duplicate) => tx.execute(update, params![by, name, day]).map(|_| ()),
        other => other.map(|_| ()),
    }
}

/// Corrects a total, and leaves what the days had.
pub fn correct(tx: &mut Tx<'_>, name: &str, by: i64) -> Result<u64, Error> {
    tx.execute("UPDATE tally SET value = value + ? WHERE name = ? AND day = ?", params![by, name, TOTAL])
}

/// A total.
pub fn total(tx: &mut Tx<'_>, name: &str) -> Result<i64, Error> {
    let found = tx.one("SELECT value FROM tally WHERE name = ? AND day = ?", params![name, TOTAL])?;
    Ok(found.unwrap_or(0))
}

/// What was counted under a name since a day: day and value, the oldest first.
pub fn by_day(tx: &mut Tx<'_>, name: &str, since: i64) -> Result<Vec<(i64, i64)>, Error> {
    let sql = "SELECT day, value FROM tally WHERE name = ? AND day >= ? ORDER BY day";
    tx.rows(sql, params![name, since.max(TOTAL + 1)])
}

/// Notes that a membership that ended at `was` ends at `until` now.
pub fn membership(tx: &mut Tx<'_>, was: Option<Time>, until: Option<Time>) -> Result<(), Error> {
    for (end, by) in [(was, -1), (until, 1)] {
        if let Some(end) = end {
            add(tx, "members", day(end), by)?;
        }
    }
    Ok(())
}

/// Accounts that are members at a time: those whose membership ends on a later day are tallied by that day.
pub fn members(tx: &mut Tx<'_>, now: Time) -> Result<i64, Error> {
    let today = day(now);
    // SUM is a decimal on MySQL; the cast makes it the integer that it is.
    let later: Option<i64> = tx.one(
        "SELECT CAST(COALESCE(SUM(value), 0) AS SIGNED) FROM tally WHERE name = ? AND day > ?",
        params!["members", today],
    )?;
    let ending: Option<i64> = tx.one(
        "SELECT COUNT(*) FROM account WHERE member_until > ? AND member_until < ?",
        params![now, midnight(today + 1)],
    )?;
    Ok(later.unwrap_or(0) + ending.unwrap_or(0))
}

/// The last day whose revenue is tallied for good. Held until the transaction ends.
pub fn books(tx: &mut Tx<'_>) -> Result<i64, Error> {
    tx.execute("UPDATE meta SET value = value WHERE name = 'books'", ())?;
    closed(tx)
}

/// The same, only looked at.
pub fn closed(tx: &mut Tx<'_>) -> Result<i64, Error> {
    let found: Option<String> = tx.one("SELECT value FROM meta WHERE name = 'books'", ())?;
    Ok(found.and_then(|day| day.parse().ok()).unwrap_or(0))
}

/// Notes that the revenue of a day, and of those before it, is tallied.
pub fn close_books(tx: &mut Tx<'_>, day: i64) -> Result<u64, Error> {
    tx.execute("UPDATE meta SET value = ? WHERE name = 'books'", params![day.to_string()])
}
