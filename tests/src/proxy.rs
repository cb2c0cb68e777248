//! Stands between the daemon and its database, and cuts the connection at the worst moment.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread;

/// What becomes of the next COMMIT of a transaction that writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// It and its answer pass.
    Never = 0,
    /// It is lost on its way: nothing has happened.
    Before = 1,
    /// It arrives, but its answer is lost: it has happened.
    After = 2,
}

/// A proxy on a port of its own. It ends with the process of the test.
pub struct Proxy {
    address: SocketAddr,
    next: Arc<AtomicU8>,
}

/// How a transaction begins, and how one that writes.
const BEGIN: &[u8] = b"START TRANSACTION";
const WRITE: &[u8] = b"START TRANSACTION READ WRITE";

/// A COMMIT as the protocol of MySQL sends it.
const COMMIT: &[u8] = b"\x03COMMIT";

impl Proxy {
    /// Carries everything to `server`, as `mysql://user@host:port`.
    pub fn before(server: &str) -> Self {
        let to = server.trim_end_matches('/').rsplit_once('@').expect("user@host:port").1.to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, next) = (listener.local_addr().unwrap(), Arc::new(AtomicU8::new(0)));
        let cut = next.clone();
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                // A server that is down refuses; so does this.
                if let Ok(server) = TcpStream::connect(&to) {
                    carry(client, server, cut.clone());
                }
            }
        });
        Self { address, next }
    }

    /// The same server, by way of this.
    pub fn url(&self) -> String {
        format!("mysql://root@{}", self.address)
    }

    /// Has the next COMMIT of a transaction that writes cut.
    pub fn cut(&self, cut: Cut) {
        self.next.store(cut as u8, Ordering::SeqCst);
    }

    /// Whether it was.
    pub fn has_cut(&self) -> bool {
        self.next.load(Ordering::SeqCst) == Cut::Never as u8
    }
}

fn carry(client: TcpStream, server: TcpStream, next: Arc<AtomicU8>) {
    let _ = client.set_nodelay(true);
    let _ = server.set_nodelay(true);
    let (mut back, mut to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
    let silent = Arc::new(AtomicU8::new(0));
    let mute = silent.clone();
    thread::spawn(move || {
        let mut buffer = [0; 65536];
        while let Ok(n @ 1..) = back.read(&mut buffer) {
            // The answer to the COMMIT has come, so it has happened.
            if mute.load(Ordering::SeqCst) != 0 || to.write_all(&buffer[..n]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Both);
        let _ = back.shutdown(Shutdown::Both);
    });
    thread::spawn(move || {
        let (mut from, mut server) = (client, server);
        let (mut buffer, mut writes) = ([0; 65536], false);
        while let Ok(n @ 1..) = from.read(&mut buffer) {
            let said = &buffer[..n];
            if said.windows(BEGIN.len()).any(|piece| piece == BEGIN) {
                writes = said.ends_with(WRITE);
            }
            if writes && said.ends_with(COMMIT) {
                match next.swap(Cut::Never as u8, Ordering::SeqCst) {
                    1 => break,
                    2 => silent.store(1, Ordering::SeqCst),
                    _ => {}
                }
            }
            if server.write_all(&buffer[..n]).is_err() {
                break;
            }
        }
        let _ = server.shutdown(Shutdown::Both);
        let _ = from.shutdown(Shutdown::Both);
    });
}
