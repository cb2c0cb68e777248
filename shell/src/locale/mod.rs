//! Every text for people, by language.
//!
//! A language is one file with one exhaustive match: a text that lacks a translation does not
//! compile. `{0}`, `{1}` … stand for what is filled in.

use protocol::grammar::StatusLine;
use protocol::table::Spec;

use crate::friendly;

#[cfg(test)]
mod complete;
mod en;
mod zh;

macro_rules! texts {
    ($($name:ident),+ $(,)?) => {
        /// A text for people.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs)]
        pub enum Text { $($name),+ }

        impl Text {
            /// Every text there is.
            #[cfg(test)]
            pub const ALL: &[Text] = &[$(Text::$name),+];
        }
    };
}

texts! {
    CannotConnect, ConnectionLost, Garbled, Stopped, ServerEnded, ServerGone, Resumed, SessionOver, LoggedInAs, LoggedOut, Notice, Retrying, Farewell, Password, PasswordOld, PasswordNew, PasswordAgain, PasswordsDiffer, PasswordEmpty, NoPassword, PasswordChanged, Expected, UnknownVerb, UnknownVerbNearest, UseGet, UsePut, NoRows, More, HelpHint, CannotRead, AdLeft, AskBuy, AskPrice, AskSeats, NeedYes, Bought, AlreadyThere, Continues, Saved, Exists, OtherName, AskOverwrite, BadCount, OtherBytes, PartBusy, GoOn, Hashing, Sending, Receiving, Proving, NotAFile, BadWord,
    NewNotice, AskTitle, AskLines, NothingToPost, EditHead, DraftKept, Code, Unregistering, TypeName, NeedName, OtherNameTyped, Unregistered, ResetHint, InviteHint, Exported, ThereAlready, StdoutTaken, OtherBytesOut, Proved, NotProved, AdminsOnly, ByDay, MostFetched, WordsBegin, NoWord, NearWords, Said, Management, CameIn, HasLeft, FellBehind, Entered, ChatHint, TooLong, NoRoom,
    GroupLibrary, GroupMoney, GroupNotices, GroupLounge, GroupWords, GroupTickets, GroupAccount, GroupAdmins, GroupShell, GroupProtocol,
    DidYouMean, CountOrWhich, RawBegins, RawNoRetr, RawNoStor, LocalFailed, TryAgainIn, LogInFirst, HelpTellsWhat, CodeOfAnAdmin, AskAnAdmin, BuyFirst, NotEnough, PriceIsNow, NotSold, SeatsLeft, MakeRoom, AtMost, TryAgainSoon, LookFirst, TellOperator, TellTrace, ThroughTls, Muted, MutedUntil, AnotherName, Seconds, Minutes, Hours, LineTooLong, AtLine,
    Stranger, Fingerprint, AskTrust, StrangerHint, CertificateChanged, ChangedHint, NotThePin, InTheClear,
    SomeDone, OneOf, AndMore, Chosen, NoTitleLike, NoTitleBetween, WideRange, BadPattern, BadTitle, NeedFolder, OneToStdout, AFolder, NoFileLike, OneTitle, Stored, HowFar, JobStarted, JobQueued, JobDone, JobFailed, JobStopped, JobsGoOn, JobsLeft, NoJob, JobOver, WhichJob, ManyJobs, NoPlayer, Playing, PlayerFailed, Silent,
    MoreOffers,
    Done, Remembered, LoggedInMember, StalePassword, OpenToOthers, BadName, UnregisteringMember, SpeaksTls, SpeaksNoTls, NotKnown, Forgotten, ConfigAt, BadToml, NoSuchKey, NoSuchKeyNear, NoSecretsHere, NoDefault, NotBothWays, WantQuoted, WantTruth, WantLang, WantHost, WantName, WantPin, WantRemember, WantProfiles, NoSuchProfile, NoProfiles, ProfileThere, ProfileSaved, BadProfileName,
    ManVerbs, ManGuest, ManUser, ManAdmin, ManExample, ManAs, ManPassword, ManNewPassword, ManBell, ManEditor, ManColour, ManLocale, ManBus, ManConfig, ManSecrets, ManKnown, ManHistory,
}

