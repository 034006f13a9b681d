//! What became of a mail, for its sender and for whoever decided: who decided what and when, and how far it has got.

use audit::entry::{Entry, Kind};
use audit::filter::Filter;
use hold::person::same;
use store::{Case, State};
use terms::clock::Timestamp;

use super::Ctx;
use super::error_page::Fault;

/// So much of a case's log is read.
const LOOKED_AT: usize = 500;

/// How a case ended.
#[derive(Default)]
pub struct Outcome {
    /// Who decided; none where time did.
    pub by: Option<String>,
    pub reason: Option<String>,
    pub at: Option<Timestamp>,
    /// Recipients that the next hop took it for, and those that it cannot be delivered to.
    pub delivered: usize,
    pub failed: Vec<String>,
    pub deferred: bool,
}

impl Outcome {
    /// How a case ended, if it has.
    pub async fn of_ended(ctx: &Ctx, case: &Case) -> Result<Outcome, Fault> {
        match case.state.is_waiting() {
            true => Ok(Outcome::default()),
            false => Outcome::of(ctx, case).await,
        }
    }

    /// Reads how a case ended from the log.
    pub async fn of(ctx: &Ctx, case: &Case) -> Result<Outcome, Fault> {
        let filter = Filter {
            case: Some(case.id.clone()),
            newest_first: true,
            limit: Some(LOOKED_AT),
            ..Filter::default()
        };
        let mut outcome = Outcome::default();
        for row in ctx.guard.store.audit(&filter).await? {
            let entry = row.entry;
            match entry.kind {
                Kind::Delivery => outcome.count(&entry),
                Kind::Case if outcome.at.is_none() && entry.action == case.state.name() => {
                    outcome.by = entry.actor.filter(|actor| actor != "sekisho");
                    (outcome.reason, outcome.at) = (entry.reason, Some(entry.at));
                }
                _ => {}
            }
        }
        Ok(outcome)
    }

    /// Whether it was this person who decided.
    pub fn is_of(&self, person: &str) -> bool {
        self.by.as_deref().is_some_and(|by| same(by, person))
    }

    fn count(&mut self, entry: &Entry) {
        match entry.action.as_str() {
            "delivered" => self.delivered += entry.recipients.len(),
            "failed" => self.failed.extend(entry.recipients.iter().cloned()),
            _ => self.deferred = true,
        }
    }

    /// Whether its sender may take it back: what would leave, whoever let it; a stop only where it was
    /// their own.
    pub fn may_be_undone_by(&self, case: &Case, person: &str, now: Timestamp) -> bool {
        case.undo_until.is_some_and(|until| now < until)
            && match case.state {
                State::Released | State::Repaired => true,
                State::Cancelled => self.is_of(person),
                State::Held | State::Delayed | State::Expired | State::Left => false,
            }
    }
}
