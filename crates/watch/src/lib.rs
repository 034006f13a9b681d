//! What must not stop unnoticed: controls that the organisation's safety depends on, and their dates.

pub mod controls;
pub mod proof;
pub mod reload;
pub mod status;
pub mod tally;
pub mod watcher;
