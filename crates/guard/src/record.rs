//! What is recorded and told of a decision: the audit entry, the note for the history, the tellings.

use sha2::{Digest, Sha256};

use super::finalize;
use super::inspect::Inspected;
use super::policy::Policy;
use audit::chain::hex;
use audit::entry::{Entry, Kind, RuleHit};
use casebook::Bilingual;
use facts::{self, Audience, History};
use message::Mail;
use notice::{self, About, Cause, Notice};
use rules::verdict::{Action, Approval, Match, Mode, Rewrite, Verdict};
use smtp::envelope::Envelope;
use smtp::reply::Reply;
use smtp::transaction::Transaction;
use store::{self, Decision, NewHold, Notable, Past, Sending};
use terms::clock::Timestamp;

/// So many mails of one sender within the hour are a storm, in which notices are gathered.
const STORM: i64 = 20;

/// How many recipients a notice may name.
const SHOWN: usize = 20;

/// The entry of a decision, and what the history keeps of it.
pub fn decision(t: &Transaction, seen: &Inspected<'_>, now: Timestamp) -> Decision {
    let mut entry = Entry::new(now, Kind::Decision, name(&seen.verdict.action));
    entry.mail = Some(t.id.clone());
    entry.message_id = seen.mail.message_id();
    entry.sender = Some(t.envelope.from.clone());
    entry.recipients = t.envelope.rcpts.iter().map(|r| r.address.clone()).collect();
    entry.subject = Some(seen.mail.subject()).filter(|s| !s.is_empty());
    entry.attachments = seen.facts.attachments.names.clone();
    entry.sha256 = Some(hex(&Sha256::digest(&t.message)));
    entry.size = Some(t.message.len() as u64);
    entry.rules = seen.verdict.matches.iter().map(hit).collect();
    entry.notes = seen.verdict.error.iter().cloned().collect();
    let uninspected = seen.facts.not_inspected();
    if !uninspected.is_empty() {
        entry.notes.push(format!("not inspected: {}", uninspected.join(", ")));
    }
    let history = Some(sending(t, seen, now));
    Decision { entry, history, notices: Vec::new() }
}

/// What became of a message that went on.
pub fn outcome(t: &Transaction, message_id: Option<String>, reply: &Reply, now: Timestamp) -> Entry {
    let word = match reply.code {
        200..=299 => "accepted",
        500..=599 => "refused",
        _ => "deferred",
    };
    let mut entry = Entry::new(now, Kind::Outcome, word);
    entry.mail = Some(t.id.clone());
    entry.message_id = message_id;
    let text = reply.lines.join(" ");
    entry.reason = Some(format!("{} {text}", reply.code));
    entry
}

/// What the history keeps of a mail.
pub fn sending(t: &Transaction, seen: &Inspected<'_>, now: Timestamp) -> Sending {
    let notable = match seen.verdict.action {
        _ if seen.facts.message.is_recall => Some(Notable::Recalled),
        Action::Hold | Action::Delay => Some(Notable::Held),
        Action::Rewrite => Some(Notable::Rewritten),
        Action::Pass | Action::Reject => None,
    };
    let recipients = match notable {
        Some(_) => &seen.audience.external,
        None => &seen.audience.envelope_external,
    };
    Sending {
        sender: t.envelope.from.clone(),
        message_id: seen.mail.message_id(),
        client_ip: t.envelope.client.ip,
        recipients: recipients.iter().cloned().collect(),
        notable,
        at: now,
    }
}

/// What went before a message, from the store's memory or a replay's.
pub fn look_back(
    history: &store::History,
    mail: &Mail<'_>,
    audience: &Audience,
    envelope: &Envelope,
    now: Timestamp,
) -> History {
    let message_id = mail.message_id();
    let recipients: Vec<String> = audience.external.iter().cloned().collect();
    let written: Vec<String> = audience.envelope_external.iter().cloned().collect();
    let look = store::Look {
        sender: &envelope.from,
        message_id: message_id.as_deref(),
        client_ip: envelope.client.ip,
        recipients: &recipients,
        written: &written,
        now,
    };
    History { lookalikes: lookalikes(history, audience), ..in_words_of_facts(&history.look(&look)) }
}

/// So many domains of one mail are compared with those that are often written to.
const COMPARED: usize = 32;

/// The domains of a mail that are one slip from a domain that is often written to, where nobody ever wrote
/// to them. The history keeps hashes alone, so that it is asked for each domain that may have been meant.
fn lookalikes(history: &store::History, audience: &Audience) -> Vec<String> {
    let domains = audience.outside_domains();
    let strange = domains.into_iter().filter(|d| !history.knows_domain(facts::registrable(d)));
    let meant = |domain: &&str| history.familiar(facts::slips_of(domain)).is_some();
    strange.take(COMPARED).filter(meant).map(str::to_string).collect()
}

