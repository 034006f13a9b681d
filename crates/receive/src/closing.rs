//! How a session hears that the house closes: at once where it waits for a command, and after a grace
//! wherever else it waits for its client.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// One session's ear for the close.
#[derive(Debug)]
pub(super) struct Closing {
    stop: watch::Receiver<bool>,
    grace: Duration,
    /// When the grace is over; known once the close was heard of.
    over: Option<Instant>,
}

impl Closing {
    /// `stop` turns true, or its sender goes, when the house closes.
    pub(super) fn new(stop: watch::Receiver<bool>, grace: Duration) -> Self {
        Closing { stop, grace, over: None }
    }

    /// Whether the house closes.
    pub(super) fn has_begun(&self) -> bool {
        *self.stop.borrow() || self.stop.has_changed().is_err()
    }

    /// Ready when the house begins to close.
    pub(super) async fn begins(&mut self) {
        // A sender that is gone is a close as well.
        let _ = self.stop.wait_for(|stop| *stop).await;
    }

    /// Waits for the client; none where the grace was over first. The grace is one for all waits of
    /// the session, so that bytes in drips do not lengthen it.
    pub(super) async fn unless_over<T>(&mut self, wait: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            done = wait => Some(done),
            () = self.ends() => None,
        }
    }

    async fn ends(&mut self) {
        self.begins().await;
        let grace = self.grace;
        sleep_until(*self.over.get_or_insert_with(|| Instant::now() + grace)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRACE: Duration = Duration::from_millis(60);

    #[tokio::test]
    async fn the_grace_is_one_for_all_waits() {
        let (stop, heard) = watch::channel(false);
        let mut closing = Closing::new(heard, GRACE);
        let drip = || tokio::time::sleep(GRACE / 4);
        for _ in 0..6 {
            assert_eq!(closing.unless_over(drip()).await, Some(()), "nobody has closed");
        }
        stop.send_replace(true);
        assert!(closing.has_begun());
        let start = Instant::now();
        let mut drips = 0;
        while closing.unless_over(drip()).await.is_some() {
            drips += 1;
            assert!(drips < 1_000, "drips go on for ever");
        }
        assert!(start.elapsed() >= GRACE);
        assert_eq!(closing.unless_over(async { 2 }).await, Some(2), "what is there already is taken");
    }

    #[tokio::test]
    async fn nobody_left_to_say_it_is_a_close() {
        let (stop, heard) = watch::channel(false);
        let mut closing = Closing::new(heard, GRACE);
        assert!(!closing.has_begun());
        drop(stop);
        closing.begins().await;
        assert!(closing.has_begun());
        assert_eq!(closing.unless_over(std::future::pending::<()>()).await, None);
    }
}
