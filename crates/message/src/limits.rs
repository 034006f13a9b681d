//! The limits of reading one message. Over a limit the rest is not read: that is a defect, and the
//! part is named as uninspected, so that the message is held rather than passed as clean.

/// How much of one message is read; the `[limits]` section of the configuration.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// How deep MIME parts and attached messages may nest.
    pub max_depth: usize,
    /// How many MIME parts a message may have, attached messages' parts included.
    pub max_parts: usize,
    /// How many header fields a header may have.
    pub max_header_fields: usize,
    /// How many bytes a header may have.
    pub max_header_bytes: usize,
    /// How many addresses are taken from the header.
    pub max_addresses: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            max_depth: 50,
            max_parts: 1_000,
            max_header_fields: 2_000,
            max_header_bytes: 1 << 20,
            max_addresses: 10_000,
        }
    }
}
