//! Replies (RFC 5321 section 4.2): a code, and lines of text that start with the enhanced status
//! code (RFC 3463) where there is one.

/// One reply, whole.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Reply {
    /// 200 to 599.
    pub code: u16,
    /// At least one line, without code, CR or LF: `2.1.0 Ok`.
    pub lines: Vec<String>,
}

impl Reply {
    /// A reply of one line; CR, LF and NUL in it become spaces.
    pub fn new(code: u16, line: impl AsRef<str>) -> Self {
        let line = line.as_ref().replace(['\r', '\n', '\0'], " ");
        Reply {
            code,
            lines: vec![line],
        }
    }

    /// 2xx.
    pub fn is_positive(&self) -> bool {
        (200..300).contains(&self.code)
    }

    /// 5xx.
    pub fn is_permanent(&self) -> bool {
        (500..600).contains(&self.code)
    }
}
