//! The certificate of the house: read, looked at, and exchanged while the daemon runs.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use protocol::value::Time;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier as _;
use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{CertificateError as Flaw, Error, RootCertStore, ServerConfig};
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;

use crate::config::{Config, ConfigError};

/// What is spoken here. A client that names protocols and not this one is turned away by TLS itself.
const ALPN: &[u8] = b"reel/1";

/// Where certificate and key lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// The certificate, and behind it what links it to an authority. PEM.
    pub cert: PathBuf,
    /// Its private key. PEM.
    pub key: PathBuf,
}

impl Files {
    /// Those that the configuration names; without any, those of the data folder.
    ///
    /// # Errors
    /// One is named without the other.
    pub fn of(config: &Config) -> Result<Self, ConfigError> {
        let named = |path: &Path| !path.as_os_str().is_empty();
        match (named(&config.tls_cert), named(&config.tls_key)) {
            (false, false) => Ok(Self::of_folder(&config.data)),
            (true, true) => Ok(Self { cert: config.tls_cert.clone(), key: config.tls_key.clone() }),
            (cert, _) => {
                let missing = if cert { "tls_key" } else { "tls_cert" };
                let why = "tls_cert and tls_key are set together, or neither";
                Err(ConfigError::Wrong(missing.to_owned(), why.to_owned()))
            }
        }
    }

    /// Those of the data folder, which `reeld cert` makes.
    pub fn of_folder(data: &Path) -> Self {
        let folder = data.join("tls");
        Self { cert: folder.join("cert.pem"), key: folder.join("key.pem") }
    }
}

/// Why a certificate is not taken, with the file to look at.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// It cannot be read or written.
    #[error("{0}: {1}")]
    File(PathBuf, std::io::Error),
    /// It is there, and not what it should be.
    #[error("{0}: {1}")]
    Bad(PathBuf, String),
    /// Two files that do not belong together.
    #[error("{0} is not the key of the certificate in {1}")]
    Mismatch(PathBuf, PathBuf),
    /// There is one already.
    #[error(
        "{0} is there already; --force replaces it, and every shell that trusts it will refuse the new one"
    )]
    Exists(PathBuf),
    /// It could not be made.
    #[error("cannot make a certificate: {0}")]
    Made(String),
}

/// The certificate in force. New connections get it as it is then; open ones keep theirs.
pub struct Certificates {
    files: Files,
    state: Mutex<State>,
    /// How many handshakes compute at once.
    pub(super) workers: Semaphore,
}

struct State {
    config: Arc<ServerConfig>,
    pair: Pair,
}

/// What the files hold.
struct Pair {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificates").field("files", &self.files).finish_non_exhaustive()
    }
}

impl Certificates {
    /// Reads them and looks at them as of `now`.
    ///
    /// # Errors
    /// A file is missing, unreadable or holds something else; the two do not belong together; the
    /// certificate has expired or is not good yet.
    pub fn load(files: Files, now: Time) -> Result<Self, CertificateError> {
        let pair = Pair::read(&files, now)?;
        let config = pair.config(&files)?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let state = Mutex::new(State { config, pair });
        Ok(Self { files, state, workers: Semaphore::new(cores) })
    }

    /// Reads the files again. True if the certificate is another one now. The tickets with which clients
    /// resume their TLS sessions are good only for the certificate that they were given under.
    ///
    /// # Errors
    /// As [`Certificates::load`]; then all stays as it was.
    pub fn reload(&self, now: Time) -> Result<bool, CertificateError> {
        let pair = Pair::read(&self.files, now)?;
        let config = pair.config(&self.files)?;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.pair.chain == pair.chain && state.pair.key == pair.key {
            return Ok(false);
        }
        *state = State { config, pair };
        Ok(true)
    }

    /// What a new connection is accepted with.
    pub fn current(&self) -> Arc<ServerConfig> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).config.clone()
    }

    /// The SHA-256 of the certificate, as [`fingerprint`].
    pub fn fingerprint(&self) -> String {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.pair.chain.first().map(|cert| fingerprint(cert)).unwrap_or_default()
    }
}

