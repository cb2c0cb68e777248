//! Did you mean?

/// Of `known`, the word that a mistyped `word` is nearest to, if one is near (two edits, or a prefix).
pub fn nearest<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let (distance, best) = ranked(word, known)?;
    (distance <= 2 && distance * 2 <= word.chars().count()).then_some(best)
}

/// Of `known`, the word that `word` is least far from, however far that is.
pub fn closest<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    ranked(word, known).map(|(_, best)| best)
}

fn ranked<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> Option<(usize, &'k str)> {
    let word = word.to_ascii_uppercase();
    // Longer than any verb by far: nothing is near, and the distance would be dear.
    if word.len() > 32 {
        return None;
    }
    let ranked = known.map(|k| {
        let starts = word.len() >= 2 && k.to_ascii_uppercase().starts_with(&word);
        (if starts { 1 } else { distance(&word, &k.to_ascii_uppercase()) }, k)
    });
    ranked.min_by_key(|(d, _)| *d)
}

/// Edits between two words; two neighbours changed over count as one (Damerau, 1964).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<usize>>()];
    for (i, ca) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, cb) in b.iter().enumerate() {
            let mut best = (rows[i][j] + usize::from(ca != cb)).min(rows[i][j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *ca == b[j - 1] && a[i - 1] == *cb {
                best = best.min(rows[i - 1][j - 1] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}
