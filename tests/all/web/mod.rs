//! The pages, read by a plain reader over real sockets.

mod sender;
mod signing_in;
