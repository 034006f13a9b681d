//! The signs in a stretch of wide characters at which something may begin: a name, an honorific, an address.
//! Nearly all of Japanese goes through here, so that a character costs a few steps without a branch.

use std::sync::LazyLock;

use super::chars;
use super::dictionary::{DICTIONARY, WordHeads, WordSet};

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
const HAN: u16 = 1;
const KANA: u16 = 1 << 1;
const CALL: u16 = 1 << 2;
const SURNAME: u16 = 1 << 3;
const TELLS: u16 = 1 << 4;
/// Whether one of the words of the lists may begin with it and what follows, or whatever follows. [`Marks`] say it.
const WORD: u16 = 1 << 5;
const WORD_ALONE: u16 = 1 << 6;
/// What is something to look at by itself. The others are where a surname or a word begins with two characters.
const ALWAYS: u16 = KANA | CALL | SURNAME | TELLS | WORD_ALONE;
/// The bits above say which of these may begin behind it, by how far they are shifted: no run of kanji begins
/// within one, no address in kana behind a kanji.
const BEHIND: u32 = 8;
/// What a stretch of wide characters begins behind: anything may begin there.
pub(super) const NOTHING: u16 = (ALWAYS | HAN | WORD) << BEHIND;

/// The signs of the basic plane.
pub(super) struct Signs {
    of: Box<[u16; 0x1_0000]>,
    surnames: &'static WordSet,
}

pub(super) static SIGNS: LazyLock<Signs> = LazyLock::new(|| {
    let mut signs = Signs { of: Box::new([0; 0x1_0000]), surnames: &DICTIONARY.surnames };
    for c in '\u{800}'..='\u{FFFF}' {
        let kana = matches!(c, '\u{3040}'..='\u{30FF}') && c != 'ヶ';
        let (mut bits, not_behind) = match c {
            'さ' | 'く' | 'ち' => (CALL, KANA | CALL),
            _ if kana => (KANA, KANA | CALL),
            '\u{4000}'..='\u{9FFF}' if chars::is_han(c) => (HAN, HAN | SURNAME | KANA),
            '\u{4000}'..='\u{9FFF}' => (0, KANA),
            _ if chars::is_han(c) => (HAN, HAN | SURNAME),
            _ => (0, 0),
        };
        if bits & HAN != 0 && signs.surnames.has_character(c) {
            bits |= SURNAME;
        }
        if told_by(c).is_some() {
            bits |= TELLS;
        }
        signs.of[c as usize] = bits | NOTHING & !(not_behind << BEHIND);
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

impl Stop {
    /// The stop at a place of a text, if what was seen there is not a word or its like alone.
    #[inline]
    pub fn at(seen: u16, bytes: &[u8], at: usize) -> Option<Stop> {
        // A head may have been a word's.
        let surname = seen & HAN == 0 || SIGNS.surnames.may_begin(chars::eight(bytes, at));
        Stop::of(if surname { seen } else { seen & !HAN }, at)
    }

    fn of(seen: u16, at: usize) -> Option<Stop> {
        match (seen & (KANA | CALL), seen & (HAN | SURNAME | TELLS)) {
            (0, 0) => None,
            (0, _) => Some(Stop::Han(at)),
            _ => Some(Stop::Kana(at)),
        }
    }
}

impl Signs {
    /// Whether a character of three bytes tells something.
    #[inline]
    pub fn tells(&self, [a, b, c]: [u8; 3]) -> bool {
        self.of[chars::wide(u64::from_le_bytes([a, b, c, 0, 0, 0, 0, 0]))] & TELLS != 0
    }

    /// The stop at a place where a stretch begins anew, if there is one.
    pub fn first(&self, bytes: &[u8], at: usize) -> Option<Stop> {
        let word = chars::eight(bytes, at);
        let found = seen(self.of[chars::wide(word)], NOTHING, self.surnames.may_begin(word));
        is_wide(word).then(|| Stop::of(found, at)).flatten()
    }

    /// The first stop from `from` on, as [`super::candidates::Sweep`] keeps them all. `inside` tells whether the
    /// character before is of the same stretch.
    #[cfg(test)]
    pub fn next(&self, bytes: &[u8], from: usize, inside: bool) -> Stop {
        let mut before = if inside { self.of[chars::wide(chars::eight(bytes, from - 3))] } else { NOTHING };
        let mut at = from;
        loop {
            let word = chars::eight(bytes, at);
            if !is_wide(word) {
                return Stop::End(at);
            }
            let now = self.of[chars::wide(word)];
            if let Some(stop) = Stop::of(seen(now, before, self.surnames.may_begin(word)), at) {
                return stop;
            }
            before = now;
            at += 3;
        }
    }
}

/// The signs and the beginnings of words together: what each wide character is looked up in, once.
pub(super) struct Marks {
    of: Box<[u16; 0x1_0000]>,
    /// The beginnings of surnames and words.
    heads: WordHeads,
}

impl Marks {
    /// The marks of some words.
    pub fn of<'p>(words: impl Iterator<Item = &'p str>) -> Self {
        let mut marks = Marks { of: SIGNS.of.clone(), heads: SIGNS.surnames.heads().clone() };
        for word in words.filter(|w| is_wide(chars::eight(w.as_bytes(), 0))) {
            let first = chars::eight(word.as_bytes(), 0);
            let two = is_wide(first >> 24);
            marks.of[chars::wide(first)] |= if two { WORD } else { WORD_ALONE };
            if two {
                marks.heads.note(first);
            }
        }
        marks
    }

    /// The same as plain slices, which a loop keeps in registers.
    pub fn looker(&self) -> Looker<'_> {
        Looker { of: &self.of, heads: &self.heads }
    }
}

#[derive(Clone, Copy)]
pub(super) struct Looker<'a> {
    of: &'a [u16; 0x1_0000],
    heads: &'a WordHeads,
}

impl Looker<'_> {
    /// What a character of three bytes is, which eight bytes begin with, and what may begin at it, behind a
    /// character that is `before`; whether it does is for others to say.
    #[inline]
    pub fn look(self, before: u16, word: u64) -> (u16, u16) {
        let now = self.of[chars::wide(word) & 0xFFFF];
        (now, seen(now, before, self.heads.has(word)))
    }
}

/// What may begin at a character; `head` says whether a surname or a word may with the two.
#[inline]
fn seen(now: u16, before: u16, head: bool) -> u16 {
    now & before >> BEHIND & (ALWAYS | u16::from(head).wrapping_neg())
}

/// Whether a word of the lists may be what has been seen.
#[inline]
pub(super) fn is_word(seen: u16) -> bool {
    seen & (WORD | WORD_ALONE) != 0
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
