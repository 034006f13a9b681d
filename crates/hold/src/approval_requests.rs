//! Asks second persons: at once when a mail is held, once more after a while, then their stand-ins, then
//! whoever it escalates to. Each step is kept in the store, so that a restart asks nobody twice.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::approval::{Approvers, CurrentApprovers, Denied, Line};
use super::person::mailbox;
use super::{notice_sender, review};
use audit::entry::{Entry, Kind as EntryKind};
use notice::{self, Ask, Cause, Proposed, Step, Waiting};
use store::people::Account;
use store::{self, Asked, Asking, Case, Store};
use terms::clock::Timestamp;

/// How often it looks for mail that was held.
const EVERY: Duration = Duration::from_secs(1);
/// After an error.
const AGAIN: Duration = Duration::from_secs(10);
/// One process of those that share the store asks; another takes over after so long.
const LEASE: Duration = Duration::from_secs(60);
/// Other approvers may be in force by then, so that a case is looked at again.
const RECHECK: Duration = Duration::from_secs(600);
/// So many cases at a time.
const AT_ONCE: usize = 500;
/// Somebody gets so many notices within the hour; what comes after that is gathered for so long.
const SINGLE: usize = 3;
const WINDOW: Duration = Duration::from_secs(3_600);
const PAUSE: Duration = Duration::from_secs(600);
/// A digest names so many mails, a notice so many recipients.
const NAMED: usize = 10;

/// Why a case was stopped, as a notice tells it; the rules are not known here.
pub type Causes = Arc<dyn Fn(&Case) -> Vec<Cause> + Send + Sync>;

/// Who asks.
pub struct Asker {
    store: Store,
    desk: CurrentApprovers,
    causes: Causes,
}

/// What is to be done about a case now.
struct Plan {
    /// Whom to ask, with the steps that this settles; the first is the one that is told.
    asks: Vec<(String, Vec<Step>)>,
    /// When the next step comes.
    next: Timestamp,
}

/// One case of somebody who is to be asked.
struct AskItem<'a> {
    case: &'a Case,
    steps: Vec<Step>,
}

impl Asker {
    /// One who asks those whom `desk` names.
    pub fn new(store: Store, desk: CurrentApprovers, causes: Causes) -> Self {
        Asker { store, desk, causes }
    }

