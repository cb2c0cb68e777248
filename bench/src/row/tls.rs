//! One big file over TLS 1.3 with AES-256-GCM.

use super::{Better, Figure, Row};
use crate::client::tls;
use crate::lab::Lab;
use crate::{Result, Skip};

/// See the module.
pub struct Tls;

impl Row for Tls {
    fn name(&self) -> &'static str {
        "tls"
    }

    fn title(&self) -> &'static str {
        "Download over TLS, one stream"
    }

    fn figures(&self) -> &'static [Figure] {
        &[
            Figure { title: "speed", unit: "MiB/s", better: Better::More, target: "0.9x nginx" },
            Figure { title: "CPU of the server", unit: "s/GiB", better: Better::Less, target: "" },
        ]
    }

    fn competitors(&self) -> &'static [&'static str] {
        &["Reel", "nginx"]
    }

    fn measure(&mut self, lab: &mut Lab, who: &str) -> Result<Vec<Option<f64>>> {
        let (size, Some(files)) = (lab.content.size, &lab.tls) else {
            return Err(Skip::because("openssl made no certificate".to_owned()));
        };
        let (config, nginx) = (tls::config(&files.certificate)?, files.nginx);
        let server = lab.serving(who, &["big".to_owned()])?;
        let cpu = server.process.cpu();
        let took = match &server.reel {
            None => tls::download(
                config,
                nginx,
                None,
                "GET /big HTTP/1.1\r\nHost: bench\r\n\r\n",
                "\r\n\r",
                size,
            )?,
            Some(club) => {
                let Some(address) = club.tls else {
                    return Err(Skip::because("this reeld has no TLS".to_owned()));
                };
                let titles = club.member.titles.lock().map_err(|_| "a client panicked")?;
                let ask = format!("RETR {}\r\n", titles.get("big").ok_or("no title")?);
                drop(titles);
                let resume = format!("RESUME {}\r\n", club.member.token);
                tls::download(config, address, Some((&resume, "230 OK")), &ask, "150 DATA", size)?
            }
        };
        let mib = size as f64 / f64::from(1 << 20);
        Ok(vec![Some(mib / took.as_secs_f64()), Some((server.process.cpu() - cpu) / mib * 1024.0)])
    }
}
