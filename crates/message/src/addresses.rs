//! Address fields (RFC 5322 sections 3.4 and 4.4, RFC 6854, RFC 6532), read for every address that
//! any common reader would see. What follows the grammar is read by it; where it breaks, everything
//! from there on is searched for addresses, and that is a defect. Linear in the field's length.

use std::collections::HashSet;
use std::ops::Range;

use super::address::{Address, extract};
use super::defects::{Defect, Defects};
use super::lexer::{Kind, Lexer, Token};
use super::words;

/// A display name of more characters is cut.
const MAX_DISPLAY: usize = 500;

/// What an address field holds.
#[derive(Debug, Default)]
pub struct List {
    pub entries: Vec<Entry>,
    pub defects: Defects,
    /// The field has a group.
    pub grouped: bool,
    /// The limit was met, and the rest was not read.
    pub cut: bool,
}

/// One entry of a list.
#[derive(Debug)]
pub struct Entry {
    /// Its place in the value, without separators.
    pub range: Range<usize>,
    /// Where mail to it goes.
    pub address: Option<Address>,
    /// Other addresses that people see in it.
    pub shown: Vec<Address>,
}

/// Reads the value of an address field; takes at most `max` addresses.
pub fn parse(value: &[u8], max: usize) -> List {
    let mut reader = Reader { value, max, list: List::default(), tokens: Vec::new(), in_group: false };
    reader.read();
    if !value.is_ascii() && std::str::from_utf8(value).is_err() || memchr::memchr(0x1b, value).is_some() {
        reader.list.defects.note(Defect::RawBytes);
    }
    reader.list
}

struct Reader<'x> {
    value: &'x [u8],
    max: usize,
    list: List,
    /// The tokens of the entry that is being read.
    tokens: Vec<Token>,
    in_group: bool,
}

impl<'x> Reader<'x> {
    fn read(&mut self) {
        let mut lexer = Lexer::new(self.value);
        while let Some(token) = lexer.next() {
            if self.max == 0 {
                self.list.cut = true;
                self.list.defects.note(Defect::TooManyAddresses);
                return;
            }
            match token.kind {
                Kind::Comma => self.end_entry(),
                Kind::Semicolon => {
                    self.end_entry();
                    if !std::mem::take(&mut self.in_group) {
                        self.list.defects.note(Defect::SemicolonSeparator);
                    }
                }
                Kind::Colon => self.begin_group(),
                // `<<a@x>>` is read as `<a@x>` by everybody.
                Kind::Stray if self.closes_twice(&token) => {}
                Kind::Stray => self.list.defects.note(Defect::UnparsableAddress),
                Kind::Broken => {
                    let start = self.tokens.first().map_or(token.start, |t| t.start);
                    self.tokens.clear();
                    self.search(start..self.value.len());
                    return;
                }
                _ => self.tokens.push(token),
            }
        }
        self.end_entry();
        if self.in_group {
            self.list.defects.note(Defect::UnterminatedGroup);
        }
    }

    /// Whether the token is a second `>` right behind an address in two pairs of brackets.
    fn closes_twice(&self, token: &Token) -> bool {
        self.tokens.last().is_some_and(|last| {
            last.kind == Kind::Angle
                && last.end == token.start
                && self.value.get(last.start..last.start + 2) == Some(b"<<")
                && self.value.get(token.start) == Some(&b'>')
        })
    }

    /// `name:` begins a group where a phrase stands before it.
    fn begin_group(&mut self) {
        let phrase = !self.tokens.is_empty()
            && self
                .tokens
                .iter()
                .all(|t| matches!(t.kind, Kind::Text | Kind::Quoted | Kind::Word | Kind::Comment));
        if !phrase || self.in_group {
            self.list.defects.note(Defect::UnparsableAddress);
            return self.end_entry();
        }
        self.list.grouped = true;
        self.in_group = true;
        let range = self.range();
        let tokens = std::mem::take(&mut self.tokens);
        let shown = self.shown_in(&tokens, None);
        if !shown.is_empty() {
            self.list.defects.note(Defect::AddressInDisplayName);
        }
        self.push(range, None, shown);
    }

