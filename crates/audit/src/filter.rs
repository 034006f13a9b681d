//! What a reader of the audit log asks for. The store narrows by time, case and text where it can;
//! what an entry must fulfil is decided here, in one place.

use super::chain::Hash;
use super::entry::{Entry, Kind};
use terms::clock::Timestamp;

/// Which entries are wanted. Every field that is set must match; the default wants all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// From this time on.
    pub since: Option<Timestamp>,
    /// Before this time.
    pub until: Option<Timestamp>,
    /// An address, or `@domain` for all of a domain; letter case does not matter.
    pub sender: Option<String>,
    /// An address, or `@domain`; one recipient that matches is enough.
    pub recipient: Option<String>,
    /// An address or `@domain` that sent it, receives it or did it.
    pub person: Option<String>,
    /// An address or `@domain` that sent or receives it, its Message-ID, or its SHA-256 in hex.
    pub mail: Option<String>,
    /// With or without angle brackets.
    pub message_id: Option<String>,
    pub case: Option<String>,
    /// The id of a rule that matched.
    pub rule: Option<String>,
    /// An incident that a matching rule cites.
    pub incident: Option<String>,
    pub action: Option<String>,
    pub kind: Option<Kind>,
    /// A text in the subject, an address, a file name, a reason, a note or an evidence; letter case
    /// does not matter.
    pub text: Option<String>,
    /// At most so many entries.
    pub limit: Option<usize>,
    /// Only entries after this number, in the order of reading: for reading on.
    pub after: Option<i64>,
    /// The newest first.
    pub newest_first: bool,
    /// Only entries from this number on: where a search backwards stops.
    pub lowest: Option<i64>,
}

/// One entry as it stands in the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub seq: i64,
    pub hash: Hash,
    pub entry: Entry,
}

impl Filter {
    /// Whether the entry is wanted. `limit`, `after` and `lowest` are for whoever walks the log.
    pub fn matches(&self, entry: &Entry) -> bool {
        self.in_time(entry)
            && wanted(&self.sender, |a| entry.sender.as_deref().is_some_and(|s| is_at(s, a)))
            && wanted(&self.recipient, |a| entry.recipients.iter().any(|r| is_at(r, a)))
            && wanted(&self.person, |a| concerns(entry, a))
            && wanted(&self.mail, |text| is_mail(entry, text))
            && wanted(&self.message_id, |id| entry.message_id.as_deref() == Some(bare_id(id)))
            && wanted(&self.case, |c| entry.case.as_deref().is_some_and(|e| e.eq_ignore_ascii_case(c)))
            && wanted(&self.rule, |id| entry.rules.iter().any(|r| r.id == *id))
            && wanted(&self.incident, |id| entry.rules.iter().any(|r| r.incidents.iter().any(|i| i == id)))
            && wanted(&self.action, |action| entry.action == *action)
            && self.kind.is_none_or(|kind| entry.kind == kind)
            && wanted(&self.text, |text| says(entry, text))
    }

    fn in_time(&self, entry: &Entry) -> bool {
        self.since.is_none_or(|since| entry.at >= since) && self.until.is_none_or(|until| entry.at < until)
    }
}

fn wanted(filter: &Option<String>, test: impl FnOnce(&String) -> bool) -> bool {
    filter.as_ref().is_none_or(test)
}

/// The Message-ID without its angle brackets, as entries keep it.
pub fn bare_id(id: &str) -> &str {
    let id = id.trim();
    id.strip_prefix('<').and_then(|i| i.strip_suffix('>')).unwrap_or(id)
}

/// Whether `address` is `wanted`, or lies in the domain `@wanted`.
fn is_at(address: &str, wanted: &str) -> bool {
    match wanted.strip_prefix('@') {
        Some(domain) => address.rsplit_once('@').is_some_and(|(_, d)| d.eq_ignore_ascii_case(domain)),
        None => address.eq_ignore_ascii_case(wanted),
    }
}

/// Whether the address sent it, receives it or did it.
fn concerns(entry: &Entry, address: &str) -> bool {
    let mut one = [&entry.sender, &entry.actor].into_iter().flatten();
    one.any(|a| is_at(a, address)) || entry.recipients.iter().any(|r| is_at(r, address))
}

