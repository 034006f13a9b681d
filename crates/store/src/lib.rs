//! The store: what is kept, and how it changes. Its verbs are its interface; SQL stands here alone.
//!
//! Every verb that changes something is one transaction that holds the change and its audit entry,
//! and returns only after the disk has it. It is called for a passing mail before the first byte goes
//! on, so [`Store::record`] is quick: group commit, and no look-up on the way (see `writer.rs`).

mod append;
pub mod approvals;
mod audit_lookup;
pub mod cases;
mod checkpoint;
pub mod controls;
mod end_case;
mod error;
pub mod exceptions;
pub mod feedback;
pub mod history;
mod holds;
mod ledger;
pub mod listing;
pub mod notices;
mod open_case;
mod outbox;
mod outgoing;
pub mod overrides;
pub mod people;
pub mod period;
pub mod proofs;
mod proposals;
mod reopen;
pub mod sessions;
mod sqlite;
pub mod tallies;
mod upkeep;
mod vault;
mod writer;
mod writer_pending;

use std::fs::File;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnection, SqlitePool};
use tokio::sync::{Notify, oneshot};

pub use self::approvals::{Asked, Asking, Decided};
pub use self::cases::{Approval, Case, CaseFilter, Part, Rewrite, State};
pub use self::controls::warnings_in_file;
pub use self::end_case::{Concluded, Conclusion};
pub use self::error::{Error, Result};
pub use self::history::{History, Look, Notable, Past, Sending};
pub use self::holds::{Fingerprint, Held, NewHold};
use self::ledger::Prepared;
pub use self::notices::{DueTelling, QueuedNotice};
pub use self::outbox::{Item, Next};
pub use self::outgoing::{HeldTransaction, ItemKind, Outgoing, split};
pub use self::proposals::Proposal;
pub use self::reopen::Reopened;
pub use self::vault::Vault;
use self::writer::{Job, Request, Running, Tx, Writer};
pub use self::writer_pending::Coming;
use self::writer_pending::{InHand, PutOff};
use audit::chain::{self, Head};
use audit::entry::Entry;
use audit::filter::{Filter, Row};
use audit::verify::Broken;
use terms::clock::Clock;

/// The section `[store]` of the configuration.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// `sqlite:PATH`; the path is relative to the working folder.
    pub url: String,
    /// The key of held mail; `sekisho.key` beside the database unless said.
    pub key_file: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Options { url: "sqlite:var/sekisho.db".into(), key_file: None }
    }
}

impl Options {
    /// Checks what can be checked without opening anything.
    pub fn check(&self) -> Result<()> {
        sqlite::path_of(&self.url).map(|_| ())
    }

    fn key_file(&self, database: &Path) -> PathBuf {
        self.key_file.clone().unwrap_or_else(|| database.with_file_name("sekisho.key"))
    }

    /// The vault of this store; makes a key where both key and database are new.
    pub fn vault(&self) -> Result<Vault> {
        let path = sqlite::path_of(&self.url)?;
        let is_new = std::fs::metadata(&path).map_or(true, |file| file.len() == 0);
        Vault::open(&self.key_file(&path), is_new)
    }
}

/// The decision about a mail that passes, is rewritten or is refused.
#[derive(Clone, Debug)]
pub struct Decision {
    pub entry: Entry,
    /// What the history is to remember of it.
    pub history: Option<Sending>,
    /// Who is to be told what.
    pub notices: Vec<QueuedNotice>,
}

/// The store, open. Cheap to clone into every task.
#[derive(Clone)]
pub struct Store(Arc<StoreInner>);

struct StoreInner {
    path: PathBuf,
    node: String,
    /// By what name it takes leases.
    holder: String,
    /// Held while this process serves; the system lets go of it however the process ends.
    lock: Mutex<Option<File>>,
    vault: Vault,
    clock: Clock,
    queue: mpsc::Sender<Request>,
    put_off: PutOff,
    in_hand: InHand,
    reads: SqlitePool,
    history: Arc<History>,
    outbox_bell: Notify,
    tellings_bell: Notify,
    stop_checkpoints: Arc<Notify>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Store({})", self.0.path.display())
    }
}

impl Store {
    /// Opens the store, and makes it where there is none. `node` names the audit chain of a new
    /// database; an existing one keeps its name. Needs a tokio runtime.
    pub async fn open(options: &Options, vault: Vault, clock: Clock, node: &str) -> Result<Store> {
        let path = sqlite::path_of(&options.url)?;
        Store::open_at(path, vault, clock, node, None).await
    }

    /// Opens the store for the one process that serves from it. What an earlier one had taken when it
    /// was killed is free again at once.
    ///
    /// # Errors
    /// [`Error::Served`] where another process serves from it; nothing is opened then.
    pub async fn open_to_serve(options: &Options, vault: Vault, clock: Clock, node: &str) -> Result<Store> {
        let path = sqlite::path_of(&options.url)?;
        let lock = sqlite::lock(&path)?;
        let store = Store::open_at(path, vault, clock, node, Some(lock)).await?;
        store.take_over_leases().await?;
        Ok(store)
    }

