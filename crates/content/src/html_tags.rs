//! The pieces of a page's markup: elements, attributes, text with character references.

use std::borrow::Cow;

use memchr::{memchr, memchr2, memmem};

use super::entities;

/// The elements that matter; all others only carry style.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tag {
    /// Begins and ends a line.
    Block,
    Paragraph,
    Item,
    Table,
    Row,
    Cell,
    Quote,
    Pre,
    Anchor,
    Break,
    Picture,
    Input,
    Font,
    Body,
    /// Its text is neither shown nor kept.
    Raw,
    StyleSheet,
    Title,
    /// The reading of a ruby annotation.
    Reading,
    Void,
    Inline,
}

/// The tag of an element's name.
pub fn tag_of(name: &str) -> Tag {
    let mut lower = [0u8; 12];
    let Some(lower) = lower.get_mut(..name.len()) else {
        return Tag::Inline;
    };
    lower.copy_from_slice(name.as_bytes());
    lower.make_ascii_lowercase();
    match &*lower {
        b"div" | b"section" | b"article" | b"header" | b"footer" | b"center" | b"h1" | b"h2" | b"h3"
        | b"h4" | b"h5" | b"h6" | b"dl" | b"dt" | b"dd" | b"ul" | b"ol" | b"form" | b"fieldset"
        | b"address" | b"caption" | b"option" | b"main" | b"nav" => Tag::Block,
        b"p" => Tag::Paragraph,
        b"li" => Tag::Item,
        b"table" => Tag::Table,
        b"tr" => Tag::Row,
        b"td" | b"th" => Tag::Cell,
        b"blockquote" => Tag::Quote,
        b"pre" | b"textarea" | b"xmp" | b"plaintext" => Tag::Pre,
        b"a" | b"area" => Tag::Anchor,
        b"br" | b"hr" => Tag::Break,
        b"img" => Tag::Picture,
        b"input" | b"button" => Tag::Input,
        b"font" => Tag::Font,
        b"body" => Tag::Body,
        b"script" | b"template" => Tag::Raw,
        b"style" => Tag::StyleSheet,
        b"title" => Tag::Title,
        b"rt" | b"rp" => Tag::Reading,
        b"meta" | b"link" | b"base" | b"col" | b"wbr" | b"embed" | b"source" | b"param" => Tag::Void,
        _ => Tag::Inline,
    }
}

/// Text with its character references undone; a no-break space is a space.
pub fn decoded(text: &str) -> Cow<'_, str> {
    if memchr(b'&', text.as_bytes()).is_none() && memmem::find(text.as_bytes(), b"\xc2\xa0").is_none() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr2(b'&', 0xc2, rest.as_bytes()) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let found = entities::reference(rest).or_else(|| rest.chars().next().map(|c| (c, c.len_utf8())));
        let Some((c, length)) = found else { break };
        out.push(if c == '\u{a0}' { ' ' } else { c });
        rest = &rest[length..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The attributes of a tag: names and raw values.
pub struct Attributes<'a> {
    pub rest: &'a str,
}

impl<'a> Iterator for Attributes<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let blank = |c: char| c.is_ascii_whitespace() || c == '/';
        let rest = self.rest.trim_start_matches(blank);
        if rest.is_empty() {
            return None;
        }
        // The first character is part of the name, even where it is a stray `=`.
        let first = rest.chars().next().map_or(0, char::len_utf8);
        let end = rest[first..].find(|c: char| blank(c) || c == '=').map_or(rest.len(), |e| e + first);
        let (name, after) = rest.split_at(end);
        let Some(value) = after.trim_start().strip_prefix('=') else {
            self.rest = after;
            return Some((name, ""));
        };
        let value = value.trim_start();
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        let (value, rest) = match quote {
            Some(quote) => {
                let inner = &value[1..];
                let close = inner.find(quote).unwrap_or(inner.len());
                (&inner[..close], inner.get(close + 1..).unwrap_or(""))
            }
            None => value.split_at(value.find(|c: char| c.is_ascii_whitespace()).unwrap_or(value.len())),
        };
        self.rest = rest;
        Some((name, value))
    }
}

/// Where tags, scripts and style sheets end. What was looked for in vain is not looked for again, so that broken
/// pages cost no second search.
#[derive(Default)]
pub struct Ends {
    /// No quote of this kind follows.
    no_double: bool,
    no_single: bool,
    /// Nor an end of a script or of a style sheet.
    no_end_of_script: bool,
    no_end_of_style: bool,
}

impl Ends {
    /// Where the tag ends: at a `>` outside the values of attributes.
    pub fn of_tag(&mut self, bytes: &[u8]) -> usize {
        let mut from = 0;
        while let Some(found) = memchr::memchr3(b'>', b'"', b'\'', &bytes[from..]) {
            let at = from + found;
            let quote = bytes[at];
            if quote == b'>' {
                return at;
            }
            from = at + 1;
            let opens = bytes[..at].iter().rev().find(|b| !b.is_ascii_whitespace()) == Some(&b'=');
            let gone = if quote == b'"' { &mut self.no_double } else { &mut self.no_single };
            if !opens || *gone {
                continue;
            }
            match memchr(quote, &bytes[from..]) {
                Some(close) => from += close + 1,
                None => *gone = true,
            }
        }
        memchr(b'>', bytes).unwrap_or(bytes.len())
    }

    /// A script or a style sheet from behind its tag: what stands in it, and what stands behind its end tag. None
    /// where it is never closed.
    pub fn of_raw<'h>(&mut self, tag: Tag, name: &str, rest: &'h str) -> Option<(&'h str, &'h str)> {
        let (mut from, bytes) = (0, rest.as_bytes());
        let gone = match tag {
            Tag::StyleSheet => &mut self.no_end_of_style,
            _ => &mut self.no_end_of_script,
        };
        if *gone {
            return None;
        }
        while let Some(found) = memmem::find(&bytes[from..], b"</") {
            let at = from + found;
            let named = bytes.get(at + 2..at + 2 + name.len());
            if named.is_some_and(|n| n.eq_ignore_ascii_case(name.as_bytes())) {
                let end = memchr(b'>', &bytes[at..]).map_or(bytes.len(), |e| at + e + 1);
                return Some((&rest[..at], &rest[end..]));
            }
            from = at + 2;
        }
        *gone = true;
        None
    }
}
