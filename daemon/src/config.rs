//! What the operator may set: one TOML file, every key also in the environment, the usual ones as flags.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::service::lounge::{Bounds, Pace};
use protocol::harmless::harmless;
use protocol::value::Money;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Days of a period of membership at most: no membership lasts longer, and 120 of them are still a number.
const MOST_DAYS: u32 = 36_525;

/// Everything in force. `reeld config` prints it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The folder of the club: its files and, by default, its database.
    pub data: PathBuf,
    /// Where the line protocol is spoken. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// `mysql://user:password@host:port/name`, or empty for SQLite in the data folder.
    pub database: String,
    /// Who may come in.
    pub accounts: Accounts,
    /// What things cost.
    pub prices: Prices,
    /// The wait before a free title.
    pub ads: Ads,
    /// How money comes in.
    pub money: Moneys,
    /// How much of the file shelf one account may fill.
    pub shelf: Shelf,
    /// What a stranger can make grow, and how far.
    pub limits: Limits,
}

/// Who may come in.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Accounts {
    /// Whether anybody may register.
    pub registration: Registration,
    /// How many days a log-in lasts.
    pub session_days: u32,
    /// How many days an invite code is good for.
    pub invite_days: u32,
}

/// Whether anybody may register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Registration {
    /// Anybody.
    Open,
    /// Who has a code.
    Invite,
    /// Nobody.
    Closed,
}

/// What things cost.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Prices {
    /// A paid title, where its admin names no price.
    pub paid: Amount,
    /// The same for members.
    pub member: Amount,
    /// One period of membership.
    pub membership: Amount,
    /// How many days one period has.
    pub membership_days: u32,
    /// What several periods bought at once cost, where that is not so many times the price of one:
    /// `12 = "300.00"`.
    pub lengths: BTreeMap<String, Amount>,
}

/// The wait before a free title.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ads {
    /// How long it is. 0: none.
    pub seconds: u32,
    /// What is shown meanwhile.
    pub text: String,
    /// How long the title is granted afterwards.
    pub grant_hours: u32,
}

/// How money comes in.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Moneys {
    /// Whether users may fill their own wallets.
    pub topup: Topup,
    /// How much one may put in by oneself in a day (UTC).
    pub topup_day: Amount,
}

/// Whether users may fill their own wallets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Topup {
    /// While every listener is on loopback: the club of one's own machine.
    Auto,
    /// Yes.
    Yes,
    /// No.
    No,
}

/// How much of the file shelf one account may fill, unless an admin says otherwise with QUOTA.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Shelf {
    /// Bytes.
    pub bytes: u64,
    /// Titles.
    pub titles: u64,
}

/// What a stranger can make grow, and how far.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Connections at once. Each holds a file descriptor; keep below `ulimit -n`.
    pub connections: usize,
    /// Seconds of silence after which a guest is sent away.
    pub login_seconds: u32,
    /// Seconds of silence after which a connection is closed.
    pub idle_seconds: u32,
    /// The same inside a body: a transfer that does not move holds buffers, threads and a place.
    pub body_seconds: u32,
    /// Seconds that running transfers have left after SIGTERM.
    pub grace_seconds: u32,
    /// Rows in a page at most, and by default.
    pub rows: u32,
    /// Password hashes at once; each takes 19 MiB and one core. 0: as many as there are cores.
    pub hashes: usize,
    /// Uploads at once. Each takes up to 1.5 MiB of buffers and three threads.
    pub uploads: usize,
    /// Uploads at once of one account, so that nobody takes all the places.
    pub account_uploads: usize,
    /// Bytes of one upload.
    pub upload_bytes: u64,
    /// Hours after which a broken upload is forgotten.
    pub upload_hours: u32,
    /// Chat rooms with members at once. Each holds up to 50 messages of up to 8 KB in memory.
    pub lounge_rooms: usize,
    /// Connections in one chat room: each is told of every message.
    pub lounge_members: usize,
    /// Chat rooms that one connection is in.
    pub lounge_rooms_each: usize,
    /// Events of chat rooms that wait for one connection; a slower reader loses the room.
    pub lounge_queue: usize,
    /// Messages and entrances of one account in chat rooms at once.
    pub lounge_burst: u32,
    /// The same in a second after that.
    pub lounge_rate: u32,
    /// Connections to the database at once (readers, on SQLite).
    pub database_connections: usize,
    /// Seconds until a database that does not answer counts as down.
    pub database_seconds: u32,
}

