//! The one writer. A thread of its own takes whatever has queued up, writes it in one transaction, and
//! answers everybody after the one sync: group commit.
//!
//! Recording a passing mail is the hot path: SQLite is called from here, on a connection that only
//! appends ([`Appender`]), with no look-up before it. The head of the chain is kept in memory; if
//! another process has appended meanwhile, the next number is taken, the insert fails, and the batch
//! is done again with a fresh head. Everything else is a [`Job`], which runs on a connection of its own
//! inside one transaction with the entries that it records.
//!
//! After any failure both connections are given up. Before anything is written again, a new one moves
//! the log into the file and empties it, because a sync that failed once must not be tried again on
//! the same log.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use sqlx::sqlite::SqliteConnection;
use tokio::sync::oneshot;

use super::append::{Append, Appender};
use super::error::{Error, Result};
use super::history::{History, Trace};
use super::ledger::{self, Prepared};
use super::writer_pending::{InHand, PutOff};
use super::{cases, sqlite};
use audit::chain::Head;

/// At most so many requests in one transaction.
const BATCH: usize = 256;
/// So long it waits for more mails to share a commit with, where most of those that are on their way are not
/// here yet. Longer did not serve more of them when it was measured.
const COMPANY: Duration = Duration::from_micros(100);
/// An outcome waits at most so long for company.
const SOON: Duration = Duration::from_millis(50);
/// After a failure they wait so long for the next attempt.
const AGAIN: Duration = Duration::from_secs(2);
/// How often an idle writer looks whether another process has written.
const LOOK: Duration = Duration::from_secs(1);

/// What is asked of the writer.
#[expect(clippy::large_enum_variant, reason = "nearly all are records, and a box would cost each mail")]
pub enum Request {
    /// An entry, and what the history keeps of its mail; answered after the commit.
    Record { entry: Prepared, trace: Option<Trace>, done: oneshot::Sender<Result<()>> },
    /// An outcome was put off (see [`PutOff`]); it goes with the next transaction, or with one of its own.
    Soon,
    /// A change of state.
    Job(Box<dyn Job>),
    /// Move the log into the file; asked by the checkpoint task when the log has grown.
    Checkpoint(oneshot::Sender<()>),
    /// Write what is left and stop.
    Close(oneshot::Sender<()>),
}

/// What a change of state returns while it runs.
pub type Running<'a> = Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>>;

/// A change of state: it runs inside a transaction, and hears how the transaction ended.
pub trait Job: Send {
    fn run<'a>(&'a mut self, tx: &'a mut Tx) -> Running<'a>;
    fn end(self: Box<Self>, committed: Result<()>);
}

/// A transaction, as a job sees it.
pub struct Tx {
    pub connection: SqliteConnection,
    entries: Vec<Prepared>,
    traces: Vec<Trace>,
    effects: Vec<Effect>,
}

/// What memory takes over once the transaction is committed.
#[derive(Debug, Clone, Copy)]
pub enum Effect {
    CaseOpened((u64, u64)),
    CaseClosed((u64, u64)),
}

impl Tx {
    /// Adds an entry to the log; it gets its place in the chain at the end of the transaction.
    pub fn record(&mut self, entry: &audit::entry::Entry) {
        self.entries.push(Prepared::of(entry));
    }

    /// Adds a sending to the history.
    pub fn remember(&mut self, trace: Trace) {
        self.traces.push(trace);
    }

    /// Has memory changed once this is committed.
    pub fn afterwards(&mut self, effect: Effect) {
        self.effects.push(effect);
    }
}

/// How many transactions were committed, for the checkpoint task.
pub type Commits = Arc<AtomicU64>;

/// The writer's own state.
pub struct Writer {
    path: PathBuf,
    history: Arc<History>,
    commits: Commits,
    /// None after a failure, until new ones are open and the log is empty.
    open: Option<Open>,
    head: Head,
    soon: PutOff,
    in_hand: InHand,
    /// When they must be written. Commits that take them meanwhile leave it as it is, so that not every mail has to
    /// wake the writer for its outcome.
    soon_at: Option<Instant>,
}

/// The connections of a writer.
pub struct Open {
    appender: Appender,
    jobs: SqliteConnection,
}

impl Open {
    /// An appender beside a connection that is open.
    pub fn beside(jobs: SqliteConnection, path: &Path) -> Result<Self> {
        Ok(Open { appender: Appender::open(path)?, jobs })
    }

    async fn close(self) {
        drop(self.appender);
        sqlite::close(self.jobs).await;
    }
}

impl Writer {
    /// A writer with open connections, which has read the head and the history.
    pub fn new(
        path: PathBuf,
        open: Open,
        head: Head,
        history: Arc<History>,
        commits: Commits,
        soon: PutOff,
        in_hand: InHand,
    ) -> Self {
        Writer { path, history, commits, open: Some(open), head, soon, in_hand, soon_at: None }
    }

