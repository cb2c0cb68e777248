//! Every command to its handler: a row of the table without an arm does not compile.

use std::future::ready;
use std::pin::Pin;

use protocol::code::Code;
use protocol::command::Command;
use protocol::reply::Status;

use super::{Answer, CAPS, Session, Then};
use crate::service::Fault;

/// What becomes of a command.
type Handled<'a> = Pin<Box<dyn Future<Output = Result<Answer, Fault>> + Send + 'a>>;

impl Session {
    /// Each future on the heap, as large as that command needs: all of them in one would make every connection, and
    /// every command, pay for the largest.
    pub(super) fn dispatch(&mut self, command: Command) -> Handled<'_> {
        match command {
            Command::Register(c) => Box::pin(self.register(c)),
            Command::Login(c) => Box::pin(self.login(c)),
            Command::Resume(c) => Box::pin(self.resume(c)),
            Command::Logout(_) => Box::pin(self.logout()),
            Command::Passwd(c) => Box::pin(self.passwd(c)),
            Command::Whoami(_) => Box::pin(self.whoami()),
            Command::Sessions(c) => Box::pin(self.sessions(c)),
            Command::Kick(c) => Box::pin(self.kick(c)),
            Command::Invite(c) => Box::pin(self.invite(c)),
            Command::List(c) => Box::pin(self.list(c)),
            Command::Search(c) => Box::pin(self.search(c)),
            Command::Info(c) => Box::pin(self.info(c)),
            Command::Stor(c) => Box::pin(self.stor(c)),
            Command::Prove(c) => at_once(self.prove(c)),
            Command::Retr(c) => Box::pin(self.retr(c)),
            Command::History(c) => Box::pin(self.history(c)),
            Command::Quota(c) => Box::pin(self.quota(c)),
            Command::Buy(c) => Box::pin(self.buy(c)),
            Command::Topup(c) => Box::pin(self.topup(c)),
            Command::Member(c) => Box::pin(self.member(c)),
            Command::Statement(c) => Box::pin(self.statement(c)),
            Command::Redeem(c) => Box::pin(self.redeem(c)),
            Command::Prices(c) => at_once(self.prices(c)),
            Command::Voucher(c) => Box::pin(self.voucher(c)),
            Command::Credit(c) => Box::pin(self.credit(c)),
            Command::Refund(c) => Box::pin(self.refund(c)),
            Command::Dele(c) => Box::pin(self.dele(c)),
            Command::Undele(c) => Box::pin(self.undele(c)),
            Command::Edit(c) => Box::pin(self.edit(c)),
            Command::Events(c) => Box::pin(self.events(c)),
            Command::Event(c) => Box::pin(self.event(c)),
            Command::Book(c) => Box::pin(self.book(c)),
            Command::Bookings(c) => Box::pin(self.bookings(c)),
            Command::Cancel(c) => Box::pin(self.cancel(c)),
            Command::Stage(c) => Box::pin(self.stage(c)),
            Command::Attendees(c) => Box::pin(self.attendees(c)),
            Command::Calloff(c) => Box::pin(self.calloff(c)),
            Command::Notices(c) => Box::pin(self.notices(c)),
            Command::Notice(c) => Box::pin(self.notice(c)),
            Command::Post(c) => Box::pin(self.post(c)),
            Command::Watch(c) => at_once(self.watch(c)),
            Command::Join(c) => Box::pin(self.join(c)),
            Command::Leave(c) => Box::pin(self.leave_room(c)),
            Command::Say(c) => Box::pin(self.say(c)),
            Command::Who(c) => Box::pin(self.who_is_there(c)),
            Command::Rooms(c) => Box::pin(self.rooms(c)),
            Command::Report(c) => Box::pin(self.report(c)),
            Command::Mute(c) => Box::pin(self.mute(c)),
            Command::Unmute(c) => Box::pin(self.unmute(c)),
            Command::Reports(c) => Box::pin(self.reports(c)),
            Command::Ads(c) => Box::pin(self.ads(c)),
            Command::Ad(c) => Box::pin(self.ad(c)),
            Command::Adset(c) => Box::pin(self.adset(c)),
            Command::Users(c) => Box::pin(self.users(c)),
            Command::Lock(c) => Box::pin(self.lock(c)),
            Command::Unlock(c) => Box::pin(self.unlock(c)),
            Command::Reset(c) => Box::pin(self.reset(c)),
            Command::Recover(c) => Box::pin(self.recover(c)),
            Command::Unregister(c) => Box::pin(self.unregister(c)),
            Command::Audit(c) => Box::pin(self.audit(c)),
            Command::Stats(c) => Box::pin(self.stats(c)),
            Command::Define(c) => Box::pin(self.define(c)),
            Command::Match(c) => Box::pin(self.matching(c)),
            Command::Lookups(c) => Box::pin(self.lookups(c)),
            Command::Help(c) => at_once(self.help(c)),
            Command::Caps(_) => {
                let status = Status::new(Code::Ok).with("caps", CAPS).say("what this server can do");
                at_once(Ok(status.into()))
            }
            Command::Noop(_) => at_once(Ok(Status::new(Code::Ok).say("nothing done").into())),
            Command::Quit(_) => at_once(Ok(Answer::then(Status::new(Code::Bye), Then::Bye))),
        }
    }
}

fn at_once<'a>(answer: Result<Answer, Fault>) -> Handled<'a> {
    Box::pin(ready(answer))
}
