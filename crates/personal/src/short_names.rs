//! A surname of one kanji, a space and a given name of one kanji: 東 瞳, 森 進. Such a pair may be anything, and
//! is a name only where it stands as one: on a line or in a list of its own, or behind a role. Elsewhere it waits
//! for a telephone, an address or a birth date beside it.

use std::ops::Range;

use super::chars::{self, is_han};
use super::honorifics::{HONORIFICS, may_stand_before};
use super::name_values::{is_full, looks_like_name};
use super::names::{is_common_given, is_role};
use super::scan::line_of;

/// What parts the members of a list.
const SEPARATORS: [char; 8] = ['、', ',', '・', '/', '|', ';', '\t', '，'];

/// What stands before a list of people, besides roles.
const LISTS: [&str; 12] = [
    "参加者",
    "出席者",
    "欠席者",
    "申込者",
    "受講者",
    "作成者",
    "発表者",
    "出席",
    "参加",
    "司会",
    "議長",
    "書記",
];

/// Whether the pair stands as a name does.
pub fn stands_as_name(text: &str, name: &Range<usize>) -> bool {
    !is_spread(text, name) && (follows_role(text, name.start) || stands_alone(text, name))
}

/// Whether it is part of a word set wide: 平 和 宣 言.
pub fn is_spread(text: &str, name: &Range<usize>) -> bool {
    let mut before = chars::behind(text, name.start, 12).chars().rev();
    let mut after = chars::ahead(text, name.end, 12).chars();
    let lone = |walk: &mut dyn Iterator<Item = char>| {
        walk.next() == Some(' ')
            && walk.next().is_some_and(|c| is_han(c) && !"様氏殿君".contains(c))
            && walk.next().is_none_or(char::is_whitespace)
    };
    lone(&mut before) || lone(&mut after)
}

/// Whether a role stands before it, with a space or a colon between them: 部長 森 進, 担当：東 瞳.
fn follows_role(text: &str, at: usize) -> bool {
    let head = chars::behind(text, at, 48);
    let word = head.trim_end_matches([' ', ':', '・', '(', '/']);
    let word = &word[word.rfind(|c| !is_han(c)).map_or(0, |i| i + char_len(word, i))..];
    let parted = head.len() - head.trim_end_matches([' ', ':', '・', '(', '/']).len();
    (1..=4).contains(&parted)
        && word.chars().count() > 1
        && (may_stand_before(word) || ends_in_role(word) || LISTS.contains(&word))
}

fn char_len(text: &str, at: usize) -> usize {
    text[at..].chars().next().map_or(0, char::len_utf8)
}

/// 営業部長, 副理事: a role with something before it.
fn ends_in_role(word: &str) -> bool {
    let from = |(at, _): (usize, char)| &word[at..];
    word.char_indices().map(from).any(|tail| tail.chars().count() > 1 && is_role(tail))
}

/// Whether its line holds nothing else, or other names.
fn stands_alone(text: &str, name: &Range<usize>) -> bool {
    let (line, _) = line_of(text, name.start);
    let Some(value) = text.get(name.clone()) else {
        return false;
    };
    let items: Vec<&str> = line.split(SEPARATORS).flat_map(|item| item.split("  ")).map(bare).collect();
    let items: Vec<&str> = items.into_iter().filter(|item| !item.is_empty()).collect();
    let Some(own) = items.iter().position(|item| *item == value) else {
        return false;
    };
    let is_name = |item: &str| {
        let mut words = item.rsplit(' ');
        match (words.next(), words.next()) {
            (Some(given), Some(surname)) => {
                let short = given.chars().count() == 1 && surname.chars().count() == 1;
                (!short || is_common_given(given)) && looks_like_name(&format!("{surname} {given}"))
            }
            _ => looks_like_name(item) && is_full(item),
        }
    };
    items.len() == 1 || items.iter().enumerate().any(|(at, item)| at != own && is_name(item))
}

/// A member of a list without its bullet or number, and without an honorific.
fn bare(item: &str) -> &str {
    let sign = |c: char| c.is_whitespace() || c.is_ascii_digit() || ".)(-*>•●○■□◆◇※·".contains(c);
    let item = item.trim_matches(sign);
    HONORIFICS.iter().find_map(|h| item.strip_suffix(h)).unwrap_or(item).trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stands(text: &str) -> bool {
        let at = text.find("東 瞳").expect("the name");
        stands_as_name(text, &(at..at + "東 瞳".len()))
    }

    #[test]
    fn a_pair_is_a_name_where_it_stands_as_one() {
        for text in [
            "東 瞳",
            "敬具\n東 瞳\n",
            "> ・東 瞳",
            "1. 東 瞳 様",
            "東 瞳、森 進、林 修",
            "参加者 田中 一郎、東 瞳",
            "担当:東 瞳に電話",
            "営業部長 東 瞳が伺います",
            "理事 東 瞳",
        ] {
            assert!(stands(text), "{text}");
        }
        for text in [
            "駅の東 瞳という店",
            "平 東 瞳 言",
            "東 瞳、西 口、南 口",
            "会場は東 瞳と西館です",
            "東 瞳 を 見 る",
        ] {
            assert!(!stands(text), "{text}");
        }
    }
}
