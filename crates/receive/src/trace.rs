//! What marks a message's way through here: its id, and the Received line that is prepended (RFC
//! 5321 section 4.4).

use std::fmt::Write;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use smtp::envelope::Client;
use terms::clock::Timestamp;

/// Letters and digits that are not mistaken for one another (Crockford's base32).
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The ids of one run: numbers that count up from a random start, scattered so that they do not
/// look alike. No two of a run are the same; those of two runs or two nodes coincide about never.
#[derive(Debug)]
pub(super) struct Ids(AtomicU64);

impl Ids {
    pub(super) fn new(start: u64) -> Self {
        Ids(AtomicU64::new(start))
    }

    /// The next id, 12 characters.
    pub(super) fn next(&self) -> String {
        // An odd factor and a shift by half the width are each one to one over 60 bits.
        const MASK: u64 = (1 << 60) - 1;
        let mut n = self.0.fetch_add(1, Ordering::Relaxed) & MASK;
        for _ in 0..2 {
            n = n.wrapping_mul(0x9E37_79B9_7F4A_7C15) & MASK;
            n ^= n >> 30;
        }
        (0..12).rev().map(|i| char::from(ALPHABET[(n >> (5 * i) & 31) as usize])).collect()
    }
}

/// The Received line of a message. It names no recipient: with several, each would learn of the
/// others.
pub(super) fn received(client: &Client, hostname: &str, protocol: &str, id: &str, at: Timestamp) -> Vec<u8> {
    let mut line = String::with_capacity(200);
    line.push_str("Received: from ");
    push_word(&mut line, &client.helo);
    line.push_str(" (");
    push_word(&mut line, client.name.as_deref().unwrap_or("unknown"));
    match client.ip {
        Some(IpAddr::V4(ip)) => _ = write!(line, " [{ip}]"),
        Some(IpAddr::V6(ip)) => _ = write!(line, " [IPv6:{ip}]"),
        None => line.push_str(" [unknown]"),
    }
    _ = write!(line, ")\r\n\tby {hostname} (Sekisho) with {protocol} id {id};\r\n\t");
    let at = at.to_zoned(jiff::tz::TimeZone::UTC);
    _ = write!(line, "{}", at.strftime("%a, %d %b %Y %H:%M:%S +0000"));
    line.push_str("\r\n");
    line.into_bytes()
}

/// The registered name of the protocol (RFC 3848, RFC 6531 section 4.3).
pub(super) fn protocol(said: &str, tls: bool, utf8: bool) -> &'static str {
    match (said, utf8, tls) {
        ("SMTP", _, _) => "SMTP",
        (_, false, false) => "ESMTP",
        (_, false, true) => "ESMTPS",
        (_, true, false) => "UTF8SMTP",
        (_, true, true) => "UTF8SMTPS",
    }
}

/// What a client calls itself is not to be trusted with brackets, blanks or line ends.
fn push_word(line: &mut String, word: &str) {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
    line.extend(word.chars().take(255).map(|c| if plain(c) { c } else { '?' }));
    if word.is_empty() {
        line.push('?');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_folded_and_names_the_client() {
        let client = Client {
            ip: Some("192.0.2.1".parse().unwrap()),
            helo: "mail.example.com".into(),
            ..Client::default()
        };
        let at = Timestamp::from_second(1_795_341_600).unwrap();
        let line = received(&client, "gate.example.jp", protocol("ESMTP", true, false), "0123ABCD", at);
        assert_eq!(
            String::from_utf8(line).unwrap(),
            "Received: from mail.example.com (unknown [192.0.2.1])\r\n\tby gate.example.jp (Sekisho) with ESMTPS id 0123ABCD;\r\n\tSun, 22 Nov 2026 10:00:00 +0000\r\n"
        );
    }

    #[test]
    fn a_name_cannot_break_out_of_its_place() {
        let client = Client { helo: "x) by evil\r\nBcc: a@example.com (é".into(), ..Client::default() };
        let line = received(&client, "gate.example.jp", "SMTP", "ID", Timestamp::UNIX_EPOCH);
        let line = String::from_utf8(line).unwrap();
        assert!(
            line.starts_with("Received: from x??by?evil??Bcc:?a?example.com??? (unknown [unknown])\r\n"),
            "{line}"
        );
        assert_eq!(line.matches("\r\n").count(), 3);
    }

    #[test]
    fn ids_are_short_and_differ() {
        let ids = Ids::new(u64::MAX - 5000);
        let ids: std::collections::HashSet<_> = (0..10_000).map(|_| ids.next()).collect();
        assert_eq!(ids.len(), 10_000);
        assert!(ids.iter().all(|id| id.len() == 12 && id.bytes().all(|b| ALPHABET.contains(&b))));
        let alike = ids.iter().filter(|id| id.starts_with("00")).count();
        assert!(alike < 100, "{alike} of 10,000 begin alike");
    }
}
