//! REGISTER to UNREGISTER: accounts, their sessions, and what admins do with them.

use protocol::code::Code;
use protocol::command::{
    Audit, Invite, Kick, Lock, Login, Passwd, Recover, Register, Reset, Resume, Sessions, TABLE, Unlock,
    Unregister, Users,
};
use protocol::reply::{Facts, Row, Status};
use protocol::value::Role;

use super::{Answer, Session, answer};
use crate::live::Doing;
use crate::service::account::{Standing, Terms, care};
use crate::service::{Fault, account, audit, lounge};

impl Session {
    pub(super) async fn register(&mut self, c: Register) -> Result<Answer, Fault> {
        let invite = c.invite.map(|code| code.0);
        let login = account::register(&self.app, c.name, c.password, invite, &self.address).await?;
        Ok(self.logged_in(login))
    }

    pub(super) async fn login(&mut self, c: Login) -> Result<Answer, Fault> {
        let login = account::login(&self.app, c.name, c.password, &self.address).await;
        let login = login.inspect_err(|fault| self.refused(fault))?;
        let rows = self.newest_notice().await;
        Ok(Answer { rows, ..self.logged_in(login) })
    }

    pub(super) async fn resume(&mut self, c: Resume) -> Result<Answer, Fault> {
        let login = account::resume(&self.app, c.token.0, &self.address).await;
        let login = login.inspect_err(|fault| self.refused(fault))?;
        Ok(self.logged_in(login))
    }

    /// One line a failure; who is held back fills no log.
    fn refused(&self, fault: &Fault) {
        if matches!(fault, Fault::BadCredentials | Fault::Locked) {
            log::info!("{} log-in refused", self.label());
        }
    }

    pub(super) async fn logout(&mut self) -> Result<Answer, Fault> {
        account::logout(&self.app, self.user()?).await?;
        log::info!("{} logged out", self.label());
        self.leave();
        Ok(Status::new(Code::Ok).say("logged out").into())
    }

    pub(super) async fn passwd(&mut self, c: Passwd) -> Result<Answer, Fault> {
        account::change_password(&self.app, self.user()?, c.old, c.new).await?;
        log::info!("{} changed the password", self.label());
        Ok(Status::new(Code::Ok).say("password changed; your other sessions have ended").into())
    }

    pub(super) async fn whoami(&mut self) -> Result<Answer, Fault> {
        let user = self.user()?;
        let standing = account::standing(&self.app, user).await?;
        Ok(answer::who(Code::Ok, user, standing).say("that is you").into())
    }

    pub(super) async fn sessions(&mut self, c: Sessions) -> Result<Answer, Fault> {
        let user = self.user()?;
        let page = care::sessions(&self.app, user, self.paging(c.after, c.limit)).await?;
        Ok(Answer::page(page, |(session, name)| {
            let doing = match self.app.live.doing(session.id) {
                None => "offline",
                Some(Doing::Idle) => "idle",
                Some(Doing::Command(n)) => TABLE.get(n).map_or("idle", |spec| spec.verb),
            };
            Row(Facts::new()
                .with("session", session.id)
                .with("user", name)
                .with("from", session.address)
                .with("since", session.created_at)
                .with("doing", doing))
        }))
    }

    pub(super) async fn kick(&mut self, c: Kick) -> Result<Answer, Fault> {
        care::kick(&self.app, self.user()?, c.session).await?;
        Ok(Status::new(Code::Ok).say("that session has ended").into())
    }

    pub(super) async fn invite(&mut self, c: Invite) -> Result<Answer, Fault> {
        let admin = self.user()?.admin()?;
        let terms = Terms {
            role: c.role.unwrap_or(Role::User),
            days: c.days.map(|days| days.0),
            uses: c.uses.map_or(1, |uses| uses.0),
        };
        let code = account::invite(&self.app, admin, terms).await?;
        log::info!("{} made an invite", self.label());
        let status = Status::new(Code::Ok).with("code", code.reveal().to_owned());
        Ok(status.say("whoever has it may register").into())
    }

    pub(super) async fn users(&mut self, c: Users) -> Result<Answer, Fault> {
        let (admin, paging) = (self.user()?.admin()?, self.paging(c.after, c.limit));
        let now = self.app.clock.now();
        let page = care::users(&self.app, admin, c.text.map(|text| text.0), paging).await?;
        Ok(Answer::page(page, |(account, locked)| {
            let standing = Standing::of(&account, now);
            Row(Facts::new()
                .with("user", account.name)
                .with("role", account.role)
                .with("balance", standing.balance)
                .with("member-until", standing.member_until)
                .with("locked", locked)
                .with("seen", account.seen_at))
        }))
    }

    pub(super) async fn lock(&mut self, c: Lock) -> Result<Answer, Fault> {
        let why = c.why.map(|why| why.to_string()).unwrap_or_default();
        care::lock(&self.app, self.user()?.admin()?, c.name, why).await?;
        log::info!("{} locked an account", self.label());
        Ok(Status::new(Code::Ok).say("locked; its sessions have ended").into())
    }

    pub(super) async fn unlock(&mut self, c: Unlock) -> Result<Answer, Fault> {
        care::unlock(&self.app, self.user()?.admin()?, c.name).await?;
        log::info!("{} unlocked an account", self.label());
        Ok(Status::new(Code::Ok).say("it may log in again").into())
    }

    pub(super) async fn reset(&mut self, c: Reset) -> Result<Answer, Fault> {
        let code = care::reset(&self.app, self.user()?.admin()?, c.name).await?;
        log::info!("{} reset a password", self.label());
        let status = Status::new(Code::Ok).with("code", code.reveal().to_owned());
        Ok(status.say("good for two days: RECOVER <name> <code> <md5>").into())
    }

    pub(super) async fn recover(&mut self, c: Recover) -> Result<Answer, Fault> {
        let login = care::recover(&self.app, c.name, c.code.0, c.password, &self.address).await;
        let login = login.inspect_err(|fault| self.refused(fault))?;
        Ok(self.logged_in(login))
    }

    pub(super) async fn unregister(&mut self, c: Unregister) -> Result<Answer, Fault> {
        care::unregister(&self.app, self.user()?, c.password).await?;
        // The account is gone whatever comes of this; a restart forgets the name too.
        let _ = lounge::care::forget(&self.app, self.user()?).await;
        log::info!("{} deleted the account", self.label());
        self.leave();
        Ok(Status::new(Code::Ok).say("the account is gone").into())
    }

    pub(super) async fn audit(&mut self, c: Audit) -> Result<Answer, Fault> {
        let paging = self.paging(c.after, c.limit);
        let page = audit::page(&self.app, self.user()?.admin()?, paging).await?;
        Ok(Answer::page(page, |(deed, admin)| {
            Row(Facts::new()
                .with("at", deed.at)
                .with("user", admin)
                .with("deed", deed.deed)
                .text("object", deed.object)
                .with("from", deed.address))
        }))
    }
}
