//! Recipients that are not who they seem: domains a slip of the finger away from the great freemail and
//! carrier domains, from partners', from the organisation's own and from those that it often writes to, or that look
//! like one of them; and the sender's own private address.

use super::confusable::{as_seen, is_paired, without_pairs};
use super::freemail::{self, is_freemail};
use super::organization::Organization;
use super::parties::domain_of;

/// Domains that people mistype. Only ones whose neighbours are not themselves in common use.
const KNOWN: &[&str] = &[
    "gmail.com",
    "yahoo.co.jp",
    "yahoo.com",
    "ymail.ne.jp",
    "hotmail.com",
    "hotmail.co.jp",
    "outlook.com",
    "outlook.jp",
    "icloud.com",
    "docomo.ne.jp",
    "ezweb.ne.jp",
    "softbank.ne.jp",
    "i.softbank.jp",
    "biglobe.ne.jp",
    "nifty.com",
    // For examples and tests.
    "freemail.example",
    "carrier.example",
];

/// Names that belong to the provider under any ending, so that another ending is a slip. Carriers and
/// access providers have company domains under other endings.
const BRANDS: &[&str] = &["gmail", "yahoo", "hotmail", "icloud", "docomo", "ezweb"];

/// A name of fewer letters than these has too many real neighbours.
const SHORTEST: usize = 4;

/// The domain that `domain` (lower case) was probably meant to be, of the well-known ones, the partners' and
/// the organisation's own.
pub(super) fn meant<'o>(domain: &str, organization: &'o Organization) -> Option<&'o str> {
    if is_right(domain, organization) {
        return None;
    }
    match as_seen(domain) {
        Some(seen) => same_as_seen(&seen, organization).or_else(|| near(&seen, organization)),
        None => near(domain, organization),
    }
}

/// The right domain that a domain looks to be.
fn same_as_seen<'o>(seen: &str, organization: &'o Organization) -> Option<&'o str> {
    let known = organization.partners.iter().chain(&organization.domains).map(String::as_str);
    let is_it = |right: &&str| registered(seen).is_some_and(|name| registered(right) == Some(name));
    freemail::provider(seen).or_else(|| known.chain(KNOWN.iter().copied()).find(is_it))
}

fn near<'o>(domain: &str, organization: &'o Organization) -> Option<&'o str> {
    let partners = organization.partners.iter().find(|p| is_near(domain, p) || is_other_ending(domain, p));
    well_known(domain)
        .or(partners.map(String::as_str))
        .or_else(|| organization.domains.iter().map(String::as_str).find(|own| is_near(domain, own)))
}

/// Whether a domain is known to be right: a provider's, a partner's, one's own.
pub(super) fn is_right(domain: &str, organization: &Organization) -> bool {
    is_freemail(domain) || organization.is_partner(domain) || organization.is_internal(domain)
}

/// Endings that are mistaken for one another.
const ENDINGS: &[&str] = &[
    "com", "net", "org", "co", "jp", "co.jp", "ne.jp", "or.jp", "gr.jp", "ac.jp", "ed.jp", "go.jp", "lg.jp",
];

/// All that may stand in a name.
const LETTERS: &[u8; 38] = b"abcdefghijklmnopqrstuvwxyz0123456789-.";

/// No name is longer (RFC 1035 section 2.3.4), and those that people type are shorter by far.
const LONGEST: usize = 60;

/// The domains, as registered, that `domain` (lower case) may be a slip of: for a memory that cannot list what
/// it knows, but can be asked. One slip in what was registered, another ending, something behind, or letters that
/// look like others. About a hundred for each letter; none for a name too short or too long.
pub fn slips_of(domain: &str) -> Vec<String> {
    let seen = as_seen(domain);
    let domain = seen.as_deref().unwrap_or(domain);
    let sound = |name: &&str| name.is_ascii() && name.len() <= LONGEST && !name.starts_with('[');
    let Some(name) = registered(domain).filter(sound) else {
        return Vec::new();
    };
    let Some((label, ending)) = name.split_once('.') else {
        return Vec::new();
    };
    let mut found = standing_before(domain);
    if label.len() >= SHORTEST {
        if ENDINGS.contains(&ending) {
            let others = ENDINGS.iter().filter(|e| **e != ending);
            found.extend(others.map(|e| format!("{label}.{e}")));
        }
        found.extend(one_slip_from(name.as_bytes()));
        found.extend(without_pairs(name));
    }
    found.retain(|meant| meant != name);
    found.extend(seen.is_some().then(|| name.to_string()));
    found
}

