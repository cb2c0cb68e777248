//! The shell `reel`, run as a script runs it.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::club::{Club, program};

/// Runs `reel` in a folder, with the password of `name` and English texts, and waits for its end.
/// `more` are further environment variables.
pub fn reel(club: &Club, folder: &Path, name: &str, more: &[(&str, &str)], arguments: &[&str]) -> Output {
    run(&["--host", &club.address().to_string()], folder, name, more, arguments)
}

/// The same over TLS.
pub fn reel_tls(club: &Club, folder: &Path, name: &str, more: &[(&str, &str)], arguments: &[&str]) -> Output {
    run(&["--tls", "--host", &club.tls_address().to_string()], folder, name, more, arguments)
}

/// The same at another address of the club.
pub fn reel_at(address: SocketAddr, folder: &Path, name: &str, arguments: &[&str]) -> Output {
    run(&["--host", &address.to_string()], folder, name, &[], arguments)
}

fn run(host: &[&str], folder: &Path, name: &str, more: &[(&str, &str)], arguments: &[&str]) -> Output {
    // Without a terminal: where there is one, `reel` asks there.
    Command::new("/usr/bin/setsid")
        .arg(program("reel"))
        .args(host)
        .args(arguments)
        .current_dir(folder)
        .env("HOME", folder)
        .env_remove("XDG_STATE_HOME")
        .env("LC_ALL", "C.UTF-8")
        .env("TZ", "UTC")
        .env("REEL_PASSWORD", format!("the password of {name}"))
        .envs(more.iter().copied())
        .stdin(Stdio::null())
        .output()
        .expect("reel runs")
}
