//! Opens what the daemon listens on: sockets that systemd holds, or our own; and the certificate for TLS.

use std::sync::Arc;

use daemon::app::make_folder;
use daemon::clock::Clock;
use daemon::config::{Config, Listen};
use daemon::door::tls::{Certificates, Files, make, own_names};
use daemon::door::{Doors, Heir};
use listenfd::ListenFd;
use tokio::net::TcpListener;

use crate::Failure;

/// How systemd names the socket for TLS (`FileDescriptorName=`); every other one is plain.
const TLS: &str = "tls";

/// Opens the doors and notes their addresses in the configuration.
pub(crate) async fn open_doors(config: &mut Config) -> Result<Doors, Failure> {
    let (plain, tls) = inherited()?;
    let heir = if plain.is_none() && tls.is_none() { Heir::Nobody } else { Heir::NextProcess };
    let plain = or_bind(plain, config.listen).await?;
    let tls = or_bind(tls, config.tls_listen).await?;
    config.listen = address(plain.as_ref())?;
    config.tls_listen = address(tls.as_ref())?;
    let tls = match tls {
        Some(listener) => Some((listener, Arc::new(certificates(config)?))),
        None => None,
    };
    if plain.is_none() && tls.is_none() {
        return Err(Failure::Nowhere);
    }
    Ok(Doors { plain, tls, heir })
}

/// The sockets that systemd opened for us, plain and TLS.
fn inherited() -> Result<(Option<TcpListener>, Option<TcpListener>), Failure> {
    let names = std::env::var("LISTEN_FDNAMES").unwrap_or_default();
    let mut names = names.split(':');
    let mut sockets = ListenFd::from_env();
    let (mut plain, mut tls) = (None, None);
    for at in 0..sockets.len() {
        let place = if names.next() == Some(TLS) { &mut tls } else { &mut plain };
        if let Some(socket) = sockets.take_tcp_listener(at)? {
            socket.set_nonblocking(true)?;
            *place = Some(TcpListener::from_std(socket)?);
        }
    }
    Ok((plain, tls))
}

async fn or_bind(inherited: Option<TcpListener>, listen: Listen) -> Result<Option<TcpListener>, Failure> {
    match (inherited, listen.0) {
        (Some(listener), _) => {
            let given = listener.local_addr()?;
            if listen.0 != Some(given) {
                log::info!("the socket is systemd's, {given}; {listen} is not used");
            }
            Ok(Some(listener))
        }
        (None, None) => Ok(None),
        (None, Some(address)) => {
            let bound = TcpListener::bind(address).await;
            bound.map(Some).map_err(|error| Failure::Listen(address, error))
        }
    }
}

fn address(listener: Option<&TcpListener>) -> Result<Listen, Failure> {
    Ok(Listen(listener.map(TcpListener::local_addr).transpose()?))
}

/// The certificate that is named, or the one of the data folder, which is made when there is none: the
/// first start over TLS needs nothing but a port.
fn certificates(config: &Config) -> Result<Certificates, Failure> {
    let (files, now) = (Files::of(config)?, Clock::from_environment().now());
    let own = Files::of_folder(&config.data);
    if files == own && !own.cert.exists() && !own.key.exists() {
        make_folder(config)?;
        make(&files, &own_names(), now, false)?;
        log::info!("made a TLS certificate in {}", files.cert.display());
    }
    let certificates = Certificates::load(files, now)?;
    log::info!("the TLS certificate has the SHA-256 {}", certificates.fingerprint());
    Ok(certificates)
}
