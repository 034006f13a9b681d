//! Replies (RFC 5321 section 4.2): a code, and lines of text that start with the enhanced status
//! code (RFC 3463) where there is one. Writing them, and reading those of a next hop that may be
//! broken or hostile.

/// One reply, whole.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Reply {
    /// 200 to 599.
    pub code: u16,
    /// At least one line, without code, CR or LF: `2.1.0 Ok`.
    pub lines: Vec<String>,
}

/// What a peer sent is not a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an SMTP reply")]
pub struct NotAReply;

/// The longest line that [`read`] takes, in bytes. RFC 5321 section 4.5.3.1.5 allows 512; peers
/// with long explanations exist.
const MAX_LINE: usize = 4096;
/// The longest reply that [`read`] takes, in bytes.
const MAX_REPLY: usize = 64 * 1024;
/// The longest text of a line that is kept, in bytes: with code, space and CRLF it stays within
/// 512.
const MAX_TEXT: usize = 500;
/// How many lines of a reply are kept.
const MAX_LINES: usize = 64;

impl Reply {
    /// A reply of one line; CR, LF and NUL in it become spaces.
    pub fn new(code: u16, line: impl AsRef<str>) -> Self {
        let line = line.as_ref();
        let line = if line.contains(['\r', '\n', '\0']) {
            line.replace(['\r', '\n', '\0'], " ")
        } else {
            line.to_string()
        };
        Reply { code, lines: vec![line] }
    }

    /// 2xx.
    pub fn is_positive(&self) -> bool {
        (200..300).contains(&self.code)
    }

    /// 4xx.
    pub fn is_transient(&self) -> bool {
        (400..500).contains(&self.code)
    }

    /// 5xx.
    pub fn is_permanent(&self) -> bool {
        (500..600).contains(&self.code)
    }

    /// 4xx or 5xx.
    pub fn is_negative(&self) -> bool {
        self.is_transient() || self.is_permanent()
    }

    /// The reply with an enhanced status code (RFC 2034) on each line: `code`, such as `2.1.5`, where
    /// a line has none of the reply's class. A server that offers ENHANCEDSTATUSCODES owes one in
    /// every reply, and a next hop may have none to pass on.
    pub fn with_status(mut self, code: &str) -> Reply {
        let class = char::from_digit(u32::from(self.code / 100), 10).unwrap_or('4');
        let code = if code.starts_with(class) { code.to_string() } else { format!("{class}.0.0") };
        if self.lines.is_empty() {
            self.lines.push(String::new());
        }
        for line in self.lines.iter_mut().filter(|line| !begins_with_status(line, class)) {
            *line = clean(format!("{code} {line}").trim_end().as_bytes());
        }
        self
    }

    /// The reply in ASCII, for a client that did not say SMTPUTF8 (RFC 6531 section 3.7.4.2): dashes and
    /// quotation marks become those of ASCII, other characters `?`.
    pub fn in_ascii(mut self) -> Reply {
        for line in self.lines.iter_mut().filter(|line| !line.is_ascii()) {
            *line = ascii(line);
        }
        self
    }

    /// Appends the reply as it goes over the wire.
    pub fn write_to(&self, out: &mut Vec<u8>) {
        let code = self.code.clamp(200, 599);
        let digits = [b'0' + (code / 100) as u8, b'0' + (code / 10 % 10) as u8, b'0' + (code % 10) as u8];
        let last = self.lines.len().saturating_sub(1);
        for (i, line) in self.lines.iter().enumerate() {
            out.extend_from_slice(&digits);
            out.push(if i == last { b' ' } else { b'-' });
            out.extend(line.bytes().map(|b| if matches!(b, b'\r' | b'\n' | 0) { b' ' } else { b }));
            out.extend_from_slice(b"\r\n");
        }
        if self.lines.is_empty() {
            out.extend_from_slice(&digits);
            out.extend_from_slice(b" \r\n");
        }
    }
}

