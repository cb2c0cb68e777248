//! Words that may have been meant: by the index alone, whatever the size of the dictionaries.

use std::cmp::Reverse;
use std::collections::HashSet;

use sql::word::Word;
use sql::{Error, Tx};

use super::tidy;

/// Most words that are named.
const MOST: usize = 8;

/// Longest word whose slips are tried: of `n` letters there are some 60 n.
const TRIED: usize = 32;

/// Slips that are asked for in one statement. Always so many, so that it is prepared once.
const AT_ONCE: usize = 200;

/// Words next in the order of the index that are looked at, on both sides.
const BESIDE: u32 = 40;

/// What may have been mistyped or forgotten.
const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz '-";

/// The words near a folded one, the likeliest first: those that are one slip away, then those that
/// begin most like it.
pub fn words(tx: &mut Tx<'_>, folded: &str) -> Result<Vec<String>, Error> {
    let mut near = vec![];
    for some in slips(folded).chunks(AT_ONCE) {
        let mut some = some.to_vec();
        some.resize(AT_ONCE, some.first().cloned().unwrap_or_default());
        near.extend(Word::among(tx, &some)?);
    }
    near.sort_by_key(|word| (letters(word) != letters(folded), Reverse(alike(word, folded)), word.clone()));
    if near.len() < MOST {
        let mut beside = Word::neighbours(tx, folded, BESIDE)?;
        let enough = enough(folded);
        beside.retain(|word| alike(word, folded) >= enough && !near.contains(word));
        let strange = |word: &str| word.chars().count().abs_diff(folded.chars().count());
        beside.sort_by_key(|word| (Reverse(alike(word, folded)), strange(word), word.clone()));
        near.extend(beside);
    }
    near.truncate(MOST);
    let written = Word::written(tx, &near)?;
    let written = |word: String| written.iter().find(|(folded, _)| *folded == word).map(|(_, w)| w.clone());
    Ok(near.into_iter().filter_map(written).collect())
}

/// The letters of a word in their order: those of two words are the same where some were changed over, which
/// is the likeliest slip.
fn letters(word: &str) -> Vec<char> {
    let mut letters: Vec<char> = word.chars().collect();
    letters.sort_unstable();
    letters
}

/// How many characters two words begin with alike.
fn alike(one: &str, other: &str) -> usize {
    one.chars().zip(other.chars()).take_while(|(a, b)| a == b).count()
}

/// So many characters have to be alike; a Chinese one says more than a letter.
fn enough(folded: &str) -> usize {
    if folded.is_ascii() { folded.len().div_ceil(2) } else { 1 }
}

/// What is one slip away: a character too many, two changed over, a wrong one, one forgotten.
fn slips(folded: &str) -> Vec<String> {
    let chars: Vec<char> = folded.chars().collect();
    if chars.len() > TRIED {
        return vec![];
    }
    let mut all = HashSet::new();
    let mut add = |head: &[char], between: &[char], tail: &[char]| {
        all.insert([head, between, tail].concat().into_iter().collect::<String>());
    };
    for at in 0..=chars.len() {
        let (head, tail) = chars.split_at(at);
        for letter in LETTERS.chars() {
            add(head, &[letter], tail);
        }
        let Some((first, tail)) = tail.split_first() else { continue };
        add(head, &[], tail);
        for letter in LETTERS.chars() {
            add(head, &[letter], tail);
        }
        if let Some((second, tail)) = tail.split_first() {
            add(head, &[*second, *first], tail);
        }
    }
    all.remove(folded);
    // No word begins or ends with a blank or has two of them.
    all.into_iter().filter(|word| !word.is_empty() && tidy(word) == *word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_one_edit() {
        let slips = slips("tea");
        for slip in ["te", "ea", "eta", "tae", "sea", "tean", "t ea", "tea-"] {
            assert!(slips.contains(&slip.to_owned()), "{slip}");
        }
        for other in ["tea", "t", "teams", "", "tea ", " tea", "te "] {
            assert!(!slips.contains(&other.to_owned()), "{other}");
        }
        assert!(super::slips(&"x".repeat(TRIED + 1)).is_empty());
    }

    #[test]
    fn a_letter_says_less_than_a_chinese_character() {
        assert_eq!((enough("green"), enough("绿茶")), (3, 1));
        assert_eq!(alike("绿茶", "绿色"), 1);
    }
}
