//! Deciding about a case: release, repair, cancel, and taking that back. Each end of a case comes exactly
//! once, with what leaves, who is told and what is recorded in one transaction. The shell and the pages
//! come in here, with proposals too.

use std::time::Duration;

use super::end::{Ended, end, entry_of, given};
use super::person::same;
pub use super::propose::{propose, proposed, withdraw};
pub use super::refusal::Refusal;
pub use super::repair::Repair;
pub use super::reviewer::Reviewer;
use super::reviewer::Right;
pub use store::HeldTransaction;
use store::{Approval, Case, CaseFilter, Outgoing, Part, Reopened, State, Store};

/// So often a case that grew while it was being decided about is read again.
const ATTEMPTS: usize = 5;

/// Turns a part into what leaves: the header surgery, which is not known here. Its error says why the
/// part is unfit to leave.
pub type Prepare<'a> = &'a (dyn Fn(&HeldTransaction) -> Result<Vec<Outgoing>, String> + Send + Sync);

/// Whose word the mail needs as it would leave, by the rules in force; they are not known here. A sender
/// who mended a mail may send it where this is not a second person's.
pub type Judge<'a> = &'a (dyn Fn(&Case, &[HeldTransaction]) -> Approval + Send + Sync);

/// A case with its transactions.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseDetail {
    pub case: Case,
    pub parts: Vec<Part>,
}

/// The wanted cases, the newest first.
pub async fn list(store: &Store, filter: &CaseFilter) -> Result<Vec<Case>, Refusal> {
    Ok(store.cases(filter).await?)
}

/// A case and its transactions.
pub async fn show(store: &Store, id: &str) -> Result<CaseDetail, Refusal> {
    let case = find(store, id).await?;
    let parts = store.parts(&case).await?;
    Ok(CaseDetail { case, parts })
}

/// A person's word about a case.
#[derive(Clone, Copy, Debug)]
pub struct Decision<'a> {
    /// The case number.
    pub id: &'a str,
    /// An address, or the name of somebody at the shell.
    pub by: &'a str,
    pub reason: &'a str,
    /// For so long it can be taken back ([`undo`]); until then nothing leaves and nobody is told.
    pub undo: Duration,
    /// How many parts of the mail they have seen, where that is known: what joins the case after that does
    /// not leave unseen.
    pub seen: Option<u32>,
    /// The names of the attachments that the repair takes out, for the notice: what stands in a mail is not
    /// known here.
    pub removed: &'a [String],
}

impl<'a> Decision<'a> {
    /// A word that is carried out at once.
    pub fn at_once(id: &'a str, by: &'a str, reason: &'a str) -> Self {
        Decision { id, by, reason, undo: Duration::ZERO, seen: None, removed: &[] }
    }
}