    fn range(&self) -> Range<usize> {
        match (self.tokens.first(), self.tokens.last()) {
            (Some(first), Some(last)) => first.start..last.end,
            _ => 0..0,
        }
    }

    fn push(&mut self, range: Range<usize>, address: Option<Address>, shown: Vec<Address>) {
        let count = usize::from(address.is_some()) + shown.len();
        if count > 0 {
            self.max = self.max.saturating_sub(count);
            self.list.entries.push(Entry { range, address, shown });
        }
    }

    /// Reads the tokens gathered since the last separator.
    fn end_entry(&mut self) {
        if self.tokens.is_empty() {
            return;
        }
        let tokens = std::mem::take(&mut self.tokens);
        let range = tokens[0].start..tokens[tokens.len() - 1].end;
        match tokens.iter().position(|t| t.kind == Kind::Angle) {
            Some(angle) => self.mailbox(&tokens, angle, range),
            None if tokens.iter().any(|t| t.kind == Kind::At) => self.bare(&tokens, range),
            None => self.without_address(&tokens, range),
        }
        self.tokens = tokens;
        self.tokens.clear();
    }

    /// `display name <local@domain>`.
    fn mailbox(&mut self, tokens: &[Token], angle: usize, range: Range<usize>) {
        let (start, end) = (tokens[angle].start + 1, tokens[angle].end - 1);
        let found = self.angle(start..end);
        let display = self.display(&tokens[..angle]);
        let mut shown = self.shown_in(&tokens[..angle], found.as_ref());
        if tokens[angle + 1..].iter().any(|t| t.kind != Kind::Comment) {
            // <a@x>b@evil: readers take the one or the other.
            self.search(tokens[angle].end..range.end);
        } else {
            shown.extend(self.shown_in(&tokens[angle + 1..], found.as_ref()));
        }
        if found.is_none() && end > start {
            self.list.defects.note(Defect::AddressWithoutDomain);
        }
        let address = found.map(|a| Address { display, ..a });
        self.push(range, address, shown);
    }

    /// What stands between `<` and `>`: an address, with a route before it in old mail
    /// (RFC 5322 section 4.4).
    fn angle(&mut self, range: Range<usize>) -> Option<Address> {
        let doubled = self.value[range.clone()].first() == Some(&b'<');
        let range = range.start + usize::from(doubled)..range.end;
        let inner = &self.value[range.clone()];
        let mut from = range.start;
        if let Some(colon) = memchr::memchr(b':', inner) {
            let before = inner[..colon].trim_ascii();
            if before.first() == Some(&b'@') {
                from += colon + 1;
            } else if before.eq_ignore_ascii_case(b"mailto") || before.eq_ignore_ascii_case(b"smtp") {
                self.list.defects.note(Defect::UnparsableAddress);
                from += colon + 1;
            }
        }
        let mut tokens = Vec::with_capacity(4);
        let mut lexer = Lexer::within(self.value, from..range.end);
        while let Some(token) = lexer.next() {
            tokens.push(token);
        }
        match self.addr_spec(&tokens) {
            Some(address) => Some(address),
            None => {
                if tokens.iter().any(|t| t.kind == Kind::At) || hides_at(inner) {
                    self.search(range);
                }
                None
            }
        }
    }

