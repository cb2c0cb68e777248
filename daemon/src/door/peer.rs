//! One connection of the line door: lines in, answers out, bytes in between.

use std::io;
use std::time::Duration;

use bytes::{BufMut as _, Bytes, BytesMut};
use protocol::code::Code;
use protocol::frame::{FrameError, Lines};
use protocol::reply::{Event, Status};
use protocol::value::Md5;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::codec::Decoder;

use super::stream::Stream;
use super::{Stop, body};
use crate::config::Limits;
use crate::guard::caught;
use crate::session::{Answer, Delivery, Heard, Proof, Session, Then, Upload, is_retr};

/// Room that is made for input at a time. A connection that is idle holds none.
const INPUT: usize = 4096;

/// Answers to pipelined commands are sent together, up to about this many bytes.
const OUTPUT: usize = 32 * 1024;

/// Room for the words around a short body.
const AROUND: usize = 256;

/// How long and how far a closing connection is read out, so that its last reply is not lost to a
/// reset: TCP resets a connection that is closed with input unread.
const LINGER: Duration = Duration::from_secs(2);
const LINGER_BYTES: usize = 16 << 20;

/// One connection.
pub struct Peer {
    pub(super) stream: Stream,
    pub(super) session: Session,
    pub(super) stop: Stop,
    pub(super) body: Duration,
    idle: Duration,
    login: Duration,
    line: Duration,
    /// Until when the first command has to be here; nothing once it was.
    first: Option<Instant>,
    /// Since when nobody is logged in here.
    guest: Option<Instant>,
    /// Since when a command is on its way.
    begun: Option<Instant>,
    /// A body is on its way out: nothing else may be said.
    sending: bool,
    lines: Lines,
    input: BytesMut,
    output: BytesMut,
    /// So much of the output is whole lines and bodies.
    whole: usize,
    /// Bodies in the output, each with its place there: what has gone out of them is noted when it has.
    bodies: Vec<(usize, Box<Delivery>)>,
}

/// Why no line comes.
pub(super) enum Silence {
    /// The connection ends without a word.
    Gone,
    /// It ends with one.
    Told(Status),
}

impl From<io::Error> for Silence {
    fn from(_: io::Error) -> Self {
        Silence::Gone
    }
}

impl Peer {
    /// A connection that was just accepted.
    pub fn new(stream: Stream, session: Session, stop: Stop, limits: &Limits) -> Self {
        let now = Instant::now();
        Self {
            stream,
            session,
            stop,
            body: Duration::from_secs(limits.body_seconds.into()),
            idle: Duration::from_secs(limits.idle_seconds.into()),
            login: Duration::from_secs(limits.login_seconds.into()),
            line: Duration::from_secs(limits.line_seconds.into()),
            first: Some(now + Duration::from_secs(limits.first_seconds.into())),
            guest: Some(now),
            begun: None,
            sending: false,
            lines: Lines::default(),
            input: BytesMut::new(),
            output: BytesMut::new(),
            whole: 0,
            bodies: vec![],
        }
    }

    /// Speaks with the client until one of the two ends it.
    pub async fn run(&mut self) {
        log::debug!("{} connected", self.session.label());
        self.say(&Session::greeting());
        let last = match caught(self.talk()).await {
            Ok(last) => last,
            Err(trace) => self.broken(trace),
        };
        // A last word may take a while to go out, and who has gone is not to be seen until then.
        self.session.leave_rooms();
        if let Silence::Told(status) = last {
            self.say(&status);
        }
        if self.flush().await.is_ok() {
            Box::pin(self.linger()).await;
        }
        log::debug!("{} disconnected", self.session.label());
    }

    /// A panic ends this connection and no other.
    fn broken(&mut self, trace: String) -> Silence {
        log::info!("{} trace={trace} ends", self.session.label());
        // A line that was half written is none.
        self.output.truncate(self.whole);
        if self.sending {
            return Silence::Gone;
        }
        Silence::Told(Status::new(Code::Internal).with("trace", trace))
    }

    async fn talk(&mut self) -> Silence {
        loop {
            let answered = match self.next_line().await {
                Ok(line) => {
                    self.tell();
                    if !self.bodies.is_empty()
                        && !is_retr(&line)
                        && let Err(gone) = self.flush().await
                    {
                        return gone.into();
                    }
                    let answer = self.session.line(&line).await;
                    self.answer(answer).await.map(|()| self.tell())
                }
                Err(silence) => Err(silence),
            };
            if let Err(silence) = answered {
                return silence;
            }
            self.session.rest();
        }
    }

