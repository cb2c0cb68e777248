//! `config.toml`: what a person has written down about the clubs that are visited, each under the name of a profile.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::endpoint::Way;
use crate::fault::Fault;
use crate::locale::{Text, Tongue};
use crate::memory::Remember;
use crate::show::plain::harmless;
use crate::trust::Fingerprint;

mod read;

/// What the file says.
#[derive(Debug)]
pub struct Config {
    /// The profile that is meant where neither one nor a host is named.
    pub default: Option<String>,
    /// The language, unless a profile says otherwise.
    pub lang: Option<Tongue>,
    /// Whether the desktop's keyring may be used.
    pub keyring: bool,
    /// In the order of the file.
    pub profiles: Vec<Profile>,
}

impl Default for Config {
    fn default() -> Self {
        Self { default: None, lang: None, keyring: true, profiles: Vec::new() }
    }
}

/// How one club is visited. What is not there is as if nobody had named it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Profile {
    /// Its name, without the `@`.
    pub name: String,
    /// `host` or `host:port`.
    pub host: Option<String>,
    /// Who logs in.
    pub user: Option<String>,
    /// Whether TLS is spoken.
    pub tls: Option<bool>,
    /// The one certificate that is trusted.
    pub tls_pin: Option<Fingerprint>,
    /// Whether another machine may be spoken to in the clear.
    pub plain: Option<bool>,
    /// The language.
    pub lang: Option<Tongue>,
    /// What is kept of a log-in.
    pub remember: Option<Remember>,
}

impl Profile {
    /// How the connection goes.
    pub fn way(&self) -> Way {
        match self.tls_pin {
            Some(pin) => Way::Tls { pin: Some(pin) },
            None if self.tls == Some(true) => Way::Tls { pin: None },
            None if self.plain == Some(true) => Way::Clear,
            None => Way::Near,
        }
    }
}

impl Config {
    /// Reads the file; none is an empty one.
    ///
    /// # Errors
    /// The file cannot be read, or says what it cannot say: with the line, and what would be right.
    pub fn load(tongue: Tongue) -> Result<Self, Fault> {
        let Some(path) = path() else { return Ok(Self::default()) };
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(Fault::file(&path, error)),
        };
        read::config(&text).map_err(|mistake| {
            let (line, what) = (mistake.line.to_string(), mistake.say(tongue));
            Fault::Usage(tongue.fill(Text::ConfigAt, &[&shown_path(), &line, &what]))
        })
    }

    /// The profile of this name.
    ///
    /// # Errors
    /// There is none; those that are there are named.
    pub fn profile(&self, name: &str, tongue: Tongue) -> Result<&Profile, Fault> {
        self.profiles.iter().find(|profile| profile.name == name).ok_or_else(|| {
            let names: Vec<String> = self.profiles.iter().map(|one| format!("@{}", one.name)).collect();
            let (name, file) = (harmless(name), shown_path());
            Fault::Usage(match names.as_slice() {
                [] => tongue.fill(Text::NoProfiles, &[&name, &file]),
                names => tongue.fill(Text::NoSuchProfile, &[&name, &file, &harmless(&names.join(", "))]),
            })
        })
    }

    /// Appends a profile to the file.
    ///
    /// # Errors
    /// There is one of this name, its name cannot be written, or the disk refuses.
    pub fn save(&self, profile: &Profile, tongue: Tongue) -> Result<PathBuf, Fault> {
        let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if profile.name.is_empty() || !profile.name.chars().all(letter) {
            return Err(Fault::Usage(tongue.text(Text::BadProfileName).to_owned()));
        }
        let path =
            path().ok_or_else(|| Fault::file(Path::new("config.toml"), io::ErrorKind::NotFound.into()))?;
        if self.profiles.iter().any(|one| one.name == profile.name) {
            return Err(Fault::Usage(tongue.fill(Text::ProfileThere, &[&profile.name, &shown_path()])));
        }
        let write = || {
            if let Some(folder) = path.parent() {
                DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
            }
            let mut file = OpenOptions::new().create(true).append(true).mode(0o600).open(&path)?;
            file.lock()?;
            // Another shell may have saved it while this one looked.
            if Config::load(tongue).is_ok_and(|now| now.profiles.iter().any(|one| one.name == profile.name)) {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            // One write, so that two shells do not mix their lines.
            file.write_all(written(profile).as_bytes())
        };
        write().map_err(|error| Fault::file(&path, error))?;
        Ok(path)
    }
}

/// A profile as the file has it.
fn written(profile: &Profile) -> String {
    let text = |value: &str| toml::Value::String(value.to_owned()).to_string();
    let lines = [
        profile.host.as_ref().map(|host| format!("host = {}", text(host))),
        profile.user.as_ref().map(|user| format!("user = {}", text(user))),
        profile.tls.map(|tls| format!("tls = {tls}")),
        profile.tls_pin.map(|pin| format!("tls-pin = {}", text(&pin.to_string()))),
        profile.plain.map(|plain| format!("plain = {plain}")),
        profile.lang.map(|lang| format!("lang = {}", text(lang.word()))),
        profile.remember.map(|what| format!("remember = {}", text(what.word()))),
    ];
    let lines: Vec<String> = lines.into_iter().flatten().collect();
    format!("\n[profiles.{}]\n{}\n", profile.name, lines.join("\n"))
}

/// Where the file is or would be: `$XDG_CONFIG_HOME/reel/config.toml`. None where there is no home.
pub fn path() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let folder = set("XDG_CONFIG_HOME").or_else(|| set("HOME").map(|home| home.join(".config")))?;
    Some(folder.join("reel/config.toml"))
}

/// The same for people.
pub fn shown_path() -> String {
    let path = path().unwrap_or_else(|| PathBuf::from("config.toml"));
    harmless(&path.display().to_string()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_saved_is_read_back() {
        let profile = Profile {
            name: "club".into(),
            host: Some("club.example".into()),
            user: Some("a\"nna".into()),
            tls_pin: Some(Fingerprint::of(b"one")),
            lang: Some(Tongue::Zh),
            remember: Some(Remember::Password),
            ..Profile::default()
        };
        let bare = Profile { name: "bare".into(), ..Profile::default() };
        let config = read::config(&format!("{}{}", written(&profile), written(&bare))).unwrap();
        assert_eq!(config.profiles, [profile, bare]);
    }
}
