//! The audit log on disk: appending to it, reading it, proving it. A row of the history is written
//! with the entries it belongs to, under the number of the last of them.

use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{Sqlite, SqliteConnection, SqlitePool, SqliteRow};
use sqlx::{QueryBuilder, Row as _};

use super::cases;
use super::error::{Error, Result};
use super::history::{Trace, decode, encode};
use audit::chain::{self, Hash, Head};
use audit::entry::{Entry, Kind};
use audit::filter::{self, Filter, Row};
use audit::verify::{Broken, Columns, Stored, Verifier};

/// So many rows are read at a time, so that a long reading holds up no checkpoint.
const PAGE: i64 = 1_000;
/// The action of an entry that does not read.
pub const UNREADABLE: &str = "unreadable";

/// An entry as it will stand in the log, prepared by whoever records it.
#[derive(Clone, Debug)]
pub struct Prepared {
    pub json: Arc<str>,
    pub columns: Columns,
}

impl Prepared {
    pub fn of(entry: &Entry) -> Self {
        Prepared { json: chain::canonical(entry).into(), columns: Columns::of(entry) }
    }
}

/// Where a batch stands in the chain.
pub struct Links {
    first: i64,
    hashes: Vec<Hash>,
}

impl Links {
    /// The number and the hash of each entry, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (i64, &Hash)> {
        (self.first..).zip(&self.hashes)
    }
}

/// Puts entries into the chain after `head`; the head they lead to.
pub fn chain(head: Head, entries: &[Prepared]) -> (Links, Head) {
    let mut last = head;
    let hashes = entries
        .iter()
        .map(|entry| {
            last = Head { seq: last.seq + 1, hash: chain::link(&last.hash, entry.json.as_bytes()) };
            last.hash
        })
        .collect();
    (Links { first: head.seq + 1, hashes }, last)
}

/// Appends one entry.
pub const INSERT: &str = "INSERT INTO audit (seq, hash, at, kind, action, case_id, message_id, sender, entry) \
                          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
/// Appends what the history keeps of the entries of one commit, under the number of the last of them.
pub const INSERT_TRACES: &str = "INSERT INTO history (id, at, data) VALUES (?, ?, ?)";

/// Appends to the transaction that is open, and commits it.
pub async fn finish(
    connection: &mut SqliteConnection,
    entries: &[Prepared],
    links: &Links,
    traces: &[Trace],
) -> Result<()> {
    write(connection, entries, links, traces).await.map_err(|e| Error::Commit(e.to_string()))?;
    run(connection, "COMMIT").await
}

pub async fn begin(connection: &mut SqliteConnection) -> Result<()> {
    run(connection, "BEGIN IMMEDIATE").await
}

async fn run(connection: &mut SqliteConnection, sql: &'static str) -> Result<()> {
    sqlx::query(sql).execute(connection).await.map_err(|e| Error::Commit(e.to_string()))?;
    Ok(())
}

async fn write(
    connection: &mut SqliteConnection,
    entries: &[Prepared],
    links: &Links,
    traces: &[Trace],
) -> std::result::Result<(), sqlx::Error> {
    for (entry, (seq, hash)) in entries.iter().zip(links.iter()) {
        let columns = &entry.columns;
        sqlx::query(INSERT)
            .bind(seq)
            .bind(hash.to_vec())
            .bind(columns.at)
            .bind(columns.kind.clone())
            .bind(columns.action.clone())
            .bind(columns.case.clone())
            .bind(columns.message_id.clone())
            .bind(columns.sender.clone())
            .bind(Arc::clone(&entry.json))
            .execute(&mut *connection)
            .await?;
    }
    let Some(at) = traces.iter().map(|t| t.at).max() else { return Ok(()) };
    let Some((last, _)) = links.iter().last() else {
        return Err(sqlx::Error::Protocol("a history without an entry".into()));
    };
    sqlx::query(INSERT_TRACES).bind(last).bind(at).bind(encode(traces)).execute(connection).await?;
    Ok(())
}

/// The last entry; `start` where there is none yet.
pub async fn head(connection: &mut SqliteConnection, start: Head) -> Result<Head> {
    let row = sqlx::query("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")
        .fetch_optional(connection)
        .await?;
    match row {
        Some(row) => Ok(Head { seq: row.try_get(0)?, hash: hash_of(row.try_get(1)?)? }),
        None => Ok(start),
    }
}

/// What the history keeps of the entries after `seq`.
pub async fn traces_after(connection: &mut SqliteConnection, seq: i64) -> Result<Vec<Trace>> {
    let rows = sqlx::query("SELECT data FROM history WHERE id > ? ORDER BY id")
        .bind(seq)
        .fetch_all(connection)
        .await?;
    let mut traces = Vec::new();
    for row in rows {
        traces.extend(decode(row.try_get(0)?));
    }
    Ok(traces)
}

fn hash_of(bytes: &[u8]) -> Result<Hash> {
    bytes.try_into().map_err(|_| Error::Malformed("a hash of the audit log".into()))
}