/// The SHA-256 of a certificate, written as `openssl x509 -fingerprint -sha256` writes it.
pub fn fingerprint(der: &[u8]) -> String {
    let pairs: Vec<String> = Sha256::digest(der).iter().map(|byte| format!("{byte:02X}")).collect();
    pairs.join(":")
}

impl Pair {
    fn read(files: &Files, now: Time) -> Result<Self, CertificateError> {
        let bad = |path: &Path, why: &str| CertificateError::Bad(path.to_owned(), why.to_owned());
        let chain: Vec<_> = CertificateDer::pem_slice_iter(&contents(&files.cert)?)
            .collect::<Result<_, pem::Error>>()
            .map_err(|_| bad(&files.cert, "expected certificates in PEM"))?;
        let leaf = chain.first().ok_or_else(|| bad(&files.cert, "no certificate in PEM there"))?;
        still_good(leaf, now).map_err(|why| bad(&files.cert, &why))?;
        let key = PrivateKeyDer::from_pem_slice(&contents(&files.key)?).map_err(|error| match error {
            pem::Error::NoItemsFound => bad(&files.key, "no private key in PEM there"),
            _ => bad(&files.key, "expected a private key in PEM, without a password"),
        })?;
        Ok(Self { chain, key })
    }

    fn config(&self, files: &Files) -> Result<Arc<ServerConfig>, CertificateError> {
        let builder = ServerConfig::builder_with_provider(ring::default_provider().into())
            .with_safe_default_protocol_versions()
            .map_err(|error| CertificateError::Made(error.to_string()))?;
        let config = builder.with_no_client_auth().with_single_cert(self.chain.clone(), self.key.clone_key());
        let mut config = config.map_err(|error| match error {
            Error::InconsistentKeys(_) => CertificateError::Mismatch(files.key.clone(), files.cert.clone()),
            Error::General(why) => CertificateError::Bad(files.key.clone(), why),
            other => CertificateError::Bad(files.cert.clone(), other.to_string()),
        })?;
        config.alpn_protocols = vec![ALPN.to_vec()];
        // A further connection, of which a download has several, need not sign again.
        config.ticketer = ring::Ticketer::new().map_err(|e| CertificateError::Made(e.to_string()))?;
        Ok(Arc::new(config))
    }
}

fn contents(path: &Path) -> Result<Vec<u8>, CertificateError> {
    std::fs::read(path).map_err(|error| CertificateError::File(path.to_owned(), error))
}

/// Whether a certificate is within its time. It is held against itself as its only authority: who has issued
/// it is the business of those who are to trust it.
fn still_good(leaf: &CertificateDer<'static>, now: Time) -> Result<(), String> {
    let unreadable = || "the certificate cannot be read".to_owned();
    let mut roots = RootCertStore::empty();
    roots.add(leaf.clone()).map_err(|_| unreadable())?;
    let provider = Arc::new(ring::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(roots.into(), provider);
    let verifier = verifier.build().map_err(|_| unreadable())?;
    let name = ServerName::try_from("reel.invalid").map_err(|_| unreadable())?;
    let now = UnixTime::since_unix_epoch(Duration::from_millis(u64::try_from(now.0).unwrap_or_default()));
    match verifier.verify_server_cert(leaf, &[], &name, &[], now) {
        Err(Error::InvalidCertificate(Flaw::Expired)) => Err("the certificate has expired".to_owned()),
        Err(Error::InvalidCertificate(Flaw::ExpiredContext { not_after, .. })) => {
            Err(format!("the certificate has expired: it was good until {}", time(not_after)))
        }
        Err(Error::InvalidCertificate(Flaw::NotValidYet)) => {
            Err("the certificate is not good yet".to_owned())
        }
        Err(Error::InvalidCertificate(Flaw::NotValidYetContext { not_before, .. })) => {
            Err(format!("the certificate is not good before {}", time(not_before)))
        }
        Err(Error::InvalidCertificate(Flaw::BadEncoding)) => Err(unreadable()),
        _ => Ok(()),
    }
}

fn time(at: UnixTime) -> Time {
    Time(i64::try_from(at.as_secs().saturating_mul(1000)).unwrap_or(i64::MAX))
}
