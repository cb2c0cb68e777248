//! The library: uploads, proofs, downloads, lists, and what admins do with titles.

use tests::{Reply, bytes, quote, twins};

use crate::play::{Play, Proof, md5};
use crate::purse::option;
use crate::state::{Answer, DAY, Kind, Title, answer, money};

/// How long a wait for an ad is, and what is granted by it, in milliseconds.
const WAIT: i64 = 30_000;

/// Bytes to upload.
pub struct Film {
    pub bytes: Vec<u8>,
    pub md5: String,
    pub sha256: String,
}

/// The films of a run. Two of them have one MD5 and one size.
pub fn all() -> Vec<Film> {
    let [one, two] = twins();
    let all = [vec![], bytes(1), bytes(300), one, two, bytes(700), bytes(1500), bytes(90_000)];
    let film = |bytes: Vec<u8>| Film { md5: md5(&bytes), sha256: tests::sha256hex(&bytes), bytes };
    all.into_iter().map(film).collect()
}

/// A title to be, as STOR named it.
#[derive(Clone)]
pub struct Upload {
    pub film: usize,
    pub account: usize,
    name: String,
    kind: Kind,
    price: i64,
    member_price: i64,
    /// The film whose SHA-256 was named.
    named: Option<usize>,
    key: Option<String>,
    arguments: String,
}

impl Upload {
    /// Whether it counts against its author's share of the shelf.
    fn is_rationed(&self, play: &Play) -> bool {
        self.kind == Kind::Shared && !play.state.accounts[self.account].admin
    }
}

impl Play {
    pub fn film_move(&mut self, seat: usize) {
        match self.below(40) {
            0..12 => self.stor(seat),
            12..17 => self.prove(seat),
            17..26 => self.retr(seat),
            26..30 => self.list(seat),
            30..33 => self.info(seat),
            33..36 => self.edit(seat),
            36..38 => self.dele(seat),
            _ => self.undele(seat),
        }
    }

    fn size(&self, film: usize) -> usize {
        self.films[film].bytes.len()
    }

    fn stor(&mut self, seat: usize) {
        let film = self.below(self.films.len());
        let name = self.pick(&["Tea", "绿茶 \"第1集\"", "a=b \\ c", "x"]).to_owned();
        let kind = [None, None, Some(Kind::Free), Some(Kind::Paid), Some(Kind::Shared)][self.below(5)];
        let price = [None, None, Some(0), Some(700)][self.below(4)];
        let member = [None, None, Some(0), Some(300)][self.below(4)];
        let named = [None, None, Some(film), Some((film + 1) % self.films.len())][self.below(4)];
        let (prove, key) = (!self.one_in(3), self.some_key());
        let mut arguments = format!("{} {} title={}", self.size(film), self.films[film].md5, quote(&name));
        if let Some(kind) = kind {
            arguments += &format!(" kind={}", kind.word());
        }
        for (option, cents) in [("price", price), ("member-price", member)] {
            if let Some(cents) = cents {
                arguments += &format!(" {option}={}", money(cents));
            }
        }
        if let Some(named) = named {
            arguments += &format!(" sha256={}", self.films[named].sha256);
        }
        let more = if prove { "" } else { " prove=no" };
        let Some((account, reply)) =
            self.ask_as(seat, false, &format!("STOR {arguments}{more}{}", option(&key)))
        else {
            return;
        };
        if let Some(key) = &key
            && let Some((before, told)) = self.state.accounts[account].keys.get(&("STOR", key.clone()))
        {
            let told = if *before == arguments { told.clone() } else { answer("553 KEY_REUSED", &[]) };
            return self.expect(&reply, &told);
        }
        let admin = self.state.accounts[account].admin;
        let kind = kind.unwrap_or(if admin { Kind::Free } else { Kind::Shared });
        if kind != Kind::Shared && !admin {
            return self.expect(&reply, &answer("550 NOT_ALLOWED", &[]));
        }
        if kind != Kind::Paid && (price.unwrap_or(0) > 0 || member.unwrap_or(0) > 0) {
            return self.expect(&reply, &answer("501 BAD_VALUE", &[]));
        }
        let (price, member_price) = match kind {
            Kind::Paid => (price.unwrap_or(1000), member.unwrap_or(500.min(price.unwrap_or(1000)))),
            _ => (0, 0),
        };
        let upload = Upload { film, account, name, kind, price, member_price, named, key, arguments };
        if let Some(refusal) = self.over_quota(&upload, true) {
            return self.expect(&reply, &refusal);
        }
        if prove && self.size(film) > 0 {
            let candidates = self.candidates(&upload);
            if !candidates.is_empty() {
                return self.proof_asked(seat, &reply, upload, candidates);
            }
        }
        let same = |seat: &crate::play::Seat| {
            let other = seat.upload.as_ref();
            other.is_some_and(|o| o.account == account && self.films[o.film].md5 == self.films[film].md5)
        };
        if self.seats.iter().any(same) {
            return self.expect(&reply, &answer("450 BUSY", &[]));
        }
        let size = self.size(film);
        self.expect(&reply, &answer("150 SEND", &[("offset", "0".into()), ("length", size.to_string())]));
        self.seats[seat].upload = Some(upload);
        // Of an empty file nothing is awaited.
        if size == 0 {
            self.send_body(seat);
        }
    }

