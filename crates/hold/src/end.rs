//! The end of a case: what leaves, what is recorded and who is told, in one transaction.

use std::time::Duration;

use super::refusal::Refusal;
use super::repair::Repair;
use super::review;
use super::reviewer::Right;
use audit::entry::{Entry, Kind, RuleHit};
use store::{self, Case, Concluded, Conclusion, Outgoing, State, Store};
use terms::clock::Timestamp;

/// A notice names so many recipients at most.
const NAMED: usize = 20;

/// How a case ends, and by whose word.
pub(super) struct Ended<'a> {
    pub to: State,
    pub by: &'a str,
    pub reason: &'a str,
    pub notes: Vec<String>,
    /// What was changed; none where nothing leaves.
    pub repair: Option<&'a Repair>,
    /// The names of the attachments that are taken out, where they are known.
    pub removed: &'a [String],
    pub undo: Duration,
    /// By what right, where a second person decided on the pages.
    pub right: Option<Right>,
}

impl Ended<'_> {
    /// What the log says beside who and why.
    fn notes(&self) -> Vec<String> {
        let right = self.right.iter().flat_map(Right::notes);
        self.notes.iter().cloned().chain(right).collect()
    }

    /// Who gets it; as the case has them where nothing was changed.
    fn recipients(&self, case: &Case) -> Vec<String> {
        self.repair.map_or_else(|| case.recipients.clone(), |repair| repair.recipients(case))
    }
}

/// Ends a case; none where it has changed meanwhile and must be read again.
pub(super) async fn end(
    store: &Store,
    case: Case,
    ended: Ended<'_>,
    outgoing: Vec<Outgoing>,
) -> Result<Option<Case>, Refusal> {
    let now = store.clock().now();
    let conclusion = Conclusion {
        case: case.id.clone(),
        from: case.state,
        to: ended.to,
        parts: case.parts,
        entry: Entry {
            recipients: ended.recipients(&case),
            ..entry_of(&case, ended.to.name(), ended.by, ended.reason, ended.notes(), now)
        },
        recipients: Some(ended.recipients(&case)).filter(|left| *left != case.recipients),
        outgoing,
        notices: notice_of(&case, &ended, now).into_iter().collect(),
        undo: ended.undo,
        decided: ended.right.as_ref().map(|right| right.decided(&case, ended.by, ended.to.name(), now)),
    };
    match store.conclude(conclusion).await? {
        Concluded::Done => review::find(store, &case.id).await.map(Some),
        Concluded::Missing => Err(Refusal::NotFound(case.id)),
        Concluded::Is(state) => Err(Refusal::Over(state)),
        Concluded::Grown => Ok(None),
    }
}

/// What is recorded of somebody's word about a case.
pub(super) fn entry_of(
    case: &Case,
    action: &str,
    by: &str,
    reason: &str,
    notes: Vec<String>,
    now: Timestamp,
) -> Entry {
    let mut entry = Entry::new(now, Kind::Case, action);
    entry.sender = Some(case.sender.clone());
    entry.recipients = case.recipients.clone();
    entry.subject = case.subject.clone();
    entry.rules = rules_of(case);
    entry.actor = Some(by.to_string());
    entry.reason = given(reason);
    entry.notes = notes;
    entry
}

/// A reason that was given.
pub(super) fn given(reason: &str) -> Option<String> {
    let reason = reason.trim();
    (!reason.is_empty()).then(|| reason.to_string())
}

/// The rules that held it, so that the log says against which rule it was let go.
fn rules_of(case: &Case) -> Vec<RuleHit> {
    let rules = case.rules.as_array().map(Vec::as_slice).unwrap_or_default();
    rules.iter().filter_map(|rule| serde_json::from_value(rule.clone()).ok()).collect()
}

/// What the sender hears, or the admins where the sender cannot be told.
fn notice_of(case: &Case, ended: &Ended<'_>, now: Timestamp) -> Option<store::QueuedNotice> {
    let kind = match ended.to {
        State::Released => notice::Kind::Released,
        State::Repaired => notice::Kind::Repaired,
        State::Cancelled => notice::Kind::Cancelled,
        State::Expired => notice::Kind::Expired,
        State::Held | State::Delayed | State::Left => return None,
    };
    let mut notice =
        notice::Notice::new(kind, Vec::from_iter(Some(case.sender.clone()).filter(|s| !s.is_empty())), now);
    notice.mail = Some(notice::About {
        sender: case.sender.clone(),
        message_id: case.message_id.clone(),
        subject: case.subject.clone(),
        at: Some(case.opened_at),
        external: case.external,
        recipients: ended.recipients(case).into_iter().take(NAMED).collect(),
        ..notice::About::default()
    });
    notice.case = Some(case.id.clone());
    notice.causes = causes_of(case);
    notice.by = Some(ended.by.to_string());
    notice.reason = given(ended.reason);
    notice.changes = changes_of(ended);
    // The notice's own types of the same names; they read each other's words.
    let rewrite = case.rewrite.max(ended.repair.and_then(|repair| repair.rewrite));
    notice.rewrite = rewrite.and_then(|r| serde_json::from_value(r.name().into()).ok());
    Some(super::notice_sender::notice(&notice))
}

/// What was changed on the mail before it left.
fn changes_of(ended: &Ended<'_>) -> notice::Changes {
    let Some(repair) = ended.repair else { return notice::Changes::default() };
    notice::Changes {
        dropped: repair.drop_recipients.clone(),
        corrected: repair.corrections.clone(),
        removed: ended.removed.to_vec(),
        attachments: repair.drop_attachments.len(),
    }
}

fn causes_of(case: &Case) -> Vec<notice::Cause> {
    let rules = case.rules.as_array().map(Vec::as_slice).unwrap_or_default();
    let text = |rule: &serde_json::Value| {
        Some(notice::Cause {
            rule: rule.get("id")?.as_str()?.to_string(),
            reason: serde_json::from_value(rule.get("reason")?.clone()).ok()?,
            evidence: rule
                .get("evidence")
                .and_then(|e| serde_json::from_value(e.clone()).ok())
                .unwrap_or_default(),
            incidents: Vec::new(),
        })
    };
    rules.iter().filter_map(text).collect()
}
