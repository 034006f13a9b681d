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
        let table = &*SPECIAL;
        match first_special(original, table) {
            None => Normalized { text: Cow::Borrowed(original), map: Vec::new(), original },
            Some(at) => Builder::new(original, at).run(table),
        }
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
        let start = self.original.floor_char_boundary(self.offset(range.start));
        let end = self.original.ceil_char_boundary(self.end_offset(range.end));
        start..end.max(start)
    }

    fn offset(&self, at: usize) -> usize {
        let next = self.map.partition_point(|m| m.0 <= at);
        let (from, to) = if next == 0 { (0, 0) } else { self.map[next - 1] };
        let limit = self.map.get(next).map_or(self.original.len(), |m| m.1);
        (to + (at - from)).min(limit)
    }

    /// The end of a range: the start of what follows it, so that a folded character is whole.
    fn end_offset(&self, at: usize) -> usize {
        let next = self.map.partition_point(|m| m.0 < at);
        if self.map.get(next).is_some_and(|m| m.0 == at) {
            return self.map[next].1;
        }
        self.offset(at)
    }
}

/// Bits for the characters of the basic plane that need more than copying.
static SPECIAL: LazyLock<Box<[u64; 1024]>> = LazyLock::new(|| {
    let mut table = Box::new([0u64; 1024]);
    for code in 0x80..0x1_0000u32 {
        let Some(c) = char::from_u32(code) else {
            continue;
        };
        let special = chars::is_invisible(c)
            || chars::is_dash(c)
            || chars::is_sound_mark(c)
            || chars::common_form(c) != c
            || (!chars::stays_apart(c) && !std::iter::once(c).nfkc().eq(std::iter::once(c)));
        if special {
            table[(code >> 6) as usize] |= 1 << (code & 63);
        }
    }
    table
});

fn is_special(c: char, table: &[u64; 1024]) -> bool {
    let code = c as u32;
    // Beyond the basic plane: emoji are many, letters few; none is worth a table.
    code > 0xFFFF || (code >= 0x80 && table[(code >> 6) as usize] & (1 << (code & 63)) != 0)
}

fn first_special(text: &str, table: &[u64; 1024]) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] < 0x80 {
            at += chars::ascii_run(&bytes[at..]);
            continue;
        }
        let c = chars::at(text, at)?;
        if is_special(c, table) {
            return Some(at);
        }
        at += c.len_utf8();
    }
    None
}

struct Builder<'a> {
    original: &'a str,
    out: String,
    map: Vec<(usize, usize)>,
    /// Everything before has been written.
    at: usize,
}

impl<'a> Builder<'a> {
    fn new(original: &'a str, first: usize) -> Self {
        let mut out = String::with_capacity(original.len() + original.len() / 16);
        out.push_str(&original[..first]);
        Builder { original, out, map: vec![(0, 0)], at: first }
    }

    fn run(mut self, table: &[u64; 1024]) -> Normalized<'a> {
        let bytes = self.original.as_bytes();
        let mut copied = self.at;
        while self.at < bytes.len() {
            if bytes[self.at] < 0x80 {
                self.at += chars::ascii_run(&bytes[self.at..]);
                continue;
            }
            let Some(c) = chars::at(self.original, self.at) else {
                break;
            };
            if !is_special(c, table) {
                self.at += c.len_utf8();
                continue;
            }
            self.out.push_str(&self.original[copied..self.at]);
            let next = self.at + c.len_utf8();
            self.fold(c, next);
            self.at = next;
            copied = next;
        }
        self.out.push_str(&self.original[copied..]);
        Normalized { text: Cow::Owned(self.out), map: self.map, original: self.original }
    }

    /// Writes what stands for `c`; `next` is where the original goes on.
    fn fold(&mut self, c: char, next: usize) {
        let here = self.at;
        let before = self.out.len();
        if chars::is_invisible(c) {
        } else if chars::is_sound_mark(c) {
            self.join_sound_mark(c);
        } else if chars::is_dash(c) {
            let dash = if self.between_digits(next) { '-' } else { chars::plain_dash(c) };
            self.out.push(dash);
        } else if chars::stays_apart(c) {
            self.out.push(c);
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
        let before = self.out.as_bytes().last();
        if !before.is_some_and(|b| b.is_ascii_digit() || *b == b')') {
            return false;
        }
        self.original[next..]
            .chars()
            .find(|c| !chars::is_invisible(*c))
            .is_some_and(|c| chars::digit(c).is_some() || matches!(c, '(' | '（' | '\n' | '\r'))
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
