//! One pass over a normalised text: where words of the lists may begin, and where names, honorifics and
//! addresses may. Both are told by the same characters, so that each is looked at once.

use super::chars;
use super::start_chars::{Looker, Marks, NOTHING, Stop, is_wide, is_word};
use super::word_starts::{EACH, Heads};

/// What a pass asks of the characters: the words that it looks for beside the signs.
pub(super) struct Sought {
    heads: Heads,
    marks: Marks,
}

impl Sought {
    pub fn of<'p>(words: impl Iterator<Item = &'p str> + Clone) -> Self {
        Sought { heads: Heads::of(words.clone()), marks: Marks::of(words) }
    }
}

/// How many places are noted before they are looked at: a few lines of Japanese.
const NOTED: usize = 64;
/// How far the place is shifted in a note; below is what was seen there.
const PLACE: u32 = 8;

/// Goes from place to place where a word may begin, and keeps the stops that it passes.
pub(super) struct Sweep<'a> {
    sought: &'a Sought,
    bytes: &'a [u8],
    /// Everything before has been looked at.
    at: usize,
    /// What the last character was, while the pass is in a stretch of wide ones.
    before: Option<u16>,
    /// Whether such a stretch has ended here, which is yet to be kept.
    ended: bool,
    /// What has been noted, how much of it, and how much of that has been taken.
    notes: [u64; NOTED],
    noted: usize,
    taken: usize,
    stops: Stops,
}

impl<'a> Sweep<'a> {
    /// A pass over a text. A word that begins with an ASCII letter or digit does not count behind another, so
    /// that no place inside an English word is looked at.
    pub fn new(sought: &'a Sought, text: &'a str) -> Self {
        Sweep {
            sought,
            bytes: text.as_bytes(),
            at: 0,
            before: None,
            ended: false,
            notes: [0; NOTED],
            noted: 0,
            taken: 0,
            stops: Stops::default(),
        }
    }

    /// The stops of all that was passed.
    pub fn into_stops(self) -> Stops {
        self.stops
    }

    /// Goes over ASCII characters, eight at a time, to the first that stands at the edge of an English word
    /// and may begin one.
    fn narrow(&mut self) -> Option<usize> {
        let mut behind = self.at.checked_sub(1).is_some_and(|b| self.bytes[b].is_ascii_alphanumeric());
        loop {
            let word = chars::eight(self.bytes, self.at);
            let wide = word & (EACH << 7);
            // As many are ASCII; what is before the first that is not, in bits.
            let count = (wide.trailing_zeros() / 8) as usize;
            let inside = alphanumerics(word);
            let mut edges = !(inside & (inside << 8 | u64::from(behind) << 7)) & inked(word);
            edges &= wide.wrapping_sub(1) & !wide;
            while edges != 0 {
                let place = self.at + (edges.trailing_zeros() / 8) as usize;
                if self.sought.heads.may_begin(self.bytes, place) {
                    self.at = place + 1;
                    return (place < self.bytes.len()).then_some(place);
                }
                edges &= edges - 1;
            }
            behind = inside >> 63 != 0;
            self.at += count;
            if count < 8 || self.at >= self.bytes.len() {
                return None;
            }
            // No word of any language is so long, but a key or an encoded file is.
            if inside == EACH << 7 {
                self.at += chars::alphanumeric_chunks(&self.bytes[self.at..]);
            }
        }
    }

    /// Takes what has been noted up to the first place where a word may begin.
    fn take(&mut self) -> Option<usize> {
        while let Some(note) = self.notes.get(self.taken).filter(|_| self.taken < self.noted) {
            self.taken += 1;
            let (at, seen) = ((*note >> PLACE) as usize, *note as u16 & ((1 << PLACE) - 1));
            if let Some(stop) = Stop::at(seen, self.bytes, at) {
                self.stops.push(stop);
            }
            if is_word(seen) && self.sought.heads.may_begin(self.bytes, at) {
                return Some(at);
            }
        }
        if std::mem::take(&mut self.ended) {
            self.stops.push(Stop::End(self.at));
        }
        None
    }

    /// Goes over wide characters to the end of their stretch, or until there are many notes.
    fn wide(&mut self) {
        let before = self.before.unwrap_or(NOTHING);
        let passed = pass(self.sought.marks.looker(), self.bytes, self.at, before, &mut self.notes);
        (self.taken, self.noted) = (0, passed.noted);
        self.at = self.bytes.len() - passed.left;
        self.ended = passed.last.is_none();
        self.before = passed.last;
    }
}

/// How far a pass over wide characters has come.
struct Passed {
    /// How many bytes are left.
    left: usize,
    noted: usize,
    /// What the last character was; none where the stretch has ended.
    last: Option<u16>,
}

/// Goes over characters of three bytes and notes at which of them something may begin. All of Japanese goes through
/// this loop: it calls nothing, so that it has the registers for itself.
#[inline(never)]
fn pass(looker: Looker<'_>, text: &[u8], from: usize, mut before: u16, notes: &mut [u64; NOTED]) -> Passed {
    let mut noted = 0;
    let mut step = |word: u64, left: usize| {
        if !is_wide(word) {
            return Some(Passed { left, noted, last: None });
        }
        let (now, seen) = looker.look(before, word);
        before = now;
        if seen != 0 {
            notes[noted % NOTED] = ((text.len() - left) as u64) << PLACE | u64::from(seen);
            noted += 1;
            if noted == NOTED {
                return Some(Passed { left: left.saturating_sub(3), noted, last: Some(now) });
            }
        }
        None
    };
    let mut rest = text.get(from..).unwrap_or(&[]);
    while let Some(here) = rest.first_chunk::<8>() {
        if let Some(passed) = step(u64::from_le_bytes(*here), rest.len()) {
            return passed;
        }
        rest = &rest[3..];
    }
    loop {
        if let Some(passed) = step(chars::last_of(rest, 0), rest.len()) {
            return passed;
        }
        rest = rest.get(3..).unwrap_or(&[]);
    }
}

