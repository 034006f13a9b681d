//! What kinds, places and reasons are called, in both languages of the house.

use casebook::Bilingual;
use content::{Limit, Why};
use facts::TABLE;
use personal::Kind;

/// What a kind is called, by the vocabulary of facts.
pub fn label(kind: Kind) -> Bilingual {
    let fact = kind.name().replace('-', "_");
    let told = TABLE.iter().find(|f| f.name == fact && matches!(f.group, "personal" | "secrets"));
    let ja = told.map_or(kind.name(), |f| f.meaning_ja.trim_end_matches("の数（重複を除く）"));
    Bilingual { ja: ja.to_string(), en: kind.info().meaning.to_string() }
}

/// A cell as spreadsheets name it; row and column from zero.
pub fn cell_name(sheet: &str, row: usize, column: usize) -> String {
    let cell = format!("{}{}", letters(column), row + 1);
    let sheet: String = sheet.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if sheet.is_empty() { cell } else { format!("{sheet}!{cell}") }
}

/// The line of a text that a byte stands in, from 1.
pub fn line_of(text: &str, at: usize) -> usize {
    let before = &text.as_bytes()[..at.min(text.len())];
    memchr::memchr_iter(b'\n', before).count() + 1
}

/// The letters of a column, from zero: A, B, … Z, AA.
fn letters(column: usize) -> String {
    let mut left = column.saturating_add(1);
    let mut letters = Vec::new();
    while left > 0 {
        left -= 1;
        letters.push(char::from(b'A' + (left % 26) as u8));
        left /= 26;
    }
    letters.into_iter().rev().collect()
}

/// Why something was not read.
pub fn why(why: &Why) -> Bilingual {
    let (ja, en) = match why {
        Why::Encrypted => ("暗号化されています", "encrypted"),
        Why::Broken => ("壊れているか、名前と中身が違います", "broken, or not what it says it is"),
        Why::OverLimit(Limit::TotalBytes | Limit::FileBytes) => ("大きすぎます", "too large"),
        Why::OverLimit(Limit::Ratio) => ("展開すると大きくなりすぎます", "it unpacks to too much"),
        Why::OverLimit(Limit::Depth) => ("入れ子が深すぎます", "nested too deeply"),
        Why::OverLimit(Limit::Parts) => ("ファイルが多すぎます", "too many files"),
        Why::OverLimit(Limit::Cells) => ("セルが多すぎます", "too many cells"),
        Why::OverLimit(Limit::Time) => ("読み取りに時間がかかりすぎます", "it takes too long to read"),
        Why::Unknown(what) => {
            return Bilingual {
                ja: format!("読み取れない形式です（{what}）"),
                en: format!("unknown type: {what}"),
            };
        }
        Why::Partial => ("メールの断片です", "only a part of a message"),
        Why::NoText => ("読み取れる文字がありません", "no readable text"),
    };
    Bilingual { ja: ja.to_string(), en: en.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_named_as_spreadsheets_do() {
        let names: Vec<_> = [0, 25, 26, 27, 701, 702].map(letters).to_vec();
        assert_eq!(names, ["A", "Z", "AA", "AB", "ZZ", "AAA"]);
        assert_eq!(cell_name("名簿", 1, 1), "名簿!B2");
        assert_eq!(cell_name("", 0, 0), "A1");
    }

    #[test]
    fn every_kind_has_a_name_in_both_languages() {
        for info in personal::KINDS {
            let label = label(info.kind);
            assert!(label.ja != info.name && !label.en.is_empty(), "{}", info.name);
        }
    }

    #[test]
    fn lines_are_counted_from_one() {
        assert_eq!([0, 1, 2, 9].map(|at| line_of("a\nb", at)), [1, 1, 2, 2]);
    }
}
