//! The outbox: mail that Sekisho has accepted and must deliver. An item is taken by one worker at a
//! time, for a while.

use std::time::Duration;

use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::cases::{State, time};
use super::error::{Error, Result};
use super::outgoing::{ItemKind, Outgoing, SealedOutgoing, body_identity, envelope_json, item_identity};
use super::{Store, Tx, end_case};
use audit::entry::{Entry, Kind};
use smtp::envelope::{Envelope, Recipient};
use terms::clock::Timestamp;

/// An item that a worker has taken.
#[derive(Clone, Debug)]
pub struct Item {
    pub id: String,
    pub kind: ItemKind,
    pub case: Option<String>,
    pub mail: Option<String>,
    pub envelope: Envelope,
    pub created_at: Timestamp,
    /// How often it was taken, this time included.
    pub attempts: u32,
    /// The sender was told that it is late.
    pub warned: bool,
    body: String,
}

/// What becomes of an item after an attempt.
#[derive(Clone, Debug)]
pub enum Next {
    /// Nothing is left to do.
    Done,
    /// These recipients are tried again.
    Again { rcpts: Vec<Recipient>, not_before: Timestamp, warned: bool },
}

/// Puts items into the outbox, to leave from `not_before` on.
pub async fn add(
    tx: &mut Tx,
    items: Vec<SealedOutgoing>,
    case: Option<(&str, u32)>,
    not_before: Timestamp,
    now: Timestamp,
) -> Result<()> {
    for item in items {
        if let Some(data) = item.data {
            sqlx::query("INSERT INTO bodies (id, data) VALUES (?, ?)")
                .bind(&item.body)
                .bind(data)
                .execute(&mut tx.connection)
                .await?;
        }
        sqlx::query(
            "INSERT INTO outbox (id, kind, case_id, part, mail, body, head, envelope, created_at, \
             not_before) VALUES (?,?,?,?,?,?,?,?,?,?)",
        )
        .bind(&item.id)
        .bind(item.kind.name())
        .bind(case.map(|c| c.0))
        .bind(case.map(|c| c.1))
        .bind(&item.mail)
        .bind(&item.body)
        .bind(item.head)
        .bind(item.envelope)
        .bind(now.as_millisecond())
        .bind(not_before.as_millisecond())
        .execute(&mut tx.connection)
        .await?;
    }
    Ok(())
}

/// Takes everything of a case out of the outbox.
pub async fn remove_case(tx: &mut Tx, case: &str) -> Result<()> {
    let rows = sqlx::query("SELECT id, body FROM outbox WHERE case_id = ?")
        .bind(case)
        .fetch_all(&mut tx.connection)
        .await?;
    for row in rows {
        remove(tx, row.try_get(0)?, row.try_get(1)?).await?;
    }
    Ok(())
}

async fn remove(tx: &mut Tx, id: &str, body: &str) -> Result<()> {
    sqlx::query("DELETE FROM outbox WHERE id = ?").bind(id).execute(&mut tx.connection).await?;
    remove_body(tx, body).await
}

/// Lets go of a body that nothing needs any more.
pub(super) async fn remove_body(tx: &mut Tx, body: &str) -> Result<()> {
    sqlx::query(
        "DELETE FROM bodies WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM outbox WHERE body = ?1) \
         AND NOT EXISTS (SELECT 1 FROM shelved WHERE body = ?1)",
    )
    .bind(body)
    .execute(&mut tx.connection)
    .await?;
    Ok(())
}

/// How many items a case has in the outbox, and how many of them a worker has taken before.
pub(super) async fn count_of_case(tx: &mut Tx, case: &str) -> Result<(i64, i64)> {
    let row = sqlx::query("SELECT COUNT(*), COALESCE(SUM(attempts > 0), 0) FROM outbox WHERE case_id = ?")
        .bind(case)
        .fetch_one(&mut tx.connection)
        .await?;
    Ok((row.try_get(0)?, row.try_get(1)?))
}

/// Everything of a case leaves from `not_before` on.
pub(super) async fn put_off(tx: &mut Tx, case: &str, not_before: Timestamp) -> Result<()> {
    sqlx::query("UPDATE outbox SET not_before = ? WHERE case_id = ?")
        .bind(not_before.as_millisecond())
        .bind(case)
        .execute(&mut tx.connection)
        .await?;
    Ok(())
}

