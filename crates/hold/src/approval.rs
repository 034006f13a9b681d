//! Second eyes: who may decide about a held mail now. Approvers by group of senders; after a while also
//! their stand-ins, then whoever it escalates to; the organisation's admins always; never the sender, in
//! whatever spelling.

mod pattern;
#[cfg(test)]
mod tests;

use std::sync::{Arc, RwLock};
use std::time::Duration;

pub use self::pattern::Pattern;
use super::business::Hours;
use super::person::{mailbox, same};
use store::people::{Account, Role};
use store::{Approval, Case, Store};
use terms::clock::Timestamp;

/// Senders, and who decides about their mail.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    pub name: String,
    pub senders: Vec<Pattern>,
    pub approvers: Vec<String>,
    pub stand_ins: Vec<String>,
}

/// When what happens, in business time since a mail was held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timing {
    pub remind_after: Duration,
    pub stand_in_after: Duration,
    pub escalate_after: Duration,
    /// A decision that follows sooner upon the opening of its page is noted as quick; in plain time.
    pub quick: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        const HOUR: u64 = 3_600;
        Timing {
            remind_after: Duration::from_secs(2 * HOUR),
            stand_in_after: Duration::from_secs(4 * HOUR),
            escalate_after: Duration::from_secs(8 * HOUR),
            quick: Duration::from_secs(10),
        }
    }
}

/// Everything that the configuration says of second eyes. Addresses are well formed and inside.
#[derive(Clone, Debug, PartialEq)]
pub struct Approvers {
    /// In the order of the configuration.
    pub groups: Vec<Group>,
    pub escalate_to: Vec<String>,
    /// The organisation's admins, as far as they are inside.
    pub admins: Vec<String>,
    pub timing: Timing,
    pub hours: Hours,
    /// Whether a link from a notice decides only for somebody who has signed in.
    pub sign_in: bool,
}

/// What of a waiting mail says who may decide about it.
#[derive(Clone, Copy, Debug)]
pub struct Waiting<'a> {
    pub sender: &'a str,
    pub approval: Approval,
    pub opened_at: Timestamp,
}

/// By what right somebody decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It is their own mail, which waits for nobody but them.
    Sender,
    Approver,
    StandIn,
    /// It came to them because nobody else decided in time.
    Escalated,
    Admin,
}

impl Standing {
    /// The name as the log has it.
    pub fn name(self) -> &'static str {
        match self {
            Standing::Sender => "sender",
            Standing::Approver => "approver",
            Standing::StandIn => "stand-in",
            Standing::Escalated => "escalated",
            Standing::Admin => "admin",
        }
    }
}

/// Why somebody may not decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// It is their own mail.
    Own,
    /// Their account decides nothing: an auditor's.
    Auditor,
    /// Their account has been disabled.
    Disabled,
    /// They stand in, or it escalates to them, from this time on.
    NotYet(Timestamp),
    /// Others decide about this sender's mail.
    NotTheirs,
}

impl Denied {
    /// In words, for whoever wanted to decide.
    pub fn words(self) -> &'static str {
        match self {
            Denied::Own => "this mail needs a second person: its sender cannot release it",
            Denied::Auditor => "an auditor decides about no mail",
            Denied::Disabled => "the account has been disabled",
            Denied::NotYet(_) => "the approvers of this sender decide first",
            Denied::NotTheirs => "others decide about this sender's mail",
        }
    }
}

/// Who decides about one sender's mail, in the order in which they are turned to. Whoever cannot is left
/// out, so that the next in line are the first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Line {
    /// The group of the sender, if there is one.
    pub group: Option<String>,
    pub approvers: Vec<String>,
    pub stand_ins: Vec<String>,
    pub escalate_to: Vec<String>,
    pub admins: Vec<String>,
    /// Who was left out, and why.
    pub unfit: Vec<(String, Denied)>,
}

impl Line {
    /// Those who are asked at once, and as what; nobody where there is nobody at all.
    pub fn first(&self) -> (Standing, &[String]) {
        let tiers = [
            (Standing::Approver, &self.approvers),
            (Standing::StandIn, &self.stand_ins),
            (Standing::Escalated, &self.escalate_to),
        ];
        let first = tiers.into_iter().find(|(_, people)| !people.is_empty());
        let (standing, people) = first.unwrap_or((Standing::Admin, &self.admins));
        (standing, people)
    }

    /// Everybody in it.
    pub fn everybody(&self) -> impl Iterator<Item = &String> {
        [&self.approvers, &self.stand_ins, &self.escalate_to, &self.admins].into_iter().flatten()
    }
}

impl Approvers {
    /// What a house has that names nobody: its admins decide, and every account of that role.
    pub fn of_house(admins: Vec<String>, hours: Hours) -> Approvers {
        let timing = Timing::default();
        Approvers { groups: Vec::new(), escalate_to: Vec::new(), admins, timing, hours, sign_in: false }
    }

    /// The group of a sender: the one whose matching pattern says the most.
    pub fn group(&self, sender: &str) -> Option<&Group> {
        let sender = mailbox(sender);
        let best = |group: &&Group| group.senders.iter().filter_map(|p| p.matches(&sender)).max();
        // Of equals, max_by_key takes the last: so the groups are looked at from the end.
        self.groups.iter().rev().filter(|g| best(g).is_some()).max_by_key(best)
    }

