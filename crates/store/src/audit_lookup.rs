//! What a reader of the log looks up beside the entries themselves: the text as it stands on disk, what
//! became of a mail, and where a time lies.

use sqlx::{QueryBuilder, Row as _, Sqlite};

use super::Store;
use super::error::Result;
use super::ledger::{escaped, row_of};
use audit::filter::Row;
use terms::clock::Timestamp;

/// The next hop's answer to a mail stands among so many entries after its decision.
const SOON: i64 = 500;
/// Entries stand in the order of their times, but for those of one moment: at most so many.
const MOMENT: i64 = 500;

impl Store {
    /// The text of an entry as it stands on disk, readable or not.
    pub async fn written(&self, seq: i64) -> Result<Option<String>> {
        let row = sqlx::query("SELECT CAST(entry AS BLOB) FROM audit WHERE seq = ?")
            .bind(seq)
            .fetch_optional(&self.0.reads)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let bytes: Vec<u8> = row.try_get(0)?;
        Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// The last entry that tells what became of the mail of a decision: of its case, or of its
    /// transaction among the entries soon after it.
    pub async fn fate(&self, decision: &Row) -> Result<Option<Row>> {
        let select = "SELECT seq, hash, at, CAST(entry AS BLOB) FROM audit WHERE ";
        let mut sql: QueryBuilder<Sqlite> = QueryBuilder::new(select);
        match (&decision.entry.case, &decision.entry.mail) {
            (Some(case), _) => sql.push("case_id = ").push_bind(case.clone()),
            (None, Some(mail)) => sql
                .push("seq <= ")
                .push_bind(decision.seq.saturating_add(SOON))
                .push(" AND instr(entry, ")
                .push_bind(format!("\"mail\":\"{}\"", escaped(mail)))
                .push(") > 0"),
            (None, None) => return Ok(None),
        };
        sql.push(" AND seq > ").push_bind(decision.seq);
        sql.push(" AND kind IN ('outcome', 'case', 'delivery') ORDER BY seq DESC LIMIT 1");
        sql.build().fetch_optional(&self.0.reads).await?.as_ref().map(row_of).transpose()
    }

    /// A number with no entry of before `at` behind it; 0 where there is none before `at`.
    pub async fn last_before(&self, at: Timestamp) -> Result<i64> {
        let sql = "SELECT max(seq) FROM (SELECT seq FROM audit WHERE at < ? ORDER BY at DESC LIMIT ?)";
        let row = sqlx::query(sql).bind(at.as_millisecond()).bind(MOMENT).fetch_one(&self.0.reads).await?;
        Ok(row.try_get::<Option<i64>, _>(0)?.unwrap_or(0))
    }
}