    /// Runs until `stop` is ready; it stops between two sweeps.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let mut stop = std::pin::pin!(stop);
        let mut held: Option<tokio::time::Instant> = None;
        loop {
            let pause = match self.take_turn(&mut held).await {
                Ok(()) => EVERY,
                Err(error) => {
                    tracing::error!(%error, "second persons could not be asked; trying again");
                    AGAIN
                }
            };
            tokio::select! {
                () = &mut stop => break,
                () = tokio::time::sleep(pause) => {}
            }
        }
        if held.is_some()
            && let Err(error) = self.store.give_up_lease("ask").await
        {
            tracing::debug!(%error, "another process waits for the lease to end");
        }
    }

    /// Sweeps where the lease is this process's.
    async fn take_turn(&self, held: &mut Option<tokio::time::Instant>) -> store::Result<()> {
        if held.is_none_or(|since| since.elapsed() >= LEASE / 3) {
            *held = self.store.lease("ask", LEASE).await?.then(tokio::time::Instant::now);
        }
        if held.is_some() {
            self.sweep().await?;
        }
        Ok(())
    }

    /// Asks whoever is to be asked by now; how many notices that makes.
    pub async fn sweep(&self) -> store::Result<usize> {
        let cases = self.store.to_ask(AT_ONCE).await?;
        if cases.is_empty() {
            return Ok(0);
        }
        let (approvers, accounts) = (self.desk.get(), self.store.accounts().await?);
        let now = self.store.clock().now();
        let mut again: BTreeMap<&str, Timestamp> = BTreeMap::new();
        let mut people: BTreeMap<String, Vec<AskItem<'_>>> = BTreeMap::new();
        for case in &cases {
            let line = approvers.line(&case.sender, &accounts);
            let asked = self.store.asked(&case.id).await?;
            self.say_who_cannot(case, &line, &asked).await?;
            let plan = plan(&approvers, case, &line, &asked, now);
            again.insert(&case.id, plan.next.min(now + RECHECK));
            for (person, steps) in plan.asks {
                people.entry(person).or_default().push(AskItem { case, steps });
            }
        }
        let mut told = 0;
        for (person, items) in people {
            let recent = self.store.asked_times(&person, before(now, WINDOW)).await?;
            match recent.first().filter(|last| recent.len() >= SINGLE && **last + PAUSE > now) {
                Some(last) => {
                    let until = *last + PAUSE;
                    for item in &items {
                        again.entry(&item.case.id).and_modify(|at| *at = (*at).min(until));
                    }
                }
                None => told += self.ask(&person, &items, &approvers, &accounts, now).await?,
            }
        }
        self.store.ask_again(again.into_iter().map(|(case, at)| (case.to_string(), at)).collect()).await?;
        Ok(told)
    }

    /// Asks somebody: of a few cases one by one, of many with one notice.
    async fn ask(
        &self,
        person: &str,
        items: &[AskItem<'_>],
        approvers: &Approvers,
        accounts: &[Account],
        now: Timestamp,
    ) -> store::Result<usize> {
        let mut told = 0;
        let chunks = if items.len() > SINGLE { vec![items] } else { items.chunks(1).collect() };
        for chunk in chunks {
            let notice = match chunk {
                [item] => self.one(person, item, approvers, accounts, now),
                many => many_of(person, many, now),
            };
            let each = || chunk.iter().flat_map(|item| item.steps.iter().map(move |step| (item.case, *step)));
            let asking = Asking {
                person: person.to_string(),
                about: chunk.iter().map(|i| i.case).max_by_key(|c| c.ends_at).map(|c| c.id.clone()),
                items: each().map(|(case, step)| (case.id.clone(), name(step).to_string())).collect(),
                notice: Some(notice_sender::notice(&notice)),
                entries: each().map(|(case, step)| entry(case, name(step), person, now)).collect(),
            };
            told += usize::from(self.store.ask_about(asking).await?);
        }
        Ok(told)
    }

    /// The notice about one case.
    fn one(
        &self,
        person: &str,
        item: &AskItem<'_>,
        approvers: &Approvers,
        accounts: &[Account],
        now: Timestamp,
    ) -> notice::Notice {
        let case = item.case;
        let step = item.steps.first().copied().unwrap_or_default();
        let line = approvers.line(&case.sender, accounts);
        let before = match step {
            Step::Asked | Step::Reminded => Vec::new(),
            Step::StandIn | Step::Escalated => {
                line.first().1.iter().filter(|p| *p != person).cloned().collect()
            }
        };
        let mut notice = notice::Notice::new(notice::Kind::Approve, vec![person.to_string()], now);
        notice.mail = Some(notice::About {
            sender: case.sender.clone(),
            message_id: case.message_id.clone(),
            subject: case.subject.clone(),
            at: Some(case.opened_at),
            external: case.external,
            recipients: case.recipients.iter().take(NAMED).cloned().collect(),
            ..notice::About::default()
        });
        notice.case = Some(case.id.clone());
        notice.causes = (self.causes)(case);
        notice.until = Some(case.ends_at);
        // The notice's own types of the same names; they read each other's words.
        notice.approval = serde_json::from_value(case.approval.name().into()).ok();
        notice.rewrite = case.rewrite.and_then(|r| serde_json::from_value(r.name().into()).ok());
        notice.ask = Some(Ask { step, before, proposal: proposed(case) });
        notice
    }

    /// Records once a case who was passed over, and tells the admins; and where there is nobody at all.
    async fn say_who_cannot(&self, case: &Case, line: &Line, asked: &[Asked]) -> store::Result<()> {
        let now = self.store.clock().now();
        let known = |step: &str, person: &str| asked.iter().any(|a| a.step == step && a.person == person);
        for (person, why) in &line.unfit {
            let person = mailbox(person);
            if known("unfit", &person) {
                continue;
            }
            let word = word(*why);
            let mut entry = entry(case, "approver-unfit", &person, now);
            entry.notes.push(format!("why: {word}"));
            // That heads of a section send mail is no fault of the configuration.
            let worth = *why != Denied::Own || line.approvers.is_empty();
            let notice = (worth && !line.admins.is_empty()).then(|| {
                let mut notice = notice::Notice::new(notice::Kind::Unfit, line.admins.clone(), now);
                notice.by = Some(person.clone());
                notice.reason = Some(word.to_string());
                let once = Some(format!("unfit/{person}/{word}"));
                store::QueuedNotice { once, ..notice_sender::notice(&notice) }
            });
            tracing::warn!(case = case.id, why = word, "an approver cannot be asked; the next in line are");
            let items = vec![(case.id.clone(), "unfit".to_string())];
            let asking = Asking { person, about: None, items, notice, entries: vec![entry] };
            self.store.ask_about(asking).await?;
        }
        if line.first().1.is_empty() && !known("nobody", "") {
            tracing::warn!(case = case.id, "nobody can be asked to decide; the shell can (sekisho hold)");
            let entries = vec![entry(case, "nobody-to-ask", "", now)];
            let items = vec![(case.id.clone(), "nobody".to_string())];
            let asking = Asking { person: String::new(), about: None, items, notice: None, entries };
            self.store.ask_about(asking).await?;
        }
        Ok(())
    }
}

