//! Sekisho (関所): an outbound e-mail guard. The commands; what they command is in `crates/`.
//!
//! `docs/flow.md` is the map of a message's way.

pub mod cli;
