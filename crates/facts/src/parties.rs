//! Who is one party and who are two. Colleagues at a company know each other, so a company is one
//! party; two people at a freemail provider do not, so each is a party.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::freemail;
use super::organization::Organization;

/// A domain for comparing: lower case, A-labels, without the dot of the root.
pub(super) fn domain(written: &str) -> String {
    let written = written.trim().trim_end_matches('.');
    match idna::domain_to_ascii(written) {
        Ok(ascii) if !ascii.is_empty() => ascii,
        _ => written.to_lowercase(),
    }
}

/// An address for comparing: two addresses of one key are one mailbox. The local part is compared
/// without regard to case, as every common provider does; a `+tag` is kept, for it may lead elsewhere.
pub(super) fn key(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((local, host)) => {
            format!("{}@{}", unquoted(local.trim()).to_lowercase(), domain(host))
        }
        None => address.trim().to_lowercase(),
    }
}

/// Where mail to `key` ends up: an address at one of the organisation's domains whose local part names another
/// one belongs to that one, for mail servers by their defaults send it there. `user%host@own`,
/// `"user@host"@own` and `host!user@own` (Postfix: allow_percent_hack, resolve_dequoted_address,
/// swap_bangpath). Others are themselves.
pub(super) fn leads_to(key: String, organization: &Organization) -> String {
    /// More routes in one address are nobody's.
    const MAX_ROUTES: usize = 8;
    let mut at = key;
    for _ in 0..MAX_ROUTES {
        if !organization.is_internal(domain_of(&at)) {
            return at;
        }
        let Some(next) = routed(&at) else { return at };
        at = self::key(&next);
    }
    at
}

/// The address that a local part names.
fn routed(key: &str) -> Option<String> {
    let (local, _) = key.rsplit_once('@')?;
    let local = local.trim_matches('"');
    if let Some((user, host)) = local.rsplit_once('@').or_else(|| local.rsplit_once('%')) {
        return (!host.is_empty()).then(|| format!("{}@{host}", user.trim_matches('"')));
    }
    let (host, user) = local.split_once('!')?;
    (!host.is_empty() && !user.is_empty()).then(|| format!("{user}@{host}"))
}

/// A local part without quotes that it does not need (RFC 5321 section 4.1.2).
fn unquoted(local: &str) -> &str {
    let inner = local.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let needless = |inner: &&str| {
        !inner.is_empty() && !inner.contains(|c: char| "\"\\@,;:<>()[] ".contains(c) || c.is_control())
    };
    inner.filter(needless).unwrap_or(local)
}

/// The domain of a key; empty if it has none.
pub(super) fn domain_of(key: &str) -> &str {
    key.rsplit_once('@').map_or("", |parts| parts.1)
}

/// Whether every address at `domain` is a person of its own.
pub(super) fn is_personal(domain: &str, organization: &Organization) -> bool {
    freemail::is_freemail(domain) || organization.is_private(domain)
}

/// What stands for the party that an address belongs to: its registrable domain (`example.co.jp`
/// for `dept.example.co.jp`), or the address itself at a freemail or carrier domain.
pub(super) fn party<'a>(key: &'a str, organization: &Organization) -> Cow<'a, str> {
    let domain = domain_of(key);
    if domain.is_empty() || is_personal(domain, organization) {
        return Cow::Borrowed(key);
    }
    Cow::Borrowed(registrable(domain))
}

/// The part of a domain that one registrant holds, by the public suffix list. Under a suffix that is
/// not on the list: the last two labels. An address literal is itself.
pub fn registrable(domain: &str) -> &str {
    if domain.starts_with('[') {
        return domain;
    }
    psl::domain_str(domain).unwrap_or(domain)
}

/// An outside organisation that a mail goes to.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Outside {
    /// The part of the domain that one registrant holds.
    pub domain: String,
    /// The addresses there, in the form that compares.
    pub addresses: Vec<String>,
    /// A freemail or carrier domain, at which every address is a person of its own.
    pub personal: bool,
}

/// The outside organisations among addresses, by domain.
pub fn outside<'a>(
    addresses: impl IntoIterator<Item = &'a str>,
    organization: &Organization,
) -> Vec<Outside> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for key in addresses.into_iter().map(|a| leads_to(key(a), organization)) {
        let domain = domain_of(&key);
        if !organization.is_internal(domain) {
            found.entry(registrable(domain).to_string()).or_default().insert(key);
        }
    }
    let outside = |(domain, addresses): (String, BTreeSet<String>)| Outside {
        personal: is_personal(&domain, organization),
        addresses: addresses.into_iter().collect(),
        domain,
    };
    found.into_iter().map(outside).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn party_of(address: &str) -> String {
        let key = key(address);
        party(&key, &Organization::new("A", &[])).into_owned()
    }

    #[test]
    fn a_company_is_one_party() {
        assert_eq!(party_of("a@dept.example.co.jp"), "example.co.jp");
        assert_eq!(party_of("B@EXAMPLE.co.jp"), "example.co.jp");
        assert_eq!(party_of("a@x.y.supplier.example"), "supplier.example");
        assert_eq!(party_of("a@city.minoh.lg.jp"), party_of("b@tax.city.minoh.lg.jp"));
        assert_ne!(party_of("a@example.co.jp"), party_of("a@example2.co.jp"));
    }

    #[test]
    fn at_a_freemail_domain_everybody_is_a_party() {
        assert_ne!(party_of("a@gmail.com"), party_of("b@gmail.com"));
        assert_eq!(party_of("A.b@Gmail.com"), party_of("a.B@gmail.COM"));
        assert_ne!(party_of("a+x@gmail.com"), party_of("a@gmail.com"));
        let mut house = Organization::new("A", &[]);
        house.private = vec!["example.org".into()];
        assert_eq!(party("a@mail.example.org", &house), "a@mail.example.org");
    }

    #[test]
    fn odd_domains_stand_for_themselves() {
        assert_eq!(party_of("a@localhost"), "localhost");
        assert_eq!(party_of("a@[192.0.2.1]"), "[192.0.2.1]");
        assert_eq!(party_of("nobody"), "nobody");
        assert_eq!(party_of("a@co.jp"), "co.jp");
        assert_eq!(key("\"a@b\"@日本語.example."), "\"a@b\"@xn--wgv71a119e.example");
        assert_eq!(party_of("@"), "@");
        assert_eq!(key("\"Taro\"@example.com"), "taro@example.com");
        assert_eq!(key("\"@example.com"), "\"@example.com");
    }
}
