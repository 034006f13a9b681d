//! Normalises a text once, so that every reader after it sees one width, one dash and no invisible
//! characters, and keeps a map back to the original bytes.
//!
//! It is NFKC with exceptions: circled and raised numerals stay apart from the digits beside them,
//! dashes become `-` between digits only, and variant kanji of names become the common form.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::compose;

use super::chars;

/// A normalised text and its map.
pub struct Normalized<'a> {
    text: Cow<'a, str>,
    /// Where a stretch begins: offset here, offset in the original. Within a stretch both grow alike.
    map: Vec<(usize, usize)>,
    original: &'a str,
}

impl<'a> Normalized<'a> {
    /// Normalises `original`; text with nothing to change is borrowed.
    pub fn new(original: &'a str) -> Self {
        Builder::run(original, &FOLDING)
    }

    /// The normalised text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The normalised text; the original where nothing had to be changed.
    pub fn into_text(self) -> Cow<'a, str> {
        self.text
    }

    /// The bytes of the original that a range of the normalised text came from.
    pub fn original(&self, range: Range<usize>) -> Range<usize> {
        if self.map.is_empty() {
            return range;
        }
        let next = self.map.partition_point(|m| m.0 <= range.start);
        let start = self.original.floor_char_boundary(self.offset(range.start, next));
        // The end is near: what lies between is gone through, not searched.
        let passed = self.map[next..].iter().take_while(|m| m.0 < range.end).count();
        let end = self.original.ceil_char_boundary(self.end_offset(range.end, next + passed));
        start..end.max(start)
    }

    /// Where `at` is in the original; `next` is the stretch that begins behind it.
    fn offset(&self, at: usize, next: usize) -> usize {
        let (from, to) = if next == 0 { (0, 0) } else { self.map[next - 1] };
        let limit = self.map.get(next).map_or(self.original.len(), |m| m.1);
        (to + (at - from)).min(limit)
    }

    /// The end of a range: the start of what follows it, so that a folded character is whole.
    /// `next` is the stretch that begins there or behind.
    fn end_offset(&self, at: usize, next: usize) -> usize {
        if self.map.get(next).is_some_and(|m| m.0 == at) {
            return self.map[next].1;
        }
        self.offset(at, next)
    }
}

/// What becomes of the characters of the basic plane.
struct Folding {
    /// A bit for each that needs more than copying.
    special: Box<[u64; 1024]>,
    /// What each of these becomes where that is one character wherever it stands; zero for the others.
    single: Box<[u16; 0x1_0000]>,
}

static FOLDING: LazyLock<Folding> = LazyLock::new(|| {
    let mut folding = Folding { special: Box::new([0; 1024]), single: Box::new([0; 0x1_0000]) };
    for c in '\u{80}'..='\u{FFFF}' {
        let by_place = chars::is_invisible(c) || chars::is_dash(c) || chars::is_sound_mark(c);
        let folded: Option<char> = match chars::stays_apart(c) {
            true => Some(c),
            false => one(std::iter::once(c).nfkc().map(chars::common_form)),
        };
        if by_place || folded != Some(c) {
            folding.special[c as usize >> 6] |= 1 << (c as usize & 63);
        }
        if let Some(folded) = folded.filter(|_| !by_place) {
            folding.single[c as usize] = u16::try_from(folded as u32).unwrap_or(0);
        }
    }
    folding
});

/// The only one of an iterator.
fn one<T>(mut all: impl Iterator<Item = T>) -> Option<T> {
    all.next().filter(|_| all.next().is_none())
}

impl Folding {
    /// Where, from `at` on, the first character stands that needs more than copying.
    fn next_special(&self, bytes: &[u8], mut at: usize) -> usize {
        while let Some(b) = bytes.get(at) {
            match *b {
                0..0x80 => at += chars::ascii_run(&bytes[at..]),
                // Three bytes: nearly all of Japanese, so that these go by in a loop of their own.
                0xE0..0xF0 => {
                    let (triples, _) = bytes[at..].as_chunks::<3>();
                    let copied = |[a, b, c]: &[u8; 3]| {
                        let row = usize::from(a & 0x0F) << 6 | usize::from(b & 0x3F);
                        a & 0xF0 == 0xE0 && self.special[row] & (1 << (c & 0x3F)) == 0
                    };
                    let run = triples.iter().position(|t| !copied(t)).unwrap_or(triples.len());
                    if run == 0 {
                        return at;
                    }
                    at += run * 3;
                }
                0x80..0xE0 => {
                    let next = bytes.get(at + 1).copied().unwrap_or(0);
                    if self.special[usize::from(b & 0x1F)] & (1 << (next & 0x3F)) != 0 {
                        return at;
                    }
                    at += 2;
                }
                // Beyond the basic plane: emoji are many, letters few; none is worth a table.
                _ => return at,
            }
        }
        bytes.len()
    }
}

struct Builder<'a> {
    original: &'a str,
    out: String,
    map: Vec<(usize, usize)>,
    /// Everything before is in `out`.
    copied: usize,
    /// Everything before has been looked at.
    at: usize,
}

