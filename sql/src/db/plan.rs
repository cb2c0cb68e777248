//! How the engine goes about the statements of a piece of work: for the bench that shows the plans and the test that
//! holds them.

use std::fmt;

use super::{Engine, Tx};
use crate::{Error, FromRow, Row, Value};

/// Statements with their parameters, in the order in which they were run.
pub(super) type Noted = Vec<(String, Vec<Value>)>;

/// What an engine makes of a statement.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The statement.
    pub sql: String,
    /// A line for each table that is gone through, in the engine's own words: on SQLite indented under what it is a
    /// part of, on MySQL `table type key rows extra`.
    pub steps: Vec<String>,
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.sql)?;
        self.steps.iter().try_for_each(|step| writeln!(f, "    {step}"))
    }
}

impl Tx<'_> {
    /// Runs `work` and returns the plan of each of its statements.
    pub fn plans<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<Vec<Plan>, Error> {
        self.noted = Some(vec![]);
        let done = work(self);
        let noted = self.noted.take().unwrap_or_default();
        done?;
        noted.into_iter().map(|(sql, params)| self.plan(sql, params)).collect()
    }

    fn plan(&mut self, sql: String, params: Vec<Value>) -> Result<Plan, Error> {
        let steps = match self.engine() {
            Engine::Sqlite => {
                let rows: Vec<(i64, i64, i64, String)> =
                    self.rows(&format!("EXPLAIN QUERY PLAN {sql}"), params)?;
                let mut depths = vec![(0, 0)];
                let steps = rows.into_iter().map(|(id, parent, _, detail)| {
                    let above =
                        depths.iter().find(|(known, _)| *known == parent).map_or(0, |(_, depth)| *depth);
                    depths.push((id, above + 1));
                    format!("{}{detail}", "  ".repeat(above))
                });
                steps.collect()
            }
            Engine::Mysql => {
                let rows: Vec<Explained> = self.rows(&format!("EXPLAIN {sql}"), params)?;
                rows.into_iter().map(|row| row.0).collect()
            }
        };
        Ok(Plan { sql, steps })
    }
}

struct Explained(String);

impl FromRow for Explained {
    fn from_row(row: &mut Row) -> Result<Self, Error> {
        let columns: Vec<Value> = row.rest()?;
        // MariaDB: id, select_type, table, type, possible_keys, key, key_len, ref, rows, Extra.
        let shown = columns.iter().enumerate().filter(|(n, _)| [2, 3, 5, 8, 9].contains(n));
        let shown = shown.map(|(_, value)| match value {
            Value::Int(number) => number.to_string(),
            Value::Text(text) => text.clone(),
            _ => "-".into(),
        });
        Ok(Explained(shown.collect::<Vec<_>>().join(" ")))
    }
}
