//! Deciding about a case: release, repair, cancel, and proposing a repair to whoever may decide. Each end of
//! a case comes exactly once, with what leaves, who is told and what is recorded in one transaction. The
//! shell and the pages come in here.

use super::end::{Ended, end, entry_of, given};
pub use super::repair::Repair;
pub use crate::store::Leaving;
use crate::store::{self, Approval, Case, CaseFilter, Concluded, Outgoing, Part, Proposal, State, Store};

/// So often a case that grew while it was being decided about is read again.
const ATTEMPTS: usize = 5;

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
    #[error("say why the mail is to leave as it is")]
    NoReason,
    #[error("nothing is changed on the mail")]
    NothingChanged,
    #[error("nobody has proposed anything for this mail")]
    NoProposal,
    #[error("what was proposed cannot be read; withdraw it and propose it again")]
    UnreadProposal,
    #[error("nobody would be left to receive the mail; cancel it instead")]
    NothingLeaves,
    #[error("{0} is not a recipient of this mail")]
    NoSuchRecipient(String),
    #[error("{0} is named twice")]
    NamedTwice(String),
    #[error("{0} is not an address that mail can be sent to")]
    NoAddress(String),
    #[error("{0} is a recipient of this mail already; drop the wrong one instead")]
    AlreadyRecipient(String),
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

/// Turns a part into what leaves: the header surgery, which is not known here. Its error says why the
/// part is unfit to leave.
pub type Prepare<'a> = &'a (dyn Fn(&Leaving) -> Result<Vec<Outgoing>, String> + Send + Sync);

/// Whose word the mail needs as it would leave, by the rules in force; they are not known here. A sender
/// who mended a mail may send it where this is not a second person's.
pub type Judge<'a> = &'a (dyn Fn(&Case, &[Leaving]) -> Approval + Send + Sync);

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

/// Lets a held mail go: as it was proposed where somebody proposed a repair, otherwise as the rules demand
/// that it be rewritten. `by` is an address, or the name of somebody at the shell. Its sender must say why.
pub async fn release(
    store: &Store,
    id: &str,
    by: &str,
    reason: &str,
    prepare: Prepare<'_>,
) -> Result<Case, Refusal> {
    send(store, Word { id, by, reason, repair: Repair::default(), judge: None }, prepare).await
}

/// Lets a held mail go after it was changed. Its sender may do so where `judge` says that it needs no
/// second person as it would leave.
pub async fn repair(
    store: &Store,
    id: &str,
    by: &str,
    reason: &str,
    repair: &Repair,
    judge: Judge<'_>,
    prepare: Prepare<'_>,
) -> Result<Case, Refusal> {
    send(store, Word { id, by, reason, repair: repair.trimmed(), judge: Some(judge) }, prepare).await
}

/// Proposes a repair to whoever may decide; it takes the place of what was proposed before. It is tried, so
/// that nothing is proposed that could not be done. Nothing leaves by it.
pub async fn propose(
    store: &Store,
    id: &str,
    by: &str,
    reason: &str,
    repair: &Repair,
    prepare: Prepare<'_>,
) -> Result<Case, Refusal> {
    let by = named(by)?;
    let repair = repair.trimmed();
    if repair.is_nothing() {
        return Err(Refusal::NothingChanged);
    }
    let case = held(store, id).await?;
    leave(&leavings(store, &case, &repair).await?, prepare)?;
    let now = store.clock().now();
    let proposal = Proposal {
        by: by.to_string(),
        reason: given(reason),
        at: now,
        repair: serde_json::to_value(&repair).map_err(|e| Refusal::Store(e.to_string()))?,
    };
    let entry = entry_of(&case, "proposed", by, reason, repair.notes(&case), now);
    noted(store, &case.id, store.propose(&case.id, Some(proposal), entry).await?).await
}

/// Takes a proposal back; the mail waits on.
pub async fn withdraw(store: &Store, id: &str, by: &str, reason: &str) -> Result<Case, Refusal> {
    let by = named(by)?;
    let case = held(store, id).await?;
    if case.proposal.is_none() {
        return Err(Refusal::NoProposal);
    }
    let entry = entry_of(&case, "proposal-withdrawn", by, reason, Vec::new(), store.clock().now());
    noted(store, &case.id, store.propose(&case.id, None, entry).await?).await
}

/// The repair that was proposed for a case; none as well where it cannot be read.
pub fn proposed(case: &Case) -> Option<Repair> {
    case.proposal.as_ref().and_then(|p| serde_json::from_value(p.repair.clone()).ok())
}

/// The case's transactions as they would leave with a repair; what `prepare` and `judge` are given.
pub async fn leaving(store: &Store, case: &Case, repair: &Repair) -> Result<Vec<Leaving>, Refusal> {
    leavings(store, case, &repair.trimmed()).await
}

