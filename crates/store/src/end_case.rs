//! Ending cases: exactly once, however many try at the same time.

use std::sync::Arc;
use std::time::Duration;

use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::Store;
use super::cases::{self, Case, State};
use super::error::Result;
use super::history::{Event, History, Trace};
use super::notices::{self, QueuedNotice};
use super::open_case::{packed, unpacked};
use super::outgoing::{Outgoing, SealedOutgoing};
use super::writer::{Effect, Tx};
use super::{Decided, approvals, outbox, reopen};
use audit::entry::Entry;
use terms::clock::Timestamp;

/// How a case is to end.
#[derive(Clone, Debug)]
pub struct Conclusion {
    pub case: String,
    pub from: State,
    pub to: State,
    /// How many parts the decision was made for; a part that came meanwhile must not be forgotten.
    pub parts: u32,
    pub entry: Entry,
    /// Who gets it, where that is not whom it was to go to.
    pub recipients: Option<Vec<String>>,
    /// What leaves.
    pub outgoing: Vec<Outgoing>,
    pub notices: Vec<QueuedNotice>,
    /// For so long it can be taken back ([`Store::reopen`]); nothing leaves and nobody is told before.
    pub undo: Duration,
    /// How it was decided, where a second person did so on the pages.
    pub decided: Option<Decided>,
}

/// Whether it ended so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Concluded {
    Done,
    /// There is no such case.
    Missing,
    /// It is not in the state it was to leave, but in this one.
    Is(State),
    /// It has got another part meanwhile: read it again.
    Grown,
}

impl Store {
    /// Ends a case, exactly once: what leaves, who is told and what is recorded come with it or not at
    /// all. The entry's case, Message-ID and sender are filled in here.
    pub async fn conclude(&self, conclusion: Conclusion) -> Result<Concluded> {
        let now = self.0.clock.now();
        let history = Arc::clone(&self.0.history);
        let Conclusion { case, from, to, parts, entry, recipients, outgoing, notices, undo, decided } =
            conclusion;
        let Some(case) = cases::case_number(&case) else {
            return Ok(Concluded::Missing);
        };
        let sealed = self.seal(outgoing).await?;
        let undo_until = Some(now + undo).filter(|_| !undo.is_zero());
        let end = End { case, from, to, parts, entry, recipients, sealed, notices, now, undo_until, decided };
        let done = self.write(move |tx| Box::pin(async move { end.run(tx, &history).await })).await?;
        self.ring();
        Ok(done)
    }
}

/// A case on its way to its end.
struct End {
    case: String,
    from: State,
    to: State,
    parts: u32,
    entry: Entry,
    recipients: Option<Vec<String>>,
    sealed: Vec<SealedOutgoing>,
    notices: Vec<QueuedNotice>,
    now: Timestamp,
    undo_until: Option<Timestamp>,
    decided: Option<Decided>,
}

impl End {
    async fn run(mut self, tx: &mut Tx, history: &History) -> Result<Concluded> {
        let row = sqlx::query("SELECT * FROM cases WHERE id = ?")
            .bind(&self.case)
            .fetch_optional(&mut tx.connection)
            .await?;
        let Some(row) = row else {
            return Ok(Concluded::Missing);
        };
        let case = cases::case_of(&row)?;
        if case.state != self.from {
            return Ok(Concluded::Is(case.state));
        }
        if case.parts != self.parts {
            return Ok(Concluded::Grown);
        }
        set_state(tx, &self.case, self.to, self.now).await?;
        let outside = self.outside(&row, history, &case)?;
        if let Some(recipients) = self.recipients.take() {
            sqlx::query("UPDATE cases SET recipients = ?, outside = ? WHERE id = ?")
                .bind(serde_json::Value::from(recipients).to_string())
                .bind(packed(&outside))
                .bind(&self.case)
                .execute(&mut tx.connection)
                .await?;
        }
        self.move_mail(tx).await?;
        self.tell(tx).await?;
        if let Some(until) = self.undo_until {
            reopen::keep(tx, &case, until).await?;
        }
        if let Some(decided) = &self.decided {
            approvals::decided(tx, decided).await?;
        }
        self.entry.case = Some(case.id.clone());
        self.entry.message_id.clone_from(&case.message_id);
        self.entry.sender.get_or_insert_with(|| case.sender.clone());
        tx.record(&self.entry);
        let key = history.case_key(&case.sender, case.message_id.as_deref());
        if let Some(trace) = self.trace(outside, key, history, &case) {
            tx.remember(trace);
        }
        if let Some(key) = key.filter(|_| self.from == State::Held) {
            tx.afterwards(Effect::CaseClosed(key));
        }
        Ok(Concluded::Done)
    }

