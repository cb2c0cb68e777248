//! What the model knows: nothing but plain values.

use std::collections::{BTreeMap, HashMap};

/// A day in milliseconds.
pub const DAY: i64 = 24 * 3600 * 1000;

/// Status and facts that have to be in an answer.
pub type Answer = (String, Vec<(&'static str, String)>);

pub fn answer(status: &str, facts: &[(&'static str, String)]) -> Answer {
    (status.to_owned(), facts.to_vec())
}

/// An amount as the wire has it.
pub fn money(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

#[derive(Default)]
pub struct Account {
    pub name: String,
    pub admin: bool,
    pub password: String,
    pub member_until: i64,
    pub locked: bool,
    /// Deleted by its owner: the name is free.
    pub gone: bool,
    pub owned: BTreeMap<u64, i64>,
    pub grants: BTreeMap<u64, (i64, i64)>,
    pub wait_until: i64,
    /// What moved, the oldest first.
    pub ledger: Vec<i64>,
    /// When what was put in by oneself.
    pub topups: Vec<(i64, i64)>,
    pub keys: HashMap<(&'static str, String), (String, Answer)>,
}

impl Account {
    pub fn balance(&self) -> i64 {
        self.ledger.iter().sum()
    }

    /// Nothing is no movement.
    pub fn moves(&mut self, cents: i64) {
        if cents != 0 {
            self.ledger.push(cents);
        }
    }
}

pub struct Session {
    pub account: usize,
    pub alive: bool,
    pub token: String,
    pub until: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Free,
    Paid,
    Shared,
}

impl Kind {
    pub fn word(self) -> &'static str {
        match self {
            Kind::Free => "FREE",
            Kind::Paid => "PAID",
            Kind::Shared => "SHARED",
        }
    }
}

pub struct Title {
    pub name: String,
    pub kind: Kind,
    pub price: i64,
    pub member_price: i64,
    pub film: usize,
    pub author: usize,
    pub listed: bool,
}

/// A code, and until when it is good.
pub struct Code<T> {
    pub code: String,
    pub of: T,
    pub uses: u32,
    pub until: i64,
}

#[derive(Default)]
pub struct State {
    pub accounts: Vec<Account>,
    pub sessions: Vec<Session>,
    /// The number of the first is 1.
    pub titles: Vec<Title>,
    /// Which films have ever been stored.
    pub known: Vec<usize>,
    /// What a voucher is worth.
    pub vouchers: Vec<Code<i64>>,
    /// Whether an invite makes an admin.
    pub invites: Vec<Code<bool>>,
    /// Whose password a code sets anew.
    pub resets: Vec<Code<usize>>,
}

impl State {
    /// The account of a name, in any case.
    pub fn called(&self, name: &str) -> Option<usize> {
        let folded = name.to_lowercase();
        self.accounts.iter().position(|a| !a.gone && a.name.to_lowercase() == folded)
    }

    pub fn title(&self, id: u64) -> Option<&Title> {
        usize::try_from(id).ok()?.checked_sub(1).and_then(|at| self.titles.get(at))
    }

    pub fn title_mut(&mut self, id: u64) -> &mut Title {
        &mut self.titles[id as usize - 1]
    }

    pub fn ids(&self, which: impl Fn(u64, &Title) -> bool) -> Vec<u64> {
        (1..).zip(&self.titles).filter(|(id, title)| which(*id, title)).map(|(id, _)| id).collect()
    }

    /// Whether another listed title sells this film.
    pub fn sold_besides(&self, film: usize, id: u64) -> bool {
        !self.ids(|other, t| t.film == film && t.kind == Kind::Paid && t.listed && other != id).is_empty()
    }

    /// Whether somebody could fetch this film anyway.
    pub fn open_to(&self, film: usize, who: usize) -> bool {
        let account = &self.accounts[who];
        let open = |id, t: &Title| {
            t.film == film && ((t.listed && t.kind != Kind::Paid) || account.owned.contains_key(&id))
        };
        account.admin || !self.ids(open).is_empty()
    }

    /// What comes to be sold leaves the shelf.
    pub fn clear_shelf(&mut self, film: usize) {
        for title in self.titles.iter_mut().filter(|t| t.film == film && t.kind == Kind::Shared) {
            title.listed = false;
        }
    }

    /// Titles and bytes that somebody has on the shelf.
    pub fn shelf(&self, who: usize, size: impl Fn(usize) -> usize) -> (usize, usize) {
        let mine = self.titles.iter().filter(|t| t.author == who && t.kind == Kind::Shared && t.listed);
        mine.fold((0, 0), |(titles, bytes), t| (titles + 1, bytes + size(t.film)))
    }

    pub fn admins_left(&self) -> usize {
        self.accounts.iter().filter(|a| a.admin && !a.locked && !a.gone).count()
    }

    pub fn end_sessions(&mut self, account: usize, but: Option<usize>) {
        for (number, session) in self.sessions.iter_mut().enumerate() {
            if session.account == account && Some(number) != but {
                session.alive = false;
            }
        }
    }

    /// Every moment at which something ends: commands are given well before or after it.
    pub fn moments(&self) -> Vec<i64> {
        let sessions = self.sessions.iter().filter(|s| s.alive).map(|s| s.until);
        let codes = self.vouchers.iter().map(|c| c.until).chain(self.invites.iter().map(|c| c.until));
        let codes = codes.chain(self.resets.iter().map(|c| c.until));
        let accounts = self.accounts.iter().flat_map(|a| {
            let grants = a.grants.values().flat_map(|(from, to)| [*from, *to]);
            grants.chain([a.wait_until, a.member_until]).collect::<Vec<_>>()
        });
        sessions.chain(codes).chain(accounts).collect()
    }
}
