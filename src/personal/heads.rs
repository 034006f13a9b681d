//! The places of a text where one of many words may begin, told by their first bytes. An automaton that
//! follows every byte of every text takes several times as long.

use super::chars;

/// How many bits of a hash tell the first three bytes apart: a few hundred words fill them thinly.
const BITS: u32 = 14;
/// From this length on a word is told by its first six bytes: two wide characters.
const LONG: usize = 6;

const SHORT_WORD: u8 = 1;
const LONG_WORD: u8 = 2;

/// The beginnings of all words, hashed, in either case.
pub(super) struct Heads {
    /// A bit for each character of three bytes that words begin with: all that most of Japanese is asked.
    wide: Box<[u64; 1024]>,
    /// By the first three bytes, whether short or long words begin so.
    three: Box<[u8; 1 << BITS]>,
    /// By the first six bytes, whether a long word begins so.
    six: Box<[bool; 1 << BITS]>,
}

impl Heads {
    pub fn of<'p>(words: impl Iterator<Item = &'p str>) -> Self {
        let mut heads = Heads {
            wide: Box::new([0; 1024]),
            three: Box::new([0; 1 << BITS]),
            six: Box::new([false; 1 << BITS]),
        };
        for word in words {
            let mut head = window(word.as_bytes(), 0);
            let (row, bit) = place([head[0], head[1], head[2]]);
            heads.wide[row] |= u64::from(head[0] >= 0xE0) << bit;
            let length = if word.len() < LONG { SHORT_WORD } else { LONG_WORD };
            if length == LONG_WORD {
                heads.six[six(head)] = true;
            }
            // A word of one or two bytes goes with whatever follows it.
            for second in any_of(word, 1) {
                for third in any_of(word, 2) {
                    (head[1], head[2]) = (second, third);
                    heads.three[three([head[0], second, third, 0])] |= length;
                }
            }
        }
        heads
    }

    /// The places of a text where words may begin.
    pub fn places<'a>(&'a self, text: &'a str) -> Places<'a> {
        Places { heads: self, bytes: text.as_bytes(), at: 0, ascii: 0 }
    }

    fn may_begin(&self, bytes: &[u8], at: usize) -> bool {
        let head = window(bytes, at);
        match self.three[three([head[0], head[1], head[2], 0])] {
            0 => false,
            LONG_WORD => self.six[six(head)],
            _ => true,
        }
    }
}

/// Goes from place to place.
pub(super) struct Places<'a> {
    heads: &'a Heads,
    bytes: &'a [u8],
    /// Everything before has been looked at.
    at: usize,
    /// Up to here there are only ASCII characters.
    ascii: usize,
}

impl Iterator for Places<'_> {
    type Item = usize;

    /// The next place where a word may begin. It may be none, but no word begins before it.
    fn next(&mut self) -> Option<usize> {
        loop {
            let rest = self.bytes.get(self.at..)?;
            let passed = match *rest.first()? {
                0..0x80 => self.narrow(rest),
                0xE0..0xF0 => self.wide(rest),
                // No word begins inside a character.
                0x80..0xC0 => {
                    self.at += 1;
                    continue;
                }
                _ => 0,
            };
            let place = self.at + passed;
            self.at = place + 1;
            if self.heads.may_begin(self.bytes, place) {
                return Some(place);
            }
        }
    }
}

impl Places<'_> {
    /// Goes on from a place that is not before the last one.
    pub fn go_on(&mut self, at: usize) {
        self.at = at;
    }

    /// How many ASCII characters go by before the beginning of a word may stand.
    fn narrow(&mut self, rest: &[u8]) -> usize {
        if self.ascii <= self.at {
            self.ascii = self.at + chars::ascii_run(rest);
        }
        let windows = &rest[..rest.len().min(self.ascii - self.at + 3)];
        let head = windows.array_windows().map(|w| self.heads.three[three(*w)]).position(|h| h != 0);
        head.unwrap_or(windows.len().saturating_sub(3))
    }

    /// The same for characters of three bytes.
    fn wide(&self, rest: &[u8]) -> usize {
        let (triples, end) = rest.as_chunks::<3>();
        let stops = |t: &[u8; 3]| {
            let (row, bit) = place(*t);
            t[0] & 0xF0 != 0xE0 || self.heads.wide[row] & (1 << bit) != 0
        };
        triples.iter().position(stops).map_or(rest.len() - end.len(), |n| n * 3)
    }
}

/// The bytes that may stand at a place of a word: its own, or any behind its end.
fn any_of(word: &str, at: usize) -> std::ops::RangeInclusive<u8> {
    word.as_bytes().get(at).map_or(0..=255, |b| *b..=*b)
}

/// Six bytes from a place on; zeros behind the end.
fn window(bytes: &[u8], at: usize) -> [u8; 6] {
    std::array::from_fn(|i| bytes.get(at + i).copied().unwrap_or(0))
}

/// Where a character of three bytes is noted.
#[inline]
fn place([a, b, c]: [u8; 3]) -> (usize, u32) {
    (usize::from(a & 0x0F) << 6 | usize::from(b & 0x3F), u32::from(c & 0x3F))
}

/// Where the first three of four bytes are noted. Letters of either case fall together, and so do a few
/// other bytes.
#[inline]
fn three(bytes: [u8; 4]) -> usize {
    let word = (u32::from_le_bytes(bytes) | 0x2020_2020) << 8;
    (word.wrapping_mul(0x9E37_79B1) >> (32 - BITS)) as usize
}

/// Where six bytes are noted, likewise.
fn six([a, b, c, d, e, f]: [u8; 6]) -> usize {
    let word = u64::from_le_bytes([a, b, c, d, e, f, 0, 0]) | 0x2020_2020_2020;
    (word.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - BITS)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Wherever a word stands, it is among the places.
        #[test]
        fn no_word_is_passed_over(text in "([a-cA-C .]|あ|い|é|😀|abcabc){0,40}") {
            let words = ["ab", "a", "cab", "あ", "いあ", "b c.", "éa", "abcabcb", "いいあ"];
            let heads = Heads::of(words.into_iter());
            let lower = text.to_ascii_lowercase();
            let places: Vec<usize> = heads.places(&text).collect();
            for word in words {
                for (start, _) in lower.match_indices(word) {
                    prop_assert!(places.contains(&start), "{word} at {start}");
                }
            }
        }
    }

    #[test]
    fn most_places_are_passed_over() {
        let heads = Heads::of(["passport", "氏名", "tel"].into_iter());
        let text = "pass the telescope to 氏子 and to 氏名";
        let places: Vec<usize> = heads.places(text).collect();
        assert_eq!(places, [text.find("tel").unwrap(), text.find("氏名").unwrap()]);
    }
}
