//! How names and titles are folded, and what a title is found by.

use unicase::UniCase;
use unicode_normalization::UnicodeNormalization;

/// Longest term in characters; what is longer is found by its beginning.
const LONGEST: usize = 48;

/// NFKC and case fold: what makes two names the same.
pub fn fold(text: &str) -> String {
    let normal: String = text.nfkc().collect();
    let folded = UniCase::unicode(normal).to_folded_case();
    // Folding can undo the normal form, and two foldings are the same only in it.
    folded.nfkc().collect()
}

/// What `sort=name` goes by: the start of the folded title.
pub fn for_sorting(title: &str) -> String {
    fold(title).chars().take(200).collect()
}

/// What a title is indexed under, each once: its words, and of Chinese, Japanese and Korean, which
/// have no spaces, every character and every pair of neighbours.
pub fn of_title(title: &str) -> Vec<String> {
    let mut terms = vec![];
    for run in runs(&fold(title)) {
        match run {
            Run::Word(word) => terms.push(word),
            Run::Dense(chars) => {
                terms.extend(chars.iter().map(char::to_string));
                terms.extend(chars.windows(2).map(|pair| pair.iter().collect::<String>()));
            }
        }
    }
    terms.sort_unstable();
    terms.dedup();
    terms
}

/// The terms that a title must have to answer a question. Of dense text the pairs say it all.
pub fn of_question(text: &str) -> Vec<String> {
    let mut terms = vec![];
    for run in runs(&fold(text)) {
        match run {
            Run::Word(word) => terms.push(word),
            Run::Dense(chars) if chars.len() == 1 => terms.extend(chars.iter().map(char::to_string)),
            Run::Dense(chars) => {
                terms.extend(chars.windows(2).map(|pair| pair.iter().collect::<String>()));
            }
        }
    }
    terms.sort_unstable();
    terms.dedup();
    terms
}

/// What an account is found by: every character of its folded name, and every pair of neighbours.
pub fn of_name(folded: &str) -> Vec<String> {
    let mut terms = of_part(folded);
    terms.extend(folded.chars().map(|c| c.to_string()));
    terms.sort_unstable();
    terms.dedup();
    terms
}

/// What the index has of a part of a folded name: its pairs of neighbours, or its only character.
pub fn of_part(part: &str) -> Vec<String> {
    let chars: Vec<char> = part.chars().collect();
    let mut terms: Vec<String> = match chars.as_slice() {
        [] => vec![],
        [one] => vec![one.to_string()],
        more => more.windows(2).map(|pair| pair.iter().collect()).collect(),
    };
    terms.sort_unstable();
    terms.dedup();
    terms
}

enum Run {
    Word(String),
    Dense(Vec<char>),
}

fn runs(text: &str) -> Vec<Run> {
    let mut runs = vec![];
    let (mut word, mut dense) = (String::new(), vec![]);
    for c in text.chars().chain([' ']) {
        let is_dense = is_dense(c);
        if !word.is_empty() && (is_dense || !c.is_alphanumeric()) {
            runs.push(Run::Word(word.chars().take(LONGEST).collect()));
            word.clear();
        }
        if !dense.is_empty() && !is_dense {
            runs.push(Run::Dense(std::mem::take(&mut dense)));
        }
        if is_dense {
            dense.push(c);
        } else if c.is_alphanumeric() {
            word.push(c);
        }
    }
    runs
}

/// Scripts that are written without spaces between words.
fn is_dense(c: char) -> bool {
    matches!(c,
        '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}'
        | '\u{AC00}'..='\u{D7AF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}'
        | '\u{0E00}'..='\u{0E7F}')
        && c.is_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_whatever_their_case_and_form() {
        assert_eq!(fold("Straße"), fold("STRASSE"));
        assert_eq!(fold("Ａｎｎａ"), fold("anna"));
        assert_eq!(fold("é"), fold("E\u{301}"));
        assert_ne!(fold("anna"), fold("ann"));
    }

    #[test]
    fn a_title_is_found_by_words_and_by_pieces_of_chinese() {
        let title = of_title("Green TEA 绿茶之路 2");
        for question in ["tea", "green 2", "绿", "茶之", "绿茶之路", "TEA 之路"] {
            let terms = of_question(question);
            assert!(!terms.is_empty() && terms.iter().all(|t| title.contains(t)), "{question}");
        }
        for question in ["te", "茶路", "blue"] {
            assert!(!of_question(question).iter().all(|t| title.contains(t)), "{question}");
        }
        assert!(of_question("?!").is_empty());
    }
}
