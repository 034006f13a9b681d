//! The pages, read by a plain reader over real sockets.

mod accounts;
mod cases;
mod elsewhere;
mod excepting;
mod overrides;
mod sender;
mod signing_in;
