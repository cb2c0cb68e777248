//! How a configuration is read: the file, then the environment, then what is to be true of both.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use protocol::harmless::harmless;
use protocol::near::nearest;

use super::{Config, hidden};

/// Days of a period of membership at most: no membership lasts longer, and 120 of them are still a number.
const MOST_DAYS: u32 = 36_525;

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
                let wrong = |why| ConfigError::Wrong(path.display().to_string(), why);
                let config = parse(&text).map_err(wrong)?;
                config.check().map_err(|error| wrong(placed(&text, &error)))?;
                config
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
        let truth = matches!(at.get(last), Some(toml::Value::Boolean(_)));
        let new = match (value.parse::<i64>(), value.parse::<bool>()) {
            (Ok(n), _) if number => toml::Value::Integer(n),
            (_, Ok(yes)) if truth => toml::Value::Boolean(yes),
            _ => toml::Value::String(value.to_owned()),
        };
        at.insert(last.clone(), new);
        table.try_into().map_err(|e: toml::de::Error| wrong(e.message().to_owned()))
    }

    /// Whether every value is possible.
    ///
    /// # Errors
    /// The first that is not, by its key.
    pub fn check(&self) -> Result<(), ConfigError> {
        let days = [
            ("accounts.session_days", self.accounts.session_days.into()),
            ("accounts.invite_days", self.accounts.invite_days.into()),
            ("prices.membership_days", self.prices.membership_days.into()),
        ];
        let wrong = self.prices.lengths.keys().find(|key| !key.parse().is_ok_and(|n: u32| n > 0));
        if let Some(key) = wrong {
            let why = "expected a number of periods, at least 1".into();
            return Err(ConfigError::Wrong(format!("prices.lengths.{key}"), why));
        }
        if let Some((key, _)) = self.limits.positive().iter().chain(&days).find(|(_, value)| *value == 0) {
            return Err(ConfigError::Wrong((*key).to_owned(), "expected at least 1".into()));
        }
        let known =
            ["mysql://", "mariadb://", "sqlite:"].iter().any(|start| self.database.starts_with(start));
        if !known && !self.database.is_empty() {
            let why = "expected mysql://user:password@host:port/name, sqlite:PATH, or nothing".into();
            return Err(ConfigError::Wrong("database".into(), why));
        }
        if self.limits.disk_free_percent > 100 {
            return Err(ConfigError::Wrong("limits.disk_free_percent".into(), "expected at most 100".into()));
        }
        if self.prices.membership_days > MOST_DAYS {
            let why = format!("expected at most {MOST_DAYS}, a hundred years");
            return Err(ConfigError::Wrong("prices.membership_days".into(), why));
        }
        Ok(())
    }
}

fn parse(text: &str) -> Result<Config, String> {
    toml::from_str(text).map_err(|error: toml::de::Error| presentable(&error.to_string()))
}

/// What the parser says shows the line with the mistake, which may hold a password, or anything else that a
/// terminal should not be sent.
fn presentable(why: &str) -> String {
    let lines = why.lines().map(|line| harmless(&hidden(&guessed(line))).into_owned());
    lines.collect::<Vec<_>>().join("\n")
}

/// What is wrong with a value that is well formed, with its line.
fn placed(text: &str, error: &ConfigError) -> String {
    let ConfigError::Wrong(key, why) = error else { return error.to_string() };
    let mut section = String::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if let Some(name) = line.strip_prefix('[') {
            section = format!("{}.", name.trim_end_matches(']').trim());
        } else if let Some((name, _)) = line.split_once('=')
            && format!("{section}{}", name.trim().trim_matches('"')) == *key
        {
            return format!("line {}: {key}: {why}", number + 1);
        }
    }
    format!("{key}: {why}")
}

/// What is said of an unknown key, with the one that was meant perhaps in the place of all there are.
fn guessed(line: &str) -> Cow<'_, str> {
    let Some((before, all)) = line.split_once(", expected one of ") else { return Cow::Borrowed(line) };
    let Some((what, wrong)) = before.trim_end_matches('`').rsplit_once('`') else {
        return Cow::Borrowed(line);
    };
    if !what.contains("unknown field") {
        return Cow::Borrowed(line);
    }
    let meant = nearest(wrong, all.split(", ").map(|key| key.trim_matches('`')));
    Cow::Owned(match meant {
        Some(meant) => format!("there is no key `{wrong}`; was `{meant}` meant?"),
        None => format!("there is no key `{wrong}`; `reeld config` shows all"),
    })
}

/// Names in the environment that are no key's but near one, each with the name that was meant perhaps. Others that
/// begin with `REEL_` are for other programs.
pub fn misspelt(names: impl Iterator<Item = String>) -> Vec<(String, String)> {
    let keys: Vec<String> = keys().into_iter().map(|(name, _)| name).collect();
    let ours = names.filter(|name| name.starts_with(PREFIX) && !keys.contains(name));
    let near = ours.filter_map(|name| {
        let meant = nearest(&name[PREFIX.len()..], keys.iter().map(|key| &key[PREFIX.len()..]))?;
        Some((name.clone(), format!("{PREFIX}{meant}")))
    });
    near.collect()
}

