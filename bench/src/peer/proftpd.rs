//! proftpd: a process a session, sendfile(2).

use super::{Server, configure, free_port, ftp_account, launch, program, user};
use crate::Result;
use crate::client::Ftp;
use crate::lab::Lab;

/// Starts it with no module but those that are built in.
///
/// # Errors
/// If it does not start.
pub fn start(lab: &Lab) -> Result<Server> {
    let (path, env) = program(lab, "proftpd")?;
    let address = free_port()?;
    let root = rustix::process::geteuid().is_root();
    let owner = if root && ftp_account() { "ftp".to_owned() } else { user()? };
    let folder = lab.folder.display();
    let config = format!(
        "ServerName bench\nServerType standalone\nDefaultAddress 127.0.0.1\nPort {}\nUseIPv6 off\n\
         SocketBindTight on\nModulePath {}/usr/lib/proftpd\nPidFile {folder}/proftpd.pid\n\
         ScoreboardFile {folder}/proftpd.score\nDelayTable {folder}/proftpd.delay\nDelayEngine off\n\
         User {}\nGroup {}\nMaxInstances none\nUseReverseDNS off\nWtmpLog off\nTransferLog none\n\
         SystemLog none\nAllowOverwrite on\nUseSendfile on\nRequireValidShell off\nTimeoutIdle 0\n\
         TimeoutNoTransfer 0\n\
         <Anonymous {}>\n  User {owner}\n  UserAlias anonymous {owner}\n  AnonRequirePassword off\n  RequireValidShell off\n\
         MaxClients none\n  RootLogin on\n  <Limit WRITE>\n    AllowAll\n  </Limit>\n</Anonymous>\n",
        address.port(),
        lab.packages.display(),
        user()?,
        group()?,
        lab.content.root.display(),
    );
    let config = configure(lab, "proftpd.conf", &config)?;
    let process =
        launch(lab, "proftpd", address, &path, &["-n".into(), "-q".into(), "-c".into(), config], &env)?;
    Ok(Server {
        process,
        address,
        door: Box::new(Ftp::anonymous(address)),
        files: lab.content.root.clone(),
        reel: None,
    })
}

fn group() -> Result<String> {
    let id = std::process::Command::new("id").arg("-gn").output()?;
    Ok(String::from_utf8(id.stdout)?.trim().to_owned())
}