    /// The refusal where the shelf has no room; `under_way` counts what is on its way there too.
    fn over_quota(&self, upload: &Upload, under_way: bool) -> Option<Answer> {
        if !upload.is_rationed(self) {
            return None;
        }
        let (titles, used) = self.state.shelf(upload.account, |film| self.size(film));
        let going = self.seats.iter().filter_map(|seat| seat.upload.as_ref());
        let going = going.filter(|u| under_way && u.account == upload.account && u.is_rationed(self));
        let (more, more_bytes) = going.fold((0, 0), |(n, b), u| (n + 1, b + self.size(u.film)));
        if titles + more + 1 > 4 {
            return Some(answer("552 QUOTA", &[("max", "4".into()), ("used", titles.to_string())]));
        }
        let over = used + more_bytes + self.size(upload.film) > 2000;
        over.then(|| answer("552 QUOTA", &[("max", "2000".into()), ("used", used.to_string())]))
    }

    /// The films that are known here, look the same, and can be had by who uploads.
    fn candidates(&self, upload: &Upload) -> Vec<usize> {
        let alike = |film: usize| {
            self.films[film].md5 == self.films[upload.film].md5 && self.size(film) == self.size(upload.film)
        };
        let known = self.state.known.iter().copied();
        let all: Vec<usize> = known.filter(|f| alike(*f) && self.state.open_to(*f, upload.account)).collect();
        match upload.named.filter(|named| all.contains(named)) {
            Some(named) => vec![named],
            None => all,
        }
    }

    fn proof_asked(&mut self, seat: usize, reply: &Reply, upload: Upload, candidates: Vec<usize>) {
        let range = format!("0-{}", self.size(upload.film));
        // A large film, where it was named, is asked for in parts.
        let facts = if self.size(upload.film) <= 5 << 16 { vec![("ranges", range)] } else { vec![] };
        self.expect(reply, &("350 PROVE".into(), facts));
        let until = self.now() + 3600 * 1000;
        let nonce = reply.get("nonce").to_owned();
        self.seats[seat].proof = Some(Proof { nonce, upload, candidates, until });
    }

    /// Answers what STOR was answered, or what it was not.
    pub fn prove(&mut self, seat: usize) {
        let proof = self.seats[seat].proof.take();
        // The file that was named, its twin, or another.
        let shift = [0, 0, 0, 1, 2][self.below(5)];
        let film = proof.as_ref().map_or(2, |proof| (proof.upload.film + shift) % self.films.len());
        let nonce = proof.as_ref().map_or("", |proof| &proof.nonce);
        let shown = md5(&[nonce.as_bytes(), &self.films[film].bytes].concat());
        let Some((_, reply)) = self.ask_as(seat, false, &format!("PROVE {shown}")) else { return };
        let right = proof.filter(|proof| proof.candidates.contains(&film) && proof.until > self.now());
        let Some(Proof { upload, .. }) = right else {
            return self.expect(&reply, &answer("551 PROOF_FAILED", &[]));
        };
        self.stored(&reply, Upload { film, ..upload }, true);
    }

