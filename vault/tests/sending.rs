//! Content on its way out, over real sockets.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use common::{content, files, read, uploaded, vault};
use vault::Sent;

/// Longer than any wait that is expected to end.
const LONG: Duration = Duration::from_secs(60);

/// A sender that does not block, and the reader at the other end.
fn sockets() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let sender = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    sender.set_nonblocking(true).unwrap();
    (sender, listener.accept().unwrap().0)
}

#[tokio::test]
async fn a_slow_reader_holds_up_no_thread() {
    let (_dir, vault) = vault();
    let bytes = content(24 << 20, 1);
    let stored = uploaded(&vault, &bytes).await;
    let (sender, mut reader) = sockets();

    let mut range = stored.range(5, u64::MAX);
    let first = range.send_slice(&sender, u64::MAX, Duration::ZERO).unwrap();
    assert!(first.waiting && first.bytes > 0, "{first:?}");
    let again = range.send_slice(&sender, u64::MAX, Duration::from_millis(5)).unwrap();
    assert!(again.waiting, "{again:?}");
    assert_eq!(range.length(), bytes.len() as u64 - 5 - first.bytes - again.bytes);

    let received = thread::spawn(move || {
        let (mut received, mut buffer) = (Vec::new(), [0; 50_000]);
        loop {
            match reader.read(&mut buffer).unwrap() {
                0 => return received,
                read => received.extend_from_slice(&buffer[..read]),
            }
        }
    });
    while range.length() > 0 {
        let sent = range.send_slice(&sender, 1 << 20, LONG).unwrap();
        assert!(sent.bytes == 1 << 20 || range.length() == 0);
        assert!(!sent.waiting);
    }
    drop(sender);
    assert!(received.join().unwrap() == bytes[5..]);
}

#[tokio::test]
async fn a_range_sends_its_bytes_and_no_others() {
    let (_dir, vault) = vault();
    let bytes = content(10_000, 1);
    let stored = uploaded(&vault, &bytes).await;
    let (sender, mut reader) = sockets();
    let mut range = stored.range(100, 50);
    let send = |range: &mut vault::Range, limit| range.send_slice(&sender, limit, LONG).unwrap();
    assert_eq!(send(&mut range, 0), Sent { bytes: 0, waiting: false });
    assert_eq!(send(&mut range, 20), Sent { bytes: 20, waiting: false });
    assert_eq!(range.length(), 30);
    let mut middle = [0; 10];
    assert_eq!(range.read(&mut middle).unwrap(), 10);
    assert_eq!(send(&mut range, 1000), Sent { bytes: 20, waiting: false });
    assert_eq!(send(&mut range, 1000), Sent { bytes: 0, waiting: false });
    drop(sender);
    let mut received = Vec::new();
    reader.read_to_end(&mut received).unwrap();
    assert_eq!(received, [&bytes[100..120], &bytes[130..150]].concat());
    assert_eq!(middle, bytes[120..130]);
}

#[tokio::test]
async fn a_range_ends_with_the_content() {
    let (_dir, vault) = vault();
    let bytes = content(1000, 1);
    let stored = uploaded(&vault, &bytes).await;
    assert_eq!(stored.range(900, 1000).length(), 100);
    assert_eq!(stored.range(1000, 1).length(), 0);
    assert_eq!(stored.range(u64::MAX, u64::MAX).length(), 0);
    assert!(read(&stored, 900, u64::MAX) == bytes[900..]);
}

#[tokio::test]
async fn content_that_became_shorter_is_an_error() {
    let (dir, vault) = vault();
    let stored = uploaded(&vault, &content(1000, 1)).await;
    let file = File::options().write(true).open(&files(dir.path(), "stored")[0]).unwrap();
    file.set_len(600).unwrap();

    let (sender, _reader) = sockets();
    let mut range = stored.range(0, 1000);
    let error = range.send_slice(&sender, u64::MAX, LONG).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
    assert_eq!(range.length(), 400);
    let error = range.read(&mut [0; 10]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
}

#[tokio::test]
async fn a_reader_that_went_away_is_an_error() {
    let (_dir, vault) = vault();
    let stored = uploaded(&vault, &content(24 << 20, 1)).await;
    let (sender, reader) = sockets();
    let mut range = stored.range(0, u64::MAX);
    assert!(range.send_slice(&sender, u64::MAX, Duration::ZERO).unwrap().waiting);
    // Closed with bytes unread, it resets the connection, which must end the wait.
    drop(reader);
    let error = range.send_slice(&sender, u64::MAX, LONG).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset), "{error}");
}
