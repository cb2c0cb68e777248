//! Carries the bytes of files: from the socket into the vault's buffers, from the vault to the socket.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::BufMut;
use protocol::code::Code;
use protocol::reply::Status;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::peer::{Peer, Silence};
use crate::guard::planted;
use crate::session::{Delivery, Upload, refusal};

/// Bytes that are sent, at most, before the thread looks whether the transfer is still wanted: a fraction of a second,
/// and so much that the way to the thread and back is no part of it.
const SLICE: u64 = 64 << 20;

/// Blocking threads that send at once; there are 512 in all.
static SENDERS: Semaphore = Semaphore::const_new(256);

/// How long a blocking thread waits for a full socket before it leaves that to the reactor: long
/// enough for a reader that keeps up, short enough that slow ones hold no threads.
const PATIENCE: Duration = Duration::from_millis(20);

/// Fills an upload from the socket: exactly the announced bytes, read straight into the vault's
/// buffers. What has come stays for a resume, however this ends.
///
/// # Errors
/// Why the rest does not come, with a status where one can be said.
pub async fn receive(peer: &mut Peer, upload: &mut Upload) -> Result<(), Silence> {
    let Upload { incoming, pace, .. } = upload;
    while incoming.remaining() > 0 {
        let mut chunk = incoming.buffer().await.map_err(refused)?;
        let room = incoming.remaining().min(chunk.capacity() as u64);
        // What may not come yet is left in the socket, which holds the sender back.
        let slice = paced(peer, pace.take(room)).await?;
        let most = usize::try_from(slice.bytes).unwrap_or(usize::MAX);
        let mut end = Ok(());
        while chunk.len() < most && end.is_ok() {
            let room = most - chunk.len();
            match peer.stream.try_read_buf(&mut (&mut chunk).limit(room)) {
                Ok(0) => end = Err(Silence::Gone),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => end = more(peer).await,
                Err(_) => end = Err(Silence::Gone),
            }
        }
        pace.give_back(slice, chunk.len() as u64);
        incoming.push(chunk).await.map_err(refused)?;
        end?;
    }
    // The end of a session counts also where all that was left had come by then.
    paced(peer, std::future::ready(())).await
}

/// Waits until more of a body has come.
async fn more(peer: &Peer) -> Result<(), Silence> {
    tokio::select! {
        ready = timeout(peer.body, peer.stream.readable()) => match ready {
            Ok(ready) => Ok(ready?),
            Err(_) => Err(Silence::Told(Status::new(Code::Idle))),
        },
        status = peer.session.ended() => Err(Silence::Told(status)),
        () = peer.stop.halt.cancelled() => Err(Silence::Told(Status::new(Code::Draining))),
    }
}

fn refused(error: vault::Error) -> Silence {
    Silence::Told(refusal(error))
}

/// Sends a range slice by slice on blocking threads, with sendfile(2) or encrypted: reading the disk never
/// holds up the reactor, and a slow reader holds no thread.
pub async fn send(peer: &Peer, mut delivery: Box<Delivery>) -> (Box<Delivery>, Result<(), Silence>) {
    while delivery.range.length() > 0 || peer.stream.owes() {
        let slice = match paced(peer, delivery.pace.take(SLICE)).await {
            Ok(slice) => slice,
            // Inside a body that is sent nothing can be said.
            Err(_) => return (delivery, Err(Silence::Gone)),
        };
        let stream = peer.stream.clone();
        // Others need blocking threads, too.
        let turn = SENDERS.acquire().await;
        let sending = tokio::task::spawn_blocking(move || {
            let sent = stream.send_slice(&mut delivery.range, slice.bytes, PATIENCE);
            drop(turn);
            planted("send", &delivery.length);
            (delivery, sent)
        });
        let sent = match sending.await {
            Ok((back, sent)) => {
                delivery = back;
                sent
            }
            // Only a panic gets here, and it took the delivery along: it goes on in this task.
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        };
        if let Ok(sent) = &sent {
            delivery.pace.give_back(slice, sent.bytes);
        }
        let going = match sent {
            Ok(sent) if sent.waiting => writable(peer).await,
            Ok(_) => Ok(()),
            Err(error) => {
                if let Some(how) = damage(&error) {
                    log::error!("{} stored bytes are damaged: {how}", peer.session.label());
                }
                Err(Silence::Gone)
            }
        };
        if going.is_err() {
            return (delivery, going);
        }
    }
    (delivery, Ok(()))
}

/// What is wrong with stored bytes; nothing where it is the connection that failed.
fn damage(error: &io::Error) -> Option<&'static str> {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => Some("they end early"),
        io::ErrorKind::InvalidData => Some("they are not those that were stored"),
        // EIO
        _ if error.raw_os_error() == Some(5) => Some("the disk cannot read them"),
        _ => None,
    }
}

/// Waits until the socket takes more.
async fn writable(peer: &Peer) -> Result<(), Silence> {
    let stream: &Arc<TcpStream> = &peer.stream.socket;
    // sendfile went past the reactor, which may still hold the socket for ready: the kernel is asked
    // inside the reactor's own bookkeeping, so that no wake-up is lost.
    let ready = stream.async_io(Interest::WRITABLE, || {
        let mut fds = [PollFd::new(&**stream, PollFlags::OUT)];
        match poll(&mut fds, Some(&Timespec::default()))? {
            0 => Err(io::ErrorKind::WouldBlock.into()),
            _ => Ok(()),
        }
    });
    tokio::select! {
        ready = timeout(peer.body, ready) => ready.map_err(|_| Silence::Gone)?.map_err(Silence::from),
        _ = peer.session.ended() => Err(Silence::Gone),
        () = peer.stop.halt.cancelled() => Err(Silence::Gone),
    }
}

/// Waits until more bytes may move. One that keeps up is never waited for, and is stopped all the same.
async fn paced<T>(peer: &Peer, turn: impl Future<Output = T>) -> Result<T, Silence> {
    tokio::select! {
        biased;
        status = peer.session.ended() => Err(Silence::Told(status)),
        () = peer.stop.halt.cancelled() => Err(Silence::Told(Status::new(Code::Draining))),
        turn = turn => Ok(turn),
    }
}
