//! The line door: accepts connections, counts them, and lets them go.

use std::time::Duration;

use protocol::code::Code;
use protocol::reply::Status;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::TaskTracker;

use super::gate::Gate;
use super::peer::Peer;
use super::{Heir, Stop};
use crate::app::App;
use crate::session::Session;

/// Accepts connections until it is told to stop, then waits for those that are open.
pub async fn serve(app: App, listener: TcpListener, gate: Gate, heir: Heir, stop: Stop) {
    let open = TaskTracker::new();
    let mut draining = false;
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.drain.cancelled(), if !draining => {
                open.close();
                draining = true;
                match heir {
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
        if draining {
            turn_away(&stream, Code::Draining);
            continue;
        }
        let limits = &app.config().limits;
        let Some(place) = gate.enter(address.ip(), limits) else {
            turn_away(&stream, Code::TooMany);
            continue;
        };
        let session = Session::new(app.clone(), address);
        let peer = Peer::new(stream, session, stop.clone(), limits);
        open.spawn(async move {
            peer.run().await;
            drop(place);
        });
    }
    drop(listener);
    open.wait().await;
}

/// Says so if that can be done at once; who floods is not waited for.
fn turn_away(stream: &TcpStream, code: Code) {
    let mut line = String::new();
    Status::new(code).write(&mut line);
    let _ = stream.try_write(line.as_bytes());
}