impl<'a> Builder<'a> {
    fn run(original: &'a str, folding: &Folding) -> Normalized<'a> {
        let mut all = Builder { original, out: String::new(), map: Vec::new(), copied: 0, at: 0 };
        loop {
            all.at = folding.next_special(original.as_bytes(), all.at);
            let Some(c) = chars::at(original, all.at) else {
                break;
            };
            let next = all.at + c.len_utf8();
            // Most dashes are the long vowels of katakana and stay.
            if !(chars::is_dash(c) && chars::plain_dash(c) == c && !all.behind_digit()) {
                all.copy();
                all.fold(c, next, folding);
                all.copied = next;
            }
            all.at = next;
        }
        if all.map.is_empty() {
            return Normalized { text: Cow::Borrowed(original), map: Vec::new(), original };
        }
        all.copy();
        Normalized { text: Cow::Owned(all.out), map: all.map, original }
    }

    /// Copies what has been passed over.
    fn copy(&mut self) {
        if self.map.is_empty() {
            self.out.reserve(self.original.len() + self.original.len() / 16);
            self.map.push((0, 0));
        }
        self.out.push_str(&self.original[self.copied..self.at]);
    }

    /// Writes what stands for `c`; `next` is where the original goes on.
    fn fold(&mut self, c: char, next: usize, folding: &Folding) {
        let here = self.at;
        let before = self.out.len();
        let single = folding.single.get(c as usize).and_then(|code| char::from_u32(u32::from(*code)));
        if let Some(single) = single.filter(|c| *c != '\0') {
            self.out.push(single);
        } else if chars::is_invisible(c) {
        } else if chars::is_sound_mark(c) {
            self.join_sound_mark(c);
        } else if chars::is_dash(c) {
            let dash = if self.between_digits(next) { '-' } else { chars::plain_dash(c) };
            self.out.push(dash);
        } else {
            self.out.extend(std::iter::once(c).nfkc().map(chars::common_form));
        }
        let wrote = self.out.len() as isize - before as isize;
        if wrote == (next - here) as isize {
            return;
        }
        self.mark(before.min(self.out.len()), here);
        self.mark(self.out.len(), next);
    }

    fn mark(&mut self, here: usize, original: usize) {
        match self.map.last_mut() {
            Some(last) if last.0 == here => {
                // Deleted bytes belong to what follows, but a start keeps its first byte.
                last.1 = original;
            }
            _ => self.map.push((here, original)),
        }
    }

    /// A voiced sound mark joins the kana before it (half-width ﾊﾞ, decomposed か+゙).
    fn join_sound_mark(&mut self, c: char) {
        let mark = chars::combining_sound_mark(c);
        if let Some(last) = self.out.chars().next_back()
            && let Some(joined) = compose(last, mark)
        {
            self.out.pop();
            self.out.push(joined);
            return;
        }
        self.out.push(c);
    }

    fn between_digits(&self, next: usize) -> bool {
        self.behind_digit()
            && self.original[next..]
                .chars()
                .find(|c| !chars::is_invisible(*c))
                .is_some_and(|c| chars::digit(c).is_some() || matches!(c, '(' | '（' | '\n' | '\r'))
    }

    /// Whether what stands before is a digit, or the bracket that ends an area code.
    fn behind_digit(&self) -> bool {
        let passed = self.original.as_bytes()[self.copied..self.at].last();
        let before = passed.or(self.out.as_bytes().last());
        before.is_some_and(|b| b.is_ascii_digit() || *b == b')')
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn normal(text: &str) -> String {
        Normalized::new(text).as_str().to_string()
    }

    #[test]
    fn widths_dashes_and_look_alikes_are_folded() {
        assert_eq!(normal("０９０ー１２３４−５６７８"), "090-1234-5678");
        assert_eq!(normal("03‐1234‑5678 03–1234—5678"), "03-1234-5678 03-1234-5678");
        assert_eq!(normal("（０３）１２３４－５６７８"), "(03)1234-5678");
        assert_eq!(normal("ﾔﾏﾀﾞ　ﾀﾛｳ"), "ヤマダ タロウ");
        assert_eq!(normal("データー"), "データー");
        assert_eq!(normal("個⼈の⽇付"), "個人の日付");
        assert_eq!(normal("㍻元年 ㋿2年"), "平成元年 令和2年");
        assert_eq!(normal("髙﨑 渡邊 葛\u{E0100}城"), "高崎 渡辺 葛城");
        assert_eq!(normal("4111\u{200B}1111"), "41111111");
        assert_eq!(normal("か\u{3099}"), "が");
    }

    #[test]
    fn circled_and_raised_numerals_stay_apart_from_digits() {
        assert_eq!(normal("①03-1234"), "①03-1234");
        assert_eq!(normal("m²12"), "m²12");
    }

    #[test]
    fn offsets_lead_back_to_the_original() {
        let original = "電話：０９０ー１２３４−５６７８です";
        let normalized = Normalized::new(original);
        let at = normalized.as_str().find("090-1234-5678").expect("folded");
        let back = normalized.original(at..at + 13);
        assert_eq!(&original[back], "０９０ー１２３４−５６７８");
    }

    #[test]
    fn plain_text_is_borrowed() {
        assert!(matches!(Normalized::new("plain 山田太郎 text").text, Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn every_range_leads_back_to_whole_characters(text in "\\PC{0,60}|[ｱ-ﾟ０-９ー−がば\u{3099}\u{200B}㍻髙a-z]{0,60}") {
            let normalized = Normalized::new(&text);
            let s = normalized.as_str();
            let edges: Vec<usize> = s.char_indices().map(|(i, _)| i).chain([s.len()]).collect();
            for (n, &start) in edges.iter().enumerate() {
                for &end in &edges[n..] {
                    let range = normalized.original(start..end);
                    prop_assert!(text.get(range).is_some());
                }
            }
        }
    }
}
