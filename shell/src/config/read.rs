//! How `config.toml` is read: every key is known, every value possible, or the line is named and what would be right.

use std::str::FromStr;

use protocol::near::nearest;
use protocol::value::UserName;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Config, Profile};
use crate::locale::{Text, Tongue};
use crate::show::plain::harmless;

/// The keys of the file.
const KEYS: &[&str] = &["default", "lang", "keyring", "profiles"];

/// The keys of a profile.
const PROFILE_KEYS: &[&str] = &["host", "user", "tls", "tls-pin", "plain", "lang", "remember"];

/// What may not stand in a file that is no secret.
const SECRETS: &[&str] = &["password", "passwd", "pass", "pw", "token", "secret"];

/// Something that the file cannot say.
#[derive(Debug)]
pub struct Mistake {
    /// Where, from 1.
    pub line: usize,
    /// What is wrong. The key is filled in first, then what would be right.
    text: Text,
    key: String,
    right: Right,
}

/// What would be right.
#[derive(Debug)]
enum Right {
    Nothing,
    /// One of these, or the one that was meant perhaps.
    Words(String),
    Text(Text),
}

impl Mistake {
    /// In words.
    pub fn say(&self, tongue: Tongue) -> String {
        let right = match &self.right {
            Right::Nothing => "",
            Right::Words(words) => words,
            Right::Text(text) => tongue.text(*text),
        };
        tongue.fill(self.text, &[&harmless(&self.key), &harmless(right)])
    }
}

/// What a file of this text says.
///
/// # Errors
/// The first mistake.
pub fn config(text: &str) -> Result<Config, Mistake> {
    let place = Place(text);
    let table = DeTable::parse(text).map_err(|error| Mistake {
        line: place.line(error.span().map_or(0, |span| span.start)),
        text: Text::BadToml,
        key: error.message().to_owned(),
        right: Right::Nothing,
    })?;
    let mut config = Config::default();
    for (key, value) in table.get_ref() {
        match key.get_ref().as_ref() {
            "default" => config.default = Some(place.word(key, value, Text::WantQuoted)?.to_owned()),
            "lang" => config.lang = Some(place.parsed(key, value, Text::WantLang)?),
            "keyring" => config.keyring = place.truth(key, value)?,
            "profiles" => config.profiles = place.profiles(key, value)?,
            _ => return Err(place.unknown(key, KEYS)),
        }
    }
    let known = |name: &String| config.profiles.iter().any(|profile| profile.name == *name);
    if let Some(wrong) = config.default.as_ref().filter(|name| !known(name)) {
        let key = table.get_ref().iter().find(|(key, _)| key.get_ref() == "default").map(|(key, _)| key);
        let names: Vec<&str> = config.profiles.iter().map(|profile| profile.name.as_str()).collect();
        return Err(Mistake {
            line: place.line(key.map_or(0, |key| key.span().start)),
            text: Text::NoDefault,
            key: wrong.clone(),
            right: Right::Words(if names.is_empty() { "-".to_owned() } else { names.join(", ") }),
        });
    }
    Ok(config)
}

type Key<'a> = Spanned<std::borrow::Cow<'a, str>>;
type Value<'a> = Spanned<DeValue<'a>>;

/// Knows on which line something stands.
struct Place<'a>(&'a str);

