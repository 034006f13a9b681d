//! Mail addresses in running text (RFC 5321 section 4.1.2, the atoms that people really have), and
//! what addresses name no person.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

/// File names that look like addresses: `icon@2x.png`.
const NOT_TLD: [&str; 10] = ["png", "jpg", "jpeg", "gif", "svg", "webp", "css", "js", "html", "local"];

/// Local parts that name a role, not a person.
const ROLES: &[&str] = &[
    "info",
    "support",
    "noreply",
    "no-reply",
    "donotreply",
    "do-not-reply",
    "admin",
    "administrator",
    "postmaster",
    "webmaster",
    "hostmaster",
    "abuse",
    "contact",
    "sales",
    "help",
    "helpdesk",
    "office",
    "mail",
    "inquiry",
    "toiawase",
    "otoiawase",
    "soumu",
    "somu",
    "jinji",
    "kouhou",
    "koho",
    "keiri",
    "press",
    "news",
    "newsletter",
    "marketing",
    "billing",
    "security",
    "privacy",
    "service",
    "customer",
    "order",
    "orders",
    "shop",
    "jimu",
    "jimukyoku",
    "recruit",
    "saiyo",
    "pr",
    "hr",
    "it",
    "team",
    "staff",
    "all",
    "root",
    "mailer-daemon",
    "notify",
    "notification",
    "notifications",
    "alert",
    "alerts",
    "system",
    "register",
    "entry",
];

static ROLE_SET: LazyLock<HashSet<&str>> = LazyLock::new(|| ROLES.iter().copied().collect());

/// The address around the `@` at `at`.
pub fn around(text: &str, at: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let atom = |b: &u8| b.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~.-".contains(b);
    let local = bytes.get(..at)?.iter().rev().take(65).take_while(|b| atom(b)).count();
    let host = bytes
        .get(at + 1..)?
        .iter()
        .take(254)
        .take_while(|b| b.is_ascii_alphanumeric() || b".-".contains(b))
        .count();
    let mut start = at - local;
    let mut end = at + 1 + host;
    // What stands around an address in running text: quotes, dots, slashes.
    while start < at && !(bytes[start].is_ascii_alphanumeric() || bytes[start] == b'_') {
        start += 1;
    }
    while end > at + 1 && !bytes[end - 1].is_ascii_alphanumeric() {
        end -= 1;
    }
    let name = text.get(start..at)?;
    let domain = text.get(at + 1..end)?;
    (is_local(name) && is_domain(domain)).then_some(start..end)
}

fn is_local(name: &str) -> bool {
    // Old carrier addresses have dots in a row and before the @, against RFC 5321.
    !name.is_empty() && name.len() <= 64
}

fn is_domain(domain: &str) -> bool {
    let Some((rest, tld)) = domain.rsplit_once('.') else {
        return false;
    };
    let tld = tld.to_ascii_lowercase();
    !rest.is_empty()
        && (2..=24).contains(&tld.len())
        && (tld.bytes().all(|b| b.is_ascii_lowercase()) || tld.starts_with("xn--"))
        && !NOT_TLD.contains(&tld.as_str())
        && domain
            .split('.')
            .all(|l| !l.is_empty() && l.len() <= 63 && !l.starts_with('-') && !l.ends_with('-'))
}

/// Whether the address is a role's.
pub fn is_role(address: &str) -> bool {
    let local = address.split('@').next().unwrap_or("").to_ascii_lowercase();
    let stem =
        local.split(['+', '.', '_']).next().unwrap_or("").trim_end_matches(|c: char| c.is_ascii_digit());
    let is_role = |name: &str| ROLE_SET.contains(name);
    is_role(&local) || local.len() <= stem.len() + 3 && is_role(stem)
}

/// Whether the address belongs to one of the domains, subdomains included.
pub fn is_at(address: &str, domains: &[String]) -> bool {
    let Some((_, host)) = address.rsplit_once('@') else {
        return false;
    };
    domains.iter().any(|d| {
        let d = d.trim_start_matches('.');
        host.eq_ignore_ascii_case(d)
            || host.len() > d.len()
                && host.is_char_boundary(host.len() - d.len())
                && host[host.len() - d.len()..].eq_ignore_ascii_case(d)
                && host.as_bytes()[host.len() - d.len() - 1] == b'.'
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<&str> {
        let at = text.find('@')?;
        around(text, at).map(|r| &text[r])
    }

    #[test]
    fn addresses_in_text() {
        assert_eq!(found("メールはtaro.yamada@example.co.jpまで"), Some("taro.yamada@example.co.jp"));
        assert_eq!(found("<a+b@example.com>."), Some("a+b@example.com"));
        assert_eq!(found("x..y.@docomo.example.jp"), Some("x..y.@docomo.example.jp"));
        for text in ["icon@2x.png", "@home", "a@", "a@b", "twitter @name.", "a@-x.com", "a@x..com"] {
            assert_eq!(found(text), None, "{text}");
        }
    }

    #[test]
    fn roles_and_domains() {
        assert!(
            is_role("info@example.com") && is_role("support2@example.com") && !is_role("inoue@example.com")
        );
        let own = ["example.jp".to_string()];
        assert!(
            is_at("a@mail.example.jp", &own)
                && is_at("a@EXAMPLE.JP", &own)
                && !is_at("a@badexample.jp", &own)
        );
    }
}
