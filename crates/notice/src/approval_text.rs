//! What a second person is asked: whose word is wanted, why theirs, and what the sender proposes; and what
//! was changed on a mail.

use super::sanitize;
use rules::verdict::Rewrite;

/// Why somebody is asked now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// The mail was held, and it is theirs to decide.
    #[default]
    Asked,
    /// They were asked, and nobody has decided.
    Reminded,
    /// They stand in for those who were asked.
    StandIn,
    /// Nobody decided in time.
    Escalated,
}

/// What a second person is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Ask {
    pub step: Step,
    /// Who was asked before.
    pub before: Vec<String>,
    pub proposal: Option<Proposed>,
}

/// How the sender proposes to mend the mail.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Proposed {
    pub rewrite: Option<Rewrite>,
    #[serde(flatten)]
    pub changes: Changes,
    pub reason: Option<String>,
}

/// What is changed on a mail before it leaves, besides who sees whom.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Changes {
    /// These do not get it.
    pub dropped: Vec<String>,
    /// Wrong address and right one.
    pub corrected: Vec<(String, String)>,
    /// The names of the attachments that are taken out, as far as they are known.
    pub removed: Vec<String>,
    /// How many attachments are taken out.
    pub attachments: usize,
}

/// The first few addresses as a text, cleaned.
pub(super) fn named(addresses: &[String], comma: &str) -> String {
    const SHOWN: usize = 3;
    let shown: Vec<String> = addresses.iter().take(SHOWN).map(|a| sanitize::line(a, 80)).collect();
    match addresses.len().saturating_sub(SHOWN) {
        0 => shown.join(comma),
        more => format!("{} (+{more})", shown.join(comma)),
    }
}