    /// Sends the bytes that are awaited, those of the twin, or others.
    pub fn send_body(&mut self, seat: usize) {
        let upload = self.seats[seat].upload.take().unwrap();
        let mut film = upload.film;
        let twin = (0..self.films.len()).find(|f| *f != film && self.films[*f].md5 == self.films[film].md5);
        if let Some(twin) = twin.filter(|_| self.one_in(3)) {
            film = twin;
        }
        let mut bytes = self.films[film].bytes.clone();
        let spoilt = !bytes.is_empty() && self.one_in(5);
        if spoilt {
            let at = self.below(bytes.len());
            bytes[at] ^= 1;
        }
        self.said.push(format!("{seat}B {} bytes of film {film}, spoilt: {spoilt}", bytes.len()));
        self.seats[seat].line.send(&bytes);
        let reply = self.reply(seat);
        if spoilt || upload.named.is_some_and(|named| named != film) {
            return self.expect(&reply, &answer("551 MD5_MISMATCH", &[]));
        }
        self.stored(&reply, Upload { film, ..upload }, false);
    }

    /// What becomes of bytes that are here and are the right ones.
    fn stored(&mut self, reply: &Reply, upload: Upload, proven: bool) {
        let Upload { film, account, kind, .. } = upload;
        let sold = kind == Kind::Shared && self.state.sold_besides(film, 0);
        // Of bytes that were sent this is looked at before anything else.
        if sold && !proven {
            return self.expect(reply, &answer("550 NOT_ALLOWED", &[]));
        }
        let before =
            upload.key.as_ref().and_then(|k| self.state.accounts[account].keys.get(&("STOR", k.clone())));
        if let Some((arguments, told)) = before {
            let same = *arguments == upload.arguments;
            let told = if same { told.clone() } else { answer("553 KEY_REUSED", &[]) };
            return self.expect(reply, &told);
        }
        if proven && !self.state.open_to(film, account) {
            return self.expect(reply, &answer("551 PROOF_FAILED", &[]));
        }
        if sold {
            return self.expect(reply, &answer("550 NOT_ALLOWED", &[]));
        }
        if let Some(refusal) = self.over_quota(&upload, false) {
            return self.expect(reply, &refusal);
        }
        let id = self.state.titles.len() + 1;
        let told = answer("226 STORED", &[("id", id.to_string())]);
        self.expect(reply, &told);
        if !self.state.known.contains(&film) {
            self.state.known.push(film);
        }
        let Upload { name, price, member_price, key, arguments, .. } = upload;
        self.state.titles.push(Title {
            name,
            kind,
            price,
            member_price,
            film,
            author: account,
            listed: true,
        });
        if kind == Kind::Paid {
            self.state.clear_shelf(film);
        }
        if let Some(key) = key {
            self.state.accounts[account].keys.insert(("STOR", key), (arguments, told));
        }
    }

    fn some_title(&mut self) -> u64 {
        1 + self.below(self.state.titles.len() + 1) as u64
    }

    /// Whether a title is there for somebody.
    fn is_there(&self, account: usize, id: u64) -> bool {
        let who = &self.state.accounts[account];
        self.state.title(id).is_some_and(|t| t.listed || who.admin || who.owned.contains_key(&id))
    }

    fn retr(&mut self, seat: usize) {
        let mut id = self.some_title();
        // Who waits comes back to the same.
        let account = self.account(seat).map(|account| &self.state.accounts[account]);
        if let Some(waited) =
            account.and_then(|a| a.grants.iter().max_by_key(|(_, (from, _))| *from)).map(|(id, _)| *id)
            && self.one_in(2)
        {
            id = waited;
        }
        let offset = [None, None, Some(0), Some(1), Some(100), Some(100_000)][self.below(6)];
        let length = [None, None, None, Some(0), Some(1), Some(5000)][self.below(6)];
        let range = |name: &str, n: Option<usize>| n.map(|n| format!(" {name}={n}")).unwrap_or_default();
        let command = format!("RETR {id}{}{}", range("offset", offset), range("length", length));
        let Some((account, reply)) = self.ask_as(seat, false, &command) else { return };
        if !self.is_there(account, id) {
            return self.expect(&reply, &answer("550 NOT_FOUND", &[]));
        }
        let (title, who, now) = (self.state.title(id).unwrap(), &self.state.accounts[account], self.now());
        let film = title.film;
        let had = who.admin || who.owned.contains_key(&id) || title.kind == Kind::Shared;
        if !had && title.kind == Kind::Paid {
            return self.expect(&reply, &answer("552 NEED_PAY", &[("price", self.price(account, id))]));
        }
        let size = self.size(film);
        let bad = offset.unwrap_or(0) > size || length == Some(0);
        let out_of_range = answer("551 BAD_RANGE", &[("size", size.to_string())]);
        let granted = who.grants.get(&id).is_some_and(|(from, to)| *from <= now && now < *to);
        if !had && who.member_until <= now && !granted {
            // A slip begins no wait; a wait that runs is told whatever the slip.
            if who.wait_until <= now && bad {
                return self.expect(&reply, &out_of_range);
            }
            return self.waits(&reply, account, id);
        }
        if bad {
            return self.expect(&reply, &out_of_range);
        }
        let offset = offset.unwrap_or(0);
        let end = size.min(offset + length.unwrap_or(size));
        let facts = [
            ("offset", offset.to_string()),
            ("length", (end - offset).to_string()),
            ("size", size.to_string()),
            ("md5", self.films[film].md5.clone()),
        ];
        self.expect(&reply, &answer("150 DATA", &facts));
        let body = self.seats[seat].line.body(end - offset);
        self.ensure(body == self.films[film].bytes[offset..end], "the bytes of the file");
        let reply = self.reply(seat);
        self.expect(&reply, &answer("226 DONE", &[]));
    }

