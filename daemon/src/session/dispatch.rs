//! Every command to its handler: a row of the table without an arm does not compile.

use protocol::code::Code;
use protocol::command::Command;
use protocol::reply::Status;

use super::{Answer, CAPS, Session, Then};
use crate::service::Fault;

impl Session {
    pub(super) async fn dispatch(&mut self, command: Command) -> Result<Answer, Fault> {
        match command {
            Command::Register(c) => self.register(c).await,
            Command::Login(c) => self.login(c).await,
            Command::Resume(c) => self.resume(c).await,
            Command::Logout(_) => self.logout().await,
            Command::Passwd(c) => self.passwd(c).await,
            Command::Whoami(_) => self.whoami().await,
            Command::Sessions(c) => self.sessions(c).await,
            Command::Kick(c) => self.kick(c).await,
            Command::Invite(c) => self.invite(c).await,
            Command::List(c) => self.list(c).await,
            Command::Search(c) => self.search(c).await,
            Command::Info(c) => self.info(c).await,
            Command::Stor(c) => self.stor(c).await,
            Command::Prove(c) => self.prove(c),
            Command::Retr(c) => self.retr(c).await,
            Command::History(c) => self.history(c).await,
            Command::Quota(c) => self.quota(c).await,
            Command::Buy(c) => self.buy(c).await,
            Command::Topup(c) => self.topup(c).await,
            Command::Member(c) => self.member(c).await,
            Command::Statement(c) => self.statement(c).await,
            Command::Redeem(c) => self.redeem(c).await,
            Command::Prices(c) => self.prices(c),
            Command::Voucher(c) => self.voucher(c).await,
            Command::Credit(c) => self.credit(c).await,
            Command::Refund(c) => self.refund(c).await,
            Command::Dele(c) => self.dele(c).await,
            Command::Undele(c) => self.undele(c).await,
            Command::Edit(c) => self.edit(c).await,
            Command::Events(c) => self.events(c).await,
            Command::Event(c) => self.event(c).await,
            Command::Book(c) => self.book(c).await,
            Command::Bookings(c) => self.bookings(c).await,
            Command::Cancel(c) => self.cancel(c).await,
            Command::Stage(c) => self.stage(c).await,
            Command::Attendees(c) => self.attendees(c).await,
            Command::Calloff(c) => self.calloff(c).await,
            Command::Notices(c) => self.notices(c).await,
            Command::Notice(c) => self.notice(c).await,
            Command::Post(c) => self.post(c).await,
            Command::Watch(c) => self.watch(c),
            Command::Join(c) => self.join(c).await,
            Command::Leave(c) => self.leave_room(c).await,
            Command::Say(c) => self.say(c).await,
            Command::Who(c) => self.who_is_there(c).await,
            Command::Report(c) => self.report(c).await,
            Command::Mute(c) => self.mute(c).await,
            Command::Unmute(c) => self.unmute(c).await,
            Command::Reports(c) => self.reports(c).await,
            Command::Ads(c) => self.ads(c).await,
            Command::Ad(c) => self.ad(c).await,
            Command::Adset(c) => self.adset(c).await,
            Command::Users(c) => self.users(c).await,
            Command::Lock(c) => self.lock(c).await,
            Command::Unlock(c) => self.unlock(c).await,
            Command::Reset(c) => self.reset(c).await,
            Command::Recover(c) => self.recover(c).await,
            Command::Unregister(c) => self.unregister(c).await,
            Command::Audit(c) => self.audit(c).await,
            Command::Stats(c) => self.stats(c).await,
            Command::Define(c) => self.define(c).await,
            Command::Match(c) => self.matching(c).await,
            Command::Lookups(c) => self.lookups(c).await,
            Command::Help(c) => self.help(c),
            Command::Caps(_) => {
                Ok(Status::new(Code::Ok).with("caps", CAPS).say("what this server can do").into())
            }
            Command::Noop(_) => Ok(Status::new(Code::Ok).say("nothing done").into()),
            Command::Quit(_) => Ok(Answer::then(Status::new(Code::Bye), Then::Bye)),
        }
    }
}