/// Gives each wanted entry to `each`, in order, until it says stop.
pub async fn each(pool: &SqlitePool, filter: &Filter, mut each: impl FnMut(Row) -> bool) -> Result<()> {
    let mut after = filter.after.unwrap_or(if filter.newest_first { i64::MAX } else { 0 });
    let mut left = filter.limit.unwrap_or(usize::MAX);
    while left > 0 {
        let rows = narrowed(filter, after).build().fetch_all(pool).await?;
        let full = rows.len() as i64 == PAGE;
        for row in rows {
            let row = row_of(&row)?;
            after = row.seq;
            if !filter.matches(&row.entry) {
                continue;
            }
            left -= 1;
            if !each(row) || left == 0 {
                return Ok(());
            }
        }
        if !full {
            return Ok(());
        }
    }
    Ok(())
}

/// What SQLite can rule out by itself; [`Filter::matches`] has the last word.
fn narrowed(filter: &Filter, after: i64) -> QueryBuilder<Sqlite> {
    let (beyond, order) = if filter.newest_first { ("<", "DESC") } else { (">", "ASC") };
    let mut sql = QueryBuilder::new("SELECT seq, hash, at, CAST(entry AS BLOB) FROM audit WHERE seq ");
    sql.push(beyond);
    sql.push_bind(after);
    if let Some(lowest) = filter.lowest {
        sql.push(" AND seq >= ").push_bind(lowest);
    }
    if let Some(since) = filter.since {
        sql.push(" AND at >= ").push_bind(since.as_millisecond());
    }
    if let Some(until) = filter.until {
        sql.push(" AND at <= ").push_bind(until.as_millisecond());
    }
    if let Some(case) = &filter.case {
        sql.push(" AND case_id = ").push_bind(case.to_ascii_uppercase());
    }
    if let Some(kind) = filter.kind {
        sql.push(" AND kind = ").push_bind(kind.name());
    }
    if let Some(action) = &filter.action {
        sql.push(" AND action = ").push_bind(action.clone());
    }
    if let Some(id) = &filter.message_id {
        sql.push(" AND message_id = ").push_bind(filter::bare_id(id).to_string());
    }
    let mail = filter.mail.as_deref().map(filter::bare_id);
    let addresses = [&filter.sender, &filter.recipient, &filter.person].map(|a| a.as_deref());
    for text in addresses.into_iter().chain([mail]).flatten() {
        let lower = escaped(text).to_ascii_lowercase();
        sql.push(" AND instr(lower(entry), ").push_bind(lower).push(") > 0");
    }
    for id in [&filter.rule, &filter.incident].into_iter().flatten() {
        sql.push(" AND instr(entry, ").push_bind(escaped(id)).push(") > 0");
    }
    sql.push(" ORDER BY seq ").push(order).push(" LIMIT ").push_bind(PAGE);
    sql
}

/// A text as it stands between the quotes of the entry's JSON.
pub fn escaped(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted.strip_prefix('"').and_then(|q| q.strip_suffix('"')).unwrap_or_default().to_string()
}

/// One row of `seq, hash, at, entry`. What somebody has made unreadable is told as such, and hides no
/// other entry.
pub fn row_of(row: &SqliteRow) -> Result<Row> {
    let seq: i64 = row.try_get(0)?;
    let hash = row.try_get(1).ok().and_then(|bytes| hash_of(bytes).ok());
    let entry = row.try_get::<&[u8], _>(3).ok().and_then(|json| serde_json::from_slice(json).ok());
    match (hash, entry) {
        (Some(hash), Some(entry)) => Ok(Row { seq, hash, entry }),
        (hash, _) => {
            let mut entry = Entry::new(cases::time(row.try_get(2)?)?, Kind::Service, UNREADABLE);
            entry.reason = Some("this entry was damaged; prove the log".to_string());
            Ok(Row { seq, hash: hash.unwrap_or_default(), entry })
        }
    }
}

/// Proves the whole log of `node`, row by row, against a head that was noted elsewhere if there is one.
pub async fn verify(
    pool: &SqlitePool,
    node: &str,
    noted: Option<Head>,
    breath: Duration,
) -> Result<std::result::Result<Head, Broken>> {
    let mut verifier = Verifier::new(node, noted);
    let mut after = i64::MIN;
    loop {
        let rows = sqlx::query(
            "SELECT seq, hash, at, kind, action, case_id, message_id, sender, entry FROM audit \
             WHERE seq > ? ORDER BY seq LIMIT ?",
        )
        .bind(after)
        .bind(PAGE)
        .fetch_all(pool)
        .await?;
        let full = rows.len() as i64 == PAGE;
        for row in &rows {
            after = row.try_get(0)?;
            let checked = match stored_of(row) {
                Ok(stored) => verifier.check(&stored),
                Err(e) => Err(Broken { seq: after, why: format!("it does not read: {e}") }),
            };
            if let Err(broken) = checked {
                return Ok(Err(broken));
            }
        }
        if !full {
            return Ok(verifier.finish());
        }
        if !breath.is_zero() {
            tokio::time::sleep(breath).await;
        }
    }
}

fn stored_of(row: &SqliteRow) -> std::result::Result<Stored, sqlx::Error> {
    Ok(Stored {
        seq: row.try_get(0)?,
        hash: row.try_get(1)?,
        columns: Some(Columns {
            at: row.try_get(2)?,
            kind: row.try_get(3)?,
            action: row.try_get(4)?,
            case: row.try_get(5)?,
            message_id: row.try_get(6)?,
            sender: row.try_get(7)?,
        }),
        entry: row.try_get(8)?,
    })
}
