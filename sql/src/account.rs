//! Accounts, their log-in sessions, and the codes that let people in.

use protocol::value::{AccountId, Money, Role, SessionId, Time};

use crate::posting::{Index, marks, padded};
use crate::{Error, Tx, Value, join, params, record, stats};

record! {
    /// A member of the club.
    pub struct Account in "account" {
        id: AccountId,
        /// As its owner writes it.
        name: String,
        /// NFKC and case fold of the name; unique.
        folded: String,
        role: Role,
        /// Argon2id in PHC form.
        password: String,
        balance: Money,
        member_until: Option<Time>,
        /// When the one ad wait that runs, or ran last, is over.
        wait_until: Time,
        created_at: Time,
        seen_at: Time,
    }
}

impl Account {
    /// The account of a folded name.
    pub fn called(tx: &mut Tx<'_>, folded: &str) -> Result<Option<Account>, Error> {
        tx.one(join!(Account::SELECT, " WHERE folded = ?"), params![folded])
    }

    /// Changes the password.
    pub fn set_password(tx: &mut Tx<'_>, id: AccountId, password: &str) -> Result<u64, Error> {
        tx.execute("UPDATE account SET password = ? WHERE id = ?", params![password, id])
    }

    /// Takes name, password, role and membership from a row that has to stay; its money stays in it.
    pub fn anonymise(&self, tx: &mut Tx<'_>, name: &str) -> Result<u64, Error> {
        let Account { id, member_until, .. } = *self;
        stats::membership(tx, member_until, None)?;
        tx.execute(
            "UPDATE account SET name = ?, folded = ?, password = '', role = ?, member_until = NULL WHERE id = ?",
            params![name, name, Role::User, id],
        )
    }

    /// Changes the password, if it is still the one whose hash is `kept`.
    pub fn change_password(tx: &mut Tx<'_>, id: AccountId, kept: &str, new: &str) -> Result<bool, Error> {
        let sql = "UPDATE account SET password = ? WHERE id = ? AND password = ?";
        Ok(tx.execute(sql, params![new, id, kept])? > 0)
    }

    /// Notes that its owner was here, if the password is still the one whose hash is `kept`.
    pub fn seen_with(tx: &mut Tx<'_>, id: AccountId, kept: &str, at: Time) -> Result<bool, Error> {
        let sql = "UPDATE account SET seen_at = ? WHERE id = ? AND password = ?";
        Ok(tx.execute(sql, params![at, id, kept])? > 0)
    }

    /// Whether there is an account of this role.
    pub fn any(tx: &mut Tx<'_>, role: Role) -> Result<bool, Error> {
        // At the first start only, on a table that is empty or small.
        let found: Option<i64> = tx.one("SELECT 1 FROM account WHERE role = ? LIMIT 1", params![role])?;
        Ok(found.is_some())
    }
}

record! {
    /// A log-in, which any number of connections may share.
    pub struct Session in "session" {
        id: SessionId,
        account: AccountId,
        /// SHA-256 of the token.
        token: [u8; 32],
        /// From where it was opened.
        address: String,
        created_at: Time,
        expires_at: Time,
    }
}

impl Session {
    /// The session of a token that has not expired.
    pub fn of_token(tx: &mut Tx<'_>, token: [u8; 32], now: Time) -> Result<Option<Session>, Error> {
        tx.one(join!(Session::SELECT, " WHERE token = ? AND expires_at > ?"), params![token, now])
    }

    /// The sessions of an account that have not expired, by number.
    pub fn of_account(
        tx: &mut Tx<'_>, account: AccountId, now: Time, after: i64, limit: u32,
    ) -> Result<Vec<Session>, Error> {
        tx.rows(
            join!(Session::SELECT, " WHERE account = ? AND id > ? AND expires_at > ? ORDER BY id LIMIT ?"),
            params![account, after, now, limit],
        )
    }

    /// Ends one session of an account; 0 if there is none of that number.
    pub fn end(tx: &mut Tx<'_>, account: AccountId, id: SessionId) -> Result<u64, Error> {
        tx.execute("DELETE FROM session WHERE id = ? AND account = ?", params![id, account])
    }

