//! TLS at the door: everything that the plain door does, with real TLS clients.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation here is the message")]

use std::fs;
use std::io::Write;
use std::net::{TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustls::version::{TLS12, TLS13};
use tests::{Club, Engine, Line, admin, at_once, bytes, md5hex, pass, reel_at, stor, tls_client, user};

const MIB: usize = 1 << 20;

/// A connection over TLS of the session of `token`.
fn resume(club: &Club, token: &str) -> Line {
    let mut line = club.tls_line();
    line.want(&format!("RESUME {token}"), "230 OK");
    line
}

fn club() -> Club {
    Club::with_tls(Engine::Sqlite, "")
}

#[test]
fn files_go_up_and_down_in_both_versions_of_tls() {
    let club = club();
    let boss = admin(&club);
    for (version, size) in [(&TLS12, 3 * MIB + 7), (&TLS13, 5 * MIB + 1), (&TLS13, 0), (&TLS13, 16384)] {
        let config = tls_client(&club.certificate(), &[version], &["reel/1"]);
        let mut line = Line::bare_tls(club.tls_address(), config).unwrap().greeted();
        assert_eq!(line.tls().protocol_version(), Some(version.version));
        assert_eq!(line.tls().alpn_protocol(), Some(&b"reel/1"[..]));
        line.want(&format!("RESUME {}", boss.token), "230 OK");
        let content = bytes(size);
        let id = stor(&mut line, "A film", "FREE", &content, "");
        let reply = line.want(&format!("RETR {id}"), "150 DATA");
        assert_eq!(reply.get("md5"), md5hex(&content));
        assert!(line.body(size) == content, "{size} bytes came out otherwise");
        line.reply().is("226 DONE");
        if size > MIB {
            // Ranges, and commands in one piece behind each other.
            line.send(
                format!("RETR {id} offset={} length=70000\r\nRETR {id} offset=1 length=3\r\n", MIB - 5)
                    .as_bytes(),
            );
            line.reply().is("150 DATA");
            assert!(line.body(70_000) == content[MIB - 5..MIB - 5 + 70_000]);
            line.reply().is("226 DONE");
            line.reply().is("150 DATA");
            assert!(line.body(3) == content[1..4]);
            line.reply().is("226 DONE");
        }
    }
}

#[test]
fn a_broken_upload_goes_on() {
    let club = club();
    let boss = admin(&club);
    let content = bytes(4 * MIB);
    let stor = format!("STOR {} {} title=Film kind=FREE resume=yes", content.len(), md5hex(&content));
    let mut line = resume(&club, &boss.token);
    line.want(&stor, "150 SEND");
    line.send(&content[..3 * MIB]);
    drop(line);
    let offset = loop {
        let mut line = resume(&club, &boss.token);
        let reply = line.ask(&stor);
        if reply.status() == "450 BUSY" {
            continue; // the daemon has not noticed yet
        }
        let offset = reply.is("150 SEND").number("offset") as usize;
        line.send(&content[offset..]);
        line.reply().is("226 STORED");
        break offset;
    };
    // What was on the way when the connection was reset may be lost, but not all of it.
    assert!(offset > 0 && offset <= 3 * MIB, "{offset}");
}

#[test]
fn nothing_may_be_sent_between_stor_and_its_reply() {
    let club = club();
    let boss = admin(&club);
    let content = bytes(100);
    let command = format!("STOR 100 {} title=Film kind=FREE resume=yes\r\n", md5hex(&content));
    // In one record with the command, and in one of its own that is there already.
    for separately in [false, true] {
        let mut line = resume(&club, &boss.token);
        let mut all = command.clone().into_bytes();
        if separately {
            // Two records in one segment: the socket is corked by writing them together.
            let records = two_records(&mut line, &all, b"LOGOUT\r\n");
            line.socket().write_all(&records).unwrap();
        } else {
            all.extend_from_slice(b"LOGOUT\r\n");
            line.send(&all);
        }
        line.reply().is("503 BAD_SEQUENCE");
        assert!(line.rest().is_empty());
    }
    // The same behind the body, as a part of a record whose rest never comes.
    let mut line = resume(&club, &boss.token);
    line.want(command.trim_end(), "150 SEND");
    let mut records = two_records(&mut line, &content, b"LOGOUT\r\n");
    records.truncate(records.len() - 3);
    line.socket().write_all(&records).unwrap();
    line.reply().is("503 BAD_SEQUENCE");
    // Nobody was logged out, and what came is there.
    let mut line = resume(&club, &boss.token);
    let reply = line.want(command.trim_end(), "150 SEND");
    assert_eq!(reply.number("offset"), 100);
    line.reply().is("226 STORED");
}

/// Two records as they would go out.
fn two_records(line: &mut Line, one: &[u8], two: &[u8]) -> Vec<u8> {
    let mut records = Vec::new();
    let tls = line.tls_mut();
    for part in [one, two] {
        tls.writer().write_all(part).unwrap();
        while tls.wants_write() {
            tls.write_tls(&mut records).unwrap();
        }
    }
    records
}

#[test]
fn the_end_of_input_ends_the_commands_and_not_the_replies() {
    let club = club();
    let boss = admin(&club);
    let content = bytes(300_000);
    let id = stor(&mut resume(&club, &boss.token), "Film", "FREE", &content, "");
    for farewell in [true, false] {
        let mut line = resume(&club, &boss.token);
        line.send(format!("NOOP\r\nRETR {id}\r\nNOOP").as_bytes());
        if farewell {
            line.half_close();
        } else {
            line.socket().shutdown(std::net::Shutdown::Write).unwrap();
        }
        line.reply().is("250 OK");
        line.reply().is("150 DATA");
        assert!(line.body(content.len()) == content);
        line.reply().is("226 DONE");
        // The last line had no end.
        assert!(line.rest().is_empty());
    }
    // A farewell behind a body is not something that was sent.
    let other = bytes(5000);
    let mut line = resume(&club, &boss.token);
    line.want(&format!("STOR 5000 {} title=Film kind=FREE", md5hex(&other)), "150 SEND");
    line.send(&other);
    line.half_close();
    line.reply().is("226 STORED");
}

#[test]
fn events_come_while_one_waits() {
    let club = club();
    let mut boss = admin(&club);
    let mut line = resume(&club, &boss.token);
    line.want("WATCH notices", "250 OK");
    boss.want("POST \"New\" \"A text\"", "250 OK");
    assert_eq!(line.event().get("title"), "New");
    boss.want("LOGOUT", "250 OK");
    line.want("WHOAMI", "530 LOGIN_REQUIRED");
}

#[test]
fn a_protocol_that_is_not_spoken_is_refused_by_tls() {
    let club = club();
    let line = |alpn: &[&str]| {
        let config = tls_client(&club.certificate(), rustls::ALL_VERSIONS, alpn);
        Line::bare_tls(club.tls_address(), config)
    };
    assert_eq!(line(&[]).unwrap().greeted().tls().alpn_protocol(), None);
    assert!(line(&["h2", "reel/1"]).is_ok());
    let error = line(&["h2", "http/1.1"]).err().expect("refused").to_string();
    assert!(error.contains("NoApplicationProtocol"), "{error}");
}

#[test]
fn who_speaks_no_tls_or_says_nothing_is_let_go() {
    let club = Club::with_tls(Engine::Sqlite, "[limits]\nhandshake_seconds = 1\n");
    // A command where a hello should be.
    let mut line = Line::bare(club.tls_address());
    let _ = line.raw(b"NOOP\r\nNOOP\r\nNOOP\r\n");
    assert!(!String::from_utf8_lossy(&line.rest()).contains("220"), "no TLS and a greeting");
    // Nothing, and half a hello: both end with the handshake's time.
    let mut silent = Line::bare(club.tls_address());
    let mut half = Line::bare(club.tls_address());
    let _ = half.raw(&[0x16, 0x03, 0x01, 0x02, 0x00, 0x01]);
    assert!(silent.rest().is_empty());
    assert!(half.rest().is_empty());
    // A hello on the plain door.
    let config = tls_client(&club.certificate(), rustls::ALL_VERSIONS, &[]);
    assert!(Line::bare_tls(club.address(), config).is_err());
    club.tls_line().want("NOOP", "250 OK");
}

#[test]
fn records_without_an_end_that_bring_nothing_end_the_connection() {
    let club = club();
    let config = tls_client(&club.certificate(), &[&TLS13], &["reel/1"]);
    let mut line = Line::bare_tls(club.tls_address(), config).unwrap().greeted();
    let renew = |line: &mut Line, times: usize| {
        for _ in 0..times {
            line.tls_mut().refresh_traffic_keys().unwrap();
        }
    };
    renew(&mut line, 3);
    line.want("NOOP", "250 OK");
    renew(&mut line, 200);
    let _ = line.raw(b"NOOP\r\n");
    assert!(!String::from_utf8_lossy(&line.rest()).contains("250"));
}

#[test]
fn the_certificate_is_exchanged_under_open_connections() {
    let club = club();
    let old = club.folder_of("old");
    fs::copy(club.certificate(), &old).unwrap();
    let mut open = club.tls_line();
    let print = |out: Output| {
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap().trim().to_owned()
    };
    let refused = club.operator(&["cert", "--name", "club.example"]);
    assert!(!refused.status.success());
    let fingerprint = |file: &Path| {
        let said = openssl(&["x509", "-noout", "-fingerprint", "-sha256", "-in", path(file)]);
        said.split('=').nth(1).unwrap().trim().to_owned()
    };
    // Without a name it tells of the one that is there.
    assert_eq!(print(club.operator(&["cert"])), fingerprint(&old));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--force"), "{refused:?}");
    let new = print(club.operator(&["cert", "--force", "--name", "localhost", "--name", "10.1.2.3"]));
    assert_eq!(fingerprint(&club.certificate()), new);
    club.signal("HUP");
    wait(|| club.said().contains(&new), "the new certificate is taken");
    open.want("NOOP", "250 OK");
    club.tls_line().want("NOOP", "250 OK");
    let config = tls_client(&old, rustls::ALL_VERSIONS, &[]);
    assert!(Line::bare_tls(club.tls_address(), config).is_err(), "the old one is still shown");
    // One that is no good leaves all as it is.
    let kept = club.folder_of("kept");
    fs::copy(club.certificate(), &kept).unwrap();
    fs::write(club.certificate(), "nonsense").unwrap();
    club.signal("HUP");
    wait(|| club.said().contains("stays as it was"), "a bad one is told of");
    let config = tls_client(&kept, rustls::ALL_VERSIONS, &[]);
    Line::bare_tls(club.tls_address(), config).unwrap().greeted().want("NOOP", "250 OK");
    open.want("NOOP", "250 OK");
}

#[test]
fn a_start_names_the_file_that_is_no_good() {
    let mut club = club();
    let cert = |name: &str| {
        let (cert, key) = (club.folder_of(&format!("{name}.pem")), club.folder_of(&format!("{name}.key")));
        openssl(&[
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "30",
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost",
            "-out",
            path(&cert),
            "-keyout",
            path(&key),
        ]);
        (cert, key)
    };
    let (one, one_key) = cert("one");
    let (two, two_key) = cert("two");
    let nothing = club.folder_of("nothing.pem");
    let empty = club.folder_of("empty.pem");
    fs::write(&empty, "").unwrap();
    let start = |club: &Club, cert: &Path, key: &Path| {
        let out = club.operator(&[
            "serve",
            "--listen",
            "none",
            "--tls-listen",
            "127.0.0.1:0",
            "--tls-cert",
            path(cert),
            "--tls-key",
            path(key),
        ]);
        assert!(!out.status.success());
        String::from_utf8(out.stderr).unwrap()
    };
    let cases = [
        (&nothing, &one_key, "nothing.pem: No such file"),
        (&one, &nothing, "nothing.pem: No such file"),
        (&empty, &one_key, "empty.pem: no certificate"),
        (&one, &empty, "empty.pem: no private key"),
        (&one_key, &one_key, "one.key: no certificate"),
        (&one, &two_key, "two.key is not the key of the certificate in"),
    ];
    for (cert, key, expected) in cases {
        let said = start(&club, cert, key);
        assert!(said.contains(expected), "{expected}: {said}");
    }
    club.advance(40 * 86_400);
    let said = start(&club, &two, &two_key);
    assert!(said.contains("two.pem: the certificate has expired: it was good until 20"), "{said}");
    for (arguments, expected) in [
        (&["serve", "--listen", "none"][..], "nothing to listen on"),
        (&["serve", "--tls-listen", "127.0.0.1:0", "--tls-cert", path(&one)], "tls_key"),
        (&["serve", "--tls-listen", "somewhere"], "expected an address and a port"),
    ] {
        let out = club.operator(arguments);
        assert!(!out.status.success());
        let said = String::from_utf8(out.stderr).unwrap();
        assert!(said.contains(expected), "{expected}: {said}");
    }
}

#[test]
fn twenty_transfers_at_once_stay_small() {
    let club = club();
    let boss = admin(&club);
    let content = bytes(24 * MIB);
    let id = stor(&mut resume(&club, &boss.token), "Large", "FREE", &content, "");
    let idle = club.rss_kib();
    let digest = md5hex(&content);
    let done = AtomicBool::new(false);
    let peak = thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let mut peak = 0;
            while !done.load(Ordering::Relaxed) {
                peak = peak.max(club.rss_kib());
                thread::park_timeout(Duration::from_millis(5));
            }
            peak
        });
        let jobs: Vec<_> = (0..20)
            .map(|number| {
                let (club, id, digest, content, token) = (&club, &id, &digest, &content, &boss.token);
                scope.spawn(move || {
                    let mut line = resume(club, token);
                    if number % 4 == 0 {
                        let own: Vec<u8> =
                            number.to_string().bytes().chain(content[..8 * MIB].iter().copied()).collect();
                        stor(&mut line, "Own", "FREE", &own, "");
                        return;
                    }
                    line.want(&format!("RETR {id}"), "150 DATA");
                    assert_eq!(md5hex(&line.body(content.len())), *digest);
                    line.reply().is("226 DONE");
                })
            })
            .collect();
        let failed = jobs.into_iter().filter_map(|job| job.join().err()).count();
        done.store(true, Ordering::Relaxed);
        let peak = watcher.join().unwrap();
        assert_eq!(failed, 0);
        peak
    });
    assert!(peak <= idle + 64 * 1024, "twenty transfers: {peak} KiB, {idle} KiB when idle");
}

