//! The audit log: what is recorded, and how a reader proves that nothing was changed.

pub mod chain;
pub mod entry;
pub mod export;
pub mod filter;
pub mod verify;
