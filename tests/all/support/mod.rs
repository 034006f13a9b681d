//! What the integration tests share: a next hop that does what a script says, a client that talks
//! line by line, a gate between the two, and files of every kind; and the installed program and a
//! Postfix of its own for tests of the whole.

pub mod browser;
pub mod client;
pub mod dkim;
pub mod fake_hop;
pub mod files;
pub mod gate;
pub mod mail;
#[cfg(feature = "oidc")]
pub mod openid;
pub mod postfix;
pub mod program;
pub mod shell;
pub mod site;
