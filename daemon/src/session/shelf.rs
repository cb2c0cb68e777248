//! QUOTA.

use protocol::code::Code;
use protocol::command::Quota;
use protocol::reply::Status;

use super::{Answer, Session};
use crate::service::{Fault, shelf};

impl Session {
    pub(super) async fn quota(&mut self, c: Quota) -> Result<Answer, Fault> {
        let user = self.user()?;
        let (bytes, titles) = (c.bytes.map(|bytes| bytes.0), c.titles.map(|titles| titles.0));
        let (name, room) = match (c.name, bytes.is_some() || titles.is_some()) {
            (name, false) => shelf::quota(&self.app, user, name).await?,
            (Some(name), true) => shelf::set_quota(&self.app, user.admin()?, name, bytes, titles).await?,
            (None, true) => {
                return Err(Fault::BadValue {
                    option: None,
                    expected: "the name of an account before the quota",
                });
            }
        };
        let status = Status::new(Code::Ok)
            .with("user", name)
            .with("used-bytes", room.used.bytes)
            .with("bytes", room.most.bytes)
            .with("used-titles", room.used.titles)
            .with("titles", room.most.titles);
        Ok(status.say("what is on the shelf, and what may be").into())
    }
}
