//! Somebody who decides about other people's mail on the pages. Whether they may is asked of the approvers
//! in force each time the case is read, so that no page has to be trusted with it.

use super::approval::{Approvers, Denied, Standing};
use super::refusal::Refusal;
use store::{Case, Decided, Store};
use terms::clock::Timestamp;

/// How somebody decides on the pages.
#[derive(Clone, Copy, Debug)]
pub struct Reviewer<'a> {
    pub approvers: &'a Approvers,
    /// When they opened the page on which they decided, where that is known.
    pub opened: Option<Timestamp>,
}

/// By what right, and how soon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Right {
    pub standing: Standing,
    pub seconds: Option<i64>,
    pub quick: bool,
}

impl Reviewer<'_> {
    /// The right of `by` to decide about the case now; none where it is their own mail and waits for
    /// nobody else.
    ///
    /// # Errors
    /// They may not, or the store does not answer.
    pub(super) async fn right(&self, store: &Store, case: &Case, by: &str) -> Result<Option<Right>, Refusal> {
        let accounts = store.accounts().await?;
        let now = store.clock().now();
        let standing = match self.approvers.may_decide(case, by, &accounts, now) {
            Ok(Standing::Sender) => return Ok(None),
            Ok(standing) => standing,
            Err(Denied::Own) => return Err(Refusal::SecondPerson),
            Err(why) => return Err(Refusal::NotTheirs(why)),
        };
        let took = self.opened.map(|at| at.duration_until(now));
        let quick = took.is_some_and(|took| took.unsigned_abs() < self.approvers.timing.quick);
        Ok(Some(Right { standing, seconds: took.map(|took| took.as_secs().max(0)), quick }))
    }
}

impl Right {
    /// What the log says of it.
    pub(super) fn notes(&self) -> Vec<String> {
        let mut notes = vec![format!("decided as: {}", self.standing.name())];
        if let Some(seconds) = self.seconds.filter(|_| self.quick) {
            notes.push(format!("decided in {seconds} s"));
        }
        notes
    }

    /// What the register keeps of it.
    pub(super) fn decided(&self, case: &Case, by: &str, outcome: &str, at: Timestamp) -> Decided {
        Decided {
            case: case.id.clone(),
            at,
            person: super::person::mailbox(by),
            standing: self.standing.name().to_string(),
            outcome: outcome.to_string(),
            seconds: self.seconds,
            quick: self.quick,
        }
    }
}
