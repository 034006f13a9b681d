//! Marks of confidentiality (社外秘 and its kin) in subjects and attachment names.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization as _;

/// The marks in any of these texts, each once, in the table's spelling.
pub(super) fn find<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut found = BTreeSet::new();
    for text in texts {
        find_in(text, &mut found);
    }
    found.into_iter().map(|index| MARKS[index].name.to_string()).collect()
}

/// A mark in its usual spelling, and how it is written once folded.
struct Mark {
    name: &'static str,
    /// Latin marks have to stand as words; Japanese ones may stand anywhere.
    word: bool,
    spellings: &'static [&'static str],
}

const fn japanese(name: &'static str, spellings: &'static [&'static str]) -> Mark {
    Mark { name, word: false, spellings }
}

const fn latin(name: &'static str, spellings: &'static [&'static str]) -> Mark {
    Mark { name, word: true, spellings }
}

/// In the order in which they are reported; of two Latin marks, the one that has the other in it first.
static MARKS: &[Mark] = &[
    japanese("社外秘", &["社外秘", "社外厳秘"]),
    japanese("部外秘", &["部外秘"]),
    japanese("関係者外秘", &["関係者外秘"]),
    japanese("極秘", &["極秘"]),
    japanese("マル秘", &["マル秘", "まる秘", "丸秘"]),
    japanese("取扱注意", &["取扱注意", "取扱い注意", "取り扱い注意", "取扱厳重注意"]),
    japanese("機密性2情報", &["機密性2", "機密性二"]),
    japanese("機密性3情報", &["機密性3", "機密性三"]),
    latin("Strictly Confidential", &["strictly confidential"]),
    latin("Confidential", &["confidential"]),
    latin("TLP:RED", &["tlp:red"]),
    latin("TLP:AMBER", &["tlp:amber"]),
];

fn find_in(text: &str, found: &mut BTreeSet<usize>) {
    let mut folded = fold(text);
    let dense: String = folded.chars().filter(|c| !c.is_whitespace()).collect();
    for (index, mark) in MARKS.iter().enumerate() {
        for spelling in mark.spellings {
            let is_there = match mark.word {
                true => has_word(&folded, spelling),
                false => dense.contains(spelling),
            };
            if is_there {
                found.insert(index);
            }
            if is_there && mark.word {
                // What the longer mark has used up, the shorter one does not find again.
                folded = folded.replace(spelling, " ");
            }
        }
    }
}

/// NFKC and lower case; every run of separators that names use for a space is one space, and the
/// space behind a colon (`TLP: RED`) goes. `㊙`, which NFKC would make a plain 秘, is spelt out.
fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let spelt = text.replace('㊙', "マル秘");
    for c in spelt.nfkc().flat_map(char::to_lowercase) {
        let c = if c.is_whitespace() || matches!(c, '_' | '-' | '\u{200b}') { ' ' } else { c };
        if c == ' ' && (out.ends_with(' ') || out.ends_with(':')) {
            continue;
        }
        if c == ':' && out.ends_with(' ') {
            out.pop();
        }
        out.push(c);
    }
    out
}

/// Whether `word` stands in `text` with no Latin letter or digit right before or behind it.
fn has_word(text: &str, word: &str) -> bool {
    let joins = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    text.match_indices(word).any(|(at, _)| {
        !joins(text[..at].chars().next_back()) && !joins(text[at + word.len()..].chars().next())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn finds(text: &str, marks: &[&str]) {
        assert_eq!(find([text]), marks, "{text}");
    }

    #[test]
    fn japanese_marks_are_found_however_they_are_set() {
        finds("【社外秘】見積書", &["社外秘"]);
        finds("社 外 秘　見積書", &["社外秘"]);
        finds("取り扱い注意_名簿.xlsx", &["取扱注意"]);
        finds("（機密性２情報）職員名簿", &["機密性2情報"]);
        finds("㊙人事", &["マル秘"]);
        finds("関係者外秘／極秘", &["関係者外秘", "極秘"]);
        // radicals that look like the characters
        finds("部外秘⼀覧", &["部外秘"]);
    }

    #[test]
    fn latin_marks_stand_as_words() {
        finds("[Confidential] plan", &["Confidential"]);
        finds("STRICTLY-CONFIDENTIAL_budget.pdf", &["Strictly Confidential"]);
        finds("strictly confidential and confidential", &["Strictly Confidential", "Confidential"]);
        finds("ＣＯＮＦＩＤＥＮＴＩＡＬ資料", &["Confidential"]);
        finds("TLP : Amber+Strict", &["TLP:AMBER"]);
        finds("(TLP：ＲＥＤ)", &["TLP:RED"]);
    }

    #[test]
    fn ordinary_words_are_no_marks() {
        for text in [
            "confidentiality agreement",
            "Confidentially",
            "TLP:GREEN",
            "tlp:redacted",
            "秘書課",
            "注意事項",
            "",
            "社外取締役",
        ] {
            finds(text, &[]);
        }
    }

    #[test]
    fn marks_of_several_texts_are_told_once() {
        assert_eq!(find(["社外秘", "社外秘.pdf", "tlp:red"]), ["社外秘", "TLP:RED"]);
    }
}
