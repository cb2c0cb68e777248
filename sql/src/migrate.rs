//! The schema, as a list of numbered steps that every database has taken or takes at its next opening.

use crate::{Engine, Error, Tx, params};

/// One step of the schema, once for each engine.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// Its number; the first is 1 and each is one more than the last.
    pub number: i64,
    /// What SQLite runs.
    pub sqlite: &'static str,
    /// What MySQL and MariaDB run.
    pub mysql: &'static str,
}

macro_rules! migrations {
    ($($number:literal $file:literal),+ $(,)?) => {
        /// Every step there is. A released step is never changed: a new one is added.
        pub const MIGRATIONS: &[Migration] = &[$(Migration {
            number: $number,
            sqlite: include_str!(concat!("../sqlite/", $file)),
            mysql: include_str!(concat!("../mysql/", $file)),
        }),+];
    };
}

migrations! {
    1 "0001_start.sql",
    2 "0002_club.sql",
    3 "0003_proof.sql",
    4 "0004_purge.sql",
    5 "0005_scale.sql",
    6 "0006_tickets.sql",
    7 "0007_shelf.sql",
    8 "0008_words.sql",
    9 "0009_lounge.sql",
    10 "0010_throttle.sql",
}

/// The step that is not over: a database that has it is being filled by a restore, and is no club yet.
pub(crate) const UNFINISHED: i64 = i64::MAX;

/// The schema with that step at its end.
pub(crate) static BEGUN: &[Migration] = &{
    let mut all = [Migration { number: UNFINISHED, sqlite: "", mysql: "" }; MIGRATIONS.len() + 1];
    let mut i = 0;
    while i < MIGRATIONS.len() {
        all[i] = MIGRATIONS[i];
        i += 1;
    }
    all
};

/// Takes the steps of `list` that this database has not taken yet. With none it only looks: what it finds is
/// [`Error::Newer`].
///
/// On SQLite all of them are one transaction. On MySQL each DDL statement commits by itself, so the version is written
/// after each step, and a named lock keeps a second daemon waiting; the connection must be thrown away afterwards,
/// which lets the lock go however this ended.
pub fn migrate(tx: &mut Tx<'_>, list: &[Migration]) -> Result<(), Error> {
    tx.lock_schema()?;
    if list.is_empty() && tx.columns("schema_version")?.is_empty() {
        return Ok(());
    }
    tx.batch("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL PRIMARY KEY)")?;
    let known = list.last().map_or(0, |last| last.number);
    let begun: Option<i64> = tx.one("SELECT 1 FROM schema_version WHERE version = ?", params![UNFINISHED])?;
    if begun.is_some() && known != UNFINISHED {
        return Err(Error::Unfinished);
    }
    let sql = "SELECT COALESCE(MAX(version), 0) FROM schema_version WHERE version <> ?";
    let found: i64 = tx.one(sql, params![UNFINISHED])?.unwrap_or(0);
    if found > known {
        return Err(Error::Newer { found, known });
    }
    let taken = |step: &Migration| step.number <= found || step.number == UNFINISHED && begun.is_some();
    for step in list.iter().filter(|step| !taken(step)) {
        let text = match tx.engine() {
            Engine::Sqlite => step.sqlite,
            Engine::Mysql => step.mysql,
        };
        for statement in statements(text) {
            tx.batch(&statement)?;
        }
        tx.execute("INSERT INTO schema_version (version) VALUES (?)", params![step.number])?;
        // What is filled is made here, not brought up to date.
        if known != UNFINISHED {
            log::debug!("the schema has version {} now", step.number);
        }
    }
    if found < known && known != UNFINISHED {
        log::info!("the schema has version {known} now; it had {found}");
        tx.check_schema()?;
    }
    Ok(())
}

/// Cuts a file where a line ends with `;`. Lines that are comments are left out, as one may end with `;` too.
fn statements(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut statement = String::new();
    for line in text.lines().map(str::trim_end) {
        if line.is_empty() || line.trim_start().starts_with("--") {
            continue;
        }
        statement.push_str(line);
        statement.push('\n');
        if line.ends_with(';') {
            all.push(std::mem::take(&mut statement));
        }
    }
    if !statement.is_empty() {
        all.push(statement);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::{MIGRATIONS, statements};

    #[test]
    fn the_list_counts_from_one() {
        for (i, step) in (1..).zip(MIGRATIONS) {
            assert_eq!(step.number, i);
        }
    }

    #[test]
    fn a_file_is_cut_at_the_ends_of_lines() {
        let text = "-- one;\nCREATE TABLE a (\n  b INT -- ; here\n);\n\n  -- two\nINSERT INTO a VALUES (';');  \nSELECT 1";
        assert_eq!(
            statements(text),
            ["CREATE TABLE a (\n  b INT -- ; here\n);\n", "INSERT INTO a VALUES (';');\n", "SELECT 1\n"]
        );
    }
}