/// The text in ASCII: dashes and quotation marks as ASCII has them, other characters as `?`.
pub fn ascii(text: &str) -> String {
    let plain = |c: char| match c {
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        '\u{2018}' | '\u{2019}' => '\'',
        '\u{201c}' | '\u{201d}' => '"',
        '\u{a0}' | '\u{3000}' => ' ',
        c if c.is_ascii() => c,
        _ => '?',
    };
    text.chars().map(plain).collect()
}

/// Whether the line begins with an enhanced status code of that class (RFC 3463 section 2).
fn begins_with_status(line: &str, class: char) -> bool {
    let mut parts = line.split(' ').next().unwrap_or("").split('.');
    let number = |part: Option<&str>| {
        part.is_some_and(|p| (1..=3).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_digit()))
    };
    parts.next().is_some_and(|p| p.len() == 1 && p.starts_with(class))
        && number(parts.next())
        && number(parts.next())
        && parts.next().is_none()
}

/// Reads one reply from the start of `bytes`: the reply and its length in bytes, or none where it
/// is not complete yet. Its text comes back fit to be relayed: control characters are gone, each
/// line is cut to what a reply line may hold.
///
/// # Errors
/// [`NotAReply`] where the bytes cannot become a reply however many follow: no three digits from
/// 200 to 599, codes that differ between lines, a line that does not end in CRLF, or one too long.
pub fn read(bytes: &[u8]) -> Result<Option<(Reply, usize)>, NotAReply> {
    let mut lines = Vec::new();
    let mut first = None;
    let mut at = 0;
    loop {
        let rest = &bytes[at..];
        let Some(end) = memchr::memchr(b'\n', rest) else {
            return if rest.len() > MAX_LINE || !may_begin_line(rest) { Err(NotAReply) } else { Ok(None) };
        };
        if end > MAX_LINE || at + end > MAX_REPLY {
            return Err(NotAReply);
        }
        let Some(line) = rest[..end].strip_suffix(b"\r") else {
            return Err(NotAReply);
        };
        let (code, is_last, text) = split_line(line)?;
        if *first.get_or_insert(code) != code {
            return Err(NotAReply);
        }
        if lines.len() < MAX_LINES || is_last {
            lines.push(clean(text));
        }
        at += end + 1;
        if is_last {
            return Ok(Some((Reply { code, lines }, at)));
        }
    }
}

/// Whether an unfinished line can still become a reply line; what begins with anything but digits
/// need not be waited for.
fn may_begin_line(bytes: &[u8]) -> bool {
    bytes.iter().take(3).all(u8::is_ascii_digit)
        && bytes.get(3).is_none_or(|b| matches!(b, b' ' | b'-' | b'\r'))
}

/// The code, whether the line is the last one, and the text.
fn split_line(line: &[u8]) -> Result<(u16, bool, &[u8]), NotAReply> {
    let [a @ b'2'..=b'5', b @ b'0'..=b'9', c @ b'0'..=b'9', rest @ ..] = line else {
        return Err(NotAReply);
    };
    let code = u16::from(a - b'0') * 100 + u16::from(b - b'0') * 10 + u16::from(c - b'0');
    match rest {
        // RFC 5321 section 4.2.1: a code alone is a reply line too.
        [] => Ok((code, true, b"")),
        [b' ', text @ ..] => Ok((code, true, text)),
        [b'-', text @ ..] => Ok((code, false, text)),
        _ => Err(NotAReply),
    }
}