    async fn open_at(
        path: PathBuf,
        vault: Vault,
        clock: Clock,
        node: &str,
        lock: Option<File>,
    ) -> Result<Store> {
        sqlite::create(&path)?;
        let mut connection = sqlite::writer(&path).await?;
        sqlite::migrate(&mut connection).await?;
        // A log that a killed process left may have a hole; see `writer.rs`. Where another process
        // is at work on it, that one is alive and keeps it.
        sqlite::empty_idle_log(&mut connection).await?;
        let node = identify(&mut connection, &vault, node).await?;
        let history = Arc::new(History::new(vault.derive("history")));
        let start = Head { seq: 0, hash: chain::genesis(&node) };
        upkeep::load_marks(&mut connection, &history, clock.now()).await?;
        writer::catch_up(&mut connection, &history, start).await?;
        let head = ledger::head(&mut connection, start).await?;

        // Whoever asks waits for the answer, so that the queue is as long as there are sessions at most.
        let (queue, requests) = mpsc::channel();
        let commits = writer::Commits::default();
        let put_off = PutOff::default();
        let in_hand = InHand::default();
        let (memory, count) = (Arc::clone(&history), Arc::clone(&commits));
        let open = writer::Open::beside(connection, &path)?;
        Writer::new(path.clone(), open, head, memory, count, put_off.clone(), in_hand.clone())
            .start(requests)?;
        let stop_checkpoints = Arc::new(Notify::new());
        let checkpoints =
            checkpoint::run(path.clone(), commits, queue.clone(), Arc::clone(&stop_checkpoints));
        tokio::spawn(checkpoints);
        // Whoever serves goes by the node's name; any other process has a name of its own.
        let holder = match lock {
            Some(_) => node.clone(),
            None => format!("{node}/{}", chain::hex(&vault::random::<6>()?)),
        };
        Ok(Store(Arc::new(StoreInner {
            reads: sqlite::readers(&path),
            path,
            node,
            holder,
            lock: Mutex::new(lock),
            vault,
            clock,
            queue,
            put_off,
            in_hand,
            history,
            outbox_bell: Notify::new(),
            tellings_bell: Notify::new(),
            stop_checkpoints,
        })))
    }

    /// Records a decision; the disk has it when this returns.
    pub async fn record(&self, decision: Decision) -> Result<()> {
        let Decision { entry, history, notices } = decision;
        let trace = history.map(|sending| self.0.history.trace(&sending));
        if notices.is_empty() {
            let (done, answer) = oneshot::channel();
            self.ask(Request::Record { entry: Prepared::of(&entry), trace, done })?;
            return answer.await.map_err(|_| Error::Closed)?;
        }
        let now = self.0.clock.now();
        self.write(move |tx| {
            Box::pin(async move {
                tx.record(&entry);
                if let Some(trace) = trace {
                    tx.remember(trace);
                }
                notices::add(tx, &notices, None, now).await
            })
        })
        .await?;
        self.0.tellings_bell.notify_one();
        Ok(())
    }

    /// Says that a mail is being taken in, until what this returns is dropped: it will be recorded
    /// presently, perhaps together with others.
    pub fn coming(&self) -> Coming {
        self.0.in_hand.one_more()
    }

    /// Records what became of a mail. It goes with the next transaction, within about 50 ms, and is
    /// written before [`Store::close`] returns.
    pub async fn record_soon(&self, entry: Entry) -> Result<()> {
        match self.0.put_off.add(Prepared::of(&entry)) {
            true => self.ask(Request::Soon),
            false => Ok(()),
        }
    }

    /// The past, which answers without I/O.
    pub fn history(&self) -> &History {
        &self.0.history
    }

    /// The clock that the store goes by.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// A key for another purpose than sealing, which is the same after a restart and on every node that
    /// has this store's key.
    pub fn derived_key(&self, purpose: &str) -> [u8; 32] {
        self.0.vault.derive(purpose)
    }

    /// The name of the audit chain.
    pub fn node(&self) -> &str {
        &self.0.node
    }

    /// The last entry of the audit log.
    pub async fn head(&self) -> Result<Head> {
        let mut connection = self.0.reads.acquire().await?;
        let start = Head { seq: 0, hash: chain::genesis(&self.0.node) };
        ledger::head(&mut connection, start).await
    }

    /// The wanted entries of the audit log, all at once: set a limit.
    pub async fn audit(&self, filter: &Filter) -> Result<Vec<Row>> {
        let mut rows = Vec::new();
        self.audit_each(filter, |row| {
            rows.push(row);
            true
        })
        .await?;
        Ok(rows)
    }

    /// Gives each wanted entry to `each` in order, until it returns false. For exports of any length.
    pub async fn audit_each(&self, filter: &Filter, each: impl FnMut(Row) -> bool) -> Result<()> {
        ledger::each(&self.0.reads, filter, each).await
    }