/// What is to become of a case.
#[derive(Clone, Copy)]
pub enum What<'a> {
    /// It goes as it was proposed where somebody proposed a repair, otherwise as the rules demand that it
    /// be rewritten. Its sender must say why.
    Release(Prepare<'a>),
    /// It goes after it was changed. Its sender may do so where the judge says that it needs no second
    /// person as it would leave.
    Repair(&'a Repair, Judge<'a>, Prepare<'a>),
    /// A delayed mail goes before its time.
    Hasten,
    /// Nothing of it goes.
    Cancel,
}

/// Carries out the word of the sender, or of somebody at the shell.
pub async fn decide(store: &Store, decision: Decision<'_>, what: What<'_>) -> Result<Case, Refusal> {
    carry_out(store, decision, None, what).await
}

/// Carries out the word of somebody who decides about other people's mail on the pages, where the approvers
/// in force give them the right to; for whoever has signed in, and for an approver's link.
pub async fn decide_as(
    store: &Store,
    reviewer: Reviewer<'_>,
    decision: Decision<'_>,
    what: What<'_>,
) -> Result<Case, Refusal> {
    carry_out(store, decision, Some(reviewer), what).await
}

async fn carry_out(
    store: &Store,
    decision: Decision<'_>,
    reviewer: Option<Reviewer<'_>>,
    what: What<'_>,
) -> Result<Case, Refusal> {
    let word = |repair, judge| ReviewWord { decision, reviewer, repair, judge };
    match what {
        What::Release(prepare) => send(store, word(Repair::default(), None), prepare).await,
        What::Repair(repair, judge, prepare) => {
            send(store, word(repair.trimmed(), Some(judge)), prepare).await
        }
        What::Hasten => stop_waiting(store, word(Repair::default(), None), State::Released).await,
        What::Cancel => stop_waiting(store, word(Repair::default(), None), State::Cancelled).await,
    }
}

/// Lets a held mail go at once ([`What::Release`]).
pub async fn release(
    store: &Store,
    id: &str,
    by: &str,
    reason: &str,
    prepare: Prepare<'_>,
) -> Result<Case, Refusal> {
    decide(store, Decision::at_once(id, by, reason), What::Release(prepare)).await
}

/// Stops a held or delayed mail for good: nothing of it leaves.
pub async fn cancel(store: &Store, id: &str, by: &str, reason: &str) -> Result<Case, Refusal> {
    decide(store, Decision::at_once(id, by, reason), What::Cancel).await
}

/// Takes a decision back while it can be: the mail waits as before, and nothing of it leaves.
pub async fn undo(store: &Store, id: &str, by: &str) -> Result<Case, Refusal> {
    let by = named(by)?;
    let case = find(store, id).await?;
    let notes = vec![format!("undone: {}", case.state.name())];
    let entry = entry_of(&case, "reopened", by, "", notes, store.clock().now());
    match store.reopen(&case.id, entry).await? {
        Reopened::Done | Reopened::Waits(_) => find(store, &case.id).await,
        Reopened::Missing => Err(Refusal::NotFound(case.id)),
        Reopened::TooLate(state) => Err(Refusal::Over(state)),
    }
}

/// The case's transactions as they would leave with a repair; what `prepare` and `judge` are given.
pub async fn leaving(store: &Store, case: &Case, repair: &Repair) -> Result<Vec<HeldTransaction>, Refusal> {
    leavings(store, case, &repair.trimmed()).await
}

/// Ends a case without touching the mail: it is cancelled, or a delayed one leaves before its time.
async fn stop_waiting(store: &Store, word: ReviewWord<'_>, to: State) -> Result<Case, Refusal> {
    let Decision { id, by, reason, undo, .. } = word.decision;
    let by = named(by)?;
    for _ in 0..ATTEMPTS {
        let case = word.seen(find(store, id).await?)?;
        match case.state {
            State::Held if to == State::Cancelled => {}
            State::Delayed => {}
            State::Held => return Err(Refusal::NotDelayed),
            over => return Err(Refusal::Over(over)),
        }
        let right = word.right(store, &case, by).await?;
        // A delay is there to cool off: its sender cuts it short only where the rule leaves it to them.
        let own = same(by, &case.sender);
        if to == State::Released && own && case.approval != Approval::Sender {
            return Err(Refusal::OnlyDelayed);
        }
        let (notes, removed) = (Vec::new(), [].as_slice());
        let ended = Ended { to, by, reason, notes, repair: None, removed, undo, right };
        if let Some(case) = end(store, case, ended, Vec::new()).await? {
            return Ok(case);
        }
    }
    Err(Refusal::Restless)
}

/// Somebody's word about a mail.
struct ReviewWord<'a> {
    decision: Decision<'a>,
    /// None for the sender, and at the shell.
    reviewer: Option<Reviewer<'a>>,
    repair: Repair,
    judge: Option<Judge<'a>>,
}