/// The text of a line without control characters, and no longer than a reply line may be.
pub fn clean(text: &[u8]) -> String {
    let mut line = String::with_capacity(text.len().min(MAX_TEXT));
    if text.is_ascii() && !text.iter().any(u8::is_ascii_control) {
        line.extend(text.iter().take(MAX_TEXT).map(|&b| char::from(b)));
        return line;
    }
    for c in String::from_utf8_lossy(text).chars() {
        let c = if c.is_control() { ' ' } else { c };
        if line.len() + c.len_utf8() > MAX_TEXT {
            break;
        }
        line.push(c);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wire(reply: &Reply) -> Vec<u8> {
        let mut out = Vec::new();
        reply.write_to(&mut out);
        out
    }

    #[test]
    fn a_reply_reads_back_as_written() {
        let reply =
            Reply { code: 250, lines: vec!["relay.example".into(), "PIPELINING".into(), "SIZE 1".into()] };
        let bytes = wire(&reply);
        assert_eq!(bytes, b"250-relay.example\r\n250-PIPELINING\r\n250 SIZE 1\r\n");
        assert_eq!(read(&bytes), Ok(Some((reply, bytes.len()))));
    }

    #[test]
    fn an_unfinished_reply_is_waited_for_and_what_follows_is_left() {
        let bytes = b"250-a\r\n250 b\r\n354 go\r\n";
        for n in 0..14 {
            assert_eq!(read(&bytes[..n]), Ok(None), "{n}");
        }
        assert_eq!(read(bytes).unwrap().unwrap().1, 14);
        assert_eq!(read(b"250\r\n").unwrap().unwrap().0.lines, [""]);
    }

    #[test]
    fn garbage_is_told_as_soon_as_it_shows() {
        for bytes in [
            &b"HTTP/1.1 400 Bad Request\r\n"[..],
            b"x",
            b"25x",
            b"250x",
            b"150 no\r\n",
            b"600 no\r\n",
            b"250 bare\n",
            b"250-a\r\n251 b\r\n",
            b"\r\n",
            &[0u8; 5],
        ] {
            assert_eq!(read(bytes), Err(NotAReply), "{:?}", String::from_utf8_lossy(bytes));
        }
        let mut long = b"250 ".to_vec();
        long.resize(5000, b'a');
        assert_eq!(read(&long), Err(NotAReply));
        assert_eq!(read(&b"250-a\r\n".repeat(20_000)), Err(NotAReply));
    }

    #[test]
    fn text_is_made_fit_to_be_relayed() {
        let (reply, _) = read(b"550 a\rb\0c\x1b[31m\xc2\x85d\r\n").unwrap().unwrap();
        assert_eq!(reply.lines, ["a b c [31m d"]);
        let long = [b"550 ".to_vec(), "é".repeat(1000).into_bytes(), b"\r\n".to_vec()].concat();
        let (reply, _) = read(&long).unwrap().unwrap();
        assert_eq!(reply.lines[0].len(), 500);
    }

    #[test]
    fn a_bare_reply_gets_a_status_code_and_a_foreign_text_ascii() {
        let of = |code, text: &str, status| Reply::new(code, text).with_status(status).lines;
        assert_eq!(of(250, "OK", "2.1.5"), ["2.1.5 OK"]);
        assert_eq!(of(250, "", "2.1.5"), ["2.1.5"]);
        assert_eq!(of(250, "2.6.0 queued", "2.0.0"), ["2.6.0 queued"]);
        assert_eq!(of(452, "too many recipients", "2.1.5"), ["4.0.0 too many recipients"]);
        assert_eq!(of(550, "4.7.1 is not of its class", "5.0.0"), ["5.0.0 4.7.1 is not of its class"]);
        assert_eq!(of(550, "192.0.2.1 is listed", "5.0.0"), ["5.0.0 192.0.2.1 is listed"]);
        let ascii = Reply::new(550, "desk \u{2013} \u{201c}really\u{201d} \u{5b9b}").in_ascii();
        assert_eq!(ascii.lines, ["desk - \"really\" ?"]);
    }

    proptest! {
        #[test]
        fn no_bytes_panic_and_what_is_read_can_be_relayed(bytes in prop::collection::vec(any::<u8>(), 0..200), code in 200u16..600) {
            let mut line = format!("{code}-").into_bytes();
            line.extend_from_slice(&bytes);
            line.extend_from_slice(b"\r\n");
            for input in [&bytes, &line] {
                if let Ok(Some((reply, used))) = read(input) {
                    prop_assert!(used <= input.len());
                    let out = wire(&reply);
                    let (again, all) = read(&out).unwrap().unwrap();
                    prop_assert_eq!(all, out.len());
                    prop_assert_eq!(again, reply);
                }
            }
        }
    }
}
