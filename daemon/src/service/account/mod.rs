//! Who is who: registration, log-in, sessions, passwords, invite codes.

pub mod care;

use protocol::value::{AccountId, Money, PasswordDigest, Role, Secret, SessionId, Time, UserName};
use sql::account::{Account, Invite, Lock, Session, index};
use sql::{Tx, stats};

use super::throttle::{Target, guarded};
use super::{Admin, DAY, Fault, User, audit, secret, terms};
use crate::app::App;
use crate::config::{Config, Registration};
use crate::guard::planted;
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
        Self::at(now, account.balance, account.member_until)
    }

    /// The same of an account of which this is known.
    pub fn at(now: Time, balance: Money, member_until: Option<Time>) -> Self {
        Self { balance, member_until: member_until.filter(|until| *until > now) }
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
    app: &App, name: UserName, password: PasswordDigest, invite: Option<Secret>, address: &str,
) -> Result<LoggedIn, Fault> {
    match app.config().accounts.registration {
        Registration::Open => {}
        Registration::Invite | Registration::Closed if invite.is_some() => {}
        Registration::Invite => {
            return Err(Fault::NotAllowed("registration is by invite: invite=<code>"));
        }
        Registration::Closed => return Err(Fault::SwitchedOff("registration is closed")),
    }
    let now = app.clock.now();
    let code = invite.as_ref().map(secret::code_hash);
    let folded = terms::fold(name.as_str());
    // Some accents that stand alone fold to a blank and an accent.
    if folded.chars().any(char::is_whitespace) {
        return Err(Fault::BadValue { option: None, expected: "a name without accents that stand alone" });
    }
    // Before the hash, which is dear: most refusals are here.
    let taken = folded.clone();
    let look = app.db.read(move |tx| {
        if let Some(code) = code {
            usable(tx, code, now)?;
        }
        if Account::called(tx, &taken)?.is_some() { Err(Fault::NameTaken) } else { Ok(()) }
    });
    match code {
        Some(_) => guarded(app, Target::anything(&app.config().limits, address), look).await?,
        None => look.await?,
    }
    let password = app.passwords.hash(password.0).await?;
    let token = secret::token();
    let hash = secret::hash(&token);
    let (from, days) = (address.to_owned(), app.config().accounts.session_days);
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
            let account = Account { id: AccountId(id), ..account };
            // Counted first: who waits here for another does not meet it in the index.
            stats::count(tx, "accounts", 1, now)?;
            index(tx, account.id, &terms::of_name(&account.folded))?;
            let session = open(tx, account.id, hash, &from, now, days)?;
            Ok::<_, Fault>((account, session))
        })
        .await?;
    Ok(enter(app, account, session, lasts(now, days), token, address))
}

/// Logs in.
///
/// # Errors
/// [`Fault::BadCredentials`], in the same time whether or not there is such an account;
/// [`Fault::Locked`] only for the right password; [`Fault::TooManyFailures`] whether it is right or not.
pub async fn login(
    app: &App, name: UserName, password: PasswordDigest, address: &str,
) -> Result<LoggedIn, Fault> {
    let folded = terms::fold(name.as_str());
    let target = Target::name(&app.config().limits, &folded, address);
    guarded(app, target, log_in(app, folded, password, address)).await
}

async fn log_in(
    app: &App, folded: String, password: PasswordDigest, address: &str,
) -> Result<LoggedIn, Fault> {
    let account = app.db.read(move |tx| Account::called(tx, &folded)).await?;
    let kept = account.as_ref().map(|account| account.password.clone());
    let right = app.passwords.verify(password.0, kept).await?;
    let account = account.filter(|_| right).ok_or(Fault::BadCredentials)?;
    begin(app, account, address).await
}

/// Opens a session of an account whose owner has shown who it is.
async fn begin(app: &App, account: Account, address: &str) -> Result<LoggedIn, Fault> {
    let token = secret::token();
    let hash = secret::hash(&token);
    let (id, now, from) = (account.id, app.clock.now(), address.to_owned());
    let kept = account.password.clone();
    let days = app.config().accounts.session_days;
    let session = app
        .db
        .write(move |tx| {
            if Lock::of(tx, id)?.is_some() {
                return Err(Fault::Locked);
            }
            // The password may have been changed while this one was being hashed.
            if !Account::seen_with(tx, id, &kept, now)? {
                return Err(Fault::BadCredentials);
            }
            Ok(open(tx, id, hash, &from, now, days)?)
        })
        .await?;
    let joined = enter(app, account, session, lasts(now, days), token, address);
    // A lock may have come between the look and the entry: whoever locks now finds us.
    if app.db.read(move |tx| Lock::of(tx, id)).await?.is_some() {
        app.db.write(move |tx| Session::end(tx, id, session)).await?;
        return Err(Fault::Locked);
    }
    Ok(joined)
}

/// Joins the session of a token.
///
/// # Errors
/// [`Fault::BadCredentials`] for a token that is unknown or has expired, [`Fault::TooManyFailures`] after many.
pub async fn resume(app: &App, token: Secret, address: &str) -> Result<LoggedIn, Fault> {
    let (hash, now) = (secret::hash(&token), app.clock.now());
    let look = move |tx: &mut Tx<'_>| {
        let session = Session::of_token(tx, hash, now)?.ok_or(Fault::BadCredentials)?;
        let account = Account::get(tx, session.account)?.ok_or(Fault::BadCredentials)?;
        Ok::<_, Fault>((account, session.id, session.expires_at))
    };
    let (account, session, until) = match app.db.read(look).await {
        // Nobody guesses a token, so a right one is let in whatever others at its address have done.
        Err(Fault::BadCredentials) => {
            let target = Target::anything(&app.config().limits, address);
            guarded(app, target, async { Err(Fault::BadCredentials) }).await?
        }
        found => found?,
    };
    let joined = enter(app, account, session, until, token, address);
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
    app.db.write(move |tx| Session::end(tx, account, session)).await?;
    app.live.end(session, Fate::LoggedOut);
    Ok(())
}