impl ReviewWord<'_> {
    /// The case, where it holds no more than was seen. It is asked each time that it is read, so that a part
    /// that joins in the last moment is shown as well.
    fn seen(&self, case: Case) -> Result<Case, Refusal> {
        let grown = self.decision.seen.is_some_and(|parts| parts != case.parts) && case.state.is_waiting();
        if grown { Err(Refusal::Grown) } else { Ok(case) }
    }

    async fn right(&self, store: &Store, case: &Case, by: &str) -> Result<Option<Right>, Refusal> {
        match &self.reviewer {
            Some(reviewer) => reviewer.right(store, case, by).await,
            None => Ok(None),
        }
    }
}

async fn send(store: &Store, word: ReviewWord<'_>, prepare: Prepare<'_>) -> Result<Case, Refusal> {
    let Decision { id, by, reason, undo, removed, .. } = word.decision;
    let by = named(by)?;
    for _ in 0..ATTEMPTS {
        let case = word.seen(held(store, id).await?)?;
        let right = word.right(store, &case, by).await?;
        let as_proposed = match &case.proposal {
            Some(_) if word.repair.is_nothing() => Some(proposed(&case).ok_or(Refusal::UnreadProposal)?),
            Some(_) => proposed(&case).filter(|proposed| *proposed == word.repair),
            None => None,
        };
        let repair = as_proposed.as_ref().unwrap_or(&word.repair);
        let leaving = leavings(store, &case, repair).await?;
        if same(by, &case.sender) {
            may_send(&case, &word, repair, &leaving)?;
        }
        let outgoing = leave(&leaving, prepare)?;
        let mut notes = repair.notes(&case);
        if let Some(proposal) = case.proposal.as_ref().filter(|_| as_proposed.is_some()) {
            notes.push(format!("as proposed by {}", proposal.by));
        }
        let to = if repair.is_nothing() { State::Released } else { State::Repaired };
        let ended = Ended { to, by, reason, notes, repair: Some(repair), removed, undo, right };
        if let Some(case) = end(store, case, ended, outgoing).await? {
            return Ok(case);
        }
    }
    Err(Refusal::Restless)
}

/// Whether the sender may let their own mail go.
fn may_send(
    case: &Case,
    word: &ReviewWord<'_>,
    repair: &Repair,
    leaving: &[HeldTransaction],
) -> Result<(), Refusal> {
    if repair.is_nothing() {
        return match case.approval {
            Approval::SecondPerson => Err(Refusal::SecondPerson),
            Approval::Sender if given(word.decision.reason).is_none() => Err(Refusal::NoReason),
            Approval::Sender | Approval::None => Ok(()),
        };
    }
    let needed = word.judge.map_or(case.approval, |judge| judge(case, leaving));
    if needed == Approval::SecondPerson { Err(Refusal::SecondPerson) } else { Ok(()) }
}

/// A case that waits for somebody's word.
pub(super) async fn held(store: &Store, id: &str) -> Result<Case, Refusal> {
    let case = find(store, id).await?;
    match case.state {
        State::Held => Ok(case),
        State::Delayed => Err(Refusal::OnlyDelayed),
        over => Err(Refusal::Over(over)),
    }
}

pub(super) async fn find(store: &Store, id: &str) -> Result<Case, Refusal> {
    store.case(id).await?.ok_or_else(|| Refusal::NotFound(id.to_string()))
}

pub(super) fn named(by: &str) -> Result<&str, Refusal> {
    let by = by.trim();
    if by.is_empty() { Err(Refusal::Nameless) } else { Ok(by) }
}

/// The transactions that leave, opened; those without a recipient left do not.
pub(super) async fn leavings(
    store: &Store,
    case: &Case,
    repair: &Repair,
) -> Result<Vec<HeldTransaction>, Refusal> {
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
        leaving.push(HeldTransaction {
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
pub(super) fn leave(leaving: &[HeldTransaction], prepare: Prepare<'_>) -> Result<Vec<Outgoing>, Refusal> {
    let mut outgoing = Vec::new();
    for part in leaving {
        outgoing.extend(prepare(part).map_err(Refusal::Unfit)?);
    }
    if outgoing.is_empty() { Err(Refusal::NothingLeaves) } else { Ok(outgoing) }
}
