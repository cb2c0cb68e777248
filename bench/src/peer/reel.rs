//! Reel: with an admin who uploads, and a member who fetches without waits.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use super::{Server, free_port};
use crate::client::{Door, Line};
use crate::content::Source;
use crate::lab::Lab;
use crate::process::Process;
use crate::{Result, Skip};

/// What is asked of the configuration, as far as the daemon knows the keys: nothing that a promise rests on,
/// only limits that would tell one machine with a thousand sessions from a thousand people.
const WANTED: [(&str, &str, &str); 7] = [
    // The others write none either.
    ("", "log", "\"warn\""),
    ("limits", "connections", "20000"),
    ("limits", "address_connections", "20000"),
    ("limits", "login_address_free", "1000000"),
    ("limits", "uploads", "64"),
    ("limits", "account_uploads", "64"),
    ("shelf", "titles", "1000000"),
];

/// How it is started.
#[derive(Default)]
pub struct Setup {
    /// The name of its folder; instances at once need different ones.
    pub name: Option<String>,
    /// The database; SQLite in the folder without it.
    pub database: Option<String>,
    /// Titles that the library is filled with beforehand, without content.
    pub titles: usize,
    /// What it is run under: a program and its options.
    pub under: Vec<String>,
    /// Variables of the environment.
    pub env: Vec<(&'static str, String)>,
    /// Another daemon than [`Lab::reeld`].
    pub reeld: Option<PathBuf>,
}

/// What the one with OpenSSL's MD5 is called.
pub const OPENSSL: &str = "Reel, OpenSSL's MD5";

impl Setup {
    /// The daemon that hashes uploads with OpenSSL.
    ///
    /// # Errors
    /// [`Skip`] if it was not built.
    pub fn openssl(lab: &Lab) -> Result<Setup> {
        if !lab.openssl.exists() {
            return Err(Skip::because(format!("there is no {}", lab.openssl.display())));
        }
        Ok(Setup { name: Some("openssl".to_owned()), reeld: Some(lab.openssl.clone()), ..Setup::default() })
    }

    fn reeld<'a>(&'a self, lab: &'a Lab) -> &'a PathBuf {
        self.reeld.as_ref().unwrap_or(&lab.reeld)
    }
}

/// What a row may want of Reel besides the door.
pub struct Club {
    /// An admin.
    pub admin: Line,
    /// A member: fetches free titles at once.
    pub member: Line,
    /// Where TLS is spoken, if it is.
    pub tls: Option<std::net::SocketAddr>,
    data: PathBuf,
    reeld: PathBuf,
}

/// Starts it on an empty club.
///
/// # Errors
/// If it does not start.
pub fn start(lab: &Lab, setup: &Setup) -> Result<Server> {
    let name = setup.name.as_deref().unwrap_or("club");
    let data = lab.folder.join(name);
    fs::create_dir_all(&data)?;
    let mut options = vec!["--data".to_owned(), data.display().to_string()];
    if let Some(url) = &setup.database {
        options.extend(["--database".to_owned(), url.clone()]);
    }
    let config = lab.folder.join(format!("{name}.toml"));
    fs::write(&config, configuration(lab)?)?;
    options.extend(["--config".to_owned(), config.display().to_string()]);
    let (process, address, tls) = run(lab, setup, &options, name)?;
    let nobody = Line { address, user: String::new(), token: String::new(), titles: Default::default() };
    let code = Command::new(setup.reeld(lab))
        .args(["invite", "--admin"])
        .args(&options)
        .stderr(Stdio::null())
        .output()?;
    let code = String::from_utf8(code.stdout)?;
    let admin = nobody.register("boss", &format!(" invite={}", code.trim()))?;
    let member = nobody.register("heavy", "")?;
    for line in ["TOPUP 1000000", "MEMBER"] {
        member.session()?.command(line)?;
    }
    let club =
        Club { admin, member: member.clone(), tls, data: data.clone(), reeld: setup.reeld(lab).clone() };
    let server =
        Server { process, address, door: Box::new(member), files: data.join("vault"), reel: Some(club) };
    if setup.titles == 0 { Ok(server) } else { filled(lab, setup, server, &options, name) }
}

fn run(
    lab: &Lab, setup: &Setup, options: &[String], name: &str,
) -> Result<(Process, std::net::SocketAddr, Option<std::net::SocketAddr>)> {
    let mut args = setup.under.clone();
    args.push(setup.reeld(lab).display().to_string());
    args.extend(options.iter().cloned());
    args.extend(["--listen".to_owned(), "127.0.0.1:0".to_owned()]);
    let tls = match &lab.tls {
        Some(files) if speaks_tls(lab) && setup.name.is_none() => {
            let address = free_port()?;
            args.extend(["--tls-listen".to_owned(), address.to_string()]);
            args.extend(["--tls-cert".to_owned(), files.certificate.display().to_string()]);
            args.extend(["--tls-key".to_owned(), files.key.display().to_string()]);
            Some(address)
        }
        _ => None,
    };
    let program = PathBuf::from(args.remove(0)); // looked for in PATH: setpriv does that
    let env: Vec<_> = setup.env.iter().map(|(key, value)| (*key, value.clone())).collect();
    let mut process = Process::start(&program, args, &env, &lab.folder.join(format!("{name}.log")))?;
    // One line a listener, in whichever order; the one for TLS is told by its port, which we chose.
    let mut plain = None;
    let mut heard = 0;
    while plain.is_none() || heard < 1 + usize::from(tls.is_some()) {
        let line = process.line()?;
        let Some(address) = line
            .starts_with("listening on")
            .then(|| line.split(' ').find_map(|word| word.parse().ok()))
            .flatten()
        else {
            continue;
        };
        heard += 1;
        if Some(address) != tls {
            plain = Some(address);
        }
    }
    Ok((process, plain.ok_or("no address")?, tls))
}

/// Whether this daemon has TLS.
pub fn speaks_tls(lab: &Lab) -> bool {
    let help = Command::new(&lab.reeld).arg("--help").output();
    help.is_ok_and(|help| String::from_utf8_lossy(&help.stdout).contains("--tls-listen"))
}

/// The wanted keys that this daemon knows.
fn configuration(lab: &Lab) -> Result<String> {
    let shown = Command::new(&lab.reeld).arg("config").stderr(Stdio::null()).output()?;
    let shown = String::from_utf8(shown.stdout)?;
    let (mut section, mut text) = (String::new(), String::new());
    for line in shown.lines() {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']').to_owned();
            text += &format!("{line}\n");
        }
        let key = line.split(" = ").next().unwrap_or_default();
        for (_, _, value) in WANTED.iter().filter(|(of, wanted, _)| *of == section && *wanted == key) {
            text += &format!("{key} = {value}\n");
        }
    }
    Ok(text)
}

