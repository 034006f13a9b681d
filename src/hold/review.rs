//! Deciding about a case: release, repair, cancel. Each ends the case exactly once, with what leaves,
//! who is told and what is recorded in one transaction. The shell and the pages come in here.

use crate::audit::entry::{Entry, Kind, RuleHit};
use crate::clock::Timestamp;
use crate::notice;
use crate::smtp::envelope::Envelope;
use crate::store::{
    self, Approval, Case, CaseFilter, Concluded, Conclusion, Outgoing, Part, Rewrite, State, Store,
};

/// So often a case that grew while it was being decided about is read again.
const ATTEMPTS: usize = 5;
/// A notice names so many recipients at most.
const NAMED: usize = 20;

/// Why a decision was not carried out. The texts are for the person who decided.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Refusal {
    #[error("there is no case {0}")]
    NotFound(String),
    #[error("the case has already ended: {}", .0.name())]
    Over(State),
    #[error("the mail is not held but delayed; it leaves by itself, or is cancelled")]
    OnlyDelayed,
    #[error("this mail needs a second person: its sender cannot release it")]
    SecondPerson,
    #[error("who decides must be named")]
    Nameless,
    #[error("nobody would be left to receive the mail; cancel it instead")]
    NothingLeaves,
    #[error("{0} is not a recipient of this mail")]
    NoSuchRecipient(String),
    #[error("the mail cannot be sent on: {0}")]
    Unfit(String),
    #[error("new parts of this mail keep coming in; try again in a moment")]
    Restless,
    #[error("the store does not answer: {0}")]
    Store(String),
}

impl From<store::Error> for Refusal {
    fn from(error: store::Error) -> Self {
        Refusal::Store(error.to_string())
    }
}

/// What is changed on the mail before it leaves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repair {
    /// How the recipients are hidden, beyond what the rules demand.
    pub rewrite: Option<Rewrite>,
    /// These do not get it.
    pub drop_recipients: Vec<String>,
}

/// One transaction of a case, opened, on its way out.
#[derive(Clone, Debug)]
pub struct Leaving {
    pub part: Part,
    /// Without the recipients that were dropped.
    pub envelope: Envelope,
    /// As it was received.
    pub bytes: Vec<u8>,
    /// What must be done to the header: what the rules demand or the repair, whichever is stricter.
    pub rewrite: Option<Rewrite>,
    /// Must not stand in the header either.
    pub dropped: Vec<String>,
}

/// Turns a part into what leaves: the header surgery, which is not known here. Its error says why the
/// part is unfit to leave.
pub type Prepare<'a> = &'a (dyn Fn(&Leaving) -> Result<Vec<Outgoing>, String> + Send + Sync);

/// A case with its transactions.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    pub case: Case,
    pub parts: Vec<Part>,
}

/// The wanted cases, the newest first.
pub async fn list(store: &Store, filter: &CaseFilter) -> Result<Vec<Case>, Refusal> {
    Ok(store.cases(filter).await?)
}

/// A case and its transactions.
pub async fn show(store: &Store, id: &str) -> Result<Shown, Refusal> {
    let case = find(store, id).await?;
    let parts = store.parts(&case).await?;
    Ok(Shown { case, parts })
}

/// Lets a held mail go, as the rules demand that it be rewritten. `by` is an address, or the name of
/// somebody at the shell.
pub async fn release(
    store: &Store,
    id: &str,
    by: &str,
    reason: &str,
    prepare: Prepare<'_>,
) -> Result<Case, Refusal> {
    send(store, id, by, reason, &Repair::default(), State::Released, prepare).await
}

/// Lets a held mail go after it was changed.
pub async fn repair(
    store: &Store,
    id: &str,
    by: &str,
    reason: &str,
    repair: &Repair,
    prepare: Prepare<'_>,
) -> Result<Case, Refusal> {
    send(store, id, by, reason, repair, State::Repaired, prepare).await
}

/// Stops a held or delayed mail: nothing of it leaves.
pub async fn cancel(store: &Store, id: &str, by: &str, reason: &str) -> Result<Case, Refusal> {
    let by = named(by)?;
    for _ in 0..ATTEMPTS {
        let case = find(store, id).await?;
        if !case.state.is_waiting() {
            return Err(Refusal::Over(case.state));
        }
        let ended = Ended { to: State::Cancelled, by, reason, notes: Vec::new() };
        if let Some(case) = end(store, case, ended, Vec::new()).await? {
            return Ok(case);
        }
    }
    Err(Refusal::Restless)
}

async fn send(
    store: &Store,
    id: &str,
    by: &str,
    reason: &str,
    repair: &Repair,
    to: State,
    prepare: Prepare<'_>,
) -> Result<Case, Refusal> {
    let by = named(by)?;
    for _ in 0..ATTEMPTS {
        let case = find(store, id).await?;
        match case.state {
            State::Held => {}
            State::Delayed => return Err(Refusal::OnlyDelayed),
            over => return Err(Refusal::Over(over)),
        }
        if case.approval == Approval::SecondPerson && is_same_person(by, &case.sender) {
            return Err(Refusal::SecondPerson);
        }
        let outgoing = prepare_parts(store, &case, repair, prepare).await?;
        let ended = Ended { to, by, reason, notes: notes_of(&case, repair) };
        if let Some(case) = end(store, case, ended, outgoing).await? {
            return Ok(case);
        }
    }
    Err(Refusal::Restless)
}

