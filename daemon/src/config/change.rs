//! What a configuration that is read again changes in a running daemon.

use std::collections::BTreeMap;

use super::Config;

/// Keys that hold from the next start on: what they say is opened once.
pub const AT_START: &[&str] = &[
    "data",
    "listen",
    "tls_listen",
    "tls_cert",
    "tls_key",
    "database",
    "limits.database_connections",
    "limits.database_seconds",
];

/// What a configuration changes. Keys alone: a value may be a password.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// From now on.
    pub now: Vec<String>,
    /// From the next start on.
    pub later: Vec<String>,
}

impl Config {
    /// What `new`, as it was configured, changes in `self`, as it was.
    pub fn changes(&self, new: &Config) -> Changes {
        let (old, new) = (flat(self), flat(new));
        let keys = old.keys().chain(new.keys().filter(|key| !old.contains_key(*key)));
        let changed = keys.filter(|key| old.get(*key) != new.get(*key)).cloned();
        let (later, now) = changed.partition(|key| AT_START.contains(&key.as_str()));
        Changes { now, later }
    }

    /// This configuration with what holds from the next start on as it is in `running`.
    #[must_use]
    pub fn within(mut self, running: &Config) -> Config {
        self.data.clone_from(&running.data);
        self.listen = running.listen;
        self.tls_listen = running.tls_listen;
        self.tls_cert.clone_from(&running.tls_cert);
        self.tls_key.clone_from(&running.tls_key);
        self.database.clone_from(&running.database);
        self.limits.database_connections = running.limits.database_connections;
        self.limits.database_seconds = running.limits.database_seconds;
        self
    }
}

/// Every value under its whole key.
fn flat(config: &Config) -> BTreeMap<String, toml::Value> {
    fn walk(table: toml::Table, path: &str, out: &mut BTreeMap<String, toml::Value>) {
        for (key, value) in table {
            let path = if path.is_empty() { key } else { format!("{path}.{key}") };
            match value {
                toml::Value::Table(inner) => walk(inner, &path, out),
                value => drop(out.insert(path, value)),
            }
        }
    }
    let mut out = BTreeMap::new();
    // Every value has a form in TOML: `reeld config` prints them.
    if let Ok(table) = toml::Table::try_from(config) {
        walk(table, "", &mut out);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::Listen;
    use super::*;

    #[test]
    fn changes_are_told_apart() {
        let (mut old, mut new) = (Config::default(), Config::default());
        assert_eq!(old.changes(&new), Changes::default());
        new.ads.seconds = 5;
        new.database = "mysql://root:secret@h/reel".into();
        new.limits.database_seconds = 9;
        new.prices.lengths.insert("12".into(), new.prices.paid);
        let changes = old.changes(&new);
        assert_eq!(changes.now, ["ads.seconds", "prices.lengths.12"]);
        assert_eq!(changes.later, ["database", "limits.database_seconds"]);
        old = new.clone().within(&old);
        assert_eq!(old.changes(&new).now, [""; 0]);
        assert_eq!(old.changes(&new).later, changes.later);
    }

    #[test]
    fn what_holds_later_is_kept() {
        // A key that is named above and forgotten below would be taken over in silence.
        let (old, mut new) = (Config::default(), Config::default());
        new.data = "/elsewhere".into();
        new.listen = Listen(Some(([0, 0, 0, 0], 1).into()));
        new.tls_listen = new.listen;
        new.tls_cert = "/elsewhere/cert.pem".into();
        new.tls_key = "/elsewhere/key.pem".into();
        new.database = "mysql://h/reel".into();
        new.limits.database_connections += 1;
        new.limits.database_seconds += 1;
        assert_eq!(old.changes(&new).later.len(), AT_START.len());
        assert_eq!(old.changes(&new.within(&old)), Changes::default());
    }
}
