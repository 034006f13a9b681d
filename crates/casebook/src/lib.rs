//! The casebook: the incidents that really happened, each with the way by which data got out, and the rules
//! that stop such a mail, or the reason why none can. A folder an incident: its facts, the messages in its likeness, and what
//! must become of them.

mod door;
pub mod form;
mod incident;
mod load;
mod story;

pub use door::Door;
pub use incident::{Coverage, Incident, Kind};
pub use load::{Casebook, LoadError, embedded, embedded_rules, load};
pub use story::{Expectation, Expected, Sending, Step, StepControl, duration};

/// A text in both languages of the house.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bilingual {
    pub ja: String,
    pub en: String,
}

#[cfg(test)]
mod tests;