    /// What leaves goes into the outbox; what was to leave and was stopped is taken out of it.
    async fn move_mail(&mut self, tx: &mut Tx) -> Result<()> {
        let leaves_at = self.undo_until.unwrap_or(self.now);
        match (self.from, self.to) {
            (State::Delayed, State::Cancelled) if self.undo_until.is_some() => {
                reopen::shelve(tx, &self.case).await?;
            }
            (State::Delayed, State::Cancelled) => outbox::remove_case(tx, &self.case).await?,
            (State::Delayed, _) => outbox::put_off(tx, &self.case, leaves_at).await?,
            _ => {}
        }
        let outgoing = std::mem::take(&mut self.sealed);
        outbox::add(tx, outgoing, Some((&self.case, 0)), leaves_at, self.now).await
    }

    /// An end that can be taken back is told when it no longer can.
    async fn tell(&mut self, tx: &mut Tx) -> Result<()> {
        if let Some(until) = self.undo_until {
            for (number, notice) in self.notices.iter_mut().enumerate() {
                notice.due = Some(until);
                notice.once = Some(reopen::telling_key(&self.case, until, number));
            }
        }
        notices::add(tx, &self.notices, Some(&self.case), self.now).await
    }

    /// The outside recipients who get it. One that was not a recipient before counts as outside: whose
    /// addresses are the house's own is not known here.
    fn outside(&self, row: &SqliteRow, history: &History, case: &Case) -> Result<Vec<u64>> {
        let mut outside = unpacked(row.try_get("outside")?);
        if let Some(left) = &self.recipients {
            let (left, before) = (history.recipients(left), history.recipients(&case.recipients));
            outside.retain(|hash| left.contains(hash) || !before.contains(hash));
            outside.extend(left.iter().filter(|hash| !before.contains(hash)));
            outside.sort_unstable();
            outside.dedup();
        }
        Ok(outside)
    }

    /// The domains of those who get it.
    fn domains(&self, outside: &[u64], history: &History, case: &Case) -> Vec<u64> {
        let left = self.recipients.as_ref().unwrap_or(&case.recipients);
        let is_outside = |address: &&String| {
            let hash = history.recipients(std::slice::from_ref(*address));
            hash.iter().all(|hash| outside.binary_search(hash).is_ok())
        };
        history.domains(left.iter().filter(is_outside))
    }

    /// What the history is to know of this end.
    fn trace(
        &self,
        outside: Vec<u64>,
        key: Option<(u64, u64)>,
        history: &History,
        case: &Case,
    ) -> Option<Trace> {
        let event = match self.to {
            State::Released => Event::Released,
            State::Repaired => Event::Repaired,
            State::Cancelled => Event::Cancelled,
            _ => return None,
        };
        Some(Trace {
            at: self.now.as_millisecond(),
            sender: history.case_key(&case.sender, Some("")).map_or(0, |key| key.0),
            message: key.map_or(0, |key| key.1),
            client: 0,
            event,
            domains: self.domains(&outside, history, case),
            recipients: outside,
        })
    }
}

pub(super) async fn set_state(tx: &mut Tx, case: &str, to: State, now: Timestamp) -> Result<()> {
    sqlx::query("UPDATE cases SET state = ?, concluded_at = ? WHERE id = ?")
        .bind(to.name())
        .bind(now.as_millisecond())
        .bind(case)
        .execute(&mut tx.connection)
        .await?;
    Ok(())
}
