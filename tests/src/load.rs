//! A mixed load, and its own book of what was answered: uploads, purchases, bookings, vouchers and top-ups at once,
//! by some people over several connections each. Whatever is done to the daemon or its database meanwhile, the book
//! says afterwards what has to be there, what must not, and what is to be asked again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::club::Club;
use crate::line::{Fields, Line, Reply};
use crate::people::{Person, admin, bytes, md5hex, retr, rows, user};

/// Seats of each event.
const SEATS: u64 = 40;

/// What everything has cost: titles, seats.
const PRICE: i64 = 100;

/// Something that is asked with a key, so that it may be asked again.
#[derive(Clone, Debug)]
struct Deed {
    /// Which of the people.
    who: usize,
    /// The line, with its key.
    line: String,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Topup(i64),
    Buy,
    Book,
    Cancel(i64),
    Mint,
    Redeem(i64),
    Stor(Vec<u8>),
}

/// How an asking ended.
enum Ended {
    /// With an answer that counts.
    Told(Reply),
    /// With `4..`: to be asked again.
    Later(Reply),
    /// With the connection.
    Gone,
}

/// What was answered.
#[derive(Default)]
struct Book {
    /// Movements of each wallet since the last audit.
    moved: Vec<Vec<i64>>,
    balance: Vec<i64>,
    /// Title and MD5 of what was stored since the last audit.
    fresh: Vec<(String, String)>,
    /// Every title.
    titles: BTreeMap<String, String>,
    /// Titles that are sold, and who has tried to buy which.
    sold: Vec<String>,
    bought: BTreeSet<(usize, String)>,
    event: String,
    /// Bookings that stand: who, number, seats.
    booked: Vec<(usize, String, u64)>,
    /// Codes that nobody has taken yet, and those that were redeemed.
    codes: Vec<(String, i64)>,
    redeemed: Vec<String>,
    /// What was asked and not answered.
    open: Vec<Deed>,
    /// Some that were answered, with their answers.
    told: Vec<(Deed, String)>,
}

/// The people, and their book.
pub struct Load {
    people: Vec<Person>,
    book: Mutex<Book>,
    number: AtomicU64,
    /// Deeds that were answered.
    answered: AtomicU64,
    /// The longest that anybody waited for an answer, in milliseconds.
    longest: AtomicU64,
    /// Answers `4..` by their word.
    refused: Mutex<BTreeMap<String, u64>>,
}

/// What an audit found.
#[derive(Clone, Copy, Debug, Default)]
pub struct Audit {
    /// Deeds that nobody had answered.
    pub open: usize,
}

impl Load {
    /// An admin and three members with full wallets, and something to buy and to book.
    pub fn new(club: &Club) -> Self {
        let mut people = vec![admin(club)];
        people.extend(["anna", "berta", "carla"].map(|name| user(club, name)));
        let (count, book) = (people.len(), Mutex::default());
        let load = Self {
            people,
            book,
            number: AtomicU64::new(0),
            answered: AtomicU64::new(0),
            longest: AtomicU64::new(0),
            refused: Mutex::default(),
        };
        {
            let mut book = load.book();
            (book.moved, book.balance) = (vec![vec![]; count], vec![0; count]);
        }
        for who in 1..count {
            let mut line = load.line(club, who);
            load.until_told(&mut line, &load.deed(who, What::Topup(500_000), ""));
        }
        load.stage(club);
        load
    }

