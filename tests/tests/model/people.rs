//! Accounts and sessions.

use tests::Reply;

use crate::play::{Play, digest};
use crate::state::{Account, Answer, Code, DAY, Session, answer, money};

const NAMES: [&str; 7] = ["anna", "ANNA", "Boss", "绿茶", "ben", "Ben", "carla"];
const PASSWORDS: [&str; 3] = ["one", "two", "three"];

impl Play {
    pub fn account_move(&mut self, seat: usize) {
        match self.below(22) {
            0..3 => {
                let name = self.pick(&NAMES);
                let invite = self.some_invite();
                self.register(seat, name, invite);
            }
            3..8 => self.login(seat),
            8..11 => self.resume(seat),
            11 if self.one_in(2) => self.logout(seat),
            12 if self.one_in(2) => self.passwd(seat),
            11..16 => self.whoami(seat),
            16 if self.one_in(2) => self.lock(seat),
            16..19 => self.unlock(seat),
            19 => self.invite(seat),
            20 => self.reset(seat),
            _ if self.one_in(3) => self.unregister(seat),
            _ => self.recover(seat),
        }
    }

    /// Somebody comes back: over a session that goes on, or with the password.
    pub fn come_in(&mut self, seat: usize) {
        match self.below(6) {
            0 => self.resume(seat),
            1 => self.login_as(seat, "Boss"),
            _ => self.login(seat),
        }
    }

    fn some_invite(&mut self) -> Option<String> {
        match self.below(4) {
            0 => Some("AAAAAA-AAAAAA-AAAAAA-AAAAAA".to_owned()),
            1 if !self.state.invites.is_empty() => {
                let at = self.below(self.state.invites.len());
                Some(self.state.invites[at].code.clone())
            }
            _ => None,
        }
    }

    pub fn register(&mut self, seat: usize, name: &str, invite: Option<String>) {
        let password = self.pick(&PASSWORDS).to_owned();
        let more = invite.as_ref().map(|code| format!(" invite={code}")).unwrap_or_default();
        let reply = self.ask(seat, &format!("REGISTER {name} {}{more}", digest(&password)));
        let now = self.now();
        let code = invite.as_ref().map(|code| {
            let found = self.state.invites.iter().position(|c| c.code == *code && c.until > now);
            (found, found.is_some_and(|at| self.state.invites[at].uses > 0))
        });
        match code {
            Some((None, _)) => return self.expect(&reply, &answer("550 NOT_FOUND", &[])),
            Some((_, false)) => return self.expect(&reply, &answer("553 CODE_USED", &[])),
            _ => {}
        }
        if self.state.called(name).is_some() {
            return self.expect(&reply, &answer("553 NAME_TAKEN", &[]));
        }
        let admin = code.and_then(|(at, _)| at).is_some_and(|at| {
            self.state.invites[at].uses -= 1;
            self.state.invites[at].of
        });
        self.state.accounts.push(Account { name: name.to_owned(), admin, password, ..Account::default() });
        self.enter(seat, self.state.accounts.len() - 1, &reply);
    }

    /// Somebody is in: the answer says who, and the session begins.
    fn enter(&mut self, seat: usize, account: usize, reply: &Reply) {
        self.expect(reply, &self.standing("230 OK", account));
        let until = self.now() + 30 * DAY;
        let token = reply.get("token").to_owned();
        self.ensure(self.state.sessions.iter().all(|s| s.token != token), "a token twice");
        self.state.sessions.push(Session { account, alive: true, token, until });
        self.seats[seat].who = Some(self.state.sessions.len() - 1);
    }

    fn standing(&self, status: &str, account: usize) -> Answer {
        let who = &self.state.accounts[account];
        let role = if who.admin { "admin" } else { "user" };
        let mut facts =
            vec![("user", who.name.clone()), ("role", role.to_owned()), ("balance", money(who.balance()))];
        if who.member_until <= self.now() {
            facts.push(("member-until", "-".to_owned()));
        }
        (status.to_owned(), facts)
    }