#[test]
fn slow_readers_hold_up_nobody() {
    let club = club();
    let boss = admin(&club);
    let content = bytes(16 * MIB);
    let id = stor(&mut resume(&club, &boss.token), "Large", "FREE", &content, "");
    // More than there are cores, of whom none reads.
    let mut slow: Vec<Line> = (0..8).map(|_| resume(&club, &boss.token)).collect();
    for line in &mut slow {
        line.say(&format!("RETR {id}"));
    }
    let mut quick = resume(&club, &boss.token);
    quick.want(&format!("RETR {id}"), "150 DATA");
    assert!(quick.body(content.len()) == content);
    quick.reply().is("226 DONE");
    for line in &mut slow {
        line.reply().is("150 DATA");
        assert!(line.body(content.len()) == content);
        line.reply().is("226 DONE");
    }
}

#[test]
fn money_moves_once_however_many_connections_ask() {
    let club = club();
    let mut anna = user(&club, "anna");
    anna.want("TOPUP 100.00", "250 OK");
    let token = anna.token.clone();
    let replies =
        at_once(&club, &anna, 4, |_, _| resume(&club, &token).ask("MEMBER price=30.00 key=once").status());
    assert!(replies.iter().all(|status| status == "250 OK"), "{replies:?}");
    assert_eq!(anna.balance(), 7000);
}

