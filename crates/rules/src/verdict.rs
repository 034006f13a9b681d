//! What the rules decide of one message.

use std::time::Duration;

use casebook::Bilingual;

/// What happens to a message; ordered by severity, the most severe of all matching rules wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    Pass,
    Rewrite,
    Delay,
    Hold,
    Reject,
}

/// How visible recipients are taken out of sight; `Individual` is the stricter one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rewrite {
    /// One message, the outside addresses only in the envelope.
    Bcc,
    /// One copy for each outside recipient, with only their own address in To.
    Individual,
}

/// Whose word lets a held message go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Approval {
    None,
    Sender,
    SecondPerson,
}

/// Whether a rule bites or only records what it would have done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    Enforce,
    Monitor,
}

/// One rule that matched.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Match {
    /// The rule's id.
    pub id: String,
    pub action: Action,
    pub rewrite: Option<Rewrite>,
    pub approval: Approval,
    pub mode: Mode,
    /// The casebook incidents that the rule would have prevented.
    pub incidents: Vec<String>,
    /// The facts that the condition asked about, masked: `recipients.visible_parties = 105`.
    pub evidence: Vec<String>,
    pub reason: Bilingual,
    /// Whether the organisation's admins are told as well as the sender.
    pub tell_admin: bool,
}

/// What is to happen to one message, and why.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Verdict {
    /// The most severe action of the matching rules in force.
    pub action: Action,
    /// What must be done to the header before the message may leave, now or on release.
    pub rewrite: Option<Rewrite>,
    /// Whose word a held message waits for.
    pub approval: Approval,
    /// How long a delayed message waits.
    pub delay: Option<Duration>,
    /// Every rule that matched, in the order of the rule files, monitored ones too.
    pub matches: Vec<Match>,
    /// Why the message could not be evaluated, where it could not; it is then held.
    pub error: Option<String>,
}

impl Verdict {
    /// Nothing matched: the message passes.
    pub fn pass() -> Self {
        Verdict {
            action: Action::Pass,
            rewrite: None,
            approval: Approval::None,
            delay: None,
            matches: Vec::new(),
            error: None,
        }
    }

    /// The message could not be evaluated: it is held until a second person lets it go.
    pub fn failed(error: impl Into<String>) -> Self {
        Verdict {
            action: Action::Hold,
            approval: Approval::SecondPerson,
            error: Some(error.into()),
            ..Verdict::pass()
        }
    }
}

impl Action {
    /// Its name in rules, in `inspect` and in the audit log.
    pub fn as_str(self) -> &'static str {
        match self {
            Action::Pass => "pass",
            Action::Rewrite => "rewrite",
            Action::Delay => "delay",
            Action::Hold => "hold",
            Action::Reject => "reject",
        }
    }
}

impl Mode {
    /// Its name in rules, in `inspect` and in the audit log.
    pub fn as_str(self) -> &'static str {
        match self {
            Mode::Enforce => "enforce",
            Mode::Monitor => "monitor",
        }
    }
}
