//! Appending to the audit log: the hot path. One passing mail is one row, and a commit of many mails is
//! a few calls of SQLite from the writer's own thread, on a connection that does nothing else.

use std::path::Path;

use rusqlite::{Connection, Error as Sqlite, ErrorCode, params};

use super::error::{Error, Result};
use super::history::{Trace, encode};
use super::ledger::{Links, Prepared};
use super::sqlite;

/// Why appending failed.
pub enum Append {
    /// The next number is taken: another process has appended.
    Taken,
    Failed(Error),
}

impl From<Sqlite> for Append {
    fn from(error: Sqlite) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::ConstraintViolation) => Append::Taken,
            _ => Append::Failed(Error::Commit(error.to_string())),
        }
    }
}

/// A connection that appends.
pub struct Appender(Connection);

impl Appender {
    /// Opens the database a second time, with the same settings as every connection that writes
    /// ([`sqlite::writer`]).
    pub fn open(path: &Path) -> Result<Self> {
        let failed = |e: Sqlite| Error::Open(format!("{}: {e}", path.display()));
        let connection = Connection::open(path).map_err(failed)?;
        connection.busy_timeout(sqlite::BUSY).map_err(failed)?;
        connection
            .execute_batch("PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0")
            .map_err(failed)?;
        Ok(Appender(connection))
    }

    /// Appends in a transaction of its own, which the disk has when this returns. `links` are those of
    /// [`super::ledger::chain`] from the present head.
    pub fn append(
        &mut self,
        entries: &[Prepared],
        links: &Links,
        traces: &[Trace],
    ) -> std::result::Result<(), Append> {
        self.0.prepare_cached("BEGIN IMMEDIATE")?.execute(())?;
        let written = self.write(entries, links, traces);
        match written {
            Ok(()) => _ = self.0.prepare_cached("COMMIT")?.execute(())?,
            // What failed otherwise gives the whole connection up.
            Err(Append::Taken) => _ = self.0.prepare_cached("ROLLBACK")?.execute(())?,
            Err(Append::Failed(_)) => {}
        }
        written
    }

    fn write(
        &self,
        entries: &[Prepared],
        links: &Links,
        traces: &[Trace],
    ) -> std::result::Result<(), Append> {
        let mut insert = self.0.prepare_cached(super::ledger::INSERT)?;
        for (entry, (seq, hash)) in entries.iter().zip(links.iter()) {
            let columns = &entry.columns;
            insert.execute(params![
                seq,
                &hash[..],
                columns.at,
                columns.kind,
                columns.action,
                columns.case,
                columns.message_id,
                columns.sender,
                &*entry.json,
            ])?;
        }
        let last = links.iter().last().map(|(seq, _)| seq);
        if let (Some(last), Some(at)) = (last, traces.iter().map(|t| t.at).max()) {
            self.0.prepare_cached(super::ledger::INSERT_TRACES)?.execute(params![
                last,
                at,
                encode(traces)
            ])?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::ledger;
    use super::*;
    use audit::chain::Head;
    use audit::entry::{Entry, Kind};
    use terms::clock::Timestamp;

    async fn appender() -> (tempfile::TempDir, Appender) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.db");
        sqlite::create(&path).unwrap();
        let mut connection = sqlite::writer(&path).await.unwrap();
        sqlite::migrate(&mut connection).await.unwrap();
        sqlite::close(connection).await;
        let appender = Appender::open(&path).unwrap();
        (folder, appender)
    }

    fn one() -> Vec<Prepared> {
        let mut entry = Entry::new(Timestamp::UNIX_EPOCH, Kind::Decision, "pass");
        entry.reason = Some("x".repeat(3_000));
        vec![Prepared::of(&entry)]
    }

    #[tokio::test]
    async fn it_syncs_and_never_moves_the_log_by_itself() {
        let (_folder, appender) = appender().await;
        let pragma =
            |name: &str| appender.0.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!((pragma("synchronous"), pragma("wal_autocheckpoint")), (2, 0));
        let mode: String = appender.0.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
        assert_eq!(mode, "wal");
    }

    #[tokio::test]
    async fn a_number_that_is_taken_changes_nothing() {
        let (_folder, mut appender) = appender().await;
        let start = Head { seq: 0, hash: [0; 32] };
        let (links, head) = ledger::chain(start, &one());
        assert!(appender.append(&one(), &links, &[]).is_ok());
        assert!(matches!(appender.append(&one(), &links, &[]), Err(Append::Taken)));
        let (links, _) = ledger::chain(head, &one());
        assert!(appender.append(&one(), &links, &[]).is_ok(), "it goes on with the right one");
    }

    #[tokio::test]
    async fn a_full_disk_is_told_as_such() {
        let (_folder, mut appender) = appender().await;
        appender.0.pragma_update(None, "max_page_count", 1).unwrap();
        let mut head = Head { seq: 0, hash: [0; 32] };
        for _ in 0..100 {
            let (links, next) = ledger::chain(head, &one());
            head = next;
            match appender.append(&one(), &links, &[]) {
                Ok(()) => {}
                Err(Append::Failed(error)) => return assert!(error.is_full(), "{error}"),
                Err(Append::Taken) => panic!("nobody else writes"),
            }
        }
        panic!("the disk was never full");
    }
}
