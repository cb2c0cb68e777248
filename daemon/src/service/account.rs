//! Who is who: registration, log-in, sessions, passwords, invite codes.

use protocol::value::{AccountId, Money, PasswordDigest, Role, Secret, SessionId, Time, UserName};
use sql::Tx;
use sql::account::{Account, Invite, Session};

use super::{Admin, DAY, Fault, Page, Paging, User, secret, terms};
use crate::app::App;
use crate::config::{Config, Registration};
use crate::live::{Fate, Presence};

/// A log-in: who it is, and the connection's part in the session.
pub struct LoggedIn {
    /// Who it is.
    pub user: User,
    /// The connection's part in the session.
    pub presence: Presence,
    /// What the account has.
    pub standing: Standing,
    /// What RESUME takes.
    pub token: Secret,
}

/// What an account has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// What is in the wallet.
    pub balance: Money,
    /// Until when it is a member, if it is one.
    pub member_until: Option<Time>,
}

impl Standing {
    /// What `account` has at `now`. A membership that has run out is none.
    pub fn of(account: &Account, now: Time) -> Self {
        let member_until = account.member_until.filter(|until| *until > now);
        Self {
            balance: account.balance,
            member_until,
        }
    }

    /// Whether it is a member.
    pub fn is_member(&self) -> bool {
        self.member_until.is_some()
    }
}

/// Opens an account and logs in to it.
///
/// # Errors
/// A taken name, a code that is unknown, used or expired, registration that is not open.
pub async fn register(
    app: &App,
    name: UserName,
    password: PasswordDigest,
    invite: Option<Secret>,
    address: &str,
) -> Result<LoggedIn, Fault> {
    match app.config.accounts.registration {
        Registration::Open => {}
        Registration::Invite | Registration::Closed if invite.is_some() => {}
        Registration::Invite => {
            return Err(Fault::NotAllowed(
                "registration is by invite: invite=<code>",
            ));
        }
        Registration::Closed => return Err(Fault::SwitchedOff("registration is closed")),
    }
    let now = app.clock.now();
    let code = invite.as_ref().map(secret::code_hash);
    let folded = terms::fold(name.as_str());
    // Before the hash, which is dear: most refusals are here.
    let taken = folded.clone();
    app.db
        .read(move |tx| {
            if let Some(code) = code {
                usable(tx, code, now)?;
            }
            if Account::called(tx, &taken)?.is_some() {
                Err(Fault::NameTaken)
            } else {
                Ok(())
            }
        })
        .await?;
    let password = secret::hash_password(app, password.0).await?;
    let token = secret::token();
    let hash = secret::hash(&token);
    let (address, days) = (address.to_owned(), app.config.accounts.session_days);
    let (account, session) = app
        .db
        .write(move |tx| {
            let role = match code {
                Some(code) => spend(tx, code, now)?,
                None => Role::User,
            };
            let account = Account {
                id: AccountId(0),
                name: name.to_string(),
                folded: folded.clone(),
                role,
                password: password.clone(),
                balance: Money::ZERO,
                member_until: None,
                wait_until: Time(0),
                created_at: now,
                seen_at: now,
            };
            let id = account.insert(tx).map_err(|error| match error {
                sql::Error::Duplicate => Fault::NameTaken,
                other => other.into(),
            })?;
            let account = Account {
                id: AccountId(id),
                ..account
            };
            let session = open(tx, account.id, hash, &address, now, days)?;
            Ok::<_, Fault>((account, session))
        })
        .await?;
    Ok(enter(app, account, session, token))
}

/// Logs in.
///
/// # Errors
/// [`Fault::BadCredentials`], in the same time whether or not there is such an account.
pub async fn login(
    app: &App,
    name: UserName,
    password: PasswordDigest,
    address: &str,
) -> Result<LoggedIn, Fault> {
    let folded = terms::fold(name.as_str());
    let account = app.db.read(move |tx| Account::called(tx, &folded)).await?;
    let kept = account.as_ref().map(|account| account.password.clone());
    let right = secret::is_password(app, password.0, kept).await?;
    let account = account.filter(|_| right).ok_or(Fault::BadCredentials)?;
    let token = secret::token();
    let hash = secret::hash(&token);
    let (id, now, address) = (account.id, app.clock.now(), address.to_owned());
    let days = app.config.accounts.session_days;
    let session = app
        .db
        .write(move |tx| {
            Account::seen(tx, id, now)?;
            open(tx, id, hash, &address, now, days)
        })
        .await?;
    Ok(enter(app, account, session, token))
}

/// Joins the session of a token.
///
/// # Errors
/// [`Fault::BadCredentials`] for a token that is unknown or has expired.
pub async fn resume(app: &App, token: Secret) -> Result<LoggedIn, Fault> {
    let (hash, now) = (secret::hash(&token), app.clock.now());
    let look = move |tx: &mut Tx<'_>| {
        let session = Session::of_token(tx, hash, now)?.ok_or(Fault::BadCredentials)?;
        let account = Account::get(tx, session.account)?.ok_or(Fault::BadCredentials)?;
        Ok::<_, Fault>((account, session.id))
    };
    let (account, session) = app.db.read(look).await?;
    let joined = enter(app, account, session, token);
    // It may have been ended between the look and the entry: whoever ends it now finds us.
    app.db.read(look).await?;
    Ok(joined)
}

