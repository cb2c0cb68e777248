//! The verbs that the shell has of its own, described like those of the table: completion, hints
//! and help know no difference.

use protocol::field::{Value as _, Verb};
use protocol::table::{Arg, Gate, Offer, Shape, Spec};
use protocol::value::{
    BookingId, Count, Kind, Listing, LongText, Opaque, Price, RoomName, Speech, Ticket, TitleId, TitleName,
    UserName, YesNo,
};

/// What a verb of the shell does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Asks for the password and logs in.
    Login,
    /// Asks for a password twice and opens an account.
    Register,
    /// Asks for both passwords and changes the one.
    Passwd,
    /// Asks for a code and a new password, and sets it.
    Recover,
    /// Says what is lost, asks for name and password, and deletes the account.
    Unregister,
    /// Writes what the club knows about oneself into a file.
    Export,
    /// Draws the numbers of the club.
    Stats,
    /// Writes a notice.
    Post,
    /// Downloads into a file.
    Get,
    /// Uploads a file.
    Put,
    /// Opens a player on a title.
    Play,
    /// Lists what runs in the background.
    Jobs,
    /// Waits for what runs in the background.
    Wait,
    /// Stops what runs in the background, or gives back a booking.
    Cancel,
    /// Looks up what the following lines say.
    Words,
    /// Says something in a chat room.
    Say,
    /// Joins a chat room and says every line there.
    Chat,
    /// Lists what is fetched most.
    Top,
    /// Lists what is new.
    New,
    /// Shows the wire: sends lines as they are.
    Raw,
    /// Runs a command of this computer.
    Local,
    /// Explains.
    Help,
    /// Leaves.
    Quit,
}

/// A flag such as `-o PATH`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flag {
    /// As it is written, with its dashes.
    pub name: &'static str,
    /// What its word stands for, if it takes one.
    pub word: Option<&'static str>,
}

/// A verb of the shell.
#[derive(Debug)]
pub struct Own {
    /// What the table would say about it.
    pub spec: Spec,
    /// Its flags.
    pub flags: &'static [Flag],
    /// What it does.
    pub deed: Deed,
}

impl Own {
    /// Verb, words, options and flags.
    pub fn usage(&self) -> String {
        let mut out = self.spec.usage();
        if let Some(last) = self.spec.args.last().filter(|last| last.rest) {
            let one = if last.required { format!("<{}>", last.name) } else { format!("[{}]", last.name) };
            out = out.replacen(&one, &format!("{one}…"), 1);
        }
        for flag in self.flags {
            out.push_str(&format!(" [{}", flag.name));
            if let Some(word) = flag.word {
                out.push_str(&format!(" {word}"));
            }
            out.push(']');
        }
        out
    }

    /// The row of the table whose answer it gives.
    pub fn row(&self) -> Option<&'static Spec> {
        let verb = match self.deed {
            Deed::Top | Deed::New => "LIST",
            _ => self.spec.verb,
        };
        protocol::command::find(verb)
    }

    /// The flag of this name.
    pub fn flag(&self, name: &str) -> Option<&'static Flag> {
        self.flags.iter().find(|flag| flag.name == name)
    }
}

/// Other names of verbs, of the table and of the shell.
pub const ALIASES: &[(&str, &str)] = &[
    ("LS", "LIST"),
    ("FIND", "SEARCH"),
    ("SHOW", "INFO"),
    ("DOWNLOAD", "GET"),
    ("UPLOAD", "PUT"),
    ("RM", "DELE"),
    ("DELETE", "DELE"),
    ("UNDELETE", "UNDELE"),
    ("BALANCE", "WHOAMI"),
    ("MEMBERSHIP", "MEMBER"),
    ("DOWNLOADS", "HISTORY"),
    ("TICKETS", "BOOKINGS"),
    ("NEWS", "NOTICES"),
    ("DICT", "DEFINE"),
    ("MAN", "HELP"),
    ("?", "HELP"),
    ("BYE", "QUIT"),
];

const fn arg(name: &'static str, required: bool, shape: Shape) -> Arg {
    Arg { name, required, rest: false, shape }
}

/// The last of the words, of which there may be several.
const fn several(name: &'static str, shape: Shape) -> Arg {
    Arg { name, required: true, rest: true, shape }
}

/// What stands for titles: more than one may be meant.
pub const TITLES: Shape =
    Shape { what: "the number of a title, a range like 3-7, or a pattern like \"Green*\"", ..TitleId::SHAPE };
const JOB: Shape = Shape { name: "n", what: "the number of a job", offer: Offer::Nothing };
const A_FILE: Shape = Shape { what: "a file", ..Opaque::SHAPE };