/// Fills the library while the daemon is down, and starts it anew.
fn filled(lab: &Lab, setup: &Setup, mut server: Server, options: &[String], name: &str) -> Result<Server> {
    server.reel.as_ref().ok_or("no club")?.admin.register("plain", "")?;
    server.process.stop();
    let url = match &setup.database {
        Some(url) => url.clone(),
        None => format!("sqlite:{}", lab.folder.join(name).join("reel.db").display()),
    };
    let since = Instant::now();
    let log = fs::File::create(lab.folder.join(format!("{name}.fill.log")))?;
    let filled =
        Command::new(&lab.fill).args([&url, &setup.titles.to_string(), "100"]).stderr(log).status()?;
    if !filled.success() {
        return Err("the library cannot be filled".into());
    }
    eprintln!("  {} titles: filled in {:.0} s", setup.titles, since.elapsed().as_secs_f64());
    let (process, address, tls) = run(lab, setup, options, name)?;
    server.process = process;
    server.address = address;
    if let Some(club) = &mut server.reel {
        club.tls = tls;
        club.admin.address = address;
        club.member.address = address;
        server.door = Box::new(club.member.clone());
    }
    Ok(server)
}

impl Club {
    /// Uploads files, several at a time, so that the member finds them by their names.
    ///
    /// # Errors
    /// If one is refused.
    pub fn upload(&self, sources: &[(String, Source)]) -> Result<()> {
        let share = sources.len().div_ceil(8).max(1);
        let send = |some: &[(String, Source)]| -> Result<()> {
            let mut session = self.admin.session()?;
            for (name, source) in some {
                let id = session.store(source, name)?;
                self.member.titles.lock().map_err(|_| "a client panicked")?.insert(name.clone(), id);
            }
            Ok(())
        };
        std::thread::scope(|scope| {
            let running: Vec<_> = sources.chunks(share).map(|some| scope.spawn(move || send(some))).collect();
            running
                .into_iter()
                .try_for_each(|one| one.join().unwrap_or_else(|_| Err("a client panicked".into())))
        })
    }

    /// Removes a title and its bytes for good.
    ///
    /// # Errors
    /// If that is refused.
    pub fn remove(&self, id: &str) -> Result<()> {
        self.admin.session()?.command(&format!("DELE {id}"))?;
        let purge = Command::new(&self.reeld)
            .args(["purge", "--yes", id, "--data"])
            .arg(&self.data)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()?;
        if purge.success() { Ok(()) } else { Err(format!("title {id} was not purged").into()) }
    }
}
