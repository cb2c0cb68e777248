//! Every text for people, by language.
//!
//! A language is one file with one exhaustive match: a text that lacks a translation does not
//! compile. `{0}`, `{1}` … stand for what is filled in.

use protocol::grammar::StatusLine;

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
    DidYouMean, CountOrWhich, RawBegins, RawNoRetr, RawNoStor, LocalFailed, TryAgainIn, LogInFirst, HelpTellsWhat, CodeOfAnAdmin, AskAnAdmin, BuyFirst, NotEnough, PriceIsNow, NotSold, SeatsLeft, MakeRoom, AtMost, TryAgainSoon, LookFirst, TellOperator, TellTrace, ThroughTls, Muted, MutedUntil, AnotherName, Seconds, Minutes, Hours, LineTooLong,
    Stranger, Fingerprint, AskTrust, StrangerHint, CertificateChanged, ChangedHint, NotThePin, InTheClear,
    SomeDone, OneOf, AndMore, Chosen, NoTitleLike, NoTitleBetween, WideRange, BadPattern, BadTitle, NeedFolder, OneToStdout, AFolder, NoFileLike, OneTitle, Stored, HowFar, JobStarted, JobQueued, JobDone, JobFailed, JobStopped, JobsGoOn, JobsLeft, NoJob, JobOver, WhichJob, ManyJobs, NoPlayer, Playing, PlayerFailed, Silent,
    MoreOffers,
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

    /// The language that `LC_ALL`, `LC_MESSAGES` or `LANG` asks for; the first that is set decides.
    pub fn of_environment() -> Self {
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
        match self {
            Tongue::En => None,
            Tongue::Zh => zh::refusal(&status.word).map(str::to_owned),
        }
    }

    /// Whether an answer to a yes-or-no question means yes.
    pub fn is_yes(self, answer: &str) -> bool {
        let answer = answer.trim().to_lowercase();
        matches!(answer.as_str(), "y" | "yes") || (self == Tongue::Zh && answer == "是")
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
