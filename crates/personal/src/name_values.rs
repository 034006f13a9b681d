//! Values that are names as a whole: behind a label, in a cell; and the key of a name.

use super::chars::{self, is_han, is_kana, is_katakana};
use super::dictionary::DICTIONARY;
use super::headers;
use super::names::{HONORIFICS, Name, is_role, skip_spaces, splits};

/// What stands after a label such as 氏名: taken as a name if it looks like one at all.
/// `at` is behind the label and its colon.
pub fn after_label(text: &str, at: usize) -> Option<Name> {
    let start = skip_spaces(text, at);
    let rest = chars::ahead(text, start, 150);
    let stop = rest
        .find(|c: char| {
            !(is_han(c) || is_kana(c) || is_latin(c) || matches!(c, ' ' | '・' | '.' | '-' | '\''))
        })
        .unwrap_or(rest.len());
    let value = rest.get(..stop)?;
    // Two spaces end a value, as in aligned text.
    let value = value.split("  ").next().unwrap_or(value).trim_end();
    let value = without_honorific(value);
    // 氏名 beside メール is a row of headers.
    (looks_like_name(value) && headers::column(value).is_none()).then(|| Name {
        range: start..start + value.len(),
        full: is_full(value),
        confidence: 80,
    })
}

/// The value without an honorific at its end.
pub fn without_honorific(value: &str) -> &str {
    let value = value.trim();
    HONORIFICS.iter().find_map(|h| value.strip_suffix(h)).unwrap_or(value).trim_end()
}

/// Whether a cell or a labelled value looks like a name: the surname of the dictionary first, a kana
/// pair, or two to four Latin words with capitals.
pub fn looks_like_name(value: &str) -> bool {
    let value = without_honorific(value);
    let count = value.chars().count();
    if !(2..=40).contains(&count) {
        return false;
    }
    if value.chars().all(|c| c.is_ascii() || is_latin(c)) {
        return is_latin_name(value);
    }
    let d = &*DICTIONARY;
    let solid: String = value.chars().filter(|c| !matches!(c, ' ' | '・')).collect();
    let length = solid.chars().count();
    let ordinary = !value.contains(' ') && d.words.contains(&solid);
    if !(2..=10).contains(&length) || !solid.chars().all(|c| is_han(c) || is_kana(c)) || ordinary {
        return false;
    }
    if solid.chars().all(is_kana) {
        return is_kana_name(value);
    }
    d.surnames.ends(&solid, 0).longest_first().any(|end| {
        let rest = &solid[end..];
        rest.is_empty()
            || (!is_role(rest)
                && rest.chars().count() <= 4
                && (d.given.contains(rest) || d.is_like_given(rest) || value.contains(' ')))
    })
}

/// Whether both names are there.
pub fn is_full(value: &str) -> bool {
    let value = without_honorific(value);
    if value.is_ascii() {
        return value.contains(' ');
    }
    let solid: String = value.chars().filter(|c| !matches!(c, ' ' | '・')).collect();
    value.trim().contains([' ', '・']) || splits(&DICTIONARY, &solid, 0, solid.len()) == Some(true)
}

/// A surname's and a given name's reading, with or without a space between them.
pub fn is_kana_name(value: &str) -> bool {
    let d = &*DICTIONARY;
    let kana: String = value.trim().chars().map(chars::katakana).collect();
    if !kana.chars().all(|c| is_katakana(c) || matches!(c, ' ' | '・')) {
        return false;
    }
    if let Some((surname, given)) = kana.split_once([' ', '・']) {
        return d.kana_surnames.contains(surname) || d.kana_given.contains(given.trim());
    }
    d.kana_surnames.ends(&kana, 0).longest_first().any(|end| d.kana_given.contains(&kana[end..]))
}

/// A letter of the Latin alphabet with or without its marks, or a mark that stands by itself.
fn is_latin(c: char) -> bool {
    c.is_alphabetic() && matches!(c, 'A'..='\u{24F}' | '\u{1E00}'..='\u{1EFF}')
        || matches!(c, '\u{300}'..='\u{36F}')
}

/// `Taro Yamada`, `YAMADA, Taro`, `J. Smith`: two to four words that begin with capitals.
fn is_latin_name(value: &str) -> bool {
    const NOT: [&str; 12] = [
        "the",
        "inc",
        "ltd",
        "llc",
        "corp",
        "co",
        "team",
        "office",
        "center",
        "department",
        "support",
        "total",
    ];
    let words: Vec<&str> = value.split([' ', ',']).filter(|w| !w.is_empty()).collect();
    (2..=4).contains(&words.len())
        && words.iter().all(|w| {
            w.starts_with(char::is_uppercase)
                && w.chars().all(|c| is_latin(c) || matches!(c, '.' | '-' | '\''))
                && !NOT.contains(&w.to_ascii_lowercase().trim_end_matches('.'))
        })
}

/// A key under which two writings of one name fall together.
pub fn key(value: &str) -> String {
    without_honorific(value)
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '・' | ',' | '.'))
        .map(chars::common_form)
        .flat_map(char::to_lowercase)
        .collect()
}
