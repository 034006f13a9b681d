//! The shipped word lists, as sets that are asked character by character while a text is read.

use std::sync::LazyLock;

use super::chars;

/// A set of words, kept as 64-bit hashes: a wrong "yes" is one in 10¹⁴.
pub struct WordSet {
    slots: Vec<u64>,
    mask: usize,
    longest: usize,
    /// The words of one character.
    single: CharSet,
    /// How the words begin that have two characters or more, and those that have more.
    heads: WordHeads,
    longer: WordHeads,
}

/// The hash of a word so far, and one character more.
#[inline]
pub fn step(hash: u64, c: char) -> u64 {
    step_code(hash, u64::from(c as u32))
}

#[inline]
fn step_code(hash: u64, code: u64) -> u64 {
    (hash.rotate_left(7) ^ code).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// The hash of a whole word.
pub fn hash(word: &str) -> u64 {
    word.chars().fold(0, step)
}

/// How many bits the heads have.
const HEADS: usize = 1 << 18;

/// Where the first six of eight bytes, which are two wide characters, are noted.
#[inline]
fn head(word: u64) -> usize {
    ((word << 16).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - HEADS.ilog2())) as usize
}

impl WordSet {
    /// A set of words, each in its common form (see [`chars::common_form`]).
    pub fn new<'a>(words: impl Iterator<Item = &'a str>) -> Self {
        let (mut hashes, mut single) = (Vec::new(), Vec::new());
        let (mut heads, mut longer) = (WordHeads::new(), WordHeads::new());
        let mut longest = 0;
        for word in words {
            longest = longest.max(word.chars().count());
            let mut folded = word.chars().map(chars::common_form);
            hashes.push(folded.clone().fold(0, step).max(1));
            match (folded.next(), folded.next()) {
                (Some(first), Some(second)) => {
                    let two = chars::eight(String::from_iter([first, second]).as_bytes(), 0);
                    heads.note(two);
                    if folded.next().is_some() {
                        longer.note(two);
                    }
                }
                (first, _) => single.extend(first),
            }
        }
        let size = (hashes.len() * 4).next_power_of_two().max(16);
        let single = CharSet::of(single.into_iter());
        let mut set = WordSet { slots: vec![0; size], mask: size - 1, longest, single, heads, longer };
        for h in hashes {
            set.insert(h);
        }
        set
    }

    /// Whether a character is a word by itself; those beyond the basic plane are none.
    pub fn has_character(&self, c: char) -> bool {
        self.single.has(c)
    }

    /// The beginnings of the words.
    #[inline]
    pub fn heads(&self) -> &WordHeads {
        &self.heads
    }

    /// Whether a word of two characters or more may begin with the wide characters that are the first six of
    /// eight bytes. Unlike [`WordHeads::has`] it is seldom mistaken: words of two are looked up.
    #[inline]
    pub fn may_begin(&self, eight: u64) -> bool {
        let [first, second] = [eight, eight >> 24].map(|c| chars::wide(c) as u64);
        self.heads.has(eight) && (self.longer.has(eight) || self.has(step_code(step_code(0, first), second)))
    }

    fn insert(&mut self, h: u64) {
        let mut at = (h >> 32) as usize & self.mask;
        while self.slots[at] != 0 && self.slots[at] != h {
            at = (at + 1) & self.mask;
        }
        self.slots[at] = h;
    }

    /// Whether a word with this hash is in the set.
    pub fn has(&self, h: u64) -> bool {
        let h = h.max(1);
        let mut at = (h >> 32) as usize & self.mask;
        loop {
            match self.slots[at] {
                0 => return false,
                found if found == h => return true,
                _ => at = (at + 1) & self.mask,
            }
        }
    }

    /// Whether a word is in the set.
    pub fn contains(&self, word: &str) -> bool {
        self.has(hash(word))
    }

    /// Whether two parts are a word together.
    pub fn contains_joined(&self, first: &str, second: &str) -> bool {
        self.has(second.chars().fold(hash(first), step))
    }

    /// The ends (byte offsets, shortest first) of the words that begin at `at`, six at the most.
    pub fn ends(&self, text: &str, at: usize) -> Ends {
        let mut ends = Ends::default();
        let word = |c: &char| chars::is_han(*c) || chars::is_kana(*c) || *c == 'ノ';
        let Some(first) = chars::at(text, at) else {
            return ends;
        };
        let mut pos = at + first.len_utf8();
        if self.has_character(first) {
            ends.push(pos);
        }
        let two = chars::eight(text.as_bytes(), at);
        let wide = first.len_utf8() == 3;
        if (wide && !self.heads.has(two)) || !word(&first) {
            return ends;
        }
        let longest = if wide && !self.longer.has(two) { 2 } else { self.longest };
        let mut h = step(0, first);
        for _ in 1..longest {
            let Some(c) = chars::at(text, pos).filter(word) else {
                break;
            };
            h = step(h, c);
            pos += c.len_utf8();
            if self.has(h) {
                ends.push(pos);
            }
        }
        ends
    }
}

/// The beginnings of words: a bit for each hash of two wide characters, small enough to stay in the nearest cache.
/// It turns most places of a text away.
#[derive(Clone)]
pub struct WordHeads(Box<[u64; HEADS / 64]>);

impl WordHeads {
    fn new() -> Self {
        WordHeads(Box::new([0; HEADS / 64]))
    }

    /// Notes the two characters that are the first six of eight bytes.
    pub fn note(&mut self, word: u64) {
        let at = head(word);
        self.0[at >> 6] |= 1 << (at & 63);
    }

