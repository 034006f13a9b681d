//! What is not counted: the organisation's own addresses and numbers, the sender, and the people of
//! To and Cc.

use std::collections::HashSet;

use super::identifiers;
use super::input::Own;
use super::mail;
use super::names;
use super::normalize::Normalized;

/// [`Own`], ready to be asked.
pub struct OwnSet {
    domains: Vec<String>,
    addresses: HashSet<String>,
    phones: HashSet<String>,
    names: Vec<String>,
}

impl OwnSet {
    pub fn new(own: &Own) -> Self {
        let digits = |p: &String| -> String {
            let text: String = identifiers::digits(Normalized::new(p).as_str())
                .iter()
                .map(|d| char::from(b'0' + d))
                .collect();
            text.strip_prefix("81").map_or(text.clone(), |n| format!("0{n}"))
        };
        OwnSet {
            domains: own.domains.clone(),
            addresses: own.addresses.iter().map(|a| a.to_lowercase()).collect(),
            phones: own.phones.iter().map(digits).collect(),
            names: own
                .names
                .iter()
                .map(|n| names::key(Normalized::new(n).as_str()))
                .filter(|n| n.chars().count() >= 2)
                .collect(),
        }
    }

    /// Whether a mail address (lower case) is the organisation's, a correspondent's or a role's.
    pub fn has_mail(&self, address: &str) -> bool {
        self.addresses.contains(address) || mail::is_at(address, &self.domains) || mail::is_role(address)
    }

    /// Whether a telephone number (as its key) is the organisation's.
    pub fn has_phone(&self, key: &str) -> bool {
        self.phones.contains(key)
    }

    /// Whether a name (as its key) is of the sender or of somebody in To or Cc; their surname alone
    /// is theirs too.
    pub fn has_name(&self, key: &str) -> bool {
        key.chars().count() >= 2 && self.names.iter().any(|n| n.contains(key) || key.contains(n.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_things_are_known_in_any_writing() {
        let own = OwnSet::new(&Own {
            domains: vec!["city.example.jp".into()],
            names: vec!["髙橋　一郎（みほん市）".into()],
            addresses: vec!["Partner@example.com".into()],
            phones: vec!["０３−１２３４−５６７８".into()],
        });
        assert!(
            own.has_mail("a@b.city.example.jp")
                && own.has_mail("partner@example.com")
                && !own.has_mail("x@example.com")
        );
        assert!(own.has_phone("0312345678") && !own.has_phone("0312345679"));
        assert!(own.has_name("高橋一郎") && own.has_name("高橋") && !own.has_name("鈴木"));
    }
}
