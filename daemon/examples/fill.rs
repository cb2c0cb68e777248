//! Fills the database of a club for `bench/scale`: `fill URL TITLES ACCOUNTS`.
//!
//! It writes the rows that the daemon would have written, in large transactions: folded names and search terms are
//! the daemon's own. The accounts `boss` (an admin), `heavy` and `plain` have to be there. The same numbers give the
//! same club. No bytes are stored: nothing that is measured reads them.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use daemon::service::terms;
use protocol::value::{AccountId, Time, TitleId};
use sql::account::{Account, Deed, Lock};
use sql::catalogue::{Content, Title};
use sql::notice::Notice;
use sql::posting::place;
use sql::transfer::Download;
use sql::wallet::{Entry, Purchase};
use sql::{Db, Error, Options, Tx, Value, params, stats};

const DAY: i64 = 24 * 3600 * 1000;
/// Days that the club is old.
const AGE: i64 = 400;
/// Rows of one statement.
const ROWS: usize = 400;
/// Numbers of one transaction: whole blocks of the index.
const BATCH: i64 = 5 * BLOCK;
/// Numbers of a row of the index (`sql/src/posting.rs`).
const BLOCK: i64 = 4096;
/// Pages of 20 rows that `heavy` and the logs can be turned over, and some more.
const PAGES: i64 = 1_050 * 20;

/// Words of titles, the frequent first; the rest of the vocabulary is made of syllables.
const WORDS: &[&str] = &[
    "the", "of", "and", "a", "in", "night", "love", "man", "day", "story", "life", "little", "last", "world",
    "house", "city", "girl", "home", "war", "time", "dead", "great", "black", "king", "blue", "dream",
    "secret", "new", "red", "return", "road", "song", "light", "first", "lost", "wild", "heart", "star",
    "street", "summer", "white", "sea",
];
const SYLLABLES: &[&str] = &[
    "ba", "cor", "del", "en", "fi", "gra", "ho", "il", "ju", "kan", "lo", "mer", "nu", "os", "pre", "qui",
    "ran", "sol", "ta", "ur", "ven", "wy", "xi", "yon", "zel", "tri", "mo", "sha", "li", "po",
];
/// Frequent characters of Chinese, in the order of their frequency.
const CHARACTERS: &str = "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经\
十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开它合还因由其些然前外天政四日那社义事平形相全表间样\
与关各重新线内数正心反你明看原又么利比或但质气第向道命此变条只没结解问意建月公无系军很情者最立代想已通并提直题党程展五果料象员革位入常文\
总次品式活设及管特件长求老头基资边流路级少图山统接知较将组见计别她手角期根论运农指几九区强放决西被干做必战先回则任取据处队南给色光门即保治\
北造百规热领七海口东导器压志世金增争济阶油思术极交受联什认六共权收证改清己美再采转更单风切打白教速花带安场身车例真务具万每目至达走积示议声\
报斗完类八离华名确才科张信马节话米整空元况今集温传土许步群广石记需段研界拉林律叫且究观越织装影算低持音众书布复容儿须际商非验连断深难近矿千\
周委素技备半办青省列习响约支般史感劳便团往酸历市克何除消构府称太准精值号率族维划选标写存候毛亲快效斯院查江型眼王按格养易置派层片始却专状育\
厂京识适属圆包火住调满县局照参红细引听该铁价严";

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let mut arg = || args.next().ok_or("usage: fill URL TITLES ACCOUNTS");
    let (url, titles, accounts) = (arg()?, arg()?.parse::<i64>()?, arg()?.parse::<i64>()?);
    let options = Options { connections: 1, patience: std::time::Duration::from_secs(600) };
    let db = Db::open(&url, options).await?;
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?;
    let since = Instant::now();
    let club = Club { now, titles, accounts };
    let people = db.read(People::of).await?;
    for ids in batches(people.account, accounts) {
        db.write(move |tx| club.accounts(tx, people, ids.clone())).await?;
    }
    eprintln!("{} accounts: {:.0} s", accounts, since.elapsed().as_secs_f64());
    for ids in batches(people.title, titles) {
        db.write(move |tx| club.titles(tx, people, ids.clone())).await?;
    }
    eprintln!("{} titles: {:.0} s", titles, since.elapsed().as_secs_f64());
    db.write(move |tx| club.purchases(tx, people)).await?;
    let rows = titles / 10; // of history and ledger: 100,000 of the large club
    for ids in batches(0, rows.max(1_000)) {
        db.write(move |tx| club.history(tx, people, ids.clone())).await?;
    }
    db.write(move |tx| club.logs(tx, people)).await?;
    db.write(move |tx| club.tallies(tx)).await?;
    eprintln!("all: {:.0} s", since.elapsed().as_secs_f64());
    db.close().await;
    Ok(())
}