/// An amount of money in the file: `"10.00"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amount(pub Money);

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let money =
            text.parse().map_err(|_| serde::de::Error::custom("expected an amount like \"10.00\""))?;
        Ok(Self(money))
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data: std::env::var_os("STATE_DIRECTORY").map_or_else(|| "reel-data".into(), PathBuf::from),
            listen: SocketAddr::new(IpAddr::from([127, 0, 0, 1]), protocol::DEFAULT_PORT),
            database: String::new(),
            accounts: Accounts::default(),
            prices: Prices::default(),
            ads: Ads::default(),
            money: Moneys::default(),
            shelf: Shelf::default(),
            limits: Limits::default(),
        }
    }
}

impl Default for Accounts {
    fn default() -> Self {
        Self { registration: Registration::Open, session_days: 30, invite_days: 7 }
    }
}

impl Default for Prices {
    fn default() -> Self {
        Self {
            paid: Amount(Money(1000)),
            member: Amount(Money(500)),
            membership: Amount(Money(3000)),
            membership_days: 30,
            lengths: BTreeMap::new(),
        }
    }
}

impl Default for Ads {
    fn default() -> Self {
        Self { seconds: 30, text: "Members do not wait: MEMBER".into(), grant_hours: 24 }
    }
}

impl Default for Moneys {
    fn default() -> Self {
        Self { topup: Topup::Auto, topup_day: Amount(Money(1_000_000_000)) }
    }
}

impl Default for Shelf {
    fn default() -> Self {
        Self { bytes: 10 << 30, titles: 1000 }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            login_seconds: 120,
            idle_seconds: 1800,
            body_seconds: 120,
            grace_seconds: 30,
            rows: 100,
            hashes: 0,
            uploads: 64,
            account_uploads: 16,
            upload_bytes: 1 << 40,
            upload_hours: 48,
            lounge_rooms: 1000,
            lounge_members: 4096,
            lounge_rooms_each: 16,
            lounge_queue: 256,
            lounge_burst: 120,
            lounge_rate: 5,
            database_connections: 8,
            database_seconds: 5,
        }
    }
}

impl Limits {
    /// What bounds the chat rooms.
    pub fn lounge(&self) -> Bounds {
        Bounds {
            rooms: self.lounge_rooms,
            members: self.lounge_members,
            rooms_each: self.lounge_rooms_each,
            queue: self.lounge_queue,
            pace: Pace { burst: self.lounge_burst, each_second: self.lounge_rate },
        }
    }
}

impl Prices {
    /// What so many periods of membership cost.
    pub fn membership_of(&self, periods: u32) -> Money {
        match self.lengths.get(&periods.to_string()) {
            Some(price) => price.0,
            None => Money(self.membership.0.0 * i64::from(periods)),
        }
    }

    /// The lengths that are sold at a price of their own, and one period, in order.
    pub fn offers(&self) -> Vec<u32> {
        let mut offers: Vec<u32> = self.lengths.keys().filter_map(|periods| periods.parse().ok()).collect();
        offers.push(1);
        offers.sort_unstable();
        offers.dedup();
        offers
    }
}

/// Why a configuration is not taken.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{0}: {1}")]
    Unreadable(PathBuf, std::io::Error),
    /// An unknown key or a bad value; the text has the line.
    #[error("{0}: {1}")]
    Wrong(String, String),
}

