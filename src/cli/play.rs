//! Playing one incident of the casebook against a house: its messages in order, on one clock and with
//! one memory of the past, and what must become of each compared with what does. No network, no disk.

use std::time::Duration;

use super::inspect::envelope;
use casebook::{Coverage, Expected, Incident, Sending, Step};
use facts::{self, ControlState, Language, Organization};
use guard::{self, Inspected, Policy};
use rules::verdict::{Action, Approval, Mode, Rewrite};
use smtp::transaction::Transaction;
use store::{Fingerprint, History};
use terms::clock::Timestamp;

/// An incident that was played.
pub struct Play<'c> {
    pub incident: &'c Incident,
    pub steps: Vec<Played<'c>>,
}

/// One step of it: what was sent, and what became of the last sending.
pub struct Played<'c> {
    pub step: &'c Step,
    /// How often it was sent.
    pub times: u64,
    /// The envelope's recipients.
    pub recipients: usize,
    /// The last one's subject.
    pub subject: String,
    pub got: Got,
    /// Where that is not what must become of it; empty where the step holds.
    pub faults: Vec<Fault>,
}

/// What became of a message, however that was found out.
#[derive(Clone, Debug, PartialEq)]
pub struct Got {
    pub action: Action,
    pub rewrite: Option<Rewrite>,
    pub approval: Approval,
    /// The rules in force that matched; those that decided come first.
    pub rules: Vec<Hit>,
    /// Why the message could not be evaluated or rewritten, where it could not.
    pub error: Option<String>,
}

/// A rule that matched, and the incidents that it cites.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    pub id: String,
    pub incidents: Vec<String>,
}

/// A difference between what must be and what is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub what: What,
    pub expected: String,
    pub got: String,
}

/// What differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Action,
    Rewrite,
    Approval,
    Rules,
    /// What the next hop got.
    Arrived,
    /// The action that the audit log tells of.
    Audit,
}

/// What a replay shows of an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Prevented,
    /// It left by another door; a mail with the same data is stopped.
    SameData,
    /// A preventable one that is not prevented, by these rules or by this version.
    Missed,
    NotByMail,
}

/// Plays an incident from `start` on.
pub fn play<'c>(policy: &Policy, incident: &'c Incident, start: Timestamp) -> Play<'c> {
    let mut past = Past { history: History::in_memory(), kept: Vec::new() };
    let mut now = start;
    let mut steps = Vec::new();
    for sending in incident.sendings() {
        now = later(now, sending.wait);
        let policy = staged(policy, incident, sending.step);
        let sent = send(&policy, &sending, &mut past, now);
        if let Some(expected) = sending.expected {
            steps.push(Played {
                step: sending.step,
                times: sending.step.times,
                recipients: sent.recipients,
                subject: sent.subject,
                faults: faults(expected, &sent.got),
                got: sent.got,
            });
        }
    }
    Play { incident, steps }
}

/// The house as a step finds it: with the incident's organisation, and the controls as they stood.
pub fn staged(policy: &Policy, incident: &Incident, step: &Step) -> Policy {
    let controls = facts::Controls {
        entries: step
            .controls
            .iter()
            .map(|c| ControlState {
                name: c.name.clone(),
                days_left: if c.expired { -1 } else { 365 },
                enforce: true,
                first_warn_day: 60,
            })
            .collect(),
    };
    let domains: Vec<&str> = incident.own_domains.iter().map(String::as_str).collect();
    let own = Organization::new(&incident.organization.ja, &domains);
    Policy {
        organization: Organization { domains: own.domains, ..policy.organization.clone() },
        controls: std::sync::Arc::new(move |_| controls.clone()),
        ..policy.clone()
    }
}

