//! Plays a run: picks a connection and a command, asks, compares, and has the model follow.

use std::time::{SystemTime, UNIX_EPOCH};

use tests::{Club, Engine, Line, Reply, md5hex, pass, rows};

use crate::films::{self, Film, Upload};
use crate::state::{Answer, DAY, Session, State};

/// Connections at once.
const SEATS: usize = 5;

/// How far a command is from every moment at which something ends, in milliseconds: more than a slow machine takes.
const MARGIN: i64 = 8_000;

/// The club of a run: everything else is as it comes.
pub const CONFIG: &str = "[shelf]\ntitles = 4\nbytes = 2000\n[money]\ntopup_day = \"300.00\"\n";

/// A proof that is awaited: the answer to it for each film, and the films that it may be over.
pub struct Proof {
    pub nonce: String,
    pub upload: Upload,
    pub candidates: Vec<usize>,
    pub until: i64,
}

/// A connection.
pub struct Seat {
    pub line: Line,
    /// The session.
    pub who: Option<usize>,
    pub proof: Option<Proof>,
    /// The bytes of it are awaited.
    pub upload: Option<Upload>,
}

pub struct Play {
    pub state: State,
    pub seats: Vec<Seat>,
    pub films: Vec<Film>,
    pub club: Club,
    pub said: Vec<String>,
    dice: u64,
    ahead: i64,
    seed: u64,
}

impl Play {
    pub fn new(engine: Engine, seed: u64) -> Self {
        let club = Club::with(engine, CONFIG);
        let seat = || Seat { line: club.line(), who: None, proof: None, upload: None };
        let seats = (0..SEATS).map(|_| seat()).collect();
        let mut play = Self {
            state: State::default(),
            seats,
            films: films::all(),
            said: vec![],
            dice: seed,
            ahead: 0,
            seed,
            club,
        };
        // Somebody has to be there who can make codes; and people who are in.
        for (seat, name, admin) in [(0, "Boss", true), (1, "anna", false), (2, "绿茶", false)] {
            let invite = admin.then(|| play.club.invite(true));
            if let Some(code) = &invite {
                let until = play.now() + 7 * DAY;
                play.state.invites.push(crate::state::Code { code: code.clone(), of: true, uses: 1, until });
            }
            play.register(seat, name, invite);
        }
        play
    }

    /// One command of one connection, or some time that passes.
    pub fn step(&mut self) {
        self.keep_off();
        self.finish_orphans();
        let seat = self.below(SEATS);
        self.refresh(seat);
        if self.seats[seat].upload.is_some() {
            return self.send_body(seat);
        }
        // Guests are refused most things, which is soon told.
        if self.seats[seat].who.is_none() && !self.one_in(6) {
            return self.come_in(seat);
        }
        if self.seats[seat].proof.is_some() && self.one_in(2) {
            return self.prove(seat);
        }
        match self.below(100) {
            0..5 => self.pass_time(),
            5..7 => self.reconnect(seat),
            7..13 => self.senseless(seat),
            13..30 => self.account_move(seat),
            30..60 => self.money_move(seat),
            60..100 => self.film_move(seat),
            _ => unreachable!(),
        }
    }

    /// The books are in order, also after a restart.
    pub fn end(&mut self) {
        for seat in 0..SEATS {
            if self.seats[seat].upload.is_some() {
                self.send_body(seat);
            }
        }
        if std::env::var_os("REEL_MODEL_TALK").is_some() {
            println!("{}", self.transcript());
        }
        let tokens: Vec<(String, usize)> = self.live_tokens();
        for (token, account) in &tokens {
            let mut line = self.club.resume(token);
            self.books(&mut line, *account);
        }
        self.seats.clear();
        self.club.restart();
        for (token, account) in tokens {
            let mut line = self.club.resume(&token);
            self.books(&mut line, account);
        }
        let checked = self.club.operator(&["check", "--deep"]);
        assert!(
            checked.status.success(),
            "{}\n{}",
            String::from_utf8_lossy(&checked.stdout),
            self.transcript()
        );
    }

    /// An upload under way goes on when its session ends, but by a lock: its bytes are sent before anything else.
    fn finish_orphans(&mut self) {
        let now = self.now();
        for seat in 0..SEATS {
            let session = self.seats[seat].who.map(|who| &self.state.sessions[who]);
            if self.seats[seat].upload.is_some() && session.is_some_and(|s| !s.alive || s.until <= now) {
                self.send_body(seat);
            }
        }
    }

    fn live_tokens(&self) -> Vec<(String, usize)> {
        let now = self.now();
        let alive = self.state.sessions.iter().filter(|s| s.alive && s.until > now);
        alive.map(|s| (s.token.clone(), s.account)).collect()
    }