    fn login(&mut self, seat: usize) {
        let name = self.pick(&NAMES);
        self.login_as(seat, name);
    }

    fn login_as(&mut self, seat: usize, name: &str) {
        let known = self.state.called(name);
        // The right one more often than not.
        let password = match known {
            Some(account) if !self.one_in(4) => self.state.accounts[account].password.clone(),
            _ => self.pick(&PASSWORDS).to_owned(),
        };
        let reply = self.ask(seat, &format!("LOGIN {name} {}", digest(&password)));
        match known.filter(|account| self.state.accounts[*account].password == password) {
            None => self.expect(&reply, &answer("530 BAD_CREDENTIALS", &[])),
            Some(account) if self.state.accounts[account].locked => {
                self.expect(&reply, &answer("530 LOCKED", &[]));
            }
            Some(account) => self.enter(seat, account, &reply),
        }
    }

    fn resume(&mut self, seat: usize) {
        let number = self.below(self.state.sessions.len() + 1);
        let Some(token) = self.state.sessions.get(number).map(|session| session.token.clone()) else {
            let reply = self.ask(seat, "RESUME 0000000000000000000000000000000000000000");
            return self.expect(&reply, &answer("530 BAD_CREDENTIALS", &[]));
        };
        let reply = self.ask(seat, &format!("RESUME {token}"));
        let session = &self.state.sessions[number];
        if !session.alive || session.until <= self.now() {
            return self.expect(&reply, &answer("530 BAD_CREDENTIALS", &[]));
        }
        self.expect(&reply, &self.standing("230 OK", session.account));
        self.ensure(reply.get("token") == token, "the same token");
        self.seats[seat].who = Some(number);
    }

    fn logout(&mut self, seat: usize) {
        let Some((_, reply)) = self.ask_as(seat, false, "LOGOUT") else { return };
        self.expect(&reply, &answer("250 OK", &[]));
        let session = self.seats[seat].who.take().unwrap();
        self.state.sessions[session].alive = false;
    }

    fn passwd(&mut self, seat: usize) {
        let (old, new) = (self.pick(&PASSWORDS), self.pick(&PASSWORDS));
        let command = format!("PASSWD {} {}", digest(old), digest(new));
        let Some((account, reply)) = self.ask_as(seat, false, &command) else { return };
        if self.state.accounts[account].password != old {
            return self.expect(&reply, &answer("530 BAD_CREDENTIALS", &[]));
        }
        self.expect(&reply, &answer("250 OK", &[]));
        self.state.accounts[account].password = new.to_owned();
        self.state.end_sessions(account, self.seats[seat].who);
    }

    fn whoami(&mut self, seat: usize) {
        let Some((account, reply)) = self.ask_as(seat, false, "WHOAMI") else { return };
        self.expect(&reply, &self.standing("250 OK", account));
    }

    fn lock(&mut self, seat: usize) {
        let name = self.pick(&NAMES);
        let Some((_, reply)) = self.ask_as(seat, true, &format!("LOCK {name} why=\"a reason\"")) else {
            return;
        };
        let Some(account) = self.state.called(name) else {
            return self.expect(&reply, &answer("550 NOT_FOUND", &[]));
        };
        let who = &self.state.accounts[account];
        if who.admin && !who.locked && self.state.admins_left() <= 1 {
            return self.expect(&reply, &answer("553 LAST_ADMIN", &[]));
        }
        self.expect(&reply, &answer("250 OK", &[]));
        self.state.accounts[account].locked = true;
        let on = |play: &Play, seat: usize| {
            let session = play.seats[seat].who.map(|session| &play.state.sessions[session]);
            session.is_some_and(|s| s.account == account && s.alive)
        };
        // Whoever is on is told and shown out, in the middle of an upload too; whose session was ended before is not.
        let out: Vec<usize> = (0..self.seats.len()).filter(|seat| on(self, *seat)).collect();
        self.state.end_sessions(account, None);
        out.into_iter().for_each(|seat| self.shut(seat, "530 LOCKED"));
    }

