//! Taking the end of a case back: within its time, exactly once, and only where nothing of it has left. The
//! outbox's worker takes items in a transaction as well, so that one of the two is first.

use std::sync::Arc;

use sqlx::Row as _;

use super::cases::{self, Case, State};
use super::error::{Error, Result};
use super::history::{Event, History, Trace};
use super::open_case::unpacked;
use super::writer::{Effect, Tx};
use super::{Store, outbox};
use audit::entry::Entry;
use terms::clock::{Clock, Timestamp};

/// A delayed mail whose time came while it was stopped waits so long again: it can still be stopped.
const AGAIN: std::time::Duration = std::time::Duration::from_secs(60);

/// What a case was before it ended.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct Before {
    state: State,
    recipients: Vec<String>,
    /// How many items it has in the outbox; where one is missing, it has left.
    items: i64,
}

/// What became of an undoing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reopened {
    /// The case waits again.
    Done,
    /// There is no such case.
    Missing,
    /// It waits already: somebody was quicker.
    Waits(State),
    /// Its time is over, or the mail has left.
    TooLate(State),
}

impl Store {
    /// Takes the end of a case back: it waits as before, what had not left is taken out of the outbox, and
    /// the outcome is not told. The entry's case, Message-ID and sender are filled in here.
    pub async fn reopen(&self, case: &str, entry: Entry) -> Result<Reopened> {
        let Some(case) = cases::case_number(case) else {
            return Ok(Reopened::Missing);
        };
        let (clock, history) = (self.0.clock.clone(), Arc::clone(&self.0.history));
        let done =
            self.write(move |tx| Box::pin(async move { reopen(tx, &case, entry, &clock, &history).await }));
        let done = done.await?;
        self.ring();
        Ok(done)
    }
}

/// The key of the tellings of an end that can be taken back.
pub(super) fn telling_key(case: &str, until: Timestamp, number: usize) -> String {
    format!("undo/{case}/{}/{number}", until.as_millisecond())
}

/// Keeps with a case that has just ended what it was before. What leaves stands in the outbox already.
pub(super) async fn keep(tx: &mut Tx, case: &Case, until: Timestamp) -> Result<()> {
    let (items, _) = outbox::count_of_case(tx, &case.id).await?;
    let before = Before { state: case.state, recipients: case.recipients.clone(), items };
    let json = serde_json::to_string(&before).map_err(|e| Error::Malformed(format!("an undoing: {e}")))?;
    sqlx::query("UPDATE cases SET undo_until = ?, undo = ? WHERE id = ?")
        .bind(until.as_millisecond())
        .bind(json)
        .bind(&case.id)
        .execute(&mut tx.connection)
        .await?;
    Ok(())
}

async fn reopen(
    tx: &mut Tx,
    id: &str,
    mut entry: Entry,
    clock: &Clock,
    history: &History,
) -> Result<Reopened> {
    let row =
        sqlx::query("SELECT * FROM cases WHERE id = ?").bind(id).fetch_optional(&mut tx.connection).await?;
    let Some(row) = row else {
        return Ok(Reopened::Missing);
    };
    let case = cases::case_of(&row)?;
    if case.state.is_waiting() {
        return Ok(Reopened::Waits(case.state));
    }
    let now = clock.now();
    let before: Option<Before> =
        row.try_get::<Option<&str>, _>("undo")?.and_then(|json| serde_json::from_str(json).ok());
    let until = case.undo_until.filter(|until| now < *until);
    let (Some(before), Some(until)) = (before, until) else {
        return Ok(Reopened::TooLate(case.state));
    };
    if outbox::count_of_case(tx, id).await? != (before.items, 0) {
        return Ok(Reopened::TooLate(case.state));
    }
    let ends_at = match before.state {
        State::Delayed => case.ends_at.max(now + AGAIN),
        _ => case.ends_at,
    };
    match (before.state, case.state) {
        (State::Delayed, State::Cancelled) => unshelve(tx, id, ends_at).await?,
        (State::Delayed, _) => outbox::put_off(tx, id, ends_at).await?,
        _ => outbox::remove_case(tx, id).await?,
    }
    wait_again(tx, id, &before, ends_at).await?;
    sqlx::query("DELETE FROM tellings WHERE case_id = ? AND told_at IS NULL AND once LIKE ? || '%'")
        .bind(id)
        .bind(format!("undo/{id}/{}/", until.as_millisecond()))
        .execute(&mut tx.connection)
        .await?;
    entry.case = Some(case.id.clone());
    entry.message_id.clone_from(&case.message_id);
    entry.sender.get_or_insert_with(|| case.sender.clone());
    tx.record(&entry);
    let key = history.case_key(&case.sender, case.message_id.as_deref());
    let outside: &[u8] = row.try_get("outside")?;
    tx.remember(Trace {
        at: now.as_millisecond(),
        sender: history.case_key(&case.sender, Some("")).map_or(0, |key| key.0),
        message: key.map_or(0, |key| key.1),
        client: 0,
        event: Event::Reopened,
        recipients: unpacked(outside),
        domains: Vec::new(),
    });
    if let Some(key) = key.filter(|_| before.state == State::Held) {
        tx.afterwards(Effect::CaseOpened(key));
    }
    Ok(Reopened::Done)
}

