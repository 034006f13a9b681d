//! Proposing a repair of a held mail to whoever may decide about it. Nothing leaves by it.

use super::end::{entry_of, given};
use super::refusal::Refusal;
use super::repair::Repair;
use super::review::{Prepare, find, held, leave, leavings, named};
use store::{Case, Concluded, Proposal, Store};

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

/// The case after a change that does not end it.
async fn noted(store: &Store, id: &str, done: Concluded) -> Result<Case, Refusal> {
    match done {
        Concluded::Done => find(store, id).await,
        Concluded::Missing => Err(Refusal::NotFound(id.to_string())),
        Concluded::Is(state) => Err(Refusal::Over(state)),
        Concluded::Grown => Err(Refusal::Restless),
    }
}