    fn unlock(&mut self, seat: usize) {
        let name = self.pick(&NAMES);
        let Some((_, reply)) = self.ask_as(seat, true, &format!("UNLOCK {name}")) else { return };
        let Some(account) = self.state.called(name) else {
            return self.expect(&reply, &answer("550 NOT_FOUND", &[]));
        };
        self.expect(&reply, &answer("250 OK", &[]));
        self.state.accounts[account].locked = false;
    }

    fn invite(&mut self, seat: usize) {
        let admin = self.one_in(2);
        let command = if admin { "INVITE role=admin" } else { "INVITE uses=2" };
        let Some((_, reply)) = self.ask_as(seat, true, command) else { return };
        self.expect(&reply, &answer("250 OK", &[]));
        let (code, until) = (reply.get("code").to_owned(), self.now() + 7 * DAY);
        self.state.invites.push(Code { code, of: admin, uses: if admin { 1 } else { 2 }, until });
    }

    fn reset(&mut self, seat: usize) {
        let name = self.pick(&NAMES);
        let Some((_, reply)) = self.ask_as(seat, true, &format!("RESET {name}")) else { return };
        let Some(account) = self.state.called(name) else {
            return self.expect(&reply, &answer("550 NOT_FOUND", &[]));
        };
        self.expect(&reply, &answer("250 OK", &[]));
        // An older code is good no more.
        self.state.resets.iter_mut().filter(|c| c.of == account).for_each(|c| c.uses = 0);
        let (code, until) = (reply.get("code").to_owned(), self.now() + 2 * DAY);
        self.state.resets.push(Code { code, of: account, uses: 1, until });
    }

    fn recover(&mut self, seat: usize) {
        let (name, password) = (self.pick(&NAMES), self.pick(&PASSWORDS));
        let at = self.below(self.state.resets.len() + 1);
        let code = self.state.resets.get(at).map_or("AAAAAA-AAAAAA-AAAAAA-AAAAAA", |c| &c.code).to_owned();
        let reply = self.ask(seat, &format!("RECOVER {name} {code} {}", digest(password)));
        let now = self.now();
        let account = self.state.called(name);
        let good = |c: &Code<usize>| Some(c.of) == account && c.uses > 0 && c.until > now;
        let Some(account) = account.filter(|_| self.state.resets.get(at).is_some_and(good)) else {
            return self.expect(&reply, &answer("530 BAD_CREDENTIALS", &[]));
        };
        // Set anew it is, also where a lock keeps its owner out.
        self.state.resets[at].uses = 0;
        self.state.accounts[account].password = password.to_owned();
        self.state.end_sessions(account, None);
        if self.state.accounts[account].locked {
            return self.expect(&reply, &answer("530 LOCKED", &[]));
        }
        self.enter(seat, account, &reply);
    }

    fn unregister(&mut self, seat: usize) {
        let password = self.pick(&PASSWORDS);
        let Some((account, reply)) = self.ask_as(seat, false, &format!("UNREGISTER {}", digest(password)))
        else {
            return;
        };
        let who = &self.state.accounts[account];
        if who.password != password {
            return self.expect(&reply, &answer("530 BAD_CREDENTIALS", &[]));
        }
        if who.admin && self.state.admins_left() <= 1 {
            return self.expect(&reply, &answer("553 LAST_ADMIN", &[]));
        }
        self.expect(&reply, &answer("250 OK", &[]));
        self.state.accounts[account].gone = true;
        self.state.resets.iter_mut().filter(|c| c.of == account).for_each(|c| c.uses = 0);
        self.state.end_sessions(account, None);
        self.seats[seat].who = None;
    }
}