impl Config {
    /// Reads `file`, if one is named, and lets the environment have the last word:
    /// `REEL_DATABASE`, `REEL_ADS_SECONDS`, …
    ///
    /// # Errors
    /// An unreadable file, an unknown key, a bad value, each with its place.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let mut config = match file {
            None => Self::default(),
            Some(path) => {
                let text =
                    std::fs::read_to_string(path).map_err(|e| ConfigError::Unreadable(path.to_owned(), e))?;
                parse(&text).map_err(|why| ConfigError::Wrong(path.display().to_string(), why))?
            }
        };
        for (name, path) in keys() {
            if let Ok(value) = std::env::var(&name) {
                config = config.with(&name, &path, &value)?;
            }
        }
        config.check()?;
        Ok(config)
    }

    /// What a file of this text says, without the environment.
    ///
    /// # Errors
    /// In words for the operator, with the place, and without the password of a database.
    pub fn of(text: &str) -> Result<Self, String> {
        let config = parse(text)?;
        config.check().map_err(|error| error.to_string())?;
        Ok(config)
    }

    fn with(&self, name: &str, path: &[String], value: &str) -> Result<Self, ConfigError> {
        let wrong = |why: String| ConfigError::Wrong(name.to_owned(), presentable(&why));
        let mut table = toml::Table::try_from(self).map_err(|e| wrong(e.to_string()))?;
        let (last, sections) = path.split_last().ok_or_else(|| wrong("no key".into()))?;
        let mut at = &mut table;
        for section in sections {
            at = at
                .get_mut(section)
                .and_then(toml::Value::as_table_mut)
                .ok_or_else(|| wrong("no section".into()))?;
        }
        let number = matches!(at.get(last), Some(toml::Value::Integer(_)));
        let new = match value.parse::<i64>() {
            Ok(n) if number => toml::Value::Integer(n),
            _ => toml::Value::String(value.to_owned()),
        };
        at.insert(last.clone(), new);
        table.try_into().map_err(|e: toml::de::Error| wrong(e.message().to_owned()))
    }

    fn check(&self) -> Result<(), ConfigError> {
        let limits = &self.limits;
        let positive: [(&str, u64); 18] = [
            ("limits.connections", limits.connections as u64),
            ("limits.login_seconds", limits.login_seconds.into()),
            ("limits.idle_seconds", limits.idle_seconds.into()),
            ("limits.body_seconds", limits.body_seconds.into()),
            ("limits.account_uploads", limits.account_uploads as u64),
            ("limits.rows", limits.rows.into()),
            ("limits.uploads", limits.uploads as u64),
            ("limits.lounge_rooms", limits.lounge_rooms as u64),
            ("limits.lounge_members", limits.lounge_members as u64),
            ("limits.lounge_rooms_each", limits.lounge_rooms_each as u64),
            ("limits.lounge_queue", limits.lounge_queue as u64),
            ("limits.lounge_burst", limits.lounge_burst.into()),
            ("limits.lounge_rate", limits.lounge_rate.into()),
            ("limits.database_connections", limits.database_connections as u64),
            ("limits.database_seconds", limits.database_seconds.into()),
            ("accounts.session_days", self.accounts.session_days.into()),
            ("accounts.invite_days", self.accounts.invite_days.into()),
            ("prices.membership_days", self.prices.membership_days.into()),
        ];
        let wrong = self.prices.lengths.keys().find(|key| !key.parse().is_ok_and(|n: u32| n > 0));
        if let Some(key) = wrong {
            let why = "expected a number of periods, at least 1".into();
            return Err(ConfigError::Wrong(format!("prices.lengths.{key}"), why));
        }
        if let Some((key, _)) = positive.iter().find(|(_, value)| *value == 0) {
            return Err(ConfigError::Wrong((*key).to_owned(), "expected at least 1".into()));
        }
        if self.prices.membership_days > MOST_DAYS {
            let why = format!("expected at most {MOST_DAYS}, a hundred years");
            return Err(ConfigError::Wrong("prices.membership_days".into(), why));
        }
        Ok(())
    }

    /// What the database is opened with.
    pub fn database_url(&self) -> String {
        if self.database.is_empty() {
            format!("sqlite:{}", self.data.join("reel.db").display())
        } else {
            self.database.clone()
        }
    }

    /// How the database is used.
    pub fn database_options(&self) -> sql::Options {
        sql::Options {
            connections: self.limits.database_connections,
            patience: Duration::from_secs(self.limits.database_seconds.into()),
        }
    }

    /// Whether users may fill their own wallets.
    pub fn topup_allowed(&self) -> bool {
        match self.money.topup {
            Topup::Auto => self.listen.ip().is_loopback(),
            Topup::Yes => true,
            Topup::No => false,
        }
    }

    /// The configuration as a file, without the database's password.
    ///
    /// # Errors
    /// None in practice: every value has a form in TOML.
    pub fn shown(&self) -> Result<String, toml::ser::Error> {
        let mut shown = self.clone();
        shown.database = hidden(&self.database).into_owned();
        toml::to_string_pretty(&shown)
    }
}

fn parse(text: &str) -> Result<Config, String> {
    toml::from_str(text).map_err(|error: toml::de::Error| presentable(&error.to_string()))
}