/// The `count` numbers after `last`, a transaction's at a time.
fn batches(last: i64, count: i64) -> impl Iterator<Item = Range<i64>> {
    let (first, end) = (last + 1, last + 1 + count);
    let starts = (first / BATCH..).map(|n| n * BATCH).take_while(move |start| *start < end);
    starts.map(move |start| start.max(first)..(start + BATCH).min(end))
}

/// The accounts that were there before.
#[derive(Clone, Copy)]
struct People {
    boss: i64,
    heavy: i64,
    plain: i64,
    /// The numbers before the first ones given here.
    account: i64,
    title: i64,
}

impl People {
    fn of(tx: &mut Tx<'_>) -> Result<People, Error> {
        let mut id = |name: &str| match Account::called(tx, name)? {
            Some(account) => Ok(account.id.0),
            None => Err(Error::Internal(format!("no account {name}"))),
        };
        let (boss, heavy, plain) = (id("boss")?, id("heavy")?, id("plain")?);
        let mut last = |table: &str| -> Result<i64, Error> {
            Ok(tx.one(&format!("SELECT COALESCE(MAX(id), 0) FROM {table}"), ())?.unwrap_or(0))
        };
        Ok(People { boss, heavy, plain, account: last(Account::TABLE)?, title: last(Title::TABLE)? })
    }
}

#[derive(Clone, Copy)]
struct Club {
    now: i64,
    titles: i64,
    accounts: i64,
}

impl Club {
    fn accounts(self, tx: &mut Tx<'_>, people: People, ids: Range<i64>) -> Result<(), Error> {
        let (mut rows, mut movements, mut locks, mut endings) = (vec![], vec![], vec![], vec![]);
        let mut index = Index::default();
        for id in ids {
            let n = id - people.account - 1;
            let mut dice = Dice::new(1, n);
            let name = account_name(n, self.accounts, &mut dice);
            let folded = terms::fold(&name);
            if id < BLOCK {
                sql::account::index(tx, AccountId(id), &terms::of_name(&folded))?;
            } else {
                index.add(id, terms::of_name(&folded));
            }
            let until = match dice.below(10) {
                0..3 => Value::Int(self.now + dice.below(60 * DAY)),
                3..5 => Value::Int(self.now - dice.below(300 * DAY)),
                _ => Value::Null,
            };
            if let Value::Int(until) = until {
                endings.push(until);
            }
            // One account in a hundred has put money in today.
            let at = if n % 100 == 0 { self.now - 1000 } else { self.now - DAY - dice.below(AGE * DAY) };
            let seen = self.now - dice.below(AGE * DAY);
            rows.push(params![id, name, folded, "user", "", 1000, until, 0, self.now - AGE * DAY + n, seen]);
            movements.push(params![at, id, "cash", 2000, 2000, "topup", Value::Null, Value::Null]);
            movements.push(params![at, id, "sales", -1000, 1000, "buy", Value::Null, Value::Null]);
            if n % 100 == 7 {
                locks.push(params![id, "", people.boss, self.now]);
            }
        }
        put(tx, Account::TABLE, Account::COLUMNS, rows)?;
        put(tx, Entry::TABLE, after_id(Entry::COLUMNS), movements)?;
        put(tx, Lock::TABLE, Lock::COLUMNS, locks)?;
        for end in endings {
            stats::membership(tx, None, Some(Time(end)))?;
        }
        index.put(tx, "account_posting")
    }

