//! What the operator may set: one TOML file, every key also in the environment, the usual ones as flags.

mod change;
mod limits;
mod listen;
mod load;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use protocol::value::Money;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use self::change::{AT_START, Changes};
pub use self::limits::Limits;
pub use self::listen::Listen;
pub use self::load::{ConfigError, misspelt};

/// Everything in force. `reeld config` prints it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The folder of the club: its files and, by default, its database.
    pub data: PathBuf,
    /// Where the line protocol is spoken, or `none`. Port 0 takes a free one.
    pub listen: Listen,
    /// Where it is spoken over TLS, or `none`.
    pub tls_listen: Listen,
    /// The certificate for it, with what links it to an authority behind it; PEM. Empty, with `tls_key`: the
    /// one in the folder `tls` of the data folder, which is made when there is none.
    pub tls_cert: PathBuf,
    /// The private key of the certificate; PEM.
    pub tls_key: PathBuf,
    /// `mysql://user:password@host:port/name`, `sqlite:PATH`, or empty for SQLite in the data folder.
    pub database: String,
    /// How much is logged: `error`, `warn`, `info`, `debug` or `trace`. `RUST_LOG` has the last word.
    pub log: Level,
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

/// How much is logged; each has all of those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// What the operator has to mend.
    Error,
    /// What the operator should look at.
    Warn,
    /// Who comes and goes, and what they do to money and files.
    Info,
    /// What helps to find a mistake.
    Debug,
    /// Everything, also of the libraries.
    Trace,
}

/// Who may come in.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Accounts {
    /// Whether anybody may register: `open`, `invite` (with a code) or `closed`.
    pub registration: Registration,
    /// Whether passwords and tokens are taken without TLS from other machines. Who listens on the way has
    /// them then.
    pub plain_passwords: bool,
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
    /// Seconds that it is long. 0: none.
    pub seconds: u32,
    /// What is shown meanwhile.
    pub text: String,
    /// Hours that the title is granted afterwards.
    pub grant_hours: u32,
}

/// How money comes in.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Moneys {
    /// Whether users may fill their own wallets: `yes`, `no`, or `auto`, which is yes while every listener is on loopback.
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
    /// Bytes of all its titles.
    pub bytes: u64,
    /// How many titles.
    pub titles: u64,
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
            listen: SocketAddr::new(IpAddr::from([127, 0, 0, 1]), protocol::DEFAULT_PORT).into(),
            tls_listen: Listen(None),
            tls_cert: PathBuf::new(),
            tls_key: PathBuf::new(),
            database: String::new(),
            log: Level::Info,
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
        Self { registration: Registration::Open, plain_passwords: false, session_days: 30, invite_days: 7 }
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

impl Config {
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
            Topup::Auto => self.listen.is_loopback() && self.tls_listen.is_loopback(),
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

/// Whether a URL holds a password, which a command line should not.
pub fn has_password(url: &str) -> bool {
    let login = url.split_once("://").and_then(|(_, rest)| rest.rsplit_once('@'));
    login.and_then(|(login, _)| login.split_once(':')).is_some_and(|(_, password)| !password.is_empty())
}

/// A line, or the URL of a database, without what stands in it between the user and the `@` of a URL.
pub fn hidden(line: &str) -> Cow<'_, str> {
    let Some((before, login, place)) = line.split_once("://").and_then(|(before, rest)| {
        let (login, place) = rest.rsplit_once('@')?;
        Some((before, login, place))
    }) else {
        return Cow::Borrowed(line);
    };
    let user = login.split(':').next().unwrap_or_default();
    Cow::Owned(format!("{before}://{user}:…@{place}"))
}