    /// Starts the thread, which ends when it is asked to close or nobody is left to ask.
    pub fn start(self, queue: Receiver<Request>) -> Result<()> {
        let failed = |e: std::io::Error| Error::Open(format!("the writer does not start: {e}"));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().map_err(failed)?;
        let thread = std::thread::Builder::new().name("store".into());
        thread.spawn(move || runtime.block_on(self.run(queue))).map_err(failed)?;
        Ok(())
    }

    /// Nothing else runs on this thread, so that waiting for a request may block it.
    async fn run(mut self, queue: Receiver<Request>) {
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            let wait = self.soon_at.map_or(LOOK, |at| at.saturating_duration_since(Instant::now()));
            let closed = match queue.recv_timeout(wait) {
                Ok(request) => {
                    batch.push(request);
                    self.gather(&mut batch, &queue);
                    false
                }
                Err(RecvTimeoutError::Timeout) => false,
                Err(RecvTimeoutError::Disconnected) => true,
            };
            let mut work = Batch::default();
            let mut farewell = None;
            for request in batch.drain(..) {
                match request {
                    Request::Record { entry, trace, done } => work.record(entry, trace, done),
                    Request::Soon => _ = self.soon_at.get_or_insert_with(|| Instant::now() + SOON),
                    Request::Job(job) => work.jobs.push(job),
                    Request::Checkpoint(done) => work.checkpoints.push(done),
                    Request::Close(done) => farewell = Some(done),
                }
            }
            let last = closed || farewell.is_some();
            let idle = work.is_empty() && self.soon_at.is_none();
            if last || self.soon_due() || !work.is_empty() {
                self.commit(work).await;
            } else if idle {
                self.look_around().await;
            }
            if last {
                return self.farewell(farewell).await;
            }
        }
    }

    /// Takes all that has come, and lets the mails that are about to be recorded share this transaction
    /// where they are many. It sleeps rather than listens, so that nobody who comes has to wake it.
    fn gather(&self, batch: &mut Vec<Request>, queue: &Receiver<Request>) {
        let fill = |batch: &mut Vec<Request>| {
            let room = BATCH - batch.len();
            batch.extend(queue.try_iter().take(room));
        };
        fill(batch);
        let here = batch.iter().filter(|r| matches!(r, Request::Record { .. })).count();
        if here > 0 && self.in_hand.count() > 2 * here {
            std::thread::sleep(COMPANY);
            fill(batch);
        }
    }

    fn soon_due(&self) -> bool {
        self.soon_at.is_some_and(|at| at <= Instant::now())
    }

    /// Writes a batch and answers everybody in it.
    async fn commit(&mut self, mut work: Batch) {
        if self.soon_due() {
            self.soon_at = None;
            self.soon.looked_at();
        }
        let mut soon = self.soon.take();
        let late = soon.len();
        work.entries.append(&mut soon);
        let outcome = if work.is_empty() { Ok(()) } else { self.try_commit(&mut work).await };
        if let Err(error) = &outcome {
            // Outcomes were acknowledged to nobody and lose nothing by waiting.
            self.soon.put_back(work.entries.split_off(work.entries.len() - late));
            if !self.soon.entries().is_empty() {
                self.soon_at = Some(Instant::now() + AGAIN);
            }
            self.keep_soon_bounded();
            // Said once: whoever asked meanwhile says it of their own mail.
            if let Some(open) = self.open.take() {
                tracing::error!(%error, "the store could not commit; it will be opened anew");
                open.close().await;
            }
        }
        work.answer(outcome);
        self.checkpoint(work.checkpoints).await;
    }

    /// While nothing can be written, outcomes must not fill the memory.
    fn keep_soon_bounded(&mut self) {
        const MOST: usize = 10_000;
        let mut soon = self.soon.entries();
        if soon.len() > MOST {
            let lost = soon.len() - MOST;
            soon.drain(..lost);
            tracing::error!(lost, "outcomes could not be recorded and were dropped");
        }
    }

    async fn try_commit(&mut self, work: &mut Batch) -> Result<()> {
        if self.open.is_none() {
            self.reopen().await?;
        }
        let Some(mut open) = self.open.take() else {
            return Err(Error::Closed);
        };
        if work.jobs.is_empty() {
            let (links, head) = ledger::chain(self.head, &work.entries);
            match open.appender.append(&work.entries, &links, &work.traces) {
                Ok(()) => {
                    self.open = Some(open);
                    self.committed(work, head);
                    return Ok(());
                }
                // Another process has written meanwhile.
                Err(Append::Taken) => {}
                Err(Append::Failed(error)) => {
                    self.open = Some(open);
                    return Err(error);
                }
            }
        }
        self.commit_in_steps(work, open).await
    }

    async fn commit_in_steps(&mut self, work: &mut Batch, open: Open) -> Result<()> {
        let mut tx = Tx {
            connection: open.jobs,
            entries: std::mem::take(&mut work.entries),
            traces: std::mem::take(&mut work.traces),
            effects: Vec::new(),
        };
        let given = tx.entries.len();
        let finished = self.steps(&mut tx, &mut work.jobs).await;
        self.open = Some(Open { appender: open.appender, jobs: tx.connection });
        (work.entries, work.traces, work.effects) = (tx.entries, tx.traces, tx.effects);
        match finished {
            Ok(head) => self.committed(work, head),
            // What the jobs recorded goes with them; what was put off must be found at the end again.
            Err(_) => work.entries.truncate(given),
        }
        finished.map(|_| ())
    }

    async fn steps(&mut self, tx: &mut Tx, jobs: &mut [Box<dyn Job>]) -> Result<Head> {
        ledger::begin(&mut tx.connection).await?;
        let found = ledger::head(&mut tx.connection, self.head).await?;
        if found != self.head {
            catch_up(&mut tx.connection, &self.history, self.head).await?;
            self.head = found;
        }
        for job in jobs {
            job.run(tx).await?;
        }
        let (links, head) = ledger::chain(self.head, &tx.entries);
        ledger::finish(&mut tx.connection, &tx.entries, &links, &tx.traces).await?;
        Ok(head)
    }

    /// Memory follows the disk.
    fn committed(&mut self, work: &Batch, head: Head) {
        self.head = head;
        self.commits.fetch_add(1, Ordering::Relaxed);
        if work.traces.is_empty() && work.effects.is_empty() {
            return;
        }
        let mut index = self.history.index();
        for trace in &work.traces {
            index.apply(trace);
        }
        for effect in &work.effects {
            match effect {
                Effect::CaseOpened(key) => index.open_case(*key),
                Effect::CaseClosed(key) => index.close_case(*key),
            }
        }
    }

    async fn reopen(&mut self) -> Result<()> {
        let mut connection = sqlite::writer(&self.path).await?;
        sqlite::empty_log(&mut connection).await?;
        let head = ledger::head(&mut connection, self.head).await?;
        if head != self.head {
            catch_up(&mut connection, &self.history, self.head).await?;
            self.head = head;
        }
        self.open = Some(Open::beside(connection, &self.path)?);
        tracing::info!("the store was opened anew");
        Ok(())
    }

    /// Sees what another process (the shell) has written, so that memory does not lag behind.
    async fn look_around(&mut self) {
        let Some(Open { jobs: connection, .. }) = &mut self.open else {
            return;
        };
        match ledger::head(connection, self.head).await {
            Ok(head) if head == self.head => {}
            Ok(head) => match catch_up(connection, &self.history, self.head).await {
                Ok(()) => self.head = head,
                Err(error) => tracing::error!(%error, "the history could not be read again"),
            },
            Err(error) => tracing::error!(%error, "the head of the log could not be read"),
        }
    }

    async fn checkpoint(&mut self, asked: Vec<oneshot::Sender<()>>) {
        if let Some(open) = self.open.as_mut().filter(|_| !asked.is_empty())
            && let Err(error) = sqlite::checkpoint(&mut open.jobs).await
        {
            tracing::warn!(%error, "the log could not be moved into the database");
        }
        for done in asked {
            let _ = done.send(());
        }
    }

    async fn farewell(mut self, done: Option<oneshot::Sender<()>>) {
        let lost = self.soon.entries().len();
        if lost > 0 {
            tracing::error!(lost, "outcomes could not be recorded before the end");
        }
        if let Some(open) = self.open.take() {
            open.close().await;
        }
        if let Some(done) = done {
            let _ = done.send(());
        }
    }
}

