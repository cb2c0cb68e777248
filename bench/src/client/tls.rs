//! A download over TLS that leaves the deciphering out: the server is to be measured, not this client.
//!
//! Up to the head of the answer rustls does it all. Then only the heads of the records are read, and what
//! they hold is counted and dropped by the kernel.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::net::{RecvFlags, recv};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};

use crate::Result;

/// A record's head; and what of its content is not payload in TLS 1.3: the type and the tag.
const HEAD: usize = 5;
const OVERHEAD: u64 = 17;

/// Trusts this certificate, and speaks what servers would choose themselves: TLS 1.3 with AES-256-GCM.
///
/// # Errors
/// If the certificate cannot be read.
pub fn config(certificate: &Path) -> Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(certificate)?)?;
    let mut provider = rustls::crypto::ring::default_provider();
    provider.cipher_suites.retain(|suite| suite.suite() == rustls::CipherSuite::TLS13_AES_256_GCM_SHA384);
    let config = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// Connects, says some lines and waits for `ready`; then asks and takes `length` bytes after the head of the
/// answer, which ends with `end`. The time from asking.
///
/// # Errors
/// If the server does not answer so.
pub fn download(
    config: Arc<ClientConfig>, address: SocketAddr, before: Option<(&str, &str)>, ask: &str, end: &str,
    length: u64,
) -> Result<Duration> {
    let mut link = Link::connect(config, address)?;
    if let Some((say, ready)) = before {
        link.say(say)?;
        link.read_past(ready)?;
    }
    let began = Instant::now();
    link.say(ask)?;
    let mut got = link.read_past(end)?;
    while got < length {
        got += link.drop_record()?;
    }
    Ok(began.elapsed())
}

struct Link {
    stream: TcpStream,
    tls: ClientConnection,
    plain: Vec<u8>,
    record: Vec<u8>,
}

impl Link {
    fn connect(config: Arc<ClientConfig>, address: SocketAddr) -> Result<Link> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        let mut tls = ClientConnection::new(config, ServerName::try_from("localhost")?)?;
        while tls.is_handshaking() {
            tls.complete_io(&mut stream)?;
        }
        Ok(Link { stream, tls, plain: Vec::new(), record: vec![0; 1 << 15] })
    }

    fn say(&mut self, text: &str) -> Result<()> {
        self.tls.writer().write_all(text.as_bytes())?;
        while self.tls.wants_write() {
            self.tls.write_tls(&mut self.stream)?;
        }
        Ok(())
    }

    /// Reads record by record until this text has come; how much came after it.
    fn read_past(&mut self, text: &str) -> Result<u64> {
        loop {
            let found = self.plain.windows(text.len()).position(|some| some == text.as_bytes());
            if let Some(at) = found {
                // The line that ends the head is complete when its end is there.
                let rest = self.plain.get(at + text.len()..).unwrap_or_default();
                if let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
                    let after = rest.len() - end - 1;
                    self.plain.clear();
                    return Ok(after as u64);
                }
            }
            self.read_record()?;
        }
    }

    /// Exactly one record, so that rustls has nothing of the next.
    fn read_record(&mut self) -> Result<()> {
        let length = self.head()?;
        let rest = self.record.get_mut(HEAD..HEAD + length).ok_or("a record is too long")?;
        self.stream.read_exact(rest)?;
        let mut whole = self.record.get(..HEAD + length).unwrap_or_default();
        while !whole.is_empty() {
            self.tls.read_tls(&mut whole)?;
        }
        let state = self.tls.process_new_packets()?;
        let from = self.plain.len();
        self.plain.resize(from + state.plaintext_bytes_to_read(), 0);
        self.tls.reader().read_exact(self.plain.get_mut(from..).unwrap_or_default())?;
        Ok(())
    }

    fn drop_record(&mut self) -> Result<u64> {
        let mut left = self.head()?;
        let payload = (left as u64).saturating_sub(OVERHEAD);
        while left > 0 {
            let room = self.record.get_mut(..left).ok_or("a record is too long")?;
            match recv(&self.stream, room, RecvFlags::TRUNC)? {
                (_, 0) => return Err("the server closed inside a body".into()),
                (_, some) => left -= some,
            }
        }
        Ok(payload)
    }

    fn head(&mut self) -> Result<usize> {
        let head = self.record.get_mut(..HEAD).unwrap_or_default();
        self.stream.read_exact(head)?;
        match head {
            [23, 3, 3, high, low] => Ok(usize::from(*high) << 8 | usize::from(*low)),
            other => Err(format!("not a record of data: {other:?}").into()),
        }
    }
}
