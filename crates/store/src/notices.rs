//! Tellings: what somebody is to be told, stored with the change it tells of. A worker composes and
//! sends them afterwards. What a telling says is not known here; it is JSON.

use std::time::Duration;

use sqlx::Row as _;

use super::error::{Error, Result};
use super::{Outgoing, Store, Tx, outbox};
use audit::entry::Entry;
use terms::clock::Timestamp;

/// How long a telling waits, so that the transactions of a split mail make one notice.
pub const SETTLE: Duration = Duration::from_secs(2);

/// Something that is to be told.
#[derive(Clone, Debug, PartialEq)]
pub struct QueuedNotice {
    /// What is told; with a case, its `case` is set to the number.
    pub body: serde_json::Value,
    /// Within 72 hours only one telling of this key is told.
    pub once: Option<String>,
    /// When it is told; [`SETTLE`] from now unless said.
    pub due: Option<Timestamp>,
}

impl From<serde_json::Value> for QueuedNotice {
    fn from(body: serde_json::Value) -> Self {
        QueuedNotice { body, once: None, due: None }
    }
}

/// A telling whose time has come.
#[derive(Clone, Debug, PartialEq)]
pub struct DueTelling {
    pub id: i64,
    pub case: Option<String>,
    pub body: serde_json::Value,
}

/// Adds tellings to a transaction.
pub(super) async fn add(
    tx: &mut Tx,
    notices: &[QueuedNotice],
    case: Option<&str>,
    now: Timestamp,
) -> Result<()> {
    for notice in notices {
        let mut body = notice.body.clone();
        if let (Some(case), Some(fields)) = (case, body.as_object_mut()) {
            fields.insert("case".into(), case.into());
        }
        let due = notice.due.unwrap_or(now).max(now + SETTLE);
        sqlx::query("INSERT OR IGNORE INTO tellings (once, case_id, due_at, body) VALUES (?, ?, ?, ?)")
            .bind(&notice.once)
            .bind(case)
            .bind(due.as_millisecond())
            .bind(body.to_string())
            .execute(&mut tx.connection)
            .await?;
    }
    Ok(())
}

impl Store {
    /// The tellings whose time has come.
    pub async fn notices_due(&self, limit: usize) -> Result<Vec<DueTelling>> {
        let rows = sqlx::query(
            "SELECT id, case_id, body FROM tellings WHERE told_at IS NULL AND due_at <= ? \
             ORDER BY due_at, id LIMIT ?",
        )
        .bind(self.0.clock.now().as_millisecond())
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&self.0.reads)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(DueTelling {
                    id: row.try_get(0)?,
                    case: row.try_get(1)?,
                    body: serde_json::from_str(row.try_get(2)?)
                        .map_err(|e| Error::Malformed(format!("a telling: {e}")))?,
                })
            })
            .collect()
    }

    /// Whether tellings wait for their time.
    pub async fn notices_wait(&self) -> Result<bool> {
        let row = sqlx::query("SELECT 1 FROM tellings WHERE told_at IS NULL LIMIT 1")
            .fetch_optional(&self.0.reads)
            .await?;
        Ok(row.is_some())
    }

    /// A telling was composed: the mails that tell it go into the outbox. Exactly once; false where
    /// another worker was quicker.
    pub async fn told(&self, id: i64, outgoing: Vec<Outgoing>, entry: Entry) -> Result<bool> {
        let now = self.0.clock.now();
        let sealed = self.seal(outgoing).await?;
        let told = self
            .write(move |tx| {
                Box::pin(async move {
                    let told = sqlx::query(
                        "UPDATE tellings SET told_at = ?, body = 'null' \
                         WHERE id = ? AND told_at IS NULL",
                    )
                    .bind(now.as_millisecond())
                    .bind(id)
                    .execute(&mut tx.connection)
                    .await?;
                    if told.rows_affected() == 0 {
                        return Ok(false);
                    }
                    tx.record(&entry);
                    outbox::add(tx, sealed, None, now, now).await?;
                    Ok(true)
                })
            })
            .await?;
        self.ring();
        Ok(told)
    }
}
