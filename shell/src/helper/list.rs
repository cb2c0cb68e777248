//! What TAB offers, in columns above the line that is typed.

use std::sync::mpsc::{Sender, channel};

use rustyline::ExternalPrinter;

use crate::locale::{Text, Tongue};
use crate::show::plain::{cut, pad, width};

/// Most rows that are shown: a screen of them still shows the line below.
const ROWS: usize = 18;

/// Blanks between columns.
const GAP: usize = 2;

/// These, harmless already, in as many columns as `room` has place for. Of more than fit on a screen the
/// number is told.
pub fn columns(offers: &[String], room: usize, tongue: Tongue) -> String {
    let room = room.saturating_sub(1).max(1);
    let offers: Vec<_> = offers.iter().map(|offer| cut(offer, room)).collect();
    let widest = offers.iter().map(|offer| width(offer)).max().unwrap_or(0) + GAP;
    let columns = ((room + GAP) / widest).max(1);
    let shown = offers.len().min(columns * ROWS);
    let rows = shown.div_ceil(columns);
    let mut out = String::new();
    for row in 0..rows {
        for at in (row..shown).step_by(rows) {
            let offer = offers.get(at).map_or("", |offer| offer.as_ref());
            match at + rows < shown {
                true => pad(&mut out, offer, widest, false),
                false => out.push_str(offer),
            }
        }
        out.push('\n');
    }
    let left = offers.len() - shown;
    if left > 0 {
        out.push_str(&tongue.fill(Text::MoreOffers, &[&left.to_string()]));
        out.push('\n');
    }
    out
}

/// Shows something above the line that is typed, from whichever thread. The line editor takes one message
/// at a time, and its own thread must not wait for itself: so another one hands them over.
#[derive(Clone, Debug)]
pub struct Teller(Sender<String>);

impl Teller {
    /// Over the printer of the line editor.
    pub fn over(mut printer: impl ExternalPrinter + Send + 'static) -> Self {
        let (say, said) = channel::<String>();
        std::thread::spawn(move || {
            // An editor that is gone shows nothing.
            while said.recv().is_ok_and(|text| printer.print(text).is_ok()) {}
        });
        Self(say)
    }

    /// Shows it as soon as the editor comes to it.
    pub fn show(&self, text: String) {
        let _ = self.0.send(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offers(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn offers_stand_in_columns_that_fit() {
        let words = offers(&["ls", "list", "login", "绿茶"]);
        assert_eq!(columns(&words, 80, Tongue::En), "ls     list   login  绿茶\n");
        assert_eq!(columns(&words, 20, Tongue::En), "ls     login\nlist   绿茶\n");
        assert_eq!(columns(&words, 5, Tongue::En), "ls\nlist\nlog…\n绿茶\n");
    }

    #[test]
    fn of_too_many_the_number_is_told() {
        let many: Vec<String> = (0..100).map(|n| format!("title number {n}")).collect();
        let shown = columns(&many, 30, Tongue::En);
        assert_eq!(shown.lines().count(), ROWS + 1);
        assert!(shown.ends_with("and 82 more\n"), "{shown}");
    }
}
