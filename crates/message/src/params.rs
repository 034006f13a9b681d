//! The values of Content-Type and Content-Disposition (RFC 2045 section 5.1, RFC 2183) with their
//! parameters, split and encoded ones put together (RFC 2231), as leniently as readers do.

use std::borrow::Cow;

use super::words;

/// More parameters than this are not a mailer's work.
const MAX_PARAMS: usize = 128;
/// A file name of more characters than this is cut.
const MAX_VALUE: usize = 1_000;

/// A value and its parameters.
#[derive(Debug, Default)]
pub struct Value<'x> {
    /// The value itself, in lower case, without white space and comments: `text/plain`.
    pub main: String,
    params: Vec<Param<'x>>,
    /// A parameter was given twice, or there were too many.
    pub duplicate: bool,
}

#[derive(Debug)]
struct Param<'x> {
    /// In lower case, without RFC 2231's stars.
    name: String,
    /// The number of a split parameter's piece.
    piece: Option<u32>,
    /// Percent-encoded, with the charset in the first piece.
    extended: bool,
    value: Cow<'x, [u8]>,
}

/// Reads a value.
pub fn parse(value: &[u8]) -> Value<'_> {
    let mut out = Value::default();
    let mut rest = Scan { bytes: value, at: 0 };
    out.main = rest.main();
    params(&mut out, rest);
    out
}

fn params<'x>(out: &mut Value<'x>, mut rest: Scan<'x>) {
    while rest.at < rest.bytes.len() {
        let Some(param) = rest.param() else { continue };
        let same =
            |p: &Param<'_>| p.name == param.name && p.piece == param.piece && p.extended == param.extended;
        if out.params.len() >= MAX_PARAMS {
            out.duplicate = true;
            break;
        }
        if let Some(first) = out.params.iter().find(|p| same(p)) {
            // The same said twice is read by everybody alike.
            out.duplicate |= first.value != param.value;
            continue;
        }
        out.params.push(param);
    }
}

/// Reads a list of tags (RFC 6376 section 3.2), which has no value before them.
pub fn tags(value: &[u8]) -> Value<'_> {
    let mut out = Value::default();
    params(&mut out, Scan { bytes: value, at: 0 });
    out
}

impl Value<'_> {
    /// A parameter's bytes as they stand, pieces put together; for boundaries and charsets.
    pub fn raw(&self, name: &str) -> Option<Vec<u8>> {
        if let Some(p) = self.params.iter().find(|p| p.name == name && p.piece.is_none() && !p.extended) {
            return Some(p.value.to_vec());
        }
        self.joined(name).map(|j| j.0)
    }

    /// A parameter as people see it. RFC 2231's form wins where both are given.
    pub fn text(&self, name: &str) -> Option<String> {
        let text = match self.joined(name) {
            Some((bytes, Some(label))) => {
                let label = String::from_utf8_lossy(&label).into_owned();
                clean(&words::charset(&bytes, Some(&label)))
            }
            Some((bytes, None)) => words::decode(&bytes, MAX_VALUE),
            None => {
                let p = self.params.iter().find(|p| p.name == name)?;
                words::decode(&p.value, MAX_VALUE)
            }
        };
        Some(text).filter(|t| !t.is_empty())
    }

    /// RFC 2231's pieces, decoded and in order, and the charset where one was named.
    fn joined(&self, name: &str) -> Option<(Vec<u8>, Option<Vec<u8>>)> {
        let mut pieces: Vec<&Param<'_>> =
            self.params.iter().filter(|p| p.name == name && (p.piece.is_some() || p.extended)).collect();
        // One whole value wins over pieces.
        if let Some(whole) = pieces.iter().position(|p| p.piece.is_none()) {
            pieces = vec![pieces[whole]];
        }
        pieces.sort_by_key(|p| p.piece);
        let mut bytes = Vec::new();
        let mut charset = None;
        for (i, p) in pieces.iter().enumerate() {
            if !p.extended {
                bytes.extend_from_slice(&p.value);
                continue;
            }
            let mut value = &p.value[..];
            if i == 0 {
                let mut split = value.splitn(3, |b| *b == b'\'');
                if let (Some(label), Some(_), Some(text)) = (split.next(), split.next(), split.next()) {
                    charset = Some(label.to_vec());
                    value = text;
                }
            }
            percent(value, &mut bytes);
        }
        (!pieces.is_empty()).then_some((bytes, charset))
    }
}

