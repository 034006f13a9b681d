//! "Did you mean …?": the known word nearest to one that is not known.

/// The candidate that takes the fewest changes to become `word`, if these are few for its length.
pub(super) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let allowed = (word.chars().count() / 3).max(1);
    let candidates = candidates.into_iter().map(|c| (distance(word, c), c));
    let near = candidates.filter(|(d, _)| *d <= allowed);
    near.min_by_key(|(d, _)| *d).map(|(_, c)| c)
}

/// How many characters must be put in, taken out or replaced (Levenshtein). Long words are not
/// compared, for the time it would take.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(MAX_WORD).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(MAX_WORD).enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

const MAX_WORD: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_found() {
        let words = [
            "visible_parties",
            "visible_personal",
            "external",
            "internal",
        ];
        assert_eq!(nearest("visible_party", words), Some("visible_parties"));
        assert_eq!(nearest("extrenal", words), Some("external"));
        assert_eq!(nearest("xternal", words), Some("external"));
        assert_eq!(nearest("weather", words), None);
        assert_eq!(nearest("", words), None);
        assert_eq!(nearest("社外秘", ["社外祕"]), Some("社外祕"));
    }
}
