//! English.

use super::Text;

/// The text, with its gaps open.
pub const fn text(text: Text) -> &'static str {
    match text {
        Text::CannotConnect => "Cannot connect to {0}: {1}",
        Text::ConnectionLost => "The connection was lost: {0}",
        Text::Garbled => "The server said something that makes no sense: {0}",
        Text::Stopped => "Stopped.",
        Text::ServerEnded => "The server ended the connection: {0} ({1})",
        Text::ServerGone => "The server has closed the connection; the next command opens another.",
        Text::Resumed => "Connected again.",
        Text::SessionOver => "Your session is over; log in again.",
        Text::LoggedInAs => "Logged in as {0} ({1}). Balance {2}, no membership.",
        Text::LoggedOut => "Logged out.",
        Text::Notice => "Notice {0}: {1}",
        Text::NewNotice => "New notice {0}: {1} (read it with: notice {0})",
        Text::Retrying => "Trying again: {0}",
        Text::Farewell => "Good bye.",

        Text::Password => "Password: ",
        Text::PasswordOld => "Old password: ",
        Text::PasswordNew => "New password: ",
        Text::PasswordAgain => "Once more: ",
        Text::PasswordsDiffer => "These are two different passwords.",
        Text::PasswordEmpty => "A password cannot be empty.",
        Text::NoPassword => {
            "A password is needed: set REEL_PASSWORD, or run this on a terminal, where it is asked for."
        }
        Text::PasswordChanged => "The password is changed; your other sessions have ended.",

        Text::Expected => "expected {0}",
        Text::UnknownVerb => "There is no command {0}; help lists them.",
        Text::UnknownVerbNearest => "There is no command {0}. Did you mean {1}?",
        Text::UseGet => "Bytes do not belong on a terminal or into JSON: use get.",
        Text::UsePut => "A file is uploaded with put.",
        Text::NoRows => "Nothing.",
        Text::More => "… more: {0}",
        Text::MoreOffers => "… and {0} more",
        Text::HelpHint => "help VERB says more. TAB completes, Ctrl-C stops a command, Ctrl-D leaves.",
        Text::CannotRead => "{0} cannot be read: {1}",

        Text::AdLeft => "Ad: {0} — {1} s left",
        Text::AskPrice => "It costs {0}. Go on?",
        Text::AskSeats => "Book {0} seats at {1} each?",
        Text::AskBuy => "Buy “{0}” for {1}?",
        Text::NeedYes => "It costs {0}; with --yes it is bought.",
        Text::Bought => "Bought for {0}; your balance is {1}.",
        Text::AlreadyThere => "{0} is there already, byte for byte.",
        Text::Continues => "Going on: {0} of {1} are there.",
        Text::Saved => "Saved {0} ({1}), MD5 verified.",
        Text::Exists => "it is there already, with other bytes; --force replaces it",
        Text::OtherName => "{0} is another file; saving as {1}.",
        Text::AskOverwrite => "{0} is there with other bytes. Replace it?",
        Text::BadCount => "-j takes 1 to 16 connections.",
        Text::OtherBytes => {
            "The bytes have another MD5 ({0}). They were put aside as {1}; nothing else was touched."
        }
        Text::PartBusy => "Another download of this title into this folder is running.",
        Text::GoOn => "{0} are kept in {1}; the same command goes on from there.",

        Text::Hashing => "Hashing  ",
        Text::Sending => "Sending  ",
        Text::Receiving => "Receiving",
        Text::Proving => "Proving  ",
        Text::NotAFile => "not a file",
        Text::WordsBegin => "A word or phrase a line; {0} ends it. TAB completes.",
        Text::NoWord => "No dictionary has this word.",
        Text::NearWords => "No dictionary has this word. Did you mean: {0}?",
        Text::Said => "<{0}> {1}",
        Text::Management => "Management: {0}",
        Text::CameIn => "[{0}] {1} has come in.",
        Text::HasLeft => "[{0}] {1} has left.",
        Text::FellBehind => {
            "[{0}] You read too slowly and are out of the room; {1} messages missed. join {0} enters it again."
        }
        Text::Entered => "You are in {0} ({1} there). say TEXT speaks, chat says every line, leave leaves.",
        Text::ChatHint => {
            "Every line is said. /who shows who is there, /leave leaves the room, ## or Ctrl-D ends this, // says a slash."
        }
        Text::TooLong => "A message has 1 to 2000 characters.",
        Text::NoRoom => "A room's name has 1 to 32 characters and no white space.",

        Text::Stranger => {
            "The server at {0} shows a certificate that no authority of this system vouches for ({1})."
        }
        Text::Fingerprint => "SHA-256 fingerprint: {0}",
        Text::AskTrust => "Does the operator name the same? Trust it from now on? [y/N] ",
        Text::StrangerHint => {
            "If the operator names the same: --tls-pin FINGERPRINT trusts it, or reel run on a terminal once, with a yes. Nothing was sent."
        }
        Text::CertificateChanged => {
            "DANGER: the server at {0} shows another certificate than the one you trusted. Somebody may be in between. Nothing was sent."
        }
        Text::ChangedHint => {
            "If the operator has changed the certificate: reel --forget-server {2} forgets the old one (line {1} of {0}), and the next reel --tls shows the new one and asks."
        }
        Text::InTheClear => {
            "{0} is another machine, and without TLS whoever listens on the way sees your password. --tls speaks TLS; --plain goes without it all the same, through a tunnel say. Nothing was sent."
        }
        Text::NotThePin => {
            "DANGER: the server at {0} shows another certificate than the one of --tls-pin. Nothing was sent."
        }

        Text::BadWord => "{0}: expected {1}",

        Text::AskTitle => "Title: ",
        Text::AskLines => "The text; a line with only a dot ends it, Ctrl-C drops it.",
        Text::NothingToPost => "A notice needs a title and a text: post \"TITLE\" \"TEXT\".",
        Text::AdminsOnly => "Only admins may do that.",
        Text::EditHead => "# Above this line: the text of “{0}”. Without a text nothing is posted.",
        Text::DraftKept => "Your text is kept in {0}.",
        Text::Code => "Code: ",
        Text::Unregistering => {
            "This deletes the account {0} for good. Lost are: balance {1}, bought titles {2}."
        }
        Text::TypeName => "Type your name to go on: ",
        Text::NeedName => "Your name has to be typed; a script says --yes.",
        Text::OtherNameTyped => "That is not your name. Nothing was deleted.",
        Text::Unregistered => "The account {0} is gone.",
        Text::ResetHint => "Give {0} this code, good for two days and once. It is used with: recover {0}",
        Text::InviteHint => "Whoever has this code may register: register NAME invite=CODE",
        Text::Exported => "Written to {0} ({1}): {2}.",
        Text::ThereAlready => "it is there already; --force replaces it",
        Text::StdoutTaken => "Standard output is a terminal, or taken by --json or --csv: name a file.",
        Text::OtherBytesOut => "The bytes that were written have another MD5 ({0}) than was promised.",
        Text::Proved => "The club has this file already: {0} did not have to travel.",
        Text::NotProved => "The proof was not accepted; the file is sent.",
        Text::ByDay => "{0} by day (UTC): {1} in all, at most {2}",
        Text::MostFetched => "most fetched",

        Text::GroupLibrary => "Find, fetch, share",
        Text::GroupMoney => "Buy, and your wallet",
        Text::GroupNotices => "Notices",
        Text::GroupLounge => "Chat rooms",
        Text::GroupWords => "Words",
        Text::GroupTickets => "Tickets",
        Text::GroupAccount => "Your account",
        Text::GroupAdmins => "For admins",
        Text::GroupShell => "The shell",
        Text::GroupProtocol => "What programs say",
        Text::DidYouMean => "Did you mean {0}?",
        Text::CountOrWhich => "This takes a number of titles and one of {0}.",
        Text::RawBegins => "Lines go to the server as they are; {0} or Ctrl-D ends it.",
        Text::RawNoRetr => {
            "Files do not travel in raw lines, where their bytes would be taken for replies: use get."
        }
        Text::RawNoStor => {
            "Files do not travel in raw lines, where lines would be taken for their bytes: use put."
        }
        Text::LocalFailed => "The command ended with exit code {0}.",
        Text::TryAgainIn => "Try again in {0}.",
        Text::LogInFirst => "Log in first: login NAME, or register NAME for an account.",
        Text::HelpTellsWhat => "help lists what you may do.",
        Text::CodeOfAnAdmin => "Who has forgotten a password asks an admin for a code: recover NAME.",
        Text::AskAnAdmin => "An admin can unlock it.",
        Text::BuyFirst => "It has to be bought first: buy ID, for {0}.",
        Text::NotEnough => "It costs {0}, and you have {1}: topup AMOUNT or redeem CODE brings money.",
        Text::PriceIsNow => "The price is {0} now. Nothing was taken; give the command again to agree.",
        Text::NotSold => "It is not sold: get ID fetches it.",
        Text::SeatsLeft => "There are not so many seats; left are {0}.",
        Text::MakeRoom => "Taken are {0} of {1}; rm ID makes room.",
        Text::AtMost => "At most {0}.",
        Text::TryAgainSoon => "Try again in a moment.",
        Text::LookFirst => "It may have been done: look before you do it again (statement, bookings, ls).",
        Text::TellOperator => "The operator has to make room.",
        Text::TellTrace => "The server has failed; its operator finds more in the log under {0}.",
        Text::ThroughTls => "Passwords and tokens are taken over TLS only, at port {0}: reel --tls.",
        Text::Muted => "An admin has taken the word from you.",
        Text::MutedUntil => "An admin has taken the word from you until {0}.",
        Text::AnotherName => "Choose another.",
        Text::Seconds => "{0} seconds",
        Text::Minutes => "{0} minutes",
        Text::Hours => "{0} hours",
        Text::AtLine => "{0}, line {1}:",
        Text::LineTooLong => "A line of more than {0} bytes is no command.",
        Text::SomeDone => "Done: {0} of {1}.",
        Text::OneOf => "{0} of {1}: {2}",
        Text::AndMore => "… and {0} more",
        Text::Chosen => "{0} found, {1}.",
        Text::NoTitleLike => "No title matches {0}.",
        Text::NoTitleBetween => "There is no title from {0} to {1}.",
        Text::WideRange => "A range spans at most {0} titles.",
        Text::BadPattern => "{0} is no pattern: {1}",
        Text::BadTitle => {
            "{0}: expected the number of a title, a range like 3-7, or a pattern like \"Green*\""
        }
        Text::NeedFolder => "-o {0} names one file; for several titles name a folder: -o {0}/",
        Text::OneToStdout => "-o - writes one title, and not in the background.",
        Text::AFolder => "it is a folder; {0}/* names the files in it",
        Text::NoFileLike => "No file matches {0}.",
        Text::OneTitle => "title= names one file; leave it out for several.",
        Text::Stored => "Stored {0} as title {1}.",
        Text::HowFar => "{0}: {1} of {2} ({3} %), {4}/s, {5} left",
        Text::JobStarted => "[{0}] In the background: {1}",
        Text::JobQueued => "[{0}] Waits for its turn: {1}",
        Text::JobDone => "[{0}] Done: {1}. {2}",
        Text::JobFailed => "[{0}] Failed: {1}. {2}",
        Text::JobStopped => "[{0}] Stopped: {1}. {2}",
        Text::JobsGoOn => "It goes on in the background. wait waits again, cancel N stops it.",
        Text::JobsLeft => {
            "Transfers in the background that are stopped: {0}. What has arrived is kept; the same command goes on from there."
        }
        Text::NoJob => "There is no job {0}; jobs lists them.",
        Text::JobOver => "Job {0} has ended. A booking is given back with: cancel booking={0}",
        Text::WhichJob => "Which one? cancel N; jobs lists them.",
        Text::ManyJobs => "{0} jobs",
        Text::NoPlayer => "There is no player: set REEL_PLAYER, or install mpv, vlc or ffplay.",
        Text::Playing => "Playing “{0}” with {1}; Ctrl-C ends it.",
        Text::Silent => "The server has said nothing for {0} s; still waiting.",
        Text::PlayerFailed => "The player {0} ended with {1}.",
        Text::Done => "Done.",
        Text::Remembered => "Remembered: the next shell goes on with this session, until you log out.",
        Text::LoggedInMember => "Logged in as {0} ({1}). Balance {2}, member until {3}.",
        Text::StalePassword => "The password that was remembered is no longer the right one.",
        Text::OpenToOthers => {
            "{0} can be read by others, so what reel remembers there is not used: chmod 600 {0}, and change the password if somebody may have read it; or --remember nothing."
        }
        Text::BadName => "A name has 2 to 32 characters and no white space.",
        Text::UnregisteringMember => {
            "This deletes the account {0} for good. Lost are: balance {1}, bought titles {2}, membership until {3}."
        }
        Text::SpeaksTls => "{0}: TLS is spoken there; --tls speaks it, too. No password was sent.",
        Text::SpeaksNoTls => {
            "{0}: TLS is not spoken there. The port with TLS is another one, 2122 by default; without --tls nothing is encrypted. Nothing was sent."
        }
        Text::NotKnown => "No server {0} was trusted at first sight: nothing to forget.",
        Text::Forgotten => {
            "The certificate of {0} is forgotten. The next reel --tls shows the new one and asks."
        }
        Text::ConfigAt => "{0}, line {1}: {2}",
        Text::BadToml => "this is no TOML: {0}",
        Text::NoSuchKey => "there is no key {0} here; there are {1}",
        Text::NoSuchKeyNear => "there is no key {0} here; was {1} meant?",
        Text::NoSecretsHere => {
            "{0}: secrets do not belong into this file. REEL_PASSWORD gives a password; remember = \"password\" keeps it in the keyring, or in a file for you alone"
        }
        Text::NoDefault => "there is no profile {0} to be the default; there are: {1}",
        Text::NotBothWays => "{0}: tls and plain exclude each other",
        Text::WantQuoted => "a text in quotes",
        Text::WantTruth => "true or false",
        Text::WantLang => "\"en\" or \"zh\"",
        Text::WantHost => "\"HOST\" or \"HOST:PORT\"",
        Text::WantName => "a name of 2 to 32 characters without white space, in quotes",
        Text::WantPin => "the SHA-256 of a certificate in quotes, 64 hex digits with or without colons",
        Text::WantRemember => "\"session\", \"password\" or \"nothing\"",
        Text::WantProfiles => "[profiles.NAME] with its keys below",
        Text::NoSuchProfile => "There is no profile {0} in {1}; there are: {2}.",
        Text::NoProfiles => {
            "There is no profile {0}: {1} has none. To make one: reel --host HOST --user NAME --save-profile {0}"
        }
        Text::ProfileThere => "There is a profile {0} in {1} already; change it there.",
        Text::ProfileSaved => "Saved in {1}: reel @{0} uses it.",
        Text::BadProfileName => "A profile's name has letters, digits, - and _.",

        Text::ManVerbs => "COMMANDS",
        Text::ManGuest => "Anybody",
        Text::ManUser => "Who is logged in",
        Text::ManAdmin => "Admins",
        Text::ManExample => "Example: ",
        Text::ManAs => "As ",
        Text::ManPassword => "The password, where no terminal is to be asked.",
        Text::ManNewPassword => "The new one for passwd and recover in a script.",
        Text::ManBell => "1 rings the bell when your name is said in a chat room.",
        Text::ManEditor => "The editor in which post opens the text of a notice.",
        Text::ManColour => "No colours where NO_COLOR is set or the terminal is dumb.",
        Text::ManLocale => "The language, unless --lang or REEL_LANG says otherwise.",
        Text::ManBus => "Where the desktop's keyring is found.",
        Text::ManConfig => {
            "Profiles: [profiles.NAME] with host, user, tls, tls-pin, plain, lang and remember, and above them default, lang and keyring. No passwords."
        }
        Text::ManSecrets => {
            "Sessions, and passwords where you want that, unless the desktop's keyring holds them. It has to be readable by you alone; logout removes what it holds of you."
        }
        Text::ManKnown => "Certificates that were trusted at first sight; --forget-server removes one.",
        Text::ManHistory => "The lines that were typed, without secrets.",
    }
}