const NAME: Arg = arg("name", true, UserName::SHAPE);
const INVITE: Arg = arg("invite", false, Ticket::SHAPE);
const ID: Arg = arg("id", true, TitleId::SHAPE);
const ROOM: Arg = arg("room", false, RoomName::SHAPE);
const SPEECH: Arg = arg("text", true, Speech::SHAPE);
const IDS: Arg = several("id", TITLES);
const PATHS: Arg = several("file", A_FILE);
const NUMBER: Arg = arg("job", false, JOB);
const BOOKING: Arg = arg("booking", false, BookingId::SHAPE);
const TITLE: Arg = arg("title", false, TitleName::SHAPE);
const KIND: Arg = arg("kind", false, Kind::SHAPE);
const PRICE: Arg = arg("price", false, Price::SHAPE);
const MEMBER_PRICE: Arg = arg("member_price", false, Price::SHAPE);
const DESCRIPTION: Arg = arg("description", false, LongText::SHAPE);
const PROVE: Arg = arg("prove", false, YesNo::SHAPE);
const CODE: Arg = arg("code", false, Ticket::SHAPE);
const TEXT: Arg = arg("text", false, LongText::SHAPE);
const DAYS: Arg = arg("days", false, Count::SHAPE);
const VERB: Arg = arg("verb", false, Verb::SHAPE);
const COUNT: Arg = arg("count", false, Count::SHAPE);
const WHICH: Arg = arg("which", false, Listing::SHAPE);
const LINE: Arg = Arg { rest: true, ..arg("command", false, Opaque::SHAPE) };

const FORCE: Flag = Flag { name: "--force", word: None };
const YES: Flag = Flag { name: "-y", word: None };
const OUTPUT: Flag = Flag { name: "-o", word: Some("PATH") };
const JOBS: Flag = Flag { name: "-j", word: Some("N") };
/// Behind everything else, as in other shells.
const BEHIND: Flag = Flag { name: "&", word: None };

const fn spec(
    verb: &'static str, doc: &'static str, args: &'static [Arg], options: &'static [Arg], gate: Gate,
    example: &'static str,
) -> Spec {
    Spec { verb, doc, args, options, gate, answer: "", example }
}

