//! The language of SMTP: commands, replies, paths, data framing. It knows no sockets, so tests and
//! fuzzers feed it bytes.

pub mod attributes;
pub mod capabilities;
pub mod command;
pub mod data;
pub mod envelope;
pub mod header;
mod line_ends;
pub mod path;
pub mod reply;
pub mod reverse_path;
pub mod stuffing;
pub mod transaction;
