//! One connection to the line door, and the lines that come over it.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;

use crate::wire::{Wire, shake};

/// Nothing a test waits for takes longer.
const PATIENCE: Duration = Duration::from_secs(20);

/// The `key=value` words of a line, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// The value under `key`. Fails the test where there is none.
    pub fn get(&self, key: &str) -> &str {
        self.find(key).unwrap_or_else(|| panic!("no {key}= in {:?}", self.0))
    }

    /// The value under `key`, if there is one.
    pub fn find(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(k, _)| k == key).map(|(_, value)| value.as_str())
    }

    /// The value under `key` as a whole number.
    pub fn number(&self, key: &str) -> u64 {
        self.get(key).parse().unwrap_or_else(|_| panic!("{key}= is no number in {:?}", self.0))
    }

    /// The value under `key` as an amount, in hundredths.
    pub fn money(&self, key: &str) -> i64 {
        let text = self.get(key);
        let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
        let (whole, cents) = digits.split_once('.').unwrap_or_else(|| panic!("{key}={text} has no decimals"));
        assert!(cents.len() == 2, "{key}={text} has not two decimals");
        sign * (whole.parse::<i64>().unwrap() * 100 + cents.parse::<i64>().unwrap())
    }
}

/// What one command was answered: the rows, then the status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The rows before the status line.
    pub rows: Vec<Fields>,
    /// The three digits.
    pub code: u16,
    /// The word after them.
    pub word: String,
    /// The facts of the status line.
    pub fields: Fields,
    /// The status line as it came, without its end.
    pub line: String,
}

impl Reply {
    /// Code and word, as `250 OK`.
    pub fn status(&self) -> String {
        format!("{} {}", self.code, self.word)
    }

    /// The value under `key` in the status line. Fails the test where there is none.
    pub fn get(&self, key: &str) -> &str {
        self.fields.get(key)
    }

    /// The value under `key` in the status line as a number.
    pub fn number(&self, key: &str) -> u64 {
        self.fields.number(key)
    }

    /// Fails the test unless code and word are these.
    #[track_caller]
    pub fn is(self, status: &str) -> Self {
        assert_eq!(self.status(), status, "answered {:?}", self.line);
        self
    }

    fn parse(line: String, rows: Vec<Fields>) -> Self {
        let (words, fields) = take_apart(&line);
        let code = words
            .first()
            .and_then(|code| code.parse().ok())
            .filter(|_| line.as_bytes().get(3) == Some(&b' '));
        let code = code.unwrap_or_else(|| panic!("no status line: {line:?}"));
        let word = words.get(1).unwrap_or_else(|| panic!("no word: {line:?}"));
        let shouted = word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
        assert!(shouted && words.len() == 2, "a status is NNN WORD key=value … : text, not {line:?}");
        Self { rows, code, word: word.clone(), fields, line }
    }
}

/// One connection. Every read fails after a while, so that nothing hangs.
pub struct Line {
    stream: BufReader<Wire>,
    log: VecDeque<String>,
    /// The events that came, oldest first.
    pub events: VecDeque<Fields>,
    /// The first line that the server said.
    pub greeting: Option<Reply>,
}

impl Line {
    /// Connects and reads the greeting.
    pub fn open(address: SocketAddr) -> Self {
        Self::bare(address).greeted()
    }

    /// Connects and reads nothing.
    pub fn bare(address: SocketAddr) -> Self {
        Self::over(connect(address))
    }

    /// Reads nothing from a connection that is there.
    pub fn over(stream: TcpStream) -> Self {
        steady(&stream);
        Self::on(Wire::Plain(stream))
    }

    /// Connects over TLS and reads nothing.
    pub fn bare_tls(address: SocketAddr, config: Arc<ClientConfig>) -> io::Result<Self> {
        Ok(Self::on(shake(connect(address), config)?))
    }

    fn on(wire: Wire) -> Self {
        Self { stream: BufReader::new(wire), log: VecDeque::new(), events: VecDeque::new(), greeting: None }
    }

    /// Reads the greeting.
    pub fn greeted(mut self) -> Self {
        let greeting = self.reply().is("220 REEL");
        self.greeting = Some(greeting);
        self
    }