    /// Ends all sessions of an account but one.
    pub fn end_others(tx: &mut Tx<'_>, account: AccountId, keep: SessionId) -> Result<u64, Error> {
        tx.execute("DELETE FROM session WHERE account = ? AND id <> ?", params![account, keep])
    }

    /// Ends all sessions of an account.
    pub fn end_all(tx: &mut Tx<'_>, account: AccountId) -> Result<u64, Error> {
        tx.execute("DELETE FROM session WHERE account = ?", params![account])
    }

    /// Those of these sessions that there are, with the names of their owners.
    pub fn named(tx: &mut Tx<'_>, ids: &[SessionId]) -> Result<Vec<(Session, String)>, Error> {
        if ids.is_empty() {
            return Ok(vec![]);
        }
        let marks = vec!["?"; ids.len()].join(", ");
        let columns: Vec<String> = Session::FIELDS.iter().map(|field| format!("s.{field}")).collect();
        let sql = format!(
            "SELECT {}, a.name FROM session s JOIN account a ON a.id = s.account WHERE s.id IN ({marks}) ORDER BY s.id",
            columns.join(", ")
        );
        tx.rows(&sql, ids.iter().map(|id| Value::from(*id)).collect::<Vec<_>>())
    }

    /// Forgets what has expired.
    pub fn sweep(tx: &mut Tx<'_>, now: Time) -> Result<u64, Error> {
        tx.execute("DELETE FROM session WHERE expires_at <= ?", params![now])
    }
}

record! {
    /// A code that lets somebody register.
    pub struct Invite in "invite" {
        /// SHA-256 of the code.
        code: [u8; 32],
        /// What it makes of who uses it.
        role: Role,
        /// How often it can still be used.
        uses: u32,
        /// Who made it; nobody if the operator did.
        maker: Option<AccountId>,
        created_at: Time,
        expires_at: Time,
    }
}

impl Invite {
    /// The invite of a code, used up and expired ones too.
    pub fn of_code(tx: &mut Tx<'_>, code: [u8; 32]) -> Result<Option<Invite>, Error> {
        tx.one(join!(Invite::SELECT, " WHERE code = ?"), params![code])
    }

    /// Takes one use; 0 if there is none left.
    pub fn spend(tx: &mut Tx<'_>, code: [u8; 32]) -> Result<u64, Error> {
        tx.execute("UPDATE invite SET uses = uses - 1 WHERE code = ? AND uses > 0", params![code])
    }

    /// Forgets what expired before `then`.
    pub fn sweep(tx: &mut Tx<'_>, then: Time) -> Result<u64, Error> {
        tx.execute("DELETE FROM invite WHERE expires_at <= ?", params![then])
    }
}

record! {
    /// That an account is locked.
    pub struct Lock in "account_lock" {
        account: AccountId,
        why: String,
        admin: AccountId,
        at: Time,
    }
}

impl Lock {
    /// The lock of an account, if it is locked.
    pub fn of(tx: &mut Tx<'_>, account: AccountId) -> Result<Option<Lock>, Error> {
        tx.one(join!(Lock::SELECT, " WHERE account = ?"), params![account])
    }

    /// Unlocks an account; 0 if it was not locked.
    pub fn remove(tx: &mut Tx<'_>, account: AccountId) -> Result<u64, Error> {
        tx.execute("DELETE FROM account_lock WHERE account = ?", params![account])
    }

    /// Admins that are not locked. Whoever acts on the answer holds [`hold_admins`] first.
    pub fn admins_left(tx: &mut Tx<'_>) -> Result<i64, Error> {
        let found = tx.one(
            "SELECT COUNT(*) FROM account a LEFT JOIN account_lock l ON l.account = a.id \
             WHERE a.role = ? AND l.account IS NULL",
            params![Role::Admin],
        )?;
        Ok(found.unwrap_or(0))
    }
}

/// Lets nobody else change who is an admin until this transaction ends.
pub fn hold_admins(tx: &mut Tx<'_>) -> Result<(), Error> {
    tx.execute("UPDATE meta SET value = value WHERE name = ?", params!["admins"]).map(|_| ())
}

record! {
    /// A code with which a forgotten password is set anew.
    pub struct Reset in "reset" {
        /// SHA-256 of the code.
        code: [u8; 32],
        account: AccountId,
        expires_at: Time,
    }
}

