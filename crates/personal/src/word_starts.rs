//! The places of a text where one of many words may begin, told by their first bytes. An automaton that
//! follows every byte of every text takes several times as long.

use super::chars;

/// How many bits of a hash tell the first three bytes apart: a few hundred words fill them thinly.
const BITS: u32 = 14;
/// By how many bytes a word is told apart, and the bit that says so. Six are two wide characters; eight nearly
/// three.
const THREE: u8 = 1;
const SIX: u8 = 2;
const EIGHT: u8 = 4;

/// The beginnings of all words, hashed, in either case.
pub(super) struct Heads {
    /// A bit for each character of three bytes that words begin with: all that most of Japanese is asked.
    wide: Box<[u64; 1024]>,
    /// By the first three bytes, by how many bytes the words that begin so are told apart.
    three: Box<[u8; 1 << BITS]>,
    /// By the first six or eight bytes, those by which words are told apart that begin so.
    more: Box<[u8; 1 << BITS]>,
}

impl Heads {
    pub fn of<'p>(words: impl Iterator<Item = &'p str>) -> Self {
        let mut heads = Heads {
            wide: Box::new([0; 1024]),
            three: Box::new([0; 1 << BITS]),
            more: Box::new([0; 1 << BITS]),
        };
        for word in words {
            let mut head = window(word.as_bytes(), 0);
            let (row, bit) = place([head[0], head[1], head[2]]);
            heads.wide[row] |= u64::from(head[0] >= 0xE0) << bit;
            let long = chars::eight(word.as_bytes(), 0);
            let told = match word.len() {
                0..6 => THREE,
                6..8 => SIX,
                _ => EIGHT,
            };
            match told {
                SIX => heads.more[more(long & SIX_BYTES)] |= SIX,
                EIGHT => heads.more[more(long)] |= EIGHT,
                _ => {}
            }
            // A word of one or two bytes goes with whatever follows it.
            for second in any_of(word, 1) {
                for third in any_of(word, 2) {
                    (head[1], head[2]) = (second, third);
                    heads.three[three([head[0], second, third, 0])] |= told;
                }
            }
        }
        heads
    }

    /// The places of a text where words may begin.
    pub fn places<'a>(&'a self, text: &'a str) -> Places<'a> {
        Places { heads: self, bytes: text.as_bytes(), at: 0, ascii: 0 }
    }

    /// Whether a word may begin at a place.
    #[inline]
    pub fn may_begin(&self, bytes: &[u8], at: usize) -> bool {
        let word = chars::eight(bytes, at);
        let told = self.three[three((word as u32).to_le_bytes())];
        told != 0
            && (told & THREE
                | told & SIX & self.more[more(word & SIX_BYTES)]
                | told & EIGHT & self.more[more(word)])
                != 0
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
            match *rest.first()? {
                0..0x80 => self.at += self.narrow(rest),
                0xE0..0xF0 => {
                    if let Some(place) = self.wide() {
                        return Some(place);
                    }
                    continue;
                }
                // No word begins inside a character.
                0x80..0xC0 => {
                    self.at += 1;
                    continue;
                }
                _ => {}
            }
            let place = self.at;
            self.at += 1;
            if self.heads.may_begin(self.bytes, place) {
                return Some(place);
            }
        }
    }
}

impl Places<'_> {
    /// How many ASCII characters go by before the beginning of a word may stand.
    fn narrow(&mut self, rest: &[u8]) -> usize {
        if self.ascii <= self.at {
            self.ascii = self.at + chars::ascii_run(rest);
        }
        let windows = &rest[..rest.len().min(self.ascii - self.at + 3)];
        let head = windows.array_windows().map(|w| self.heads.three[three(*w)]).position(|h| h != 0);
        head.unwrap_or(windows.len().saturating_sub(3))
    }

    /// Goes over characters of three bytes to the first where a word may begin, if one of them is. It stands apart
    /// so that its loop has the registers for itself.
    #[inline(never)]
    fn wide(&mut self) -> Option<usize> {
        let wide = &*self.heads.wide;
        let mut rest = &self.bytes[self.at..];
        while let Some((t, behind)) = rest.split_first_chunk::<3>() {
            let (row, bit) = place(*t);
            if t[0] & 0xF0 != 0xE0 {
                break;
            }
            if wide[row] >> bit & 1 != 0 {
                let at = self.bytes.len() - rest.len();
                if self.heads.may_begin(self.bytes, at) {
                    self.at = at + 3;
                    return Some(at);
                }
            }
            rest = behind;
        }
        self.at = self.bytes.len() - rest.len();
        None
    }
}

/// One in each of eight bytes.
pub(super) const EACH: u64 = 0x0101_0101_0101_0101;

/// The bytes that may stand at a place of a word: its own, or any behind its end.
fn any_of(word: &str, at: usize) -> std::ops::RangeInclusive<u8> {
    word.as_bytes().get(at).map_or(0..=255, |b| *b..=*b)
}

/// Three bytes from a place on; zeros behind the end.
fn window(bytes: &[u8], at: usize) -> [u8; 3] {
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

const SIX_BYTES: u64 = 0xFFFF_FFFF_FFFF;

/// Where six bytes (and two of zeros) or eight are noted, likewise.
#[inline]
fn more(word: u64) -> usize {
    ((word | (EACH * 0x20)).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - BITS)) as usize
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
