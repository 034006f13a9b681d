//! What is read well and makes no sense: waits out of order, senders in two groups, and mail that nobody could
//! decide about.

use std::time::Duration;

use super::{LONGEST, Sections};
use casebook::LoadError;
use hold::approval::{Approvers, Group, Pattern};
use hold::person::same;

impl Sections<'_> {
    /// Waits that make no sense.
    pub(super) fn waits(&self) -> Vec<LoadError> {
        let o = self.options;
        let mut faults = Vec::new();
        let mut wrong = |why: &str, remedy| faults.push(self.fault("approval", 0, why.into(), remedy));
        if o.stand_in_after > o.escalate_after {
            wrong("it escalates before the stand-ins are asked", "let stand_in_after be the shorter");
        }
        for (key, wait) in [
            ("remind_after", o.remind_after),
            ("stand_in_after", o.stand_in_after),
            ("escalate_after", o.escalate_after),
        ] {
            if wait > LONGEST {
                let why = format!("{key} is more than 30 days of 24 hours of work");
                wrong(&why, "give hours of work, such as \"4h\"; a day of work is less than \"1d\"");
            }
        }
        if o.quick > Duration::from_secs(3_600) {
            wrong(
                "quick is more than an hour",
                "give the seconds that reading a mail takes, such as \"10s\"",
            );
        }
        faults
    }

    /// Patterns that stand in two groups: which of them decides, nobody could tell.
    pub(super) fn twice(&self, approvers: &Approvers) -> Vec<LoadError> {
        let mut known: std::collections::BTreeMap<&str, &str> = Default::default();
        let mut faults = Vec::new();
        for group in &approvers.groups {
            for pattern in &group.senders {
                if let Some(other) = known.insert(pattern.text(), &group.name) {
                    let why = format!(
                        "sender \"{}\" stands in \"{other}\" and in \"{}\"",
                        pattern.text(),
                        group.name
                    );
                    faults.push(self.fault("approvers", 0, why, "let it stand in one of them"));
                }
            }
        }
        faults
    }

    /// Senders about whose mail nobody could decide.
    pub(super) fn nobody(&self, approvers: &Approvers) -> Vec<LoadError> {
        if approvers.groups.is_empty() {
            return Vec::new();
        }
        const SOMEBODY: &str =
            "add stand_ins, [approval] escalate_to or [organization] admins who are inside";
        let mut faults = Vec::new();
        let anybody = |sender: &str| approvers.line(sender, &[]).everybody().next().is_some();
        let everyone = approvers.groups.iter().any(|g| g.senders.iter().any(|p| p.text() == "*"));
        if !everyone && approvers.admins.is_empty() && approvers.escalate_to.is_empty() {
            let why = "nobody decides about the mail of senders that no group names".to_string();
            let remedy = "add a group with senders = [\"*\"], or [organization] admins who are inside";
            faults.push(self.fault("approvers", 0, why, remedy));
        }
        let mut told: Vec<&str> = Vec::new();
        for person in approvers.groups.iter().flat_map(|g| g.approvers.iter().chain(&g.stand_ins)) {
            if approvers.group(person).is_some() && !anybody(person) && !told.contains(&person.as_str()) {
                told.push(person);
                let why = format!("nobody is left to decide about the mail of {person}, who decides alone");
                faults.push(self.fault("approvers", 0, why, SOMEBODY));
            }
        }
        faults
    }
}

pub(super) const OTHERS: &str = "nobody decides about their own mail: name another approver or a stand-in";

/// What is wrong with a group whose only approver is its own sender.
pub(super) fn own_only(group: &Group) -> Option<String> {
    let others = |sender: &str| group.approvers.iter().chain(&group.stand_ins).any(|p| !same(p, sender));
    let alone = group.senders.iter().filter_map(Pattern::address).find(|sender| !others(sender))?;
    Some(format!("{alone} is both the sender and the only one to decide"))
}