    /// Who decides about the mail of a sender. `accounts` are all that there are.
    pub fn line(&self, sender: &str, accounts: &[Account]) -> Line {
        let group = self.group(sender);
        let mut line = Line { group: group.map(|g| g.name.clone()), ..Line::default() };
        let mut fit = |people: &[String]| {
            let mut kept: Vec<String> = Vec::new();
            for person in people {
                match unfit(person, sender, accounts) {
                    Some(why) if !line.unfit.iter().any(|(p, _)| same(p, person)) => {
                        line.unfit.push((person.clone(), why));
                    }
                    None if !kept.iter().any(|p| same(p, person)) => kept.push(person.clone()),
                    _ => {}
                }
            }
            kept
        };
        let of_role = |role| {
            let able = accounts.iter().filter(move |a| a.role == role && a.disabled_at.is_none());
            able.map(|a| a.name.clone()).collect::<Vec<_>>()
        };
        line.approvers = match group {
            Some(group) => fit(&group.approvers),
            None if self.groups.is_empty() => fit(&of_role(Role::Approver)),
            None => Vec::new(),
        };
        line.stand_ins = group.map(|g| fit(&g.stand_ins)).unwrap_or_default();
        line.escalate_to = fit(&self.escalate_to);
        line.admins = fit(&[self.admins.clone(), of_role(Role::Admin)].concat());
        line
    }

    /// Whether this person may decide about the case at this time, and by what right. `accounts` are all
    /// that there are; one need not have an account.
    ///
    /// # Errors
    /// Why they may not.
    pub fn may_decide(
        &self,
        case: &Case,
        person: &str,
        accounts: &[Account],
        now: Timestamp,
    ) -> Result<Standing, Denied> {
        let waiting = Waiting { sender: &case.sender, approval: case.approval, opened_at: case.opened_at };
        self.may_decide_in(&self.line(&case.sender, accounts), waiting, person, accounts, now)
    }

    /// The same where the line of the sender is known: for a list of many mails.
    ///
    /// # Errors
    /// As [`Approvers::may_decide`].
    pub fn may_decide_in(
        &self,
        line: &Line,
        waiting: Waiting<'_>,
        person: &str,
        accounts: &[Account],
        now: Timestamp,
    ) -> Result<Standing, Denied> {
        if same(person, waiting.sender) && waiting.approval != Approval::SecondPerson {
            return Ok(Standing::Sender);
        }
        if let Some(why) = unfit(person, waiting.sender, accounts) {
            return Err(why);
        }
        let is_in = |people: &[String]| people.iter().any(|p| same(p, person));
        if is_in(&line.admins) {
            return Ok(Standing::Admin);
        }
        let (standing, first) = line.first();
        if is_in(first) {
            return Ok(standing);
        }
        let mut from: Option<Timestamp> = None;
        let tiers = [
            (Standing::StandIn, &line.stand_ins, self.timing.stand_in_after),
            (Standing::Escalated, &line.escalate_to, self.timing.escalate_after),
        ];
        for (standing, people, wait) in tiers {
            let start = self.hours.after(waiting.opened_at, wait);
            if is_in(people) && start <= now {
                return Ok(standing);
            }
            if is_in(people) {
                from = Some(from.map_or(start, |known| known.min(start)));
            }
        }
        Err(from.map_or(Denied::NotTheirs, Denied::NotYet))
    }
}

/// Why somebody cannot decide about this sender's mail, whatever the groups say.
fn unfit(person: &str, sender: &str, accounts: &[Account]) -> Option<Denied> {
    if same(person, sender) {
        return Some(Denied::Own);
    }
    let account = accounts.iter().find(|a| same(&a.name, person))?;
    match account.role {
        _ if account.disabled_at.is_some() => Some(Denied::Disabled),
        Role::Auditor => Some(Denied::Auditor),
        Role::Admin | Role::Approver => None,
    }
}

/// What is in force of second eyes, swapped whole on a reload. Cheap to clone and to read.
#[derive(Clone, Debug)]
pub struct CurrentApprovers(Arc<RwLock<Arc<Approvers>>>);

impl CurrentApprovers {
    pub fn new(approvers: Approvers) -> CurrentApprovers {
        CurrentApprovers(Arc::new(RwLock::new(Arc::new(approvers))))
    }

    /// What is in force now.
    pub fn get(&self) -> Arc<Approvers> {
        match self.0.read() {
            Ok(approvers) => approvers.clone(),
            // A panic while swapping a pointer leaves a whole pointer behind.
            Err(poisoned) => poisoned.into_inner().clone(),
        }
    }

    /// Puts other approvers in force.
    pub fn set(&self, approvers: Approvers) {
        let approvers = Arc::new(approvers);
        match self.0.write() {
            Ok(mut current) => *current = approvers,
            Err(poisoned) => *poisoned.into_inner() = approvers,
        }
    }

    /// Whether this person may decide about the case now, and by what right.
    ///
    /// # Errors
    /// The store does not answer; within it, why they may not.
    pub async fn may_decide(
        &self,
        store: &Store,
        case: &Case,
        person: &str,
    ) -> store::Result<Result<Standing, Denied>> {
        let accounts = store.accounts().await?;
        Ok(self.get().may_decide(case, person, &accounts, store.clock().now()))
    }
}
