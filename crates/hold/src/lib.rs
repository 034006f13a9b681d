//! Held mail: what may be done with a case, by whom, and what happens when nobody does anything.

pub mod approval;
pub mod approval_requests;
pub mod business;
mod end;
pub mod expire;
mod holidays;
pub mod links;
pub mod notice_sender;
pub mod person;
mod propose;
mod refusal;
mod repair;
pub mod review;
pub mod reviewer;

use std::time::Duration;

/// The section `[hold]` of the configuration.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// A held mail that nobody decides about ends after so long; it is never sent.
    #[serde(deserialize_with = "terms::duration::deserialize")]
    pub expire_after: Duration,
    /// The bytes of a case are kept for so long after it has ended.
    #[serde(deserialize_with = "terms::duration::deserialize")]
    pub keep_concluded: Duration,
    /// What was chosen on a page leaves, or ends, after so long, and can be undone until then; 0 for at once.
    #[serde(deserialize_with = "terms::duration::deserialize")]
    pub undo: Duration,
}

impl Default for Options {
    fn default() -> Self {
        const DAY: u64 = 86_400;
        Options {
            expire_after: Duration::from_secs(14 * DAY),
            keep_concluded: Duration::from_secs(30 * DAY),
            undo: Duration::from_secs(30),
        }
    }
}

impl Options {
    /// What is wrong with the section, in words for whoever wrote it.
    pub fn check(&self) -> Result<(), String> {
        if self.expire_after < Duration::from_secs(3_600) {
            return Err(
                "[hold] expire_after: less than an hour leaves no time to decide; give \"14d\" or so".into(),
            );
        }
        if self.undo > Duration::from_secs(600) {
            return Err(
                "[hold] undo: it is longer than ten minutes, and mail would wait for all of it; give \"30s\" or so".into()
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
