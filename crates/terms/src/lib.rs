//! The words that every room shares: the time, networks.

pub mod clock;
pub mod networks;
