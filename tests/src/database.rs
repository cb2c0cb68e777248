//! A fresh MariaDB database that goes when it is let go.

use std::process::Command;

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

    fn sql(&self, text: &str) -> String {
        let rest = self
            .server
            .strip_prefix("mysql://")
            .expect("REEL_TEST_MYSQL=mysql://user[:password]@host[:port]");
        let (who, place) = rest.trim_end_matches('/').rsplit_once('@').unwrap_or(("root", rest));
        let (user, password) = who.split_once(':').unwrap_or((who, ""));
        let (host, port) = place.rsplit_once(':').unwrap_or((place, "3306"));
        let out = Command::new("mariadb")
            .args([
                "--no-defaults",
                "--skip-column-names",
                "--protocol=tcp",
                "-h",
                host,
                "-P",
                port,
                "-u",
                user,
                "-e",
                text,
            ])
            .env("MYSQL_PWD", password)
            .output()
            .expect("the client program mariadb: tests/run installs it");
        assert!(out.status.success(), "{text}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // A server that a test has ended takes its databases along.
        if !std::thread::panicking() && std::env::var("REEL_TEST_MYSQL").as_ref() == Ok(&self.server) {
            self.sql(&format!("DROP DATABASE {}", self.name));
        }
    }
}
