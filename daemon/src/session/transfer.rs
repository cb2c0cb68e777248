//! STOR, RETR, HISTORY.

use protocol::code::Code;
use protocol::command::{History, Prove, Retr, Stor};
use protocol::reply::{Facts, Row, Status};
use protocol::value::{Md5, TitleId, YesNo};

use super::{Answer, Session, Then};
use crate::service::Fault;
use crate::service::transfer::download::{self, Delivery, Dispatch, Piece};
use crate::service::transfer::history;
use crate::service::transfer::proof::{self, Proof};
use crate::service::transfer::upload::{self, Order, Reception, Upload, Verified};

impl Session {
    pub(super) async fn stor(&mut self, c: Stor) -> Result<Answer, Fault> {
        let order = Order {
            size: c.size.0,
            md5: c.md5,
            name: c.title.map(|name| name.to_string()),
            kind: c.kind,
            price: c.price.map(|price| price.0),
            member_price: c.member_price.map(|price| price.0),
            description: c.description.map(|text| text.to_string()),
            sha256: c.sha256,
            prove: c.prove != Some(YesNo::No),
            resume: c.resume == Some(YesNo::Yes),
            key: c.key.map(|key| key.0),
        };
        Ok(match upload::receive(&self.app, self.user()?, order).await? {
            Reception::Stored(id) => stored(id).into(),
            Reception::Known(proof) => {
                let ranges: Vec<String> =
                    proof.ranges.iter().map(|(offset, length)| format!("{offset}-{length}")).collect();
                let status = Status::new(Code::Prove)
                    .with("nonce", proof.nonce.clone())
                    .with("ranges", ranges.join(","));
                self.proof = Some(proof);
                status.say("known here: PROVE that you have it, or STOR with prove=no").into()
            }
            Reception::Open(upload) => {
                let (offset, length) = (upload.incoming.offset(), upload.incoming.remaining());
                let status = Status::new(Code::Send).with("offset", offset).with("length", length);
                Answer::then(status.say("send the bytes now"), Then::Receive(upload))
            }
        })
    }

    pub(super) fn prove(&mut self, c: Prove) -> Result<Answer, Fault> {
        let proof = self.proof.take().ok_or(Fault::ProofFailed("no proof is awaited: STOR first"))?;
        Ok(Answer { then: Then::Prove(proof, c.proof), ..Answer::nothing() })
    }

    /// Looks at a proof, which may take as long as reading the file does. May be cancelled.
    ///
    /// # Errors
    /// The final status, where it proves nothing.
    pub async fn proven(&self, proof: Proof, answer: Md5) -> Result<Verified, Status> {
        Ok(proof::check(&self.app, self.user()?, proof, answer).await?)
    }

    /// Checks the bytes of an upload that the door has filled.
    ///
    /// # Errors
    /// The final status, where they are not what was announced or could not be kept.
    pub async fn received(&self, upload: Upload) -> Result<Verified, Status> {
        Ok(upload::verify(upload).await?)
    }

    /// Puts a verified upload into the library; the final status.
    pub async fn stored(&self, verified: Verified) -> Status {
        let id = match self.user() {
            Ok(user) => upload::store(&self.app, user, verified).await,
            Err(fault) => Err(fault),
        };
        match id {
            Ok(id) => {
                log::info!("{} stored title={id}", self.label());
                stored(id)
            }
            Err(fault) => fault.into(),
        }
    }

    pub(super) async fn retr(&mut self, c: Retr) -> Result<Answer, Fault> {
        let piece = Piece { id: c.id, offset: c.offset.map_or(0, |n| n.0), length: c.length.map(|n| n.0) };
        Ok(match download::fetch(&self.app, self.user()?, piece).await? {
            Dispatch::Wait { seconds, ad, link } => {
                let status = Status::new(Code::Wait).with("seconds", seconds);
                let facts = status.facts.text("ad", ad);
                let facts = if link.is_empty() { facts } else { facts.text("link", link) };
                let status = Status { facts, ..status };
                status.say("ask again when they have passed").into()
            }
            Dispatch::Send(delivery) => {
                let status = Status::new(Code::Data)
                    .with("offset", delivery.offset)
                    .with("length", delivery.length)
                    .with("size", delivery.size)
                    .with("md5", delivery.md5);
                Answer::then(status.say("the bytes follow"), Then::Send(delivery))
            }
        })
    }

    /// What is said behind a body that was sent whole.
    pub fn done() -> Status {
        Status::new(Code::Done).say("that was all of it")
    }

    /// Notes how much of a delivery the door has sent.
    pub async fn sent(&self, delivery: &Delivery, bytes: u64) {
        log::info!("{} sent bytes={bytes} left={}", self.label(), delivery.length - bytes);
        download::delivered(&self.app, delivery, bytes).await;
    }

    pub(super) async fn history(&mut self, c: History) -> Result<Answer, Fault> {
        let page = history::page(&self.app, self.user()?, self.paging(c.after, c.limit)).await?;
        Ok(Answer::page(page, |(download, name, size)| {
            Row(Facts::new()
                .with("at", download.at)
                .with("id", download.title)
                .text("title", name)
                .with("how", download.how)
                .with("bytes", download.bytes)
                .with("done", download.done)
                .with("size", size))
        }))
    }
}

fn stored(id: TitleId) -> Status {
    Status::new(Code::Stored).with("id", id).say("verified and stored")
}