impl Place<'_> {
    fn line(&self, offset: usize) -> usize {
        self.0.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
    }

    fn wrong(&self, key: &Key<'_>, value: &Value<'_>, want: Text) -> Mistake {
        let (text, right) = (Text::BadWord, Right::Text(want));
        Mistake { line: self.line(value.span().start), text, key: key.get_ref().to_string(), right }
    }

    fn unknown(&self, key: &Key<'_>, all: &[&'static str]) -> Mistake {
        let name = key.get_ref().as_ref();
        let (text, right) = match nearest(name, all.iter().copied()) {
            _ if SECRETS.contains(&name.to_ascii_lowercase().as_str()) => {
                (Text::NoSecretsHere, Right::Nothing)
            }
            Some(meant) => (Text::NoSuchKeyNear, Right::Words(meant.to_owned())),
            None => (Text::NoSuchKey, Right::Words(all.join(", "))),
        };
        Mistake { line: self.line(key.span().start), text, key: name.to_owned(), right }
    }

    fn word<'v>(&self, key: &Key<'_>, value: &'v Value<'_>, want: Text) -> Result<&'v str, Mistake> {
        let word = value.get_ref().as_str().filter(|word| !word.trim().is_empty());
        word.ok_or_else(|| self.wrong(key, value, want))
    }

    fn parsed<T: FromStr>(&self, key: &Key<'_>, value: &Value<'_>, want: Text) -> Result<T, Mistake> {
        self.word(key, value, want)?.parse().map_err(|_| self.wrong(key, value, want))
    }

    fn truth(&self, key: &Key<'_>, value: &Value<'_>) -> Result<bool, Mistake> {
        value.get_ref().as_bool().ok_or_else(|| self.wrong(key, value, Text::WantTruth))
    }

    fn profiles(&self, key: &Key<'_>, value: &Value<'_>) -> Result<Vec<Profile>, Mistake> {
        let wrong = |value| self.wrong(key, value, Text::WantProfiles);
        let table = value.get_ref().as_table().ok_or_else(|| wrong(value))?;
        let mut profiles: Vec<(usize, Profile)> = table
            .iter()
            .map(|(name, value)| {
                let keys = value.get_ref().as_table().ok_or_else(|| wrong(value))?;
                Ok((name.span().start, self.profile(name.get_ref(), keys)?))
            })
            .collect::<Result<_, _>>()?;
        profiles.sort_by_key(|(at, _)| *at);
        Ok(profiles.into_iter().map(|(_, profile)| profile).collect())
    }

    fn profile(&self, name: &str, keys: &DeTable<'_>) -> Result<Profile, Mistake> {
        let mut profile = Profile { name: name.to_owned(), ..Profile::default() };
        for (key, value) in keys {
            match key.get_ref().as_ref() {
                "host" => profile.host = Some(self.word(key, value, Text::WantHost)?.trim().to_owned()),
                "user" => {
                    let name: UserName = self.parsed(key, value, Text::WantName)?;
                    profile.user = Some(name.to_string());
                }
                "tls" => profile.tls = Some(self.truth(key, value)?),
                "tls-pin" => profile.tls_pin = Some(self.parsed(key, value, Text::WantPin)?),
                "plain" => profile.plain = Some(self.truth(key, value)?),
                "lang" => profile.lang = Some(self.parsed(key, value, Text::WantLang)?),
                "remember" => profile.remember = Some(self.parsed(key, value, Text::WantRemember)?),
                _ => return Err(self.unknown(key, PROFILE_KEYS)),
            }
            let clear = profile.plain == Some(true) || profile.tls == Some(false);
            let secure = profile.tls == Some(true) || profile.tls_pin.is_some();
            if clear && secure {
                let (line, key) = (self.line(key.span().start), key.get_ref().to_string());
                return Err(Mistake { line, text: Text::NotBothWays, key, right: Right::Nothing });
            }
        }
        Ok(profile)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> String {
        let mistake = config(text).unwrap_err();
        assert!(!mistake.say(Tongue::Zh).is_empty());
        format!("{}: {}", mistake.line, mistake.say(Tongue::En))
    }

    #[test]
    fn profiles_are_read() {
        let text = "default = \"club\"\nlang = \"zh\"\nkeyring = false\n[profiles.club]\nhost = \"club.example\"\n\
                    user = \"安娜\"\ntls = true\nremember = \"password\"\n[profiles.\"at home\"]\n";
        let config = config(text).unwrap();
        assert_eq!((config.default.as_deref(), config.keyring), (Some("club"), false));
        assert_eq!(config.profiles[0].user.as_deref(), Some("安娜"));
        assert_eq!(config.profiles[1].name, "at home");
    }

    #[test]
    fn a_mistake_has_its_line_and_what_would_be_right() {
        for (text, line, words) in [
            ("[profiles.a]\nhots = 'x'\n", 2, "host"),
            ("[profiles.a]\n\nfrobnicate = 1\n", 3, "tls-pin"),
            ("[profiles.a]\npassword = 'x'\n", 2, "REEL_PASSWORD"),
            ("[profiles.a]\ntls = 'yes'\n", 2, "true or false"),
            ("[profiles.a]\nlang = 'fr'\n", 2, "\"en\" or \"zh\""),
            ("[profiles.a]\nuser = 'a b'\n", 2, "white space"),
            ("[profiles.a]\ntls-pin = '12'\n", 2, "64 hex digits"),
            ("[profiles.a]\nremember = 'all'\n", 2, "session"),
            ("[profiles.a]\nplain = true\ntls = true\n", 3, "plain"),
            ("profiles = 1\n", 1, "[profiles.NAME]"),
            ("\ndefault = 'b'\n[profiles.a]\n", 2, "a"),
            ("\nx = = 1\n", 2, "TOML"),
            ("profile = 1\n", 1, "profiles"),
            ("default = 1\n", 1, "quotes"),
        ] {
            let said = wrong(text);
            assert!(said.starts_with(&format!("{line}: ")) && said.contains(words), "{text:?}: {said}");
        }
        let said = wrong("\"\x1b[2J\u{202e}\" = 1\n");
        assert!(!said.contains(['\x1b', '\u{202e}']), "{said:?}");
    }
}
