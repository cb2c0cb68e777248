//! What becomes of accounts: found, locked, ended, recovered, deleted.

use protocol::value::{PasswordDigest, Role, Secret, SessionId, Time, UserName};
use sql::account::{Account, Listed, Lock, Reset, Session, find, hold_admins, unindex};
use sql::word::Lookup;
use sql::{Tx, stats};

use super::{LoggedIn, begin, shown};
use crate::app::App;
use crate::live::Fate;
use crate::service::throttle::{Target, guarded};
use crate::service::{Admin, DAY, Fault, Page, Paging, User, audit, secret, terms, ticket};

/// How long the code of a forgotten password is good for.
const RESET_DAYS: i64 = 2;

/// The account of a name.
///
/// # Errors
/// [`Fault::NotFound`].
pub fn called(tx: &mut Tx<'_>, name: &UserName) -> Result<Account, Fault> {
    let account = Account::called(tx, &terms::fold(name.as_str()))?;
    account.ok_or(Fault::NotFound("no account of that name"))
}

/// The accounts whose names hold `text`, or all, by number.
///
/// # Errors
/// Of the database.
pub async fn users(
    app: &App, _: Admin<'_>, text: Option<String>, paging: Paging,
) -> Result<Page<Listed>, Fault> {
    let (after, limit) = (paging.number(0)?, paging.limit);
    let part = terms::fold(text.as_deref().unwrap_or_default());
    let terms = terms::of_part(&part);
    let rows = app.db.read(move |tx| find(tx, &terms, &part, after, limit + 1)).await?;
    Ok::<_, Fault>(Page::cut(rows, limit, |(account, _)| account.id.to_string()))
}

/// Locks an account: its tokens die with the transaction, its connections at once after it.
///
/// # Errors
/// [`Fault::LastAdmin`], [`Fault::NotFound`].
pub async fn lock(app: &App, admin: Admin<'_>, name: UserName, why: String) -> Result<(), Fault> {
    let (admin, now) = (admin.0.clone(), app.clock.now());
    let account = app
        .db
        .write(move |tx| {
            hold_admins(tx)?;
            let account = called(tx, &name)?;
            let locked = Lock::of(tx, account.id)?.is_some();
            if account.role == Role::Admin && !locked && Lock::admins_left(tx)? <= 1 {
                return Err(Fault::LastAdmin);
            }
            Lock::remove(tx, account.id)?;
            Lock { account: account.id, why: why.clone(), admin: admin.id, at: now }.insert(tx)?;
            Session::end_all(tx, account.id)?;
            if !locked {
                stats::count(tx, "locked", 1, now)?;
            }
            audit::note(tx, &admin, "lock", format!("{} {why}", account.name), now)?;
            Ok(account.id)
        })
        .await?;
    app.live.end_all(account, Fate::Locked);
    Ok(())
}

/// Lets a locked account back.
///
/// # Errors
/// [`Fault::NotFound`].
pub async fn unlock(app: &App, admin: Admin<'_>, name: UserName) -> Result<(), Fault> {
    let (admin, now) = (admin.0.clone(), app.clock.now());
    app.db
        .write(move |tx| {
            let account = called(tx, &name)?;
            if Lock::remove(tx, account.id)? > 0 {
                stats::count(tx, "locked", -1, now)?;
                audit::note(tx, &admin, "unlock", account.name, now)?;
            }
            Ok(())
        })
        .await
}

/// A session and the name of its owner.
pub type Named = (Session, String);

/// One's own sessions; to an admin everybody who is on.
///
/// # Errors
/// Of the database.
pub async fn sessions(app: &App, user: &User, paging: Paging) -> Result<Page<Named>, Fault> {
    let (after, limit) = (paging.number(0)?, paging.limit);
    let rows = if user.is_admin() {
        let ids = app.live.after(SessionId(after), limit as usize + 1);
        app.db.read(move |tx| Session::named(tx, &ids)).await?
    } else {
        let (id, now) = (user.id, app.clock.now());
        let rows = app.db.read(move |tx| Session::of_account(tx, id, now, after, limit + 1)).await?;
        rows.into_iter().map(|session| (session, user.name.clone())).collect()
    };
    Ok::<_, Fault>(Page::cut(rows, limit, |(session, _)| session.id.to_string()))
}