    /// The next command line; what is owed to the client is sent before it is waited for.
    async fn next_line(&mut self) -> Result<Bytes, Silence> {
        loop {
            match self.lines.decode(&mut self.input) {
                Ok(Some(line)) if self.stop.drain.is_cancelled() => {
                    drop(line);
                    return Err(Silence::Told(Status::new(Code::Draining)));
                }
                Ok(Some(line)) => {
                    self.begun = None;
                    // An empty line is no command.
                    if !line.is_empty() {
                        self.first = None;
                    }
                    // Commands that are here already are never waited for: others have to get their turn.
                    tokio::task::consume_budget().await;
                    return Ok(line);
                }
                Ok(None) if self.input.is_empty() => {}
                Ok(None) => {
                    self.begun.get_or_insert_with(Instant::now);
                }
                Err(FrameError::TooLong) => {
                    return Err(Silence::Told(Status::new(Code::LineTooLong)));
                }
                Err(FrameError::Foreign | FrameError::Io(_)) => return Err(Silence::Gone),
            }
            self.flush().await?;
            if self.input.is_empty() {
                // Nobody pays for an idle connection, nor for a long list that was asked for on one.
                (self.input, self.output) = Default::default();
                self.stream.rest();
            }
            if let Heard::Event(event) = self.wait_for_input().await? {
                self.say_event(&event);
                self.tell();
                continue;
            }
            self.input.reserve(INPUT);
            match self.stream.try_read_buf(&mut (&mut self.input).limit(INPUT)) {
                // A last line without its end is never run.
                Ok(0) => return Err(Silence::Gone),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => return Err(Silence::Gone),
            }
        }
    }

    /// Waits for input, or for something that the client is to be told.
    async fn wait_for_input(&mut self) -> Result<Heard, Silence> {
        let (now, until) = self.deadline();
        // A guest that never stops talking is never waited for, and has its time all the same.
        if until <= now {
            return Err(Silence::Told(Status::new(Code::Idle)));
        }
        tokio::select! {
            ready = timeout_at(until, self.stream.readable()) => match ready {
                Ok(ready) => Ok(ready.map(|()| Heard::Nothing)?),
                Err(_) => Err(Silence::Told(Status::new(Code::Idle))),
            },
            heard = self.session.heard() => match heard {
                Heard::Ended(status) => Err(Silence::Told(status)),
                heard => Ok(heard),
            },
            () = self.stop.drain.cancelled() => Err(Silence::Told(Status::new(Code::Draining))),
        }
    }

    /// Until when the client has to do something: a user begins anew each time, a guest does not.
    fn end(&mut self) -> Instant {
        let now = Instant::now();
        self.guest = self.session.is_guest().then(|| self.guest.unwrap_or(now));
        self.guest.map_or(now + self.idle, |since| since + self.login)
    }

    /// What time it is, and until when input has to come.
    fn deadline(&mut self) -> (Instant, Instant) {
        let (now, end) = (Instant::now(), self.end());
        let line = self.begun.map(|since| since + self.line);
        let until = [self.first, line].into_iter().flatten().fold(end, Instant::min);
        (now, until)
    }

    /// Adds the events that are there, as far as the output has room: whoever sends command after command
    /// hears of the rooms between the replies.
    fn tell(&mut self) {
        while self.output.len() < OUTPUT
            && let Some(event) = self.session.ready()
        {
            self.say_event(&event);
        }
    }

    fn say(&mut self, status: &Status) {
        status.write(&mut self.output);
        self.whole = self.output.len();
    }

    fn say_event(&mut self, event: &Event) {
        event.write(&mut self.output);
        self.whole = self.output.len();
    }

    async fn answer(&mut self, answer: Answer) -> Result<(), Silence> {
        if answer.alone && !self.is_quiet() {
            return Err(Silence::Told(Status::new(Code::BadSequence)));
        }
        for row in &answer.rows {
            row.write(&mut self.output);
            self.whole = self.output.len();
            if self.output.len() >= OUTPUT {
                self.flush().await?;
            }
        }
        if let Some(status) = &answer.status {
            self.say(status);
        }
        match answer.then {
            Then::Go => {}
            Then::Bye => return Err(Silence::Gone),
            // On the heap: what a transfer needs while it runs is no part of an idle connection.
            Then::Prove(proof, answer) => Box::pin(self.prove(*proof, answer)).await?,
            Then::Send(delivery) if delivery.range.length() == 0 => self.send_small(delivery),
            Then::Send(delivery) => Box::pin(self.send(delivery)).await?,
            Then::Receive(upload) => Box::pin(self.receive(upload)).await?,
        }
        if self.output.len() >= OUTPUT {
            self.flush().await?;
        }
        Ok(())
    }

    /// Whether the client has sent nothing that has not been read as a command.
    fn is_quiet(&self) -> bool {
        self.input.is_empty() && self.stream.is_quiet()
    }

