//! Domains that look like others: letters of other scripts in place of Latin ones (Unicode Technical Standard
//! #39, section 4), letters with a mark in place of bare ones, and pairs of letters in place of one.

use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_security::skeleton;

/// No domain is longer (RFC 1035 section 2.3.4).
const LONGEST: usize = 255;

/// Pairs that look like one letter.
const PAIRS: [(&str, &str); 2] = [("rn", "m"), ("vv", "w")];

/// The domain of ASCII that an internationalised one (lower case, A-labels) looks like: `gmail.com` for
/// `xn--gmil-63d.com`, whose а is Cyrillic. None for a domain of ASCII, and where a letter looks like none of it.
pub(super) fn as_seen(domain: &str) -> Option<String> {
    if domain.len() > LONGEST || domain.is_ascii() && !domain.contains("xn--") {
        return None;
    }
    let (written, _) = idna::domain_to_unicode(domain);
    if written.is_ascii() {
        return None;
    }
    written
        .nfd()
        .filter(|c| !is_combining_mark(*c))
        .map(|c| if c.is_ascii() { Some(c) } else { latin(c) })
        .collect()
}

/// The letter or digit of ASCII that looks the same.
fn latin(c: char) -> Option<char> {
    static SHAPES: LazyLock<Vec<(String, char)>> =
        LazyLock::new(|| ('a'..='z').chain('0'..='9').chain(['-']).map(|c| (shape(c), c)).collect());
    let shape = shape(c);
    SHAPES.iter().find(|(known, _)| *known == shape).map(|(_, letter)| *letter)
}

fn shape(c: char) -> String {
    skeleton(c.encode_utf8(&mut [0; 4])).collect()
}

/// Whether two names differ, and look the same where a pair looks like one letter.
pub(super) fn is_paired(a: &str, b: &str) -> bool {
    let (mut a, mut b, mut paired) = (a.as_bytes(), b.as_bytes(), false);
    loop {
        (a, b) = match (a, b) {
            ([], []) => return paired,
            ([x, a @ ..], [y, b @ ..]) if x == y => (a, b),
            _ => {
                let mut either = PAIRS.iter().flat_map(|(pair, letter)| [(pair, letter), (letter, pair)]);
                let behind =
                    |(x, y): (&&str, &&str)| a.strip_prefix(x.as_bytes()).zip(b.strip_prefix(y.as_bytes()));
                let Some(behind) = either.find_map(behind) else {
                    return false;
                };
                paired = true;
                behind
            }
        };
    }
}

fn single(name: &str) -> String {
    PAIRS.iter().fold(name.to_string(), |name, (pair, letter)| name.replace(pair, letter))
}

/// The names that may be meant where one pair stands for a letter, or all do.
pub(super) fn without_pairs(name: &str) -> Vec<String> {
    let one = PAIRS.iter().flat_map(|(pair, letter)| {
        name.match_indices(pair).map(move |(at, _)| [&name[..at], letter, &name[at + pair.len()..]].concat())
    });
    let mut found: Vec<String> = one.chain([single(name)]).filter(|other| other != name).collect();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ascii(domain: &str) -> String {
        idna::domain_to_ascii(domain).unwrap_or_else(|_| domain.to_string())
    }

    #[test]
    fn letters_of_other_scripts_are_seen_as_latin_ones() {
        for (written, seen) in [
            ("gmаil.com", "gmail.com"),
            ("раураl.example", "paypal.example"),
            ("οutlοοk.com", "outlook.com"),
            ("docomó.ne.jp", "docomo.ne.jp"),
        ] {
            assert_eq!(as_seen(&ascii(written)).as_deref(), Some(seen), "{written}");
        }
        for other in [
            "みほん.jp",
            "例え.example",
            "пример.example",
            "gmail.com",
            "xn--.com",
            "xn--zzzzzz99999999.com",
            "",
        ] {
            assert_eq!(as_seen(&ascii(other)), None, "{other}");
        }
        assert_eq!(as_seen(&"а".repeat(1_000_000)), None);
    }

    #[test]
    fn pairs_are_seen_as_one_letter() {
        assert!(is_paired("hotrnail.com", "hotmail.com"));
        assert!(is_paired("vvater.example", "water.example"));
        assert!(!is_paired("hotmail.com", "hotmail.com"));
        assert!(is_paired("hotmail.com", "hotrnail.com"));
        assert!(is_paired("rrnvv.example", "rmw.example"));
        assert!(!is_paired("hotnail.com", "hotmail.com"));
        assert!(!is_paired("hotrn", "hot"));
        assert_eq!(without_pairs("rnodern.example"), ["modern.example", "rnodem.example", "modem.example"]);
        assert_eq!(without_pairs("example.com"), Vec::<String>::new());
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_taken(domain in "\\PC{0,40}|[rnmvw.]{0,12}") {
            let _ = as_seen(&domain);
            for other in without_pairs(&domain) {
                proptest::prop_assert!(is_paired(&domain, &other), "{other}");
            }
        }
    }
}
