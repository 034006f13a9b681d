//! The signs in a stretch of wide characters at which something may begin: a name, an honorific, an address.
//! Nearly all of Japanese goes through here, so that a character costs a few steps without a branch.

use std::sync::LazyLock;

use super::chars;
use super::dictionary::{DICTIONARY, WordSet};

/// What a kanji tells: it ends the name of a place, may begin an honorific, or ends a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    Division,
    Honorific,
    Role,
}

/// What a kanji tells, if anything.
pub(super) fn told_by(kanji: char) -> Option<Told> {
    match kanji {
        '都' | '道' | '府' | '県' | '市' | '区' | '町' | '村' | '郡' => Some(Told::Division),
        '様' | '氏' | '殿' | '君' | '先' => Some(Told::Honorific),
        '長' | '当' | '査' | '諭' | '師' | '士' | '員' | '役' | '事' | '者' | '童' | '徒' | '性' => {
            Some(Told::Role)
        }
        _ => None,
    }
}

/// What a character is, in bits: a kanji or what stands among kanji, a kana, a kana that may begin さん, くん
/// or ちゃん, a surname by itself, a kanji that tells something.
const HAN: u8 = 1;
const KANA: u8 = 1 << 1;
const CALL: u8 = 1 << 2;
const SURNAME: u8 = 1 << 3;
const TELLS: u8 = 1 << 7;
/// What does not begin behind it, by the bits above shifted: no run of kanji within one, no address in kana
/// behind a kanji.
const NO: u32 = 4;

/// The signs of the basic plane.
pub(super) struct Signs {
    of: Box<[u8; 0x1_0000]>,
    surnames: &'static WordSet,
}

pub(super) static SIGNS: LazyLock<Signs> = LazyLock::new(|| {
    let mut signs = Signs { of: Box::new([0; 0x1_0000]), surnames: &DICTIONARY.surnames };
    for c in '\u{800}'..='\u{FFFF}' {
        let kana = matches!(c, '\u{3040}'..='\u{30FF}') && c != 'ヶ';
        let mut bits = match c {
            'さ' | 'く' | 'ち' => CALL | (KANA | CALL) << NO,
            _ if kana => KANA | (KANA | CALL) << NO,
            '\u{4000}'..='\u{9FFF}' if chars::is_han(c) => HAN | (HAN | KANA) << NO,
            '\u{4000}'..='\u{9FFF}' => KANA << NO,
            _ if chars::is_han(c) => HAN | HAN << NO,
            _ => 0,
        };
        if signs.surnames.has_character(c) {
            bits |= SURNAME;
        }
        if told_by(c).is_some() {
            bits |= TELLS;
        }
        signs.of[c as usize] = bits;
    }
    signs
});

/// Where the reading of a stretch stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// In a run of kanji to look at.
    Han(usize),
    /// At the first kana of a run.
    Kana(usize),
    /// Before a character that is not of three bytes.
    End(usize),
}

impl Signs {
    /// Whether a character of three bytes tells something.
    #[inline]
    pub fn tells(&self, [a, b, c]: [u8; 3]) -> bool {
        self.of[code(u64::from_le_bytes([a, b, c, 0, 0, 0, 0, 0]))] & TELLS != 0
    }

    /// What a character of three bytes is, and whether something may begin at it; whether it does is for others
    /// to say. `before` is what the character before it is, zero where a stretch begins, `word` the eight bytes
    /// that it begins, `here` its number.
    #[inline]
    pub fn look(&self, before: u8, word: u64, here: usize) -> (u8, bool) {
        let now = self.of[here & 0xFFFF];
        let begins = now & !(before >> NO);
        let name = u8::from(self.surnames.has_head(word)) | (now & SURNAME) >> 3;
        (now, begins & (name | KANA | CALL) | now & TELLS != 0)
    }

    /// The stop at a character at which something may begin.
    pub fn stop(now: u8, at: usize) -> Stop {
        if now & HAN == 0 { Stop::Kana(at) } else { Stop::Han(at) }
    }

    /// The stop at a place where a stretch begins anew, if there is one.
    pub fn first(&self, bytes: &[u8], at: usize) -> Option<Stop> {
        let word = chars::eight(bytes, at);
        let (now, stops) = self.look(0, word, code(word));
        (stops && is_wide(word)).then(|| Self::stop(now, at))
    }

    /// The first stop from `from` on, as [`super::sweep::Sweep`] keeps them all. `inside` tells whether the
    /// character before is of the same stretch.
    #[cfg(test)]
    pub fn next(&self, bytes: &[u8], from: usize, inside: bool) -> Stop {
        let mut before = if inside { self.of[code(chars::eight(bytes, from - 3))] } else { 0 };
        let mut at = from;
        loop {
            let word = chars::eight(bytes, at);
            if !is_wide(word) {
                return Stop::End(at);
            }
            let (now, stops) = self.look(before, word, code(word));
            if stops {
                return Self::stop(now, at);
            }
            before = now;
            at += 3;
        }
    }
}

/// The number of the character of three bytes that a word begins with.
#[inline]
pub(super) fn code(word: u64) -> usize {
    ((word & 0x0F) << 12 | (word >> 8 & 0x3F) << 6 | (word >> 16 & 0x3F)) as usize
}

/// Whether a word begins with a character of three bytes.
#[inline]
pub(super) fn is_wide(word: u64) -> bool {
    word & 0xF0 == 0xE0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where a text is looked at, as the characters from there on.
    fn stops(text: &str) -> Vec<&str> {
        let (mut at, mut found) = (0, Vec::new());
        loop {
            match SIGNS.next(text.as_bytes(), at, at > 0) {
                Stop::End(_) => return found,
                Stop::Kana(stop) | Stop::Han(stop) => {
                    found.push(&text[stop..]);
                    at = stop + 3;
                }
            }
        }
    }

    #[test]
    fn names_honorifics_and_places_are_stopped_at() {
        assert_eq!(stops("これ、山田太郎が"), ["これ、山田太郎が", "山田太郎が"]);
        assert_eq!(stops("、予算、会議室の様子"), ["様子"]);
        assert_eq!(stops("、予算の計上さ"), ["さ"]);
        assert_eq!(stops("、予算の計上が"), Vec::<&str>::new());
        assert_eq!(stops("、計上する山田市"), ["山田市", "市"]);
        assert_eq!(stops("、々つくば"), ["つくば"]);
    }
}
