//! What belongs together in `help`, so that somebody new finds it.

use protocol::table::{Gate, Spec};

use crate::locale::Text;

/// A group of verbs: its name for machines, its heading, its verbs in the order in which one needs them.
pub type Group = (&'static str, Text, &'static [&'static str]);

/// The groups, the first first. What is in none is for admins, or the shell's own, or the protocol's.
const GROUPS: &[Group] = &[
    (
        "library",
        Text::GroupLibrary,
        &["LIST", "SEARCH", "INFO", "TOP", "NEW", "GET", "PLAY", "PUT", "HISTORY", "DELE", "QUOTA"],
    ),
    ("money", Text::GroupMoney, &["BUY", "TOPUP", "REDEEM", "MEMBER", "PRICES", "STATEMENT"]),
    ("notices", Text::GroupNotices, &["NOTICES", "NOTICE", "WATCH"]),
    ("lounge", Text::GroupLounge, &["CHAT", "ROOMS", "JOIN", "SAY", "WHO", "LEAVE", "REPORT"]),
    ("words", Text::GroupWords, &["WORDS", "DEFINE", "MATCH", "LOOKUPS"]),
    ("tickets", Text::GroupTickets, &["EVENTS", "EVENT", "BOOK", "BOOKINGS", "CANCEL"]),
    (
        "account",
        Text::GroupAccount,
        &[
            "LOGIN",
            "REGISTER",
            "RECOVER",
            "WHOAMI",
            "PASSWD",
            "SESSIONS",
            "KICK",
            "EXPORT",
            "LOGOUT",
            "UNREGISTER",
        ],
    ),
];

const ADMINS: Group = ("admins", Text::GroupAdmins, &[]);
const SHELL: Group = ("shell", Text::GroupShell, &[]);
const PROTOCOL: Group = ("protocol", Text::GroupProtocol, &[]);

/// Where a verb stands: the place of its group, the group, and its place in it.
pub fn of(spec: &Spec, own: bool) -> (usize, &'static Group, usize) {
    let is_there = |group: &Group| group.2.iter().position(|verb| *verb == spec.verb);
    for (place, group) in GROUPS.iter().enumerate() {
        if let Some(at) = is_there(group) {
            return (place, group, at);
        }
    }
    let rest = [(spec.gate == Gate::Admin, &ADMINS), (own, &SHELL), (true, &PROTOCOL)];
    let found = rest.into_iter().zip(GROUPS.len()..).find(|((belongs, _), _)| *belongs);
    found.map_or((usize::MAX, &PROTOCOL, 0), |((_, group), place)| (place, group, 0))
}

/// The heading of a group.
pub fn heading(name: &str) -> Option<Text> {
    let mut groups = GROUPS.iter().chain([&ADMINS, &SHELL, &PROTOCOL]);
    groups.find(|group| group.0 == name).map(|group| group.1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::friendly;

    #[test]
    fn every_verb_of_a_member_has_its_group_and_only_one() {
        let grouped: Vec<&str> = GROUPS.iter().flat_map(|group| group.2).copied().collect();
        for verb in &grouped {
            assert_eq!(grouped.iter().filter(|other| *other == verb).count(), 1, "{verb}");
        }
        // What only programs say, or the shell does for one.
        let wire = ["RESUME", "CAPS", "NOOP", "STOR", "PROVE", "RETR"];
        for spec in protocol::command::TABLE {
            let (_, group, _) = of(spec, friendly::find(spec.verb).is_some());
            assert_eq!(group.0 == "protocol", wire.contains(&spec.verb), "{}", spec.verb);
        }
    }
}
