//! Carries the bytes of files: from the socket into the vault's buffers, from the vault to the socket.

use std::io;
use std::time::{Duration, Instant};

use protocol::code::Code;
use protocol::reply::Status;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use vault::Incoming;

use super::peer::{Peer, Silence};
use super::stream::{Filled, Stopped, Stream};
use crate::guard::planted;
use crate::session::{Delivery, Upload, refusal};

/// Bytes that are sent, at most, before the thread looks whether the transfer is still wanted: a fraction of a second,
/// and so much that the way to the thread and back is no part of it.
const SLICE: u64 = 64 << 20;

/// Blocking threads that send at once; there are 512 in all.
static SENDERS: Semaphore = Semaphore::const_new(256);
/// The same for those that receive.
static RECEIVERS: Semaphore = Semaphore::const_new(128);

/// How long a blocking thread waits for a full socket before it leaves that to the reactor: long
/// enough for a reader that keeps up, short enough that slow ones hold no threads.
const PATIENCE: Duration = Duration::from_millis(20);

/// How long a blocking thread waits for bytes: long enough for a sender at a gigabit a second to fill a buffer.
const CALM: Duration = Duration::from_millis(5);

/// How long it goes on before it looks whether the transfer is still wanted.
const SPELL: Duration = Duration::from_millis(200);

/// Fills an upload from the socket: exactly the announced bytes, slice by slice on blocking threads. The reactor would be
/// woken for every segment, and hold up others while it copies. A sender that is slow holds none of these threads. What
/// has come stays for a resume, however this ends.
///
/// # Errors
/// Why the rest does not come, with a status where one can be said.
pub async fn receive(peer: &mut Peer, mut upload: Box<Upload>) -> Result<Box<Upload>, Silence> {
    while upload.incoming.remaining() > 0 {
        // What may not come yet is left in the socket, which holds the sender back.
        let slice = paced(peer, upload.pace.take(upload.incoming.remaining())).await?;
        let stream = peer.stream.clone();
        let turn = RECEIVERS.acquire().await;
        let taking = tokio::task::spawn_blocking(move || {
            let before = upload.incoming.offset();
            let taken = take_slice(&stream, &mut upload.incoming, slice.bytes);
            upload.pace.give_back(slice, upload.incoming.offset() - before);
            drop(turn);
            (upload, taken)
        });
        let taken;
        (upload, taken) = match taking.await {
            Ok(back) => back,
            // Only a panic gets here, and it took the upload along: it goes on in this task.
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        };
        match taken.map_err(refused)? {
            Some(Stopped::Gone) => return Err(Silence::Gone),
            Some(Stopped::Empty) => more(peer).await?,
            None => {}
        }
    }
    // The end of a session counts also where all that was left had come by then.
    paced(peer, std::future::ready(())).await?;
    Ok(upload)
}

/// Takes at most `limit` bytes, as long as they keep coming.
fn take_slice(stream: &Stream, incoming: &mut Incoming, limit: u64) -> Result<Option<Stopped>, vault::Error> {
    let (began, end) = (Instant::now(), incoming.offset() + limit);
    while incoming.offset() < end && began.elapsed() < SPELL {
        let Some(mut buffer) = incoming.buffer(CALM)? else { continue };
        let room = buffer.room();
        let most = usize::try_from(end - incoming.offset()).map_or(room.len(), |left| left.min(room.len()));
        let Filled { bytes, stopped } = stream.fill(&mut room[..most], CALM);
        buffer.fill(bytes);
        incoming.push(buffer)?;
        if stopped.is_some() {
            return Ok(stopped);
        }
    }
    Ok(None)
}

/// Waits until more of a body has come.
async fn more(peer: &Peer) -> Result<(), Silence> {
    tokio::select! {
        ready = timeout(peer.body, ready(peer, Interest::READABLE, PollFlags::IN)) => match ready {
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
    tokio::select! {
        ready = timeout(peer.body, ready(peer, Interest::WRITABLE, PollFlags::OUT)) => {
            ready.map_err(|_| Silence::Gone)?.map_err(Silence::from)
        }
        _ = peer.session.ended() => Err(Silence::Gone),
        () = peer.stop.halt.cancelled() => Err(Silence::Gone),
    }
}

/// Waits until the socket is ready. What went past the reactor may have left it with another opinion: the kernel is
/// asked inside the reactor's own bookkeeping, so that no wake-up is lost.
async fn ready(peer: &Peer, interest: Interest, events: PollFlags) -> io::Result<()> {
    let socket: &TcpStream = &peer.stream.socket;
    let asked = || match poll(&mut [PollFd::new(socket, events)], Some(&Timespec::default()))? {
        0 => Err(io::ErrorKind::WouldBlock.into()),
        _ => Ok(()),
    };
    socket.async_io(interest, asked).await
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
