//! The people of the tests, and what they do most.

use std::ops::{Deref, DerefMut};
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use md5::{Digest, Md5};

use crate::club::Club;
use crate::line::{Fields, Line, Reply};

/// Somebody who is logged in.
pub struct Person {
    /// The name.
    pub name: String,
    /// What RESUME takes.
    pub token: String,
    /// The connection. A person is used as one.
    pub line: Line,
}

impl Deref for Person {
    type Target = Line;
    fn deref(&self) -> &Line {
        &self.line
    }
}

impl DerefMut for Person {
    fn deref_mut(&mut self) -> &mut Line {
        &mut self.line
    }
}

impl Person {
    /// What the account holds, in hundredths.
    pub fn balance(&mut self) -> i64 {
        self.want("WHOAMI", "250 OK").fields.money("balance")
    }
}

/// The MD5 of bytes, as 32 hex digits.
pub fn md5hex(bytes: &[u8]) -> String {
    Md5::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The SHA-256 of bytes, as 64 hex digits.
pub fn sha256hex(bytes: &[u8]) -> String {
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Two files of 128 bytes with one MD5 (Wang, Feng, Lai, Yu: "Collisions for hash functions", 2004).
pub fn twins() -> [Vec<u8>; 2] {
    let one = "d131dd02c5e6eec4693d9a0698aff95c2fcab58712467eab4004583eb8fb7f8955ad340609f4b30283e488832571415a\
               085125e8f7cdc99fd91dbdf280373c5bd8823e3156348f5bae6dacd436c919c6dd53e2b487da03fd02396306d248cda0\
               e99f33420f577ee8ce54b67080a80d1ec69821bcb6a8839396f9652b6ff72a70";
    let mut one: Vec<u8> =
        (0..one.len()).step_by(2).map(|at| u8::from_str_radix(&one[at..at + 2], 16).unwrap()).collect();
    let mut two = one.clone();
    for at in [19, 45, 59, 83, 109, 123] {
        two[at] ^= 0x80;
    }
    one.truncate(128);
    [one, two]
}

/// The digest of the password of `name`.
pub fn pass(name: &str) -> String {
    md5hex(format!("the password of {name}").as_bytes())
}

/// A new admin, with a code of the operator.
pub fn admin(club: &Club) -> Person {
    let name = format!("admin{:08x}", rand::random::<u32>());
    let code = club.invite(true);
    register(club, &name, &format!(" invite={code}"))
}

/// A new user of this name.
pub fn user(club: &Club, name: &str) -> Person {
    register(club, name, "")
}

fn register(club: &Club, name: &str, more: &str) -> Person {
    let mut line = club.line();
    let reply = line.want(&format!("REGISTER {name} {}{more}", pass(name)), "230 OK");
    Person { name: name.to_owned(), token: reply.get("token").to_owned(), line }
}

/// `text` as a quoted word.
pub fn quote(text: &str) -> String {
    let escaped = text.replace('\\', r"\\").replace('"', r#"\""#).replace('\n', r"\n").replace('\t', r"\t");
    format!("\"{escaped}\"")
}

/// Bytes that nobody has seen before.
pub fn bytes(length: usize) -> Vec<u8> {
    let mut seed = rand::random::<u64>() | 1;
    let mut next = || {
        seed ^= seed << 13; // xorshift64: quick, and no length or range of it repeats
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed.to_le_bytes()
    };
    let mut bytes: Vec<u8> = std::iter::repeat_with(&mut next).take(length.div_ceil(8)).flatten().collect();
    bytes.truncate(length);
    bytes
}

/// Uploads a title and gives its id. `extra` are further options of STOR.
#[track_caller]
pub fn stor(line: &mut Line, title: &str, kind: &str, bytes: &[u8], extra: &str) -> String {
    let digest = md5hex(bytes);
    let mut reply =
        line.ask(&format!("STOR {} {digest} title={} kind={kind} {extra}", bytes.len(), quote(title)));
    if reply.status() == "350 PROVE" {
        reply = prove(line, &reply, bytes);
    }
    if reply.status() == "150 SEND" {
        let (offset, length) = (reply.number("offset") as usize, reply.number("length") as usize);
        assert_eq!(offset + length, bytes.len(), "{}", reply.line);
        line.send(&bytes[offset..]);
        reply = line.reply();
    }
    reply.is("226 STORED").get("id").to_owned()
}

/// Answers `350 PROVE` for somebody who has the file.
pub fn prove(line: &mut Line, asked: &Reply, bytes: &[u8]) -> Reply {
    let mut proof = asked.get("nonce").as_bytes().to_vec();
    for range in asked.get("ranges").split(',') {
        let (offset, length) = range.split_once('-').expect("offset-length");
        let (offset, length) = (offset.parse::<usize>().unwrap(), length.parse::<usize>().unwrap());
        proof.extend(&bytes[offset..offset + length]);
    }
    line.ask(&format!("PROVE {}", md5hex(&proof)))
}

/// Says that something is over when it is dropped, also by a failed expectation.
pub struct Over<'f>(pub &'f AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// All rows of a command, page by page.
pub fn rows(line: &mut Line, command: &str) -> Vec<Fields> {
    let mut all = Vec::new();
    let mut after = String::new();
    loop {
        let page = line.want(&format!("{command}{after}"), "210 END");
        assert_eq!(page.number("rows") as usize, page.rows.len(), "{}", page.line);
        all.extend(page.rows);
        let Some(next) = page.fields.find("next") else {
            return all;
        };
        after = format!(" after={}", quote(next));
    }
}

/// Fetches a whole title.
#[track_caller]
pub fn retr(line: &mut Line, id: &str) -> Vec<u8> {
    let data = line.want(&format!("RETR {id}"), "150 DATA");
    let body = line.body(data.number("length") as usize);
    line.reply().is("226 DONE");
    assert_eq!(md5hex(&body), data.get("md5"));
    body
}

/// Runs this on so many connections of one session, all at the same time, and gives all that came out.
pub fn at_once<T: Send>(
    club: &Club, who: &Person, connections: usize, work: impl Fn(usize, &mut Line) -> T + Sync,
) -> Vec<T> {
    let ready = Barrier::new(connections);
    let (ready, work) = (&ready, &work);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..connections)
            .map(|number| {
                let mut line = club.resume(&who.token);
                scope.spawn(move || {
                    ready.wait();
                    work(number, &mut line)
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    })
}

/// The statement adds up, row by row and to the balance; gives the amounts, the newest first.
#[track_caller]
pub fn statement(who: &mut Person) -> Vec<i64> {
    let balance = who.balance();
    let rows = rows(who, "STATEMENT limit=50");
    let mut expected = balance;
    for row in &rows {
        assert_eq!(row.money("balance"), expected, "{}: {row:?}", who.name);
        expected -= row.money("amount");
    }
    assert_eq!(expected, 0, "{}: a wallet begins with nothing", who.name);
    rows.iter().map(|row| row.money("amount")).collect()
}

/// Fails unless the condition comes true soon.
#[track_caller]
pub fn soon(what: &str, mut is: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is() {
        assert!(start.elapsed() < Duration::from_secs(15), "not soon: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}
