//! A MariaDB of a test's own, to kill, freeze and start again.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::database::sql;

/// How long it may take to start.
const PATIENCE: Duration = Duration::from_secs(60);

/// One server in a temporary folder. Dropping it ends the process by its own id.
pub struct Server {
    folder: tempfile::TempDir,
    port: u16,
    process: Child,
}

impl Server {
    /// A fresh server that answers.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut install = command("mariadb-install-db", folder.path());
        install.args(["--auth-root-authentication-method=normal", "--skip-test-db"]);
        let made = install.output().expect("mariadb-install-db: tests/run installs it");
        assert!(
            made.status.success(),
            "mariadb-install-db: {}\n{}",
            String::from_utf8_lossy(&made.stdout),
            String::from_utf8_lossy(&made.stderr)
        );
        let port = port_to_keep();
        let process = run(folder.path(), port, &[]);
        let mut server = Self { folder, port, process };
        server.wait();
        server
    }

    /// Where it is, as `REEL_TEST_MYSQL` would say.
    pub fn url(&self) -> String {
        format!("mysql://root@127.0.0.1:{}", self.port)
    }

    /// Ends it like a power cut.
    pub fn kill9(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Ends it as an operator would.
    pub fn stop(&mut self) {
        self.signal("TERM");
        self.process.wait().unwrap();
    }

    /// Runs statements on it as its root and gives what they say.
    pub fn sql(&self, text: &str) -> String {
        sql(&self.url(), text)
    }

    /// The same server for a user who may do all but write while it is read-only.
    pub fn url_of_a_user(&self) -> String {
        self.sql(
            "CREATE USER IF NOT EXISTS club; GRANT ALL ON *.* TO club; \
             REVOKE SUPER, READ_ONLY ADMIN ON *.* FROM club",
        );
        self.url().replace("root@", "club@")
    }

    /// Starts it again on the same data, and waits until it answers.
    pub fn restart(&mut self) {
        self.restart_with(&[]);
    }

    /// The same, with these options more.
    pub fn restart_with(&mut self, options: &[&str]) {
        self.process = run(self.folder.path(), self.port, options);
        self.wait();
    }

    /// Sends it a signal, by its id.
    pub fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.process.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success(), "{kill}");
    }

    fn wait(&mut self) {
        let since = Instant::now();
        while !self.answers() {
            let ended = self.process.try_wait().unwrap();
            if ended.is_some() || since.elapsed() > PATIENCE {
                let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
                panic!("the server does not start ({ended:?}):\n{log}");
            }
            thread::sleep(Duration::from_millis(50));
        }
    }

    fn answers(&self) -> bool {
        let mut client = Command::new("mariadb");
        client.args([
            "--no-defaults",
            "--protocol=tcp",
            "--connect-timeout=5",
            "-h",
            "127.0.0.1",
            "-u",
            "root",
            "-e",
            "SELECT 1",
            "-P",
        ]);
        client.arg(self.port.to_string()).stdout(Stdio::null()).stderr(Stdio::null());
        client.status().expect("the client program mariadb: tests/run installs it").success()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A free port that stays free while its server is down: none of those that the system gives away by itself. Asking for
/// one of these again and again, while nobody listens, may even be answered by who asks (a simultaneous open, RFC 9293,
/// 3.5).
fn port_to_keep() -> u16 {
    let range = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap();
    let lowest: u16 = range.split_whitespace().next().unwrap().parse().unwrap();
    let free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    let any = || 1024 + rand::random_range(0..lowest - 1024);
    std::iter::repeat_with(any).find(free).expect("a free port")
}

fn run(folder: &Path, port: u16, options: &[&str]) -> Child {
    let log = File::create(folder.join("log")).unwrap();
    let mut server = command("mariadbd", folder);
    server.arg(format!("--port={port}")).arg(format!("--socket={}", folder.join("socket").display())).args([
        "--bind-address=127.0.0.1",
        "--innodb-buffer-pool-size=32M",
        "--skip-log-bin",
        "--skip-name-resolve",
    ]);
    server.args(options).stdout(Stdio::null()).stderr(log);
    server.spawn().expect("mariadbd: tests/run installs it")
}

fn command(program: &str, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .arg("--no-defaults")
        .arg(format!("--datadir={}", folder.join("data").display()))
        .arg(format!("--tmpdir={}", folder.display()))
        // The server refuses root unless it is named; to anybody else this says nothing new.
        .arg(format!("--user={}", std::env::var("USER").unwrap_or_else(|_| "root".into())));
    command
}
