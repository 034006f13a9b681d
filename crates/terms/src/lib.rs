//! The words that every room shares: the time, its lengths, sizes, networks.

pub mod byte_size;
pub mod clock;
pub mod duration;
pub mod networks;

pub use byte_size::ByteSize;
