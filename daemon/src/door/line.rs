//! The line door: accepts connections, counts them, and lets them go.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use protocol::code::Code;
use protocol::reply::Status;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::TaskTracker;

use super::gate::Gate;
use super::peer::Peer;
use super::stream::Stream;
use super::tls::{self, Certificates};
use super::{Doors, Heir, Stop};
use crate::app::App;
use crate::guard::planted;
use crate::session::Session;

/// Accepts connections until it is told to stop, then waits for those that are open.
pub async fn serve(app: App, doors: Doors, gate: Gate, stop: Stop) {
    let open = TaskTracker::new();
    let mut draining = false;
    loop {
        let (accepted, lock) = tokio::select! {
            accepted = knock(doors.plain.as_ref()) => (accepted, None),
            accepted = knock(doors.tls.as_ref().map(|(listener, _)| listener)) => {
                (accepted, doors.tls.as_ref().map(|(_, certificates)| certificates.clone()))
            }
            () = stop.drain.cancelled(), if !draining => {
                open.close();
                draining = true;
                match doors.heir {
                    Heir::NextProcess => break,
                    Heir::Nobody => continue,
                }
            }
            () = open.wait(), if draining => return,
        };
        let (stream, address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                log::warn!("cannot accept: {error}");
                // Out of file descriptors, most likely: the next one would fail at once too.
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        // Before the handshake nothing can be said over TLS.
        let turn_away = |code| {
            if lock.is_none() {
                turn_away(&stream, code)
            }
        };
        if draining {
            turn_away(Code::Draining);
            continue;
        }
        let Some(place) = gate.enter(address.ip(), &app.config().limits) else {
            turn_away(Code::TooMany);
            continue;
        };
        planted("accept", &address);
        let (app, stop) = (app.clone(), stop.clone());
        open.spawn(async move {
            // On the heap, and gone before the client speaks: an idle connection costs little.
            let welcomed = Box::pin(welcome(app, stream, address, lock, stop)).await;
            if let Some(mut peer) = welcomed {
                peer.run().await;
            }
            drop(place);
        });
    }
    drop(doors);
    open.wait().await;
}

/// The next connection; never, where there is no such door.
async fn knock(door: Option<&TcpListener>) -> io::Result<(TcpStream, SocketAddr)> {
    match door {
        Some(listener) => listener.accept().await,
        None => std::future::pending().await,
    }
}

/// Shakes hands where the door asks for it.
async fn welcome(
    app: App, socket: TcpStream, address: SocketAddr, lock: Option<Arc<Certificates>>, stop: Stop,
) -> Option<Box<Peer>> {
    // Replies are small and waited for.
    let _ = socket.set_nodelay(true);
    quicken(&socket, address);
    let config = app.config();
    let encrypted = lock.is_some();
    let stream = match lock {
        None => Stream::plain(socket),
        Some(certificates) => {
            let patience = Duration::from_secs(config.limits.handshake_seconds.into());
            let shaken = tokio::select! {
                shaken = tls::accept(socket, &certificates, patience) => shaken,
                () = stop.drain.cancelled() => return None,
            };
            shaken.inspect_err(|error| log::debug!("address={} no TLS: {error}", address.ip())).ok()?
        }
    };
    Some(Box::new(Peer::new(stream, Session::new(app, address, encrypted), stop, &config.limits)))
}

/// Over loopback there is no line to be shared, only a reader to be waited for. BBR, where it is the system's choice,
/// takes the reader's pauses for the line's speed and sends half as fast as it could (`bench`, row `download`).
fn quicken(socket: &TcpStream, address: SocketAddr) {
    if address.ip().to_canonical().is_loopback() {
        // Where the system does not allow it, it stays as it is.
        let _ = rustix::net::sockopt::set_tcp_congestion(socket, "cubic");
    }
}

/// Says so if that can be done at once; who floods is not waited for.
fn turn_away(stream: &TcpStream, code: Code) {
    let mut line = String::new();
    Status::new(code).write(&mut line);
    let _ = stream.try_write(line.as_bytes());
}