    fn book(&self) -> std::sync::MutexGuard<'_, Book> {
        self.book.lock().unwrap()
    }

    /// How many deeds were answered so far.
    pub fn answered(&self) -> u64 {
        self.answered.load(Ordering::Relaxed)
    }

    /// The longest that anybody has waited for an answer since this was asked last.
    pub fn longest(&self) -> Duration {
        Duration::from_millis(self.longest.swap(0, Ordering::Relaxed))
    }

    /// How often which `4..` was answered since this was asked last.
    pub fn refused(&self) -> BTreeMap<String, u64> {
        std::mem::take(&mut *self.refused.lock().unwrap())
    }

    /// A connection of somebody's session.
    fn line(&self, club: &Club, who: usize) -> Line {
        club.resume(&self.people[who].token)
    }

    /// A new event to book.
    fn stage(&self, club: &Club) {
        let mut boss = self.line(club, 0);
        let staged =
            boss.want(&format!("STAGE \"An evening\" seats={SEATS} price=1.00 each={SEATS}"), "250 OK");
        let mut book = self.book();
        book.event = staged.get("id").to_owned();
        book.booked.clear();
    }

    /// Loads the club from ten connections until `over` is set or the connections end. A deed that is answered `4..`
    /// is asked again until then.
    pub fn run(&self, club: &Club, over: &AtomicBool) {
        let workers = [0, 0, 0, 1, 1, 2, 2, 3, 3, 1];
        let lines: Vec<(usize, Line)> = workers.iter().map(|who| (*who, self.line(club, *who))).collect();
        thread::scope(|scope| {
            for (number, (who, mut line)) in lines.into_iter().enumerate() {
                scope.spawn(move || {
                    let mut going = true;
                    while going && !over.load(Ordering::Relaxed) {
                        going = self.next(number, who).is_none_or(|deed| self.ask(&mut line, deed, over));
                    }
                });
            }
        });
    }

    /// Asks until there is an answer that counts; false if the connection ended or the time is over before.
    fn ask(&self, line: &mut Line, deed: Deed, over: &AtomicBool) -> bool {
        loop {
            let since = Instant::now();
            let ended = perform(line, &deed);
            let took = u64::try_from(since.elapsed().as_millis()).unwrap();
            match ended {
                Ended::Told(reply) => {
                    self.longest.fetch_max(took, Ordering::Relaxed);
                    self.enter(&deed, &reply);
                    return true;
                }
                Ended::Later(reply) => {
                    self.longest.fetch_max(took, Ordering::Relaxed);
                    *self.refused.lock().unwrap().entry(reply.status()).or_default() += 1;
                    if over.load(Ordering::Relaxed) {
                        self.book().open.push(deed);
                        return false;
                    }
                    thread::sleep(Duration::from_millis(20)); // the pace of a client that is told to come later
                }
                Ended::Gone => {
                    self.book().open.push(deed);
                    return false;
                }
            }
        }
    }

    fn until_told(&self, line: &mut Line, deed: &Deed) {
        let never = AtomicBool::new(false);
        assert!(self.ask(line, deed.clone(), &never), "not answered: {}", deed.line);
    }

    fn deed(&self, who: usize, what: What, line: &str) -> Deed {
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let line = match &what {
            // No two amounts are the same, so the statement tells them apart.
            What::Topup(amount) => format!("TOPUP {}", money(*amount)),
            _ => line.to_owned(),
        };
        Deed { who, line: format!("{line} key=load-{number}"), what }
    }

    /// What the worker of that number does next; none if there is nothing to be done just now.
    fn next(&self, worker: usize, who: usize) -> Option<Deed> {
        let number = self.number.load(Ordering::Relaxed);
        let dice = rand::random::<u32>() % 100;
        let film = |size: usize, more: &str| {
            let film = bytes(size);
            let line = format!("STOR {size} {} title=\"No {number}\" prove=no {more}", md5hex(&film));
            Some(self.deed(who, What::Stor(film), &line))
        };
        let size = |most: u32| (rand::random::<u32>() % most) as usize;
        match (worker, dice) {
            (0, _) => film(size(20_000), "kind=PAID price=1.00 member-price=1.00"),
            (1, _) => film(size(3_000_000), "kind=FREE resume=yes"),
            (2, _) => {
                let amount = 300_000 + number as i64;
                Some(self.deed(who, What::Mint, &format!("VOUCHER {} count=2", money(amount))))
            }
            (9, _) => film(size(20_000), "kind=SHARED"),
            (_, 0..30) => Some(self.deed(who, What::Topup(10_000 + number as i64), "")),
            (_, 30..55) => {
                let id = self.book().unbought(who)?;
                Some(self.deed(who, What::Buy, &format!("BUY {id} price=1.00")))
            }
            (_, 55..75) => {
                let line = format!("BOOK {} {}", self.book().event, 1 + dice % 3);
                Some(self.deed(who, What::Book, &line))
            }
            (_, 75..85) => {
                let (booking, seats) = self.book().own_booking(who)?;
                Some(self.deed(who, What::Cancel(seats as i64 * PRICE), &format!("CANCEL {booking}")))
            }
            _ => {
                let (code, amount) = self.book().codes.pop()?;
                Some(self.deed(who, What::Redeem(amount), &format!("REDEEM {code}")))
            }
        }
    }

    /// Writes an answer into the book.
    fn enter(&self, deed: &Deed, reply: &Reply) {
        self.answered.fetch_add(1, Ordering::Relaxed);
        let (mut book, status) = (self.book(), reply.status());
        let who = deed.who;
        match (&deed.what, status.as_str()) {
            (What::Topup(amount), "250 OK") => book.moves(who, *amount),
            (What::Buy, "250 OK") => {
                assert_eq!(reply.fields.money("paid"), PRICE, "{}", reply.line);
                book.moves(who, -PRICE);
            }
            (What::Book, "250 OK") => {
                let paid = reply.fields.money("paid");
                book.booked.push((who, reply.get("booking").to_owned(), (paid / PRICE) as u64));
                book.moves(who, -paid);
            }
            (What::Buy | What::Book, "552 NEED_FUNDS" | "552 SOLD_OUT") => {}
            (What::Cancel(paid), "250 OK") => book.moves(who, *paid),
            (What::Redeem(amount), "250 OK") => {
                assert_eq!(reply.fields.money("amount"), *amount, "{}", reply.line);
                book.moves(who, *amount);
                book.redeemed.push(deed.line.split(' ').nth(1).unwrap().to_owned());
            }
            (What::Mint, "210 END") => {
                let codes = reply.rows.iter().map(|row| (row.get("code").to_owned(), row.money("amount")));
                book.codes.extend(codes);
            }
            (What::Stor(film), "226 STORED") => {
                let (id, md5) = (reply.get("id").to_owned(), md5hex(film));
                let before = book.titles.insert(id.clone(), md5.clone());
                assert_eq!(before, None, "title {id} was stored twice");
                if deed.line.contains("kind=PAID") {
                    book.sold.push(id.clone());
                }
                book.fresh.push((id, md5));
            }
            _ => panic!("{} was answered {:?}", deed.line, reply.line),
        }
        if book.told.len() < 20 || rand::random::<u32>().is_multiple_of(8) {
            book.told.truncate(100);
            book.told.insert(0, (deed.clone(), said(reply)));
        }
    }

    /// Looks, with the daemon at work again, whether all is as the book says: what was answered is there and once,
    /// what was not answered has one effect when it is asked again with its key, and nothing is there besides.
    pub fn audit(&self, club: &Club) -> Audit {
        let open = std::mem::take(&mut self.book().open);
        let found = Audit { open: open.len() };
        let told: Vec<(Deed, String)> = self.book().told.drain(..).collect();
        let mut lines: Vec<Line> = (0..self.people.len()).map(|who| self.line(club, who)).collect();
        for deed in open {
            self.until_told(&mut lines[deed.who], &deed);
            same_again(&mut lines[deed.who], &deed, None);
        }
        for (deed, said) in told.iter().take(5) {
            same_again(&mut lines[deed.who], deed, Some(said));
        }
        for (who, line) in lines.iter_mut().enumerate().skip(1) {
            self.wallet(who, line);
        }
        self.library(&mut lines[0]);
        self.seats(&mut lines[0]);
        let code = self.book().redeemed.pop();
        if let Some(code) = code {
            lines[1].want(&format!("REDEEM {code}"), "553 CODE_USED");
        }
        self.stage(club);
        found
    }

    /// The statement has each movement since the last audit exactly once, and the balance they make.
    fn wallet(&self, who: usize, line: &mut Line) {
        let mut book = self.book();
        let mut moved = std::mem::take(&mut book.moved[who]);
        let before = book.balance[who];
        let after = before + moved.iter().sum::<i64>();
        let name = &self.people[who].name;
        let balance = line.want("WHOAMI", "250 OK").fields.money("balance");
        let newest = newest(line, moved.len() + 1);
        let mut stated: Vec<i64> = newest.iter().take(moved.len()).map(|row| row.money("amount")).collect();
        moved.sort_unstable();
        stated.sort_unstable();
        assert_eq!(stated, moved, "{name}: the statement, and what was answered");
        assert_eq!(balance, after, "{name}: the balance");
        let older = newest.get(moved.len()).map_or(0, |row| row.money("balance"));
        assert_eq!(older, before, "{name}: what was there before");
        book.balance[who] = after;
    }

    /// What was stored can be fetched as it was sent, and no title is there that nobody was told of.
    fn library(&self, boss: &mut Line) {
        let (fresh, known) = {
            let mut book = self.book();
            let fresh = std::mem::take(&mut book.fresh);
            (fresh, book.titles.clone())
        };
        let mut listed = vec![];
        let mut after = String::new();
        while listed.len() < known.len() {
            let page = boss.want(&format!("LIST sort=new{after}"), "210 END");
            let old = known.len() - fresh.len();
            listed.extend(page.rows);
            match page.fields.find("next") {
                Some(next) if old == 0 || listed.len() <= fresh.len() => after = format!(" after={next}"),
                _ => break,
            }
        }
        for row in &listed {
            let md5 = known.get(row.get("id"));
            assert_eq!(md5.map(String::as_str), Some(row.get("md5")), "a title nobody was told of: {row:?}");
        }
        for (id, md5) in fresh {
            assert!(listed.iter().any(|row| row.get("id") == id), "title {id} was said to be stored");
            assert_eq!(md5hex(&retr(boss, &id)), md5, "title {id}");
        }
    }

    /// Never more seats than there are; the bookings are those that were answered.
    fn seats(&self, boss: &mut Line) {
        let (event, mut expected) = {
            let book = self.book();
            let names = book
                .booked
                .iter()
                .map(|(who, number, seats)| (number.clone(), self.people[*who].name.clone(), *seats));
            (book.event.clone(), names.collect::<Vec<_>>())
        };
        let mut booked: Vec<(String, String, u64)> = rows(boss, &format!("ATTENDEES {event}"))
            .iter()
            .map(|row| (row.get("booking").to_owned(), row.get("user").to_owned(), row.number("seats")))
            .collect();
        booked.sort();
        expected.sort();
        assert_eq!(booked, expected, "the bookings of event {event}");
        let taken: u64 = booked.iter().map(|(.., seats)| seats).sum();
        let left = boss.want(&format!("EVENT {event}"), "210 END").rows[0].number("left");
        assert_eq!(taken + left, SEATS, "the seats of event {event}");
    }

    /// At the very end: every title, every wallet from its beginning.
    pub fn last_audit(&self, club: &Club) {
        self.audit(club);
        let mut boss = self.line(club, 0);
        let listed = rows(&mut boss, "LIST");
        let titles = self.book().titles.clone();
        assert_eq!(listed.len(), titles.len(), "the titles of the library");
        for (id, md5) in titles {
            assert_eq!(md5hex(&retr(&mut boss, &id)), md5, "title {id}");
        }
        for who in 1..self.people.len() {
            let mut line = self.line(club, who);
            let all = rows(&mut line, "STATEMENT");
            let sum: i64 = all.iter().map(|row| row.money("amount")).sum();
            assert_eq!(sum, self.book().balance[who]);
        }
    }
}