    fn titles(self, tx: &mut Tx<'_>, people: People, ids: Range<i64>) -> Result<(), Error> {
        let (mut rows, mut contents, mut index) = (vec![], vec![], Index::default());
        for id in ids {
            let n = id - people.title - 1;
            let mut dice = Dice::new(2, n);
            let name = title_name(n, self.titles, &mut dice);
            let size = 1000 + (1_i64 << (10 + dice.below(23))) + dice.below(1 << 20);
            let sha: Vec<u8> = (0..4).flat_map(|_| dice.next().to_be_bytes()).collect();
            contents.push(params![id, sha.clone(), &sha[..16], size, self.now]);
            let (kind, price, member) = match dice.below(10) {
                0..4 => ("FREE", 0, 0),
                4..7 => ("PAID", 1000, 500),
                _ => ("SHARED", 0, 0),
            };
            // Most were never fetched, and many as often as others.
            let fetched = if dice.below(5) == 0 { 1 + dice.zipf(1000) / 20 } else { 0 };
            // One in ten is deleted, and a long stretch in the middle.
            let listed = dice.below(10) != 0 && !(self.titles / 2..self.titles * 26 / 50).contains(&n);
            // Only what is listed is in the index.
            let terms = if listed { terms::of_title(&name) } else { vec![] };
            if id < BLOCK {
                sql::catalogue::index(tx, TitleId(id), &terms)?;
            } else {
                index.add(id, terms);
            }
            rows.push(params![
                id,
                &name,
                terms::for_sorting(&name),
                "What it is about, in a line or two, as people write it.",
                people.boss,
                kind,
                price,
                member,
                id,
                size,
                fetched,
                self.now - AGE * DAY + n,
                listed
            ]);
        }
        put(tx, Content::TABLE, Content::COLUMNS, contents)?;
        put(tx, Title::TABLE, Title::COLUMNS, rows)?;
        index.put(tx, "posting")
    }

    fn purchases(self, tx: &mut Tx<'_>, people: People) -> Result<(), Error> {
        let sql = "SELECT id FROM title WHERE listed = 1 AND kind = 'PAID' ORDER BY id LIMIT ?";
        for (who, most) in [(people.heavy, PAGES), (people.plain, 200)] {
            let titles: Vec<i64> = tx.rows(sql, (most,))?;
            let rows = titles.into_iter().map(|title| params![who, title, 0, self.now]).collect();
            put(tx, Purchase::TABLE, Purchase::COLUMNS, rows)?;
        }
        Ok(())
    }

    fn history(self, tx: &mut Tx<'_>, people: People, ids: Range<i64>) -> Result<(), Error> {
        let (mut downloads, mut movements) = (vec![], vec![]);
        for n in ids {
            let title = people.title + 1 + Dice::new(3, n).below(self.titles);
            let at = self.now - AGE * DAY + n;
            downloads.push(params![people.heavy, title, "paid", at, 5000, "0-5000", true]);
            let (amount, balance) = if n % 2 == 0 { (100, 100) } else { (-100, 0) };
            let (book, why) = if n % 2 == 0 { ("cash", "topup") } else { ("sales", "buy") };
            movements.push(params![at, people.heavy, book, amount, balance, why, title, Value::Null]);
        }
        put(tx, Download::TABLE, after_id(Download::COLUMNS), downloads)?;
        put(tx, Entry::TABLE, after_id(Entry::COLUMNS), movements)
    }

    /// Notices and the audit log: a thousand pages of the large club's.
    fn logs(self, tx: &mut Tx<'_>, people: People) -> Result<(), Error> {
        let count = self.titles.min(PAGES);
        let notice =
            |n| params![self.now - AGE * DAY + n, people.boss, format!("Notice {n}"), "Tea at five."];
        put(tx, Notice::TABLE, after_id(Notice::COLUMNS), (0..count).map(notice).collect())?;
        let deed =
            |n: i64| params![self.now - AGE * DAY + n, people.boss, "edit", n.to_string(), "127.0.0.1"];
        put(tx, Deed::TABLE, after_id(Deed::COLUMNS), (0..count).map(deed).collect())
    }

    fn tallies(self, tx: &mut Tx<'_>) -> Result<(), Error> {
        for kind in ["FREE", "PAID", "SHARED"] {
            let sql = "SELECT COUNT(*) FROM title WHERE listed = 1 AND kind = ?";
            let count: i64 = tx.one(sql, (kind,))?.unwrap_or(0);
            stats::count(tx, &kind.to_lowercase(), count, Time(self.now))?;
        }
        stats::count(tx, "locked", self.accounts / 100, Time(self.now))?;
        for day in 0..AGE {
            let at = Time(self.now - day * DAY);
            stats::count(tx, "accounts", self.accounts / AGE, at)?;
            stats::count(tx, "downloads", self.titles / AGE, at)?;
            stats::count(tx, "sent", self.titles * 1000, at)?;
        }
        Ok(())
    }
}

/// Whole blocks of the index. The first block is written as the daemon does, since it has something already.
#[derive(Default)]
struct Index(BTreeMap<(String, i64), String>);

impl Index {
    fn add(&mut self, id: i64, terms: Vec<String>) {
        let (block, member) = place(id);
        for term in terms {
            self.0.entry((term, block)).or_default().push_str(&member);
        }
    }