    fn waits(&mut self, reply: &Reply, account: usize, id: u64) {
        self.expect(reply, &answer("350 WAIT", &[]));
        let now = self.now();
        let who = &mut self.state.accounts[account];
        if who.wait_until <= now {
            who.wait_until = now + WAIT;
            who.grants.insert(id, (now + WAIT, now + WAIT + DAY));
        }
        let left = (who.wait_until - now) / 1000;
        let told = reply.number("seconds") as i64;
        self.ensure((left - told).abs() <= 3, &format!("{left} seconds are left"));
    }

    fn list(&mut self, seat: usize) {
        let which = self.pick(&["", " ALL", " FREE", " PAID", " SHARED", " OWNED", " DELETED"]);
        let proof = self.seats[seat].proof.take();
        drop(proof); // any other command drops it
        let Some((account, reply)) = self.ask_as(seat, false, &format!("LIST{which} limit=1000")) else {
            return;
        };
        let who = &self.state.accounts[account];
        if which == " DELETED" && !who.admin {
            return self.expect(&reply, &answer("550 NOT_ALLOWED", &[]));
        }
        let expected = self.state.ids(|id, t| match which {
            " FREE" => t.listed && t.kind == Kind::Free,
            " PAID" => t.listed && t.kind == Kind::Paid,
            " SHARED" => t.listed && t.kind == Kind::Shared,
            " OWNED" => who.owned.contains_key(&id),
            " DELETED" => !t.listed,
            _ => t.listed,
        });
        // A page has 100 rows.
        let rows: Vec<u64> = reply.rows.iter().map(|row| row.number("id")).collect();
        let page: Vec<u64> = expected.iter().copied().take(100).collect();
        self.ensure(rows == page, &format!("the list{which} is {page:?}"));
        for row in &reply.rows {
            self.shows(row, account);
        }
    }

    fn info(&mut self, seat: usize) {
        let id = self.some_title();
        let Some((account, reply)) = self.ask_as(seat, false, &format!("INFO {id}")) else { return };
        if !self.is_there(account, id) {
            return self.expect(&reply, &answer("550 NOT_FOUND", &[]));
        }
        self.expect(&reply, &answer("210 END", &[("rows", "1".into())]));
        let (title, who, now) = (self.state.title(id).unwrap(), &self.state.accounts[account], self.now());
        let waited = who.grants.get(&id).is_some_and(|(from, to)| *from <= now && now < *to);
        let granted = match title.kind {
            _ if who.admin || who.owned.contains_key(&id) => true,
            Kind::Shared => true,
            Kind::Paid => false,
            Kind::Free => who.member_until > now || waited,
        };
        let row = &reply.rows[0];
        self.ensure(row.get("granted") == if granted { "yes" } else { "no" }, &format!("granted: {granted}"));
        self.ensure(row.find("deleted").is_some() != title.listed, "whether it is deleted");
        self.shows(row, account);
    }

