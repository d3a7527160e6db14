//! The nearest word that somebody may have meant.
//!
//! It only proposes; nothing is ever taken for another word.

/// Finds the one among `known` that `word` is most likely a misspelling of.
///
/// A third of the letters may differ, which is what git and clap come near to; beyond that a proposal confuses more than
/// it helps. Case, `-` and `_` count for nothing.
pub(super) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Nobody misspells a word of ours into something this long, and the distance is quadratic.
    if word.len() > 64 {
        return None;
    }
    let word = folded(word);
    known
        .into_iter()
        .map(|candidate| (distance(&word, &folded(candidate)), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len().div_ceil(3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Writes the proposal as the end of a message.
pub(super) fn hint<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, known).map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
}

fn folded(word: &str) -> Vec<char> {
    word.chars()
        .map(|character| match character {
            '_' | '-' | ' ' => '-',
            other => other.to_ascii_lowercase(),
        })
        .collect()
}

/// Levenshtein distance where two neighbours that change places count once (optimal string alignment).
fn distance(left: &[char], right: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut previous: Vec<usize> = (0..=right.len()).collect();
    for (row, &a) in left.iter().enumerate() {
        let mut current = Vec::with_capacity(right.len() + 1);
        current.push(row + 1);
        for (column, &b) in right.iter().enumerate() {
            let mut best = (previous[column] + usize::from(a != b))
                .min(previous[column + 1] + 1)
                .min(current[column] + 1);
            if row > 0 && column > 0 && a == right[column - 1] && left[row - 1] == b {
                best = best.min(before[column - 1] + 1);
            }
            current.push(best);
        }
        before = std::mem::replace(&mut previous, current);
    }
    previous[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 5] = [
        "sslmode",
        "sslrootcert",
        "interval",
        "verify-full",
        "verify-ca",
    ];

    #[test]
    fn slips_find_the_word_that_was_meant() {
        for (slip, meant) in [
            ("sslmod", "sslmode"),
            ("ssl_mode", "sslmode"),
            ("SSLROOTCERT", "sslrootcert"),
            ("sslrootcrt", "sslrootcert"),
            ("intreval", "interval"),
            ("verify_full", "verify-full"),
            ("verifyca", "verify-ca"),
        ] {
            assert_eq!(nearest(slip, KNOWN), Some(meant), "{slip}");
        }
    }

    #[test]
    fn strange_words_get_no_proposal() {
        for strange in ["", "colour", "x", &"interval".repeat(20)] {
            assert_eq!(nearest(strange, KNOWN), None, "{strange}");
        }
    }

    #[test]
    fn swapped_neighbours_count_once() {
        let letters = |word: &str| word.chars().collect::<Vec<_>>();
        assert_eq!(distance(&letters("ab"), &letters("ba")), 1);
        assert_eq!(distance(&letters("kitten"), &letters("sitting")), 3);
        assert_eq!(distance(&letters(""), &letters("abc")), 3);
    }
}
