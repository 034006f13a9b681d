//! Content-Transfer-Encoding undone (RFC 2045 section 6), leniently: what any reader would still
//! decode is decoded here.

use std::borrow::Cow;

use super::charset::base64_value;

/// How a body was encoded for its transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transfer {
    Identity,
    Base64,
    QuotedPrintable,
    Uuencode,
}

impl Transfer {
    /// By the field's value, however it is written (`"base64"`, `Base64 (comment)`).
    pub fn of(value: &str) -> Self {
        let value = value.to_ascii_lowercase();
        if value.contains("base64") {
            Transfer::Base64
        } else if value.contains("quoted") {
            Transfer::QuotedPrintable
        } else if value.contains("uu") {
            Transfer::Uuencode
        } else {
            Transfer::Identity
        }
    }

    pub fn decode(self, bytes: &[u8]) -> Cow<'_, [u8]> {
        match self {
            Transfer::Identity => Cow::Borrowed(bytes),
            Transfer::Base64 => Cow::Owned(base64(bytes)),
            Transfer::QuotedPrintable => Cow::Owned(quoted_printable(bytes)),
            Transfer::Uuencode => Cow::Owned(uu(bytes).unwrap_or_default()),
        }
    }
}

/// Decodes base64: foreign characters are passed over (RFC 2045 section 6.8), and padding in the
/// middle begins anew, as where encoded pieces were joined.
fn base64(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() / 4 * 3);
    let (mut bits, mut count) = (0u32, 0u8);
    for &b in bytes {
        if b == b'=' {
            (bits, count) = (0, 0);
            continue;
        }
        let Some(value) = base64_value(b) else {
            continue;
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
        }
    }
    out
}

/// Decodes quoted-printable; a `=` that begins no code stays as it is.
fn quoted_printable(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = memchr::memchr(b'=', rest) {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at + 1..];
        let digit = |i: usize| rest.get(i).and_then(|b| (*b as char).to_digit(16));
        if let (Some(high), Some(low)) = (digit(0), digit(1)) {
            out.push((high << 4 | low) as u8);
            rest = &rest[2..];
            continue;
        }
        // A soft break: blanks may follow the `=` (RFC 2045 section 6.7 rule 3).
        let blanks = rest.iter().position(|b| !matches!(b, b' ' | b'\t' | b'\r')).unwrap_or(rest.len());
        match rest.get(blanks) {
            Some(b'\n') => rest = &rest[blanks + 1..],
            None => rest = &[],
            Some(_) => out.push(b'='),
        }
    }
    out.extend_from_slice(rest);
    out
}

/// Decodes the first uuencoded file in a text.
fn uu(bytes: &[u8]) -> Option<Vec<u8>> {
    let text_at = memchr::memmem::find(bytes, b"begin ")?;
    Some(uu_lines(bytes.get(text_at..)?).1)
}

/// Decodes the uuencoded file that `bytes` begin with: how long it is here, and what it holds.
fn uu_lines(bytes: &[u8]) -> (usize, Vec<u8>) {
    let mut out = Vec::new();
    let mut used = 0;
    for (i, line) in bytes.split_inclusive(|b| *b == b'\n').enumerate() {
        let text = line.trim_ascii_end();
        let value = |b: u8| (b.wrapping_sub(b' ')) & 0x3f;
        let length = text.first().map_or(0, |b| usize::from(value(*b)));
        if i > 0 && (text == b"end" || text.is_empty()) {
            used += line.len();
            break;
        }
        if i > 0 && !(length == 0 && text.len() == 1) {
            let groups = text.get(1..).unwrap_or_default().chunks(4);
            let decoded = groups.flat_map(|g| {
                let v = |i: usize| u32::from(g.get(i).map_or(0, |b| value(*b)));
                let bits = v(0) << 18 | v(1) << 12 | v(2) << 6 | v(3);
                [(bits >> 16) as u8, (bits >> 8) as u8, bits as u8]
            });
            out.extend(decoded.take(length));
        }
        used += line.len();
    }
    (used, out)
}

/// A file that stands uuencoded within a text: its name, its content, and where in the text it is.
pub struct Uuencoded {
    pub name: String,
    pub content: Vec<u8>,
    pub from: usize,
    pub to: usize,
}

/// The first uuencoded file at or after `from`: `begin 644 name`, lines, `end`.
pub fn uuencoded(text: &str, from: usize) -> Option<Uuencoded> {
    let bytes = text.as_bytes();
    let mut at = from;
    while let Some(found) = memchr::memmem::find(bytes.get(at..)?, b"begin ") {
        let start = at + found;
        at = start + 6;
        let line_start = start == 0 || bytes[start - 1] == b'\n';
        let rest = text.get(at..)?;
        let mode = rest.bytes().take(4).take_while(u8::is_ascii_digit).count();
        if !line_start || mode < 3 || rest.as_bytes().get(mode) != Some(&b' ') {
            continue;
        }
        let name = rest[mode..].lines().next().unwrap_or("").trim().to_string();
        let (used, content) = uu_lines(&bytes[start..]);
        if !content.is_empty() {
            return Some(Uuencoded { name, content, from: start, to: start + used });
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_with_junk_and_joined_pieces() {
        assert_eq!(Transfer::of("Base64 (x)").decode(b"aGVs\r\n!bG8="), &b"hello"[..]);
        assert_eq!(Transfer::Base64.decode(b"aGk=aGk="), &b"hihi"[..]);
    }

    #[test]
    fn quoted_printable_with_loose_ends() {
        let decode = |b: &'static [u8]| Transfer::QuotedPrintable.decode(b).into_owned();
        assert_eq!(decode(b"a=3Db=\r\nc= \r\nd=zz="), b"a=bcd=zz");
        assert_eq!(decode("=E5=B1=B1".as_bytes()), "山".as_bytes());
    }

    #[test]
    fn uuencoded_files_in_a_text() {
        let text = "hello\nbegin 644 a.txt\n#0V%T\n`\nend\nbye";
        let found = uuencoded(text, 0).unwrap();
        assert_eq!((found.name.as_str(), found.content.as_slice()), ("a.txt", &b"Cat"[..]));
        assert_eq!(&text[found.to..], "bye");
        assert!(uuencoded("we begin 100 times", 0).is_none());
    }
}