/// A language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tongue {
    /// English.
    #[default]
    En,
    /// Chinese.
    Zh,
}

impl Tongue {
    /// Every language there is.
    #[cfg(test)]
    pub const ALL: &[Tongue] = &[Tongue::En, Tongue::Zh];

    /// The words for all of them.
    pub const WORDS: &[&str] = &["en", "zh"];

    /// The word for it in the configuration and on the command line.
    pub const fn word(self) -> &'static str {
        match self {
            Tongue::En => "en",
            Tongue::Zh => "zh",
        }
    }

    /// The language that `--lang` or else the environment asks for, before the command line is read: its own help
    /// is in that language, too.
    pub fn of_arguments() -> Self {
        let words = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned());
        let words: Vec<String> = words.take_while(|word| word != "--").collect();
        let flag = words.iter().enumerate().find_map(|(at, word)| match word.strip_prefix("--lang") {
            Some("") => words.get(at + 1).map(String::as_str),
            Some(value) => value.strip_prefix('='),
            None => None,
        });
        flag.and_then(|word| word.parse().ok()).unwrap_or_else(Self::of_environment)
    }

    /// The language that `REEL_LANG`, `LC_ALL`, `LC_MESSAGES` or `LANG` asks for; the first that is set decides.
    pub fn of_environment() -> Self {
        if let Some(tongue) = std::env::var("REEL_LANG").ok().and_then(|word| word.parse().ok()) {
            return tongue;
        }
        let set = |name: &&str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let value = ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(set);
        Self::of_locale(value.as_deref().unwrap_or_default())
    }

    /// The language of a locale like `zh_CN.UTF-8`.
    pub fn of_locale(locale: &str) -> Self {
        let language = locale.split(['_', '.', '@', '-']).next();
        match language {
            Some(l) if l.eq_ignore_ascii_case("zh") => Tongue::Zh,
            _ => Tongue::En,
        }
    }

    /// The text with its gaps open.
    pub const fn text(self, text: Text) -> &'static str {
        match self {
            Tongue::En => en::text(text),
            Tongue::Zh => zh::text(text),
        }
    }

    /// The text with its gaps filled. What is filled in has to be harmless already.
    pub fn fill(self, text: Text, with: &[&str]) -> String {
        let mut out = String::new();
        let mut rest = self.text(text);
        while let Some((before, after)) = rest.split_once('{') {
            out.push_str(before);
            let (index, after) = after.split_once('}').unwrap_or((after, ""));
            let word = index.parse::<usize>().ok().and_then(|i| with.get(i));
            out.push_str(word.copied().unwrap_or_default());
            rest = after;
        }
        out.push_str(rest);
        out
    }

    /// What a verb does: the first line is the summary.
    pub fn doc(self, spec: &Spec) -> String {
        let own = friendly::OWN.iter().any(|own| std::ptr::eq(&own.spec, spec));
        let table = if own { zh::verbs::OWN } else { zh::verbs::TABLE };
        if let Some(text) = self.look_up(table, spec.verb) {
            return text.to_owned();
        }
        let lines: Vec<&str> = spec.doc.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        lines.join("\n")
    }

    /// What was expected in a place of a line.
    pub fn expected(self, what: &str) -> String {
        let (start, own) = zh::words::EXPECTED_OPTIONS;
        match (self, what.strip_prefix(start)) {
            (Tongue::Zh, Some(names)) => format!("{own}{names}"),
            _ => self.look_up(zh::words::EXPECTED, what).unwrap_or(what).to_owned(),
        }
    }

    /// What the client itself has found wrong.
    pub fn said(self, what: &str) -> String {
        self.look_up(zh::words::SAID, what).unwrap_or(what).to_owned()
    }

    /// What the system says.
    pub fn system(self, error: &std::io::Error) -> String {
        let text = error.to_string();
        let known = match error.get_ref() {
            // Somebody has put words of his own into it.
            Some(_) => self.look_up(zh::words::SAID, &text),
            None if self == Tongue::Zh => zh::system::error(error.kind()),
            None => None,
        };
        known.map_or(text, str::to_owned)
    }

    /// The text for an English one, where this language has it.
    fn look_up(self, table: &[(&'static str, &'static str)], english: &str) -> Option<&'static str> {
        match self {
            Tongue::En => None,
            Tongue::Zh => table.iter().find(|(key, _)| *key == english).map(|(_, text)| *text),
        }
    }

    /// What the help of the command line says at its end, where this language says it itself.
    pub fn after(self) -> Option<&'static str> {
        match self {
            Tongue::En => None,
            Tongue::Zh => Some(zh::flags::AFTER),
        }
    }

    /// The command line, described in this language.
    pub fn command_line(self, command: clap::Command) -> clap::Command {
        match self {
            Tongue::En => command,
            Tongue::Zh => chinese(command),
        }
    }

    /// What is wrong with a command line, where this language says it itself.
    pub fn mistake(self, error: &clap::Error) -> Option<String> {
        match self {
            Tongue::En => None,
            Tongue::Zh => zh::flags::mistake(error),
        }
    }

    /// What stands between sentences.
    pub const fn space(self) -> &'static str {
        match self {
            Tongue::En => " ",
            Tongue::Zh => "",
        }
    }

    /// What stands between things that are listed, each of several words.
    pub const fn semicolon(self) -> &'static str {
        match self {
            Tongue::En => "; ",
            Tongue::Zh => "；",
        }
    }

    /// A role.
    pub fn role(self, role: &str) -> &str {
        match (self, role) {
            (Tongue::Zh, "user") => "用户",
            (Tongue::Zh, "admin") => "管理员",
            (_, role) => role,
        }
    }

    /// The heading of a column or fact.
    pub fn column(self, key: &str) -> &str {
        match self {
            Tongue::En => key,
            Tongue::Zh => zh::column(key).unwrap_or(key),
        }
    }

    /// What one of the numbers of the club counts.
    pub fn figure(self, name: &str) -> &str {
        match (self, name) {
            (Tongue::En, "bytes") => "stored",
            (Tongue::En, "proofs-failed") => "failed proofs",
            (Tongue::En, name) => name,
            (Tongue::Zh, name) => zh::figure(name).unwrap_or(name),
        }
    }

    /// What it counts by day.
    pub fn figure_by_day(self, name: &str) -> &str {
        match (self, name) {
            (Tongue::En, "accounts") => "new accounts",
            (Tongue::Zh, "accounts") => "新账号",
            _ => self.figure(name),
        }
    }

    /// A list of an export.
    pub fn part(self, name: &str) -> &str {
        match self {
            Tongue::En => name,
            Tongue::Zh => zh::part(name).unwrap_or(name),
        }
    }

    /// What a refusal means, where this language says it better than the server.
    pub fn refusal(self, status: &StatusLine) -> Option<String> {
        let mut parts = self.look_up(zh::refusals::REFUSALS, &status.word)?.split('|');
        let mut out = parts.next().unwrap_or_default().to_owned();
        parts.filter_map(|part| with_facts(part, status)).for_each(|part| out.push_str(&part));
        let what = status.text.trim().strip_prefix("expected ");
        if let Some(right) = what.and_then(|what| self.look_up(zh::words::EXPECTED, what)) {
            out.push_str(&format!("，应为{right}"));
        }
        Some(out)
    }

    /// What a status without facts says: the words of the server are English.
    pub fn done(self, status: &StatusLine) -> &str {
        match self {
            Tongue::En => &status.text,
            Tongue::Zh => self.text(Text::Done),
        }
    }

    /// Whether an answer to a yes-or-no question means yes.
    pub fn is_yes(self, answer: &str) -> bool {
        let answer = answer.trim().to_lowercase();
        matches!(answer.as_str(), "y" | "yes") || (self == Tongue::Zh && answer == "是")
    }
}

