//! Profiles, what is remembered of log-ins, and who is asked for what: `reel` as scripts run it.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation here is the message")]

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use tests::{Club, Engine, admin, program, user};

/// A home with a club in its configuration.
struct Home {
    club: Club,
    folder: tempfile::TempDir,
}

impl Home {
    fn new(profile: &str) -> Self {
        let (club, folder) = (Club::start(Engine::Sqlite), tempfile::tempdir().unwrap());
        user(&club, "anna");
        let home = Self { club, folder };
        let host = home.club.address();
        home.configure(&format!("[profiles.club]\nhost = \"{host}\"\nuser = \"anna\"\n{profile}"));
        home
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn configure(&self, text: &str) {
        fs::create_dir_all(self.path(".config/reel")).unwrap();
        fs::write(self.path(".config/reel/config.toml"), text).unwrap();
    }

    fn secrets(&self) -> String {
        fs::read_to_string(self.path(".local/state/reel/secrets.toml")).unwrap_or_default()
    }

    /// `reel` without a terminal and without a bus.
    fn reel(&self, password: Option<&str>, arguments: &[&str]) -> Output {
        let mut command = reel(self.folder.path());
        command.args(arguments).stdin(Stdio::null());
        if let Some(name) = password {
            command.env("REEL_PASSWORD", format!("the password of {name}"));
        }
        command.output().expect("reel runs")
    }

    /// The sessions of anna.
    fn sessions(&self) -> usize {
        let said = self.club.sql("SELECT CAST(count(*) AS TEXT) FROM session");
        said.trim().parse().unwrap_or_else(|_| panic!("{said}"))
    }
}

fn reel(home: &Path) -> Command {
    let mut command = on_its_own(home, &[]);
    command.arg(program("reel"));
    command
}

/// A program without a terminal and without a desktop, in English.
fn on_its_own(home: &Path, words: &[&str]) -> Command {
    let mut command = Command::new("setsid");
    command.args(words).current_dir(home);
    let ours = |name: &str| name.starts_with("REEL_") || name.starts_with("XDG_");
    for (name, _) in std::env::vars().filter(|(name, _)| ours(name)) {
        command.env_remove(name);
    }
    command.env_remove("DBUS_SESSION_BUS_ADDRESS");
    command.env("HOME", home).env("LC_ALL", "C.UTF-8").env("TZ", "UTC");
    command
}

/// A script that is written while it is read, with the password of anna.
struct Typed {
    process: Child,
    answers: BufReader<ChildStdout>,
}

impl Typed {
    fn start(home: &Home, arguments: &[&str]) -> Self {
        let mut command = reel(home.folder.path());
        command.args(arguments).arg("--json").env("REEL_PASSWORD", "the password of anna");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap());
        Self { process, answers }
    }

    fn says(&mut self, line: &str) -> String {
        writeln!(self.process.stdin.as_mut().unwrap(), "{line}").unwrap();
        let mut said = String::new();
        self.answers.read_line(&mut said).unwrap();
        said
    }

    #[track_caller]
    fn end(mut self) {
        drop(self.process.stdin.take());
        assert!(self.process.wait().unwrap().success());
    }
}

#[track_caller]
fn ended(output: &Output, code: i32) -> (String, String) {
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_session_is_gone_on_with_until_it_is_logged_out_of() {
    let home = Home::new("");
    let before = home.sessions();
    // Nobody can be asked: the exit code says usage, and the text what to set.
    let (_, said) = ended(&home.reel(None, &["@club", "-c", "whoami"]), 2);
    assert!(said.contains("REEL_PASSWORD"), "{said}");
    ended(&home.reel(Some("anna"), &["@club", "-c", "whoami"]), 0);
    let file = home.path(".local/state/reel/secrets.toml");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!home.secrets().contains("password ="), "{}", home.secrets());
    let (out, _) = ended(&home.reel(None, &["@club", "-c", "whoami"]), 0);
    assert!(out.contains("anna"), "{out}");
    // The same by host and name; but not where nothing is to be remembered, or of somebody else.
    let host = home.club.address().to_string();
    let by_name = ["--host", &host, "--user", "ANNA", "-c", "whoami"];
    ended(&home.reel(None, &[&by_name[..], &["--remember", "session"]].concat()), 0);
    ended(&home.reel(None, &by_name), 2);
    ended(&home.reel(None, &["@club", "--remember", "nothing", "-c", "whoami"]), 2);
    ended(&home.reel(None, &["@club", "--user", "ben", "-c", "whoami"]), 2);
    assert_eq!(home.sessions(), before + 1, "one session has served them all");
    // Whoever logged in last, where nobody is named.
    let (out, _) = ended(&home.reel(None, &["--host", &host, "--remember", "session", "-c", "whoami"]), 0);
    assert!(out.contains("anna"), "{out}");
    ended(&home.reel(None, &["@club", "-c", "logout"]), 0);
    assert!(!home.secrets().contains("anna"), "{}", home.secrets());
    assert_eq!(home.sessions(), before);
    ended(&home.reel(None, &["@club", "-c", "whoami"]), 2);
}

