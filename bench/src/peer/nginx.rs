//! nginx: what a web server does with files, plain and with TLS.

use super::{Server, configure, free_port, launch, program, user};
use crate::Result;
use crate::client::Http;
use crate::lab::Lab;

/// Starts it as Debian configures it: a worker a core, sendfile. It writes no log, which is in its favour.
///
/// # Errors
/// If it does not start.
pub fn start(lab: &Lab) -> Result<Server> {
    let (path, env) = program(lab, "nginx")?;
    let address = free_port()?;
    let folder = lab.folder.display();
    let owner =
        if rustix::process::geteuid().is_root() { format!("user {};\n", user()?) } else { String::new() };
    let tls = match &lab.tls {
        Some(tls) => format!(
            "listen {} ssl; ssl_certificate {}; ssl_certificate_key {}; ssl_protocols TLSv1.3;",
            tls.nginx,
            tls.certificate.display(),
            tls.key.display()
        ),
        None => String::new(),
    };
    let config = format!(
        "{owner}daemon off;\nworker_processes auto;\npid {folder}/nginx.pid;\nerror_log {folder}/nginx.log;\n\
         events {{ worker_connections 20000; }}\n\
         http {{\n  access_log off;\n  sendfile on;\n  tcp_nopush off;\n  keepalive_requests 100000000;\n\
         keepalive_timeout 600;\n\
         client_body_temp_path {folder}/nginx.1;\n  proxy_temp_path {folder}/nginx.2;\n\
         fastcgi_temp_path {folder}/nginx.3;\n  uwsgi_temp_path {folder}/nginx.4;\n  scgi_temp_path {folder}/nginx.5;\n\
         server {{ listen {address}; {tls} root {}; }}\n}}\n",
        lab.content.root.display(),
    );
    let config = configure(lab, "nginx.conf", &config)?;
    let error_log = format!("{folder}/nginx.log");
    let process = launch(lab, "nginx", address, &path, &["-c".into(), config, "-e".into(), error_log], &env)?;
    Ok(Server {
        process,
        address,
        door: Box::new(Http { address }),
        files: lab.content.root.clone(),
        reel: None,
    })
}
