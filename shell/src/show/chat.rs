//! How the chat rooms look: who said what, at the time of one's own clock, and nothing in it that could
//! command the terminal.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Local};
use protocol::grammar::find;

use super::plain::harmless;
use super::style::Style;
use crate::link::{Event, Facts};
use crate::locale::{Text, Tongue};

const MANAGEMENT: &str = "1;33";
const NAME: &str = "36";
const ASIDE: &str = "2";

/// What the chat looks like here: colours, and a bell on one's own name.
#[derive(Clone, Debug, Default)]
pub struct Chat {
    colours: bool,
    bell: bool,
    me: Arc<Mutex<Option<String>>>,
}

impl Chat {
    /// As command line and environment ask for: colours where both streams have them, a bell with `REEL_BELL=1`.
    pub fn of_environment() -> Self {
        let set = |name: &str| std::env::var(name).is_ok_and(|value| !value.is_empty() && value != "0");
        let colours = Style::of(&io::stderr()).colours && Style::of(&io::stdout()).colours;
        Self { colours, bell: set("REEL_BELL"), me: Arc::default() }
    }

    /// Whose name rings the bell.
    pub fn know(&self, name: Option<&str>) {
        *self.me.lock().unwrap_or_else(PoisonError::into_inner) = name.map(str::to_lowercase);
    }

    /// An event of the rooms as one line; nothing for any other event.
    pub fn event(&self, event: &Event, tongue: Tongue) -> Option<String> {
        let fact = |key| harmless(find(&event.facts, key).unwrap_or_default()).into_owned();
        let aside = |text| {
            let line = tongue.fill(text, &[&fact("room"), &fact("who"), &fact("missed")]);
            Some(self.paint(&line, ASIDE))
        };
        match event.name.as_str() {
            "said" => {
                let mut line = self.said(&event.facts, tongue);
                if self.rings(&event.facts) {
                    line.push('\u{7}');
                }
                Some(line)
            }
            "joined" => aside(Text::CameIn),
            "left" => aside(Text::HasLeft),
            "lost" => Some(
                self.paint(&tongue.fill(Text::FellBehind, &[&fact("room"), &fact("missed")]), MANAGEMENT),
            ),
            _ => None,
        }
    }

    /// A message as one line.
    pub fn said(&self, facts: &Facts, tongue: Tongue) -> String {
        let fact = |key| find(facts, key).unwrap_or_default();
        let (time, room) = (local(fact("at")), harmless(fact("room")));
        let (who, text) = (harmless(fact("who")), harmless(fact("text")));
        let time = self.paint(&time, ASIDE);
        // The brackets tell somebody who is called Management from the management, also without colours.
        if fact("role") == "admin" {
            let said = tongue.fill(Text::Management, &[&text]);
            format!("{time} [{room}] {}", self.paint(&said, MANAGEMENT))
        } else {
            format!("{time} [{room}] {}", tongue.fill(Text::Said, &[&self.paint(&who, NAME), &text]))
        }
    }

    fn rings(&self, said: &Facts) -> bool {
        let lower = |key| find(said, key).unwrap_or_default().to_lowercase();
        let me = self.me.lock().unwrap_or_else(PoisonError::into_inner);
        let named = |me: &String| lower("who") != *me && lower("text").contains(me.as_str());
        self.bell && me.as_ref().is_some_and(named)
    }

    fn paint(&self, text: &str, colour: &str) -> String {
        if self.colours { format!("\u{1b}[{colour}m{text}\u{1b}[m") } else { text.to_owned() }
    }
}

/// The time of day here.
fn local(at: &str) -> String {
    match DateTime::parse_from_rfc3339(at) {
        Ok(at) => at.with_timezone(&Local).format("%H:%M").to_string(),
        Err(_) => harmless(at).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(role: &str, text: &str) -> Facts {
        let pairs = [("room", "lounge"), ("who", "berta"), ("role", role), ("at", "x"), ("text", text)];
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn a_message_is_one_harmless_line() {
        let chat = Chat::default();
        let line = chat.said(&said("user", "a\u{1b}[2J\u{202e}b\nc\u{2028}\u{7}"), Tongue::En);
        assert_eq!(line, "x [lounge] <berta> a\\u{1b}[2J\\u{202e}b\\nc\\u{2028}\\u{7}");
        let painted = Chat { colours: true, ..Chat::default() }.said(&said("user", "\u{9b}1A"), Tongue::En);
        assert!(painted.contains("\u{1b}[36mberta\u{1b}[m> \\u{9b}1A"), "{painted:?}");
    }

    #[test]
    fn the_management_is_marked_in_both_languages() {
        let chat = Chat::default();
        assert_eq!(chat.said(&said("admin", "Ten!"), Tongue::En), "x [lounge] Management: Ten!");
        assert_eq!(chat.said(&said("admin", "十点"), Tongue::Zh), "x [lounge] 管理员 : 十点");
    }

    #[test]
    fn the_bell_rings_for_ones_own_name_in_others_words() {
        let chat = Chat { bell: true, ..Chat::default() };
        chat.know(Some("Anna"));
        assert!(chat.rings(&said("user", "Hello, ANNA")));
        assert!(!chat.rings(&said("user", "Hello")));
        chat.know(Some("berta"));
        assert!(!chat.rings(&said("user", "I, berta")));
    }
}
