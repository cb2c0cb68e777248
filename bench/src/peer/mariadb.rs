//! A MariaDB of our own for Reel: durable, with nothing set that would make it quicker and untrue.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::free_port;
use crate::lab::Lab;
use crate::process::Process;
use crate::{Result, Skip};

/// The running database.
pub struct MariaDb {
    _process: Process,
    /// Where a database `reel` is.
    pub url: String,
}

/// Starts it in a folder of its own.
///
/// # Errors
/// If it is not installed, or does not start.
pub fn start(lab: &Lab) -> Result<MariaDb> {
    let (Some(install), Some(server)) = (find("mariadb-install-db"), find("mariadbd")) else {
        return Err(Skip::because("MariaDB is not installed".to_owned()));
    };
    let folder = lab.folder.join("mariadb");
    std::fs::create_dir_all(&folder)?;
    let (data, socket) = (folder.join("data"), folder.join("socket"));
    let user = format!("--user={}", super::user()?);
    let datadir = format!("--datadir={}", data.display());
    let made = Command::new(install)
        .args([
            "--no-defaults",
            &user,
            &datadir,
            "--skip-test-db",
            "--auth-root-authentication-method=normal",
        ])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    if !made.success() {
        return Err("mariadb-install-db failed".into());
    }
    let port = free_port()?.port();
    let (socket, tmp) = (format!("--socket={}", socket.display()), format!("--tmpdir={}", folder.display()));
    let port_option = format!("--port={port}");
    let args = [
        "--no-defaults",
        &user,
        &datadir,
        &tmp,
        &socket,
        &port_option,
        "--bind-address=127.0.0.1",
        "--innodb-flush-log-at-trx-commit=1",
        "--innodb-buffer-pool-size=256M",
        "--innodb-log-file-size=128M",
        "--skip-log-bin",
        "--max-connections=600",
        "--skip-name-resolve",
    ];
    let mut process = Process::start(&server, args, &[], &lab.folder.join("mariadb.log"))?;
    let since = Instant::now();
    let make = || {
        let args = ["--no-defaults", &socket, "-u", "root", "-e", "CREATE DATABASE IF NOT EXISTS reel"];
        let mut client = Command::new("mariadb");
        client
            .args(args)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    };
    while !make() {
        if process.ended() || since.elapsed() > Duration::from_secs(60) {
            return Err("MariaDB does not start".into());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(MariaDb { _process: process, url: format!("mysql://root@127.0.0.1:{port}/reel") })
}

fn find(name: &str) -> Option<std::path::PathBuf> {
    let folders = ["/usr/sbin", "/usr/bin", "/usr/local/bin"];
    folders.iter().map(|folder| std::path::Path::new(folder).join(name)).find(|path| path.exists())
}
