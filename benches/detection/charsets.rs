//! The charsets that Japanese text comes in, and texts fitted to them.

use encoding_rs::{EUC_JP, Encoding, ISO_2022_JP, SHIFT_JIS};

/// A charset of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Charset {
    Utf8,
    Iso2022Jp,
    ShiftJis,
    EucJp,
    /// With a byte order mark, little end first: what spreadsheets call Unicode text.
    Utf16,
}

pub const BODIES: [Charset; 4] = [Charset::Utf8, Charset::Iso2022Jp, Charset::ShiftJis, Charset::EucJp];
pub const FILES: [Charset; 5] =
    [Charset::Utf8, Charset::ShiftJis, Charset::EucJp, Charset::Utf16, Charset::Iso2022Jp];

impl Charset {
    pub fn name(self) -> &'static str {
        match self {
            Charset::Utf8 => "utf-8",
            Charset::Iso2022Jp => "iso-2022-jp",
            Charset::ShiftJis => "shift_jis",
            Charset::EucJp => "euc-jp",
            Charset::Utf16 => "utf-16",
        }
    }

    fn encoding(self) -> Option<&'static Encoding> {
        match self {
            Charset::Iso2022Jp => Some(ISO_2022_JP),
            Charset::ShiftJis => Some(SHIFT_JIS),
            Charset::EucJp => Some(EUC_JP),
            Charset::Utf8 | Charset::Utf16 => None,
        }
    }

    /// Whether the charset has every character of the text. Hangul, simplified Chinese and accents it
    /// may not have, and nobody would send them in it.
    pub fn has(self, text: &str) -> bool {
        self.encoding().is_none_or(|e| !e.encode(text).2)
    }

    pub fn encode(self, text: &str) -> Vec<u8> {
        match (self, self.encoding()) {
            (_, Some(encoding)) => encoding.encode(text).0.into_owned(),
            (Charset::Utf16, None) => {
                let mut out = vec![0xFF, 0xFE];
                out.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
                out
            }
            (_, None) => text.as_bytes().to_vec(),
        }
    }
}