/// Ends the session on all its connections.
///
/// # Errors
/// Of the database; the session then goes on.
pub async fn logout(app: &App, user: &User) -> Result<(), Fault> {
    let (account, session) = (user.id, user.session);
    app.db
        .write(move |tx| Session::end(tx, account, session))
        .await?;
    app.live.end(session, Fate::LoggedOut);
    Ok(())
}

/// Changes the password and ends the other sessions of the account.
///
/// # Errors
/// [`Fault::BadCredentials`] for a wrong old password.
pub async fn change_password(
    app: &App,
    user: &User,
    old: PasswordDigest,
    new: PasswordDigest,
) -> Result<(), Fault> {
    let id = user.id;
    let account = app.db.read(move |tx| Account::get(tx, id)).await?;
    let kept = account.map(|account| account.password);
    if !secret::is_password(app, old.0, kept).await? {
        return Err(Fault::BadCredentials);
    }
    let password = secret::hash_password(app, new.0).await?;
    let session = user.session;
    app.db
        .write(move |tx| {
            Account::set_password(tx, id, &password)?;
            Session::end_others(tx, id, session)
        })
        .await?;
    app.live.end_others(id, session, Fate::LoggedOut);
    Ok(())
}

/// What the account has now.
///
/// # Errors
/// Of the database.
pub async fn standing(app: &App, user: &User) -> Result<Standing, Fault> {
    let (id, now) = (user.id, app.clock.now());
    app.db
        .read(move |tx| {
            let account = Account::get(tx, id)?.ok_or(Fault::LoginRequired)?;
            Ok(Standing::of(&account, now))
        })
        .await
}

/// The sessions of the account.
///
/// # Errors
/// Of the database.
pub async fn sessions(app: &App, user: &User, paging: Paging) -> Result<Page<Session>, Fault> {
    let (id, now, after) = (user.id, app.clock.now(), paging.number(0)?);
    let limit = paging.limit;
    let rows = app
        .db
        .read(move |tx| Session::of_account(tx, id, now, after, limit + 1))
        .await?;
    Ok::<_, Fault>(Page::cut(rows, limit, |session| session.id.to_string()))
}

/// Ends one of one's own sessions.
///
/// # Errors
/// [`Fault::NotFound`] for any other number.
pub async fn kick(app: &App, user: &User, session: SessionId) -> Result<(), Fault> {
    let id = user.id;
    if app
        .db
        .write(move |tx| Session::end(tx, id, session))
        .await?
        == 0
    {
        return Err(Fault::NotFound("you have no session of that number"));
    }
    app.live.end(session, Fate::Kicked);
    Ok(())
}

/// Makes a code with which somebody can register, once.
///
/// # Errors
/// Of the database.
pub async fn invite(app: &App, admin: Admin<'_>, role: Role) -> Result<Secret, Fault> {
    mint(
        &app.db,
        &app.config,
        app.clock.now(),
        Some(admin.0.id),
        role,
    )
    .await
}

/// The same for the operator, who needs no account.
///
/// # Errors
/// Of the database.
pub async fn mint(
    db: &sql::Db,
    config: &Config,
    now: Time,
    maker: Option<AccountId>,
    role: Role,
) -> Result<Secret, Fault> {
    let code = secret::code();
    let expires_at = Time(now.0 + i64::from(config.accounts.invite_days) * DAY);
    let invite = Invite {
        code: secret::code_hash(&code),
        role,
        uses: 1,
        maker,
        created_at: now,
        expires_at,
    };
    db.write(move |tx| invite.insert(tx)).await?;
    Ok::<_, Fault>(code)
}

fn usable(tx: &mut Tx<'_>, code: [u8; 32], now: Time) -> Result<Role, Fault> {
    let invite = Invite::of_code(tx, code)?.filter(|invite| invite.expires_at > now);
    let invite = invite.ok_or(Fault::NotFound("no such invite code, or it has expired"))?;
    if invite.uses == 0 {
        Err(Fault::CodeUsed)
    } else {
        Ok(invite.role)
    }
}

fn spend(tx: &mut Tx<'_>, code: [u8; 32], now: Time) -> Result<Role, Fault> {
    let role = usable(tx, code, now)?;
    if Invite::spend(tx, code)? == 0 {
        Err(Fault::CodeUsed)
    } else {
        Ok(role)
    }
}

fn open(
    tx: &mut Tx<'_>,
    account: AccountId,
    token: [u8; 32],
    address: &str,
    now: Time,
    days: u32,
) -> Result<SessionId, sql::Error> {
    let expires_at = Time(now.0 + i64::from(days) * DAY);
    let address = address.to_owned();
    let session = Session {
        id: SessionId(0),
        account,
        token,
        address,
        created_at: now,
        expires_at,
    };
    session.insert(tx).map(SessionId)
}

fn enter(app: &App, account: Account, session: SessionId, token: Secret) -> LoggedIn {
    let standing = Standing::of(&account, app.clock.now());
    let presence = app.live.enter(session, account.id);
    let user = User {
        id: account.id,
        session,
        name: account.name,
        role: account.role,
    };
    LoggedIn {
        user,
        presence,
        standing,
        token,
    }
}
