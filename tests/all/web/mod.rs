//! The pages, read by a plain reader over real sockets.

mod accounts;
mod elsewhere;
mod excepting;
mod reading;
mod sender;
mod signing_in;
