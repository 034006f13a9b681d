//! The pages, read by a plain reader over real sockets.

mod approver;
mod sender;
mod signing_in;