impl Reset {
    /// Uses up a code: whose password it sets anew, if it is a good one for that account.
    pub fn spend(tx: &mut Tx<'_>, account: AccountId, code: [u8; 32], now: Time) -> Result<bool, Error> {
        let spent = tx.execute(
            "DELETE FROM reset WHERE code = ? AND account = ? AND expires_at > ?",
            params![code, account, now],
        )?;
        Ok(spent > 0)
    }

    /// Forgets the codes of an account.
    pub fn clear(tx: &mut Tx<'_>, account: AccountId) -> Result<u64, Error> {
        tx.execute("DELETE FROM reset WHERE account = ?", params![account])
    }

    /// Forgets what has expired.
    pub fn sweep(tx: &mut Tx<'_>, now: Time) -> Result<u64, Error> {
        tx.execute("DELETE FROM reset WHERE expires_at <= ?", params![now])
    }
}

record! {
    /// A deed of an admin.
    pub struct Deed in "audit" {
        id: i64,
        at: Time,
        admin: AccountId,
        deed: String,
        /// What it was done to.
        object: String,
        /// From where.
        address: String,
    }
}

impl Deed {
    /// The deeds before `before` with the admins' names, the newest first.
    pub fn page(tx: &mut Tx<'_>, before: i64, limit: u32) -> Result<Vec<(Deed, String)>, Error> {
        tx.rows(
            "SELECT d.id, d.at, d.admin, d.deed, d.object, d.address, a.name \
             FROM audit d JOIN account a ON a.id = d.admin WHERE d.id < ? ORDER BY d.id DESC LIMIT ?",
            params![before, limit],
        )
    }
}

/// An account as USERS shows it: the account and whether it is locked.
pub type Listed = (Account, bool);

/// What accounts are found by.
pub(crate) const INDEX: Index = Index { table: "account_posting", by_block: "" };

/// Accounts that are looked at in one step at most, where few of those that have all terms hold the part.
const STEP: usize = 1024;

const LISTED: &str = "SELECT t.id, t.name, t.folded, t.role, t.password, t.balance, t.member_until, \
    t.wait_until, t.created_at, t.seen_at, CASE WHEN l.account IS NULL THEN 0 ELSE 1 END \
    FROM account t LEFT JOIN account_lock l ON l.account = t.id WHERE ";

/// A page of the accounts whose folded names hold `part`, by number; `terms` are what the index has of it.
/// Every account where there are no terms.
pub fn find(
    tx: &mut Tx<'_>, terms: &[String], part: &str, after: i64, limit: u32,
) -> Result<Vec<Listed>, Error> {
    if terms.is_empty() {
        return tx.rows(join!(LISTED, "t.id > ? ORDER BY t.id LIMIT ?"), params![after, limit]);
    }
    let (mut page, limit): (Vec<Listed>, _) = (vec![], limit as usize);
    // One term is the part itself; several may be there apart, so that not all that have them are found.
    let (mut after, mut step) = (after, if terms.len() > 1 { 2 * limit } else { limit });
    loop {
        let ids = INDEX.find(tx, terms, after, step)?;
        let Some(last) = ids.last() else { return Ok(page) };
        let mut params: Vec<Value> = padded(&ids).collect();
        let sql =
            format!("{LISTED}t.id IN ({}) AND INSTR(t.folded, ?) > 0 ORDER BY t.id", marks(params.len()));
        params.push(part.into());
        page.extend(tx.rows::<Listed>(&sql, params)?);
        page.truncate(limit);
        if page.len() == limit || ids.len() < step {
            return Ok(page);
        }
        (after, step) = (*last, (step * 4).min(STEP).max(limit));
    }
}

/// Makes an account be found by `terms`; none of them twice.
pub fn index(tx: &mut Tx<'_>, id: AccountId, terms: &[String]) -> Result<(), Error> {
    INDEX.add(tx, id.0, terms)
}

/// Makes an account be found by `terms` no more.
pub fn unindex(tx: &mut Tx<'_>, id: AccountId, terms: &[String]) -> Result<(), Error> {
    INDEX.remove(tx, id.0, terms)
}
