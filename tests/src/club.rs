//! A club: one running `reeld` with its data, and the hands that hold it.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::database::{Database, Held};
use crate::line::Line;
use crate::people::soon;
use crate::server::Server;
use crate::wire::tls_client;

/// A free port of this machine.
const LOOPBACK: &str = "127.0.0.1:0";

/// How long the daemon may take to start or to end.
const PATIENCE: Duration = Duration::from_secs(30);

/// Which database a club stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// The embedded one.
    Sqlite,
    /// A fresh database of the server named by `REEL_TEST_MYSQL`.
    MariaDb,
}

/// A place for a club, in which there is none yet.
pub struct Site {
    // In this order, as in a club.
    database: Option<Database>,
    folder: tempfile::TempDir,
}

impl Site {
    /// A fresh one.
    pub fn new(engine: Engine) -> Self {
        let database = (engine == Engine::MariaDb).then(Database::create);
        Self { database, folder: tempfile::tempdir().unwrap() }
    }

    /// The data folder that is to be; it is not there.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// `reeld` with these words on this place, to be run.
    pub fn command(&self, words: &[&str]) -> Command {
        let (verb, rest) = words.split_first().expect("a verb");
        let mut command = command(self.folder.path(), self.database.as_ref(), verb);
        command.args(rest);
        command
    }

    /// Starts a daemon here.
    pub fn start(self) -> Club {
        Club::stand(self.database, self.folder, Start::default())
    }
}

/// One daemon in a temporary folder. Dropping it ends the process by its own id and removes what it left.
pub struct Club {
    address: SocketAddr,
    daemon: Child,
    said: Arc<Mutex<Vec<String>>>,
    clock: u64,
    how: Start,
    // Last, in this order: what the daemon uses goes after the daemon.
    database: Option<Database>,
    folder: tempfile::TempDir,
}

/// How a daemon is started.
struct Start {
    listen: String,
    /// The program that starts it, with its words; none: nobody between.
    wrapper: Vec<String>,
    environment: Vec<(String, String)>,
}

impl Default for Start {
    fn default() -> Self {
        Self { listen: LOOPBACK.to_owned(), wrapper: vec![], environment: vec![] }
    }
}

impl Club {
    /// A club as it comes, without a configuration file.
    pub fn start(engine: Engine) -> Self {
        Self::with(engine, "")
    }

    /// A club with this TOML as its configuration file.
    pub fn with(engine: Engine, config: &str) -> Self {
        Self::listening(engine, config, LOOPBACK)
    }

    /// A club that listens there.
    pub fn listening(engine: Engine, config: &str, listen: &str) -> Self {
        let how = Start { listen: listen.to_owned(), ..Start::default() };
        Self::open((engine == Engine::MariaDb).then(Database::create), config, how)
    }

    /// A club that also speaks TLS, with a certificate of its own making.
    pub fn with_tls(engine: Engine, config: &str) -> Self {
        Self::with(engine, &format!("tls_listen = \"127.0.0.1:0\"\n{config}"))
    }

    /// A club on a fresh database of this server.
    pub fn on(server: &Server, config: &str) -> Self {
        Self::at(server.url(), config)
    }

    /// A club on a fresh database of the server that answers there.
    pub fn at(url: String, config: &str) -> Self {
        Self::open(Some(Database::on(url)), config, Start::default())
    }

    /// A club whose daemon is started by another program: by these words, with the daemon's own after them.
    /// `{folder}` is where the club is.
    pub fn inside(engine: Engine, config: &str, wrapper: &[&str]) -> Self {
        let wrapper = wrapper.iter().map(|word| (*word).to_owned()).collect();
        let how = Start { wrapper, ..Start::default() };
        Self::open((engine == Engine::MariaDb).then(Database::create), config, how)
    }