    /// `local@domain` alone.
    fn bare(&mut self, tokens: &[Token], range: Range<usize>) {
        // `undisclosed-recipients:;@host`: what some servers make of an empty group names nobody.
        if self.list.grouped && tokens.first().is_some_and(|t| t.kind == Kind::At) {
            return self.list.defects.note(Defect::AddressWithoutDomain);
        }
        let Some(address) = self.addr_spec(tokens) else {
            return self.search(range);
        };
        let aside: Vec<Token> =
            tokens.iter().filter(|t| matches!(t.kind, Kind::Comment | Kind::Quoted)).copied().collect();
        let shown = self.shown_in(&aside, Some(&address));
        // The old form `taro@example.com (Taro)` has its display name in the comment.
        let display = tokens
            .iter()
            .find(|t| t.kind == Kind::Comment)
            .map(|t| words::decode(&self.value[t.start + 1..t.end - 1], MAX_DISPLAY));
        self.push(range, Some(Address { display, ..address }), shown);
    }

    /// An entry with no `@` outside quotes and comments.
    fn without_address(&mut self, tokens: &[Token], range: Range<usize>) {
        let shown = self.shown_in(tokens, None);
        let word = tokens.iter().any(|t| t.kind == Kind::Word);
        if !shown.is_empty() {
            self.list.defects.note(if word {
                Defect::AddressInEncodedWord
            } else {
                Defect::FullWidthAddress
            });
        } else if tokens.iter().any(|t| t.kind != Kind::Comment) && !self.in_group {
            self.list.defects.note(Defect::AddressWithoutDomain);
        }
        self.push(range, None, shown);
    }

    /// Reads an addr-spec by the grammar; none where the tokens are not exactly one.
    fn addr_spec(&self, tokens: &[Token]) -> Option<Address> {
        let at = tokens.iter().position(|t| t.kind == Kind::At)?;
        let local = self.dotted(&tokens[..at], Kind::Quoted)?;
        let domain = self.dotted(&tokens[at + 1..], Kind::Literal)?;
        let bad = |c: char| c.is_ascii() && !c.is_ascii_alphanumeric() && !"-_.".contains(c);
        if !domain.starts_with('[') && domain.contains(bad) || has_wide_sign(&domain) || has_wide_sign(&local)
        {
            return None;
        }
        Address::of(&local, &domain)
    }

    /// Atoms that dots join, with quoted strings or a literal between them.
    fn dotted(&self, tokens: &[Token], other: Kind) -> Option<String> {
        let mut text = String::new();
        for token in tokens.iter().filter(|t| t.kind != Kind::Comment) {
            if token.kind != Kind::Text && token.kind != other {
                return None;
            }
            let piece = std::str::from_utf8(&self.value[token.start..token.end]).ok()?;
            if !text.is_empty() && !text.ends_with('.') && !piece.starts_with('.') {
                return None;
            }
            text.push_str(piece);
        }
        Some(text)
    }

    /// Takes every address out of a range that the grammar does not cover.
    fn search(&mut self, range: Range<usize>) {
        self.list.defects.note(Defect::UnparsableAddress);
        let text = words::charset(&self.value[range.clone()], None);
        if has_wide_sign(&text) {
            self.list.defects.note(Defect::FullWidthAddress);
        }
        let mut keys = HashSet::new();
        // One more than may be taken, so that a cut shows.
        for address in extract(&text, true, self.max.saturating_add(1)) {
            if self.max == 0 {
                self.list.cut = true;
                self.list.defects.note(Defect::TooManyAddresses);
                return;
            }
            keys.insert(address.key());
            self.push(range.clone(), Some(address), Vec::new());
        }
        let decoded = words::decode(&self.value[range.clone()], self.value.len());
        if decoded != text {
            let mut shown = extract(&decoded, false, self.max);
            shown.retain(|a| keys.insert(a.key()));
            self.push(range, None, shown);
        }
    }

    /// The display name.
    fn display(&self, tokens: &[Token]) -> Option<String> {
        let (first, last) = (tokens.first()?, tokens.last()?);
        let raw = &self.value[first.start..last.end];
        let text = if memchr::memchr2(b'"', b'(', raw).is_none() {
            words::decode(raw, MAX_DISPLAY)
        } else {
            words::decode(&self.plain(tokens, false), MAX_DISPLAY)
        };
        Some(text).filter(|t| !t.is_empty())
    }