#[test]
fn a_session_that_nobody_keeps_ends_with_its_shell() {
    let home = Home::new("remember = \"nothing\"\n");
    let before = home.sessions();
    ended(&home.reel(Some("anna"), &["@club", "-c", "whoami"]), 0);
    assert_eq!((home.sessions(), home.secrets()), (before, String::new()));
}

#[test]
fn a_password_is_kept_only_where_that_is_wanted() {
    let home = Home::new("remember = \"password\"\n");
    ended(&home.reel(Some("anna"), &["@club", "-c", "whoami"]), 0);
    let digest = tests::pass("anna");
    assert!(
        home.secrets().contains(&digest) && !home.secrets().contains("the password"),
        "{}",
        home.secrets()
    );
    // The session is over, the password is still good.
    home.club.sql("DELETE FROM session");
    ended(&home.reel(None, &["@club", "-c", "whoami"]), 0);
    ended(&home.reel(None, &["@club", "-c", "whoami"]), 0);
    // It changes.
    let mut command = reel(home.folder.path());
    command.args(["@club", "-c", "passwd"]).stdin(Stdio::null());
    command.env("REEL_PASSWORD", "the password of anna").env("REEL_NEW_PASSWORD", "the password of ben");
    ended(&command.output().unwrap(), 0);
    assert!(home.secrets().contains(&tests::pass("ben")), "{}", home.secrets());
    home.club.sql("DELETE FROM session");
    ended(&home.reel(None, &["@club", "-c", "whoami"]), 0);
    // One that was changed elsewhere is forgotten, and the new one asked for.
    home.club.sql("DELETE FROM session");
    let secrets = home.secrets().replace(&tests::pass("ben"), &digest);
    fs::write(home.path(".local/state/reel/secrets.toml"), secrets).unwrap();
    let (_, said) = ended(&home.reel(None, &["@club", "-c", "whoami"]), 2);
    assert!(said.contains("no longer the right one"), "{said}");
    assert!(!home.secrets().contains("anna"), "{}", home.secrets());
}

#[test]
fn a_file_that_others_can_read_is_refused() {
    let home = Home::new("");
    ended(&home.reel(Some("anna"), &["@club", "-c", "whoami"]), 0);
    let file = home.path(".local/state/reel/secrets.toml");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let (_, said) = ended(&home.reel(Some("anna"), &["@club", "-c", "whoami"]), 8);
    assert!(said.contains("chmod 600") && said.contains("secrets.toml"), "{said}");
    ended(&home.reel(Some("anna"), &["@club", "--remember", "nothing", "-c", "whoami"]), 0);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    ended(&home.reel(None, &["@club", "-c", "whoami"]), 0);
}

#[test]
fn what_cannot_be_remembered_fails_nothing_else() {
    let home = Home::new("");
    let state = home.path(".local/state/reel");
    fs::create_dir_all(&state).unwrap();
    // Where it is written aside first.
    fs::create_dir(state.join("secrets.new")).unwrap();
    let (out, said) = ended(&home.reel(Some("anna"), &["@club", "--json", "-c", "whoami"]), 0);
    assert!(out.lines().count() == 1 && out.contains("anna"), "{out}");
    assert!(said.contains("secrets.toml"), "{said}");
    // A file that reel has not written is named, and left alone.
    fs::write(state.join("secrets.toml"), "kept = 1\n").unwrap();
    fs::set_permissions(state.join("secrets.toml"), fs::Permissions::from_mode(0o600)).unwrap();
    let (_, said) = ended(&home.reel(Some("anna"), &["@club", "-c", "whoami"]), 8);
    assert!(said.contains("secrets.toml"), "{said}");
    assert_eq!(home.secrets(), "kept = 1\n");
}

#[test]
fn several_servers_are_kept_apart() {
    let home = Home::new("");
    let other = Club::start(Engine::Sqlite);
    user(&other, "anna");
    let host = other.address().to_string();
    ended(&home.reel(Some("anna"), &["@club", "-c", "whoami"]), 0);
    // Flags beat the profile, and the token of one club goes to no other.
    ended(&home.reel(None, &["@club", "--host", &host, "-c", "whoami"]), 2);
    ended(&home.reel(Some("anna"), &["@club", "--host", &host, "-c", "whoami"]), 0);
    ended(&home.reel(None, &["@club", "--host", &host, "-c", "logout"]), 0);
    ended(&home.reel(None, &["@club", "-c", "whoami"]), 0);
    assert_eq!(home.secrets().matches("[[kept]]").count(), 1, "{}", home.secrets());
}