/// A time that much later; the end of time where there is no such time.
pub fn later(at: Timestamp, by: Duration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// What the replay remembers: what the store would, in the same words.
struct Past {
    history: History,
    /// The mail that was taken over, so that the same one sent again is not counted twice.
    kept: Vec<(Fingerprint, Timestamp)>,
}

/// One sending, and what became of it.
struct Sent {
    recipients: usize,
    subject: String,
    got: Got,
}

fn send(policy: &Policy, sending: &Sending<'_>, past: &mut Past, now: Timestamp) -> Sent {
    let rcpts = sending.rcpt.clone().unwrap_or_default();
    let (mut envelope, source) = envelope(&sending.message, sending.from.as_deref(), &rcpts);
    envelope.client.ip = sending.step.client;
    let t = Transaction {
        id: "replay".to_string(),
        envelope,
        received: Vec::new(),
        message: sending.message.clone(),
    };
    let look = |mail: &_, audience: &_| guard::look_back(&past.history, mail, audience, &t.envelope, now);
    let seen = guard::inspect(policy, &t.envelope, source, &t.message, guard::Depth::AsRulesAsk, look, now);
    let got = got(policy, &t, &seen, now);
    past.take_in(&t, &seen, got.action, now);
    Sent { recipients: t.envelope.rcpts.len(), subject: seen.mail.subject(), got }
}

/// What becomes of the message: the verdict, or a hold where the rewrite cannot be proven.
fn got(policy: &Policy, t: &Transaction, seen: &Inspected<'_>, now: Timestamp) -> Got {
    let verdict = &guard::finalize::carried_out(policy, &t.envelope, &t.message, &seen.verdict, now);
    let mut got = Got {
        action: verdict.action,
        rewrite: verdict.rewrite,
        approval: verdict.approval,
        rules: Vec::new(),
        error: verdict.error.clone(),
    };
    let in_force = || verdict.matches.iter().filter(|m| m.mode == Mode::Enforce);
    let (deciding, others): (Vec<_>, Vec<_>) = in_force().partition(|m| m.action == seen.verdict.action);
    got.rules = deciding
        .into_iter()
        .chain(others)
        .map(|m| Hit { id: m.id.clone(), incidents: m.incidents.clone() })
        .collect();
    got
}

impl Past {
    /// As the store does with each decision: a mail that is kept or copied is remembered once, however
    /// often it is sent; a held one opens a case.
    fn take_in(&mut self, t: &Transaction, seen: &Inspected<'_>, action: Action, now: Timestamp) {
        let taken_over = matches!(action, Action::Hold | Action::Delay)
            || (action == Action::Rewrite && seen.verdict.rewrite == Some(Rewrite::Individual));
        if taken_over {
            let print = Fingerprint::of(&t.envelope, &t.message);
            let window = Duration::from_secs(store::history::WINDOW_HOURS.unsigned_abs() * 3600);
            if self.kept.iter().any(|(kept, at)| *kept == print && later(*at, window) >= now) {
                return;
            }
            self.kept.push((print, now));
        }
        self.history.remember(&guard::sending(t, seen, now));
        if action == Action::Hold {
            self.history.open_case(&t.envelope.from, seen.mail.message_id().as_deref());
        }
    }
}

/// Where `got` is not what was expected.
pub fn faults(expected: &Expected, got: &Got) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut compare = |what, expected: &str, got: &str| {
        if expected != got {
            faults.push(Fault { what, expected: expected.to_string(), got: got.to_string() });
        }
    };
    compare(What::Action, expected.action, got.action.as_str());
    // How and by whom is only a question where it is the same thing that happens.
    let same = expected.action == got.action.as_str();
    if let Some(rewrite) = expected.rewrite.filter(|_| same) {
        compare(What::Rewrite, rewrite, rewrite_name(got.rewrite));
    }
    if let Some(approval) = expected.approval.filter(|_| same) {
        compare(What::Approval, approval, approval_name(got.approval));
    }
    let matched: Vec<&str> = got.rules.iter().map(|r| r.id.as_str()).collect();
    let told = if matched.is_empty() { "-".to_string() } else { matched.join(", ") };
    let missing: Vec<&str> =
        expected.rules.iter().map(String::as_str).filter(|r| !matched.contains(r)).collect();
    if !missing.is_empty() {
        compare(What::Rules, &missing.join(", "), &told);
    } else if expected.rules.is_empty() && expected.action == "pass" {
        compare(What::Rules, "-", &told);
    }
    faults
}

