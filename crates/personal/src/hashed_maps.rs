//! Maps whose keys are hashes already: made by a keyed hasher, so that nobody can write a mail whose values
//! collide, they are not hashed again.

use std::hash::{BuildHasher, Hasher};

/// Builds hashers that pass a key on as it is.
#[derive(Clone, Copy, Default)]
pub(super) struct Keyed;

impl BuildHasher for Keyed {
    type Hasher = AsItIs;

    fn build_hasher(&self) -> AsItIs {
        AsItIs(0)
    }
}

/// The hasher of [`Keyed`]; only for keys that are one `u64`.
pub(super) struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }

    fn write(&mut self, bytes: &[u8]) {
        // Anything else is folded, so that the type is right for every key, if slow.
        self.0 = bytes.iter().fold(self.0, |h, b| h.rotate_left(8) ^ u64::from(*b));
    }
}