    /// The text of tokens as people read it: without quotes and their backslashes; comments only
    /// where they are asked for.
    fn plain(&self, tokens: &[Token], comments: bool) -> Vec<u8> {
        let mut out = Vec::new();
        let mut last = None;
        for token in tokens {
            if token.kind == Kind::Comment && !comments {
                continue;
            }
            if last.is_some_and(|end| end < token.start) {
                out.push(b' ');
            }
            last = Some(token.end);
            let raw = &self.value[token.start..token.end];
            if token.kind != Kind::Quoted {
                out.extend_from_slice(raw);
                continue;
            }
            let mut bytes = raw[1..raw.len() - 1].iter();
            while let Some(&b) = bytes.next() {
                out.extend(if b == b'\\' { bytes.next() } else { Some(&b) });
            }
        }
        out
    }

    /// The addresses that people see in names and comments, but for the entry's own.
    fn shown_in(&mut self, tokens: &[Token], own: Option<&Address>) -> Vec<Address> {
        let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else {
            return Vec::new();
        };
        if !hides_at(&self.value[first.start..last.end]) {
            return Vec::new();
        }
        let text = words::decode(&self.plain(tokens, true), self.value.len());
        let mut shown = extract(&text, false, self.max.saturating_add(1));
        if let Some(own) = own {
            let own = own.key();
            shown.retain(|a| a.key() != own);
            if !shown.is_empty() {
                self.list.defects.note(Defect::AddressInDisplayName);
            }
        }
        shown
    }
}
/// Whether text may hold an address once it is decoded.
fn hides_at(raw: &[u8]) -> bool {
    memchr::memchr2(b'@', 0x1b, raw).is_some()
        || memchr::memmem::find(raw, b"=?").is_some()
        || !raw.is_ascii()
}

