//! Who may not speak, and what is reported to the admins.

use protocol::value::{MessageId, ReportId, Role, Time, UserName};
use sql::Tx;
use sql::account::Account;
use sql::lounge::{Message, Mute, Named, Report, Room};

use crate::app::App;
use crate::service::account::care::called;
use crate::service::{Admin, DAY, Fault, Page, Paging, User, audit, settled};

/// Longest mute with an end: a year. Without `minutes` it has none.
const MOST_MINUTES: u32 = 365 * 24 * 60;

/// Reports of one account that are kept: nobody fills the table alone.
const MOST_REPORTS: u32 = 100;

/// Reports are kept for so long.
const REPORT_DAYS: i64 = 90;

/// Rooms that have been silent for so long are forgotten.
const SILENT_DAYS: i64 = 30;

/// Rooms that are kept however many are opened; the ones that have been silent longest go first.
const MOST_ROOMS: u32 = 10_000;

/// Takes the word from somebody, for so many minutes or until [`unmute`]. Gives the end.
///
/// # Errors
/// [`Fault::NotFound`]; [`Fault::NotAllowed`] for admins, who cannot be muted; [`Fault::Limit`].
pub async fn mute(
    app: &App, admin: Admin<'_>, name: UserName, minutes: Option<u32>, why: String,
) -> Result<Option<Time>, Fault> {
    if minutes.is_some_and(|minutes| minutes > MOST_MINUTES) {
        return Err(Fault::Limit { max: MOST_MINUTES.to_string(), what: "the minutes of a mute" });
    }
    let (admin, now) = (admin.0.clone(), app.clock.now());
    let until = minutes.map(|minutes| Time(now.0 + i64::from(minutes) * 60_000));
    settled(app, move |tx| {
        let account = called(tx, &name)?;
        if account.role == Role::Admin {
            return Err(Fault::NotAllowed("admins cannot be muted"));
        }
        Mute::remove(tx, account.id)?;
        Mute { account: account.id, until, why: why.clone(), admin: admin.id, at: now }.insert(tx)?;
        audit::note(tx, &admin, "mute", format!("{} {why}", account.name).trim_end().to_owned(), now)
    })
    .await?;
    Ok(until)
}

/// Gives somebody the word back.
///
/// # Errors
/// [`Fault::NotFound`].
pub async fn unmute(app: &App, admin: Admin<'_>, name: UserName) -> Result<(), Fault> {
    let (admin, now) = (admin.0.clone(), app.clock.now());
    app.db
        .write(move |tx| {
            let account = called(tx, &name)?;
            if Mute::remove(tx, account.id)? > 0 {
                audit::note(tx, &admin, "unmute", account.name, now)?;
            }
            Ok(())
        })
        .await
}

/// Keeps a copy of a message for the admins, once for each who reports it.
///
/// # Errors
/// [`Fault::NotFound`] for a message that its room has forgotten, [`Fault::Limit`].
pub async fn report(app: &App, user: &User, id: MessageId, why: String) -> Result<(), Fault> {
    let (reporter, now) = (user.id, app.clock.now());
    app.db
        .write(move |tx| {
            let message = Message::get(tx, id)?.ok_or(Fault::NotFound("no such message, or no longer"))?;
            let room = Room::get(tx, message.room)?.map(|room| room.name).unwrap_or_default();
            if Report::count_of(tx, reporter, MOST_REPORTS)? >= MOST_REPORTS as usize {
                return Err(Fault::Limit {
                    max: MOST_REPORTS.to_string(),
                    what: "the reports of one account",
                });
            }
            let Message { account, at: said_at, text, .. } = message;
            let why = why.clone();
            let copy =
                Report { id: ReportId(0), at: now, reporter, message: id, room, account, said_at, text, why };
            match copy.insert(tx) {
                // Reported before: that stands.
                Ok(_) | Err(sql::Error::Duplicate) => Ok(()),
                Err(error) => Err(error.into()),
            }
        })
        .await
}

/// The reports with the names of who reported and of who said it, the newest first.
///
/// # Errors
/// Of the database.
pub async fn reports(app: &App, _: Admin<'_>, paging: Paging) -> Result<Page<Named>, Fault> {
    let (before, limit) = (paging.number(i64::MAX)?, paging.limit);
    let rows = app.db.read(move |tx| Report::page(tx, before, limit + 1)).await?;
    Ok::<_, Fault>(Page::cut(rows, limit, |(report, ..)| report.id.to_string()))
}

/// The name of an account that is no more, also for what it has said.
///
/// # Errors
/// Of the database: then the rooms that are open go on with the old one.
pub async fn forget(app: &App, user: &User) -> Result<(), Fault> {
    let id = user.id;
    let account = app.db.read(move |tx| Account::get(tx, id)).await?;
    if let Some(account) = account {
        app.lounge.forget(id, account.name).await;
    }
    Ok(())
}

/// Forgets what is over: mutes, old reports, rooms that have been silent for long.
///
/// # Errors
/// Of the database.
pub fn sweep(tx: &mut Tx<'_>, now: Time) -> Result<(), sql::Error> {
    Mute::sweep(tx, now)?;
    Report::sweep(tx, Time(now.0 - REPORT_DAYS * DAY))?;
    let silent = Time(now.0 - SILENT_DAYS * DAY);
    let crowded = Room::spoken_at_place(tx, MOST_ROOMS)?;
    Room::sweep(tx, crowded.map_or(silent, |then| then.max(silent)))?;
    Ok(())
}
