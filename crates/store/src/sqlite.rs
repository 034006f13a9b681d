//! The database file: opening it, its settings, its migrations. SQLite in WAL mode with full sync: a
//! commit returns after the log of the change was synced to the disk.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection, Row, SqlSafeStr};

use super::error::{Error, Result};

/// How long one process waits for another that is writing.
pub const BUSY: Duration = Duration::from_secs(5);

/// The migrations, oldest first. Once released, a migration is never changed.
const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "first", include_str!("migrations/0001_first.sql")),
    (2, "proposals", include_str!("migrations/0002_proposals.sql")),
    (3, "people", include_str!("migrations/0003_people.sql")),
    (4, "sign in", include_str!("migrations/0004_sign_in.sql")),
    (5, "exceptions", include_str!("migrations/0005_exceptions.sql")),
    (6, "undo", include_str!("migrations/0006_undo.sql")),
    (7, "approval", include_str!("migrations/0007_approval.sql")),
    (8, "reviewing", include_str!("migrations/0008_reviewing.sql")),
    (9, "tallies", include_str!("migrations/0009_tallies.sql")),
    (10, "proofs", include_str!("migrations/0010_proofs.sql")),
    (11, "append", include_str!("migrations/0011_append.sql")),
];

/// The file that a `sqlite:` url names.
pub fn path_of(url: &str) -> Result<PathBuf> {
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return Err(Error::Postgres);
    }
    let path = url.strip_prefix("sqlite:").ok_or_else(|| Error::Url(url.to_string()))?;
    let path = path.strip_prefix("//").unwrap_or(path);
    if path.is_empty() || path.contains(['?', '\0']) || path.starts_with(':') {
        return Err(Error::Url(url.to_string()));
    }
    Ok(PathBuf::from(path))
}

/// Makes the file, readable by its owner alone, where there is none.
pub fn create(path: &Path) -> Result<()> {
    let failed = |e: std::io::Error| Error::Open(format!("{}: {e}", path.display()));
    if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(e) => Err(failed(e)),
    }
}

/// Takes the lock of the process that serves from this database: `FILE.lock` beside it. It is free
/// again when the returned file is closed, whether the process ends well or is killed.
///
/// # Errors
/// [`Error::Served`] where another process has it.
pub fn lock(path: &Path) -> Result<File> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let lock = PathBuf::from(name);
    let failed = |e: std::io::Error| Error::Open(format!("{}: {e}", lock.display()));
    if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&lock);
    let file = file.map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::Served(lock)),
        Err(TryLockError::Error(e)) => Err(failed(e)),
    }
}

/// A connection that writes. It never moves pages from the log into the file by itself: that is done
/// beside the writing (see `checkpoint.rs`).
pub async fn writer(path: &Path) -> Result<SqliteConnection> {
    options(path)
        .pragma("wal_autocheckpoint", "0")
        .connect()
        .await
        .map_err(|e| Error::Open(format!("{}: {e}", path.display())))
}

/// Connections that only read.
pub fn readers(path: &Path) -> SqlitePool {
    SqlitePoolOptions::new()
        .max_connections(3)
        .min_connections(0)
        .acquire_timeout(Duration::from_secs(30))
        .idle_timeout(Duration::from_secs(60))
        .connect_lazy_with(options(path).pragma("query_only", "ON"))
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY)
        .statement_cache_capacity(200)
        .disable_statement_logging()
}

/// Brings the schema up to date. A database of a newer version is refused.
pub async fn migrate(connection: &mut SqliteConnection) -> Result<()> {
    let migrations = MIGRATIONS
        .iter()
        .map(|(version, name, sql)| {
            let kind = MigrationType::Simple;
            Migration::new(*version, (*name).into(), kind, sql.into_sql_str(), false)
        })
        .collect();
    Migrator::with_migrations(migrations)
        .run_direct(None, connection, false)
        .await
        .map_err(|e| Error::Open(format!("the schema could not be brought up to date: {e}")))
}

/// Moves the whole log into the file, both synced, and empties the log. Without this, after a sync
/// that failed, later commits could follow a hole in the log that only a power cut would show.
pub async fn empty_log(connection: &mut SqliteConnection) -> Result<()> {
    let row = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
        .fetch_one(&mut *connection)
        .await
        .map_err(|e| Error::Commit(format!("the log could not be emptied: {e}")))?;
    match row.try_get::<i64, _>(0) {
        Ok(0) => Ok(()),
        _ => Err(Error::Commit("the log is in use and could not be emptied".into())),
    }
}

/// The same at the start, where the log is not in use: whoever is at work on it is not kept waiting.
pub async fn empty_idle_log(connection: &mut SqliteConnection) -> Result<()> {
    let failed = |e: sqlx::Error| Error::Open(e.to_string());
    sqlx::query("PRAGMA busy_timeout = 0").execute(&mut *connection).await.map_err(failed)?;
    if let Err(error) = empty_log(connection).await {
        tracing::debug!(%error, "the log is in use by another process");
    }
    let patience = format!("PRAGMA busy_timeout = {}", BUSY.as_millis());
    sqlx::query(sqlx::AssertSqlSafe(patience)).execute(connection).await.map_err(failed)?;
    Ok(())
}

/// Moves what it can from the log into the file, without waiting for anybody.
pub async fn checkpoint(connection: &mut SqliteConnection) -> Result<()> {
    sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").fetch_one(connection).await?;
    Ok(())
}

/// Closes a connection in order; an error while closing changes nothing.
pub async fn close(connection: SqliteConnection) {
    if let Err(error) = connection.close().await {
        tracing::debug!(%error, "a database connection closed with an error");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_name_a_file() {
        assert_eq!(path_of("sqlite:var/s.db").unwrap(), PathBuf::from("var/s.db"));
        assert_eq!(path_of("sqlite:///var/s.db").unwrap(), PathBuf::from("/var/s.db"));
        for url in ["", "sqlite:", "sqlite::memory:", "var/s.db", "mysql://x", "sqlite:a?mode=ro"] {
            assert!(matches!(path_of(url), Err(Error::Url(_))), "{url}");
        }
        for url in ["postgres://h/db", "postgresql://h/db"] {
            let error = path_of(url).unwrap_err().to_string();
            assert!(error.contains("not supported by this version"), "{error}");
        }
    }

    #[test]
    fn one_process_serves_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b.db");
        let first = lock(&path).unwrap();
        let error = lock(&path).unwrap_err().to_string();
        assert!(error.contains("b.db.lock"), "{error}");
        drop(first);
        assert!(lock(&path).is_ok());
        assert!(!path.exists(), "a lock makes no database");
    }

    #[test]
    fn the_file_is_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b.db");
        create(&path).unwrap();
        create(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