    fn open(database: Option<Database>, config: &str, how: Start) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("reel.toml"), config).unwrap();
        Self::stand(database, folder, how)
    }

    fn stand(database: Option<Database>, folder: tempfile::TempDir, mut how: Start) -> Self {
        let said = Arc::default();
        let place = folder.path().to_str().unwrap();
        how.wrapper.iter_mut().for_each(|word| *word = word.replace("{folder}", place));
        let (daemon, address) = start(folder.path(), database.as_ref(), &said, &how);
        Self { address, daemon, said, clock: 0, how, database, folder }
    }

    /// Where the line door listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it speaks TLS.
    pub fn tls_address(&self) -> SocketAddr {
        let start = Instant::now();
        loop {
            let said = self.said.lock().unwrap();
            let words =
                said.iter().rev().filter_map(|line| line.strip_prefix("listening on ")?.strip_suffix(" tls"));
            if let Some(address) = words.flat_map(str::parse).next() {
                return address;
            }
            drop(said);
            assert!(start.elapsed() < PATIENCE, "it never said where it speaks TLS");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// The certificate that it made for itself.
    pub fn certificate(&self) -> PathBuf {
        self.data().join("tls/cert.pem")
    }

    /// A new connection over TLS, not greeted yet.
    pub fn bare_tls(&self) -> Line {
        let config = tls_client(&self.certificate(), rustls::ALL_VERSIONS, &["reel/1"]);
        Line::bare_tls(self.tls_address(), config).expect("a TLS handshake")
    }

    /// A new connection over TLS, greeted.
    pub fn tls_line(&self) -> Line {
        self.bare_tls().greeted()
    }

    /// A new connection, greeted.
    pub fn line(&self) -> Line {
        Line::open(self.address)
    }

    /// A further connection of the session of `token`.
    pub fn resume(&self, token: &str) -> Line {
        let mut line = self.line();
        line.want(&format!("RESUME {token}"), "230 OK");
        line
    }

    /// The process id of the daemon.
    pub fn pid(&self) -> u32 {
        self.daemon.id()
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.place().join("data")
    }

    /// The folder as the daemon sees it, who may have been given mounts of its own.
    fn place(&self) -> PathBuf {
        let folder = self.folder.path();
        match self.has_mounts() {
            false => folder.to_owned(),
            true => format!("/proc/{}/root{}", self.pid(), folder.display()).into(),
        }
    }

    fn has_mounts(&self) -> bool {
        self.how.wrapper.first().is_some_and(|program| program == "unshare")
    }

    /// `reeld VERB` of the operator, who sees what the daemon sees.
    fn beside(&self, verb: &str) -> Command {
        let command = command(self.folder.path(), self.database.as_ref(), verb);
        let pid = self.pid().to_string();
        let enter = ["nsenter", "--target", &pid, "--user", "--preserve-credentials", "--mount"];
        let enter = enter.map(str::to_owned);
        match self.has_mounts() {
            false => command,
            true if self.how.wrapper[1] == "-m" => wrapped(command, &[&enter[..3], &enter[5..]].concat()),
            true => wrapped(command, &enter),
        }
    }

    /// The folder that holds the data folder and what a test lays beside it.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// How much memory the daemon holds, in KiB.
    pub fn rss_kib(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find(|l| l.starts_with("VmRSS:")).expect("VmRSS");
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// How many connections of clients the daemon holds, how many files of its vault, and how many descriptors in all.
    pub fn held(&self) -> [usize; 3] {
        let port = format!(":{:04X}", self.address().port());
        let table = fs::read_to_string(format!("/proc/{}/net/tcp", self.pid())).unwrap();
        let rows = table.lines().skip(1).map(|row| row.split_whitespace().collect::<Vec<_>>());
        // proc_pid_net(5): the local address, the state (0A is LISTEN), the inode, which is 0 when nobody holds it.
        let visits = rows.filter(|row| row[1].ends_with(&port) && row[3] != "0A" && row[9] != "0").count();
        [visits, self.holds("/vault/"), self.holds("")]
    }

    /// Waits until it holds no more than it did.
    pub fn lets_go(&self, [visits, files, all]: [usize; 3]) {
        // The database opens up to 8 connections of 4 descriptors each when it likes, or a file or two.
        let most = [visits, files, all + 8 * 4 + 5];
        soon("connections and files are let go", || {
            self.held().iter().zip(most).all(|(now, most)| *now <= most)
        });
    }

    /// How many files, or sockets (`socket:`), it holds open whose name has this in it.
    pub fn holds(&self, part: &str) -> usize {
        let open = fs::read_dir(format!("/proc/{}/fd", self.pid())).unwrap().flatten();
        let names = open.filter_map(|entry| fs::read_link(entry.path()).ok());
        names.filter(|name| name.to_string_lossy().contains(part)).count()
    }

    /// How many bytes lie in the files of the data folder.
    pub fn disk(&self) -> u64 {
        fn size(folder: &Path) -> u64 {
            let Ok(entries) = fs::read_dir(folder) else {
                return 0;
            };
            let entries = entries.flatten().filter_map(|entry| Some((entry.path(), entry.metadata().ok()?)));
            entries.map(|(path, meta)| if meta.is_dir() { size(&path) } else { meta.len() }).sum()
        }
        size(&self.data())
    }

    /// What the daemon has printed so far.
    pub fn said(&self) -> String {
        self.said.lock().unwrap().join("\n")
    }

    /// Moves the clock of the daemon forward.
    pub fn advance(&mut self, seconds: u64) {
        self.clock += seconds;
        let (new, file) = (self.folder.path().join("clock.new"), clock_file(self.folder.path()));
        fs::write(&new, self.clock.to_string()).unwrap();
        fs::rename(new, file).unwrap(); // never seen half written
    }

    /// One code, minted by the operator beside the running daemon.
    pub fn invite(&self, admin: bool) -> String {
        let mut command = self.beside("invite");
        if admin {
            command.arg("--admin");
        }
        let out = command.output().expect("reeld invite");
        assert!(out.status.success(), "reeld invite: {}", String::from_utf8_lossy(&out.stderr));
        let printed = String::from_utf8(out.stdout).unwrap();
        let code = printed.trim_end();
        assert!(
            !code.is_empty() && !code.contains(char::is_whitespace),
            "one code and nothing else: {printed:?}"
        );
        code.to_owned()
    }

    /// `reeld` with these words, on the data of the club, beside the daemon if it runs.
    pub fn operator(&self, words: &[&str]) -> Output {
        self.command(words).output().expect("reeld")
    }

    /// The same, to be run.
    pub fn command(&self, words: &[&str]) -> Command {
        let (verb, rest) = words.split_first().expect("a verb");
        let mut command = self.beside(verb);
        command.args(rest);
        command
    }

    /// Runs statements right in the database, whatever its keys and constraints say, and gives the first column.
    pub fn sql(&self, text: &str) -> String {
        if let Some(database) = &self.database {
            return database.run(text);
        }
        let db = rusqlite::Connection::open(self.data().join("reel.db")).unwrap();
        db.busy_timeout(PATIENCE).unwrap();
        db.execute_batch("PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON").unwrap();
        if !text.starts_with("SELECT") {
            db.execute_batch(text).unwrap();
            return String::new();
        }
        let mut query = db.prepare(text).unwrap();
        let rows = query.query_map([], |row| row.get::<_, String>(0)).unwrap();
        rows.map(|row| row.unwrap() + "\n").collect()
    }

    /// Has a stranger run these statements in a transaction that stays open. On MariaDB only.
    pub fn hold(&self, text: &str) -> Held {
        self.database.as_ref().expect("a server").hold(text)
    }

    /// `reeld words …` of the operator, beside the running daemon.
    pub fn words(&self, arguments: &[&str]) -> Command {
        let mut command = self.beside("words");
        command.args(arguments);
        command
    }

    /// Imports this text as a word list of this name.
    pub fn import(&self, name: &str, text: impl AsRef<[u8]>) -> Output {
        let file = self.folder.path().join(format!("{name}.txt"));
        fs::write(&file, text).unwrap();
        self.words(&["import", file.to_str().unwrap()]).output().expect("reeld words")
    }

    /// Asks the daemon to end and tells how it did.
    pub fn stop(&mut self) -> ExitStatus {
        self.signal("TERM");
        self.ended().expect("the daemon ends after SIGTERM")
    }

    /// Kills the daemon where it stands.
    pub fn kill9(&mut self) {
        self.daemon.kill().unwrap();
        self.daemon.wait().unwrap();
    }

    /// Ends the daemon, if it still runs, and starts it again on the same data (and on another port).
    pub fn restart(&mut self) {
        if self.daemon.try_wait().unwrap().is_none() {
            self.stop();
        }
        (self.daemon, self.address) =
            start(self.folder.path(), self.database.as_ref(), &self.said, &self.how);
    }

    /// Sets a variable of the daemon's environment, from the next start on.
    pub fn set(&mut self, variable: &str, value: &str) {
        self.how.environment.retain(|(name, _)| name != variable);
        self.how.environment.push((variable.to_owned(), value.to_owned()));
    }

    /// Writes the configuration anew, for the next start.
    pub fn configure(&self, config: &str) {
        fs::write(self.folder.path().join("reel.toml"), config).unwrap();
    }

    /// Sends a signal to the daemon, by its id.
    pub fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.pid());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success(), "{kill}");
    }

    /// How the daemon ended, if it does in time.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if let Some(status) = self.daemon.try_wait().unwrap() {
                return Some(status);
            }
            thread::sleep(Duration::from_millis(20));
        }
        None
    }
}