impl Store {
    /// Puts messages into the outbox, with the entry that says why.
    pub async fn send(&self, outgoing: Vec<Outgoing>, entry: Entry) -> Result<()> {
        let now = self.0.clock.now();
        let sealed = self.seal(outgoing).await?;
        self.write(move |tx| {
            Box::pin(async move {
                tx.record(&entry);
                add(tx, sealed, None, now, now).await
            })
        })
        .await?;
        self.ring();
        Ok(())
    }

    /// Takes up to `limit` items that are due, for `hold`: nobody else gets them meanwhile. A delayed
    /// mail that is taken has left, and can no longer be cancelled.
    pub async fn take_outgoing(&self, limit: usize, hold: Duration) -> Result<Vec<Item>> {
        let now = self.0.clock.now();
        if !self.outgoing_due(now).await? {
            return Ok(Vec::new());
        }
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let until = now.as_millisecond().saturating_add(i64::try_from(hold.as_millis()).unwrap_or(0));
        let node = self.0.node.clone();
        let rows = self
            .write(move |tx| {
                Box::pin(async move {
                    let rows = sqlx::query(
                        "UPDATE outbox SET taken_by = ?, taken_until = ?, attempts = attempts + 1 \
                         WHERE id IN (SELECT id FROM outbox WHERE not_before <= ?3 \
                         AND taken_until <= ?3 ORDER BY not_before LIMIT ?4) \
                         RETURNING id, kind, case_id, mail, envelope, created_at, attempts, warned, \
                         body",
                    )
                    .bind(node)
                    .bind(until)
                    .bind(now.as_millisecond())
                    .bind(limit)
                    .fetch_all(&mut tx.connection)
                    .await?;
                    for row in &rows {
                        depart(tx, row.try_get(2)?, now).await?;
                    }
                    Ok(rows)
                })
            })
            .await?;
        rows.iter().map(|row| self.item_of(row)).collect()
    }

    async fn outgoing_due(&self, now: Timestamp) -> Result<bool> {
        let row = sqlx::query("SELECT 1 FROM outbox WHERE not_before <= ?1 AND taken_until <= ?1 LIMIT 1")
            .bind(now.as_millisecond())
            .fetch_optional(&self.0.reads)
            .await?;
        Ok(row.is_some())
    }

    /// When the next item is due, if there is one.
    pub async fn next_outgoing(&self) -> Result<Option<Timestamp>> {
        let row = sqlx::query("SELECT MIN(MAX(not_before, taken_until)) FROM outbox")
            .fetch_one(&self.0.reads)
            .await?;
        row.try_get::<Option<i64>, _>(0)?.map(time).transpose()
    }

    /// How many items wait in the outbox.
    pub async fn outgoing_count(&self) -> Result<u64> {
        let row = sqlx::query("SELECT COUNT(*) FROM outbox").fetch_one(&self.0.reads).await?;
        Ok(u64::try_from(row.try_get::<i64, _>(0)?).unwrap_or(0))
    }

    /// Gives back what a worker of this node had taken when it was stopped. Only the one worker of a
    /// node calls it, when it starts.
    pub async fn give_back_outgoing(&self) -> Result<()> {
        let node = self.0.node.clone();
        self.write(move |tx| {
            Box::pin(async move {
                sqlx::query("UPDATE outbox SET taken_until = 0 WHERE taken_by = ? AND taken_until > 0")
                    .bind(node)
                    .execute(&mut tx.connection)
                    .await?;
                Ok(())
            })
        })
        .await
    }

    /// The bytes of an item, whole.
    pub async fn outgoing_bytes(&self, item: &Item) -> Result<Vec<u8>> {
        let row =
            sqlx::query("SELECT o.head, b.data FROM outbox o JOIN bodies b ON b.id = o.body WHERE o.id = ?")
                .bind(&item.id)
                .fetch_one(&self.0.reads)
                .await?;
        self.open_item(&item.id, &item.body, row.try_get(0)?, row.try_get(1)?)
    }

