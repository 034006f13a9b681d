//! What the integration tests share: a next hop that does what a script says, a client that talks
//! line by line, and a gate between the two.

pub mod client;
pub mod fake_hop;
pub mod gate;