/// The past, in the words of the facts.
fn in_words_of_facts(past: &Past) -> History {
    let count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    History {
        same_recipients_hours: past.same_recipients_hours,
        recently_cancelled: past.recently_cancelled,
        split_recipients: count(past.split_recipients),
        case_open: past.case_open,
        recent_messages: count(past.recent_messages),
        recent_recipients: count(past.recent_recipients),
        recent_first_time: count(past.recent_first_time),
        first_time: count(past.first_time),
        new_client: past.new_client,
        lookalikes: Vec::new(),
    }
}

/// The rule that decided: the first in force with the action that won.
pub fn deciding(verdict: &Verdict) -> Option<&Match> {
    let mut in_force = verdict.matches.iter().filter(|m| m.mode == Mode::Enforce);
    in_force.find(|m| m.action == verdict.action)
}

/// Whom a decision is told to: the sender, and the admins where a rule asks for it.
pub fn notices(
    policy: &Policy,
    t: &Transaction,
    seen: &Inspected<'_>,
    now: Timestamp,
) -> Vec<store::QueuedNotice> {
    let mut notices = Vec::new();
    for (kind, to) in readers(policy, t, seen, false) {
        let notice = notice(policy, t, seen, kind, to, now);
        // One telling of each kind for one mail, however many transactions it was split into.
        let once = match (kind, seen.mail.message_id()) {
            (notice::Kind::Alert, _) => Some(hourly(kind, t, seen, now)),
            (_, id) => id.map(|id| format!("{kind:?}/{}/{id}", t.envelope.from)),
        };
        notices.extend(queued(&notice, once));
    }
    notices
}

/// Who is told what of a decision.
fn readers(
    policy: &Policy,
    t: &Transaction,
    seen: &Inspected<'_>,
    held: bool,
) -> Vec<(notice::Kind, Vec<String>)> {
    let kind = match seen.verdict.action {
        _ if held => notice::Kind::Held,
        Action::Pass => return Vec::new(),
        Action::Rewrite => notice::Kind::Rewritten,
        Action::Delay => notice::Kind::Delayed,
        Action::Hold => notice::Kind::Held,
        Action::Reject => notice::Kind::Rejected,
    };
    let mut readers = vec![(kind, reader(policy, &t.envelope.from))];
    let alert = |m: &Match| m.tell_admin && m.mode == Mode::Enforce;
    if seen.verdict.matches.iter().any(alert) {
        readers.push((notice::Kind::Alert, policy.organization.admins.clone()));
    }
    readers.retain(|(_, to)| !to.is_empty());
    readers
}

/// What the store keeps of a message that waits, still without the bytes, which the inspection has borrowed. `why` is why it could not go at once although the
/// rules let it.
pub fn hold(
    policy: &Policy,
    t: &Transaction,
    seen: &Inspected<'_>,
    why: Option<&str>,
    now: Timestamp,
    ends_at: Timestamp,
) -> NewHold {
    let Decision { mut entry, history, .. } = decision(t, seen, now);
    let verdict = &seen.verdict;
    let mut approval = approval_of(verdict.approval);
    if let Some(why) = why {
        entry.action = "hold".to_string();
        entry.notes.push(format!("held instead: {why}"));
        approval = store::Approval::SecondPerson;
    }
    let mut notices = Vec::new();
    // One telling a case; in a storm of them, one an hour.
    let storm = seen.facts.sender.recent_messages >= STORM;
    for (kind, to) in readers(policy, t, seen, why.is_some()) {
        let mut notice = notice(policy, t, seen, kind, to, now);
        notice.until = Some(ends_at);
        let once = (storm || kind == notice::Kind::Alert).then(|| hourly(kind, t, seen, now));
        if storm && kind == notice::Kind::Held {
            notices.extend(digest(&notice, t, now));
        }
        notices.extend(queued(&notice, once));
    }
    NewHold {
        rules: serde_json::to_value(&entry.rules).unwrap_or_default(),
        entry,
        envelope: t.envelope.clone(),
        received: Vec::new(),
        message: Vec::new(),
        rewrite: verdict.rewrite.map(|r| match r {
            Rewrite::Bcc => store::Rewrite::Bcc,
            Rewrite::Individual => store::Rewrite::Individual,
        }),
        approval,
        notices,
        ends_at,
        sending: history,
    }
}

fn approval_of(approval: Approval) -> store::Approval {
    match approval {
        Approval::None => store::Approval::None,
        Approval::Sender => store::Approval::Sender,
        Approval::SecondPerson => store::Approval::SecondPerson,
    }
}

/// The key of a telling that is told once an hour for one sender and rule.
fn hourly(kind: notice::Kind, t: &Transaction, seen: &Inspected<'_>, now: Timestamp) -> String {
    let rule = deciding(&seen.verdict).map_or("sekisho", |m| m.id.as_str());
    format!("{kind:?}/{}/{rule}/{}", t.envelope.from, now.as_second() / 3600)
}