    /// Whether words may begin with them.
    #[inline]
    pub fn has(&self, word: u64) -> bool {
        let at = head(word);
        self.0[at >> 6] & (1 << (at & 63)) != 0
    }
}

/// A few byte offsets.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ends {
    offsets: [usize; 6],
    length: usize,
}

impl Ends {
    fn push(&mut self, offset: usize) {
        if let Some(slot) = self.offsets.get_mut(self.length) {
            *slot = offset;
            self.length += 1;
        }
    }

    /// Longest first.
    pub fn longest_first(&self) -> impl Iterator<Item = usize> + '_ {
        self.offsets[..self.length].iter().rev().copied()
    }
}

/// All the lists.
pub struct Dictionary {
    pub surnames: WordSet,
    pub given: WordSet,
    pub kana_surnames: WordSet,
    pub kana_given: WordSet,
    /// Stems of municipalities: 箕面, つくば.
    pub places: WordSet,
    /// Ordinary words that read like surname + given name.
    pub words: WordSet,
    /// Kanji that given names of two or more characters begin with, and end in.
    given_first: CharSet,
    given_last: CharSet,
}

/// The dictionary, made at first use (about 10 ms).
pub static DICTIONARY: LazyLock<Dictionary> = LazyLock::new(|| {
    let given_text =
        concat!(include_str!("dictionaries/given.txt"), include_str!("dictionaries/added-given.txt"));
    let (given_first, given_last) = given_characters(words_of(given_text));
    Dictionary {
        surnames: WordSet::new(words_of(include_str!("dictionaries/surnames.txt"))),
        given: WordSet::new(words_of(given_text)),
        kana_surnames: WordSet::new(words_of(include_str!("dictionaries/kana-surnames.txt"))),
        kana_given: WordSet::new(words_of(include_str!("dictionaries/kana-given.txt"))),
        places: WordSet::new(words_of(include_str!("dictionaries/places.txt"))),
        words: WordSet::new(words_of(include_str!("dictionaries/words.txt"))),
        given_first,
        given_last,
    }
});

fn words_of(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(|line| line.split('#').next().unwrap_or(line)).flat_map(str::split_whitespace)
}

impl Dictionary {
    /// Whether kanji read like a given name although no list has it: typical first and last kanji.
    pub fn is_like_given(&self, word: &str) -> bool {
        let mut all = word.chars();
        match (all.next(), all.next_back()) {
            (Some(first), Some(last)) => {
                word.chars().count() <= 3
                    && word.chars().all(chars::is_han)
                    && self.given_first.has(first)
                    && self.given_last.has(last)
            }
            _ => false,
        }
    }
}

/// How many given names must begin or end with a kanji for it to be typical.
const TYPICAL: u16 = 6;

fn given_characters<'a>(words: impl Iterator<Item = &'a str>) -> (CharSet, CharSet) {
    let (mut first, mut last) = (vec![0u16; 0x1_0000], vec![0u16; 0x1_0000]);
    for word in words {
        let mut all = word.chars().map(chars::common_form);
        if let (Some(a), Some(b)) = (all.next(), all.next_back()) {
            for (counts, c) in [(&mut first, a), (&mut last, b)] {
                if let Some(count) = counts.get_mut(c as usize) {
                    *count += 1;
                }
            }
        }
    }
    let typical = |counts: &[u16]| {
        let codes = counts.iter().zip(0u32..).filter(|(count, _)| **count >= TYPICAL);
        CharSet::of(codes.filter_map(|(_, code)| char::from_u32(code)))
    };
    (typical(&first), typical(&last))
}

/// A set of characters of the basic plane.
pub(super) struct CharSet(Box<[u64; 1024]>);

impl CharSet {
    /// The set of some characters; those beyond the basic plane are left out.
    pub fn of(characters: impl Iterator<Item = char>) -> Self {
        let mut bits = Box::new([0; 1024]);
        for code in characters.map(|c| c as usize) {
            if let Some(row) = bits.get_mut(code >> 6) {
                *row |= 1u64 << (code & 63);
            }
        }
        CharSet(bits)
    }

    #[inline]
    pub fn has(&self, c: char) -> bool {
        let code = c as usize;
        self.0.get(code >> 6).is_some_and(|word| word & (1 << (code & 63)) != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_know_common_names_and_words() {
        let d = &*DICTIONARY;
        for surname in ["佐藤", "長谷川", "渡辺", "林"] {
            assert!(d.surnames.contains(surname), "{surname}");
        }
        for given in ["太郎", "美咲", "陽葵", "さくら"] {
            assert!(d.given.contains(given), "{given}");
        }
        assert!(d.kana_surnames.contains("ヤマダ") && d.kana_given.contains("タロウ"));
        assert!(d.places.contains("箕面") && d.places.contains("さいたま"));
        assert!(d.words.contains("三省堂"));
        assert!(!d.surnames.contains("会議"));
        assert!(d.is_like_given("陽花") && !d.is_like_given("工場") && !d.is_like_given("a"));
    }

    #[test]
    fn words_at_a_place_end_where_they_end() {
        let ends: Vec<usize> = DICTIONARY.surnames.ends("長谷川一郎", 0).longest_first().collect();
        assert_eq!(ends.first(), Some(&9));
        assert!(DICTIONARY.surnames.ends("", 0).longest_first().next().is_none());
        assert!(DICTIONARY.surnames.ends("abc", 1).longest_first().next().is_none());
    }
}