fn rewrite_name(rewrite: Option<Rewrite>) -> &'static str {
    match rewrite {
        None => "-",
        Some(Rewrite::Bcc) => "bcc",
        Some(Rewrite::Individual) => "individual",
    }
}

fn approval_name(approval: Approval) -> &'static str {
    match approval {
        Approval::None => "none",
        Approval::Sender => "sender",
        Approval::SecondPerson => "second-person",
    }
}

impl Play<'_> {
    /// What the replay shows.
    pub fn outcome(&self) -> Outcome {
        match self.incident.coverage() {
            Coverage::NotByMail(_) => Outcome::NotByMail,
            Coverage::Pending(_) => Outcome::Missed,
            Coverage::Prevented(_) if self.holds() => Outcome::Prevented,
            Coverage::SameData(_) if self.holds() => Outcome::SameData,
            Coverage::Prevented(_) | Coverage::SameData(_) => Outcome::Missed,
        }
    }

    /// Whether there are steps, and every one of them holds.
    pub fn holds(&self) -> bool {
        !self.steps.is_empty() && self.steps.iter().all(|s| s.faults.is_empty())
    }

    /// The rules that matched in its steps, each once, in order of appearance.
    pub fn rules(&self) -> Vec<&str> {
        let mut rules: Vec<&str> = Vec::new();
        for hit in self.steps.iter().flat_map(|s| &s.got.rules) {
            if !rules.contains(&hit.id.as_str()) {
                rules.push(&hit.id);
            }
        }
        rules
    }
}

impl Played<'_> {
    /// What the step shows, or the subject of its mail where it does not say.
    pub fn note(&self, language: Language) -> &str {
        self.step.note.as_ref().map_or(self.subject.as_str(), |note| language.of(note))
    }
}

impl Got {
    /// What became of the message, in a few words.
    pub fn label(&self, language: Language) -> &'static str {
        let (ja, en) = match (self.action, self.approval, self.rewrite) {
            (Action::Pass, ..) => ("そのまま送信", "passed"),
            (Action::Rewrite, _, Some(Rewrite::Individual)) => ("1通ずつ送信", "one copy each"),
            (Action::Rewrite, ..) => ("Bccに直して送信", "moved to Bcc"),
            (Action::Delay, ..) => ("待ってから送信", "delayed"),
            (Action::Hold, Approval::SecondPerson, _) => ("保留（別の人）", "held (2nd person)"),
            (Action::Hold, ..) => ("保留（本人）", "held (sender)"),
            (Action::Reject, ..) => ("拒否", "rejected"),
        };
        match language {
            Language::Ja => ja,
            Language::En => en,
        }
    }

    /// The ids of the rules that matched, in one line; a dash where none did.
    pub fn rule_list(&self) -> String {
        let ids: Vec<&str> = self.rules.iter().map(|r| r.id.as_str()).collect();
        if ids.is_empty() { "-".to_string() } else { ids.join(", ") }
    }
}

impl Fault {
    /// The difference as a sentence.
    pub fn say(&self, language: Language) -> String {
        let (ja, en) = match self.what {
            What::Action => ("判定", "verdict"),
            What::Rewrite => ("書き換え", "rewrite"),
            What::Approval => ("承認", "approval"),
            What::Rules => ("ルール", "rules"),
            What::Arrived => ("届いたもの", "arrived"),
            What::Audit => ("監査ログ", "audit log"),
        };
        match language {
            Language::Ja => format!("{ja}: 期待 {}、実際 {}", self.expected, self.got),
            Language::En => format!("{en}: expected {}, got {}", self.expected, self.got),
        }
    }
}