    /// The TLS beneath. Fails the test where there is none.
    pub fn tls(&self) -> &rustls::ClientConnection {
        match self.stream.get_ref() {
            Wire::Tls(tls) => &tls.conn,
            Wire::Plain(_) => panic!("a plain connection"),
        }
    }

    /// The same, to make records of one's own with.
    pub fn tls_mut(&mut self) -> &mut rustls::ClientConnection {
        match self.stream.get_mut() {
            Wire::Tls(tls) => &mut tls.conn,
            Wire::Plain(_) => panic!("a plain connection"),
        }
    }

    /// The socket beneath, past TLS.
    pub fn socket(&self) -> &TcpStream {
        self.stream.get_ref().socket()
    }

    /// Sends one line and reads what it is answered.
    pub fn ask(&mut self, command: &str) -> Reply {
        self.say(command);
        self.reply()
    }

    /// Sends one line and fails the test unless it is answered with this code and word.
    #[track_caller]
    pub fn want(&mut self, command: &str, status: &str) -> Reply {
        let reply = self.ask(command);
        assert_eq!(reply.status(), status, "{}", self.talk());
        reply
    }

    /// Sends one line.
    pub fn say(&mut self, command: &str) {
        self.note("C: ", command);
        let sent = self.stream.get_mut().write_all(format!("{command}\r\n").as_bytes());
        sent.unwrap_or_else(|why| panic!("cannot send: {why}\n{}", self.talk()));
    }

    /// Sends bytes as they are. The other end may be gone already: that is no failure here.
    pub fn raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.note("C~ ", &String::from_utf8_lossy(&bytes[..bytes.len().min(100)]));
        self.stream.get_mut().write_all(bytes)
    }

    /// Sends bytes as they are, all of them.
    pub fn send(&mut self, bytes: &[u8]) {
        self.note("B> ", &bytes.len().to_string());
        self.stream
            .get_mut()
            .write_all(bytes)
            .unwrap_or_else(|why| panic!("cannot send: {why}\n{}", self.talk()));
    }

    /// The next reply. Fails the test where the connection ends instead.
    #[track_caller]
    pub fn reply(&mut self) -> Reply {
        match self.try_reply() {
            Ok(Some(reply)) => reply,
            Ok(None) => panic!("the connection ended\n{}", self.talk()),
            Err(why) => panic!("no reply: {why}\n{}", self.talk()),
        }
    }

    /// The next reply, or `None` at the end of the connection.
    pub fn try_reply(&mut self) -> io::Result<Option<Reply>> {
        let mut rows = Vec::new();
        while let Some(line) = self.try_line()? {
            match line.as_bytes().first() {
                Some(b'-') => rows.push(row(&line)),
                Some(b'*') => {
                    assert!(rows.is_empty(), "an event among rows: {line:?}");
                    self.events.push_back(row(&line));
                }
                _ => return Ok(Some(Reply::parse(line, rows))),
            }
        }
        assert!(rows.is_empty(), "the connection ended among rows\n{}", self.talk());
        Ok(None)
    }

    /// The next event. Fails the test where something else comes first.
    #[track_caller]
    pub fn event(&mut self) -> Fields {
        if let Some(event) = self.events.pop_front() {
            return event;
        }
        match self.try_line() {
            Ok(Some(line)) if line.starts_with('*') => row(&line),
            other => panic!("no event but {other:?}\n{}", self.talk()),
        }
    }

    /// The next line as it comes, without its end, or `None` at the end of the connection.
    pub fn try_line(&mut self) -> io::Result<Option<String>> {
        let mut line = Vec::new();
        if self.stream.read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        let line = String::from_utf8(line).unwrap_or_else(|bad| panic!("not UTF-8: {bad:?}"));
        let line = line
            .strip_suffix("\r\n")
            .unwrap_or_else(|| panic!("a line without CRLF: {line:?}\n{}", self.talk()));
        self.note("S: ", line);
        Ok(Some(line.to_owned()))
    }

    /// Whether nothing has come that is still to be read, and the connection is open.
    pub fn is_silent(&mut self) -> bool {
        let stream = self.stream.get_ref().socket();
        stream.set_nonblocking(true).unwrap();
        let peeked = stream.peek(&mut [0]);
        stream.set_nonblocking(false).unwrap();
        self.stream.buffer().is_empty()
            && matches!(peeked, Err(why) if why.kind() == io::ErrorKind::WouldBlock)
    }

    /// A row or an event taken apart.
    pub fn row(line: &str) -> Fields {
        row(line)
    }

    /// Exactly this many bytes of a body.
    #[track_caller]
    pub fn body(&mut self, length: usize) -> Vec<u8> {
        let mut body = vec![0; length];
        let read = self.stream.read_exact(&mut body);
        read.unwrap_or_else(|why| panic!("{length} bytes of a body: {why}\n{}", self.talk()));
        self.note("B< ", &length.to_string());
        body
    }

    /// Ends the commands: the server sees the end of input, its replies still come.
    pub fn half_close(&mut self) {
        self.stream.get_mut().end();
    }

    /// Everything to the end of the connection. One that is reset has ended too.
    pub fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        match self.stream.read_to_end(&mut rest) {
            // One without the farewell of TLS has too.
            Err(why)
                if !matches!(why.kind(), io::ErrorKind::ConnectionReset | io::ErrorKind::UnexpectedEof) =>
            {
                panic!("the connection does not end: {why}; last came {:?}", String::from_utf8_lossy(&rest))
            }
            _ => rest,
        }
    }

    /// The last lines that went over this connection.
    pub fn talk(&self) -> String {
        self.log.iter().map(|line| format!("  {line}\n")).collect()
    }

    fn note(&mut self, mark: &str, text: &str) {
        if self.log.len() == 20 {
            self.log.pop_front();
        }
        self.log.push_back(format!("{mark}{}", text.chars().take(300).collect::<String>()));
    }
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect_timeout(&address, PATIENCE).expect("connect");
    steady(&stream);
    stream
}

