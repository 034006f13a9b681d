//! What the integration tests share: a next hop that does what a script says, a client that talks
//! line by line, a gate between the two, and files of every kind.

pub mod client;
pub mod fake_hop;
pub mod files;
pub mod gate;