#[test]
fn two_shells_at_once_do_not_take_each_others_session() {
    let home = Home::new("");
    let before = home.sessions();
    let mut first = Typed::start(&home, &["@club"]);
    assert!(first.says("whoami").contains("anna"));
    // The second goes on with the session of the first, and leaves it there.
    ended(&home.reel(None, &["@club", "-c", "whoami", "-c", "quit"]), 0);
    assert_eq!(home.sessions(), before + 1);
    assert!(first.says("whoami").contains("anna"));
    first.end();
    ended(&home.reel(None, &["@club", "-c", "whoami"]), 0);
}

#[test]
fn who_logs_in_while_another_has_done_so_lets_the_others_session_be() {
    let home = Home::new("");
    let before = home.sessions();
    let mut late =
        Typed::start(&home, &["--host", &home.club.address().to_string(), "--remember", "session"]);
    assert!(late.says("noop").contains("OK"));
    ended(&home.reel(Some("anna"), &["@club", "-c", "whoami"]), 0);
    let kept = home.secrets();
    assert!(late.says("login anna").contains("anna"));
    assert_eq!((home.secrets(), home.sessions()), (kept, before + 2));
    late.end();
    assert_eq!(home.sessions(), before + 1, "what nobody keeps is ended");
    ended(&home.reel(None, &["@club", "-c", "whoami"]), 0);
}

#[test]
fn the_configuration_is_read_strictly() {
    let home = Home::new("");
    for (text, line, right) in [
        ("[profiles.club]\nhots = \"x\"\n", "line 2", "host"),
        ("[profiles.club]\npassword = \"x\"\n", "line 2", "REEL_PASSWORD"),
        ("[profiles.club]\ntls = 1\n", "line 2", "true or false"),
        ("default = \"clob\"\n[profiles.club]\n", "line 1", "club"),
    ] {
        home.configure(text);
        let (_, said) = ended(&home.reel(None, &["@club", "-c", "noop"]), 2);
        assert!(said.contains("config.toml") && said.contains(line) && said.contains(right), "{said}");
    }
    home.configure("[profiles.club]\n[profiles.home]\n");
    let (_, said) = ended(&home.reel(None, &["@clob", "-c", "noop"]), 2);
    assert!(said.contains("@club, @home"), "{said}");
    let (_, said) = ended(&home.reel(None, &["club"]), 2);
    assert!(said.contains("@NAME"), "{said}");
}

#[test]
fn a_profile_is_saved_listed_and_the_default() {
    let home = Home::new("");
    let host = home.club.address().to_string();
    let saved = ["--host", &host, "--user", "anna", "--lang", "zh", "--save-profile", "中"];
    ended(&home.reel(None, &saved), 2);
    ended(
        &home.reel(None, &["--host", &host, "--user", "anna", "--lang", "zh", "--save-profile", "home"]),
        0,
    );
    ended(&home.reel(None, &["--host", &host, "--save-profile", "home"]), 2);
    let (out, _) = ended(&home.reel(None, &["--profiles"]), 0);
    assert!(out.contains("@club") && out.contains("@home") && out.contains(&host), "{out}");
    let (out, _) = ended(&home.reel(None, &["--profiles", "--json"]), 0);
    assert!(out.contains("\"profile\":\"@home\""), "{out}");
    let (_, said) = ended(&home.reel(Some("anna"), &["@home", "-c", "whoami"]), 0);
    assert!(said.contains("已登录"), "{said}");
    let file = home.path(".config/reel/config.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("default = \"home\"\n{text}")).unwrap();
    ended(&home.reel(None, &["-c", "whoami"]), 0);
    ended(&home.reel(None, &["--host", "127.0.0.1:1", "-c", "whoami"]), 3);
}

#[test]
fn each_port_is_told_from_the_other() {
    let (club, folder) = (Club::with_tls(Engine::Sqlite, ""), tempfile::tempdir().unwrap());
    let run = |more: &[(&str, &str)], arguments: &[&str]| {
        let mut command = reel(folder.path());
        command.args(arguments).args(["-c", "noop"]).envs(more.iter().copied()).stdin(Stdio::null());
        command.output().unwrap()
    };
    let (plain, tls) = (club.address().to_string(), club.tls_address().to_string());
    let (_, said) = ended(&run(&[], &["--host", &tls]), 3);
    assert!(said.contains("--tls"), "{said}");
    let (_, said) = ended(&run(&[], &["--tls", "--host", &plain]), 3);
    assert!(said.contains("TLS is not spoken there"), "{said}");
    for yes in ["1", "true", "yes"] {
        let (_, said) = ended(&run(&[("REEL_TLS", yes)], &["--host", &tls]), 3);
        assert!(said.contains("SHA-256 fingerprint"), "{said}");
    }
    ended(&run(&[("REEL_TLS", "0")], &["--host", &plain]), 0);
    ended(&run(&[("REEL_TLS", "1")], &["--plain", "--host", &plain]), 0);
    let (_, said) = ended(&run(&[("REEL_PLAIN", "1")], &["--tls", "--host", &tls]), 3);
    assert!(said.contains("SHA-256 fingerprint"), "{said}");
    ended(&run(&[], &["--plain", "--tls", "--host", &tls]), 2);
}

