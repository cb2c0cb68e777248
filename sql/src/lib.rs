//! Everything the database of the club knows, behind one narrow waist.
//!
//! A rule is a plain synchronous closure over a [`Tx`], given to [`Db::write`] or [`Db::read`]. It runs in one
//! transaction, on SQLite or on MySQL/MariaDB alike, cannot be cancelled in the middle, and may be run again by the
//! waist when the database asks for it: so a closure changes nothing but the database and its own return value.
//!
//! ```no_run
//! # async fn example(db: sql::Db) -> Result<(), sql::Error> {
//! let paid = db
//!     .write(|tx| {
//!         let sql = "UPDATE account SET balance = balance - ? WHERE id = ? AND balance >= ?";
//!         tx.execute(sql, sql::params![300, 7, 300])
//!     })
//!     .await?;
//! assert_eq!(paid, 1);
//! # Ok(())
//! # }
//! ```
//!
//! The text of a statement is the same for both engines: `?` for parameters, `||` joins, `'…'` has no backslash
//! escapes, `"…"` quotes a name, `LIKE` and `=` look at bytes. Not shared, and therefore not used: upsert, `RETURNING`,
//! `FOR UPDATE`, `/` between integers, `LIKE` with a `\` in it and no `ESCAPE`, and text whose only difference is blanks
//! at its end (`'a' = 'a '` on MySQL). `/*! FORCE INDEX (…) */` is a hint to MySQL and a comment to SQLite: a page of a
//! long list names the index whose order it goes by.

pub mod account;
pub mod catalogue;
pub mod check;
pub mod club;
pub mod copy;
mod db;
mod error;
pub mod lounge;
mod migrate;
pub mod notice;
pub mod posting;
#[doc(hidden)]
pub mod record;
pub mod removal;
pub mod shelf;
pub mod stats;
pub mod throttle;
pub mod ticket;
pub mod transfer;
mod types;
mod value;
pub mod wallet;
pub mod word;

pub use db::{Db, Engine, Found, Options, Plan, Tx};
pub use error::Error;
pub use migrate::{MIGRATIONS, Migration, migrate};
pub use value::{FromRow, FromValue, IntoParams, Row, Value};
