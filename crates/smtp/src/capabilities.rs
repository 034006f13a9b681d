//! What a server says that it can do: the lines of its reply to EHLO (RFC 5321 section 4.1.1.1).

use super::reply::Reply;

/// The extensions of a next hop that matter to a relay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// PIPELINING (RFC 2920).
    pub pipelining: bool,
    /// SIZE (RFC 1870).
    pub size: bool,
    /// The size that it named with SIZE, in bytes; 0 where it named none.
    pub max_size: u64,
    /// 8BITMIME (RFC 6152).
    pub eight_bit_mime: bool,
    /// SMTPUTF8 (RFC 6531).
    pub smtputf8: bool,
    /// DSN (RFC 3461).
    pub dsn: bool,
    /// STARTTLS (RFC 3207).
    pub starttls: bool,
    /// AUTH PLAIN (RFC 4616).
    pub auth_plain: bool,
    /// AUTH LOGIN.
    pub auth_login: bool,
}

impl Capabilities {
    /// What matters of it to clients, as words of a reply to EHLO: `8BITMIME`, `SMTPUTF8`, `DSN`.
    /// [`Capabilities::of_words`] reads them.
    pub fn words(&self) -> Vec<String> {
        let all = [
            (self.pipelining, "PIPELINING"),
            (self.size, "SIZE"),
            (self.eight_bit_mime, "8BITMIME"),
            (self.smtputf8, "SMTPUTF8"),
            (self.dsn, "DSN"),
        ];
        all.into_iter().filter(|(offered, _)| *offered).map(|(_, word)| word.to_string()).collect()
    }

    /// What [`Capabilities::words`] wrote.
    pub fn of_words<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        let lines = std::iter::once("").chain(words).map(str::to_string).collect();
        Capabilities::of(&Reply { code: 250, lines })
    }

    /// Reads the reply to EHLO; its first line is the server's name.
    pub fn of(ehlo: &Reply) -> Self {
        let mut found = Capabilities::default();
        for line in ehlo.lines.iter().skip(1) {
            let mut words = line.split_ascii_whitespace();
            let Some(keyword) = words.next() else {
                continue;
            };
            match keyword.to_ascii_uppercase().as_str() {
                "PIPELINING" => found.pipelining = true,
                "SIZE" => {
                    found.size = true;
                    found.max_size = words.next().and_then(|n| n.parse().ok()).unwrap_or(0);
                }
                "8BITMIME" => found.eight_bit_mime = true,
                "SMTPUTF8" => found.smtputf8 = true,
                "DSN" => found.dsn = true,
                "STARTTLS" => found.starttls = true,
                "AUTH" => {
                    for mechanism in words {
                        found.auth_plain |= mechanism.eq_ignore_ascii_case("PLAIN");
                        found.auth_login |= mechanism.eq_ignore_ascii_case("LOGIN");
                    }
                }
                _ => {}
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back() {
        let offered = Capabilities { size: true, smtputf8: true, dsn: true, ..Capabilities::default() };
        let words = offered.words();
        assert_eq!(words, ["SIZE", "SMTPUTF8", "DSN"]);
        assert_eq!(Capabilities::of_words(words.iter().map(String::as_str)), offered);
    }

    #[test]
    fn an_ehlo_reply_is_read() {
        let lines =
            ["STARTTLS DSN", "pipelining", "SIZE 52428800", "8BITMIME", "AUTH CRAM-MD5 plain", "XFOO"];
        let reply = Reply { code: 250, lines: lines.map(String::from).to_vec() };
        let expected = Capabilities {
            pipelining: true,
            size: true,
            max_size: 52_428_800,
            eight_bit_mime: true,
            auth_plain: true,
            ..Capabilities::default()
        };
        assert_eq!(Capabilities::of(&reply), expected, "the first line is a name, not a capability");
    }
}