impl Book {
    fn moves(&mut self, who: usize, amount: i64) {
        self.moved[who].push(amount);
    }

    /// A title that somebody has not tried to buy.
    fn unbought(&mut self, who: usize) -> Option<String> {
        let id = self.sold.iter().rev().find(|id| !self.bought.contains(&(who, (*id).clone())))?.clone();
        self.bought.insert((who, id.clone()));
        Some(id)
    }

    /// A booking of somebody's, taken out of the book: it is going to be given back.
    fn own_booking(&mut self, who: usize) -> Option<(String, u64)> {
        let at = self.booked.iter().position(|(whose, ..)| *whose == who)?;
        let (_, number, seats) = self.booked.swap_remove(at);
        Some((number, seats))
    }
}

/// The same key is answered the same, as often as it is asked.
fn same_again(line: &mut Line, deed: &Deed, before: Option<&str>) {
    let mut answers: Vec<String> = before.iter().map(|said| (*said).to_owned()).collect();
    while answers.len() < 2 {
        match perform(line, deed) {
            Ended::Told(reply) => answers.push(said(&reply)),
            Ended::Later(reply) => panic!("{} again: {}", deed.line, reply.line),
            Ended::Gone => panic!("{} again: the connection ended", deed.line),
        }
    }
    assert_eq!(answers[0], answers[1], "{}", deed.line);
}

