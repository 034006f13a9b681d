//! The organisation whose mail is guarded: the `[organization]` section of the configuration.

use serde::{Deserialize, Deserializer};

use super::parties;
use casebook::Bilingual;

/// The organisation whose mail is guarded.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organization {
    /// Its name, as notices and pages show it.
    pub name: String,
    /// Its domains; every subdomain is internal too.
    #[serde(deserialize_with = "domains")]
    pub domains: Vec<String>,
    /// The language of notices and pages.
    #[serde(default)]
    pub language: Language,
    /// The IANA time zone that days are counted and times are told in (`Asia/Tokyo`); by default Japan's
    /// where the language is Japanese, and the system's otherwise.
    #[serde(default)]
    pub time_zone: Option<String>,
    /// Who is told what concerns the whole house.
    #[serde(default)]
    pub admins: Vec<String>,
    /// Domains at which every address is a person of its own, besides the well-known ones.
    #[serde(default, deserialize_with = "domains")]
    pub private: Vec<String>,
    /// Domains that it often writes to, so that an address one slip from one of them is noticed.
    #[serde(default, deserialize_with = "domains")]
    pub partners: Vec<String>,
    /// Its own telephone numbers, such as the switchboard, which are nobody's personal data.
    #[serde(default)]
    pub phones: Vec<String>,
}

/// A language of the house.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    #[default]
    Ja,
    En,
}

impl Language {
    /// The text in this language.
    pub fn of(self, text: &Bilingual) -> &str {
        match self {
            Language::Ja => &text.ja,
            Language::En => &text.en,
        }
    }
}

impl Organization {
    /// An organisation with nothing but a name and its domains.
    pub fn new(name: &str, domains: &[&str]) -> Self {
        Organization {
            name: name.to_string(),
            domains: domains.iter().map(|d| parties::domain(d)).collect(),
            language: Language::Ja,
            time_zone: None,
            admins: Vec::new(),
            private: Vec::new(),
            partners: Vec::new(),
            phones: Vec::new(),
        }
    }

    /// Whether `domain` is one of the organisation's, or below one. Compared without regard to
    /// case; internationalised domains as A-labels.
    pub fn is_internal(&self, domain: &str) -> bool {
        self.domains.iter().any(|own| is_within(domain, own))
    }

    /// Whether mail to `address` stays within the organisation: it is at one of its domains, and its local part
    /// leads nowhere else (`user%example.com@city.example.jp`).
    pub fn is_inside(&self, address: &str) -> bool {
        let end = parties::leads_to(parties::key(address), self);
        self.is_internal(parties::domain_of(&end))
    }

    /// Whether `domain` is a partner's, or below one.
    pub(super) fn is_partner(&self, domain: &str) -> bool {
        self.partners.iter().any(|partner| is_within(domain, partner))
    }

    /// Whether every address at `domain` is a person of its own, by this organisation's word.
    pub(super) fn is_private(&self, domain: &str) -> bool {
        self.private.iter().any(|own| is_within(domain, own))
    }
}

/// Whether `domain` is `parent` or a subdomain of it.
fn is_within(domain: &str, parent: &str) -> bool {
    let (domain, parent) = (domain.as_bytes(), parent.as_bytes());
    if parent.is_empty() || domain.len() < parent.len() {
        return false;
    }
    let (below, end) = domain.split_at(domain.len() - parent.len());
    end.eq_ignore_ascii_case(parent) && below.last().is_none_or(|dot| *dot == b'.')
}

fn domains<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let written = Vec::<String>::deserialize(deserializer)?;
    for domain in &written {
        if domain.contains('@') || domain.trim().is_empty() || domain.contains(char::is_whitespace) {
            let message = format!("`{domain}` is not a domain; write it as \"city.example.jp\"");
            return Err(serde::de::Error::custom(message));
        }
    }
    Ok(written.iter().map(|d| parties::domain(d)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subdomains_are_internal_and_lookalikes_are_not() {
        let city = Organization::new("みほん市", &["city.example.jp", "日本語.example"]);
        for own in ["city.example.jp", "CITY.Example.JP", "tax.city.example.jp", "xn--wgv71a119e.example"] {
            assert!(city.is_internal(own), "{own}");
        }
        for other in ["evilcity.example.jp", "example.jp", "city.example.jp.example.com", "", "."] {
            assert!(!city.is_internal(other), "{other}");
        }
    }

    #[test]
    fn the_section_reads_and_refuses_what_it_does_not_know() {
        let text = "name = \"A\"\ndomains = [\"City.Example.JP.\"]\nlanguage = \"en\"";
        let read: Organization = toml::from_str(text).unwrap();
        assert_eq!(read.domains, ["city.example.jp"]);
        assert_eq!(read.language, Language::En);
        for wrong in ["domain = \"x\"", "language = \"fr\"", "private = [\"a@b\"]"] {
            let text = format!("name = \"A\"\ndomains = []\n{wrong}");
            assert!(toml::from_str::<Organization>(&text).is_err(), "{wrong}");
        }
    }
}