fn steady(stream: &TcpStream) {
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream.set_nodelay(true).unwrap();
}

fn row(line: &str) -> Fields {
    let (words, mut fields) = take_apart(line);
    assert!(words.len() <= 2, "a row is - key=value …, not {line:?}");
    if let Some(name) = words.get(1) {
        fields.0.insert(0, ("*".to_owned(), name.clone())); // the name of an event
    }
    fields
}

/// Words and `key=value` of a line that the server said, up to a bare `:`.
fn take_apart(line: &str) -> (Vec<String>, Fields) {
    let mut words = Vec::new();
    let mut fields = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() && rest != ":" && !rest.starts_with(": ") {
        let end = rest.find([' ', '=']).unwrap_or(rest.len());
        let (key, after) = rest.split_at(end);
        rest = match after.strip_prefix('=') {
            Some(value) => {
                let (value, rest) =
                    take_value(value).unwrap_or_else(|| panic!("a quote that is never closed: {line:?}"));
                assert!(!fields.iter().any(|(k, _)| k == key), "{key}= twice: {line:?}");
                fields.push((key.to_owned(), value));
                rest
            }
            None => {
                words.push(key.to_owned());
                after
            }
        };
        assert!(rest.is_empty() || rest.starts_with(' '), "no blank after a word: {line:?}");
        rest = rest.trim_start();
    }
    (words, Fields(fields))
}

/// The value at the start of `text`, and what follows it.
fn take_value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(' ').unwrap_or(text.len());
        return Some((text[..end].to_owned(), &text[end..]));
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, &quoted[at + 1..])),
            '\\' => value.push(match chars.next()?.1 {
                'n' => '\n',
                't' => '\t',
                other => other,
            }),
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_taken_apart() {
        let reply = Reply::parse(
            r#"250 OK a=1 b="x \" \\ \n y=2" balance=-1.05 : some=text "left"#.to_owned(),
            vec![],
        );
        assert_eq!((reply.code, reply.word.as_str(), reply.get("a")), (250, "OK", "1"));
        assert_eq!(reply.get("b"), "x \" \\ \n y=2");
        assert_eq!(reply.fields.money("balance"), -105);
        assert_eq!(reply.fields.find("some"), None);
    }
}