/// What the parser says shows the line with the mistake, which may hold a password, or anything else that a
/// terminal should not be sent.
fn presentable(why: &str) -> String {
    let lines = why.lines().map(|line| harmless(&hidden(line)).into_owned());
    lines.collect::<Vec<_>>().join("\n")
}

/// Whether a URL holds a password, which a command line should not.
pub fn has_password(url: &str) -> bool {
    let login = url.split_once("://").and_then(|(_, rest)| rest.rsplit_once('@'));
    login.and_then(|(login, _)| login.split_once(':')).is_some_and(|(_, password)| !password.is_empty())
}

/// A line without what stands in it between the user and the `@` of a URL.
fn hidden(line: &str) -> Cow<'_, str> {
    let Some((before, login, place)) = line.split_once("://").and_then(|(before, rest)| {
        let (login, place) = rest.rsplit_once('@')?;
        Some((before, login, place))
    }) else {
        return Cow::Borrowed(line);
    };
    let user = login.split(':').next().unwrap_or_default();
    Cow::Owned(format!("{before}://{user}:…@{place}"))
}

/// Every key with the name that it has in the environment.
fn keys() -> Vec<(String, Vec<String>)> {
    fn walk(table: &toml::Table, path: &[String], out: &mut Vec<(String, Vec<String>)>) {
        for (key, value) in table {
            let path = [path, std::slice::from_ref(key)].concat();
            match value {
                toml::Value::Table(inner) => walk(inner, &path, out),
                _ => out.push((format!("REEL_{}", path.join("_").to_uppercase()), path)),
            }
        }
    }
    let mut out = vec![];
    if let Ok(table) = toml::Table::try_from(Config::default()) {
        walk(&table, &[], &mut out);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_is_named_with_its_line() {
        let file = file_of("[ads]\nsecond = 3\n");
        let error = Config::load(Some(file.path())).unwrap_err().to_string();
        assert!(error.contains("line 2") && error.contains("second"), "{error}");
        let file = file_of("[prices]\npaid = \"ten\"\n");
        let error = Config::load(Some(file.path())).unwrap_err().to_string();
        assert!(error.contains("line 2") && error.contains("10.00"), "{error}");
    }

    #[test]
    fn every_key_has_a_name_in_the_environment() {
        let names: Vec<_> = keys().into_iter().map(|(name, _)| name).collect();
        for name in ["REEL_DATABASE", "REEL_LISTEN", "REEL_ADS_SECONDS", "REEL_PRICES_PAID"] {
            assert!(names.iter().any(|n| n == name), "{name} of {names:?}");
        }
        let config = Config::default().with("REEL_ADS_SECONDS", &["ads".into(), "seconds".into()], "5");
        assert_eq!(config.unwrap().ads.seconds, 5);
        let wrong = Config::default().with("REEL_ADS_SECONDS", &["ads".into(), "seconds".into()], "soon");
        assert!(wrong.unwrap_err().to_string().starts_with("REEL_ADS_SECONDS"));
    }

    #[test]
    fn a_password_is_not_shown() {
        let config = Config { database: "mysql://reel:s3cret@db:3306/reel".into(), ..Config::default() };
        let shown = config.shown().unwrap();
        assert!(shown.contains("reel:…@db:3306") && !shown.contains("s3cret"));
    }

    #[test]
    fn a_mistake_does_not_tell_a_password() {
        for text in [
            "database = mysql://reel:s3cret@db/reel",
            "databse = \"mysql://reel:s3@cret@db/reel\"",
            "listen = \"mysql://reel:s3cret@db/reel\"",
            "[ads]\nseconds = \"mysql://reel:s3cret@db/reel\"",
        ] {
            let why = Config::of(text).unwrap_err();
            assert!(!why.contains("cret") && why.contains("line "), "{why}");
        }
        let wrong = Config::default().with("REEL_LISTEN", &["listen".into()], "mysql://a:s3cret@h\u{1b}[2J");
        let why = wrong.unwrap_err().to_string();
        assert!(!why.contains("s3cret") && !why.contains('\u{1b}'), "{why:?}");
    }

    #[test]
    fn a_period_of_membership_has_an_end() {
        assert!(Config::of("[prices]\nmembership_days = 36525").is_ok());
        let why = Config::of("[prices]\nmembership_days = 4294967295").unwrap_err();
        assert!(why.contains("prices.membership_days"), "{why}");
    }

    fn file_of(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }
}
