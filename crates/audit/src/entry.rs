//! What is recorded. One [`Entry`] is one link of the chain; its JSON is what is hashed.

use terms::clock::Timestamp;

/// What an entry tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// What was decided of a message, before its first byte goes on.
    Decision,
    /// What became of a message that went on: the next hop's reply.
    Outcome,
    /// A case was released, repaired, cancelled or expired.
    Case,
    /// A message of the outbox was delivered, deferred for the last time or given up.
    Delivery,
    /// Somebody was told something.
    Notice,
    /// A watched control was warned of, expired or was renewed.
    Control,
    /// The daemon started, stopped, or took new rules.
    #[serde(rename = "house")]
    Service,
    /// A person did something that is no decision about a case: signed in, used a link, changed an
    /// account or an exception.
    Person,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Kind; 8] = [
        Kind::Decision,
        Kind::Outcome,
        Kind::Case,
        Kind::Delivery,
        Kind::Notice,
        Kind::Control,
        Kind::Service,
        Kind::Person,
    ];

    /// The name as it stands in the log and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Decision => "decision",
            Kind::Outcome => "outcome",
            Kind::Case => "case",
            Kind::Delivery => "delivery",
            Kind::Notice => "notice",
            Kind::Control => "control",
            Kind::Service => "house",
            Kind::Person => "person",
        }
    }
}

/// One entry of the audit log.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Entry {
    pub at: Timestamp,
    pub kind: Kind,
    /// Sekisho's id of the transaction; the same in every log line and in the Received line.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub mail: Option<String>,
    /// The case number, where there is a case.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub case: Option<String>,
    /// The Message-ID without angle brackets.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub message_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sender: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub recipients: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub subject: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub attachments: Vec<String>,
    /// SHA-256 of the message as it was received, in hex.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sha256: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub size: Option<u64>,
    /// What was decided or done: `pass`, `rewrite`, `hold`, …, `released`, `cancelled`, `delivered`.
    pub action: String,
    /// The rules that matched.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub rules: Vec<RuleHit>,
    /// Who did it: a person, or `sekisho`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub actor: Option<String>,
    /// Why, in the actor's words, or the next hop's reply.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// What else is worth knowing, in words that name no personal data (`dkim: re-signed`).
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub notes: Vec<String>,
}

/// A rule that matched, as far as the log keeps it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RuleHit {
    pub id: String,
    pub action: String,
    pub mode: String,
    pub incidents: Vec<String>,
    /// Masked.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub evidence: Vec<String>,
}

impl Entry {
    /// An entry with nothing but its time, kind and action.
    pub fn new(at: Timestamp, kind: Kind, action: impl Into<String>) -> Self {
        Entry {
            at,
            kind,
            mail: None,
            case: None,
            message_id: None,
            sender: None,
            recipients: Vec::new(),
            subject: None,
            attachments: Vec::new(),
            sha256: None,
            size: None,
            action: action.into(),
            rules: Vec::new(),
            actor: None,
            reason: None,
            notes: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Kind;

    /// What stands in logs that exist must be read for ever.
    #[test]
    fn kinds_stand_in_the_log_by_their_names() {
        for kind in Kind::ALL {
            assert_eq!(serde_json::to_value(kind).ok(), Some(kind.name().into()));
        }
        let names = ["decision", "outcome", "case", "delivery", "notice", "control", "house", "person"];
        assert_eq!(Kind::ALL.map(Kind::name), names);
    }
}
