//! One pass over a normalised text: where words of the lists may begin, and where names, honorifics and
//! addresses may. Both are told by the same characters, so that each is looked at once.

use super::chars;
use super::heads::{EACH, Heads};
use super::signs::{SIGNS, Signs, Stop, code, is_wide};

/// Goes from place to place where a word may begin, and keeps the stops that it passes.
pub(super) struct Sweep<'a> {
    heads: &'a Heads,
    signs: &'static Signs,
    bytes: &'a [u8],
    /// Everything before has been looked at.
    at: usize,
    /// The last character of the stretch of wide characters that the pass is in.
    before: Option<u8>,
    stops: Stops,
}

impl<'a> Sweep<'a> {
    /// A pass over a text. A word that begins with an ASCII letter or digit does not count behind another, so
    /// that no place inside an English word is looked at.
    pub fn new(heads: &'a Heads, text: &'a str) -> Self {
        let (signs, bytes) = (&*SIGNS, text.as_bytes());
        Sweep { heads, signs, bytes, at: 0, before: None, stops: Stops::default() }
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
            let mut edges = !(inside & (inside << 8 | u64::from(behind) << 7)) & !spaces(word) & (EACH << 7);
            edges &= wide.wrapping_sub(1) & !wide;
            while edges != 0 {
                let place = self.at + (edges.trailing_zeros() / 8) as usize;
                if self.heads.may_begin(self.bytes, place) {
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
        }
    }

    /// Goes over characters of three bytes to the first where a word may begin, if one of them is, and keeps
    /// the stops before it. It stands apart so that its loop has the registers for itself.
    #[inline(never)]
    fn wide(&mut self) -> Option<usize> {
        let mut before = self.before.unwrap_or(0);
        let mut rest = self.bytes.get(self.at..).unwrap_or(&[]);
        while let Some(here) = rest.first_chunk::<8>() {
            if let Some(place) = self.step(u64::from_le_bytes(*here), rest.len(), &mut before) {
                return place;
            }
            rest = &rest[3..];
        }
        loop {
            if let Some(place) = self.step(chars::eight(rest, 0), rest.len(), &mut before) {
                return place;
            }
            rest = rest.get(3..).unwrap_or(&[]);
        }
    }

    /// Looks at one character, which eight bytes begin with and `left` bytes; whether the going ends with it,
    /// and whether a word may begin there.
    #[inline(always)]
    fn step(&mut self, word: u64, left: usize, before: &mut u8) -> Option<Option<usize>> {
        if !is_wide(word) {
            self.at = self.bytes.len() - left;
            self.end();
            return Some(None);
        }
        let here = code(word);
        let (now, stops) = self.signs.look(*before, word, here);
        let begins = self.heads.has(here);
        if stops | begins {
            let at = self.bytes.len() - left;
            if stops {
                self.stops.push(Signs::stop(now, at));
            }
            if begins && self.heads.may_begin(self.bytes, at) {
                (self.at, self.before) = (at + 3, Some(now));
                return Some(Some(at));
            }
        }
        *before = now;
        None
    }

    /// A stretch of wide characters has ended.
    fn end(&mut self) {
        self.before = None;
        self.stops.push(Stop::End(self.at));
    }
}

impl Iterator for Sweep<'_> {
    type Item = usize;

    /// The next place where a word may begin. It may be none, but no word begins before it.
    fn next(&mut self) -> Option<usize> {
        loop {
            let byte = *self.bytes.get(self.at)?;
            let wide = is_wide(byte.into());
            if self.before.is_some() && !wide {
                self.end();
            }
            let place = match byte {
                0..0x80 => self.narrow(),
                _ if wide => self.wide(),
                _ => {
                    self.at += 1;
                    // No word begins inside a character.
                    Some(self.at - 1).filter(|at| byte >= 0xC0 && self.heads.may_begin(self.bytes, *at))
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

/// The highest bit of each of eight ASCII bytes that is a space.
#[inline]
fn spaces(word: u64) -> u64 {
    let other = (word & (EACH * 0x7F)) ^ (EACH * 0x20);
    !(other + EACH * 0x7F) & (EACH << 7)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// The places are those of all words, but for the ones inside an English word.
        #[test]
        fn only_words_inside_words_are_passed_over(text in "([a-cA-C0-2 .:@~{/]|あ|い|氏|é|😀){0,40}") {
            let words = ["ab", "a", "cab", "あ", "b.", "1a", ":a", "@", "{", "abcabcb", "い氏", "氏あい", "éa"];
            let heads = Heads::of(words.into_iter());
            let bytes = text.as_bytes();
            let alnum = |at: Option<usize>| at.is_some_and(|b| bytes[b].is_ascii_alphanumeric());
            let edge = |at: usize| bytes[at] != b' ' && !(alnum(at.checked_sub(1)) && alnum(Some(at)));
            let expected: Vec<usize> = heads.places(&text).filter(|at| edge(*at)).collect();
            prop_assert_eq!(Sweep::new(&heads, &text).collect::<Vec<_>>(), expected);
        }

        /// The stops are those that are found one stretch after the other.
        #[test]
        fn stops_are_kept(text in "(山|田|市|様|の|さ|ヶ|、|…|さいたま|々|a|1|é|😀|電話){0,40}") {
            let heads = Heads::of(["電話", "の", "a"].into_iter());
            let mut sweep = Sweep::new(&heads, &text);
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
