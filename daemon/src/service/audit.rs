//! What admins do is kept: who, what, to what, when, from where.

use protocol::value::Time;
use sql::Tx;
use sql::account::Deed;

use super::{Admin, Fault, Page, Paging, User};
use crate::app::App;

/// Keeps a deed, in the transaction that does it.
///
/// # Errors
/// Of the database.
pub fn note(tx: &mut Tx<'_>, admin: &User, deed: &str, object: String, now: Time) -> Result<(), Fault> {
    let object = object.chars().take(200).collect();
    let (deed, address) = (deed.to_owned(), admin.address.clone());
    Deed { id: 0, at: now, admin: admin.id, deed, object, address }.insert(tx)?;
    Ok(())
}

/// The deeds with the admins' names, the newest first.
///
/// # Errors
/// Of the database.
pub async fn page(app: &App, _: Admin<'_>, paging: Paging) -> Result<Page<(Deed, String)>, Fault> {
    let (before, limit) = (paging.number(i64::MAX)?, paging.limit);
    let rows = app.db.read(move |tx| Deed::page(tx, before, limit + 1)).await?;
    Ok::<_, Fault>(Page::cut(rows, limit, |(deed, _)| deed.id.to_string()))
}