/// The names that stand before something else: `docomo.ne.jp` in `docomo.ne.jp.com`.
fn standing_before(domain: &str) -> Vec<String> {
    if domain.starts_with('[') {
        return Vec::new();
    }
    let ends = domain.match_indices('.').map(|(at, _)| &domain[..at]);
    ends.filter(|name| name.len() <= LONGEST && registered(name) == Some(*name)).map(str::to_string).collect()
}

/// Every name with one letter less, more or other, or two changed about.
fn one_slip_from(name: &[u8]) -> Vec<String> {
    let mut made: Vec<Vec<u8>> = Vec::with_capacity(name.len() * 2 * LETTERS.len());
    for at in 0..=name.len() {
        let (before, rest) = name.split_at(at);
        made.extend(LETTERS.iter().map(|letter| [before, &[*letter], rest].concat()));
        let Some((first, after)) = rest.split_first() else { break };
        made.push([before, after].concat());
        let others = LETTERS.iter().filter(|letter| *letter != first);
        made.extend(others.map(|letter| [before, &[*letter], after].concat()));
        if let Some((second, after)) = after.split_first().filter(|(second, _)| *second != first) {
            made.push([before, &[*second, *first], after].concat());
        }
    }
    let sound = |name: &String| {
        let label = name.split('.').next().unwrap_or_default();
        label.len() >= SHORTEST && !name.contains("..") && !name.ends_with('.')
    };
    made.into_iter().filter_map(|name| String::from_utf8(name).ok()).filter(sound).collect()
}

/// Whether something stands behind the right domain, or the names that were registered are one slip apart.
fn is_near(domain: &str, meant: &str) -> bool {
    let Some((written, right)) = registered(domain).zip(registered(meant)) else {
        return false;
    };
    let long = |name: &str| name.split('.').next().is_some_and(|label| label.len() >= SHORTEST);
    let slipped = || is_one_slip(written, right) || is_paired(written, right);
    is_behind(domain, meant) || long(written) && long(right) && slipped()
}

/// Whether the name is the partner's and its ending another: `partner.com` for `partner.co.jp`.
fn is_other_ending(domain: &str, meant: &str) -> bool {
    let Some((written, right)) = registered(domain).zip(registered(meant)) else {
        return false;
    };
    let (written, right) = (written.split_once('.'), right.split_once('.'));
    written.zip(right).is_some_and(|(w, r)| w.0 == r.0 && w.1 != r.1 && w.0.len() >= SHORTEST)
}

/// What was registered of a domain: its public suffix and one label more.
fn registered(domain: &str) -> Option<&str> {
    psl::domain_str(domain)
}

fn well_known(domain: &str) -> Option<&'static str> {
    let known = KNOWN.iter().copied();
    known.clone().find(|k| is_behind(domain, k)).or_else(|| {
        known.clone().find(|k| is_one_slip(domain, k) || is_paired(domain, k)).or_else(|| {
            let (brand, ending) = domain.split_once('.').filter(|d| BRANDS.contains(&d.0))?;
            // gmail.example.com is somebody's own mail server.
            let is_ending = psl::suffix_str(ending) == Some(ending);
            known.clone().find(|k| is_ending && k.split('.').next() == Some(brand))
        })
    })
}

/// `docomo.ne.jp.com`: the right domain, and something behind it.
fn is_behind(domain: &str, known: &str) -> bool {
    domain.strip_prefix(known).is_some_and(|rest| rest.starts_with('.'))
}

