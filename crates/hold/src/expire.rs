//! The timer of held mail: a case that nobody decided about ends, its mail is not sent, and its sender
//! hears of it. Now and then, what is no longer needed is let go of.

use std::future::Future;
use std::time::Duration;

use tokio::sync::watch;

use super::Options;
use super::end::{self, Ended};
use super::review::Refusal;
use store::{State, Store};

/// How often it looks.
const EVERY: Duration = Duration::from_secs(60);
/// How often it tidies.
const TIDY: Duration = Duration::from_secs(3_600);
/// So many cases at a time.
const AT_ONCE: usize = 100;

/// Runs until `stop` is ready; it stops between two cases. Each look goes by the options of then.
pub async fn run(store: Store, options: watch::Receiver<Options>, stop: impl Future<Output = ()>) {
    let mut stop = std::pin::pin!(stop);
    let mut tidied: Option<tokio::time::Instant> = None;
    loop {
        if let Err(error) = sweep(&store).await {
            tracing::error!(%error, "expired cases could not be ended; trying again");
        }
        if tidied.is_none_or(|at| at.elapsed() >= TIDY) {
            let now = options.borrow().clone();
            match tidy(&store, &now).await {
                Ok(()) => tidied = Some(tokio::time::Instant::now()),
                Err(error) => tracing::error!(%error, "the store could not be tidied; trying again"),
            }
        }
        tokio::select! {
            () = &mut stop => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

/// Ends the cases whose time is over; how many.
pub async fn sweep(store: &Store) -> Result<usize, Refusal> {
    let mut ended = 0;
    loop {
        let due = store.expired(AT_ONCE).await?;
        let last = due.len() < AT_ONCE;
        for case in due {
            let word = Ended {
                to: State::Expired,
                by: "sekisho",
                reason: "",
                notes: Vec::new(),
                repair: None,
                removed: &[],
                undo: Duration::ZERO,
                right: None,
            };
            match end::end(store, case, word, Vec::new()).await {
                Ok(Some(_)) => ended += 1,
                // Somebody was quicker, or it has grown: the next look sees it as it is.
                Ok(None) | Err(Refusal::Over(_) | Refusal::NotFound(_)) => {}
                Err(error) => return Err(error),
            }
        }
        if last {
            return Ok(ended);
        }
    }
}

/// One process of those that share the store lets go of what is no longer needed.
async fn tidy(store: &Store, options: &Options) -> store::Result<()> {
    if store.lease("tidy", TIDY / 2).await? {
        store.purge(options.keep_concluded).await?;
    }
    Ok(())
}