    fn books(&self, line: &mut Line, account: usize) {
        let model = &self.state.accounts[account];
        let amounts: Vec<i64> = rows(line, "STATEMENT").iter().map(|row| row.money("amount")).collect();
        let expected: Vec<i64> = model.ledger.iter().rev().copied().collect();
        assert_eq!(amounts, expected, "the statement of {}\n{}", model.name, self.transcript());
        let owned: Vec<u64> = rows(line, "LIST OWNED").iter().map(|row| row.number("id")).collect();
        let expected: Vec<u64> = model.owned.keys().copied().collect();
        assert_eq!(owned, expected, "what {} owns\n{}", model.name, self.transcript());
    }

    /// A number below `most`.
    pub fn below(&mut self, most: usize) -> usize {
        // splitmix64
        self.dice = self.dice.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.dice;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % most as u64) as usize
    }

    pub fn one_in(&mut self, many: usize) -> bool {
        self.below(many) == 0
    }

    pub fn pick<'t>(&mut self, all: &[&'t str]) -> &'t str {
        all[self.below(all.len())]
    }

    /// The time of the daemon's clock.
    pub fn now(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        since.as_millis() as i64 + self.ahead * 1000
    }

    fn advance(&mut self, seconds: i64) {
        self.club.advance(seconds as u64);
        self.ahead += seconds;
        self.said.push(format!("   {seconds} seconds pass"));
    }

    fn pass_time(&mut self) {
        let days = if self.one_in(8) { [8, 31][self.below(2)] } else { 0 };
        let seconds = [5, 31, 31, 31, 3600, 90_000][self.below(6)] + days * 86_400;
        self.advance(seconds);
    }

    /// Away from everything that ends, and from midnight.
    fn keep_off(&mut self) {
        loop {
            let now = self.now();
            let midnight = (now + DAY / 2) / DAY * DAY;
            let near = |moment: &i64| (moment - now).abs() < MARGIN;
            let proofs = self.seats.iter().filter_map(|seat| seat.proof.as_ref()).map(|proof| proof.until);
            let mut moments = self.state.moments().into_iter().chain(proofs).chain([midnight]);
            if !moments.any(|moment| near(&moment)) {
                return;
            }
            self.advance(2 * MARGIN / 1000);
        }
    }

    /// Whose session is over is a guest from the next command on.
    fn refresh(&mut self, seat: usize) {
        let now = self.now();
        let over = |s: &Session| !s.alive || s.until <= now;
        let held = &mut self.seats[seat];
        if held.upload.is_none() && held.who.is_some_and(|who| over(&self.state.sessions[who])) {
            held.who = None;
            held.proof = None;
        }
    }

    /// The account of a connection.
    pub fn account(&self, seat: usize) -> Option<usize> {
        self.seats[seat].who.map(|session| self.state.sessions[session].account)
    }

    pub fn is_admin(&self, seat: usize) -> bool {
        self.account(seat).is_some_and(|account| self.state.accounts[account].admin)
    }

    /// Asks; anything but PROVE drops a proof.
    pub fn ask(&mut self, seat: usize, command: &str) -> Reply {
        if !command.starts_with("PROVE") {
            self.seats[seat].proof = None;
        }
        self.said.push(format!("{seat}C {command}"));
        self.seats[seat].line.say(command);
        self.reply(seat)
    }

    /// The next reply.
    pub fn reply(&mut self, seat: usize) -> Reply {
        match self.seats[seat].line.try_reply() {
            Ok(Some(reply)) => {
                self.said.push(format!("{seat}S {} ({} rows)", reply.line, reply.rows.len()));
                reply
            }
            other => panic!("no reply to {seat} but {other:?}\n{}", self.transcript()),
        }
    }

    /// Fails with all that was said unless the answer is as the model says.
    #[track_caller]
    pub fn expect(&self, reply: &Reply, (status, facts): &Answer) {
        let same = reply.status() == *status
            && facts.iter().all(|(key, value)| reply.fields.find(key) == Some(value.as_str()));
        assert!(same, "the model says {status} {facts:?}, not {}\n{}", reply.line, self.transcript());
    }

    #[track_caller]
    pub fn ensure(&self, holds: bool, what: &str) {
        assert!(holds, "{what}\n{}", self.transcript());
    }

    /// Asks for what only users or admins may; none where that is refused, as it has to be.
    #[track_caller]
    pub fn ask_as(&mut self, seat: usize, admin: bool, command: &str) -> Option<(usize, Reply)> {
        let reply = self.ask(seat, command);
        let Some(account) = self.account(seat) else {
            self.expect(&reply, &("530 LOGIN_REQUIRED".into(), vec![]));
            return None;
        };
        if admin && !self.is_admin(seat) {
            self.expect(&reply, &("550 NOT_ALLOWED".into(), vec![]));
            return None;
        }
        Some((account, reply))
    }

    /// What ends a connection from outside, said and closed; a new one takes its place.
    pub fn shut(&mut self, seat: usize, status: &str) {
        let last = self.reply(seat);
        self.expect(&last, &(status.into(), vec![]));
        let rest = self.seats[seat].line.rest();
        self.ensure(rest.is_empty(), "something after the last word");
        self.open(seat);
    }

    fn open(&mut self, seat: usize) {
        self.seats[seat] = Seat { line: self.club.line(), who: None, proof: None, upload: None };
        self.said.push(format!("{seat}  connects"));
    }

    fn reconnect(&mut self, seat: usize) {
        if self.one_in(2) {
            let reply = self.ask(seat, "QUIT");
            self.expect(&reply, &("221 BYE".into(), vec![]));
            let rest = self.seats[seat].line.rest();
            self.ensure(rest.is_empty(), "something after QUIT");
        }
        self.open(seat);
    }

    /// What is no command, or no possible one.
    fn senseless(&mut self, seat: usize) {
        let anybody = [
            ("XYZZY", "500 UNKNOWN_COMMAND"),
            ("SEARCH \"never closed", "501 SYNTAX"),
            ("a=b", "501 SYNTAX"),
            ("NOOP x", "501 SYNTAX"),
            ("LOGIN anna", "501 SYNTAX"),
            ("LOGIN anna 123", "501 SYNTAX"),
            ("REGISTER x 5d41402abc4b2a76b9719d911017c592", "501 BAD_VALUE"),
            ("NOOP", "250 OK"),
        ];
        let users = [
            ("TOPUP 0", "501 BAD_VALUE"),
            ("TOPUP 1.001", "501 SYNTAX"),
            ("TOPUP -1", "501 SYNTAX"),
            ("BUY x", "501 SYNTAX"),
            ("BUY 1 price=x", "501 SYNTAX"),
            ("BUY 1 colour=red", "501 SYNTAX"),
            ("MEMBER 0", "501 BAD_VALUE"),
            ("MEMBER 121", "552 LIMIT"),
            ("LIST limit=0", "501 BAD_VALUE"),
            ("LIST NONE", "501 BAD_VALUE"),
            ("LIST after=x", "501 BAD_VALUE"),
            ("RETR -1", "501 SYNTAX"),
            ("RETR 1 offset=x", "501 SYNTAX"),
            ("INFO", "501 SYNTAX"),
            ("INFO 0", "550 NOT_FOUND"),
            ("BUY 999999", "550 NOT_FOUND"),
            ("RETR 999999", "550 NOT_FOUND"),
            ("REDEEM nothing", "550 NOT_FOUND"),
            ("KICK 999999", "550 NOT_FOUND"),
            ("PASSWD x y", "501 SYNTAX"),
            ("SAY nowhere hello", "550 NOT_ALLOWED"),
        ];
        let admins = [
            ("CREDIT nobody-here 1.00", "550 NOT_FOUND"),
            ("CREDIT anna", "501 SYNTAX"),
            ("LOCK nobody-here", "550 NOT_FOUND"),
            ("UNDELE 999999", "550 NOT_FOUND"),
            ("EDIT 999999 title=x", "550 NOT_FOUND"),
            ("VOUCHER 1.00 count=101 key=many", "552 LIMIT"),
            ("REFUND nobody-here 1", "550 NOT_FOUND"),
        ];
        let at = self.below(anybody.len() + users.len() + admins.len());
        if let Some((command, status)) = anybody.get(at) {
            let proof = self.seats[seat].proof.take();
            let reply = self.ask(seat, command);
            self.expect(&reply, &((*status).to_owned(), vec![]));
            // What is no line of words is no other command.
            if *status == "501 SYNTAX" && (command.contains("never") || *command == "a=b") {
                self.seats[seat].proof = proof;
            }
        } else if let Some((command, status)) = users.get(at - anybody.len()) {
            // The role of an admin costs nothing, and has no wallet's limit.
            if let Some((_, reply)) = self.ask_as(seat, false, command) {
                let allowed = *command == "SAY nowhere hello" && self.is_admin(seat);
                let status = if allowed { "250 OK" } else { status };
                self.expect(&reply, &(status.to_owned(), vec![]));
            }
        } else {
            let (command, status) = admins[at - anybody.len() - users.len()];
            if let Some((_, reply)) = self.ask_as(seat, true, command) {
                self.expect(&reply, &(status.to_owned(), vec![]));
            }
        }
    }

    /// All that was said, to be read after a failure.
    pub fn transcript(&self) -> String {
        format!("REEL_MODEL_SEED={}\n{}", self.seed, self.said.join("\n"))
    }
}

/// The digest of a password.
pub fn digest(password: &str) -> String {
    pass(password)
}

/// The MD5 of bytes in hex.
pub fn md5(bytes: &[u8]) -> String {
    md5hex(bytes)
}
