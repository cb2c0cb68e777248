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
        Text::LoggedInAs => "Logged in as {0} ({1}). Balance {2}, member until {3}.",
        Text::LoggedOut => "Logged out.",
        Text::Notice => "Notice of {0}: {1}\n  {2}",
        Text::Retrying => "Trying again: {0}",
        Text::Farewell => "Good bye.",

        Text::Password => "Password: ",
        Text::PasswordOld => "Old password: ",
        Text::PasswordNew => "New password: ",
        Text::PasswordAgain => "Once more: ",
        Text::PasswordsDiffer => "These are two different passwords.",
        Text::PasswordEmpty => "A password cannot be empty.",
        Text::NoPassword => "A password is needed: set REEL_PASSWORD, or run this on a terminal.",
        Text::PasswordChanged => "The password is changed; your other sessions have ended.",

        Text::Expected => "expected {0}",
        Text::UnknownVerb => "There is no command {0}; help lists them.",
        Text::UnknownVerbNearest => "There is no command {0}. Did you mean {1}?",
        Text::UseGet => "Bytes do not belong on a terminal or into JSON: use get.",
        Text::UsePut => "A file is uploaded with put.",
        Text::NoRows => "Nothing.",
        Text::More => "… more: {0}",
        Text::HelpHint => "help VERB says more. TAB completes, Ctrl-C stops a command, Ctrl-D leaves.",
        Text::CannotRead => "{0} cannot be read: {1}",

        Text::AdLeft => "Ad: {0} — {1} s left",
        Text::AskPrice => "It costs {0}. Go on?",
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

        Text::BadWord => "{0}: expected {1}",
    }
}
