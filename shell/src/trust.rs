//! Whether the server is who it says: by the system's authorities, by a pinned certificate, or because a
//! person has trusted it at first sight.

use std::error::Error;
use std::fmt;
use std::io;
use std::str::FromStr;
use std::sync::{Arc, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ClientConfig, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, OtherError, RootCertStore, SignatureScheme};
use sha2::{Digest as _, Sha256};

use crate::known::{self, Known};

/// What is spoken, in TLS's own words.
const ALPN: &[u8] = b"reel/1";

/// The SHA-256 of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Of a certificate in DER.
    pub fn of(der: &[u8]) -> Self {
        Self(Sha256::digest(der).into())
    }
}

impl fmt::Display for Fingerprint {
    /// As `openssl x509 -fingerprint -sha256` writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pairs: Vec<String> = self.0.iter().map(|byte| format!("{byte:02X}")).collect();
        f.write_str(&pairs.join(":"))
    }
}

impl FromStr for Fingerprint {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let expected = "expected the SHA-256 of a certificate, 64 hex digits, with or without colons";
        let digits: Vec<u32> = text
            .chars()
            .filter(|c| *c != ':')
            .map(|c| c.to_digit(16).ok_or(expected))
            .collect::<Result<_, _>>()?;
        let bytes: Vec<u8> = digits
            .chunks(2)
            .map(|pair| {
                pair.iter().fold(0, |byte, digit| byte * 16 + u8::try_from(*digit).unwrap_or_default())
            })
            .collect();
        if digits.len() != 64 {
            return Err(expected);
        }
        bytes.try_into().map(Self).map_err(|_| expected)
    }
}

/// Why a server is not trusted.
#[derive(Clone, Debug)]
pub struct Untrusted {
    /// The server, with its port.
    pub host: String,
    /// What it showed.
    pub shown: Fingerprint,
    /// What is wrong with that.
    pub why: Why,
}

/// What is wrong with a certificate.
#[derive(Clone, Debug)]
pub enum Why {
    /// No authority of this system vouches for it, for the reason that is given.
    Stranger(String),
    /// This server was trusted with another one: this file and line.
    Changed(String, usize),
    /// It is not the one that was asked for.
    NotThePin,
}

impl Untrusted {
    /// Whether nothing speaks against it but that nobody vouches for it.
    pub fn is_stranger(&self) -> bool {
        matches!(self.why, Why::Stranger(_))
    }
}

impl fmt::Display for Untrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: the certificate with the SHA-256 {} is not trusted", self.host, self.shown)
    }
}

impl Error for Untrusted {}

/// What a failed handshake says of trust, if that is why it failed.
pub fn verdict(error: &io::Error) -> Option<Untrusted> {
    match error.get_ref()?.downcast_ref::<rustls::Error>()? {
        rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(other))) => {
            other.downcast_ref::<Untrusted>().cloned()
        }
        _ => None,
    }
}

/// Whether a handshake failed because the server speaks no TLS: it answers something that rustls calls corrupt.
pub fn is_no_tls(error: &io::Error) -> bool {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    matches!(inner, Some(rustls::Error::InvalidMessage(_)))
}

/// How to connect to `host` (with its port), trusting `pin` alone where one is given.
///
/// # Errors
/// rustls does not start: none in practice.
pub fn config(host: &str, pin: Option<Fingerprint>) -> Result<Arc<ClientConfig>, rustls::Error> {
    let provider = Arc::new(ring::default_provider());
    let judge =
        Judge { host: host.to_owned(), pin, provider: provider.clone(), authorities: OnceLock::new() };
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(judge))
        .with_no_client_auth();
    config.alpn_protocols = vec![ALPN.to_vec()];
    Ok(Arc::new(config))
}

/// The name that a certificate has to bear.
pub fn name(host: &str) -> Option<ServerName<'static>> {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    ServerName::try_from(name.trim_matches(['[', ']']).to_owned()).ok()
}

/// Looks at what a server shows.
#[derive(Debug)]
struct Judge {
    host: String,
    pin: Option<Fingerprint>,
    provider: Arc<CryptoProvider>,
    /// Read when they are first asked: who has pinned or trusted the server needs none.
    authorities: OnceLock<Option<Arc<WebPkiServerVerifier>>>,
}

impl Judge {
    fn vouched(
        &self, cert: &CertificateDer<'_>, chain: &[CertificateDer<'_>], name: &ServerName<'_>, ocsp: &[u8],
        now: UnixTime,
    ) -> Result<(), String> {
        let authorities = self.authorities.get_or_init(|| {
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            WebPkiServerVerifier::builder_with_provider(roots.into(), self.provider.clone()).build().ok()
        });
        let Some(authorities) = authorities else {
            return Err("this system has no authorities".to_owned());
        };
        let verified = authorities.verify_server_cert(cert, chain, name, ocsp, now);
        verified.map(drop).map_err(|error| match error {
            rustls::Error::InvalidCertificate(flaw) => flaw.to_string(),
            other => other.to_string(),
        })
    }
}

impl ServerCertVerifier for Judge {
    fn verify_server_cert(
        &self, cert: &CertificateDer<'_>, chain: &[CertificateDer<'_>], name: &ServerName<'_>, ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let shown = Fingerprint::of(cert);
        let untrusted = |why| {
            let untrusted = Untrusted { host: self.host.clone(), shown, why };
            Err(CertificateError::Other(OtherError(Arc::new(untrusted))).into())
        };
        if let Some(pin) = self.pin {
            return if pin == shown {
                Ok(ServerCertVerified::assertion())
            } else {
                untrusted(Why::NotThePin)
            };
        }
        // A file that cannot be read may hold another certificate: then only an authority will do.
        let known = known::file().and_then(|file| Ok((known::look_up(&file, &self.host, &shown)?, file)));
        if matches!(known, Ok((Known::Same, _))) {
            return Ok(ServerCertVerified::assertion());
        }
        match (self.vouched(cert, chain, name, ocsp, now), known) {
            (Ok(()), _) => Ok(ServerCertVerified::assertion()),
            (Err(_), Ok((Known::Other(line), file))) => {
                untrusted(Why::Changed(file.display().to_string(), line))
            }
            (Err(why), _) => untrusted(Why::Stranger(why)),
        }
    }

    fn verify_tls12_signature(
        &self, message: &[u8], cert: &CertificateDer<'_>, signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self, message: &[u8], cert: &CertificateDer<'_>, signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_read_with_and_without_colons() {
        let one = Fingerprint::of(b"one");
        let shown = one.to_string();
        assert_eq!(shown.len(), 95);
        assert_eq!(shown.parse(), Ok(one));
        assert_eq!(shown.replace(':', "").to_lowercase().parse(), Ok(one));
        for wrong in ["", "12", "zz", &shown[..94], &format!("{shown}:00")] {
            assert!(wrong.parse::<Fingerprint>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_name_is_that_of_the_host() {
        for (host, expected) in
            [("club.example:2122", "club.example"), ("[::1]:2122", "::1"), ("127.0.0.1:1", "127.0.0.1")]
        {
            assert_eq!(name(host).unwrap().to_str(), expected);
        }
        assert!(name("a b:1").is_none());
    }
}
