//! The way out for what Sekisho has accepted: a worker that delivers, tries again, and reports to the
//! sender what fails for good.

mod fields;
pub mod report;
pub mod retry;
pub mod worker;

use std::time::Duration;

/// The section `[outbox]` of the configuration.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// A mail that cannot be delivered for so long is given up, and its sender told.
    #[serde(deserialize_with = "terms::duration::deserialize")]
    pub give_up_after: Duration,
    /// A mail that cannot be delivered for so long makes its sender be told that it is late, once.
    #[serde(deserialize_with = "terms::duration::deserialize")]
    pub warn_after: Duration,
    /// So many deliveries at the same time.
    pub concurrency: usize,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            give_up_after: Duration::from_secs(5 * 86_400),
            warn_after: Duration::from_secs(4 * 3_600),
            concurrency: 10,
        }
    }
}

impl Options {
    /// What is wrong with the section, in words for whoever wrote it.
    pub fn check(&self) -> Result<(), String> {
        if !(1..=1_000).contains(&self.concurrency) {
            return Err("[outbox] concurrency: it is none of 1 to 1000; give 10 or so".into());
        }
        if self.warn_after > self.give_up_after {
            return Err(
                "[outbox] warn_after: it is longer than give_up_after; give a shorter one, such as \"4h\""
                    .into(),
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
