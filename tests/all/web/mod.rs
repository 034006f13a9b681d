//! The pages, read by a plain reader over real sockets.

mod signing_in;
