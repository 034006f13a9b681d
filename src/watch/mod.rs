//! What must not stop unnoticed: controls that the organisation's safety depends on, and their dates.

pub mod controls;
pub mod status;
pub mod watcher;