fn clean(text: &str) -> String {
    text.trim().chars().take(MAX_VALUE).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn percent(value: &[u8], out: &mut Vec<u8>) {
    let mut i = 0;
    while i < value.len() {
        match value[i..] {
            [b'%', a, b, ..] if let Some(v) = super::decode::hex(a, b) => {
                out.push(v);
                i += 3;
            }
            _ => {
                out.push(value[i]);
                i += 1;
            }
        }
    }
}

struct Scan<'x> {
    bytes: &'x [u8],
    at: usize,
}

impl<'x> Scan<'x> {
    /// Up to the first `;`, in lower case, without white space and comments.
    fn main(&mut self) -> String {
        let mut main = String::new();
        while let Some(&b) = self.bytes.get(self.at) {
            self.at += 1;
            match b {
                b';' => break,
                b'(' => self.comment(),
                b' ' | b'\t' | b'\r' | b'\n' | b'"' => {}
                b if main.len() < 200 => main.push(b.to_ascii_lowercase() as char),
                _ => {}
            }
        }
        main
    }

    /// `name=value` up to the next `;`.
    fn param(&mut self) -> Option<Param<'x>> {
        let start = self.at;
        let mut name = String::new();
        loop {
            match self.bytes.get(self.at)? {
                b'=' => break,
                b';' => {
                    self.at += 1;
                    return None;
                }
                b'(' => {
                    self.at += 1;
                    self.comment();
                    continue;
                }
                b if b.is_ascii_whitespace() => {}
                b if name.len() < 100 => name.push(b.to_ascii_lowercase() as char),
                _ => {}
            }
            self.at += 1;
        }
        debug_assert!(self.at >= start);
        self.at += 1;
        let value = self.value();
        let extended = name.ends_with('*');
        let stem = name.trim_end_matches('*');
        let (stem, piece) = match stem.rsplit_once('*') {
            Some((s, n)) => match n.parse() {
                Ok(n) => (s, Some(n)),
                Err(_) => (stem, None),
            },
            None => (stem, None),
        };
        Some(Param { name: stem.to_string(), piece, extended, value })
    }

    /// A quoted string, or everything up to the next `;`: many mailers leave the quotes out.
    fn value(&mut self) -> Cow<'x, [u8]> {
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        if self.bytes.get(self.at) == Some(&b'"') {
            self.at += 1;
            let value = self.quoted();
            // What stands between the quote and the `;` belongs to nothing.
            let rest = &self.bytes[self.at..];
            self.at += memchr::memchr(b';', rest).map_or(rest.len(), |n| n + 1);
            return value;
        }
        let rest = &self.bytes[self.at..];
        let end = memchr::memchr(b';', rest).unwrap_or(rest.len());
        self.at += (end + 1).min(rest.len());
        let value = &rest[..end];
        // `utf-8 (a comment)`: comments end a token.
        let value = value.split(|b| *b == b'(').next().filter(|v| !v.is_empty()).unwrap_or(value);
        Cow::Borrowed(value.trim_ascii())
    }

    /// The rest of a quoted string, unfolded, its backslashes undone.
    fn quoted(&mut self) -> Cow<'x, [u8]> {
        let start = self.at;
        let rest = &self.bytes[start..];
        if let Some(n) = memchr::memchr3(b'"', b'\\', b'\n', rest)
            && rest[n] == b'"'
        {
            self.at += n + 1;
            return Cow::Borrowed(&rest[..n]);
        }
        let mut out = Vec::new();
        while let Some(&b) = self.bytes.get(self.at) {
            self.at += 1;
            match b {
                b'"' => break,
                b'\\' => {
                    // A Windows path keeps its backslashes as far as the next character needs none.
                    match self.bytes.get(self.at) {
                        Some(c @ (b'"' | b'\\')) => {
                            out.push(*c);
                            self.at += 1;
                        }
                        _ => out.push(b'\\'),
                    }
                }
                b'\r' | b'\n' => {}
                b => out.push(b),
            }
        }
        Cow::Owned(out)
    }

    /// The rest of a comment, nested ones within it.
    fn comment(&mut self) {
        let mut depth = 1u32;
        while let Some(&b) = self.bytes.get(self.at) {
            self.at += 1;
            match b {
                b'\\' => self.at += 1,
                b'(' => depth += 1,
                b')' => {
                    depth -= 1;
                    if depth == 0 {
                        return;
                    }
                }
                _ => {}
            }
        }
        self.at = self.at.min(self.bytes.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn name(value: &str) -> Option<String> {
        parse(value.as_bytes()).text("name")
    }

    #[test]
    fn mains() {
        for (value, main) in [
            (" Text/Plain; charset=utf-8", "text/plain"),
            ("text/plain (a comment)", "text/plain"),
            ("text / html", "text/html"),
            ("", ""),
            ("(((", ""),
        ] {
            assert_eq!(parse(value.as_bytes()).main, main);
        }
    }

    #[test]
    fn names() {
        for (value, expected) in [
            ("a/b; name=report.pdf", "report.pdf"),
            ("a/b; name=\"report.pdf\"", "report.pdf"),
            ("a/b; name=my report.pdf; x=y", "my report.pdf"),
            ("a/b; NAME=\"a\\\"b.txt\"", "a\"b.txt"),
            ("a/b; name=\"=?UTF-8?B?44GL44GqLnR4dA==?=\"", "かな.txt"),
            ("a/b; name*=UTF-8''%E3%81%8B.txt", "か.txt"),
            ("a/b; name*=utf-8'ja'%E3%81%8B.txt; name=x.txt", "か.txt"),
            ("a/b; name*0*=UTF-8''%E3%81;\r\n name*1*=%8B.txt", "か.txt"),
            ("a/b; name*1=\"b.txt\"; name*0=\"a\"", "ab.txt"),
            ("a/b; name*0=\"a \"; name*1=\"b.txt\"", "a b.txt"),
            ("a/b; name*0*=ISO-2022-JP''%1B%24B%24%22%1B%28B; name*1=.txt", "あ.txt"),
            ("a/b; name=\"unclosed.txt", "unclosed.txt"),
        ] {
            assert_eq!(name(value).as_deref(), Some(expected), "{value}");
        }
        assert_eq!(name("a/b; name="), None);
    }

    #[test]
    fn raw_values_and_duplicates() {
        let v = parse(b"multipart/mixed; boundary=\"--=_a b\"; boundary=c");
        assert_eq!(v.raw("boundary").as_deref(), Some(&b"--=_a b"[..]));
        assert!(v.duplicate);
        assert!(!parse(b"a/b; name=x; name*=utf-8''x").duplicate);
        assert_eq!(parse(b"a/b; charset=utf-8 (x)").raw("charset").as_deref(), Some(&b"utf-8"[..]));
    }

    proptest! {
        #[test]
        fn any_bytes(bytes: Vec<u8>) {
            let v = parse(&bytes);
            let _ = (v.raw("boundary"), v.text("name"));
        }

        #[test]
        fn any_soup(soup in "[a/; =\"\\\\()*0-9'%\r\n]{0,60}") {
            let v = parse(soup.as_bytes());
            let _ = (v.raw("a"), v.text("a"));
        }
    }
}
