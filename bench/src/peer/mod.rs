//! Who is measured: Reel, its peers, and bare loops that say what the machine can do.

mod bare;
pub mod mariadb;
mod nginx;
mod proftpd;
mod pureftpd;
mod pyftpdlib;
pub mod reel;
mod vsftpd;

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

pub use self::bare::serve as serve_bare;
use crate::client::Door;
use crate::lab::Lab;
use crate::process::Process;
use crate::{Result, Skip};

/// How long a server may take to start.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server.
pub struct Server {
    /// Its process, the parent of all others that it has.
    pub process: Process,
    /// Where it listens.
    pub address: SocketAddr,
    /// The way in.
    pub door: Box<dyn Door>,
    /// The folder with the files that it serves.
    pub files: PathBuf,
    /// What only Reel has.
    pub reel: Option<reel::Club>,
}

/// Starts one by its name.
///
/// # Errors
/// [`Skip`] if it is not installed or cannot be run as who we are; else if it does not start.
pub fn start(lab: &Lab, name: &str) -> Result<Server> {
    match name {
        "Reel" => reel::start(lab, &reel::Setup::default()),
        reel::OPENSSL => reel::start(lab, &reel::Setup::openssl(lab)?),
        "vsftpd" => vsftpd::start(lab),
        "proftpd" => proftpd::start(lab),
        "pure-ftpd" => pureftpd::start(lab),
        "pyftpdlib" => pyftpdlib::start(lab),
        "nginx" => nginx::start(lab),
        "bare loop" => bare::start(lab, false),
        "bare loop, fsync" => bare::start(lab, true),
        _ => Err(format!("nobody is called {name}").into()),
    }
}

/// A program of a peer: as `bench/run` has unpacked it, or as it is installed. And what it needs around it.
fn program(lab: &Lab, name: &str) -> Result<(PathBuf, Vec<(&'static str, String)>)> {
    let unpacked = ["usr/sbin", "usr/bin"].map(|folder| lab.packages.join(folder).join(name));
    if let Some(unpacked) = unpacked.into_iter().find(|path| path.exists()) {
        let libraries = lab.packages.join("usr/lib").join(format!("{}-linux-gnu", std::env::consts::ARCH));
        return Ok((unpacked, vec![("LD_LIBRARY_PATH", libraries.display().to_string())]));
    }
    let installed = ["/usr/sbin", "/usr/bin", "/usr/local/sbin"].map(|folder| Path::new(folder).join(name));
    match installed.into_iter().find(|path| path.exists()) {
        Some(path) => Ok((path, Vec::new())),
        None => Err(Skip::because(format!("{name} is not installed"))),
    }
}

/// Starts a server that says nothing when it is ready: it is when it takes connections.
fn launch(
    lab: &Lab, name: &str, address: SocketAddr, program: &Path, args: &[String], env: &[(&str, String)],
) -> Result<Process> {
    let log = lab.folder.join(format!("{name}.log"));
    let mut process = Process::start(program, args, env, &log)?;
    let since = Instant::now();
    while TcpStream::connect(address).is_err() {
        if process.ended() || since.elapsed() > PATIENCE {
            let log = fs::read_to_string(log).unwrap_or_default();
            return Err(format!(
                "{name} does not start: {}",
                log.lines().last().unwrap_or("it says nothing")
            )
            .into());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(process)
}

/// A port that was free a moment ago.
///
/// # Errors
/// If there is none.
pub fn free_port() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// Writes a configuration.
fn configure(lab: &Lab, name: &str, text: &str) -> Result<String> {
    let path = lab.folder.join(name);
    fs::write(&path, text)?;
    Ok(path.display().to_string())
}

/// Our own name, as configurations want it.
fn user() -> Result<String> {
    let id = std::process::Command::new("id").arg("-un").output()?;
    Ok(String::from_utf8(id.stdout)?.trim().to_owned())
}

/// Whether there is an account `ftp`, as some servers want it for anonymous sessions.
fn ftp_account() -> bool {
    fs::read_to_string("/etc/passwd")
        .is_ok_and(|accounts| accounts.lines().any(|line| line.starts_with("ftp:")))
}