/// The full-width signs that people take for `@`, `,` and `;`.
fn has_wide_sign(text: &str) -> bool {
    !text.is_ascii() && text.contains(['＠', '﹫', '，', '；', '﹐', '﹔', '、', '､'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// `address`, `~shown`, and defects.
    fn read(value: &str) -> (Vec<String>, Vec<&'static str>) {
        read_bytes(value.as_bytes())
    }

    fn read_bytes(value: &[u8]) -> (Vec<String>, Vec<&'static str>) {
        let list = parse(value, 1_000);
        let seen = list.entries.iter().flat_map(|e| {
            e.address.iter().map(|a| a.text.clone()).chain(e.shown.iter().map(|a| format!("~{}", a.text)))
        });
        (seen.collect(), list.defects.into_vec().iter().map(|d| d.as_str()).collect())
    }

    #[test]
    fn by_the_grammar() {
        for (value, expected) in [
            ("a@x.example", vec!["a@x.example"]),
            ("a@x.example, b@y.example", vec!["a@x.example", "b@y.example"]),
            ("\"Doe, John\" <a@x.example>, b@y.example", vec!["a@x.example", "b@y.example"]),
            ("John Doe <a@x.example>", vec!["a@x.example"]),
            (
                "Group: a@x.example, B <b@y.example>; , c@z.example",
                vec!["a@x.example", "b@y.example", "c@z.example"],
            ),
            ("undisclosed-recipients:;", vec![]),
            ("a@x.example (A comment, with (nested) ones)", vec!["a@x.example"]),
            ("\"a@b, c\"@x.example", vec!["\"a@b, c\"@x.example"]),
            ("<@r.example,@s.example:a@x.example>", vec!["a@x.example"]),
            ("a@[192.0.2.1], b@[IPv6:2001:db8::1]", vec!["a@[192.0.2.1]", "b@[ipv6:2001:db8::1]"]),
            ("a . b @ x . example", vec!["a.b@x.example"]),
            ("a(c)@(d)x.example", vec!["a@x.example"]),
            (",, a@x.example,\r\n ,b@y.example,", vec!["a@x.example", "b@y.example"]),
            ("abc..def.@docomo.example", vec!["abc..def.@docomo.example"]),
            ("\"a\\\"b\" <a@x.example>", vec!["a@x.example"]),
            ("山田 <太郎@例え.example>", vec!["太郎@xn--r8jz45g.example"]),
            ("=?UTF-8?B?44GL?= =?UTF-8?Q?a,b?= <a@x.example>", vec!["a@x.example"]),
            ("[info] a@x.example <a@x.example>", vec!["a@x.example"]),
            ("'a@x.example' <a@x.example>", vec!["a@x.example"]),
            ("", vec![]),
            ("<>", vec![]),
        ] {
            let (seen, defects) = read(value);
            assert_eq!(seen, expected, "{value}");
            assert!(defects.is_empty(), "{value}: {defects:?}");
        }
    }

    #[test]
    fn whatever_a_reader_would_see() {
        for (value, expected, defect) in [
            ("<a@x.example>b@y.example", vec!["b@y.example", "a@x.example"], "unparsable-address"),
            ("a@x.example; b@y.example", vec!["a@x.example", "b@y.example"], "semicolon-separator"),
            ("a@x.example b@y.example", vec!["a@x.example", "b@y.example"], "unparsable-address"),
            ("a@x.example <b@y.example>", vec!["b@y.example", "~a@x.example"], "address-in-display-name"),
            (
                "\"a@x.example, c@z.example\" <b@y.example>",
                vec!["b@y.example", "~a@x.example", "~c@z.example"],
                "address-in-display-name",
            ),
            (
                "=?utf-8?B?YUB4LmV4YW1wbGU=?= <b@y.example>",
                vec!["b@y.example", "~a@x.example"],
                "address-in-display-name",
            ),
            ("=?utf-8?B?YUB4LmV4YW1wbGU=?=", vec!["~a@x.example"], "address-in-encoded-word"),
            ("b@y.example (a@x.example)", vec!["b@y.example", "~a@x.example"], "address-in-display-name"),
            ("a＠x.example", vec!["~a@x.example"], "full-width-address"),
            ("a@x.example，b@y.example", vec!["a@x.example", "b@y.example"], "full-width-address"),
            ("a@x.example；b@y.example", vec!["a@x.example", "b@y.example"], "unparsable-address"),
            (
                "Foo \"Bar <a@x.example>, b@y.example",
                vec!["a@x.example", "b@y.example"],
                "unparsable-address",
            ),
            ("Foo (Bar <a@x.example>, b@y.example", vec!["a@x.example", "b@y.example"], "unparsable-address"),
            ("Foo <a@x.example, Bar <b@y.example>", vec!["a@x.example", "b@y.example"], "unparsable-address"),
            ("<a@x.example, b@y.example>", vec!["a@x.example", "b@y.example"], "unparsable-address"),
            ("<mailto:a@x.example>", vec!["a@x.example"], "unparsable-address"),
            ("a@x.example>, b@y.example", vec!["a@x.example", "b@y.example"], "unparsable-address"),
            ("Group: a@x.example", vec!["a@x.example"], "unterminated-group"),
            ("a@x.example:b@y.example", vec!["a@x.example", "b@y.example"], "unparsable-address"),
            ("<a@x.example> <b@y.example>", vec!["b@y.example", "a@x.example"], "unparsable-address"),
            ("Taro a@x.example", vec!["a@x.example"], "unparsable-address"),
            ("root", vec![], "address-without-domain"),
            ("a@b@x.example", vec!["a@b", "b@x.example"], "unparsable-address"),
            ("mailto:a@x.example", vec!["a@x.example"], "unterminated-group"),
            (
                "\"a\\@x.example\" <b@y.example>",
                vec!["b@y.example", "~a@x.example"],
                "address-in-display-name",
            ),
        ] {
            let (seen, defects) = read(value);
            assert_eq!(seen, expected, "{value}");
            assert!(defects.contains(&defect), "{value}: {defects:?}");
        }
    }

    #[test]
    fn raw_japanese() {
        // 山田，"＠<…> in ISO-2022-JP: bytes that look like specials are none.
        let mut raw = encoding_rs::ISO_2022_JP.encode("窓口、〈受付〉").0.into_owned();
        assert!(raw.iter().any(|b| b"\",@<>".contains(b)));
        raw.extend_from_slice(b" <a@x.example>");
        assert_eq!(read_bytes(&raw), (vec!["a@x.example".into()], vec!["raw-bytes"]));
        let list = parse(&raw, 10);
        let display = list.entries[0].address.as_ref().and_then(|a| a.display.as_deref());
        assert_eq!(display, Some("窓口、〈受付〉"));
        let (seen, _) = read_bytes(b"\x1b$B$\" <a@x.example>, b@y.example");
        assert_eq!(seen, ["a@x.example", "b@y.example"]);
    }

    #[test]
    fn display_names() {
        for (value, display) in [
            ("Taro <a@x.example>", Some("Taro")),
            ("\"Doe, \\\"J\\\"\" <a@x.example>", Some("Doe, \"J\"")),
            ("=?UTF-8?B?44GL?= =?UTF-8?B?44Gq?= <a@x.example>", Some("かな")),
            ("\"=?UTF-8?B?44GL?=\" <a@x.example>", Some("か")),
            ("a@x.example (Taro)", Some("Taro")),
            ("A (x) B <a@x.example>", Some("A B")),
            ("<a@x.example>", None),
        ] {
            let list = parse(value.as_bytes(), 10);
            let got = list.entries[0].address.as_ref().and_then(|a| a.display.as_deref());
            assert_eq!(got, display, "{value}");
        }
    }

    #[test]
    fn limits_hold() {
        let many = "a@x.example,".repeat(100);
        let list = parse(many.as_bytes(), 10);
        assert!(list.cut && list.entries.len() == 10);
        let many = "a@x.example ".repeat(100);
        let list = parse(many.as_bytes(), 10);
        assert!(list.cut && list.entries.len() == 10);
    }

    #[test]
    fn floods_are_linear() {
        let units = [
            "(",
            ")",
            ",",
            "<",
            ">",
            "\"",
            "\\",
            "@",
            ":",
            ";",
            "[",
            "a@",
            "@[",
            "=?",
            "=?a?q?",
            "<a",
            "(\"",
            "a@b,",
            "<a@b>",
            "\u{ff20}",
            "\x1b$B",
            "a <",
            "\"\"",
            "()",
            "a:",
            "=?utf-8?q?a@b.c?=",
        ];
        for unit in units {
            let value = unit.repeat(1_000_000 / unit.len());
            let start = std::time::Instant::now();
            let _ = parse(value.as_bytes(), 10_000);
            assert!(start.elapsed().as_secs() < 20, "{unit} took {:?}", start.elapsed());
        }
    }

    proptest! {
        #[test]
        fn any_bytes(bytes: Vec<u8>) {
            let _ = parse(&bytes, 5);
        }

        #[test]
        fn any_soup(soup in "[ab@,;:<>()\"\\\\=?.\\[\\] \r\n＠，\x1b]{0,80}") {
            let list = parse(soup.as_bytes(), 50);
            for e in &list.entries {
                prop_assert!(soup.as_bytes().get(e.range.clone()).is_some());
            }
        }

        /// Whatever stands around it, an address between separators is never missed.
        #[test]
        fn no_address_hides(
            before in "[a-z \"<>(),;:=?\\\\]{0,30}",
            after in "[a-z \"<>(),;:=?\\\\]{0,30}",
        ) {
            let value = format!("{before}, taro@hidden.example ,{after}");
            let list = parse(value.as_bytes(), 1_000);
            let seen = list.entries.iter().flat_map(|e| e.address.iter().chain(&e.shown)).any(|a| a.text == "taro@hidden.example");
            prop_assert!(seen, "{}: {:?}", value, list.entries);
        }
    }
}