/// Whether one letter too many, too few, another one, or two changed about make the one the other.
fn is_one_slip(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len().abs_diff(b.len()) > 1 {
        return false;
    }
    let same = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (rest_a, rest_b) = (&a[same..], &b[same..]);
    match (rest_a, rest_b) {
        ([], []) => false,
        ([x, y, a @ ..], [v, w, b @ ..]) if x == w && y == v && a == b => true,
        _ if a.len() == b.len() => rest_a.get(1..) == rest_b.get(1..),
        _ if a.len() < b.len() => Some(rest_a) == rest_b.get(1..),
        _ => rest_a.get(1..) == Some(rest_b),
    }
}

/// Whether `key`, an address at a freemail or carrier domain, looks like the private address of `sender`:
/// the same local part or the same words in it, however they are joined or shortened to an initial, or the words
/// of the sender's display name in Latin letters or by their readings.
pub(super) fn is_own_private(key: &str, sender: &str, names: &[String]) -> bool {
    if domain_of(key) == domain_of(sender) {
        return false;
    }
    let theirs = words(local(key));
    let own = words(local(sender));
    let letters: usize = own.iter().map(String::len).sum();
    letters >= MIN_LETTERS && (theirs == own || joined(key) == joined(sender) || is_shortened(&theirs, &own))
        || names.iter().any(|name| is_named(&theirs, name))
}

/// The letters in the order of the local part: `t-yamada` and `tyamada` have the same ones.
fn joined(address: &str) -> String {
    let local = local(address);
    let local = local.split('+').next().unwrap_or(local);
    local.to_lowercase().chars().filter(|c| c.is_alphabetic()).collect()
}

/// Whether one has a word of the other whole and the rest as initials: `hanako.yamada` and `h.yamada`, `hyamada`.
fn is_shortened(a: &[String], b: &[String]) -> bool {
    let shortens = |short: &[String], long: &[String]| {
        let [first, second] = long else { return false };
        let text = short.concat();
        [(first, second), (second, first)].into_iter().any(|(name, other)| {
            name.len() >= SHORTEST
                && other.chars().next().is_some_and(|initial| {
                    let mut letters = [format!("{initial}{name}"), format!("{name}{initial}")].into_iter();
                    letters.any(|l| l == text)
                })
        })
    };
    shortens(a, b) || shortens(b, a)
}

/// Whether the words of a local part are those of a display name: in Latin letters, or the readings of a family
/// name and a given name that the dictionaries of names know.
fn is_named(theirs: &[String], name: &str) -> bool {
    let parts: Vec<&str> =
        name.split(|c: char| !c.is_alphabetic() && c != '々').filter(|w| !w.is_empty()).collect();
    let [first, second] = parts.as_slice() else { return false };
    let text = theirs.concat();
    if text.len() < MIN_LETTERS {
        return false;
    }
    let readings = |word: &str| -> Vec<String> {
        match word.is_ascii() {
            true => vec![word.to_lowercase()],
            false => personal::romaji(word),
        }
    };
    let (ones, others) = (readings(first), readings(second));
    ones.iter().any(|a| {
        others.iter().any(|b| {
            let initial = |w: &str| w.chars().next().map(String::from).unwrap_or_default();
            let ways = [
                format!("{a}{b}"),
                format!("{b}{a}"),
                format!("{}{b}", initial(a)),
                format!("{}{a}", initial(b)),
                format!("{a}{}", initial(b)),
            ];
            // One name whole, and the beginning of the other: hana.yamada for Yamada Hanako.
            let begins = |name: &str, short: &str| short.len() >= 2 && name.starts_with(short);
            let pair = match theirs {
                [x, y] => {
                    x == a && begins(b, y)
                        || y == a && begins(b, x)
                        || x == b && begins(a, y)
                        || y == b && begins(a, x)
                }
                _ => false,
            };
            ways.contains(&text) || pair
        })
    })
}

/// Fewer letters than these are anybody's: `info`, `k.s`.
const MIN_LETTERS: usize = 5;

