//! Moving the log into the database file, beside the writing: a connection of its own does the work,
//! and the writer only finishes it, so that the log can start again from its beginning.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Sender;
use std::time::Duration;

use tokio::sync::{Notify, oneshot};

use super::sqlite;
use super::writer::{Commits, Request};

/// How often the log is looked at.
const LOOK: Duration = Duration::from_secs(1);
/// After so many commits the log is moved; each is a few pages of 4 KB.
const COMMITS: u64 = 500;

/// Runs until it is told to stop or the writer is gone.
pub async fn run(path: PathBuf, commits: Commits, writer: Sender<Request>, stop: Arc<Notify>) {
    let mut moved = 0;
    loop {
        tokio::select! {
            () = stop.notified() => return,
            () = tokio::time::sleep(LOOK) => {}
        }
        let now = commits.load(Ordering::Relaxed);
        if now.saturating_sub(moved) < COMMITS {
            continue;
        }
        moved = now;
        if let Err(error) = move_log(&path).await {
            tracing::warn!(%error, "the log could not be moved into the database");
            continue;
        }
        let (done, finished) = oneshot::channel();
        if writer.send(Request::Checkpoint(done)).is_err() {
            return;
        }
        let _ = finished.await;
    }
}

async fn move_log(path: &std::path::Path) -> super::Result<()> {
    let mut connection = sqlite::writer(path).await?;
    let moved = sqlite::checkpoint(&mut connection).await;
    sqlite::close(connection).await;
    moved
}