impl Drop for Club {
    fn drop(&mut self) {
        if let Ok(None) = self.daemon.try_wait() {
            self.signal("TERM");
            if self.ended().is_none() {
                self.kill9();
            }
        }
        if thread::panicking() {
            eprintln!("--- what the daemon said:\n{}\n---", self.said());
        }
    }
}

/// A program of the workspace, beside the test that runs.
pub fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let profile = test.ancestors().find(|folder| folder.join(name).is_file());
    profile.unwrap_or_else(|| panic!("no {name} there. Build first: cargo build --workspace")).join(name)
}

fn clock_file(folder: &Path) -> PathBuf {
    folder.join("clock")
}

/// `reeld VERB` on the data of this folder, hearing nothing of the surroundings.
fn command(folder: &Path, database: Option<&Database>, verb: &str) -> Command {
    let mut command = Command::new(program("reeld"));
    for (key, _) in std::env::vars_os() {
        if key.to_string_lossy().starts_with("REEL_") {
            command.env_remove(key);
        }
    }
    command.arg(verb).arg("--data").arg(folder.join("data"));
    if let Some(database) = database {
        command.arg("--database").arg(database.url());
    }
    command.env("REEL_CLOCK_FILE", clock_file(folder)).stdin(Stdio::null());
    command
}

