//! The outline of a message's header: how many fields, how many of them Received, how long. It
//! looks at nothing else; the `message` folder reads what the fields say.

/// How large a header is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// Bytes up to and without the empty line.
    pub bytes: usize,
    /// Fields, each counted once however it is folded.
    pub fields: usize,
    /// `Received` fields: each hop prepends one (RFC 5321 section 6.3).
    pub received: usize,
}

/// Measures the header of `message`. It reads at most `max_bytes` and a line more, so that a
/// message without an empty line costs no more than that.
pub fn outline(message: &[u8], max_bytes: usize) -> Outline {
    let mut found = Outline::default();
    let mut at = 0;
    while let Some(line) = message.get(at..).filter(|l| !l.is_empty()) {
        let end = memchr::memchr(b'\n', line).map_or(line.len(), |lf| lf + 1);
        let line = &line[..end];
        if line == b"\r\n" || line == b"\n" {
            break;
        }
        if !matches!(line.first(), Some(b' ' | b'\t')) {
            found.fields += 1;
            found.received += usize::from(is_received(line));
        }
        at += end;
        found.bytes = at;
        if at > max_bytes {
            break;
        }
    }
    found
}

/// Field names are case-insensitive and old mail puts blanks before the colon (RFC 5322 section
/// 4.5).
fn is_received(line: &[u8]) -> bool {
    const NAME: &[u8] = b"received";
    line.get(..NAME.len()).is_some_and(|name| name.eq_ignore_ascii_case(NAME))
        && line[NAME.len()..].iter().find(|b| !matches!(b, b' ' | b'\t')) == Some(&b':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_counted_up_to_the_empty_line() {
        let message =
            b"Received: a\r\n\tb\r\nRECEIVED : c\r\nReceived-SPF: no\r\nTo: d\r\n\r\nReceived: body\r\n";
        assert_eq!(outline(message, 1000), Outline { bytes: 56, fields: 4, received: 2 });
        assert_eq!(outline(b"", 1000), Outline::default());
        assert_eq!(outline(b"no line end", 1000), Outline { bytes: 11, fields: 1, received: 0 });
    }

    #[test]
    fn it_stops_at_its_limit() {
        let message = b"a: b\r\n".repeat(100_000);
        let found = outline(&message, 600);
        assert_eq!(found, Outline { bytes: 606, fields: 101, received: 0 });
    }
}