/// Changes the password and ends the other sessions of the account.
///
/// # Errors
/// [`Fault::BadCredentials`] for a wrong old password.
pub async fn change_password(
    app: &App, user: &User, old: PasswordDigest, new: PasswordDigest,
) -> Result<(), Fault> {
    let id = user.id;
    let kept = shown(app, user, old).await?;
    let password = app.passwords.hash(new.0).await?;
    let session = user.session;
    app.db
        .write(move |tx| {
            // Of two changes at once, the second no longer knows the old password.
            if !Account::change_password(tx, id, &kept, &password)? {
                return Err(Fault::BadCredentials);
            }
            Session::end_others(tx, id, session)?;
            Ok(())
        })
        .await?;
    app.live.end_others(id, session, Fate::LoggedOut);
    Ok(())
}

/// Has the owner of a session show the password once more: a session may be stolen. Its hash.
async fn shown(app: &App, user: &User, password: PasswordDigest) -> Result<String, Fault> {
    let id = user.id;
    let target = Target::account(&app.config().limits, id, "password", &user.address);
    let look = async {
        let kept = app.db.read(move |tx| Account::get(tx, id)).await?.map(|account| account.password);
        let right = app.passwords.verify(password.0, kept.clone()).await?;
        kept.filter(|_| right).ok_or(Fault::BadCredentials)
    };
    guarded(app, target, look).await
}

/// What the account has now.
///
/// # Errors
/// Of the database.
pub async fn standing(app: &App, user: &User) -> Result<Standing, Fault> {
    let (id, now) = (user.id, app.clock.now());
    app.db
        .read(move |tx| {
            planted("read", &id);
            let account = Account::get(tx, id)?.ok_or(Fault::LoginRequired)?;
            Ok(Standing::of(&account, now))
        })
        .await
}

/// What INVITE may say.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// What it makes of who uses it.
    pub role: Role,
    /// How many days it is good for; the configured number without it.
    pub days: Option<u32>,
    /// How many registrations it is good for.
    pub uses: u32,
}

/// Most uses of one invite code.
const MOST_USES: u32 = 1000;

/// Makes a code with which somebody can register.
///
/// # Errors
/// [`Fault::Limit`] for more uses than one code may have.
pub async fn invite(app: &App, admin: Admin<'_>, terms: Terms) -> Result<Secret, Fault> {
    if terms.uses > MOST_USES {
        return Err(Fault::Limit { max: MOST_USES.to_string(), what: "the uses of one code" });
    }
    let (code, now, admin) = (secret::code(), app.clock.now(), admin.0.clone());
    let invite = new_invite(&app.config(), &code, now, Some(admin.id), terms);
    app.db
        .write(move |tx| {
            invite.insert(tx)?;
            audit::note(tx, &admin, "invite", format!("{} x{}", terms.role, terms.uses), now)
        })
        .await?;
    Ok(code)
}

/// The same for the operator, who needs no account.
///
/// # Errors
/// Of the database.
pub async fn mint(db: &sql::Db, config: &Config, now: Time, role: Role) -> Result<Secret, Fault> {
    let code = secret::code();
    let invite = new_invite(config, &code, now, None, Terms { role, days: None, uses: 1 });
    db.write(move |tx| invite.insert(tx)).await?;
    Ok::<_, Fault>(code)
}

fn new_invite(config: &Config, code: &Secret, now: Time, maker: Option<AccountId>, terms: Terms) -> Invite {
    let days = terms.days.unwrap_or(config.accounts.invite_days);
    Invite {
        code: secret::code_hash(code),
        role: terms.role,
        uses: terms.uses,
        maker,
        created_at: now,
        expires_at: Time(now.0.saturating_add(i64::from(days) * DAY)),
    }
}

fn usable(tx: &mut Tx<'_>, code: [u8; 32], now: Time) -> Result<Role, Fault> {
    let invite = Invite::of_code(tx, code)?.filter(|invite| invite.expires_at > now);
    let invite = invite.ok_or(Fault::NotFound("no such invite code, or it has expired"))?;
    if invite.uses == 0 { Err(Fault::CodeUsed) } else { Ok(invite.role) }
}

fn spend(tx: &mut Tx<'_>, code: [u8; 32], now: Time) -> Result<Role, Fault> {
    let role = usable(tx, code, now)?;
    if Invite::spend(tx, code)? == 0 { Err(Fault::CodeUsed) } else { Ok(role) }
}

/// When a session is over that is opened now.
fn lasts(now: Time, days: u32) -> Time {
    Time(now.0 + i64::from(days) * DAY)
}

fn open(
    tx: &mut Tx<'_>, account: AccountId, token: [u8; 32], address: &str, now: Time, days: u32,
) -> Result<SessionId, sql::Error> {
    let (address, expires_at) = (address.to_owned(), lasts(now, days));
    let session = Session { id: SessionId(0), account, token, address, created_at: now, expires_at };
    session.insert(tx).map(SessionId)
}

fn enter(
    app: &App, account: Account, session: SessionId, until: Time, token: Secret, address: &str,
) -> LoggedIn {
    let standing = Standing::of(&account, app.clock.now());
    let presence = app.live.enter(session, account.id);
    let (name, address) = (account.name, address.to_owned());
    let user = User { id: account.id, session, name, role: account.role, address, until };
    LoggedIn { user, presence, standing, token }
}