    /// A row says what the model knows of a title.
    fn shows(&self, row: &tests::Fields, account: usize) {
        let id = row.number("id");
        let (title, film) = (self.state.title(id).unwrap(), self.state.title(id).unwrap().film);
        let (author, owned) =
            (&self.state.accounts[title.author], self.state.accounts[account].owned.contains_key(&id));
        let same = row.get("title") == title.name
            && row.get("kind") == title.kind.word()
            && row.get("price") == money(title.price)
            && row.get("member-price") == money(title.member_price)
            && row.number("size") == self.size(film) as u64
            && row.get("md5") == self.films[film].md5
            && (row.get("author") == author.name) != author.gone
            && (row.find("owned") == Some("yes")) == owned;
        self.ensure(same, &format!("title {id} is not {row:?}"));
    }

    fn edit(&mut self, seat: usize) {
        let id = self.some_title();
        let name = [None, Some("Another name")][self.below(2)];
        let kind = [None, Some(Kind::Free), Some(Kind::Paid), Some(Kind::Shared)][self.below(4)];
        let price = [None, Some(0), Some(800)][self.below(3)];
        let member = [None, None, Some(200)][self.below(3)];
        let mut command = format!("EDIT {id}");
        if let Some(name) = name {
            command += &format!(" title={}", quote(name));
        }
        if let Some(kind) = kind {
            command += &format!(" kind={}", kind.word());
        }
        for (option, cents) in [("price", price), ("member-price", member)] {
            if let Some(cents) = cents {
                command += &format!(" {option}={}", money(cents));
            }
        }
        let Some((_, reply)) = self.ask_as(seat, true, &command) else { return };
        let Some(old) = self.state.title(id) else {
            return self.expect(&reply, &answer("550 NOT_FOUND", &[]));
        };
        let kind = kind.unwrap_or(old.kind);
        let (mut new_price, mut new_member) =
            (price.unwrap_or(old.price), member.unwrap_or(old.member_price));
        if kind == Kind::Paid {
            if old.kind != Kind::Paid {
                new_price = price.unwrap_or(1000);
                new_member = member.unwrap_or(500.min(new_price));
            }
            if member.is_none() {
                new_member = new_member.min(new_price);
            }
        } else {
            if price.or(member).is_some_and(|cents| cents > 0) {
                return self.expect(&reply, &answer("501 BAD_VALUE", &[]));
            }
            (new_price, new_member) = (0, 0);
        }
        if kind == Kind::Shared && old.kind != Kind::Shared && self.state.sold_besides(old.film, id) {
            return self.expect(&reply, &answer("550 NOT_ALLOWED", &[]));
        }
        self.expect(&reply, &answer("250 OK", &[]));
        let title = self.state.title_mut(id);
        (title.kind, title.price, title.member_price) = (kind, new_price, new_member);
        if let Some(name) = name {
            title.name = name.to_owned();
        }
        let (film, sold) = (title.film, title.listed && kind == Kind::Paid);
        if sold {
            self.state.clear_shelf(film);
        }
    }

    fn dele(&mut self, seat: usize) {
        let id = self.some_title();
        let Some((account, reply)) = self.ask_as(seat, false, &format!("DELE {id}")) else { return };
        let admin = self.state.accounts[account].admin;
        let Some(title) = self.state.title(id).filter(|title| title.listed || admin) else {
            return self.expect(&reply, &answer("550 NOT_FOUND", &[]));
        };
        if !admin && (title.author != account || title.kind != Kind::Shared) {
            return self.expect(&reply, &answer("550 NOT_ALLOWED", &[]));
        }
        self.expect(&reply, &answer("250 OK", &[]));
        self.state.title_mut(id).listed = false;
    }

    fn undele(&mut self, seat: usize) {
        let id = self.some_title();
        let Some((_, reply)) = self.ask_as(seat, true, &format!("UNDELE {id}")) else { return };
        let Some(title) = self.state.title(id) else {
            return self.expect(&reply, &answer("550 NOT_FOUND", &[]));
        };
        let (film, kind) = (title.film, title.kind);
        if kind == Kind::Shared && self.state.sold_besides(film, id) {
            return self.expect(&reply, &answer("550 NOT_ALLOWED", &[]));
        }
        self.expect(&reply, &answer("250 OK", &[]));
        self.state.title_mut(id).listed = true;
        if kind == Kind::Paid {
            self.state.clear_shelf(film);
        }
    }
}
