//! A certificate of one's own making, for a start.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::time::Duration;

use protocol::value::Time;
use rcgen::{CertificateParams, DnType, KeyPair, date_time_ymd};

use super::certificates::{CertificateError, Files};

/// How long it is good: whoever trusts it at first sight should not have to look again soon.
const YEARS: u32 = 10;

const DAY: Duration = Duration::from_secs(86_400);

/// The names of this machine.
pub fn own_names() -> Vec<String> {
    let system = rustix::system::uname();
    let host = system.nodename().to_str().unwrap_or_default();
    let mut names: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).into();
    if !host.is_empty() && host != "localhost" && host != "(none)" {
        names.insert(0, host.to_owned());
    }
    names
}

/// Makes a key and a certificate for these names and addresses, signed by itself, and puts them into
/// `files`, readable by their owner alone. With `force` it replaces what is there.
///
/// # Errors
/// One is there already; a name is none; of the disk.
pub fn make(files: &Files, names: &[String], now: Time, force: bool) -> Result<(), CertificateError> {
    if let Some(there) = [&files.cert, &files.key].into_iter().find(|path| !force && path.exists()) {
        return Err(CertificateError::Exists(there.clone()));
    }
    let made = |error: rcgen::Error| CertificateError::Made(error.to_string());
    let mut params = CertificateParams::new(names).map_err(made)?;
    let name = names.first().map_or("reel", String::as_str);
    params.distinguished_name.push(DnType::CommonName, name);
    let now = date_time_ymd(1970, 1, 1) + Duration::from_millis(u64::try_from(now.0).unwrap_or_default());
    // The clocks of others may be behind.
    params.not_before = now - DAY;
    params.not_after = now + DAY * 365 * YEARS;
    let key = KeyPair::generate().map_err(made)?;
    let cert = params.self_signed(&key).map_err(made)?;
    write(&files.key, &key.serialize_pem())?;
    write(&files.cert, &cert.pem())
}

/// Writes aside and renames: who reads it meanwhile sees the old or the new one.
fn write(path: &Path, text: &str) -> Result<(), CertificateError> {
    let aside = path.with_extension("new");
    let written = || -> io::Result<()> {
        if let Some(folder) = path.parent() {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        let _ = fs::remove_file(&aside);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&aside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&aside, path)
    };
    written().map_err(|error| CertificateError::File(path.to_owned(), error))
}