impl Iterator for Sweep<'_> {
    type Item = usize;

    /// The next place where a word may begin. It may be none, but no word begins before it.
    fn next(&mut self) -> Option<usize> {
        loop {
            if let Some(place) = self.take() {
                return Some(place);
            }
            let byte = match self.before {
                Some(_) => 0xE0,
                None => *self.bytes.get(self.at)?,
            };
            let place = match byte {
                0..0x80 => self.narrow(),
                0xE0..0xF0 => {
                    self.wide();
                    None
                }
                _ => {
                    self.at += 1;
                    // No word begins inside a character.
                    Some(self.at - 1)
                        .filter(|at| byte >= 0xC0 && self.sought.heads.may_begin(self.bytes, *at))
                }
            };
            if place.is_some() {
                return place;
            }
        }
    }
}

/// Stops, in the order of the text: each its place and, in the two lowest bits, its sort.
#[derive(Debug, Default)]
pub(super) struct Stops(Vec<u64>);

impl Stops {
    fn push(&mut self, stop: Stop) {
        let (at, sort) = match stop {
            Stop::Han(at) => (at, 0),
            Stop::Kana(at) => (at, 1),
            Stop::End(at) => (at, 2),
        };
        self.0.push((at as u64) << 2 | sort);
    }

    /// The first stop that is not before a place. `near` is the number of one that is: places are asked for in
    /// the order of the text.
    pub fn from(&self, at: usize, near: &mut usize) -> Option<Stop> {
        while self.0.get(*near).is_some_and(|s| *s >> 2 < at as u64) {
            *near += 1;
        }
        let stop = *self.0.get(*near)?;
        let at = (stop >> 2) as usize;
        Some(match stop & 3 {
            0 => Stop::Han(at),
            1 => Stop::Kana(at),
            _ => Stop::End(at),
        })
    }
}

/// The highest bit of each of eight ASCII bytes that is a letter or a digit.
#[inline]
fn alphanumerics(word: u64) -> u64 {
    // Adding to a byte below 0x80 sets its highest bit from a limit on, and no other byte's.
    let from = |bytes: u64, limit: u8| bytes + EACH * u64::from(0x80 - limit);
    let bytes = word & (EACH * 0x7F);
    let letters = bytes | (EACH * 0x20);
    let letter = from(letters, b'a') & !from(letters, b'z' + 1);
    let digit = from(bytes, b'0') & !from(bytes, b'9' + 1);
    (letter | digit) & (EACH << 7)
}

/// The highest bit of each of eight ASCII bytes that is neither space nor control: no word begins with those.
#[inline]
fn inked(word: u64) -> u64 {
    ((word & (EACH * 0x7F)) + EACH * u64::from(0x80 - (b' ' + 1))) & (EACH << 7)
}

#[cfg(test)]
mod tests {
    use super::super::start_chars::SIGNS;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Every word is among the places, but for those inside an English word; and no place is one that is
        /// turned away by the beginnings alone.
        #[test]
        fn only_words_inside_words_are_passed_over(text in "([a-cA-C0-2 .:@~{/]|あ|い|氏|é|😀){0,150}") {
            let words = ["ab", "a", "cab", "あ", "b.", "1a", ":a", "@", "{", "abcabcb", "い氏", "氏あい", "あa", "éa"];
            let (heads, sought) = (Heads::of(words.into_iter()), Sought::of(words.into_iter()));
            let (bytes, lower) = (text.as_bytes(), text.to_ascii_lowercase());
            let alnum = |at: Option<usize>| at.is_some_and(|b| bytes[b].is_ascii_alphanumeric());
            let edge = |at: usize| bytes[at] != b' ' && !(alnum(at.checked_sub(1)) && alnum(Some(at)));
            let begins = |at: usize| words.iter().any(|w| lower.as_bytes()[at..].starts_with(w.as_bytes()));
            let may: Vec<usize> = heads.places(&text).filter(|at| edge(*at)).collect();
            let places: Vec<usize> = Sweep::new(&sought, &text).collect();
            prop_assert!(places.is_sorted() && places.iter().all(|at| may.contains(at)));
            for at in may.into_iter().filter(|at| begins(*at)) {
                prop_assert!(places.contains(&at), "{at}");
            }
        }

        /// The stops are those that are found one stretch after the other.
        #[test]
        fn stops_are_kept(text in "(山|田|市|様|の|さ|ヶ|、|…|さいたま|々|a|1|é|😀|電話){0,150}") {
            let sought = Sought::of(["電話", "の", "a"].into_iter());
            let mut sweep = Sweep::new(&sought, &text);
            sweep.by_ref().for_each(drop);
            let stops = sweep.into_stops();
            let bytes = text.as_bytes();
            let (mut at, mut near) = (0, 0);
            while at < bytes.len() {
                if !is_wide(bytes[at].into()) {
                    at += 1;
                    continue;
                }
                let from = at;
                loop {
                    let expected = SIGNS.next(bytes, at, at > from);
                    prop_assert_eq!(stops.from(at, &mut near).unwrap_or(Stop::End(bytes.len())), expected);
                    at = match expected {
                        Stop::Han(stop) | Stop::Kana(stop) => stop + 3,
                        Stop::End(_) => break,
                    };
                }
                at = at.max(from + 3);
                while at < bytes.len() && is_wide(bytes[at].into()) {
                    at += 3;
                }
            }
        }
    }
}