/// Whom to ask about a case by now.
fn plan(approvers: &Approvers, case: &Case, line: &Line, asked: &[Asked], now: Timestamp) -> Plan {
    let timing = &approvers.timing;
    let at = |wait: Duration| approvers.hours.after(case.opened_at, wait);
    let (_, first) = line.first();
    let last = if line.escalate_to.is_empty() { &line.admins } else { &line.escalate_to };
    let mut steps = vec![(case.opened_at, Step::Asked, first)];
    if !timing.remind_after.is_zero() {
        steps.push((at(timing.remind_after), Step::Reminded, first));
    }
    steps.push((at(timing.stand_in_after), Step::StandIn, &line.stand_ins));
    steps.push((at(timing.escalate_after), Step::Escalated, last));
    let mut plan = Plan { asks: Vec::new(), next: case.ends_at };
    for (when, step, people) in steps {
        if when > now {
            plan.next = plan.next.min(when);
            continue;
        }
        for person in people.iter().cloned() {
            let was = |step: Step| asked.iter().any(|a| a.person == person && a.step == name(step));
            let was_asked = [Step::Asked, Step::StandIn, Step::Escalated].into_iter().any(was);
            let now_asked = plan.asks.iter_mut().find(|(p, _)| *p == person);
            match (step, now_asked) {
                (Step::Reminded, _) if was(Step::Reminded) => {}
                // Who is asked only now need not be reminded of it as well.
                (Step::Reminded, Some((_, steps))) => steps.push(step),
                (Step::Reminded, None) => plan.asks.push((person, vec![step])),
                (_, None) if !was_asked => plan.asks.push((person, vec![step])),
                _ => {}
            }
        }
    }
    plan
}

/// The notice about many cases.
fn many_of(person: &str, items: &[AskItem<'_>], now: Timestamp) -> notice::Notice {
    let mut notice = notice::Notice::new(notice::Kind::ApproveMany, vec![person.to_string()], now);
    notice.until = items.iter().map(|item| item.case.ends_at).min();
    let named = items.iter().take(NAMED).map(|item| item.case);
    notice.waiting = Waiting {
        count: items.len(),
        cases: named.map(|case| (case.id.clone(), case.subject.clone().unwrap_or_default())).collect(),
    };
    notice
}

/// What the sender proposes, as a notice tells it.
fn proposed(case: &Case) -> Option<Proposed> {
    let repair = review::proposed(case)?;
    Some(Proposed {
        rewrite: repair.rewrite.and_then(|r| serde_json::from_value(r.name().into()).ok()),
        changes: notice::Changes {
            attachments: repair.drop_attachments.len(),
            dropped: repair.drop_recipients,
            corrected: repair.corrections,
            removed: Vec::new(),
        },
        reason: case.proposal.as_ref().and_then(|p| p.reason.clone()),
    })
}

/// The step's name in the store and in the log.
fn name(step: Step) -> &'static str {
    match step {
        Step::Asked => "asked",
        Step::Reminded => "reminded",
        Step::StandIn => "asked-stand-in",
        Step::Escalated => "escalated",
    }
}

fn word(why: Denied) -> &'static str {
    match why {
        Denied::Own => "own",
        Denied::Auditor => "auditor",
        Denied::Disabled => "disabled",
        Denied::NotYet(_) | Denied::NotTheirs => "not-theirs",
    }
}

fn entry(case: &Case, action: &str, person: &str, now: Timestamp) -> Entry {
    let mut entry = Entry::new(now, EntryKind::Notice, action);
    entry.case = Some(case.id.clone());
    entry.message_id.clone_from(&case.message_id);
    entry.sender = Some(case.sender.clone());
    entry.recipients = Some(person.to_string()).into_iter().filter(|p| !p.is_empty()).collect();
    entry.actor = Some("sekisho".into());
    entry
}

fn before(now: Timestamp, length: Duration) -> Timestamp {
    now.checked_sub(length).unwrap_or(Timestamp::MIN)
}
