//! The pages, read by a plain reader over real sockets.

mod cases;
mod overrides;
mod sender;
mod signing_in;
