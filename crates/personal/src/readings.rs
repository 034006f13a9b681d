//! How names in kanji are read, so that the holder of a card, written in kana, is known to be the person whom
//! another table writes in kanji. A name may have several readings; which one is right, nobody can tell.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::chars::{self, is_katakana};

/// Words in their common form, and how they are read.
type Readings = HashMap<String, Vec<&'static str>>;

/// Surnames and given names, made at first use: only where a mail has names in kana and in kanji.
static READINGS: LazyLock<(Readings, Readings)> = LazyLock::new(|| {
    (
        listed(include_str!("dictionaries/surname-readings.txt")),
        listed(concat!(
            include_str!("dictionaries/given-readings.txt"),
            include_str!("dictionaries/added-readings.txt")
        )),
    )
});

fn listed(text: &'static str) -> Readings {
    let mut readings = Readings::new();
    for line in text.lines() {
        let mut words = line.split(' ');
        let name = words.next().unwrap_or_default().chars().map(chars::common_form).collect();
        readings.entry(name).or_default().extend(words);
    }
    readings
}

/// At most so many readings of one name are looked at.
const MOST: usize = 32;

/// Whether the key of a name is in kana alone.
pub fn is_kana(key: &str) -> bool {
    !key.is_empty() && key.chars().all(is_katakana)
}

/// How the key of a name, surname and given name in one, may be read.
pub fn of(key: &str) -> Vec<String> {
    let (surnames, given) = &*READINGS;
    let mut found = Vec::new();
    for (at, _) in key.char_indices().skip(1) {
        let (first, second) = key.split_at(at);
        let (Some(first), Some(second)) = (surnames.get(first), given_of(given, second)) else {
            continue;
        };
        for surname in first {
            found.extend(second.iter().map(|given| format!("{surname}{given}")));
        }
    }
    found.truncate(MOST);
    found
}

/// How a given name may be read; one in kana reads as it is written.
fn given_of(given: &Readings, word: &str) -> Option<Vec<String>> {
    let known = given.get(word).map(|known| known.iter().map(|r| r.to_string()).collect());
    known.or_else(|| {
        let kana: String = word.chars().map(chars::katakana).collect();
        is_kana(&kana).then(|| vec![kana])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_may_be() {
        for (name, reading) in [
            ("長谷川隆", "ハセガワタカシ"),
            ("東瞳", "アズマヒトミ"),
            ("東瞳", "ヒガシヒトミ"),
            ("森湊", "モリミナト"),
            ("佐藤さくら", "サトウサクラ"),
            ("髙橋一郎", "タカハシイチロウ"),
        ] {
            let key: String = name.chars().map(chars::common_form).collect();
            assert!(of(&key).iter().any(|r| r == reading), "{name}: {:?}", of(&key));
        }
        for none in ["", "a", "会議", "ハセガワタカシ", "山田"] {
            assert_eq!(of(none), Vec::<String>::new(), "{none}");
        }
        assert!(is_kana("ハセガワタカシ") && !is_kana("長谷川隆") && !is_kana(""));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_taken(text in "\\PC{0,40}") {
            proptest::prop_assert!(of(&text).len() <= MOST);
        }
    }
}
