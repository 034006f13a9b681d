//! Counts the log up for the overview, behind the mail and never in its way.

use std::time::Duration;

use store::Store;

/// How often it looks for new entries.
const EVERY: Duration = Duration::from_secs(5);
/// Between two stretches, so that mail goes first.
const BREATH: Duration = Duration::from_millis(20);
/// After an error.
const AGAIN: Duration = Duration::from_secs(30);

/// Runs until `stop` is ready; it stops between two stretches.
pub async fn run(store: Store, stop: impl Future<Output = ()>) {
    let mut stop = std::pin::pin!(stop);
    loop {
        let pause = match store.tally().await {
            Ok(true) => BREATH,
            Ok(false) => EVERY,
            Err(error) => {
                tracing::error!(%error, "the log could not be counted; trying again");
                AGAIN
            }
        };
        tokio::select! {
            () = &mut stop => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}