/// Whether it tells of a mail of or to that address, of that Message-ID, or with that hash.
fn is_mail(entry: &Entry, text: &str) -> bool {
    entry.sender.as_deref().is_some_and(|s| is_at(s, text))
        || entry.recipients.iter().any(|r| is_at(r, text))
        || entry.message_id.as_deref() == Some(bare_id(text))
        || entry.sha256.as_deref().is_some_and(|hash| hash.eq_ignore_ascii_case(text))
}

fn says(entry: &Entry, text: &str) -> bool {
    let text = text.to_lowercase();
    let one = [
        &entry.mail,
        &entry.case,
        &entry.message_id,
        &entry.sender,
        &entry.subject,
        &entry.actor,
        &entry.reason,
    ];
    let many = [&entry.recipients, &entry.attachments, &entry.notes];
    one.into_iter()
        .flatten()
        .chain(many.into_iter().flatten())
        .chain(entry.rules.iter().flat_map(|r| &r.evidence))
        .any(|value| value.to_lowercase().contains(&text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::RuleHit;

    fn entry() -> Entry {
        let mut entry = Entry::new(Timestamp::UNIX_EPOCH, Kind::Decision, "hold");
        entry.sender = Some("Hana@City.Example.jp".into());
        entry.recipients = vec!["a@example.com".into(), "b@example.org".into()];
        entry.message_id = Some("1@city.example.jp".into());
        entry.case = Some("K7F3-22QX".into());
        entry.sha256 = Some("ab".repeat(32));
        entry.subject = Some("会議のご案内".into());
        entry.rules = vec![RuleHit {
            id: "exposed-recipients".into(),
            action: "rewrite".into(),
            mode: "enforce".into(),
            incidents: vec!["2023-116".into()],
            evidence: vec![],
        }];
        entry
    }

    #[test]
    fn each_field_narrows() {
        let some = |s: &str| Some(s.to_string());
        let yes = [
            Filter::default(),
            Filter { sender: some("hana@city.example.jp"), ..Filter::default() },
            Filter { sender: some("@city.example.jp"), ..Filter::default() },
            Filter { recipient: some("B@example.org"), ..Filter::default() },
            Filter { person: some("b@example.org"), ..Filter::default() },
            Filter { person: some("@city.example.jp"), ..Filter::default() },
            Filter { mail: some("@example.org"), ..Filter::default() },
            Filter { mail: some("<1@city.example.jp>"), ..Filter::default() },
            Filter { mail: some(&"AB".repeat(32)), ..Filter::default() },
            Filter { message_id: some("<1@city.example.jp>"), ..Filter::default() },
            Filter { case: some("k7f3-22qx"), ..Filter::default() },
            Filter { rule: some("exposed-recipients"), ..Filter::default() },
            Filter { incident: some("2023-116"), ..Filter::default() },
            Filter { action: some("hold"), kind: Some(Kind::Decision), ..Filter::default() },
            Filter { text: some("ご案内"), ..Filter::default() },
            Filter { since: Some(Timestamp::UNIX_EPOCH), ..Filter::default() },
        ];
        for filter in yes {
            assert!(filter.matches(&entry()), "{filter:?}");
        }
        let no = [
            Filter { sender: some("@example.jp"), ..Filter::default() },
            Filter { recipient: some("c@example.org"), ..Filter::default() },
            Filter { person: some("c@example.org"), ..Filter::default() },
            Filter { mail: some("c@example.org"), ..Filter::default() },
            Filter { mail: some(&"cd".repeat(32)), ..Filter::default() },
            Filter { message_id: some("2@city.example.jp"), ..Filter::default() },
            Filter { case: some("K7F3-22QY"), ..Filter::default() },
            Filter { rule: some("exposed"), ..Filter::default() },
            Filter { incident: some("2023-11"), ..Filter::default() },
            Filter { action: some("pass"), ..Filter::default() },
            Filter { kind: Some(Kind::Outcome), ..Filter::default() },
            Filter { text: some("請求書"), ..Filter::default() },
            Filter { until: Some(Timestamp::UNIX_EPOCH), ..Filter::default() },
        ];
        for filter in no {
            assert!(!filter.matches(&entry()), "{filter:?}");
        }
    }
}
