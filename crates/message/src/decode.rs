//! Base64 and quoted-printable (RFC 2045 sections 6.7 and 6.8), decoded as far as they can be, and
//! checked for what strict and lenient decoders would read differently.

/// What a byte is in base64: its value, or one of the classes below.
const BASE64: [u8; 256] = {
    let mut table = [JUNK; 256];
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut i = 0;
    while i < 64 {
        table[alphabet[i] as usize] = i as u8;
        i += 1;
    }
    table[b'=' as usize] = PAD;
    table[b'\r' as usize] = SPACE;
    table[b'\n' as usize] = SPACE;
    table[b' ' as usize] = SPACE;
    table[b'\t' as usize] = SPACE;
    table
};
const SPACE: u8 = 0x40;
const PAD: u8 = 0x80;
const JUNK: u8 = 0xc0;

/// Decodes base64, skipping what does not belong there. Text behind padding is decoded as well, as
/// the decoders do that show most.
pub fn base64(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let mut group: u32 = 0;
    let mut have = 0;
    let mut rest = text;
    loop {
        // Most of it comes in whole groups.
        while let (0, Some(([a, b, c, d], behind))) = (have, rest.split_first_chunk()) {
            let value = |b: &u8| u32::from(BASE64[usize::from(*b)]);
            let (a, b, c, d) = (value(a), value(b), value(c), value(d));
            if a | b | c | d >= 64 {
                break;
            }
            let group = a << 18 | b << 12 | c << 6 | d;
            out.extend_from_slice(&[(group >> 16) as u8, (group >> 8) as u8, group as u8]);
            rest = behind;
        }
        let Some((&b, behind)) = rest.split_first() else {
            break;
        };
        rest = behind;
        let v = BASE64[usize::from(b)];
        if v < 64 {
            group = group << 6 | u32::from(v);
            have += 1;
            if have == 4 {
                out.extend_from_slice(&group.to_be_bytes()[1..]);
                (group, have) = (0, 0);
            }
        } else if v == PAD {
            flush(&mut out, group, have);
            (group, have) = (0, 0);
        }
    }
    flush(&mut out, group, have);
    out
}

/// The last, incomplete group.
fn flush(out: &mut Vec<u8>, group: u32, have: u32) {
    match have {
        2 => out.push((group >> 4) as u8),
        3 => out.extend_from_slice(&((group >> 2) as u16).to_be_bytes()),
        _ => {}
    }
}

/// Whether decoders could differ: characters outside the alphabet, or text behind the padding.
pub fn base64_has_junk(text: &[u8]) -> bool {
    let end = memchr::memchr(b'=', text).unwrap_or(text.len());
    let (text, tail) = text.split_at(end);
    let junk = text.iter().fold(false, |junk, b| junk | (BASE64[*b as usize] == JUNK));
    junk || tail.iter().filter(|b| **b == b'=').count() > 2
        || tail.iter().any(|b| !matches!(BASE64[*b as usize], PAD | SPACE))
}

/// Decodes quoted-printable; a bad escape stays as it is.
pub fn quoted_printable(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'=', rest) {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at + 1..];
        let used = match escape(rest) {
            Escape::Byte(b) => {
                out.push(b);
                2
            }
            Escape::SoftBreak(n) => n,
            Escape::Bad => {
                out.push(b'=');
                0
            }
        };
        rest = &rest[used..];
    }
    out.extend_from_slice(rest);
    out
}

/// Whether it has escapes that are none.
pub fn quoted_printable_has_junk(text: &[u8]) -> bool {
    memchr::memchr_iter(b'=', text).any(|at| matches!(escape(&text[at + 1..]), Escape::Bad))
}

enum Escape {
    Byte(u8),
    /// The line goes on; how many bytes stand behind the `=`.
    SoftBreak(usize),
    Bad,
}

fn escape(behind: &[u8]) -> Escape {
    if let [a, b, ..] = behind
        && let Some(v) = hex(*a, *b)
    {
        return Escape::Byte(v);
    }
    // Transport may have padded the line (RFC 2045 section 6.7, rule 3); more than a line is not.
    let blanks = behind.iter().take(998).take_while(|b| matches!(b, b' ' | b'\t')).count();
    match &behind[blanks..] {
        [] => Escape::SoftBreak(blanks),
        [b'\r', b'\n', ..] => Escape::SoftBreak(blanks + 2),
        [b'\n', ..] => Escape::SoftBreak(blanks + 1),
        _ => Escape::Bad,
    }
}

/// Two hexadecimal digits.
pub fn hex(a: u8, b: u8) -> Option<u8> {
    let digit = |c: u8| (c as char).to_digit(16);
    Some((digit(a)? << 4 | digit(b)?) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn base64_lenient() {
        assert_eq!(base64(b"aGVs\r\nbG8="), b"hello");
        assert_eq!(base64(b"aGVsbG8"), b"hello");
        assert_eq!(base64(b"aGVs!bG8="), b"hello");
        assert_eq!(base64(b"aGk=aGk="), b"hihi");
        assert_eq!(base64(b"a"), b"");
    }

    #[test]
    fn base64_junk() {
        for clean in ["", "aGVsbG8=", "aGVs\r\nbG8=\r\n", "aGk=\r\n\r\n", "YQ==", "YQ= ="] {
            assert!(!base64_has_junk(clean.as_bytes()), "{clean}");
        }
        for junk in ["aGVs!", "aGk=aGk=", "a-_", "YQ===", "YQ==\r\n-- \r\nfooter", "\u{e9}", "a\0"] {
            assert!(base64_has_junk(junk.as_bytes()), "{junk}");
        }
    }

    #[test]
    fn quoted_printable_lenient() {
        assert_eq!(quoted_printable(b"a=3Db=\r\nc= \t\r\nd=zz=e"), b"a=bcd=zz=e");
        assert_eq!(quoted_printable(b"=e3=81=8b="), "か".as_bytes());
        assert!(!quoted_printable_has_junk(b"a=3D=\r\n="));
        assert!(quoted_printable_has_junk(b"a=b"));
    }

    proptest! {
        #[test]
        fn base64_round_trip(bytes: Vec<u8>) {
            use base64::Engine;
            let text = base64::engine::general_purpose::STANDARD.encode(&bytes);
            prop_assert!(!base64_has_junk(text.as_bytes()));
            prop_assert_eq!(base64(text.as_bytes()), bytes);
        }

        /// Blanks between all characters leave no whole group to take at once.
        #[test]
        fn base64_group_by_group(text in "[A-Za-z0-9+/=!\\r\\n]{0,80}") {
            let apart: Vec<u8> = text.bytes().flat_map(|b| [b, b' ']).collect();
            prop_assert_eq!(base64(text.as_bytes()), base64(&apart));
        }

        #[test]
        fn any_bytes(bytes: Vec<u8>) {
            let _ = base64(&bytes);
            prop_assert!(quoted_printable(&bytes).len() <= bytes.len());
        }
    }
}
