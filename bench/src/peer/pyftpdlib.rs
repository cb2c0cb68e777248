//! pyftpdlib: one process that waits for all sessions, as Reel does, but in Python.

use std::path::Path;

use super::{Server, configure, free_port, launch};
use crate::client::Ftp;
use crate::lab::Lab;
use crate::{Result, Skip};

const SCRIPT: &str = "import logging, sys
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import FTPServer
logging.basicConfig(level=logging.ERROR)
FTPHandler.authorizer = DummyAuthorizer()
FTPHandler.authorizer.add_anonymous(sys.argv[2], perm='elrw')
FTPHandler.timeout = 0
server = FTPServer(('127.0.0.1', int(sys.argv[1])), FTPHandler, backlog=1024)
server.max_cons = server.max_cons_per_ip = 0
server.serve_forever()
";

/// Starts it with Debian's Python, for which it was packaged.
///
/// # Errors
/// If it does not start.
pub fn start(lab: &Lab) -> Result<Server> {
    let modules = lab.packages.join("usr/lib/python3/dist-packages");
    let installed = Path::new("/usr/lib/python3/dist-packages/pyftpdlib");
    if !modules.join("pyftpdlib").exists() && !installed.exists() {
        return Err(Skip::because("python3-pyftpdlib is not installed".to_owned()));
    }
    let address = free_port()?;
    let script = configure(lab, "ftp-server.py", SCRIPT)?;
    let args = ["-u".into(), script, address.port().to_string(), lab.content.root.display().to_string()];
    let env = [("PYTHONPATH", modules.display().to_string())];
    let process = launch(lab, "pyftpdlib", address, Path::new("/usr/bin/python3"), &args, &env)?;
    Ok(Server {
        process,
        address,
        door: Box::new(Ftp::anonymous(address)),
        files: lab.content.root.clone(),
        reel: None,
    })
}