#[test]
fn passwords_from_elsewhere_need_tls() {
    let Some(own) = own_address() else {
        eprintln!("skipped: this machine has no address but loopback");
        return;
    };
    let mut club = Club::listening(Engine::Sqlite, "tls_listen = \"0.0.0.0:0\"\n", "0.0.0.0:0");
    let near = |club: &Club| std::net::SocketAddr::from(([127, 0, 0, 1], club.address().port()));
    let far = |club: &Club| std::net::SocketAddr::new(own, club.address().port());
    let mut line = Line::open(near(&club));
    let anna = line.want(&format!("REGISTER anna {}", pass("anna")), "230 OK");
    let token = anna.get("token").to_owned();
    let secrets = [
        format!("LOGIN anna {}", pass("anna")),
        format!("REGISTER ben {}", pass("ben")),
        format!("RESUME {token}"),
        format!("RECOVER anna 0123456789abcdef {}", pass("anna")),
        "LOGIN anna".to_owned(),
    ];
    let mut open = Line::open(far(&club));
    for secret in &secrets {
        let reply = open.want(secret, "550 TLS_REQUIRED");
        assert_eq!(reply.number("port"), u64::from(club.tls_address().port()));
    }
    open.want("HELP LOGIN", "210 END");
    line.want("WHOAMI", "250 OK");
    // The shell does not even send it.
    let plainly = |more: &[&str]| {
        let folder = tempfile::tempdir().unwrap();
        reel_at(far(&club), folder.path(), "anna", more)
    };
    let out = plainly(&["--user", "anna", "-c", "whoami"]);
    let said = String::from_utf8(out.stderr).unwrap();
    assert!(out.status.code() == Some(3) && said.contains("--tls speaks TLS"), "{said}");
    let out = plainly(&["--plain", "--user", "anna", "-c", "whoami"]);
    assert!(String::from_utf8(out.stderr).unwrap().contains("TLS_REQUIRED"));
    let config = tls_client(&club.certificate(), rustls::ALL_VERSIONS, &[]);
    let address = std::net::SocketAddr::new(own, club.tls_address().port());
    let mut private = Line::bare_tls(address, config).unwrap().greeted();
    private.want(&secrets[0], "230 OK");
    private.want(&format!("PASSWD {0} {0}", pass("anna")), "250 OK");
    // Beyond loopback nobody fills the own wallet.
    private.want("TOPUP 1.00", "550 SWITCHED_OFF");
    club.configure("[accounts]\nplain_passwords = true\n");
    club.restart();
    Line::open(far(&club)).want(&secrets[0], "230 OK");
    club.configure("");
    club.restart();
    let reply = Line::open(far(&club)).want(&secrets[0], "550 TLS_REQUIRED");
    assert_eq!(reply.fields.find("port"), None);
}

