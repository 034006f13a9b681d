//! The service: its configuration, and its start in the order of a message.

pub mod config;
pub mod serve;