    fn put(self, tx: &mut Tx<'_>, table: &str) -> Result<(), Error> {
        let rows = self.0.into_iter().map(|((term, block), members)| params![term, block, members]);
        put(tx, table, "term, block, members", rows.collect())
    }
}

/// The columns of a table whose `id` the database gives.
fn after_id(columns: &'static str) -> &'static str {
    columns.strip_prefix("id, ").unwrap_or(columns)
}

/// Writes rows, many a statement.
fn put(tx: &mut Tx<'_>, table: &str, columns: &str, rows: Vec<Vec<Value>>) -> Result<(), Error> {
    for some in rows.chunks(ROWS) {
        let marks = format!("({})", vec!["?"; some[0].len()].join(", "));
        let marks = vec![marks.as_str(); some.len()].join(", ");
        tx.execute(&format!("INSERT INTO {table} ({columns}) VALUES {marks}"), some.concat())?;
    }
    Ok(())
}

/// A name: mostly a few words, one in five Chinese; and what the bench searches for, in exact numbers.
fn title_name(n: i64, titles: i64, dice: &mut Dice) -> String {
    let mut name = if dice.below(5) == 0 {
        (0..3 + dice.below(5)).map(|_| character(dice)).collect()
    } else {
        let words: Vec<String> = (0..2 + dice.below(4)).map(|_| word(dice)).collect();
        words.join(" ")
    };
    let planted: &[(&str, bool)] = &[
        // Common: in one title of ten. The first two have three titles in common, the next two one of twenty.
        ("Harbour", n % 10 == 3 || spread(n, titles, 3, 0)),
        ("Lantern", n % 10 == 7 || spread(n, titles, 3, 0)),
        ("Garden", n % 10 == 1),
        ("Orchard", n % 20 == 1 || n % 20 == 12),
        ("绿茶", n % 10 == 5),
        // In one of a hundred.
        ("Copper", n % 100 == 53),
        // Rare: in five titles, however many there are. The first two have all five in common.
        ("Quixote", spread(n, titles, 5, 11)),
        ("Zephyr", spread(n, titles, 5, 11)),
        ("Ormolu", spread(n, titles, 5, 23)),
        ("麒麟", spread(n, titles, 5, 35)),
    ];
    for (word, _) in planted.iter().filter(|(_, there)| *there) {
        name = format!("{name} {word}");
    }
    if dice.below(4) == 0 { format!("{name} {}", 1 + dice.below(12)) } else { name }
}

/// Whether `n` is one of `count` evenly spread numbers, moved by `offset`.
fn spread(n: i64, of: i64, count: i64, offset: i64) -> bool {
    (n - offset) % (of / count) == of / count / 2
}

fn word(dice: &mut Dice) -> String {
    let rank = dice.zipf(30_000);
    let text = match WORDS.get(rank as usize) {
        Some(word) => (*word).to_owned(),
        None => {
            let (mut text, mut rest) = (String::new(), rank);
            while rest > 0 {
                text += SYLLABLES[rest as usize % SYLLABLES.len()];
                rest /= SYLLABLES.len() as i64;
            }
            text
        }
    };
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| first.to_uppercase().chain(chars).collect())
}

fn character(dice: &mut Dice) -> char {
    let count = CHARACTERS.chars().count() as i64;
    CHARACTERS.chars().nth(dice.zipf(count) as usize).unwrap_or('茶')
}

/// Unique by its number; one in ten Chinese, one in ten a wolf, five of them rare.
fn account_name(n: i64, accounts: i64, dice: &mut Dice) -> String {
    if spread(n, accounts, 5, 3) {
        return format!("qvxz{n}");
    }
    let mut name: String = match n % 10 {
        3 => (0..3).map(|_| character(dice)).collect(),
        6 => "wolf".into(),
        _ => (0..2 + dice.below(2)).map(|_| SYLLABLES[dice.below(SYLLABLES.len() as i64) as usize]).collect(),
    };
    name += &n.to_string();
    name
}

/// Chance that is the same every time (splitmix64).
struct Dice(u64);

impl Dice {
    fn new(what: u64, n: i64) -> Dice {
        let mut dice = Dice(what << 56 ^ n.unsigned_abs());
        dice.next();
        dice
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: i64) -> i64 {
        (self.next() % end.unsigned_abs()) as i64
    }

    /// A rank below `end`, nearly as Zipf has it: one that is ten times as high is a tenth as likely.
    fn zipf(&mut self, end: i64) -> i64 {
        let unit = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        ((end as f64 + 1.0).powf(unit) - 1.0) as i64
    }
}