/// Stops a held or delayed mail: nothing of it leaves.
pub async fn cancel(store: &Store, id: &str, by: &str, reason: &str) -> Result<Case, Refusal> {
    let by = named(by)?;
    for _ in 0..ATTEMPTS {
        let case = find(store, id).await?;
        if !case.state.is_waiting() {
            return Err(Refusal::Over(case.state));
        }
        let ended = Ended { to: State::Cancelled, by, reason, notes: Vec::new(), repair: None };
        if let Some(case) = end(store, case, ended, Vec::new()).await? {
            return Ok(case);
        }
    }
    Err(Refusal::Restless)
}

/// Somebody's word that a mail is to leave.
struct Word<'a> {
    id: &'a str,
    by: &'a str,
    reason: &'a str,
    repair: Repair,
    judge: Option<Judge<'a>>,
}

async fn send(store: &Store, word: Word<'_>, prepare: Prepare<'_>) -> Result<Case, Refusal> {
    let by = named(word.by)?;
    for _ in 0..ATTEMPTS {
        let case = held(store, word.id).await?;
        let as_proposed = match &case.proposal {
            Some(_) if word.repair.is_nothing() => Some(proposed(&case).ok_or(Refusal::UnreadProposal)?),
            _ => None,
        };
        let repair = as_proposed.as_ref().unwrap_or(&word.repair);
        let leaving = leavings(store, &case, repair).await?;
        if is_same_person(by, &case.sender) {
            may_send(&case, &word, repair, &leaving)?;
        }
        let outgoing = leave(&leaving, prepare)?;
        let mut notes = repair.notes(&case);
        if let Some(proposal) = case.proposal.as_ref().filter(|_| as_proposed.is_some()) {
            notes.push(format!("as proposed by {}", proposal.by));
        }
        let to = if repair.is_nothing() { State::Released } else { State::Repaired };
        let ended = Ended { to, by, reason: word.reason, notes, repair: Some(repair) };
        if let Some(case) = end(store, case, ended, outgoing).await? {
            return Ok(case);
        }
    }
    Err(Refusal::Restless)
}

/// Whether the sender may let their own mail go.
fn may_send(case: &Case, word: &Word<'_>, repair: &Repair, leaving: &[Leaving]) -> Result<(), Refusal> {
    if repair.is_nothing() {
        return match case.approval {
            Approval::SecondPerson => Err(Refusal::SecondPerson),
            Approval::Sender if given(word.reason).is_none() => Err(Refusal::NoReason),
            Approval::Sender | Approval::None => Ok(()),
        };
    }
    let needed = word.judge.map_or(case.approval, |judge| judge(case, leaving));
    if needed == Approval::SecondPerson { Err(Refusal::SecondPerson) } else { Ok(()) }
}

/// A case that waits for somebody's word.
async fn held(store: &Store, id: &str) -> Result<Case, Refusal> {
    let case = find(store, id).await?;
    match case.state {
        State::Held => Ok(case),
        State::Delayed => Err(Refusal::OnlyDelayed),
        over => Err(Refusal::Over(over)),
    }
}

/// The case after a change that does not end it.
async fn noted(store: &Store, id: &str, done: Concluded) -> Result<Case, Refusal> {
    match done {
        Concluded::Done => find(store, id).await,
        Concluded::Missing => Err(Refusal::NotFound(id.to_string())),
        Concluded::Is(state) => Err(Refusal::Over(state)),
        Concluded::Grown => Err(Refusal::Restless),
    }
}

pub(super) async fn find(store: &Store, id: &str) -> Result<Case, Refusal> {
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

/// The transactions that leave, opened; those without a recipient left do not.
async fn leavings(store: &Store, case: &Case, repair: &Repair) -> Result<Vec<Leaving>, Refusal> {
    repair.check(case)?;
    let mut leaving = Vec::new();
    for part in store.parts(case).await? {
        let bytes = store.part_bytes(case, part.number).await?;
        let (Some(bytes), Some(envelope)) = (bytes, part.envelope.clone()) else {
            return Err(Refusal::Unfit("its bytes have been let go of".into()));
        };
        let envelope = repair.envelope(envelope);
        if envelope.rcpts.is_empty() {
            continue;
        }
        leaving.push(Leaving {
            part,
            envelope,
            bytes,
            rewrite: case.rewrite.max(repair.rewrite),
            dropped: repair.drop_recipients.clone(),
            corrections: repair.corrections.clone(),
            attachments: repair.drop_attachments.clone(),
        });
    }
    if leaving.is_empty() { Err(Refusal::NothingLeaves) } else { Ok(leaving) }
}

/// Everything that leaves, part by part.
fn leave(leaving: &[Leaving], prepare: Prepare<'_>) -> Result<Vec<Outgoing>, Refusal> {
    let mut outgoing = Vec::new();
    for part in leaving {
        outgoing.extend(prepare(part).map_err(Refusal::Unfit)?);
    }
    if outgoing.is_empty() { Err(Refusal::NothingLeaves) } else { Ok(outgoing) }
}