/// The verbs of the shell.
pub static OWN: &[Own] = &[
    Own {
        spec: spec(
            "LOGIN",
            "Logs in; the password is asked for.\nWith the MD5 of the password behind the name it is the command of the protocol.",
            &[NAME],
            &[],
            Gate::Guest,
            "login anna",
        ),
        flags: &[],
        deed: Deed::Login,
    },
    Own {
        spec: spec(
            "REGISTER",
            "Opens an account; the password is asked for twice.",
            &[NAME],
            &[INVITE],
            Gate::Guest,
            "register anna",
        ),
        flags: &[],
        deed: Deed::Register,
    },
    Own {
        spec: spec(
            "PASSWD",
            "Changes the password; the old one and the new one are asked for.\nA script gives them as REEL_PASSWORD and REEL_NEW_PASSWORD.",
            &[],
            &[],
            Gate::User,
            "passwd",
        ),
        flags: &[],
        deed: Deed::Passwd,
    },
    Own {
        spec: spec(
            "GET",
            "Downloads titles into files, going on where an earlier try ended.\nTitles are numbers, ranges like 3-7, and patterns like \"Green*\" over the names. It waits out the ad and asks before it buys. -o names the file, or the folder with a / at its end; -o - writes to standard output. -j fetches over several connections. A title that cannot be had does not keep the others. & at the end fetches in the background: jobs, wait, cancel.",
            &[IDS],
            &[],
            Gate::User,
            "get 7 -o film.webm -j 4",
        ),
        flags: &[OUTPUT, JOBS, FORCE, YES, BEHIND],
        deed: Deed::Get,
    },
    Own {
        spec: spec(
            "PUT",
            "Uploads files, going on where an earlier try ended.\nPatterns like *.webm and ~/ name files too. The title is the name of the file unless you say better. Of a file that the club has already only a proof is sent; prove=no sends the bytes. & at the end sends in the background.",
            &[PATHS],
            &[TITLE, KIND, PRICE, MEMBER_PRICE, DESCRIPTION, PROVE],
            Gate::User,
            "put film.webm title=\"Green tea\" kind=PAID price=10.00",
        ),
        flags: &[BEHIND],
        deed: Deed::Put,
    },
    Own {
        spec: spec(
            "PLAY",
            "Plays a title while it arrives; nothing is left behind.\nThe player is $REEL_PLAYER, with its arguments, or else the first of mpv, vlc and ffplay. It waits out the ad and asks before it buys, and ends with the player.",
            &[ID],
            &[],
            Gate::User,
            "play 7",
        ),
        flags: &[YES],
        deed: Deed::Play,
    },
    Own {
        spec: spec(
            "JOBS",
            "Lists the transfers of this shell in the background.\nThree run at a time, the others wait for their turn.",
            &[],
            &[],
            Gate::Guest,
            "jobs",
        ),
        flags: &[],
        deed: Deed::Jobs,
    },
    Own {
        spec: spec(
            "WAIT",
            "Waits for a transfer in the background, or for all.\nCtrl-C ends the waiting, not the transfer. At its end a script waits by itself.",
            &[NUMBER],
            &[],
            Gate::Guest,
            "wait 1",
        ),
        flags: &[],
        deed: Deed::Wait,
    },
    Own {
        spec: spec(
            "CANCEL",
            "Stops a transfer in the background; what has arrived is kept.\nA number that no transfer of this shell has is that of a booking, whose seats are given back; so is booking= always, and %N never.",
            &[NUMBER],
            &[BOOKING],
            Gate::User,
            "cancel 1",
        ),
        flags: &[],
        deed: Deed::Cancel,
    },
    Own {
        spec: spec(
            "RECOVER",
            "Sets a forgotten password anew; the code that an admin gave you and the new password are asked for.\nA script gives the code behind the name and the password as REEL_NEW_PASSWORD. With the MD5 of the password behind both it is the command of the protocol.",
            &[NAME, CODE],
            &[],
            Gate::Guest,
            "recover anna",
        ),
        flags: &[],
        deed: Deed::Recover,
    },
    Own {
        spec: spec(
            "UNREGISTER",
            "Deletes your account for good, with what is in the wallet and what you have bought.\nYour name has to be typed, and the password is asked for. A script says --yes; export first what you want to keep.",
            &[],
            &[],
            Gate::User,
            "unregister",
        ),
        flags: &[YES],
        deed: Deed::Unregister,
    },
    Own {
        spec: spec(
            "EXPORT",
            "Writes all that the club knows about you into a file: account, sessions, downloads, statement, purchases, uploads.\nOne JSON document, readable by you alone; -o - writes it to standard output. Nothing is replaced without --force.",
            &[],
            &[],
            Gate::User,
            "export -o anna.json",
        ),
        flags: &[OUTPUT, FORCE],
        deed: Deed::Export,
    },
    Own {
        spec: spec(
            "POST",
            "Posts a notice.\nWhat you leave out is asked for; the text in $VISUAL or $EDITOR, if one is set.",
            &[TITLE, TEXT],
            &[],
            Gate::Admin,
            "post \"Film night\" \"Friday at eight.\"",
        ),
        flags: &[],
        deed: Deed::Post,
    },
    Own {
        spec: spec(
            "STATS",
            "Draws the numbers of the club: totals, the last days (30 unless you say), and what is fetched most.\nDays are those of UTC. With limit= or after= it is the command of the protocol.",
            &[],
            &[DAYS],
            Gate::Admin,
            "stats days=7",
        ),
        flags: &[],
        deed: Deed::Stats,
    },
    Own {
        spec: spec(
            "WORDS",
            "Looks words up: a word or phrase a line, until ##.\nTab completes; an unknown word is answered with near ones.",
            &[],
            &[],
            Gate::User,
            "words",
        ),
        flags: &[],
        deed: Deed::Words,
    },
    Own {
        spec: spec(
            "SAY",
            "Says something in the chat room that was joined last.\nThe text goes to the end of the line and needs no quotes. With a room before a text in quotes it is the command of the protocol.",
            &[SPEECH],
            &[],
            Gate::User,
            "say Who has seen the film?",
        ),
        flags: &[],
        deed: Deed::Say,
    },
    Own {
        spec: spec(
            "CHAT",
            "Joins a chat room and says there every line that is typed, until ## or Ctrl-D.\nOne stays in the room after that; /leave leaves it too, /who shows who is there.",
            &[ROOM],
            &[],
            Gate::User,
            "chat lounge",
        ),
        flags: &[],
        deed: Deed::Chat,
    },
    Own {
        spec: spec(
            "TOP",
            "Lists what is fetched most: 20 titles unless you say.\nFREE, PAID, SHARED or OWNED says of which, a number how many.",
            &[WHICH, COUNT],
            &[],
            Gate::User,
            "top free 10",
        ),
        flags: &[],
        deed: Deed::Top,
    },
    Own {
        spec: spec(
            "NEW",
            "Lists what is new: 20 titles unless you say.\nFREE, PAID, SHARED or OWNED says of which, a number how many.",
            &[WHICH, COUNT],
            &[],
            Gate::User,
            "new 5",
        ),
        flags: &[],
        deed: Deed::New,
    },
    Own {
        spec: spec(
            "RAW",
            "Shows the wire: sends lines to the server as they are, and shows all that it says.\nWithout a command every line that is typed, until ## or Ctrl-D. No files: RETR and STOR are refused here.",
            &[LINE],
            &[],
            Gate::Guest,
            "raw LIST limit=1",
        ),
        flags: &[],
        deed: Deed::Raw,
    },
    Own {
        spec: spec(
            "!",
            "Runs a command of this computer, in $SHELL; without one it opens that shell.\nIn a script a command that fails is a failure; it reads the terminal or nothing.",
            &[LINE],
            &[],
            Gate::Guest,
            "! ls -l",
        ),
        flags: &[],
        deed: Deed::Local,
    },
    Own {
        spec: spec("HELP", "Explains the commands, or one of them.", &[VERB], &[], Gate::Guest, "help get"),
        flags: &[],
        deed: Deed::Help,
    },
    Own {
        spec: spec(
            "QUIT",
            "Leaves, and ends the session if it began here and is not remembered.",
            &[],
            &[],
            Gate::Guest,
            "quit",
        ),
        flags: &[],
        deed: Deed::Quit,
    },
    Own {
        spec: spec("EXIT", "The same as quit.", &[], &[], Gate::Guest, "exit"),
        flags: &[],
        deed: Deed::Quit,
    },
];

