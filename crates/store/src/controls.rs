//! What the watch keeps: which warnings of a control were given, and who runs a timer.

use std::time::Duration;

use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::error::Result;
use super::notices::{self, QueuedNotice};
use super::{Store, cases, sqlite};
use audit::entry::Entry;
use terms::clock::Timestamp;

/// A warning that was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// ISO date of the control's last day, as it stood then.
    pub expires: String,
    /// The warn day: days before the end.
    pub step: i64,
    pub at: Timestamp,
}

impl Store {
    /// Warns of a control, once for each date of expiry and step; a new date starts anew. False where
    /// that warning was given before; then nothing changes.
    pub async fn warn_once(
        &self,
        control: &str,
        expires: &str,
        step: i64,
        notice: QueuedNotice,
        entry: Entry,
    ) -> Result<bool> {
        let now = self.0.clock.now();
        let (control, expires) = (control.to_string(), expires.to_string());
        let warned = self
            .write(move |tx| {
                Box::pin(async move {
                    let added = sqlx::query(
                        "INSERT OR IGNORE INTO warnings (control, expires, step, at) \
                         VALUES (?, ?, ?, ?)",
                    )
                    .bind(control)
                    .bind(expires)
                    .bind(step)
                    .bind(now.as_millisecond())
                    .execute(&mut tx.connection)
                    .await?;
                    if added.rows_affected() == 0 {
                        return Ok(false);
                    }
                    tx.record(&entry);
                    notices::add(tx, &[notice], None, now).await?;
                    Ok(true)
                })
            })
            .await?;
        self.ring();
        Ok(warned)
    }

    /// The warnings that were given of a control, the latest first.
    pub async fn warnings(&self, control: &str) -> Result<Vec<Warning>> {
        let rows =
            sqlx::query("SELECT expires, step, at FROM warnings WHERE control = ? ORDER BY at DESC, step")
                .bind(control)
                .fetch_all(&self.0.reads)
                .await?;
        rows.iter()
            .map(|row| {
                Ok(Warning {
                    expires: row.try_get(0)?,
                    step: row.try_get(1)?,
                    at: cases::time(row.try_get(2)?)?,
                })
            })
            .collect()
    }

    /// Takes or renews a lease: true where this store has it for `ttl` from now. Of several
    /// processes on one database, one has it.
    pub async fn lease(&self, name: &str, ttl: Duration) -> Result<bool> {
        let now = self.0.clock.now().as_millisecond();
        let until = now.saturating_add(i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX));
        let (name, holder) = (name.to_string(), self.0.holder.clone());
        self.write(move |tx| {
            Box::pin(async move {
                let taken = sqlx::query(
                    "INSERT INTO leases (name, holder, until) VALUES (?, ?, ?) \
                     ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, \
                     until = excluded.until WHERE holder = excluded.holder OR until <= ?4",
                )
                .bind(name)
                .bind(holder)
                .bind(until)
                .bind(now)
                .execute(&mut tx.connection)
                .await?;
                Ok(taken.rows_affected() == 1)
            })
        })
        .await
    }

    /// Frees what processes of this node had when they were killed. Only for the one that serves.
    pub(super) async fn take_over_leases(&self) -> Result<()> {
        let node = self.0.node.clone();
        self.write(move |tx| {
            Box::pin(async move {
                sqlx::query(
                    "DELETE FROM leases WHERE holder = ?1 \
                     OR substr(holder, 1, length(?1) + 1) = ?1 || '/'",
                )
                .bind(node)
                .execute(&mut tx.connection)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// Gives a lease up, so that another need not wait for its end.
    pub async fn give_up_lease(&self, name: &str) -> Result<()> {
        let (name, holder) = (name.to_string(), self.0.holder.clone());
        self.write(move |tx| {
            Box::pin(async move {
                sqlx::query("DELETE FROM leases WHERE name = ? AND holder = ?")
                    .bind(name)
                    .bind(holder)
                    .execute(&mut tx.connection)
                    .await?;
                Ok(())
            })
        })
        .await
    }
}

/// Every warning that a database tells of, by the name of the control; none where there is no
/// database yet.
pub async fn warnings_in_file(url: &str) -> Result<Vec<(String, Warning)>> {
    let path = sqlite::path_of(url)?;
    if !path.exists() {
        return Ok(Vec::new());
    }
    let pool = sqlite::readers(&path);
    let rows = sqlx::query("SELECT control, expires, step, at FROM warnings").fetch_all(&pool).await;
    pool.close().await;
    let warning = |row: &SqliteRow| {
        let at = cases::time(row.try_get(3)?)?;
        Ok((row.try_get(0)?, Warning { expires: row.try_get(1)?, step: row.try_get(2)?, at }))
    };
    rows?.iter().map(warning).collect()
}
