//! Second eyes: who was asked about a held mail and when, and how its deciders decided. Whom to ask is not
//! known here.

use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::cases::{self, Case};
use super::error::Result;
use super::notices::{self, QueuedNotice};
use super::{Store, Tx};
use audit::entry::Entry;
use terms::clock::Timestamp;

/// That somebody was asked.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Asked {
    pub case: String,
    /// `asked`, `reminded`, `stand-in`, …
    pub step: String,
    pub person: String,
    pub at: Timestamp,
}

/// What a person is asked with one notice: each of these once.
#[derive(Clone, Debug)]
pub struct Asking {
    pub person: String,
    /// The case that the notice is about, or of several the one that waits the longest.
    pub about: Option<String>,
    /// Case and step.
    pub items: Vec<(String, String)>,
    /// None where nobody is told.
    pub notice: Option<QueuedNotice>,
    pub entries: Vec<Entry>,
}

/// How a second person decided; stored with the end of the case.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Decided {
    pub case: String,
    pub at: Timestamp,
    pub person: String,
    /// By what right: `approver`, `stand-in`, `escalated`, `admin`.
    pub standing: String,
    /// The state that the case was brought to.
    pub outcome: String,
    /// Since they opened the page, where that is known.
    pub seconds: Option<i64>,
    /// Sooner than the house holds for possible to have read it.
    pub quick: bool,
}

impl Store {
    /// Held cases that wait for a second person and about which somebody may have to be asked by now.
    pub async fn to_ask(&self, limit: usize) -> Result<Vec<Case>> {
        let rows = sqlx::query(
            "SELECT c.* FROM cases c LEFT JOIN asking a ON a.case_id = c.id \
             WHERE c.state = 'held' AND c.approval = 'second-person' AND c.ends_at > ?1 \
             AND coalesce(a.next_at, 0) <= ?1 ORDER BY c.opened_at, c.id LIMIT ?2",
        )
        .bind(self.0.clock.now().as_millisecond())
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&self.0.reads)
        .await?;
        rows.iter().map(cases::case_of).collect()
    }

    /// Who was asked about a case, the first first.
    pub async fn asked(&self, case: &str) -> Result<Vec<Asked>> {
        let rows = sqlx::query("SELECT * FROM asked WHERE case_id = ? ORDER BY at, step, person")
            .bind(case)
            .fetch_all(&self.0.reads)
            .await?;
        rows.iter().map(asked_of).collect()
    }

    /// When somebody was sent a notice that asks, since a time; the latest first.
    pub async fn asked_times(&self, person: &str, since: Timestamp) -> Result<Vec<Timestamp>> {
        let rows = sqlx::query("SELECT DISTINCT at FROM asked WHERE person = ? AND at >= ? ORDER BY at DESC")
            .bind(person)
            .bind(since.as_millisecond())
            .fetch_all(&self.0.reads)
            .await?;
        rows.iter().map(|row| cases::time(row.try_get(0)?)).collect()
    }

    /// Asks somebody about cases, with one notice; false, and nothing changes, where one of the items has
    /// been asked before.
    pub async fn ask_about(&self, asking: Asking) -> Result<bool> {
        let now = self.0.clock.now();
        let done = self.write(move |tx| Box::pin(async move { ask(tx, asking, now).await })).await?;
        self.ring();
        Ok(done)
    }

    /// Notes when each of these cases is to be looked at again.
    pub async fn ask_again(&self, cases: Vec<(String, Timestamp)>) -> Result<()> {
        if cases.is_empty() {
            return Ok(());
        }
        self.write(move |tx| {
            Box::pin(async move {
                for (case, at) in cases {
                    sqlx::query(
                        "INSERT INTO asking (case_id, next_at) VALUES (?, ?) \
                         ON CONFLICT (case_id) DO UPDATE SET next_at = excluded.next_at",
                    )
                    .bind(case)
                    .bind(at.as_millisecond())
                    .execute(&mut tx.connection)
                    .await?;
                }
                Ok(())
            })
        })
        .await
    }

    /// How second persons decided about a case, the first first.
    pub async fn decisions(&self, case: &str) -> Result<Vec<Decided>> {
        let rows = sqlx::query("SELECT * FROM decisions WHERE case_id = ? ORDER BY id")
            .bind(case)
            .fetch_all(&self.0.reads)
            .await?;
        rows.iter().map(decided_of).collect()
    }

    /// Decisions that followed too soon upon the opening of the page, since a time; the latest first.
    pub async fn quick_decisions(&self, since: Timestamp, limit: usize) -> Result<Vec<Decided>> {
        let rows =
            sqlx::query("SELECT * FROM decisions WHERE quick AND at >= ? ORDER BY at DESC, id DESC LIMIT ?")
                .bind(since.as_millisecond())
                .bind(i64::try_from(limit).unwrap_or(i64::MAX))
                .fetch_all(&self.0.reads)
                .await?;
        rows.iter().map(decided_of).collect()
    }
}

async fn ask(tx: &mut Tx, asking: Asking, now: Timestamp) -> Result<bool> {
    let Asking { person, about, items, notice, entries } = asking;
    for (case, step) in &items {
        let known = sqlx::query("SELECT 1 FROM asked WHERE case_id = ? AND step = ? AND person = ?")
            .bind(case)
            .bind(step)
            .bind(&person)
            .fetch_optional(&mut tx.connection)
            .await?;
        if known.is_some() {
            return Ok(false);
        }
    }
    for (case, step) in &items {
        sqlx::query("INSERT INTO asked (case_id, step, person, at) VALUES (?, ?, ?, ?)")
            .bind(case)
            .bind(step)
            .bind(&person)
            .bind(now.as_millisecond())
            .execute(&mut tx.connection)
            .await?;
    }
    for entry in &entries {
        tx.record(entry);
    }
    let notices: Vec<QueuedNotice> = notice.into_iter().collect();
    notices::add(tx, &notices, about.as_deref(), now).await?;
    Ok(true)
}

/// Adds how somebody decided to the transaction that ends the case.
pub(super) async fn decided(tx: &mut Tx, decided: &Decided) -> Result<()> {
    sqlx::query(
        "INSERT INTO decisions (case_id, at, person, standing, outcome, seconds, quick) \
         VALUES (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(&decided.case)
    .bind(decided.at.as_millisecond())
    .bind(&decided.person)
    .bind(&decided.standing)
    .bind(&decided.outcome)
    .bind(decided.seconds)
    .bind(decided.quick)
    .execute(&mut tx.connection)
    .await?;
    Ok(())
}

fn asked_of(row: &SqliteRow) -> Result<Asked> {
    Ok(Asked {
        case: row.try_get("case_id")?,
        step: row.try_get("step")?,
        person: row.try_get("person")?,
        at: cases::time(row.try_get("at")?)?,
    })
}

fn decided_of(row: &SqliteRow) -> Result<Decided> {
    Ok(Decided {
        case: row.try_get("case_id")?,
        at: cases::time(row.try_get("at")?)?,
        person: row.try_get("person")?,
        standing: row.try_get("standing")?,
        outcome: row.try_get("outcome")?,
        seconds: row.try_get("seconds")?,
        quick: row.try_get("quick")?,
    })
}
