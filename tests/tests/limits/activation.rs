//! Socket activation: the socket outlives the daemon, and a restart refuses nobody.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::*;

/// Starts a daemon on this socket as systemd does: as its file 3, with the two variables. When it serves.
fn start(socket: &TcpListener, folder: &Path) -> Child {
    let mut shell = Command::new("sh");
    shell
        .args(["-c", r#"exec 3<&0 0</dev/null; LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" "$@""#])
        .arg(program("reeld"))
        .args(["serve", "--listen", "127.0.0.1:1", "--data"])
        .arg(folder)
        .stdin(Stdio::from(OwnedFd::from(socket.try_clone().unwrap())))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut daemon = shell.spawn().unwrap();
    let mut first = String::new();
    BufReader::new(daemon.stdout.as_mut().unwrap()).read_line(&mut first).unwrap();
    assert_eq!(first.trim_end(), format!("listening on {}", socket.local_addr().unwrap()));
    daemon
}

/// Ends it and gives what it has logged.
fn end(daemon: Child) -> String {
    let kill = Command::new("kill").args(["-TERM", &daemon.id().to_string()]).status().unwrap();
    assert!(kill.success());
    let out = daemon.wait_with_output().unwrap();
    assert!(out.status.success(), "{out:?}");
    String::from_utf8(out.stderr).unwrap()
}

#[test]
fn a_restart_refuses_no_connection() {
    let folder = tempfile::tempdir().unwrap();
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let (over, rounds) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        let mut daemon = start(&socket, folder.path());
        let client = scope.spawn(|| {
            let mut drained = 0;
            while !over.load(Ordering::Relaxed) {
                drained += usize::from(!visit(address));
                rounds.fetch_add(1, Ordering::Relaxed);
            }
            drained
        });
        let _over = Over(&over);
        let more = |n: usize| {
            let before = rounds.load(Ordering::Relaxed);
            soon("the client is served", || rounds.load(Ordering::Relaxed) >= before + n);
        };
        more(20);
        for _ in 0..3 {
            let said = end(daemon);
            assert!(said.contains("127.0.0.1:1 is not used"), "{said}");
            daemon = start(&socket, folder.path());
            more(20);
        }
        over.store(true, Ordering::Relaxed);
        let drained = client.join().unwrap();
        // A connection that was in when the daemon ended is told; there is one at a time.
        assert!(drained <= 3, "{drained}");
        end(daemon);
    });
}

/// Comes, says something and goes; false where the daemon said that it ends.
fn visit(address: std::net::SocketAddr) -> bool {
    let mut line = Line::bare(address);
    for (command, expected) in [("", "220 REEL"), ("NOOP", "250 OK"), ("QUIT", "221 BYE")] {
        if !command.is_empty() {
            let _ = line.raw(format!("{command}\r\n").as_bytes());
        }
        let reply = line.reply();
        if reply.status() == "421 DRAINING" {
            assert!(line.rest().is_empty());
            return false;
        }
        assert_eq!(reply.status(), expected);
    }
    assert!(line.rest().is_empty());
    true
}
