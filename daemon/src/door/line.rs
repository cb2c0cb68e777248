//! The line door: accepts connections, counts them, and lets them go.

use std::sync::Arc;
use std::time::Duration;

use protocol::code::Code;
use protocol::reply::Status;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use super::Stop;
use super::peer::Peer;
use crate::app::App;
use crate::guard::planted;
use crate::session::Session;

/// Accepts connections until it is told to stop, then waits for those that are open.
pub async fn serve(app: App, listener: TcpListener, stop: Stop) {
    let places = Arc::new(Semaphore::new(app.config.limits.connections));
    let open = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.drain.cancelled() => break,
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
        let Ok(place) = places.clone().try_acquire_owned() else {
            log::warn!("address={} refused: too many connections", address.ip());
            turn_away(&stream);
            continue;
        };
        planted("accept", &address);
        let session = Session::new(app.clone(), address);
        let peer = Peer::new(stream, session, stop.clone(), &app.config.limits);
        open.spawn(async move {
            peer.run().await;
            drop(place);
        });
    }
    drop(listener);
    open.close();
    open.wait().await;
}

/// Says so if that can be done at once; who floods is not waited for.
fn turn_away(stream: &TcpStream) {
    let mut line = String::new();
    Status::new(Code::TooMany).write(&mut line);
    let _ = stream.try_write(line.as_bytes());
}