/// A part of a refusal with its gaps filled; none where a fact in it was not given.
fn with_facts(part: &str, status: &StatusLine) -> Option<String> {
    let mut out = String::new();
    let mut rest = part;
    while let Some((before, after)) = rest.split_once('{') {
        let (key, after) = after.split_once('}')?;
        out.push_str(before);
        out.push_str(&crate::show::plain::value(key, status.get(key)?));
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}

/// The command line in Chinese. What clap says by itself is said here instead.
fn chinese(command: clap::Command) -> clap::Command {
    use clap::{Arg, ArgAction};
    let flag = |name: &'static str, short, action| Arg::new(name).short(short).long(name).action(action);
    let command = command
        .about(zh::flags::ABOUT)
        .after_help(zh::flags::AFTER)
        .help_template(zh::flags::TEMPLATE)
        .override_usage(zh::flags::USAGE)
        .disable_help_flag(true)
        .disable_version_flag(true)
        .arg(flag("help", 'h', ArgAction::Help))
        .arg(flag("version", 'V', ArgAction::Version));
    command.mut_args(|arg| {
        let words: Vec<String> = arg.get_possible_values().iter().map(|w| w.get_name().to_owned()).collect();
        let takes = arg.get_action().takes_values();
        let words = if takes { words } else { Vec::new() };
        let variable = arg.get_env().map(|name| name.to_string_lossy().into_owned());
        let text = Tongue::Zh.look_up(zh::flags::FLAGS, arg.get_id().as_str()).unwrap_or_default();
        let text = format!("{text}{}", zh::flags::more(variable.as_deref(), &words));
        arg.help(text).hide_env(true).hide_possible_values(takes).hide_default_value(takes)
    })
}

impl std::str::FromStr for Tongue {
    type Err = &'static str;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let all = [Tongue::En, Tongue::Zh];
        all.into_iter().find(|tongue| tongue.word() == word).ok_or("expected en or zh")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gaps(text: &str) -> Vec<&str> {
        let mut gaps: Vec<&str> =
            text.split('{').skip(1).filter_map(|s| s.split_once('}')).map(|(gap, _)| gap).collect();
        gaps.sort_unstable();
        gaps.dedup();
        gaps
    }

    #[test]
    fn every_language_has_every_text_with_the_same_gaps() {
        for text in Text::ALL {
            for tongue in Tongue::ALL {
                assert!(!tongue.text(*text).trim().is_empty(), "{tongue:?} {text:?}");
                assert_eq!(gaps(tongue.text(*text)), gaps(Tongue::En.text(*text)), "{tongue:?} {text:?}");
            }
        }
    }

    #[test]
    fn the_language_is_that_of_the_locale() {
        assert_eq!(Tongue::of_locale("zh_CN.UTF-8"), Tongue::Zh);
        assert_eq!(Tongue::of_locale("zh"), Tongue::Zh);
        assert_eq!(Tongue::of_locale("C.UTF-8"), Tongue::En);
        assert_eq!(Tongue::of_locale(""), Tongue::En);
        assert_eq!(Tongue::of_locale("zha_CN"), Tongue::En);
    }

    #[test]
    fn the_wait_is_counted_down_in_both_languages() {
        assert_eq!(Tongue::En.fill(Text::AdLeft, &["Tea!", "30"]), "Ad: Tea! — 30 s left");
        assert!(Tongue::Zh.fill(Text::AdLeft, &["茶", "30"]).contains("广告剩余 30 秒"));
    }
}