    /// Proves the audit log, against a head that was noted elsewhere if there is one.
    pub async fn verify(&self, noted: Option<Head>) -> Result<std::result::Result<Head, Broken>> {
        ledger::verify(&self.0.reads, &self.0.node, noted, Duration::ZERO).await
    }

    /// Rings when something is put into the outbox by this process.
    pub async fn outbox_rings(&self) {
        self.0.outbox_bell.notified().await;
    }

    /// Rings when a telling is added by this process.
    pub async fn notices_ring(&self) {
        self.0.tellings_bell.notified().await;
    }

    /// Writes what is left and closes the database. Later verbs fail.
    pub async fn close(&self) {
        self.0.stop_checkpoints.notify_one();
        let (done, closed) = oneshot::channel();
        if self.ask(Request::Close(done)).is_ok() {
            let _ = closed.await;
        }
        self.0.reads.close().await;
        *self.0.lock.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn ask(&self, request: Request) -> Result<()> {
        self.0.queue.send(request).map_err(|_| Error::Closed)
    }

    /// Has the writer run `work` in a transaction; its result, once that is committed.
    async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'a> FnOnce(&'a mut Tx) -> Work<'a, T> + Send + 'static,
    {
        let (done, answer) = oneshot::channel();
        let errand = WriterJob { work: Some(work), out: None, done };
        self.ask(Request::Job(Box::new(errand)))?;
        answer.await.map_err(|_| Error::Closed)?
    }
}

/// What a verb does inside its transaction.
type Work<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// A verb on its way through the writer.
struct WriterJob<T, F> {
    work: Option<F>,
    out: Option<T>,
    done: oneshot::Sender<Result<T>>,
}

impl<T, F> Job for WriterJob<T, F>
where
    T: Send + 'static,
    F: for<'a> FnOnce(&'a mut Tx) -> Work<'a, T> + Send + 'static,
{
    fn run<'a>(&'a mut self, tx: &'a mut Tx) -> Running<'a> {
        Box::pin(async move {
            let work = self.work.take().ok_or(Error::Closed)?;
            self.out = Some(work(tx).await?);
            Ok(())
        })
    }

    fn end(self: Box<Self>, committed: Result<()>) {
        let WriterJob { out, done, .. } = *self;
        let _ = done.send(committed.and_then(|()| out.ok_or(Error::Closed)));
    }
}

/// Proves the audit log of a database without its key, and without changing anything.
pub async fn verify_file(url: &str, noted: Option<Head>) -> Result<std::result::Result<Head, Broken>> {
    let path = sqlite::path_of(url)?;
    if !Path::new(&path).exists() {
        return Err(Error::Open(format!("{} does not exist", path.display())));
    }
    let pool = sqlite::readers(&path);
    let node: Vec<u8> =
        sqlx::query("SELECT value FROM meta WHERE name = 'node'").fetch_one(&pool).await?.try_get(0)?;
    let proved = ledger::verify(&pool, &String::from_utf8_lossy(&node), noted, Duration::ZERO).await;
    pool.close().await;
    proved
}

/// Gives each wanted entry of a database's audit log to `each`, without its key and without changing
/// anything, until `each` returns false.
pub async fn audit_file(url: &str, filter: &Filter, each: impl FnMut(Row) -> bool) -> Result<()> {
    let path = sqlite::path_of(url)?;
    if !Path::new(&path).exists() {
        return Err(Error::Open(format!("{} does not exist", path.display())));
    }
    let pool = sqlite::readers(&path);
    let read = ledger::each(&pool, filter, each).await;
    pool.close().await;
    read
}

/// Reads who this database is, or tells a new one; fails where the key is not its own.
async fn identify(connection: &mut SqliteConnection, vault: &Vault, node: &str) -> Result<String> {
    const WORD: &[u8] = b"sekisho";
    let sealed = vault.seal("meta/key", WORD)?;
    let insert = "INSERT OR IGNORE INTO meta (name, value) VALUES ('node', ?), ('key', ?)";
    let open = |e: sqlx::Error| Error::Open(e.to_string());
    sqlx::query(insert).bind(node.as_bytes()).bind(sealed).execute(&mut *connection).await.map_err(open)?;
    let rows = sqlx::query("SELECT name, value FROM meta").fetch_all(connection).await.map_err(open)?;
    let mut known = String::new();
    for row in rows {
        let (name, value): (&str, &[u8]) = (row.try_get(0)?, row.try_get(1)?);
        match name {
            "node" => known = String::from_utf8_lossy(value).into_owned(),
            "key" => match vault.open_sealed("the key's word", "meta/key", value) {
                Ok(word) if word == WORD => {}
                _ => return Err(Error::WrongKey),
            },
            _ => {}
        }
    }
    if known != node {
        tracing::warn!(known, node, "the audit chain keeps the name it was begun with");
    }
    Ok(known)
}

#[cfg(test)]
mod tests;
