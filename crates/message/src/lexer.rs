//! The tokens of address fields (RFC 5322 section 3.2). Where a quote, bracket or comment is left
//! open, the lexer says so and stops, so that it never looks at a byte more than twice.

use std::ops::Range;

use super::words;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An atom, with the dots in and around it.
    Text,
    /// With its quotes.
    Quoted,
    /// With its parentheses.
    Comment,
    /// An encoded word (RFC 2047).
    Word,
    /// With its angle brackets.
    Angle,
    /// A domain literal, with its brackets.
    Literal,
    At,
    Comma,
    Semicolon,
    Colon,
    /// A character that has no place there.
    Stray,
    /// Something was opened that is never closed; nothing follows.
    Broken,
}

#[derive(Clone, Copy, Debug)]
pub struct Token {
    pub kind: Kind,
    pub start: usize,
    pub end: usize,
}

/// Display names are shorter, in bytes.
const MAX_NAME: usize = 256;
/// Names with an unbalanced parenthesis in one field.
const MAX_WIDE: u8 = 16;

pub struct Lexer<'x> {
    bytes: &'x [u8],
    at: usize,
    behind_at: bool,
    /// How many comments were found to be a name with a wide parenthesis; each look costs the rest of the
    /// value, so that they are few.
    wide: u8,
}

impl<'x> Lexer<'x> {
    pub fn new(bytes: &'x [u8]) -> Self {
        Lexer { bytes, at: 0, behind_at: false, wide: 0 }
    }

    /// The tokens of a range; their places are those in `bytes`.
    pub fn within(bytes: &'x [u8], range: Range<usize>) -> Self {
        let bytes = bytes.get(..range.end).unwrap_or(bytes);
        Lexer { bytes, at: range.start, behind_at: false, wide: 0 }
    }

    pub fn next(&mut self) -> Option<Token> {
        while self.bytes.get(self.at).is_some_and(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
        let start = self.at;
        let first = *self.bytes.get(start)?;
        let one = start + 1;
        let (kind, end) = match first {
            b'"' => (Kind::Quoted, self.quoted(one)),
            b'(' => match self.comment(one) {
                // `(株）`: a wide parenthesis closes it for people; it is a part of the name.
                None => match self.wide_close(one) {
                    Some(end) => {
                        self.wide += 1;
                        (Kind::Text, Some(end))
                    }
                    None => (Kind::Comment, None),
                },
                end => (Kind::Comment, end),
            },
            b')' if self.is_open_wide(start) => (Kind::Text, Some(one)),
            b'<' => (Kind::Angle, self.angle(one)),
            b'[' if self.behind_at => (Kind::Literal, self.literal(one)),
            b'@' => (Kind::At, Some(one)),
            b',' => (Kind::Comma, Some(one)),
            b';' => (Kind::Semicolon, Some(one)),
            b':' => (Kind::Colon, Some(one)),
            b')' | b'>' | b'\\' => (Kind::Stray, Some(one)),
            _ => match words::encoded_word(&self.bytes[start..]) {
                Some(word) => (Kind::Word, Some(start + word.len)),
                None => (Kind::Text, self.text(start)),
            },
        };
        self.behind_at = kind == Kind::At || kind == Kind::Comment && self.behind_at;
        match end {
            Some(end) => {
                self.at = end;
                Some(Token { kind, start, end })
            }
            None => {
                self.at = self.bytes.len();
                Some(Token { kind: Kind::Broken, start, end: self.bytes.len() })
            }
        }
    }

    /// Behind a wide `）` that stands before the address of the entry.
    fn wide_close(&self, at: usize) -> Option<usize> {
        let rest = self.bytes.get(at..).filter(|_| self.wide < MAX_WIDE)?;
        let rest = &rest[..rest.len().min(MAX_NAME)];
        let end = memchr::memchr3(b'<', b',', b'@', rest).unwrap_or(rest.len());
        memchr::memmem::find(&rest[..end], "）".as_bytes()).map(|found| at + found + "）".len())
    }

    /// Whether a wide `（` of the same entry is still open before `at`.
    fn is_open_wide(&self, at: usize) -> bool {
        let before = &self.bytes[at.saturating_sub(MAX_NAME)..at];
        let from = before.iter().rposition(|b| matches!(b, b',' | b'<' | b'>')).map_or(0, |i| i + 1);
        let entry = &before[from..];
        let count = |sign: &str| memchr::memmem::find_iter(entry, sign.as_bytes()).count();
        count("（") > count("）")
    }

    fn text(&self, start: usize) -> Option<usize> {
        let mut at = start;
        while let Some(&b) = self.bytes.get(at) {
            match b {
                b' ' | b'\t' | b'\r' | b'\n' | b'"' | b'(' | b')' | b'<' | b'>' | b'@' | b',' | b';'
                | b':' | b'\\' => break,
                0x1b => at = self.escape(at)?,
                b'=' if at > start && words::encoded_word(&self.bytes[at..]).is_some() => break,
                _ => at += 1,
            }
        }
        Some(at)
    }

    /// Raw ISO-2022-JP (RFC 1468): between its escapes every byte is half a character, whatever it
    /// looks like. It must end in its line.
    fn escape(&self, start: usize) -> Option<usize> {
        let rest = &self.bytes[start..];
        if matches!(rest, [0x1b, b'(', b'B' | b'J', ..]) {
            return Some(start + 3);
        }
        let line = &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())];
        let back = memchr::memmem::find(line, b"\x1b(B").or_else(|| memchr::memmem::find(line, b"\x1b(J"))?;
        Some(start + back + 3)
    }

    /// Behind the quote that ends the quoted string whose text starts at `at`.
    fn quoted(&self, mut at: usize) -> Option<usize> {
        loop {
            let rest = self.bytes.get(at..)?;
            at += memchr::memchr2(b'"', b'\\', rest)?;
            if self.bytes[at] == b'"' {
                return Some(at + 1);
            }
            at += 2;
        }
    }

    fn comment(&self, mut at: usize) -> Option<usize> {
        let mut depth = 1u32;
        loop {
            let rest = self.bytes.get(at..)?;
            at += memchr::memchr3(b'(', b')', b'\\', rest)?;
            match self.bytes[at] {
                b'(' => depth += 1,
                b')' => depth -= 1,
                _ => at += 1,
            }
            at += 1;
            if depth == 0 {
                return Some(at);
            }
        }
    }

    fn angle(&self, mut at: usize) -> Option<usize> {
        loop {
            match self.bytes.get(at)? {
                b'>' => return Some(at + 1),
                b'<' => return None,
                b'"' => at = self.quoted(at + 1)?,
                b'(' => at = self.comment(at + 1)?,
                _ => at += 1,
            }
        }
    }

    fn literal(&self, at: usize) -> Option<usize> {
        let rest = &self.bytes[at..];
        let end = memchr::memchr3(b']', b'[', b',', rest)?;
        (rest[end] == b']').then_some(at + end + 1)
    }
}
