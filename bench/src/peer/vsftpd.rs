//! vsftpd: a process a session, sendfile(2).

use super::{Server, configure, free_port, launch, program, user};
use crate::Result;
use crate::client::Ftp;
use crate::lab::Lab;

/// Starts it as it comes, with its two processes a session and its sandbox, if we are root; else as who we are, which
/// leaves it neither.
///
/// # Errors
/// If it does not start.
pub fn start(lab: &Lab) -> Result<Server> {
    let (path, env) = program(lab, "vsftpd")?;
    let address = free_port()?;
    let empty = lab.folder.join("empty");
    std::fs::create_dir_all(&empty)?;
    // Any account does that is not root and has a home.
    let (owner, rights) = match rustix::process::geteuid().is_root() {
        true => ("daemon".to_owned(), ""),
        false => (user()?, "seccomp_sandbox=NO\nrun_as_launching_user=YES\nallow_writeable_chroot=YES\n"),
    };
    let config = format!(
        "listen=YES\nbackground=NO\nlisten_address=127.0.0.1\nlisten_port={}\nanonymous_enable=YES\n\
         local_enable=NO\nwrite_enable=YES\nanon_upload_enable=YES\nanon_other_write_enable=YES\nanon_root={}\n\
         ftp_username={owner}\nno_anon_password=YES\nanon_umask=022\nsecure_chroot_dir={}\npasv_address=127.0.0.1\n\
         {rights}xferlog_enable=NO\nmax_clients=0\nmax_per_ip=0\n",
        address.port(),
        lab.content.root.display(),
        empty.display(),
    );
    let config = configure(lab, "vsftpd.conf", &config)?;
    let process = launch(lab, "vsftpd", address, &path, &[config], &env)?;
    Ok(Server {
        process,
        address,
        door: Box::new(Ftp::anonymous(address)),
        files: lab.content.root.clone(),
        reel: None,
    })
}
