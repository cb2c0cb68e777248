//! Bare loops of our own, in a process of their own: what the kernel gives when nobody asks anything.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;

use rustix::fs::sendfile;

use super::Server;
use crate::Result;
use crate::client::Bare;
use crate::lab::Lab;
use crate::process::Process;

/// What is read from the socket at a time, as much as Reel's buffers hold.
const BUFFER: usize = 256 << 10;

/// Starts a process of this program that serves the folder.
///
/// # Errors
/// If it does not start.
pub fn start(lab: &Lab, durable: bool) -> Result<Server> {
    let args = ["bare".to_owned(), lab.content.root.display().to_string()];
    let mut process = Process::start(&std::env::current_exe()?, args, &[], &lab.folder.join("bare.log"))?;
    let address = process.line()?.parse()?;
    let door = Box::new(Bare { address, durable });
    Ok(Server { process, address, door, files: lab.content.root.clone(), reel: None })
}

/// `bench bare FOLDER`: a thread a connection.
///
/// # Errors
/// If it cannot listen.
pub fn serve(folder: &Path) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?);
    std::io::stdout().flush()?;
    for stream in listener.incoming() {
        let (stream, folder) = (stream?, folder.to_owned());
        std::thread::spawn(move || {
            if let Err(error) = talk(&stream, &folder) {
                eprintln!("{error}");
            }
        });
    }
    Ok(())
}

fn talk(stream: &TcpStream, folder: &Path) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::with_capacity(256, stream);
    let mut line = String::new();
    while reader.read_line(&mut line)? > 0 {
        match line.split_whitespace().collect::<Vec<_>>().as_slice() {
            ["GET", name] => send(stream, &folder.join(name))?,
            [put, name, size] => {
                receive(&mut reader, &folder.join(name), size.parse()?, *put == "PUTSYNC")?;
                (&*stream).write_all(b"done\n")?;
            }
            _ => return Err(format!("unknown: {line:?}").into()),
        }
        line.clear();
    }
    Ok(())
}

fn send(mut stream: &TcpStream, path: &Path) -> Result<()> {
    let file = File::open(path)?;
    let size = file.metadata()?.len();
    stream.write_all(format!("{size}\n").as_bytes())?;
    let mut offset = 0;
    while offset < size {
        let left = usize::try_from(size - offset)?;
        sendfile(stream, &file, Some(&mut offset), left)?;
    }
    Ok(())
}

fn receive(reader: &mut impl Read, path: &Path, mut left: u64, durable: bool) -> Result<()> {
    let mut file = File::create(path)?;
    let mut buffer = vec![0; BUFFER];
    while left > 0 {
        let most = left.min(BUFFER as u64) as usize;
        let read = reader.read(buffer.get_mut(..most).unwrap_or_default())?;
        if read == 0 {
            return Err("the client closed inside a body".into());
        }
        file.write_all(buffer.get(..read).unwrap_or_default())?;
        left -= read as u64;
    }
    if durable {
        file.sync_all()?;
    }
    Ok(())
}
