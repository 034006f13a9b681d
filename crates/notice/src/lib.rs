//! What people are told: composed from plain data, in Japanese or English, text and HTML.
//!
//! A [`Notice`] is the data, [`compose`] makes mail of it; sending it is somebody else's work.

mod actions;
mod approval_text;
mod compose;
mod evidence;
mod letter;
mod options;
mod phrases;
mod readers;
#[cfg(test)]
mod samples;
mod sanitize;
#[cfg(test)]
mod tests;
mod words;
mod words_en;
mod words_ja;
mod zone;

pub use actions::{Actions, Choice, choices};
pub use approval_text::{Ask, Changes, Proposed, Step};
pub use compose::{Composed, compose, compose_with};
pub use evidence::{grouped, in_words, part_in_words};
pub use options::{Language, Options};
pub use readers::Readers;
pub use zone::zone;

use casebook::Bilingual;
use rules::verdict::{Approval, Rewrite};
use terms::clock::Timestamp;

/// When and to whom an incident happened, and what, as notices and pages tell it.
pub fn past(incident: &Incident, language: Language) -> (String, String) {
    words::tongue(language).past(incident)
}

/// What stands on the button of a choice, and what it does, as notices and pages tell it.
pub fn button(choice: Choice, kind: Kind, language: Language) -> (&'static str, &'static str) {
    words::tongue(language).choice(choice, kind)
}

/// Something that somebody is to be told. It is stored with the change it tells of, in one
/// transaction, and composed and sent afterwards.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Notice {
    pub kind: Kind,
    /// Who is told.
    pub to: Vec<String>,
    pub at: Timestamp,
    /// The mail it is about, where there is one.
    pub mail: Option<About>,
    /// The case number, where the mail is held or delayed.
    pub case: Option<String>,
    /// Why: the rules that matched, the one that decided first.
    pub causes: Vec<Cause>,
    /// When the state described ends of itself: expiry of a hold, departure of a delayed mail.
    pub until: Option<Timestamp>,
    /// Who did it and what they said, for the outcome of a case.
    pub by: Option<String>,
    pub reason: Option<String>,
    /// The control that is about to end or has ended.
    pub control: Option<Control>,
    /// Whose word a held mail waits for, where the teller knows.
    #[serde(default)]
    pub approval: Option<Approval>,
    /// How the recipients were hidden, or will be when a held mail is released.
    #[serde(default)]
    pub rewrite: Option<Rewrite>,
    /// The mail that waits, for a digest.
    #[serde(default)]
    pub waiting: Waiting,
    /// What a second person is asked.
    #[serde(default)]
    pub ask: Option<Ask>,
    /// Who was asked, for the sender of a mail that waits for a second person.
    #[serde(default)]
    pub asked: Vec<String>,
    /// What was changed on a mail that has left, or was to leave so.
    #[serde(default)]
    pub changes: Changes,
    /// The sender, possibly null, in whose place the readers are told: nobody of the organisation can be
    /// told at that address.
    #[serde(default)]
    pub in_place_of: Option<String>,
}

impl Notice {
    /// A telling with nothing but its kind, its readers and its time.
    pub fn new(kind: Kind, to: Vec<String>, at: Timestamp) -> Self {
        Notice {
            kind,
            to,
            at,
            mail: None,
            case: None,
            causes: Vec::new(),
            until: None,
            by: None,
            reason: None,
            control: None,
            approval: None,
            rewrite: None,
            waiting: Waiting::default(),
            ask: None,
            asked: Vec::new(),
            changes: Changes::default(),
            in_place_of: None,
        }
    }
}

/// What a telling tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The mail went out, its recipients hidden from each other.
    Rewritten,
    /// The mail waits for somebody's word.
    Held,
    /// The mail leaves at `until` unless it is stopped.
    Delayed,
    /// In a storm: how much mail of this sender waits.
    Digest,
    /// A second person is asked to decide about somebody else's mail.
    Approve,
    /// The same about several mails.
    ApproveMany,
    /// To the admins: an approver cannot be asked.
    Unfit,
    /// The mail was refused.
    Rejected,
    /// The outcomes of a hold.
    Released,
    Repaired,
    Cancelled,
    Expired,
    /// To the organisation's admins: a rule that asks for it has bitten (a hijacked account, say).
    Alert,
    /// What somebody proposed with "this was a false alarm" has become an exception, or has not.
    ExceptionMade,
    ExceptionDeclined,
    /// A control ends soon, or has ended.
    ControlExpiring,
    ControlExpired,
    /// To the admins: the chain of the audit log is broken.
    LogBroken,
    /// To the admins: no mail can leave until somebody mends what `reason` names.
    Fault,
}

/// The mail of one sender that waits, as a digest tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Waiting {
    /// How many there are in all.
    pub count: usize,
    /// The first few: case number and subject.
    pub cases: Vec<(String, String)>,
}

/// The mail that a telling is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct About {
    pub sender: String,
    pub message_id: Option<String>,
    pub subject: Option<String>,
    /// When it came.
    pub at: Option<Timestamp>,
    /// How many outside recipients there are in all.
    pub external: usize,
    /// How many outside recipients the same mail has already left for, in other transactions of
    /// its Message-ID; a notice must not say that nothing has left where something has.
    #[serde(default)]
    pub left: usize,
    /// The first few recipients.
    pub recipients: Vec<String>,
    pub attachments: Vec<String>,
}

/// One rule's reason and the incidents it cites.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Cause {
    pub rule: String,
    pub reason: Bilingual,
    /// Masked.
    pub evidence: Vec<String>,
    pub incidents: Vec<Incident>,
}

/// An incident as a notice tells it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Incident {
    pub id: String,
    /// ISO date or month: `2023-03-16`.
    pub date: String,
    pub organization: Bilingual,
    /// One sentence.
    pub happened: Bilingual,
    /// How many people were concerned, where known.
    pub people: Option<u64>,
}

/// A watched control, as a notice tells it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Control {
    pub name: String,
    /// ISO date of its last day.
    pub expires: String,
    /// Days left; 0 on the last day, negative once it is past.
    pub days: i64,
    /// What Sekisho does once it has expired.
    pub enforced: bool,
}
