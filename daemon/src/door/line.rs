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
            welcome(app, stream, address, lock, stop).await;
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

/// Shakes hands where the door asks for it, then speaks with the client to the end.
async fn welcome(
    app: App, socket: TcpStream, address: SocketAddr, lock: Option<Arc<Certificates>>, stop: Stop,
) {
    // Replies are small and waited for.
    let _ = socket.set_nodelay(true);
    let config = app.config();
    let encrypted = lock.is_some();
    let stream = match lock {
        None => Stream::plain(socket),
        Some(certificates) => {
            let patience = Duration::from_secs(config.limits.handshake_seconds.into());
            let shaken = tokio::select! {
                shaken = tls::accept(socket, &certificates, patience) => shaken,
                () = stop.drain.cancelled() => return,
            };
            match shaken {
                Ok(stream) => stream,
                Err(error) => {
                    log::debug!("address={} no TLS: {error}", address.ip());
                    return;
                }
            }
        }
    };
    let session = Session::new(app, address, encrypted);
    Peer::new(stream, session, stop, &config.limits).run().await;
}

/// Says so if that can be done at once; who floods is not waited for.
fn turn_away(stream: &TcpStream, code: Code) {
    let mut line = String::new();
    Status::new(code).write(&mut line);
    let _ = stream.try_write(line.as_bytes());
}