    /// Says what became of an item after an attempt, with its entry and the reports that follow from
    /// it. False where the item was not this worker's any more; then nothing changes.
    pub async fn settle_outgoing(
        &self,
        item: &Item,
        next: Next,
        entries: Vec<Entry>,
        reports: Vec<Outgoing>,
    ) -> Result<bool> {
        let now = self.0.clock.now();
        let reports = self.seal(reports).await?;
        let (id, body, attempts) = (item.id.clone(), item.body.clone(), item.attempts);
        let envelope = match &next {
            Next::Done => None,
            Next::Again { rcpts, .. } => {
                let envelope = Envelope { rcpts: rcpts.clone(), ..item.envelope.clone() };
                let json = envelope_json(&envelope)?;
                Some(self.0.vault.seal(&item_identity(&id, &body, "envelope"), &json)?)
            }
        };
        let settled = self
            .write(move |tx| {
                Box::pin(async move {
                    if !is_mine(tx, &id, attempts).await? {
                        return Ok(false);
                    }
                    match next {
                        Next::Done => remove(tx, &id, &body).await?,
                        Next::Again { not_before, warned, .. } => {
                            sqlx::query(
                                "UPDATE outbox SET envelope = ?, not_before = ?, warned = ?, \
                                 taken_until = 0 WHERE id = ?",
                            )
                            .bind(envelope)
                            .bind(not_before.as_millisecond())
                            .bind(warned)
                            .bind(&id)
                            .execute(&mut tx.connection)
                            .await?;
                        }
                    }
                    entries.iter().for_each(|entry| tx.record(entry));
                    add(tx, reports, None, now, now).await?;
                    Ok(true)
                })
            })
            .await?;
        self.ring();
        Ok(settled)
    }

    fn item_of(&self, row: &SqliteRow) -> Result<Item> {
        let (id, body): (String, String) = (row.try_get("id")?, row.try_get("body")?);
        let sealed: &[u8] = row.try_get("envelope")?;
        let json = self.0.vault.open_sealed(
            "an envelope of the outbox",
            &item_identity(&id, &body, "envelope"),
            sealed,
        )?;
        Ok(Item {
            kind: ItemKind::of(row.try_get("kind")?)
                .ok_or_else(|| Error::Malformed("the kind of an item".into()))?,
            case: row.try_get("case_id")?,
            mail: row.try_get("mail")?,
            envelope: serde_json::from_slice(&json)
                .map_err(|e| Error::Malformed(format!("an envelope: {e}")))?,
            created_at: time(row.try_get("created_at")?)?,
            attempts: row.try_get("attempts")?,
            warned: row.try_get("warned")?,
            id,
            body,
        })
    }

    fn open_item(&self, id: &str, body: &str, head: &[u8], data: &[u8]) -> Result<Vec<u8>> {
        let what = "mail of the outbox";
        let mut bytes = self.0.vault.open_sealed(what, &item_identity(id, body, "head"), head)?;
        bytes.extend(self.0.vault.open_sealed(what, &body_identity(body), data)?);
        Ok(bytes)
    }
}

/// The bytes of a delayed part, while it waits in the outbox.
pub(super) async fn bytes_of_part(store: &Store, case: &str, part: u32) -> Result<Option<Vec<u8>>> {
    let row = sqlx::query(
        "SELECT o.id, o.body, o.head, b.data FROM outbox o JOIN bodies b ON b.id = o.body \
         WHERE o.case_id = ? AND o.part = ? LIMIT 1",
    )
    .bind(case)
    .bind(part)
    .fetch_optional(&store.0.reads)
    .await?;
    match row {
        Some(row) => {
            store.open_item(row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?).map(Some)
        }
        None => Ok(None),
    }
}

/// A delayed case whose mail is taken has left.
async fn depart(tx: &mut Tx, case: Option<&str>, now: Timestamp) -> Result<()> {
    let Some(case) = case else { return Ok(()) };
    let row = sqlx::query("SELECT message_id, sender FROM cases WHERE id = ? AND state = 'delayed'")
        .bind(case)
        .fetch_optional(&mut tx.connection)
        .await?;
    let Some(row) = row else { return Ok(()) };
    end_case::set_state(tx, case, State::Left, now).await?;
    let mut entry = Entry::new(now, Kind::Case, State::Left.name());
    entry.case = Some(case.to_string());
    entry.message_id = row.try_get(0)?;
    entry.sender = row.try_get(1)?;
    entry.actor = Some("sekisho".into());
    tx.record(&entry);
    Ok(())
}

async fn is_mine(tx: &mut Tx, id: &str, attempts: u32) -> Result<bool> {
    let row = sqlx::query("SELECT 1 FROM outbox WHERE id = ? AND attempts = ?")
        .bind(id)
        .bind(attempts)
        .fetch_optional(&mut tx.connection)
        .await?;
    Ok(row.is_some())
}
