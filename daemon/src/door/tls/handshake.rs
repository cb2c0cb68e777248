//! How a TLS connection comes about.

use std::io;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::{Certificates, Reactor, Tls};
use crate::door::stream::Stream;

/// A handshake reads little: a hello, and what ends it.
const WANTED: usize = 1024;

/// Shakes hands within `patience`. A signature takes up to some milliseconds, so only as many as there are
/// cores are made at once, off the reactor; waiting for one costs the same patience. May be cancelled.
///
/// # Errors
/// The client is silent, gone, no TLS client, or offers nothing that is spoken here.
pub async fn accept(
    socket: TcpStream, certificates: &Certificates, patience: Duration,
) -> io::Result<Stream> {
    match timeout(patience, shake(&socket, certificates)).await {
        Ok(tls) => Ok(Stream::private(socket, tls?)),
        Err(_) => Err(io::ErrorKind::TimedOut.into()),
    }
}

async fn shake(socket: &TcpStream, certificates: &Certificates) -> io::Result<Tls> {
    // Whoever opens a connection and says nothing holds a socket, and no more.
    socket.readable().await?;
    let mut tls = Tls::new(certificates.current())?;
    while tls.conn.is_handshaking() {
        if !tls.has_input() {
            receive(socket, &mut tls).await?;
            continue;
        }
        let result;
        (tls, result) = work(tls, &certificates.workers).await?;
        let sent = send(socket, &mut tls).await;
        // What is wrong has been said in an alert by now.
        result?;
        sent?;
    }
    Ok(tls)
}

/// One record further, on a thread of its own.
async fn work(mut tls: Tls, workers: &Semaphore) -> io::Result<(Tls, io::Result<bool>)> {
    let _worker = workers.acquire().await.map_err(io::Error::other)?;
    let done = tokio::task::spawn_blocking(move || {
        let result = tls.decrypt();
        (tls, result)
    });
    done.await.map_err(io::Error::other)
}

async fn receive(socket: &TcpStream, tls: &mut Tls) -> io::Result<()> {
    loop {
        match tls.fill(socket, WANTED) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => socket.readable().await?,
            Ok(()) if tls.ended => return Err(io::ErrorKind::UnexpectedEof.into()),
            other => return other,
        }
    }
}

async fn send(socket: &TcpStream, tls: &mut Tls) -> io::Result<()> {
    loop {
        match tls.flush(&mut Reactor(socket)) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => socket.writable().await?,
            other => return other,
        }
    }
}
