//! Exceptions: a rule that is switched off for some mail, for a reason, by an owner, and until a date.
//! They stand in `exceptions.toml`, or were made on the pages and are given to the rules by number. Past
//! its date an exception is as good as gone.

use std::path::PathBuf;

use jiff::civil::Date;
use serde::Deserialize;

use super::model::Rule;
use casebook::LoadError;
use casebook::form::{Fields, Sheet, nearest};
use facts::Facts;

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
    pub stands: Stands,
}

/// Where an exception stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stands {
    /// In a file of the rules.
    File { file: PathBuf, line: usize },
    /// Among those that were made on the pages, under this number.
    Kept(i64),
}

impl Exception {
    /// Reads one `[[exception]]`. Every fault goes to `sheet`; none if there was one.
    pub(super) fn read<'i>(mut fields: Fields<'i>, sheet: &mut Sheet<'i>) -> Option<Exception> {
        let at = fields.at();
        let rule = fields.need_text(sheet, "rule", "\"exposed-recipients\"");
        let sender = fields.text(sheet, "sender");
        let sender_domain = fields.text(sheet, "sender_domain");
        let recipient_domains = fields.texts(sheet, "recipient_domains");
        let reason = fields.need_text(sheet, "reason", "\"why it is needed\"");
        let owner = fields.need_text(sheet, "owner", "\"who answers for it\"");
        let until = fields.need_value::<ExceptionDay>(sheet, "until", "a date, such as 2027-03-31");
        fields.finish(sheet);
        let for_some = recipient_domains.as_ref().is_some_and(|d| !d.is_empty());
        if sender.is_none() && sender_domain.is_none() && !for_some {
            let remedy = "name a sender, a sender_domain or recipient_domains; to switch a rule off for all mail, set its mode to \"monitor\"";
            sheet.error(Some(at), "the exception is for no mail in particular", remedy);
            return None;
        }
        Some(Exception {
            rule: rule?.0,
            sender: sender.map(|s| s.0.to_lowercase()),
            sender_domain: sender_domain.map(|d| d.0.to_lowercase()),
            recipient_domains: recipient_domains
                .map(|list| list.iter().map(|d| d.0.to_lowercase()).collect()),
            reason: reason?.0,
            owner: owner?.0,
            until: until?.0.0,
            stands: Stands::File { file: sheet.file().to_path_buf(), line: sheet.line_of(at) },
        })
    }

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

    /// How a match says that it met this exception: what the log keeps beside the rule.
    pub fn mark(&self) -> String {
        let Exception { reason, owner, until, .. } = self;
        match &self.stands {
            Stands::File { .. } => format!("exception: {reason} ({owner}, until {until})"),
            Stands::Kept(number) => format!("exception: {reason} ({owner}, until {until}, no. {number})"),
        }
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
            self.told(message, format!("take it out, or ask {} to renew it", self.owner))
        })
    }

    fn told(&self, message: String, remedy: String) -> LoadError {
        let (file, line) = match &self.stands {
            Stands::File { file, line } => (file.clone(), Some(*line)),
            Stands::Kept(number) => (PathBuf::from(format!("exception no. {number}")), None),
        };
        LoadError { file, line, column: None, message, remedy }
    }
}

/// A date of TOML.
struct ExceptionDay(Date);

impl<'de> Deserialize<'de> for ExceptionDay {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = toml::value::Datetime::deserialize(deserializer)?;
        let day = match (written.date, written.time, written.offset) {
            (Some(_), None, None) => written.to_string().parse().ok(),
            _ => None,
        };
        day.map(ExceptionDay).ok_or_else(|| serde::de::Error::custom("a date without a time is meant"))
    }
}
