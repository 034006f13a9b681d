//! The one source of time. Everything that compares or records a time asks a [`Clock`], so that a
//! test can move it; the real one is the system's.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

pub use jiff::Timestamp;

/// A clock that can be cloned into every task. Cheap to clone and to read.
#[derive(Clone, Debug)]
pub struct Clock(ClockSource);

#[derive(Clone, Debug)]
enum ClockSource {
    System,
    /// Milliseconds since the Unix epoch, moved by hand.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Clock(ClockSource::System)
    }

    /// A clock that stands still at `at` until [`Clock::set`] or [`Clock::advance`] moves it.
    pub fn manual(at: Timestamp) -> Self {
        Clock(ClockSource::Manual(Arc::new(AtomicI64::new(at.as_millisecond()))))
    }

    /// The present time.
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            ClockSource::System => Timestamp::now(),
            ClockSource::Manual(ms) => {
                Timestamp::from_millisecond(ms.load(Ordering::SeqCst)).unwrap_or(Timestamp::MAX)
            }
        }
    }

    /// Moves a manual clock; the system's clock does not move.
    pub fn set(&self, at: Timestamp) {
        if let ClockSource::Manual(ms) = &self.0 {
            ms.store(at.as_millisecond(), Ordering::SeqCst);
        }
    }

    /// Moves a manual clock forward; the system's clock does not move.
    pub fn advance(&self, by: std::time::Duration) {
        if let ClockSource::Manual(ms) = &self.0 {
            ms.fetch_add(by.as_millis() as i64, Ordering::SeqCst);
        }
    }
}
