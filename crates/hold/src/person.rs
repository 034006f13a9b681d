//! Who is who: one mailbox in all its spellings. Nobody becomes a second person by writing their own
//! address differently.

use unicode_normalization::UnicodeNormalization as _;

/// The mailbox that an address names, for comparing: without a display name, in lower case and plain width,
/// the domain as A-labels, without what stands behind a `+` (RFC 5233: a detail of the same mailbox).
pub fn mailbox(address: &str) -> String {
    let address = match (address.rfind('<'), address.rfind('>')) {
        (Some(from), Some(to)) if from < to => address.get(from + 1..to).unwrap_or(address),
        _ => address,
    };
    let plain: String = address.nfkc().collect::<String>().trim().to_lowercase();
    let Some((local, domain)) = plain.rsplit_once('@') else {
        return plain;
    };
    let local = local.trim();
    let unquoted = local.strip_prefix('"').and_then(|l| l.strip_suffix('"')).unwrap_or(local);
    let local = match unquoted.split_once('+') {
        Some((name, _)) if !name.is_empty() => name,
        _ => unquoted,
    };
    let domain = domain.trim().trim_end_matches('.');
    let domain = idna::domain_to_ascii(domain).unwrap_or_else(|_| domain.to_string());
    format!("{local}@{domain}")
}

/// Whether two addresses are one person's.
pub fn same(one: &str, other: &str) -> bool {
    mailbox(one) == mailbox(other)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_mailbox_in_all_its_spellings() {
        for spelt in [
            "hana@city.example.jp",
            "HANA@City.Example.JP",
            " hana@city.example.jp ",
            "花 <Hana@city.example.jp>",
            "hana+shonin@city.example.jp",
            "\"hana\"@city.example.jp",
            "\"hana+x\"@city.example.jp",
            "hana@city.example.jp.",
            "ｈａｎａ＠city.example.jp",
        ] {
            assert!(same(spelt, "hana@city.example.jp"), "{spelt}");
        }
        for other in ["hanako@city.example.jp", "hana@example.jp", "+hana@city.example.jp", "", "hana"] {
            assert!(!same(other, "hana@city.example.jp"), "{other}");
        }
        assert!(same("a@日本語.example", "a@xn--wgv71a119e.example"));
    }

    proptest! {
        #[test]
        fn any_text_has_a_mailbox_that_is_its_own(text in "\\PC{0,40}", detail in "[a-z]{0,5}") {
            let once = mailbox(&text);
            prop_assert_eq!(mailbox(&text), once);
            let detailed = format!("x+{detail}@example.jp");
            prop_assert!(same(&detailed, "X@EXAMPLE.JP"));
        }
    }
}
