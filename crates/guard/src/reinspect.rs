//! What the rules say of a mended mail as it would leave, and whose word that needs. A sender who mended a
//! mail may send it only where it needs no second person any more.

use std::collections::HashSet;

use sha2::{Digest, Sha256};

use super::finalize::{self, Mending};
use super::inspect::{Depth, inspect};
use super::policy::Policy;
use facts::{EnvelopeSource, History};
use rules::verdict::{self, Action, Mode, Rewrite, Verdict};
use smtp::envelope::{Envelope, Recipient};
use store::{Approval, Case, HeldTransaction};
use terms::clock::Timestamp;

/// A rule that asks about these judges what went before, which no change of the mail makes undone. An open
/// case is not among them, for it is this very one.
const OF_BEFORE: &[&str] = &[
    "sender.new_client",
    "sender.recent_messages",
    "sender.recent_recipients",
    "sender.recent_first_time",
    "recipients.first_time",
    "history.recently_cancelled",
    "history.same_recipients_recently",
    "history.same_recipients_hours",
];

/// What the rules say of a mended mail.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Mended {
    /// Of the mail as it would leave; of several transactions, the strictest.
    pub verdict: Verdict,
    /// Whose word it needs.
    pub needed: Approval,
    /// The rules of the case that need a second person whatever is changed on the mail.
    pub standing: Vec<String>,
    /// The rules in force that held the case and no longer match.
    pub cleared: Vec<String>,
    /// The recipients must be hidden so, and the repair does not.
    pub must_hide: Option<Rewrite>,
}

/// Inspects the transactions of a case as they would leave. What went before is left out of account, for
/// the held mail itself is in it; the rules about it that held the case stand.
pub fn reinspect(policy: &Policy, case: &Case, leaving: &[HeldTransaction], now: Timestamp) -> Mended {
    let (mut verdict, mut must_hide) = (Verdict::pass(), None);
    for (envelope, part) in whole(leaving) {
        let rewrite = part.rewrite.map(finalize::demand);
        let seen = as_it_leaves(policy, &envelope, part, rewrite, now);
        let demanded = seen.rewrite.filter(|demanded| Some(*demanded) > rewrite);
        must_hide = must_hide.max(demanded);
        raise(&mut verdict, seen);
    }
    let matching: HashSet<&str> =
        verdict.matches.iter().filter(|m| m.mode == Mode::Enforce).map(|m| m.id.as_str()).collect();
    let held_by = rules_of(case);
    let standing: Vec<String> =
        held_by.iter().filter(|id| stands(policy, id)).map(|id| id.to_string()).collect();
    let gone = |id: &&&str| !matching.contains(**id) && !standing.iter().any(|s| s == **id);
    let cleared = held_by.iter().filter(gone).map(|id| id.to_string()).collect();
    let needed = match (needed(&verdict), &must_hide) {
        (needed, None) if standing.is_empty() => needed,
        _ => Approval::SecondPerson,
    };
    Mended { needed, standing, cleared, must_hide, verdict }
}

/// Each message of the case once, with the recipients of all its transactions: the client may have split
/// them, and a rule counts them together.
pub(super) fn whole(leaving: &[HeldTransaction]) -> Vec<(Envelope, &HeldTransaction)> {
    let mut rcpts: Vec<Recipient> = Vec::new();
    let mut known = HashSet::new();
    for rcpt in leaving.iter().flat_map(|l| &l.envelope.rcpts) {
        if known.insert(rcpt.address.to_lowercase()) {
            rcpts.push(rcpt.clone());
        }
    }
    let mut seen = HashSet::new();
    leaving
        .iter()
        .filter(|l| seen.insert(<[u8; 32]>::from(Sha256::digest(sent(&l.bytes)))))
        .map(|l| (Envelope { rcpts: rcpts.clone(), ..l.envelope.clone() }, l))
        .collect()
}

/// The message without the Received field on top, which differs from transaction to transaction
/// (RFC 5321 section 4.4).
pub(super) fn sent(bytes: &[u8]) -> &[u8] {
    if !bytes.get(..9).is_some_and(|start| start.eq_ignore_ascii_case(b"received:")) {
        return bytes;
    }
    let next = memchr::memchr_iter(b'\n', bytes)
        .find(|lf| !matches!(bytes.get(lf + 1), Some(b' ' | b'\t')))
        .map_or(bytes.len(), |lf| lf + 1);
    &bytes[next..]
}

/// The verdict of one message as it would leave. Single copies are judged as the one mail that they are.
fn as_it_leaves(
    policy: &Policy,
    envelope: &Envelope,
    part: &HeldTransaction,
    rewrite: Option<Rewrite>,
    now: Timestamp,
) -> Verdict {
    let hidden = rewrite.map(|_| Rewrite::Bcc);
    let left = finalize::mended(policy, envelope, sent(&part.bytes), hidden, &Mending::of(part), now);
    let mut copies = match left {
        Ok(left) => left.copies,
        Err(why) => return Verdict::failed(why),
    };
    let Some(copy) = copies.pop() else {
        return Verdict::failed("nothing would leave");
    };
    let past = |_: &message::Mail<'_>, _: &facts::Audience| History::default();
    let depth = Depth::AsRulesAsk;
    inspect(policy, &copy.envelope, EnvelopeSource::Given, &copy.bytes(), depth, past, now).verdict
}

/// Takes the stricter of two verdicts, with the rules of both.
fn raise(verdict: &mut Verdict, other: Verdict) {
    for matched in other.matches {
        if !verdict.matches.iter().any(|m| m.id == matched.id) {
            verdict.matches.push(matched);
        }
    }
    verdict.rewrite = verdict.rewrite.max(other.rewrite);
    verdict.delay = verdict.delay.max(other.delay);
    verdict.error = verdict.error.take().or(other.error);
    match other.action.cmp(&verdict.action) {
        std::cmp::Ordering::Greater => {
            (verdict.action, verdict.approval) = (other.action, other.approval);
        }
        std::cmp::Ordering::Equal => verdict.approval = verdict.approval.max(other.approval),
        std::cmp::Ordering::Less => {}
    }
}

/// Whose word a mail of this verdict needs. What is refused outright needs more than its sender's.
fn needed(verdict: &Verdict) -> Approval {
    match (verdict.action, verdict.approval) {
        (Action::Reject, _) | (Action::Hold, verdict::Approval::SecondPerson) => Approval::SecondPerson,
        (Action::Hold, _) => Approval::Sender,
        (Action::Pass | Action::Rewrite | Action::Delay, _) => Approval::None,
    }
}

/// The rules in force that held a case.
fn rules_of(case: &Case) -> Vec<&str> {
    let rules = case.rules.as_array().map(Vec::as_slice).unwrap_or_default();
    let word = |rule: &'_ serde_json::Value, key: &str, value: &str| {
        rule.get(key).and_then(|v| v.as_str()) == Some(value)
    };
    rules
        .iter()
        .filter(|rule| word(rule, "mode", "enforce") && word(rule, "action", "hold"))
        .filter_map(|rule| rule.get("id")?.as_str())
        .collect()
}

/// Whether a rule needs a second person and asks about what went before.
fn stands(policy: &Policy, id: &str) -> bool {
    let rule = policy.rules.rules().iter().find(|rule| rule.id == id);
    rule.is_some_and(|rule| {
        rule.approval == verdict::Approval::SecondPerson
            && rule.when.facts().iter().any(|fact| OF_BEFORE.contains(&fact.path))
    })
}

#[cfg(test)]
mod tests;