/// Ends one of one's own sessions; an admin ends anybody's.
///
/// # Errors
/// [`Fault::NotFound`] for any other number.
pub async fn kick(app: &App, user: &User, session: SessionId) -> Result<(), Fault> {
    let (user, now) = (user.clone(), app.clock.now());
    app.db
        .write(move |tx| {
            let ended = match Session::get(tx, session)? {
                Some(found) if found.account == user.id || user.is_admin() => {
                    if found.account != user.id {
                        audit::note(tx, &user, "kick", session.to_string(), now)?;
                    }
                    Session::end(tx, found.account, session)?
                }
                _ => 0,
            };
            if ended == 0 { Err(Fault::NotFound("no session of that number")) } else { Ok(()) }
        })
        .await?;
    app.live.end(session, Fate::Kicked);
    Ok(())
}

/// Makes a code with which the owner of an account can set a forgotten password anew. An older code
/// is good no more.
///
/// # Errors
/// [`Fault::NotFound`].
pub async fn reset(app: &App, admin: Admin<'_>, name: UserName) -> Result<Secret, Fault> {
    let (admin, now, code) = (admin.0.clone(), app.clock.now(), secret::code());
    let hash = secret::code_hash(&code);
    app.db
        .write(move |tx| {
            let account = called(tx, &name)?;
            Reset::clear(tx, account.id)?;
            let expires_at = Time(now.0 + RESET_DAYS * DAY);
            Reset { code: hash, account: account.id, expires_at }.insert(tx)?;
            audit::note(tx, &admin, "reset", account.name, now)
        })
        .await?;
    Ok(code)
}

/// Sets a forgotten password anew, ends the sessions that there are, and logs in.
///
/// # Errors
/// [`Fault::BadCredentials`] for a wrong name or code, never saying which; [`Fault::Locked`].
pub async fn recover(
    app: &App, name: UserName, code: Secret, password: PasswordDigest, address: &str,
) -> Result<LoggedIn, Fault> {
    let folded = terms::fold(name.as_str());
    let target = Target::name(&app.config().limits, &folded, address);
    let account = guarded(app, target, set_anew(app, folded, code, password)).await?;
    app.live.end_all(account.id, Fate::LoggedOut);
    begin(app, account, address).await
}

async fn set_anew(
    app: &App, folded: String, code: Secret, password: PasswordDigest,
) -> Result<Account, Fault> {
    let (hash, now) = (secret::code_hash(&code), app.clock.now());
    let password = app.passwords.hash(password.0).await?;
    app.db
        .write(move |tx| {
            let account = Account::called(tx, &folded)?.ok_or(Fault::BadCredentials)?;
            if !Reset::spend(tx, account.id, hash, now)? {
                return Err(Fault::BadCredentials);
            }
            Account::set_password(tx, account.id, &password)?;
            Session::end_all(tx, account.id)?;
            Ok(Account { password: password.clone(), ..account })
        })
        .await
}

/// Deletes one's own account: its name, its password, its sessions. What it did stays without the name.
///
/// # Errors
/// [`Fault::BadCredentials`] for a wrong password, [`Fault::LastAdmin`].
pub async fn unregister(app: &App, user: &User, password: PasswordDigest) -> Result<(), Fault> {
    let (id, now) = (user.id, app.clock.now());
    shown(app, user, password).await?;
    app.db
        .write(move |tx| {
            hold_admins(tx)?;
            let account = Account::get(tx, id)?.ok_or(Fault::LoginRequired)?;
            if account.role == Role::Admin && Lock::admins_left(tx)? <= 1 {
                return Err(Fault::LastAdmin);
            }
            forget(tx, account, now)
        })
        .await?;
    app.live.end_all(id, Fate::LoggedOut);
    Ok(())
}

/// The row stays for the ledger; nothing in it says whose it was, and nobody can log in to it.
fn forget(tx: &mut Tx<'_>, account: Account, now: Time) -> Result<(), Fault> {
    let id = account.id;
    Session::end_all(tx, id)?;
    Reset::clear(tx, id)?;
    Lookup::clear(tx, id)?;
    unindex(tx, id, &terms::of_name(&account.folded))?;
    ticket::release(tx, id, now)?;
    // A name holds no blank, so nobody can ever register this one.
    let name = format!("(deleted {id})");
    account.anonymise(tx, &name)?;
    // The days tell how many accounts were opened: that stays as it was.
    stats::correct(tx, "accounts", -1)?;
    Ok(())
}
