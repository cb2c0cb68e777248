//! Accounts, their log-in sessions, and the codes that let people in.

use protocol::value::{AccountId, Money, Role, SessionId, Time};

use crate::{Error, Tx, join, params, record};

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
        tx.execute(
            "UPDATE account SET password = ? WHERE id = ?",
            params![password, id],
        )
    }

    /// Notes that its owner was here.
    pub fn seen(tx: &mut Tx<'_>, id: AccountId, at: Time) -> Result<u64, Error> {
        tx.execute(
            "UPDATE account SET seen_at = ? WHERE id = ?",
            params![at, id],
        )
    }

    /// Whether there is an account of this role.
    pub fn any(tx: &mut Tx<'_>, role: Role) -> Result<bool, Error> {
        // At the first start only, on a table that is empty or small.
        let found: Option<i64> = tx.one(
            "SELECT 1 FROM account WHERE role = ? LIMIT 1",
            params![role],
        )?;
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
        tx.one(
            join!(Session::SELECT, " WHERE token = ? AND expires_at > ?"),
            params![token, now],
        )
    }

    /// The sessions of an account that have not expired, by number.
    pub fn of_account(
        tx: &mut Tx<'_>,
        account: AccountId,
        now: Time,
        after: i64,
        limit: u32,
    ) -> Result<Vec<Session>, Error> {
        tx.rows(
            join!(
                Session::SELECT,
                " WHERE account = ? AND id > ? AND expires_at > ? ORDER BY id LIMIT ?"
            ),
            params![account, after, now, limit],
        )
    }

    /// Ends one session of an account; 0 if there is none of that number.
    pub fn end(tx: &mut Tx<'_>, account: AccountId, id: SessionId) -> Result<u64, Error> {
        tx.execute(
            "DELETE FROM session WHERE id = ? AND account = ?",
            params![id, account],
        )
    }

    /// Ends all sessions of an account but one.
    pub fn end_others(tx: &mut Tx<'_>, account: AccountId, keep: SessionId) -> Result<u64, Error> {
        tx.execute(
            "DELETE FROM session WHERE account = ? AND id <> ?",
            params![account, keep],
        )
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
        tx.execute(
            "UPDATE invite SET uses = uses - 1 WHERE code = ? AND uses > 0",
            params![code],
        )
    }

    /// Forgets what expired before `then`.
    pub fn sweep(tx: &mut Tx<'_>, then: Time) -> Result<u64, Error> {
        tx.execute("DELETE FROM invite WHERE expires_at <= ?", params![then])
    }
}