/// What the names of keys in the environment begin with.
const PREFIX: &str = "REEL_";

/// Every key with the name that it has in the environment.
fn keys() -> Vec<(String, Vec<String>)> {
    fn walk(table: &toml::Table, path: &[String], out: &mut Vec<(String, Vec<String>)>) {
        for (key, value) in table {
            let path = [path, std::slice::from_ref(key)].concat();
            match value {
                toml::Value::Table(inner) => walk(inner, &path, out),
                _ => out.push((format!("{PREFIX}{}", path.join("_").to_uppercase()), path)),
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
        let file = file_of("[limits]\nacount_download_rate = 3\n");
        let error = Config::load(Some(file.path())).unwrap_err().to_string();
        assert!(error.contains("line 2") && error.contains("was `account_download_rate` meant?"), "{error}");
        for text in
            ["log = \"info\"\n[limits]\nrows = 0\n", "\n\nlimits.rows=0", "\n[prices.lengths]\n0 = \"1.00\""]
        {
            let error = Config::load(Some(file_of(text).path())).unwrap_err().to_string();
            assert!(error.contains("line 3"), "{error}");
        }
        let error = Config::of("database = \"foo\"").unwrap_err();
        assert!(error.contains("mysql://"), "{error}");
        let file = file_of("[prices]\npaid = \"ten\"\n");
        let error = Config::load(Some(file.path())).unwrap_err().to_string();
        assert!(error.contains("line 2") && error.contains("10.00"), "{error}");
    }

    #[test]
    fn every_key_has_a_name_in_the_environment() {
        let names: Vec<_> = keys().into_iter().map(|(name, _)| name).collect();
        for name in [
            "REEL_DATABASE",
            "REEL_LISTEN",
            "REEL_TLS_LISTEN",
            "REEL_TLS_CERT",
            "REEL_TLS_KEY",
            "REEL_ADS_SECONDS",
            "REEL_PRICES_PAID",
        ] {
            assert!(names.iter().any(|n| n == name), "{name} of {names:?}");
        }
        let config = Config::default().with("REEL_ADS_SECONDS", &["ads".into(), "seconds".into()], "5");
        assert_eq!(config.unwrap().ads.seconds, 5);
        let open = Config::default().with("X", &["accounts".into(), "plain_passwords".into()], "true");
        assert!(open.unwrap().accounts.plain_passwords);
        let wrong = Config::default().with("REEL_ADS_SECONDS", &["ads".into(), "seconds".into()], "soon");
        assert!(wrong.unwrap_err().to_string().starts_with("REEL_ADS_SECONDS"));
    }

    #[test]
    fn topup_is_for_those_who_listen_to_nobody_else() {
        let listen = |plain: &str, tls: &str| {
            let (listen, tls_listen) = (plain.parse().unwrap(), tls.parse().unwrap());
            Config { listen, tls_listen, ..Config::default() }.topup_allowed()
        };
        assert!(
            listen("127.0.0.1:0", "none") && listen("[::1]:0", "127.0.0.1:0") && listen("none", "[::1]:0")
        );
        assert!(
            !listen("127.0.0.1:0", "0.0.0.0:0") && !listen("0.0.0.0:0", "none") && !listen("none", "[::]:0")
        );
        let all =
            Config::load(Some(file_of("listen = \"none\"\ntls_listen = \"[::]:2122\"\n").path())).unwrap();
        assert_eq!((all.listen.to_string(), all.tls_listen.to_string()), ("none".into(), "[::]:2122".into()));
        let error =
            Config::load(Some(file_of("tls_listen = \"everywhere\"\n").path())).unwrap_err().to_string();
        assert!(error.contains("line 1") && error.contains("127.0.0.1:2121"), "{error}");
    }

    #[test]
    fn a_misspelt_name_is_told_with_what_was_meant() {
        let told = |name: &str| misspelt([name.to_owned()].into_iter()).pop().map(|(_, meant)| meant);
        assert_eq!(told("REEL_ADS_SECOND").as_deref(), Some("REEL_ADS_SECONDS"));
        assert_eq!(
            told("REEL_LIMITS_DATABASE_CONECTIONS").as_deref(),
            Some("REEL_LIMITS_DATABASE_CONNECTIONS")
        );
        let others = [
            "REEL_ADS_SECONDS",
            "REEL_CLOCK_FILE",
            "REEL_PASSWORD",
            "REEL_TEST_MYSQL",
            "REEL_WRITE_DOCS",
            "REEL_PLAYER",
        ];
        for other in others.into_iter().chain(["REEL_BELL", "REEL_", "ADS_SECOND"]) {
            assert_eq!(told(other), None, "{other}");
        }
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
