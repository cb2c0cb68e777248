//! A fresh MariaDB database that goes when it is let go.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};

/// One database of the server named by `REEL_TEST_MYSQL`.
pub struct Database {
    server: String,
    name: String,
}

impl Database {
    pub fn create() -> Self {
        let server = std::env::var("REEL_TEST_MYSQL").expect(
            "REEL_TEST_MYSQL is not set: run the tests with tests/run, which brings a MariaDB of its own",
        );
        Self::on(server)
    }

    /// A fresh database of another server.
    pub fn on(server: String) -> Self {
        let database = Self { server, name: format!("reel_{:016x}", rand::random::<u64>()) };
        database.sql(&format!("CREATE DATABASE {}", database.name));
        database
    }

    /// What `--database` takes.
    pub fn url(&self) -> String {
        format!("{}/{}", self.server.trim_end_matches('/'), self.name)
    }

    /// Runs statements in it, whatever its keys and constraints say.
    pub fn run(&self, text: &str) -> String {
        let free = "SET foreign_key_checks = 0, check_constraint_checks = 0";
        self.sql(&format!("USE {}; {free}; {text}", self.name))
    }

    /// Begins a transaction, runs these statements in it and leaves it open, as a stranger's would.
    pub fn hold(&self, text: &str) -> Held {
        let mut client = client(&self.server);
        client.args(["--unbuffered", "-D", &self.name]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut client = client.spawn().expect("the client program mariadb: tests/run installs it");
        let (mut to, from) = (client.stdin.take().unwrap(), client.stdout.take().unwrap());
        writeln!(to, "BEGIN; {text}; SELECT 'it is held';").unwrap();
        let held = BufReader::new(from).lines().map_while(Result::ok).any(|line| line == "it is held");
        assert!(held, "{text}");
        Held { client, to: Some(to) }
    }

    fn sql(&self, text: &str) -> String {
        sql(&self.server, text)
    }
}

/// A transaction of a stranger. Dropping it undoes it.
pub struct Held {
    client: Child,
    to: Option<ChildStdin>,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.to.take(); // the end of its input
        let _ = self.client.wait();
    }
}

/// Runs statements on a server and gives what they say.
pub fn sql(server: &str, text: &str) -> String {
    let out = client(server).args(["-e", text]).output();
    let out = out.expect("the client program mariadb: tests/run installs it");
    assert!(out.status.success(), "{text}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

fn client(server: &str) -> Command {
    let rest = server.strip_prefix("mysql://").expect("REEL_TEST_MYSQL=mysql://user[:password]@host[:port]");
    let (who, place) = rest.trim_end_matches('/').rsplit_once('@').unwrap_or(("root", rest));
    let (user, password) = who.split_once(':').unwrap_or((who, ""));
    let (host, port) = place.rsplit_once(':').unwrap_or((place, "3306"));
    let mut client = Command::new("mariadb");
    client
        .args(["--no-defaults", "--skip-column-names", "--protocol=tcp"])
        .args(["-h", host, "-P", port, "-u", user])
        .env("MYSQL_PWD", password);
    client
}

impl Drop for Database {
    fn drop(&mut self) {
        // A server that a test has ended takes its databases along.
        if !std::thread::panicking() && std::env::var("REEL_TEST_MYSQL").as_ref() == Ok(&self.server) {
            self.sql(&format!("DROP DATABASE {}", self.name));
        }
    }
}
