//! pure-ftpd: a process a session.

use std::process::Command;

use super::{Server, configure, free_port, launch, program};
use crate::client::Ftp;
use crate::lab::Lab;
use crate::{Result, Skip};

/// A user of its own table, since the anonymous one needs an account `ftp` of the system. The password is kept
/// as crypt(3) had it in the seventies, which costs next to nothing to check.
const USER: &str = "bench:rlIRetALJRv/M:65534:65534::";

/// Starts it; that takes root.
///
/// # Errors
/// If it does not start.
pub fn start(lab: &Lab) -> Result<Server> {
    let (path, env) = program(lab, "pure-ftpd")?;
    if !rustix::process::geteuid().is_root() {
        return Err(Skip::because("pure-ftpd runs as root only".to_owned()));
    }
    let address = free_port()?;
    let users =
        configure(lab, "pure-ftpd.users", &format!("{USER}{}/./::::::::::::\n", lab.content.root.display()))?;
    let table = format!("{users}.pdb");
    let (tool, _) = program(lab, "pure-pw")?;
    if !Command::new(tool).args(["mkdb", &table, "-f", &users]).status()?.success() {
        return Err("pure-pw failed".into());
    }
    let (login, bind) = (format!("puredb:{table}"), format!("127.0.0.1,{}", address.port()));
    let pid = lab.folder.join("pure-ftpd.pid").display().to_string();
    // No limits of its own, no look-up of names, lists of any length, an hour of silence.
    let args = [
        "-S",
        &bind,
        "-l",
        &login,
        "-E",
        "-c",
        "30000",
        "-C",
        "30000",
        "-H",
        "-L",
        "2000000:9",
        "-I",
        "60",
        "-g",
        &pid,
    ];
    let process = launch(lab, "pure-ftpd", address, &path, &args.map(str::to_owned), &env)?;
    let door = Box::new(Ftp { address, user: "bench".into() });
    Ok(Server { process, address, door, files: lab.content.root.clone(), reel: None })
}
