//! From a file into a socket, in the kernel where it can be.
//!
//! `std::io::copy` takes 8 KiB at a time through our memory here: it does not use sendfile(2) from
//! files to sockets any more.

use std::fs::File;
use std::io::{self, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::FileExt as _;

use rustix::io::Errno;

/// How much is read at a time where sendfile(2) cannot be had.
const READ: usize = 256 * 1024;

/// Sends at most `most` bytes of `file` from `offset` on; gives how many. None means its end.
///
/// # Errors
/// The file cannot be read, or the connection was lost.
pub fn pour(file: &File, socket: &TcpStream, offset: u64, most: u64) -> io::Result<u64> {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let mut at = offset;
    loop {
        match rustix::fs::sendfile(socket, file, Some(&mut at), most) {
            Ok(sent) => return Ok(sent as u64),
            Err(Errno::INTR) => {}
            // A file system that cannot.
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
                return by_hand(file, socket, offset, most);
            }
            Err(error) => return Err(error.into()),
        }
    }
}

fn by_hand(file: &File, mut socket: &TcpStream, offset: u64, most: usize) -> io::Result<u64> {
    let mut buffer = vec![0; most.min(READ)];
    let read = file.read_at(&mut buffer, offset)?;
    socket.write_all(buffer.get(..read).unwrap_or_default())?;
    Ok(read as u64)
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    type Way = fn(&File, &TcpStream, u64, usize) -> io::Result<u64>;

    #[test]
    fn both_ways_send_the_same_bytes() {
        let file = tempfile::tempfile().unwrap();
        file.write_all_at(b"hello world", 0).unwrap();
        let ways: [Way; 2] = [|f, s, o, n| pour(f, s, o, n as u64), by_hand];
        for way in ways {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            let socket = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let (mut other, _) = listener.accept().unwrap();
            assert_eq!(way(&file, &socket, 6, 3).unwrap(), 3);
            assert_eq!(way(&file, &socket, 9, 100).unwrap(), 2);
            assert_eq!(way(&file, &socket, 11, 100).unwrap(), 0);
            drop(socket);
            let mut heard = String::new();
            other.read_to_string(&mut heard).unwrap();
            assert_eq!(heard, "world");
        }
    }
}
