//! Sizes in bytes as people write them in the configuration: `50MB`, `50MiB`, `64 KB`, `1.5GB`, or a
//! plain number of bytes. K, M, G and T are powers of 1024 in either spelling, as mail servers count.

use serde::de::{Deserializer, Error, Visitor};

/// What a size looks like; the remedy of every error about one.
pub const FORM: &str = "write a number with KB, MB or GB, such as \"50MB\"";

/// A number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct ByteSize(pub u64);

impl ByteSize {
    /// As a length in memory; more than fits counts as the most that fits.
    pub fn as_usize(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }

    /// Reads a size; none where the text is none, or more than 2^64 bytes.
    pub fn parse(text: &str) -> Option<ByteSize> {
        let text = text.trim();
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, unit) = text.split_at(end);
        let factor = match unit.trim_start().to_ascii_uppercase().as_str() {
            "" | "B" => 1,
            "K" | "KB" | "KIB" => 1u64 << 10,
            "M" | "MB" | "MIB" => 1 << 20,
            "G" | "GB" | "GIB" => 1 << 30,
            "T" | "TB" | "TIB" => 1 << 40,
            _ => return None,
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        if fraction.is_empty() || fraction.len() > 9 || (factor == 1 && number.contains('.')) {
            return None;
        }
        let whole = whole.parse::<u64>().ok()?.checked_mul(factor)?;
        let scale = 10u64.checked_pow(u32::try_from(fraction.len()).ok()?)?;
        let part = u128::from(fraction.parse::<u64>().ok()?) * u128::from(factor) / u128::from(scale);
        whole.checked_add(u64::try_from(part).ok()?).map(ByteSize)
    }
}

impl<'de> serde::Deserialize<'de> for ByteSize {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct TextOrNumber;
        impl Visitor<'_> for TextOrNumber {
            type Value = ByteSize;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a size such as \"50MB\"")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<ByteSize, E> {
                ByteSize::parse(text).ok_or_else(|| E::custom(format!("{text:?} is not a size; {FORM}")))
            }

            fn visit_u64<E: Error>(self, bytes: u64) -> Result<ByteSize, E> {
                Ok(ByteSize(bytes))
            }

            fn visit_i64<E: Error>(self, bytes: i64) -> Result<ByteSize, E> {
                let size = u64::try_from(bytes).map(ByteSize);
                size.map_err(|_| E::custom(format!("the number {bytes} is not a size; {FORM}")))
            }

            fn visit_f64<E: Error>(self, bytes: f64) -> Result<ByteSize, E> {
                Err(E::custom(format!("the number {bytes} is not a size; {FORM}")))
            }
        }
        from.deserialize_any(TextOrNumber)
    }
}

/// For a field that keeps its bytes as a plain number: `#[serde(deserialize_with = …)]`.
///
/// # Errors
/// What is wrong, and after `; ` what would be right.
pub fn deserialize_bytes<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    <ByteSize as serde::Deserialize>::deserialize(from).map(|size| size.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sizes_are_read() {
        for (text, bytes) in [
            ("0", 0),
            ("998", 998),
            ("998B", 998),
            ("64 KB", 65_536),
            ("50MB", 52_428_800),
            ("50MiB", 52_428_800),
            ("50 mib", 52_428_800),
            ("1.5GB", 1_610_612_736),
            ("1TB", 1 << 40),
        ] {
            assert_eq!(ByteSize::parse(text), Some(ByteSize(bytes)), "{text}");
        }
        for text in ["", "MB", "fifty", "1XB", "-1", "1.5", "1.B", "1e3", "20000000000000000000TB", "5 0"] {
            assert_eq!(ByteSize::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,20}|[0-9 KMGTiB.]{0,12}") {
            let _ = ByteSize::parse(&text);
        }
    }
}