async fn find(store: &Store, id: &str) -> Result<Case, Refusal> {
    store.case(id).await?.ok_or_else(|| Refusal::NotFound(id.to_string()))
}

fn named(by: &str) -> Result<&str, Refusal> {
    let by = by.trim();
    if by.is_empty() { Err(Refusal::Nameless) } else { Ok(by) }
}

/// Whether `by`, an address with or without a name, is the sender. Letter case makes no second person.
fn is_same_person(by: &str, sender: &str) -> bool {
    let address = match (by.rfind('<'), by.rfind('>')) {
        (Some(from), Some(to)) if from < to => by.get(from + 1..to).unwrap_or(by),
        _ => by,
    };
    address.trim().to_lowercase() == sender.trim().to_lowercase()
}

/// Everything that leaves, part by part.
async fn prepare_parts(
    store: &Store,
    case: &Case,
    repair: &Repair,
    prepare: Prepare<'_>,
) -> Result<Vec<Outgoing>, Refusal> {
    let dropped =
        |address: &str| repair.drop_recipients.iter().any(|d| d.trim().eq_ignore_ascii_case(address));
    let unknown = repair
        .drop_recipients
        .iter()
        .find(|d| !case.recipients.iter().any(|r| r.eq_ignore_ascii_case(d.trim())));
    if let Some(unknown) = unknown {
        return Err(Refusal::NoSuchRecipient(unknown.clone()));
    }
    let mut outgoing = Vec::new();
    for part in store.parts(case).await? {
        let bytes = store.part_bytes(case, part.number).await?;
        let (Some(bytes), Some(mut envelope)) = (bytes, part.envelope.clone()) else {
            return Err(Refusal::Unfit("its bytes have been let go of".into()));
        };
        envelope.rcpts.retain(|r| !dropped(&r.address));
        if envelope.rcpts.is_empty() {
            continue;
        }
        let leaving = Leaving {
            part,
            envelope,
            bytes,
            rewrite: case.rewrite.max(repair.rewrite),
            dropped: repair.drop_recipients.iter().map(|d| d.trim().to_string()).collect(),
        };
        outgoing.extend(prepare(&leaving).map_err(Refusal::Unfit)?);
    }
    if outgoing.is_empty() {
        return Err(Refusal::NothingLeaves);
    }
    Ok(outgoing)
}

fn notes_of(case: &Case, repair: &Repair) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(rewrite) = case.rewrite.max(repair.rewrite) {
        notes.push(format!("rewrite: {}", rewrite.name()));
    }
    if !repair.drop_recipients.is_empty() {
        notes.push(format!("recipients dropped: {}", repair.drop_recipients.join(", ")));
    }
    notes
}

/// How a case ends, and by whose word.
pub(super) struct Ended<'a> {
    pub to: State,
    pub by: &'a str,
    pub reason: &'a str,
    pub notes: Vec<String>,
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
        entry: entry_of(&case, &ended, now),
        outgoing,
        tellings: telling_of(&case, &ended, now).into_iter().collect(),
    };
    match store.conclude(conclusion).await? {
        Concluded::Done => find(store, &case.id).await.map(Some),
        Concluded::Missing => Err(Refusal::NotFound(case.id)),
        Concluded::Is(state) => Err(Refusal::Over(state)),
        Concluded::Grown => Ok(None),
    }
}

fn entry_of(case: &Case, ended: &Ended<'_>, now: Timestamp) -> Entry {
    let mut entry = Entry::new(now, Kind::Case, ended.to.name());
    entry.sender = Some(case.sender.clone());
    entry.recipients = case.recipients.clone();
    entry.subject = case.subject.clone();
    entry.rules = rules_of(case);
    entry.actor = Some(ended.by.to_string());
    entry.reason = given(ended.reason);
    entry.notes = ended.notes.clone();
    entry
}

fn given(reason: &str) -> Option<String> {
    let reason = reason.trim();
    (!reason.is_empty()).then(|| reason.to_string())
}

/// The rules that held it, so that the log says against which rule it was let go.
fn rules_of(case: &Case) -> Vec<RuleHit> {
    let rules = case.rules.as_array().map(Vec::as_slice).unwrap_or_default();
    rules.iter().filter_map(|rule| serde_json::from_value(rule.clone()).ok()).collect()
}

/// What the sender hears; nobody where the sender is null.
fn telling_of(case: &Case, ended: &Ended<'_>, now: Timestamp) -> Option<store::Telling> {
    let kind = match ended.to {
        State::Released => notice::Kind::Released,
        State::Repaired => notice::Kind::Repaired,
        State::Cancelled => notice::Kind::Cancelled,
        State::Expired => notice::Kind::Expired,
        State::Held | State::Delayed | State::Left => return None,
    };
    if case.sender.is_empty() {
        return None;
    }
    let mut telling = notice::Telling::new(kind, vec![case.sender.clone()], now);
    telling.mail = Some(notice::About {
        sender: case.sender.clone(),
        message_id: case.message_id.clone(),
        subject: case.subject.clone(),
        at: Some(case.opened_at),
        external: case.external,
        recipients: case.recipients.iter().take(NAMED).cloned().collect(),
        ..notice::About::default()
    });
    telling.case = Some(case.id.clone());
    telling.causes = causes_of(case);
    telling.by = Some(ended.by.to_string());
    telling.reason = given(ended.reason);
    // The notice's own types of the same names; they read each other's words.
    telling.rewrite = case.rewrite.and_then(|r| serde_json::from_value(r.name().into()).ok());
    Some(super::tell::telling(&telling))
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
