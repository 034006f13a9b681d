//! What can go wrong with the store. The texts are for the log and the operator: none of them is ever
//! part of an SMTP reply.

use std::path::PathBuf;

/// A failure of the store. A verb that fails has changed nothing, as far as anybody may rely on it:
/// after [`Error::Commit`] the change may be found later, but it was never acknowledged.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    #[error("[store] url {0:?}: must be sqlite:PATH")]
    Url(String),
    #[error("[store] url: PostgreSQL is not supported by this version, which keeps in SQLite (sqlite:PATH)")]
    Postgres,
    #[error("{}: {why}", path.display())]
    KeyFile { path: PathBuf, why: String },
    #[error("the key file does not belong to this database: what is sealed in it does not open")]
    WrongKey,
    #[error("{0} does not open: it was sealed with another key, moved, or changed")]
    SealedOutgoing(&'static str),
    #[error("the database does not open: {0}")]
    Open(String),
    #[error("another sekisho serves from this store: {} is taken", .0.display())]
    Served(PathBuf),
    #[error("the database could not be read: {0}")]
    Read(String),
    #[error("the change was not committed: {0}")]
    Commit(String),
    #[error("the store is closed")]
    Closed,
    #[error("no random numbers: {0}")]
    Random(String),
    #[error("what is stored is not understood: {0}")]
    Malformed(String),
    #[error("the audit log is broken at {0}")]
    Broken(#[from] audit::verify::Broken),
}

impl Error {
    /// Whether the disk is full, as SQLite says it (SQLITE_FULL).
    pub fn is_full(&self) -> bool {
        let text = match self {
            Error::Read(text) | Error::Commit(text) | Error::Open(text) => text,
            _ => return false,
        };
        text.contains("disk is full")
    }
}

/// A result of the store.
pub type Result<T> = std::result::Result<T, Error>;

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Error::Read(error.to_string())
    }
}
