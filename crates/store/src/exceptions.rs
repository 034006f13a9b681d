//! Exceptions made on the pages: kept here, so that they act after a restart and on every node. What
//! they mean is not known here; `guard` gives them to the rules.

use jiff::civil::Date;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::cases::time;
use super::error::{Error, Result};
use super::{Store, Tx};
use audit::entry::Entry;
use terms::clock::Timestamp;

/// An exception as an admin makes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewException {
    /// The rule that it switches off.
    pub rule: String,
    /// The envelope sender, in lower case.
    pub sender: Option<String>,
    /// The envelope sender's domain, in lower case.
    pub sender_domain: Option<String>,
    /// Domains that every outside recipient must be at; any where there are none.
    pub recipient_domains: Vec<String>,
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// Its last day.
    pub until: Date,
}

/// An exception that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptException {
    pub id: i64,
    pub what: NewException,
    pub made_at: Timestamp,
    /// The admin who made it.
    pub made_by: String,
    /// When and by whom it was ended before its last day.
    pub ended: Option<(Timestamp, String)>,
}

impl Store {
    /// Makes an exception; `entry` says so in the log. Its number.
    pub async fn add_exception(&self, new: NewException, by: &str, entry: Entry) -> Result<i64> {
        let (now, by) = (self.0.clock.now(), by.to_string());
        self.write(move |tx| {
            Box::pin(async move {
                tx.record(&entry);
                insert(tx, &new, &by, now).await
            })
        })
        .await
    }

    /// Ends an exception before its last day; `entry` says so in the log. False where there is none of
    /// that number, or it has been ended before; then nothing changes.
    pub async fn end_exception(&self, id: i64, by: &str, entry: Entry) -> Result<bool> {
        let (now, by) = (self.0.clock.now(), by.to_string());
        self.write(move |tx| {
            Box::pin(async move {
                let sql =
                    "UPDATE exceptions SET ended_at = ?, ended_by = ? WHERE id = ? AND ended_at IS NULL";
                let ended = sqlx::query(sql)
                    .bind(now.as_millisecond())
                    .bind(by)
                    .bind(id)
                    .execute(&mut tx.connection)
                    .await?;
                if ended.rows_affected() == 0 {
                    return Ok(false);
                }
                tx.record(&entry);
                Ok(true)
            })
        })
        .await
    }

    /// The exception of this number.
    pub async fn exception(&self, id: i64) -> Result<Option<KeptException>> {
        let row = sqlx::query("SELECT * FROM exceptions WHERE id = ?")
            .bind(id)
            .fetch_optional(&self.0.reads)
            .await?;
        row.as_ref().map(exception_of).transpose()
    }

    /// The exceptions whose last day is `day` or later, those that were ended among them; the one that
    /// ends first comes first.
    pub async fn exceptions_until(&self, day: Date) -> Result<Vec<KeptException>> {
        let rows = sqlx::query("SELECT * FROM exceptions WHERE until >= ? ORDER BY until, id")
            .bind(day.to_string())
            .fetch_all(&self.0.reads)
            .await?;
        rows.iter().map(exception_of).collect()
    }

    /// The entries since then, and after that number, in which a rule met an exception.
    pub async fn excepted_since(&self, since: Timestamp, after: i64) -> Result<Vec<(i64, Entry)>> {
        // The condition is word for word that of the index.
        let rows = sqlx::query(
            "SELECT seq, entry FROM audit \
             WHERE instr(entry, '\"exception: ') > 0 AND at >= ? AND +seq > ? ORDER BY at",
        )
        .bind(since.as_millisecond())
        .bind(after)
        .fetch_all(&self.0.reads)
        .await?;
        rows.iter()
            .map(|row| {
                let entry = serde_json::from_str(row.try_get(1)?);
                Ok((row.try_get(0)?, entry.map_err(|e| Error::Malformed(format!("an entry: {e}")))?))
            })
            .collect()
    }
}

/// Adds an exception to a transaction.
pub(super) async fn insert(tx: &mut Tx, new: &NewException, by: &str, now: Timestamp) -> Result<i64> {
    let added = sqlx::query(
        "INSERT INTO exceptions (rule, sender, sender_domain, recipient_domains, reason, owner, until, \
         made_at, made_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(&new.rule)
    .bind(&new.sender)
    .bind(&new.sender_domain)
    .bind(listed(&new.recipient_domains))
    .bind(&new.reason)
    .bind(&new.owner)
    .bind(new.until.to_string())
    .bind(now.as_millisecond())
    .bind(by)
    .execute(&mut tx.connection)
    .await?;
    Ok(added.last_insert_rowid())
}

/// A list as a JSON array.
pub(super) fn listed(texts: &[String]) -> String {
    serde_json::Value::from(texts.to_vec()).to_string()
}

/// The list of a JSON array.
pub(super) fn list_of(json: &str) -> Result<Vec<String>> {
    serde_json::from_str(json).map_err(|e| Error::Malformed(format!("a list: {e}")))
}

fn exception_of(row: &SqliteRow) -> Result<KeptException> {
    let until: &str = row.try_get("until")?;
    let ended_at = row.try_get::<Option<i64>, _>("ended_at")?.map(time).transpose()?;
    Ok(KeptException {
        id: row.try_get("id")?,
        what: NewException {
            rule: row.try_get("rule")?,
            sender: row.try_get("sender")?,
            sender_domain: row.try_get("sender_domain")?,
            recipient_domains: list_of(row.try_get("recipient_domains")?)?,
            reason: row.try_get("reason")?,
            owner: row.try_get("owner")?,
            until: until.parse().map_err(|_| Error::Malformed("the last day of an exception".into()))?,
        },
        made_at: time(row.try_get("made_at")?)?,
        made_by: row.try_get("made_by")?,
        ended: ended_at.zip(row.try_get::<Option<String>, _>("ended_by")?),
    })
}