async fn wait_again(tx: &mut Tx, id: &str, before: &Before, ends_at: Timestamp) -> Result<()> {
    sqlx::query(
        "UPDATE cases SET state = ?, recipients = ?, ends_at = ?, concluded_at = NULL, undo_until = NULL, \
         undo = NULL WHERE id = ?",
    )
    .bind(before.state.name())
    .bind(serde_json::Value::from(before.recipients.clone()).to_string())
    .bind(ends_at.as_millisecond())
    .bind(id)
    .execute(&mut tx.connection)
    .await?;
    Ok(())
}

/// Takes everything of a delayed case out of the outbox, and keeps it where nothing leaves from.
pub(super) async fn shelve(tx: &mut Tx, case: &str) -> Result<()> {
    for sql in [
        "INSERT INTO shelved (id, kind, case_id, part, mail, body, head, envelope, created_at) \
         SELECT id, kind, case_id, part, mail, body, head, envelope, created_at FROM outbox WHERE case_id = ?",
        "DELETE FROM outbox WHERE case_id = ?",
    ] {
        sqlx::query(sql).bind(case).execute(&mut tx.connection).await?;
    }
    Ok(())
}

async fn unshelve(tx: &mut Tx, case: &str, not_before: Timestamp) -> Result<()> {
    sqlx::query(
        "INSERT INTO outbox (id, kind, case_id, part, mail, body, head, envelope, created_at, not_before) \
         SELECT id, kind, case_id, part, mail, body, head, envelope, created_at, ?2 FROM shelved \
         WHERE case_id = ?1",
    )
    .bind(case)
    .bind(not_before.as_millisecond())
    .execute(&mut tx.connection)
    .await?;
    sqlx::query("DELETE FROM shelved WHERE case_id = ?").bind(case).execute(&mut tx.connection).await?;
    Ok(())
}

/// Lets go of what was kept for an undoing whose time is over.
pub(super) async fn purge(tx: &mut Tx, now: Timestamp) -> Result<()> {
    let over = "SELECT id FROM cases WHERE undo_until IS NOT NULL AND undo_until <= ? LIMIT 1000";
    let rows = sqlx::query(over).bind(now.as_millisecond()).fetch_all(&mut tx.connection).await?;
    for row in rows {
        let id: &str = row.try_get(0)?;
        let bodies = sqlx::query("SELECT DISTINCT body FROM shelved WHERE case_id = ?")
            .bind(id)
            .fetch_all(&mut tx.connection)
            .await?;
        sqlx::query("DELETE FROM shelved WHERE case_id = ?").bind(id).execute(&mut tx.connection).await?;
        for body in bodies {
            outbox::remove_body(tx, body.try_get(0)?).await?;
        }
        sqlx::query("UPDATE cases SET undo_until = NULL, undo = NULL WHERE id = ?")
            .bind(id)
            .execute(&mut tx.connection)
            .await?;
    }
    Ok(())
}