/// Everything that goes into one transaction.
#[derive(Default)]
struct Batch {
    entries: Vec<Prepared>,
    traces: Vec<Trace>,
    effects: Vec<Effect>,
    waiting: Vec<oneshot::Sender<Result<()>>>,
    jobs: Vec<Box<dyn Job>>,
    checkpoints: Vec<oneshot::Sender<()>>,
}

impl Batch {
    fn record(&mut self, entry: Prepared, trace: Option<Trace>, done: oneshot::Sender<Result<()>>) {
        self.entries.push(entry);
        self.traces.extend(trace);
        self.waiting.push(done);
    }

    fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.jobs.is_empty() && self.checkpoints.is_empty()
    }

    fn answer(&mut self, outcome: Result<()>) {
        for done in self.waiting.drain(..) {
            let _ = done.send(outcome.clone());
        }
        for job in self.jobs.drain(..) {
            job.end(outcome.clone());
        }
    }
}

/// Takes into memory what was committed after `known`, by whomever.
pub async fn catch_up(connection: &mut SqliteConnection, history: &History, known: Head) -> Result<()> {
    let traces = ledger::traces_after(connection, known.seq).await?;
    let open = cases::open_keys(connection, history).await?;
    let mut index = history.index();
    for trace in &traces {
        index.apply(trace);
    }
    index.set_open_cases(open.into_iter());
    Ok(())
}
