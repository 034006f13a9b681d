//! A held mail on a page: as its readers would see it, what was found in it masked, and why it was
//! stopped. `templates/part_preview.html` and `part_why.html` show it.

use super::Ctx;
use super::error_page::Fault;
use audit::entry::RuleHit;
use facts::Language;
use guard::{self, Policy, Preview};
use hold::review::{self, HeldTransaction, Refusal, Repair};
use smtp::envelope::Envelope;
use store::Case;

/// A rule that stopped a mail: why, on what grounds, and what happened to others.
pub struct Why {
    pub rule: String,
    pub reason: String,
    /// In words, masked.
    pub evidence: Vec<String>,
    /// When and where it happened before, and what.
    pub past: Option<(String, String)>,
    /// The incident's name in the casebook.
    pub incident: String,
}

/// Why a case was stopped: the rules in force, the one that stopped it first. Evidence and incidents are
/// told once.
pub fn why(policy: &Policy, case: &Case, language: Language) -> Vec<Why> {
    let hits = case.rules.as_array().map(Vec::as_slice).unwrap_or_default();
    let mut hits: Vec<RuleHit> =
        hits.iter().filter_map(|hit| serde_json::from_value(hit.clone()).ok()).collect();
    hits.retain(|hit| hit.mode == "enforce");
    let rule_of = |id: &str| policy.rules.rules().iter().find(|rule| rule.id == id);
    let strictness = |hit: &RuleHit| rule_of(&hit.id).map(|rule| rule.approval);
    hits.sort_by_key(|hit| {
        (!matches!(hit.action.as_str(), "hold" | "delay"), std::cmp::Reverse(strictness(hit)))
    });
    let (mut told, mut incidents) = (Vec::new(), Vec::new());
    hits.into_iter()
        .map(|hit| {
            let rule = rule_of(&hit.id);
            let mut evidence = notice::in_words(hit.evidence.iter().map(String::as_str), language);
            evidence.retain(|line| !told.contains(line));
            told.extend(evidence.iter().cloned());
            let reason = rule.map(|r| r.reason.clone()).unwrap_or_default();
            let cause = guard::cause(policy, &hit.id, reason, &[], &hit.incidents);
            let incident = cause.incidents.iter().find(|i| !incidents.contains(&i.id));
            incidents.extend(incident.map(|i| i.id.clone()));
            Why {
                reason: language.of(&cause.reason).to_string(),
                evidence,
                past: incident.map(|i| notice::past(i, language)),
                incident: incident.map(|i| i.id.clone()).unwrap_or_default(),
                rule: hit.id,
            }
        })
        .collect()
}

/// The mail of a case as it came; none where its bytes have been let go of.
pub async fn of_case(ctx: &Ctx, case: &Case) -> Result<Option<Preview>, Fault> {
    let leaving = match review::leaving(&ctx.guard.store, case, &Repair::default()).await {
        Ok(leaving) => leaving,
        Err(Refusal::Unfit(_) | Refusal::NothingLeaves) => return Ok(None),
        Err(other) => return Err(other.into()),
    };
    let Some((envelope, bytes)) = joined(leaving) else { return Ok(None) };
    look(ctx, move |policy, now| guard::preview(policy, &envelope, &bytes, now)).await.map(Some)
}

/// The message of a case with the recipients of all its transactions: its sender wrote it once.
fn joined(leaving: Vec<HeldTransaction>) -> Option<(Envelope, Vec<u8>)> {
    let rcpts = envelopes(leaving.iter().map(|l| &l.envelope));
    let first = leaving.into_iter().next()?;
    Some((Envelope { rcpts, ..first.envelope }, first.bytes))
}

/// The recipients of several envelopes, each once.
pub fn envelopes<'a>(envelopes: impl Iterator<Item = &'a Envelope>) -> Vec<smtp::envelope::Recipient> {
    let mut seen = std::collections::HashSet::new();
    let all = envelopes.flat_map(|e| e.rcpts.iter());
    all.filter(|r| seen.insert(r.address.to_lowercase())).cloned().collect()
}

/// Reads a mail where it keeps no other page waiting; few at a time, for reading takes memory.
pub async fn look<T: Send + 'static>(
    ctx: &Ctx,
    read: impl FnOnce(&Policy, terms::clock::Timestamp) -> T + Send + 'static,
) -> Result<T, Fault> {
    let _turn = ctx.gate.reading.acquire().await.map_err(|_| Fault::Internal)?;
    let (policy, now) = (ctx.guard.current.get(), ctx.guard.store.clock().now());
    tokio::task::spawn_blocking(move || read(&policy, now)).await.map_err(|error| {
        tracing::error!(%error, "a mail could not be read for a page");
        Fault::Internal
    })
}
