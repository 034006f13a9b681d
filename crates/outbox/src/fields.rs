//! How texts stand in the fields of a report: on one line, in ASCII where it must be, never too long.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use terms::clock::Timestamp;

/// A line of a header field or a status field holds no more than this; RFC 5322 allows 998.
const MAX_TEXT: usize = 700;

/// One line without control characters, not too long.
pub fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_TEXT).collect()
}

/// The same in ASCII.
pub fn ascii(text: &str) -> String {
    plain(text).chars().map(|c| if c.is_ascii() { c } else { '?' }).collect()
}

/// The address in its type; beyond ASCII as RFC 6533 section 3 has it.
pub fn address(address: &str) -> String {
    if address.is_ascii() {
        return format!("rfc822; {}", plain(address));
    }
    let coded: String = plain(address)
        .chars()
        .take(MAX_TEXT / 10)
        .map(|c| match c {
            '\\' | '+' | '=' => format!("\\x{{{:02X}}}", u32::from(c)),
            c if c.is_ascii() => c.to_string(),
            c => format!("\\x{{{:04X}}}", u32::from(c)),
        })
        .collect();
    format!("utf-8; {coded}")
}

/// The enhanced status code (RFC 3463) of a reply such as `550 5.1.1 no such user`, or a general one
/// of this class where it has none.
pub fn status(class: char, reply: &str) -> String {
    if reply.ends_with("(4.4.7 delivery time expired)") {
        return "4.4.7".into();
    }
    let given = reply.split_whitespace().nth(1).filter(|code| {
        let mut parts = code.split('.');
        let number = |p: &str| (1..=3).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_digit());
        parts.next().is_some_and(|first| first.len() == 1 && first.starts_with(class))
            && parts.next().is_some_and(number)
            && parts.next().is_some_and(number)
            && parts.next().is_none()
    });
    given.map_or_else(|| format!("{class}.0.0"), str::to_string)
}

/// RFC 5322 section 3.3.
pub fn date(at: Timestamp) -> String {
    jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_string(&at).unwrap_or_default()
}

/// An unstructured field, in encoded words where it is not ASCII (RFC 2047 section 2: at most 75
/// characters each, cut between characters).
pub fn encoded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_string();
    }
    let mut words: Vec<String> = Vec::new();
    let mut piece = String::new();
    for c in text.chars() {
        // 45 bytes make 60 characters of base64, and the word 72.
        if piece.len() + c.len_utf8() > 45 {
            words.push(std::mem::take(&mut piece));
        }
        piece.push(c);
    }
    words.push(piece);
    let word = |w: &String| format!("=?UTF-8?B?{}?=", BASE64.encode(w));
    words.iter().map(word).collect::<Vec<_>>().join("\r\n ")
}