#[test]
fn openssl_and_python_are_at_home() {
    let club = club();
    let boss = admin(&club);
    let content = bytes(MIB + 3);
    let id = stor(&mut resume(&club, &boss.token), "Film", "FREE", &content, "");
    let at = club.tls_address().to_string();
    let mut client = Command::new("openssl")
        .args(["s_client", "-quiet", "-connect", &at, "-alpn", "reel/1", "-verify_return_error", "-CAfile"])
        .arg(club.certificate())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("openssl: tests/run installs it");
    client.stdin.as_mut().unwrap().write_all(b"NOOP\r\nQUIT\r\n").unwrap();
    let out = client.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(
        said.starts_with("220 REEL") && said.contains("\r\n250 OK") && said.contains("\r\n221 BYE"),
        "{out:?}"
    );
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tls.py");
    let out = Command::new("python3")
        .args([script, &at, path(&club.certificate()), &boss.token, &id, &md5hex(&content)])
        .output()
        .expect("python3: tests/run installs it");
    assert!(
        out.status.success(),
        "{}{}",
        String::from_utf8_lossy(&out.stdout),
        String::from_utf8_lossy(&out.stderr)
    );
}

/// Opens two sockets as systemd would, under the names of its units, and becomes the daemon.
const ACTIVATE: &str = r#"
import os, socket, sys
names = sys.argv[1].split(":")
sockets = [socket.create_server(("127.0.0.1", 0)) for _ in names]
copies = [os.dup2(os.dup(s.fileno()), 40 + at) for at, s in enumerate(sockets)]
for at, copy in enumerate(copies):
    os.dup2(copy, 3 + at)
    os.close(copy)