/// An answer with its rows.
fn said(reply: &Reply) -> String {
    format!("{:?} {}", reply.rows, reply.line)
}

/// The newest rows of a statement.
fn newest(line: &mut Line, count: usize) -> Vec<Fields> {
    let (mut all, mut after) = (vec![], String::new());
    while all.len() < count {
        let page = line.want(&format!("STATEMENT{after}"), "210 END");
        all.extend(page.rows);
        match page.fields.find("next") {
            Some(next) => after = format!(" after={next}"),
            None => break,
        }
    }
    all
}

/// Asks once.
fn perform(line: &mut Line, deed: &Deed) -> Ended {
    try_perform(line, deed).unwrap_or(None).map_or(Ended::Gone, |reply| match reply.code / 100 {
        4 if reply.code != 421 => Ended::Later(reply),
        4 => Ended::Gone,
        _ => Ended::Told(reply),
    })
}

fn try_perform(line: &mut Line, deed: &Deed) -> std::io::Result<Option<Reply>> {
    line.raw(format!("{}\r\n", deed.line).as_bytes())?;
    let Some(reply) = line.try_reply()? else { return Ok(None) };
    match &deed.what {
        What::Stor(film) if reply.status() == "150 SEND" => {
            line.raw(&film[reply.number("offset") as usize..])?;
            line.try_reply()
        }
        _ => Ok(Some(reply)),
    }
}

fn money(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}