/// In a storm, what still waits when the hour is over is told together.
fn digest(held: &Notice, t: &Transaction, now: Timestamp) -> Option<store::QueuedNotice> {
    let hour = now.as_second() / 3600;
    let digest = Notice { kind: notice::Kind::Digest, causes: Vec::new(), ..held.clone() };
    let once = format!("Digest/{}/{hour}", t.envelope.from);
    let notice = queued(&digest, Some(once))?;
    Some(store::QueuedNotice { due: Timestamp::from_second((hour + 1) * 3600).ok(), ..notice })
}

/// A telling for the store; `once` is its key, so that a mail sent again is told of once.
fn queued(notice: &Notice, once: Option<String>) -> Option<store::QueuedNotice> {
    let body = serde_json::to_value(notice).ok()?;
    Some(store::QueuedNotice { body, once, due: None })
}

/// The sender, if there is one and it is ours: strangers are not written to.
fn reader(policy: &Policy, sender: &str) -> Vec<String> {
    let domain = sender.rsplit_once('@').map_or("", |a| a.1);
    let ours = !domain.is_empty() && policy.organization.is_internal(domain);
    ours.then(|| sender.to_string()).into_iter().collect()
}

fn notice(
    policy: &Policy,
    t: &Transaction,
    seen: &Inspected<'_>,
    kind: notice::Kind,
    to: Vec<String>,
    now: Timestamp,
) -> Notice {
    let mut notice = Notice::new(kind, to, now);
    notice.mail = Some(About {
        sender: t.envelope.from.clone(),
        message_id: seen.mail.message_id(),
        subject: Some(seen.mail.subject()).filter(|s| !s.is_empty()),
        at: Some(now),
        external: seen.audience.external.len(),
        left: usize::try_from(seen.facts.history.split_recipients).unwrap_or(0),
        recipients: seen.audience.external.iter().take(SHOWN).cloned().collect(),
        attachments: seen.facts.attachments.names.clone(),
    });
    notice.causes = causes(policy, &seen.verdict);
    notice.approval = Some(seen.verdict.approval);
    // Where only the Bcc field goes, nobody is taken out of sight.
    let field_only = |r: &Rewrite| *r == Rewrite::Bcc && finalize::is_only_the_bcc_field(policy, &seen.mail);
    notice.rewrite = seen.verdict.rewrite.filter(|r| !field_only(r));
    notice
}

/// Why, the rule that decided first; each with the incidents that it cites.
fn causes(policy: &Policy, verdict: &Verdict) -> Vec<Cause> {
    let mut rules: Vec<&Match> = verdict.matches.iter().filter(|m| m.mode == Mode::Enforce).collect();
    rules.sort_by_key(|m| std::cmp::Reverse((m.action, m.approval)));
    rules.into_iter().map(|m| cause(policy, &m.id, m.reason.clone(), &m.evidence, &m.incidents)).collect()
}

/// A rule's reason with the incidents that it cites, for a notice.
pub fn cause(policy: &Policy, rule: &str, reason: Bilingual, evidence: &[String], cited: &[String]) -> Cause {
    let incidents = cited.iter().filter_map(|id| policy.casebook.get(id));
    Cause {
        rule: rule.to_string(),
        reason,
        evidence: evidence.to_vec(),
        incidents: incidents
            .map(|incident| notice::Incident {
                id: incident.id.clone(),
                date: incident.date.clone(),
                organization: incident.organization.clone(),
                happened: incident.summary.clone(),
                people: incident.people,
            })
            .collect(),
    }
}

/// Why a case was stopped, by the rules in force that held it: those that stopped it first.
pub fn causes_of(policy: &Policy, case: &store::Case) -> Vec<Cause> {
    let hits = case.rules.as_array().map(Vec::as_slice).unwrap_or_default();
    let mut hits: Vec<RuleHit> =
        hits.iter().filter_map(|hit| serde_json::from_value(hit.clone()).ok()).collect();
    hits.retain(|hit| hit.mode == "enforce");
    hits.sort_by_key(|hit| !matches!(hit.action.as_str(), "hold" | "delay"));
    hits.iter()
        .map(|hit| {
            let rule = policy.rules.rules().iter().find(|rule| rule.id == hit.id);
            let reason = rule.map(|rule| rule.reason.clone()).unwrap_or_default();
            cause(policy, &hit.id, reason, &hit.evidence, &hit.incidents)
        })
        .collect()
}

fn hit(matched: &Match) -> RuleHit {
    RuleHit {
        id: matched.id.clone(),
        action: name(&matched.action).to_string(),
        mode: match matched.mode {
            Mode::Enforce => "enforce".to_string(),
            Mode::Monitor => "monitor".to_string(),
        },
        incidents: matched.incidents.clone(),
        evidence: matched.evidence.clone(),
    }
}

/// The action's name as rules and reports write it.
pub fn name(action: &Action) -> &'static str {
    match action {
        Action::Pass => "pass",
        Action::Rewrite => "rewrite",
        Action::Delay => "delay",
        Action::Hold => "hold",
        Action::Reject => "reject",
    }
}