os.environ |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": str(len(names)), "LISTEN_FDNAMES": sys.argv[1]}
print("sockets", *[s.getsockname()[1] for s in sockets], flush=True)
os.execv(sys.argv[2], sys.argv[2:])
"#;

#[test]
fn systemd_names_the_doors() {
    use std::io::{BufRead, BufReader};
    for names in ["plain:tls", "tls:plain"] {
        let folder = tempfile::tempdir().unwrap();
        let mut daemon = Command::new("python3")
            .args(["-c", ACTIVATE, names, path(&tests::program("reeld")), "--data", path(folder.path())])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("python3: tests/run installs it");
        let mut lines = BufReader::new(daemon.stdout.take().unwrap()).lines().map_while(Result::ok);
        let ports: Vec<String> = lines.next().unwrap().split(' ').skip(1).map(str::to_owned).collect();
        let (plain, tls) = if names.starts_with("plain") { (0, 1) } else { (1, 0) };
        let said: Vec<String> = lines.take(2).collect();
        let expected = [
            format!("listening on 127.0.0.1:{}", ports[plain]),
            format!("listening on 127.0.0.1:{} tls", ports[tls]),
        ];
        let address = format!("127.0.0.1:{}", ports[tls]).parse().unwrap();
        let config = tls_client(&folder.path().join("tls/cert.pem"), rustls::ALL_VERSIONS, &[]);
        let answered = Line::bare_tls(address, config).map(|line| line.greeted().ask("NOOP").status());
        daemon.kill().unwrap();
        daemon.wait().unwrap();
        assert_eq!(said, expected);
        assert_eq!(answered.unwrap(), "250 OK");
    }
}

/// An address of this machine that is not loopback: the one that it would send from. Nothing is sent.
fn own_address() -> Option<std::net::IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    let own = socket.local_addr().ok()?.ip();
    let listener = std::net::TcpListener::bind((own, 0)).ok()?;
    TcpStream::connect(listener.local_addr().ok()?).ok()?;
    Some(own).filter(|own| !own.is_loopback() && !own.is_unspecified())
}

fn openssl(arguments: &[&str]) -> String {
    let out = Command::new("openssl").args(arguments).output().expect("openssl: tests/run installs it");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Waits for what the daemon does by itself.
fn wait(done: impl Fn() -> bool, what: &str) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_secs(20), "{what}: it does not happen");
        thread::park_timeout(Duration::from_millis(10));
    }
}

trait Beside {
    fn folder_of(&self, name: &str) -> PathBuf;
}

impl Beside for Club {
    /// A file beside the data of the club.
    fn folder_of(&self, name: &str) -> PathBuf {
        self.data().parent().unwrap().join(name)
    }
}
