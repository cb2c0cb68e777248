//! `bench hold`: a process that opens sessions and holds them, so that its memory is not the server's.

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::path::Path;

use super::{Door, Ftp, Line};
use crate::Result;
use crate::process::Process;

/// Starts one of these processes and waits until it holds all sessions.
///
/// # Errors
/// If the server does not let it in so often.
pub fn start(door: &dyn Door, address: SocketAddr, count: usize, log: &Path) -> Result<Process> {
    let (kind, token) = door.key();
    let args = ["hold".to_owned(), kind.into(), address.to_string(), count.to_string(), token];
    let mut process = Process::start(&std::env::current_exe()?, args, &[], log)?;
    match process.line()?.as_str() {
        "held" => Ok(process),
        other => Err(format!("{count} sessions: {other}").into()),
    }
}

/// What the process does.
///
/// # Errors
/// If an argument is wrong.
pub fn run(args: &[String]) -> Result<()> {
    let [kind, address, count, key] = args else {
        return Err("usage: bench hold line|ftp ADDRESS COUNT TOKEN|USER".into());
    };
    let address: SocketAddr = address.parse()?;
    let key = key.clone();
    let door: Box<dyn Door> = match kind.as_str() {
        "line" => Box::new(Line { address, token: key, user: String::new(), titles: Default::default() }),
        _ => Box::new(Ftp { address, user: key }),
    };
    let mut held = Vec::new();
    for number in 0..count.parse()? {
        match door.session() {
            Ok(session) => held.push(session),
            Err(error) => {
                println!("after {number}: {error}");
                return Ok(());
            }
        }
    }
    println!("held");
    std::io::stdout().flush()?;
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
