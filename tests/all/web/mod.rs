//! The pages, read by a plain reader over real sockets.

mod accounts;
mod approver;
mod cases;
#[cfg(feature = "oidc")]
mod elsewhere;
mod excepting;
mod overrides;
mod reading;
pub mod sender;
mod signing_in;
