//! The place where it all happens: a temporary folder, the files, the servers that run.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::Result;
use crate::content::Content;
use crate::peer::{self, Server};

/// What rows share.
pub struct Lab {
    _temp: tempfile::TempDir,
    /// The temporary folder: configurations, logs, data.
    pub folder: PathBuf,
    /// Where `bench/run` has unpacked the peers' packages.
    pub packages: PathBuf,
    /// The daemon.
    pub reeld: PathBuf,
    /// The daemon that hashes uploads with OpenSSL, if it was built.
    pub openssl: PathBuf,
    /// What fills a library (`daemon/examples/fill.rs`).
    pub fill: PathBuf,
    /// What peers serve.
    pub content: Content,
    /// How long a rate is measured.
    pub window: Duration,
    /// A certificate, if it could be made.
    pub tls: Option<Tls>,
    servers: HashMap<String, Server>,
}

/// A certificate for localhost, and where nginx speaks TLS with it.
pub struct Tls {
    /// PEM.
    pub certificate: PathBuf,
    /// PEM.
    pub key: PathBuf,
    /// Where nginx listens with it.
    pub nginx: std::net::SocketAddr,
}

impl Lab {
    /// An empty one, set up by the environment (see README.md).
    ///
    /// # Errors
    /// If there is no room.
    pub fn new() -> Result<Lab> {
        let target = PathBuf::from(variable("CARGO_TARGET_DIR", "target"));
        let temp = match std::env::var_os("BENCH_DIR") {
            Some(place) => tempfile::Builder::new().prefix("reel-bench.").tempdir_in(place)?,
            None => tempfile::Builder::new().prefix("reel-bench.").tempdir()?,
        };
        // Servers that give root up have to get in.
        let open = <std::fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o755);
        std::fs::set_permissions(temp.path(), open)?;
        let folder = temp.path().to_owned();
        let content = Content::new(folder.join("files"), number("BENCH_MIB", 1024)?.max(8) << 20)?;
        let program =
            |key, name: &str| PathBuf::from(variable(key, &target.join(name).display().to_string()));
        Ok(Lab {
            tls: certificate(&folder),
            _temp: temp,
            packages: std::path::absolute(target.join("bench/peers"))?,
            reeld: std::path::absolute(program("BENCH_REELD", "release/reeld"))?,
            openssl: std::path::absolute(program("BENCH_REELD_OPENSSL", "release/reeld-openssl"))?,
            fill: program("BENCH_FILL", "release/examples/fill"),
            content,
            window: Duration::from_millis(number("BENCH_MS", 1000)?),
            servers: HashMap::new(),
            folder,
        })
    }

    /// A server, started if it does not run yet.
    ///
    /// # Errors
    /// If it does not start.
    pub fn server(&mut self, name: &str) -> Result<&Server> {
        if !self.servers.contains_key(name) {
            let server = peer::start(self, name)?;
            self.servers.insert(name.to_owned(), server);
        }
        Ok(self.servers.get(name).ok_or("it was there")?)
    }

    /// A server that has to be told from others of its name.
    ///
    /// # Errors
    /// If it does not start.
    pub fn special<F>(&mut self, name: &str, start: F) -> Result<&Server>
    where
        F: FnOnce(&Lab) -> Result<Server>,
    {
        if !self.servers.contains_key(name) {
            let server = start(self)?;
            self.servers.insert(name.to_owned(), server);
        }
        self.server(name)
    }

    /// A server with these files: Reel gets them uploaded, the others serve them from the folder.
    ///
    /// # Errors
    /// If it does not start, or has no room.
    pub fn serving(&mut self, name: &str, files: &[String]) -> Result<&Server> {
        let sources = files.iter().map(|file| Ok((file.clone(), self.content.source(file)?)));
        let sources = sources.collect::<Result<Vec<_>>>()?;
        let server = self.server(name)?;
        if let Some(club) = &server.reel {
            let there = club.member.titles.lock().map_err(|_| "a client panicked")?.clone();
            let missing: Vec<_> = sources.into_iter().filter(|(file, _)| !there.contains_key(file)).collect();
            club.upload(&missing)?;
        }
        Ok(server)
    }
}

/// A number of the environment.
///
/// # Errors
/// If it is none.
pub fn number(key: &str, otherwise: u64) -> Result<u64> {
    let value = variable(key, &otherwise.to_string());
    value.parse().map_err(|_| format!("{key} is no number: {value:?}").into())
}

fn variable(key: &str, otherwise: &str) -> String {
    std::env::var(key).unwrap_or_else(|_| otherwise.to_owned())
}

fn certificate(folder: &Path) -> Option<Tls> {
    let (certificate, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "2",
        ])
        .args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE", "-out"])
        .arg(&certificate)
        .arg("-keyout")
        .arg(&key)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    match made {
        Ok(status) if status.success() => Some(Tls { certificate, key, nginx: peer::free_port().ok()? }),
        _ => None,
    }
}
