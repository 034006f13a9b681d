//! What is on its way to the writer: outcomes that were put off, and mails that will be recorded
//! presently.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::ledger::Prepared;

/// Entries that go with the next transaction.
#[derive(Clone, Default)]
pub struct PutOff(Arc<PendingWaiting>);

#[derive(Default)]
struct PendingWaiting {
    entries: Mutex<Vec<Prepared>>,
    /// Whether the writer has been told, and will look when its time has come.
    told: AtomicBool,
}

impl PutOff {
    /// Puts an entry off; whether the writer must be told.
    pub fn add(&self, entry: Prepared) -> bool {
        self.entries().push(entry);
        !self.0.told.swap(true, Ordering::SeqCst)
    }

    /// The writer is about to take them, and must be told of what comes after.
    pub fn looked_at(&self) {
        self.0.told.store(false, Ordering::SeqCst);
    }

    /// Takes them all.
    pub fn take(&self) -> Vec<Prepared> {
        std::mem::take(&mut *self.entries())
    }

    /// Puts entries back before those that came meanwhile.
    pub fn put_back(&self, earlier: Vec<Prepared>) {
        self.entries().splice(..0, earlier);
    }

    pub fn entries(&self) -> MutexGuard<'_, Vec<Prepared>> {
        self.0.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many mails are being taken in that will be recorded presently.
#[derive(Clone, Default)]
pub struct InHand(Arc<AtomicUsize>);

/// A mail that is being taken in, until it is dropped.
#[must_use]
pub struct Coming(InHand);

impl InHand {
    /// One more, until what this returns is dropped.
    pub fn one_more(&self) -> Coming {
        self.0.fetch_add(1, Ordering::Relaxed);
        Coming(self.clone())
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for Coming {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use audit::entry::{Entry, Kind};
    use terms::clock::Timestamp;

    #[test]
    fn the_writer_is_told_once_until_it_looks() {
        let outcome = || Prepared::of(&Entry::new(Timestamp::UNIX_EPOCH, Kind::Outcome, "accepted"));
        let put_off = PutOff::default();
        assert!(put_off.add(outcome()));
        assert!(!put_off.add(outcome()));
        // Whoever takes them before the time has come leaves the writer its time.
        assert_eq!(put_off.take().len(), 2);
        assert!(!put_off.add(outcome()));
        put_off.looked_at();
        assert!(put_off.add(outcome()));
        assert_eq!(put_off.take().len(), 2);
    }

    #[test]
    fn mails_in_hand_are_counted_while_they_are() {
        let in_hand = InHand::default();
        let one = in_hand.one_more();
        let two = in_hand.clone().one_more();
        assert_eq!(in_hand.count(), 2);
        drop(one);
        assert_eq!(in_hand.count(), 1);
        drop(two);
        assert_eq!(in_hand.count(), 0);
    }
}
