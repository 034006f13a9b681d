//! Exceptions (`exceptions.toml`): a rule that is switched off for some mail, for a reason, by an
//! owner, and until a date. Past its date an exception is as good as gone.

use jiff::civil::Date;
use serde::Deserialize;

use super::keys::{File, Keys, Located};
use super::model::Rule;
use super::nearest::nearest;
use crate::casebook::LoadError;
use crate::facts::Facts;

/// One exception, checked. What it names of a message must all be so.
#[derive(Clone, Debug)]
pub struct Exception {
    /// The rule that it switches off.
    pub rule: String,
    /// The envelope sender, in lower case.
    pub sender: Option<String>,
    /// The envelope sender's domain, in lower case.
    pub sender_domain: Option<String>,
    /// Domains that every outside recipient must be at, in lower case.
    pub recipient_domains: Option<Vec<String>>,
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// Its last day.
    pub until: Date,
    pub file: std::path::PathBuf,
    pub line: usize,
}

impl Exception {
    /// Whether it is for this message on this day.
    pub fn is_for(&self, facts: &Facts, today: Date) -> bool {
        let sender = |s: &String| facts.sender.address.to_lowercase() == *s;
        let domain = |d: &String| facts.sender.domain == *d;
        let within = |allowed: &Vec<String>| {
            let outside = &facts.recipients.domains;
            !outside.is_empty() && outside.iter().all(|d| allowed.contains(d))
        };
        today <= self.until
            && self.sender.as_ref().is_none_or(sender)
            && self.sender_domain.as_ref().is_none_or(domain)
            && self.recipient_domains.as_ref().is_none_or(within)
    }

    /// The fault of an exception from a rule that is not there.
    pub(super) fn unknown_rule(&self, rules: &[Rule]) -> Option<LoadError> {
        if rules.iter().any(|r| r.id == self.rule) {
            return None;
        }
        let remedy = match nearest(&self.rule, rules.iter().map(|r| r.id.as_str())) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "name the id of a rule".to_string(),
        };
        Some(self.told(format!("there is no rule `{}`", self.rule), remedy))
    }

    /// What to tell of an exception past its date.
    pub(super) fn expired(&self, today: Date) -> Option<LoadError> {
        (today > self.until).then(|| {
            let message = format!("the exception from `{}` ended on {}", self.rule, self.until);
            self.told(
                message,
                format!("take it out, or ask {} to renew it", self.owner),
            )
        })
    }

    fn told(&self, message: String, remedy: String) -> LoadError {
        LoadError {
            file: self.file.clone(),
            line: Some(self.line),
            message,
            remedy,
        }
    }
}

/// Reads a file of exceptions; what is wrong goes to `file`.
pub(super) fn read(file: &mut File<'_>) -> Vec<Exception> {
    let tables = file.tables("exception");
    tables
        .into_iter()
        .filter_map(|t| read_one(t, file))
        .collect()
}

fn read_one<'s>(mut keys: Keys<'s>, file: &mut File<'s>) -> Option<Exception> {
    let line = keys.line;
    let rule = keys.required::<String>(file, "rule", "the id of a rule");
    let sender = keys.optional::<String>(file, "sender", "an address in quotes");
    let sender_domain = keys.optional::<String>(file, "sender_domain", "a domain in quotes");
    let recipient_domains =
        keys.optional::<Vec<String>>(file, "recipient_domains", "a list of domains in quotes");
    let reason = keys.required::<String>(file, "reason", "why, in a sentence");
    let reason = reason.and_then(|r| filled(r, "reason", file));
    let owner = keys.required::<String>(file, "owner", "the address of who answers for it");
    let owner = owner.and_then(|o| filled(o, "owner", file));
    let until = keys.required::<Day>(file, "until", "its last day, such as `until = 2027-03-31`");
    keys.finish(file);
    let is_empty = recipient_domains
        .as_ref()
        .is_some_and(|d| d.value.is_empty());
    if sender.is_none() && sender_domain.is_none() && (recipient_domains.is_none() || is_empty) {
        let remedy = "name a `sender`, a `sender_domain` or `recipient_domains`; to switch a rule off for all mail, set its mode to \"monitor\"";
        file.fault(line, "the exception is for no mail in particular", remedy);
        return None;
    }
    Some(Exception {
        rule: rule?.value,
        sender: sender.map(|s| s.value.to_lowercase()),
        sender_domain: sender_domain.map(|d| d.value.to_lowercase()),
        recipient_domains: recipient_domains
            .map(|d| d.value.iter().map(|d| d.to_lowercase()).collect()),
        reason: reason?,
        owner: owner?,
        until: until?.value.0,
        file: file.path().to_path_buf(),
        line,
    })
}

fn filled(text: Located<String>, key: &str, file: &mut File<'_>) -> Option<String> {
    if text.value.trim().is_empty() {
        file.fault(
            text.line,
            format!("`{key}` is empty"),
            "an exception needs a reason and an owner",
        );
        return None;
    }
    Some(text.value)
}

/// A date of TOML.
struct Day(Date);

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = toml::value::Datetime::deserialize(deserializer)?;
        let day = match (written.date, written.time, written.offset) {
            (Some(_), None, None) => written.to_string().parse().ok(),
            _ => None,
        };
        day.map(Day)
            .ok_or_else(|| serde::de::Error::custom("a date without a time is meant"))
    }
}
