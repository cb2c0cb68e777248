//! REGISTER, LOGIN, RESUME, LOGOUT, PASSWD, WHOAMI, SESSIONS, KICK, INVITE.

use protocol::code::Code;
use protocol::command::{Invite, Kick, Login, Passwd, Register, Resume, Sessions, TABLE};
use protocol::reply::{Facts, Row, Status};
use protocol::value::Role;

use super::{Answer, Session, answer};
use crate::live::Doing;
use crate::service::{Fault, account};

impl Session {
    pub(super) async fn register(&mut self, c: Register) -> Result<Answer, Fault> {
        let invite = c.invite.map(|code| code.0);
        let login = account::register(&self.app, c.name, c.password, invite, &self.address).await?;
        Ok(self.logged_in(login))
    }

    pub(super) async fn login(&mut self, c: Login) -> Result<Answer, Fault> {
        let login = account::login(&self.app, c.name, c.password, &self.address).await;
        let login = login.inspect_err(|_| log::info!("{} log-in refused", self.label()))?;
        Ok(self.logged_in(login))
    }

    pub(super) async fn resume(&mut self, c: Resume) -> Result<Answer, Fault> {
        let login = account::resume(&self.app, c.token.0).await?;
        Ok(self.logged_in(login))
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
        Ok(Status::new(Code::Ok)
            .say("password changed; your other sessions have ended")
            .into())
    }

    pub(super) async fn whoami(&mut self) -> Result<Answer, Fault> {
        let user = self.user()?;
        let standing = account::standing(&self.app, user).await?;
        Ok(answer::who(Code::Ok, user, standing)
            .say("that is you")
            .into())
    }

    pub(super) async fn sessions(&mut self, c: Sessions) -> Result<Answer, Fault> {
        let user = self.user()?;
        let page = account::sessions(&self.app, user, self.paging(c.after, c.limit)).await?;
        Ok(Answer::page(page, |session| {
            let doing = match self.app.live.doing(session.id) {
                None => "offline",
                Some(Doing::Idle) => "idle",
                Some(Doing::Command(n)) => TABLE.get(n).map_or("idle", |spec| spec.verb),
            };
            Row(Facts::new()
                .with("session", session.id)
                .with("user", user.name.clone())
                .with("from", session.address)
                .with("since", session.created_at)
                .with("doing", doing))
        }))
    }

    pub(super) async fn kick(&mut self, c: Kick) -> Result<Answer, Fault> {
        account::kick(&self.app, self.user()?, c.session).await?;
        Ok(Status::new(Code::Ok).say("that session has ended").into())
    }

    pub(super) async fn invite(&mut self, c: Invite) -> Result<Answer, Fault> {
        let admin = self.user()?.admin()?;
        let code = account::invite(&self.app, admin, c.role.unwrap_or(Role::User)).await?;
        log::info!("{} made an invite", self.label());
        let status = Status::new(Code::Ok).with("code", code.reveal().to_owned());
        Ok(status.say("good for one registration").into())
    }
}