#[test]
fn a_certificate_is_forgotten() {
    let (club, folder) = (Club::with_tls(Engine::Sqlite, ""), tempfile::tempdir().unwrap());
    let run = |arguments: &[&str]| reel(folder.path()).args(arguments).stdin(Stdio::null()).output().unwrap();
    let state = folder.path().join(".local/state/reel");
    fs::create_dir_all(&state).unwrap();
    let host = club.tls_address().to_string();
    fs::write(state.join("known_servers"), format!("# mine\n{host} {}\n", "00:".repeat(31) + "00")).unwrap();
    let (_, said) = ended(&run(&["--tls", "--host", &host, "-c", "noop"]), 3);
    assert!(said.contains("DANGER") && said.contains(&format!("--forget-server {host}")), "{said}");
    ended(&run(&["--forget-server", &host]), 0);
    assert_eq!(fs::read_to_string(state.join("known_servers")).unwrap(), "# mine\n");
    ended(&run(&["--forget-server", &host]), 2);
    let (_, said) = ended(&run(&["--tls", "--host", &host, "-c", "noop"]), 3);
    assert!(said.contains("no authority"), "{said}");
}

#[test]
fn a_script_is_not_shown_the_newest_notice() {
    let home = Home::new("");
    admin(&home.club).want("POST \"Film night\" \"Friday at eight.\"", "250 OK");
    let (_, said) = ended(&home.reel(Some("anna"), &["@club", "-c", "whoami"]), 0);
    assert!(said.contains("Logged in as anna") && !said.contains("Film night"), "{said}");
}

/// Runs lines of `sh` in a D-Bus session of its own; `reel` is what they call, without a terminal.
fn in_a_desktop(home: &Home, script: &str) -> Output {
    let mut command = on_its_own(home.folder.path(), &["dbus-run-session", "--", "sh", "-ec", script, "sh"]);
    command.arg(program("reel")).stdin(Stdio::null());
    command
        .env("REEL_PASSWORD", "the password of anna")
        .env("XDG_RUNTIME_DIR", home.path(""))
        .output()
        .unwrap()
}

#[test]
fn the_desktops_keyring_is_used_where_there_is_one() {
    let home = Home::new("remember = \"password\"\n");
    let there = |name: &str| Command::new(name).arg("--version").output().is_ok();
    if !there("gnome-keyring-daemon") || !there("dbus-run-session") {
        eprintln!("NOT RUN: no gnome-keyring or no dbus-run-session here; tests/run installs them");
        return;
    }
    let unlocked = "printf pw | gnome-keyring-daemon --unlock --components=secrets >/dev/null; ";
    let out = in_a_desktop(
        &home,
        &format!("{unlocked} \"$1\" @club -c whoami; unset REEL_PASSWORD; \"$1\" @club -c whoami"),
    );
    let (said, _) = ended(&out, 0);
    assert_eq!(said.matches("anna").count(), 2, "{said}");
    let kept = home.secrets();
    assert!(kept.contains("keyring = true"), "{kept}");
    assert!(!kept.contains("token") && !kept.contains(&tests::pass("anna")), "{kept}");
    // One that is locked asks in a window of its own; a script has nobody to type there.
    let locked = "gnome-keyring-daemon --start --components=secrets >/dev/null; unset REEL_PASSWORD; \"$1\" @club -c whoami";
    ended(&in_a_desktop(&home, locked), 2);
    // Nor is there a keyring without a desktop.
    ended(&home.reel(None, &["@club", "-c", "whoami"]), 2);
    // The next desktop has it again, and who logs out is forgotten, in the keyring, too.
    let script = format!(
        "{unlocked} unset REEL_PASSWORD; kept=.local/state/reel/secrets.toml; cp -p $kept before
        \"$1\" @club -c whoami -c logout; ! grep anna $kept; mv before $kept; ! \"$1\" @club -c whoami"
    );
    let (_, said) = ended(&in_a_desktop(&home, &script), 0);
    assert!(said.contains("Logged out.") && said.contains("REEL_PASSWORD"), "{said}");
}
