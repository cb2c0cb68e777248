//! What every entry of a dictionary has to be, wherever it was read.

use daemon::service::word::read::{Entry, MOST_TEXT, is_control};
use daemon::service::word::{LONGEST, fold};

/// Fails unless an entry fits the database, the wire and a terminal.
pub fn check(entry: &Entry) {
    let Entry { word, folded, text } = entry;
    assert!(!word.is_empty() && word.chars().count() <= LONGEST && !word.chars().any(is_control), "{entry:?}");
    assert!(!folded.is_empty() && folded.chars().count() <= LONGEST && fold(word) == *folded, "{entry:?}");
    // What is no character of a text became one of three bytes.
    assert!(!text.trim().is_empty() && text.len() <= 3 * MOST_TEXT, "{entry:?}");
    assert!(!text.chars().any(|c| is_control(c) && !matches!(c, '\n' | '\t')), "{entry:?}");
}