    async fn prove(&mut self, proof: Proof, answer: Md5) -> Result<(), Silence> {
        let proven = tokio::select! {
            proven = self.session.proven(proof, answer) => proven,
            status = self.session.ended() => return Err(Silence::Told(status)),
            () = self.stop.halt.cancelled() => return Err(Silence::Told(Status::new(Code::Draining))),
        };
        let status = match proven {
            Err(refusal) => refusal,
            Ok(verified) => self.session.stored(verified).await,
        };
        self.say(&status);
        Ok(())
    }

    async fn receive(&mut self, upload: Box<Upload>) -> Result<(), Silence> {
        self.flush().await?;
        let upload = body::receive(self, upload).await?;
        let status = match self.session.received(*upload).await {
            Err(refusal) => refusal,
            // More bytes than announced: the client has miscounted, and what it meant is not known.
            Ok(_) if !self.is_quiet() => Status::new(Code::BadSequence),
            Ok(verified) => self.session.stored(verified).await,
        };
        self.say(&status);
        if status.code == Code::BadSequence {
            return Err(Silence::Gone);
        }
        if !self.is_quiet() {
            return Err(Silence::Told(Status::new(Code::BadSequence)));
        }
        Ok(())
    }

    async fn send(&mut self, delivery: Box<Delivery>) -> Result<(), Silence> {
        self.flush().await?;
        self.sending = true;
        let (delivery, sent) = body::send(self, delivery).await;
        self.sending = false;
        let bytes = delivery.length - delivery.range.length();
        self.session.sent(&delivery, bytes).await;
        // Inside a body no status can be said: the connection just closes.
        sent?;
        self.say(&Session::done());
        Ok(())
    }

    /// Adds a body that is here already to the output.
    fn send_small(&mut self, mut delivery: Box<Delivery>) {
        let small = std::mem::take(&mut delivery.small);
        self.output.reserve(small.len() + AROUND);
        self.bodies.push((self.output.len(), delivery));
        self.output.extend_from_slice(&small);
        self.say(&Session::done());
    }

    /// Sends what is owed. A client that does not read for as long as it might be silent is gone, and so is what it was
    /// owed: of a line that went out in part, nothing may be said again.
    async fn flush(&mut self) -> io::Result<()> {
        let until = self.end();
        let mut left = self.output.len();
        let sent = self.send_output(until, &mut left).await;
        if !self.bodies.is_empty() {
            Box::pin(self.note_bodies(self.output.len() - left)).await;
        }
        self.output.clear();
        self.whole = 0;
        sent
    }

    /// Notes what has gone of the bodies in the output, of which so much went.
    async fn note_bodies(&mut self, went: usize) {
        for (from, delivery) in std::mem::take(&mut self.bodies) {
            let bytes = delivery.length.min(went.saturating_sub(from) as u64);
            self.session.sent(&delivery, bytes).await;
        }
    }

    async fn send_output(&self, until: Instant, left: &mut usize) -> io::Result<()> {
        while *left > 0 || self.stream.owes() {
            let rest = self.output.get(self.output.len() - *left..).unwrap_or_default();
            match self.stream.try_write(rest) {
                Ok(written) => *left -= written,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => Box::pin(self.room(until)).await?,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Waits until the client has read something.
    async fn room(&self, until: Instant) -> io::Result<()> {
        tokio::select! {
            ready = timeout_at(until, self.stream.writable()) => return ready?,
            // Whoever does not read holds up neither the end of a session nor of the daemon.
            _ = self.session.ended() => {}
            () = self.stop.halt.cancelled() => {}
            // The time that is left then is for transfers.
            () = drained(&self.stop) => {}
        }
        Err(io::ErrorKind::ConnectionAborted.into())
    }

    /// Closes our side and reads out what is still on its way, within bounds.
    async fn linger(&mut self) {
        self.stream.end();
        let mut sink = vec![0; 16 * 1024];
        let read_out = async {
            let mut left = LINGER_BYTES;
            // What it would mean has no meaning any more, so it may stay encrypted.
            let socket = &self.stream.socket;
            while left > 0 && socket.readable().await.is_ok() {
                match socket.try_read(&mut sink) {
                    Ok(0) => return,
                    Ok(read) => left = left.saturating_sub(read),
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    Err(_) => return,
                }
            }
        };
        tokio::select! {
            _ = timeout(LINGER, read_out) => {}
            () = self.stop.halt.cancelled() => {}
        }
    }
}

/// Waits until the daemon has been ending for as long as a last word may take.
async fn drained(stop: &Stop) {
    stop.drain.cancelled().await;
    tokio::time::sleep(LINGER).await;
}
