//! Keeping the store small: what has ended is let go of after its time, and the history of the last
//! hours is folded into who knows whom. The audit log is never touched.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use sqlx::Row as _;
use sqlx::sqlite::SqliteConnection;

use super::error::Result;
use super::history::{History, WINDOW_HOURS, decode, first_day};
use super::{Store, Tx, cases, reopen};
use terms::clock::Timestamp;

/// So much history is folded in one transaction.
const FOLD: i64 = 500;

impl Store {
    /// Lets go of the bytes of cases that ended `keep_concluded` ago, of tellings that were told, and
    /// of history past its window. Run it now and then, under a lease.
    pub async fn purge(&self, keep_concluded: Duration) -> Result<()> {
        let now = self.0.clock.now();
        let concluded_before = before(now, keep_concluded);
        let window = before(now, Duration::from_secs(WINDOW_HOURS as u64 * 3_600));
        self.write(move |tx| {
            Box::pin(async move {
                reopen::purge(tx, now).await?;
                cases::purge(tx, concluded_before).await?;
                for sql in ["DELETE FROM tellings WHERE told_at < ?", "DELETE FROM accepted WHERE at < ?"] {
                    sqlx::query(sql).bind(window).execute(&mut tx.connection).await?;
                }
                let first_day = i64::from(first_day(now.as_millisecond()));
                sqlx::query("DELETE FROM seen WHERE day < ?")
                    .bind(first_day)
                    .execute(&mut tx.connection)
                    .await?;
                Ok(())
            })
        })
        .await?;
        while self.fold_history(window).await? == FOLD {}
        Ok(())
    }

    /// Folds the oldest rows of the history that are past the window; how many.
    async fn fold_history(&self, window: i64) -> Result<i64> {
        let history = Arc::clone(&self.0.history);
        let (rows, written) =
            self.write(move |tx| Box::pin(async move { fold_some(tx, &history, window).await })).await?;
        let mut index = self.0.history.index();
        for (day, marks) in written {
            index.known.load(day, marks.into_iter());
        }
        Ok(rows)
    }
}

type Written = HashMap<u16, HashSet<u64>>;

async fn fold_some(tx: &mut Tx, history: &History, window: i64) -> Result<(i64, Written)> {
    let rows = sqlx::query("SELECT id, data FROM history WHERE at < ? ORDER BY id LIMIT ?")
        .bind(window)
        .bind(FOLD)
        .fetch_all(&mut tx.connection)
        .await?;
    let mut traces = Vec::new();
    for row in &rows {
        traces.extend(decode(row.try_get(1)?));
    }
    let days = history.index().known.unwritten(&traces);
    for (day, marks) in &days {
        let data: Vec<u8> = marks.iter().flat_map(|mark| mark.to_le_bytes()).collect();
        sqlx::query("INSERT INTO seen (day, data) VALUES (?, ?)")
            .bind(i64::from(*day))
            .bind(data)
            .execute(&mut tx.connection)
            .await?;
    }
    for row in &rows {
        sqlx::query("DELETE FROM history WHERE id = ?")
            .bind(row.try_get::<i64, _>(0)?)
            .execute(&mut tx.connection)
            .await?;
    }
    Ok((rows.len() as i64, days))
}

/// Reads who knows whom.
pub async fn load_marks(connection: &mut SqliteConnection, history: &History, now: Timestamp) -> Result<()> {
    let rows = sqlx::query("SELECT day, data FROM seen WHERE day >= ? ORDER BY id DESC")
        .bind(i64::from(first_day(now.as_millisecond())))
        .fetch_all(connection)
        .await?;
    let mut index = history.index();
    for row in rows {
        let day = u16::try_from(row.try_get::<i64, _>(0)?).unwrap_or(0);
        let data: &[u8] = row.try_get(1)?;
        let (marks, _) = data.as_chunks::<8>();
        index.known.load(day, marks.iter().map(|mark| u64::from_le_bytes(*mark)));
    }
    Ok(())
}

/// Milliseconds since the epoch of `now - length`.
fn before(now: Timestamp, length: Duration) -> i64 {
    let length = i64::try_from(length.as_millis()).unwrap_or(i64::MAX);
    now.as_millisecond().saturating_sub(length)
}