fn start(
    folder: &Path, database: Option<&Database>, said: &Arc<Mutex<Vec<String>>>, how: &Start,
) -> (Child, SocketAddr) {
    let mut command = command(folder, database, "serve");
    command.envs(how.environment.iter().map(|(name, value)| (name, value)));
    let mut command = wrapped(command, &how.wrapper);
    command.args(["--listen", &how.listen]);
    if fs::metadata(folder.join("reel.toml")).is_ok_and(|file| file.len() > 0) {
        command.arg("--config").arg(folder.join("reel.toml"));
    }
    let mut daemon = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("reeld starts");
    let (found, address) = channel();
    listen(daemon.stdout.take().unwrap(), said.clone(), found.clone());
    listen(daemon.stderr.take().unwrap(), said.clone(), found);
    match address.recv_timeout(PATIENCE) {
        Ok(address) => (daemon, address),
        Err(why) => {
            let _ = daemon.kill();
            let status = daemon.wait();
            panic!(
                "reeld never said where it listens ({why}, {status:?}):\n{}",
                said.lock().unwrap().join("\n")
            );
        }
    }
}

/// The same, started by another program.
fn wrapped(inner: Command, wrapper: &[String]) -> Command {
    let Some((program, words)) = wrapper.split_first() else {
        return inner;
    };
    let mut command = Command::new(program);
    command.args(words).arg(inner.get_program()).args(inner.get_args()).stdin(Stdio::null());
    for (key, value) in inner.get_envs() {
        match value {
            Some(value) => command.env(key, value),
            None => command.env_remove(key),
        };
    }
    command
}

/// Keeps what comes out of a pipe, and reports the first address in it.
fn listen(pipe: impl Read + Send + 'static, said: Arc<Mutex<Vec<String>>>, found: Sender<SocketAddr>) {
    let mut found = Some(found);
    thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            let address = line
                .split("listening on ")
                .nth(1)
                .and_then(|rest| rest.split_whitespace().next()?.parse().ok());
            if let Some(address) = address
                && let Some(found) = found.take()
            {
                let _ = found.send(address);
            }
            said.lock().unwrap().push(line);
        }
    });
}