/// The verb that is meant by a name: its own, or another.
fn named(verb: &str) -> &str {
    ALIASES.iter().find(|(name, _)| name.eq_ignore_ascii_case(verb)).map_or(verb, |(_, name)| name)
}

/// The verb of the shell called `verb`, by its own or another name, whatever its case.
pub fn find(verb: &str) -> Option<&'static Own> {
    let verb = named(verb);
    OWN.iter().find(|own| own.spec.verb.eq_ignore_ascii_case(verb))
}

/// The row of the table behind `verb`, by its own or another name.
pub fn table(verb: &str) -> Option<&'static Spec> {
    protocol::command::find(named(verb))
}

/// The other names of a verb.
pub fn aliases(verb: &str) -> impl Iterator<Item = &'static str> {
    ALIASES.iter().filter(move |(_, target)| *target == verb).map(|(name, _)| *name)
}

/// Every verb that somebody of this role may give: those of the shell first, none twice.
pub fn verbs(gate: Gate) -> Vec<&'static str> {
    let own = OWN.iter().map(|own| &own.spec);
    let mut verbs: Vec<&str> =
        own.chain(protocol::command::TABLE).filter(|spec| spec.gate <= gate).map(|spec| spec.verb).collect();
    verbs.extend(ALIASES.iter().filter_map(|(name, target)| {
        let spec = find(target).map(|own| &own.spec).or_else(|| protocol::command::find(target))?;
        (spec.gate <= gate).then_some(*name)
    }));
    verbs.sort_unstable();
    verbs.dedup();
    verbs
}

/// The verb that a mistyped one may have meant.
pub fn nearest(verb: &str) -> Option<&'static str> {
    protocol::near::nearest(verb, verbs(Gate::Admin).into_iter())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_lead_to_a_verb_and_hide_nothing() {
        for (name, target) in ALIASES {
            let is_verb = |verb: &&str| OWN.iter().any(|own| own.spec.verb == *verb);
            assert!(is_verb(target) || protocol::command::find(target).is_some(), "{target}");
            assert!(!is_verb(name) && protocol::command::find(name).is_none(), "{name}");
        }
    }

    #[test]
    fn the_example_of_every_verb_is_understood() {
        for own in OWN {
            let read = crate::input::read(own.spec.example, Default::default());
            assert!(read.is_ok(), "{}: {read:?}", own.spec.example);
            assert!(own.spec.example.starts_with(&own.spec.verb.to_lowercase()), "{}", own.spec.example);
        }
    }

    #[test]
    fn a_guest_sees_fewer_verbs_than_an_admin() {
        let guest = verbs(Gate::Guest);
        assert!(guest.contains(&"LOGIN") && guest.contains(&"HELP") && !guest.contains(&"GET"));
        assert!(verbs(Gate::User).contains(&"LS"));
        assert!(verbs(Gate::Admin).contains(&"INVITE") && !verbs(Gate::User).contains(&"INVITE"));
    }

    #[test]
    fn usage_names_the_flags() {
        assert_eq!(find("get").unwrap().usage(), "GET <id>… [-o PATH] [-j N] [--force] [-y] [&]");
    }
}