fn local(address: &str) -> &str {
    address.rsplit_once('@').map_or(address, |parts| parts.0)
}

/// The words of a local part, sorted: `Yamada_Taro1980` and `taro.yamada` have the same ones.
fn words(local: &str) -> Vec<String> {
    let local = local.split('+').next().unwrap_or(local).to_lowercase();
    let parts = local.split(|c: char| !c.is_alphabetic()).filter(|w| !w.is_empty());
    let mut words: Vec<String> = parts.map(str::to_string).collect();
    words.sort_unstable();
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nobody() -> Organization {
        Organization::new("みほん市", &["city.example.jp"])
    }

    #[test]
    fn slips_of_partners_and_of_ones_own_domain_are_known() {
        let mut house = Organization::new("みほん市", &["mihon-city.jp"]);
        house.partners = ["kensetsu-mihon.co.jp", "mihon-bank.com", "ab.co.jp"].map(String::from).to_vec();
        for (written, right) in [
            ("kensetsu-mihn.co.jp", "kensetsu-mihon.co.jp"),
            ("mail.kensetu-mihon.co.jp", "kensetsu-mihon.co.jp"),
            ("kensetsu-mihon.com", "kensetsu-mihon.co.jp"),
            ("kensetsu-mihon.co", "kensetsu-mihon.co.jp"),
            ("mihon-bank.com.example", "mihon-bank.com"),
            ("mihon-citv.jp", "mihon-city.jp"),
            ("gmai.com", "gmail.com"),
            ("rnihon-bank.com", "mihon-bank.com"),
            ("xn--mihn-bank-22h.com", "mihon-bank.com"),
            ("xn--mihon-cty-19h.jp", "mihon-city.jp"),
        ] {
            assert_eq!(meant(written, &house), Some(right), "{written}");
        }
        for domain in
            ["kensetsu-mihon.co.jp", "sales.kensetsu-mihon.co.jp", "ac.co.jp", "mihon-city.com", "mihon.jp"]
        {
            assert_eq!(meant(domain, &house), None, "{domain}");
        }
        // One that is a partner itself is no slip of another.
        house.partners.push("kensetsu-mihan.co.jp".to_string());
        assert_eq!(meant("kensetsu-mihan.co.jp", &house), None);
    }

    #[test]
    fn slips_are_told_from_what_is_meant() {
        for (written, right) in [
            ("gmai.com", "gmail.com"),
            ("gmial.com", "gmail.com"),
            ("gmaill.com", "gmail.com"),
            ("gmail.co", "gmail.com"),
            ("gmail.co.jp", "gmail.com"),
            ("yaho.co.jp", "yahoo.co.jp"),
            ("docomo.ne.jp.com", "docomo.ne.jp"),
            ("docmo.ne.jp", "docomo.ne.jp"),
            ("ezweb.co.jp", "ezweb.ne.jp"),
            ("hotmail.con", "hotmail.com"),
            ("freemai.example", "freemail.example"),
            ("hotrnail.com", "hotmail.com"),
            // An а of Cyrillic, an ο of Greek, an í.
            ("xn--gmil-63d.com", "gmail.com"),
            ("xn--utlook-h0e.com", "outlook.com"),
            ("xn--gmal-xpa.co", "gmail.com"),
            ("mx.xn--l-7sb6b.com", "aol.com"),
        ] {
            assert_eq!(meant(written, &nobody()), Some(right), "{written}");
        }
    }

    #[test]
    fn real_domains_are_no_slips() {
        for domain in [
            "gmail.com",
            "mail.com",
            "yahoo.co.uk",
            "softbank.co.jp",
            "biglobe.co.jp",
            "docomo.ne.jp",
            "example.com",
            "gmail.example.com",
            "city.example.jp",
            "",
            "gmail",
            ".",
        ] {
            assert_eq!(meant(domain, &nobody()), None, "{domain}");
        }
    }

    #[test]
    fn the_senders_own_address_is_known_in_any_order() {
        let sender = "taro.yamada@city.example.jp";
        for key in [
            "taro.yamada@freemail.example",
            "yamada_taro1980@freemail.example",
            "taro-yamada+work@carrier.example",
        ] {
            assert!(is_own_private(key, sender, &[]), "{key}");
        }
        assert!(is_own_private("tyamada@freemail.example", "t-yamada@city.example.jp", &[]));
        assert!(is_own_private("t.yamada@freemail.example", sender, &[]));
        let names = ["山田 花子".to_string()];
        assert!(is_own_private(
            "hana.yamada@freemail.example",
            "staff0042@city.example.jp",
            &["山田 花".to_string()]
        ));
        assert!(is_own_private("hanako.yamada@freemail.example", "staff0042@city.example.jp", &names));
        assert!(!is_own_private("ichiro.yamada@freemail.example", "staff0042@city.example.jp", &names));
        for key in ["hanako.yamada@freemail.example", "taro@freemail.example", "yamada@freemail.example"] {
            assert!(!is_own_private(key, sender, &[]), "{key}");
        }
        assert!(!is_own_private("info@freemail.example", "info@city.example.jp", &[]));
    }

    #[test]
    fn what_may_have_been_meant_is_listed() {
        for (written, right) in [
            ("kensetsu-mihn.co.jp", "kensetsu-mihon.co.jp"),
            ("mail.kensetu-mihon.co.jp", "kensetsu-mihon.co.jp"),
            ("kensetsu-mihon.com", "kensetsu-mihon.co.jp"),
            ("kensetsu-mihon.co.jp.com", "kensetsu-mihon.co.jp"),
            ("knesetsu-mihon.co.jp", "kensetsu-mihon.co.jp"),
            ("kensetsu-mihon.ne.jp", "kensetsu-mihon.co.jp"),
            ("xensetsu.example", "kensetsu.example"),
            ("kensetsu-rnihon.co.jp", "kensetsu-mihon.co.jp"),
            ("xn--kensetsu-mihn-t7k.co.jp", "kensetsu-mihon.co.jp"),
        ] {
            let slips = slips_of(written);
            assert!(slips.iter().any(|s| s == right), "{written}");
            assert!(slips.len() < 3_000, "{written}: {}", slips.len());
        }
        for (written, other) in [
            ("kensetsu-mihn.co.jp", "kensetsu-mihn.co.jp"),
            ("abc.co.jp", "abd.co.jp"),
            ("kensetsu-mihon.example", "kensetsu-mihon.com"),
            ("mihon.kensetsu.co.jp", "kensetsu.co.jp"),
        ] {
            assert!(!slips_of(written).iter().any(|s| s == other), "{written}");
        }
        for none in ["", ".", "com", "[192.0.2.1]", &format!("{}.example", "x".repeat(80))] {
            assert_eq!(slips_of(none), Vec::<String>::new(), "{none}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_listed_is_one_slip_away(domain in "[a-z0-9-]{1,12}[.](com|co[.]jp|example)([.]com)?") {
            let name = registered(&domain).unwrap_or_default().to_string();
            for meant in slips_of(&domain) {
                let ending = |d: &str| d.split_once('.').map(|p| p.0.to_string());
                let other = ending(&name) == ending(&meant);
                proptest::prop_assert!(is_one_slip(&name, &meant) || is_paired(&name, &meant) || other || is_behind(&domain, &meant), "{meant}");
            }
        }

        #[test]
        fn any_text_is_taken(domain in "\\PC{0,30}", other in "\\PC{0,30}") {
            let _ = slips_of(&domain.to_lowercase());
            let _ = meant(&domain.to_lowercase(), &nobody());
            let _ = is_own_private(&domain, &other, &[]);
        }

        #[test]
        fn one_letter_less_is_one_slip(at in 0usize..9) {
            let mut written = "gmail.com".to_string();
            written.remove(at);
            proptest::prop_assert!(is_one_slip(&written, "gmail.com"));
            proptest::prop_assert!(is_one_slip("gmail.com", &written));
        }
    }
}
