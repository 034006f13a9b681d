//! Proofs of the audit log: made in steps that let mail go first, and kept, so that the last one's result and
//! the head that it reached survive a restart.

use std::time::Duration;

use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::error::{Error, Result};
use super::notices::{self, QueuedNotice};
use super::{Store, cases, ledger, sqlite};
use audit::chain::Head;
use audit::entry::{Entry, Kind};
use audit::verify::Broken;
use terms::clock::Timestamp;

/// So many proofs are kept.
const KEPT: i64 = 1_000;

/// How a proof of the log ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    pub at: Timestamp,
    /// The mail address of whoever asked for it; `sekisho` where it was made by itself.
    pub who: String,
    /// The head that was reached, or where the chain is broken.
    pub result: std::result::Result<Head, Broken>,
}

impl Proof {
    /// The head that was reached.
    pub fn head(&self) -> Option<&Head> {
        self.result.as_ref().ok()
    }

    /// What the log says of it: of the house where it was made by itself, else of a person.
    pub fn entry(&self, kind: Kind) -> Entry {
        let mut entry = Entry::new(self.at, kind, "log-proved");
        entry.actor = Some(self.who.clone());
        entry.notes = vec![match &self.result {
            Ok(head) => format!("ok: head {head}"),
            Err(broken) => format!("broken: {broken}"),
        }];
        entry
    }

    /// Where the chain is broken.
    pub fn broken(&self) -> Option<&Broken> {
        self.result.as_ref().err()
    }
}

impl Store {
    /// Proves the log against the head that the last good proof reached, so that a tail that was cut off or
    /// written anew since shows as well. Between two steps it waits for `breath`, so that mail goes first.
    pub async fn prove(&self, who: &str, breath: Duration) -> Result<Proof> {
        let noted = match self.last_good_head().await? {
            Some(head) => Some(head),
            None => Some(self.head().await?),
        };
        let result = ledger::verify(&self.0.reads, &self.0.node, noted, breath).await?;
        Ok(Proof { at: self.0.clock.now(), who: who.to_string(), result })
    }

    /// Keeps a proof, with the entry that says so and whoever is told of it.
    pub async fn keep_proof(&self, proof: &Proof, entry: Entry, notice: Option<QueuedNotice>) -> Result<()> {
        let (proof, now) = (proof.clone(), self.0.clock.now());
        self.write(move |tx| {
            Box::pin(async move {
                let broken = proof.broken().cloned();
                sqlx::query("INSERT INTO proofs (at, who, head, broken, why) VALUES (?, ?, ?, ?, ?)")
                    .bind(proof.at.as_millisecond())
                    .bind(proof.who)
                    .bind(proof.result.ok().map(|head| head.to_string()))
                    .bind(broken.as_ref().map(|broken| broken.seq))
                    .bind(broken.map(|broken| broken.why))
                    .execute(&mut tx.connection)
                    .await?;
                sqlx::query("DELETE FROM proofs WHERE number <= (SELECT max(number) FROM proofs) - ?")
                    .bind(KEPT)
                    .execute(&mut tx.connection)
                    .await?;
                tx.record(&entry);
                notices::add(tx, notice.as_slice(), None, now).await
            })
        })
        .await?;
        self.ring();
        Ok(())
    }

    /// The last proof that was made; none where there was none yet.
    pub async fn last_proof(&self) -> Result<Option<Proof>> {
        sqlx::query(LAST).fetch_optional(&self.0.reads).await?.as_ref().map(proof_of).transpose()
    }

    async fn last_good_head(&self) -> Result<Option<Head>> {
        let sql = "SELECT head FROM proofs WHERE head IS NOT NULL ORDER BY number DESC LIMIT 1";
        let row = sqlx::query(sql).fetch_optional(&self.0.reads).await?;
        row.map(|row| head_of(row.try_get(0)?)).transpose()
    }
}

const LAST: &str = "SELECT at, who, head, broken, why FROM proofs ORDER BY number DESC LIMIT 1";

fn proof_of(row: &SqliteRow) -> Result<Proof> {
    let result = match row.try_get::<Option<&str>, _>(2)? {
        Some(head) => Ok(head_of(head)?),
        None => Err(Broken {
            seq: row.try_get(3)?,
            why: row.try_get::<Option<String>, _>(4)?.unwrap_or_default(),
        }),
    };
    Ok(Proof { at: cases::time(row.try_get(0)?)?, who: row.try_get(1)?, result })
}

fn head_of(text: &str) -> Result<Head> {
    text.parse().map_err(|_| Error::Malformed("the head of a proof".into()))
}

/// The last proof that a database tells of, without its key; none where there is no database yet, or it is
/// older than proofs are.
pub async fn proof_in_file(url: &str) -> Result<Option<Proof>> {
    let path = sqlite::path_of(url)?;
    if !path.exists() {
        return Ok(None);
    }
    let pool = sqlite::readers(&path);
    let known = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'proofs'";
    let row = match sqlx::query(known).fetch_optional(&pool).await? {
        Some(_) => sqlx::query(LAST).fetch_optional(&pool).await,
        None => Ok(None),
    };
    pool.close().await;
    row?.as_ref().map(proof_of).transpose()
}
