//! What is in force: flags and environment, then the profile, then what is always so.

use crate::cli::Cli;
use crate::config::{Config, Profile};
use crate::endpoint::Way;
use crate::fault::Fault;
use crate::locale::Tongue;
use crate::memory::Remember;

/// The server, where none is named.
const HOST: &str = "127.0.0.1";

/// What is in force.
#[derive(Debug)]
pub struct Settings {
    /// `host` or `host:port`.
    pub host: String,
    /// How the connection goes.
    pub way: Way,
    /// Who logs in.
    pub user: Option<String>,
    /// The language.
    pub tongue: Tongue,
    /// What is kept of a log-in.
    pub remember: Remember,
    /// Whether the desktop's keyring may be used.
    pub keyring: bool,
}

impl Settings {
    /// What `cli` and the profile that it names, or else the default one, come to.
    ///
    /// # Errors
    /// There is no such profile.
    pub fn of(cli: &Cli, config: &Config, tongue: Tongue) -> Result<Self, Fault> {
        let default = config.default.as_deref().filter(|_| cli.host.is_none());
        let profile = match cli.profile.as_deref().or(default) {
            Some(name) => Some(config.profile(name, tongue)?),
            None => None,
        };
        let given = |of: fn(&Profile) -> Option<String>| profile.and_then(of);
        let lang = cli.lang.or_else(|| profile.and_then(|p| p.lang)).or(config.lang);
        let usual = if profile.is_some() { Remember::Session } else { Remember::Nothing };
        Ok(Self {
            host: cli.host.clone().or_else(|| given(|p| p.host.clone())).unwrap_or_else(|| HOST.to_owned()),
            way: cli.way().or_else(|| profile.map(Profile::way)).unwrap_or(Way::Near),
            user: cli.user.clone().or_else(|| given(|p| p.user.clone())),
            tongue: lang.unwrap_or(tongue),
            remember: cli.remember.or_else(|| profile.and_then(|p| p.remember)).unwrap_or(usual),
            keyring: config.keyring,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser as _;

    fn of(words: &[&str]) -> Settings {
        let profile = |name: &str, tls| Profile {
            name: name.into(),
            host: Some(format!("{name}.example")),
            user: Some("anna".into()),
            tls: Some(tls),
            lang: Some(Tongue::Zh),
            ..Profile::default()
        };
        let profiles = vec![profile("club", true), profile("home", false)];
        let config = Config { default: Some("home".into()), profiles, ..Config::default() };
        let cli = Cli::try_parse_from([&["reel"], words].concat()).unwrap();
        Settings::of(&cli, &config, Tongue::En).unwrap()
    }

    #[test]
    fn flags_beat_the_profile() {
        let club = of(&["@club"]);
        assert_eq!((club.host.as_str(), club.way), ("club.example", Way::Tls { pin: None }));
        assert_eq!((club.user.as_deref(), club.tongue), (Some("anna"), Tongue::Zh));
        assert_eq!(club.remember, Remember::Session);
        let club = of(&["@club", "--user", "ben", "--plain", "--lang", "en", "--remember", "nothing"]);
        assert_eq!((club.user.as_deref(), club.way), (Some("ben"), Way::Clear));
        assert_eq!((club.tongue, club.remember), (Tongue::En, Remember::Nothing));
    }

    #[test]
    fn the_default_profile_is_meant_where_no_host_is_named() {
        assert_eq!(of(&[]).host, "home.example");
        let other = of(&["--host", "x"]);
        assert_eq!((other.host.as_str(), other.user, other.remember), ("x", None, Remember::Nothing));
    }
}
