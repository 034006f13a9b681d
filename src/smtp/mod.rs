//! The language of SMTP: commands, replies, paths, data framing. It knows no sockets, so tests and
//! fuzzers feed it bytes.

pub mod envelope;
pub mod reply;
pub mod transaction;
