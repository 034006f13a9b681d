//! What reading one message may cost. Every limit is a config key; what is over one is named as
//! uninspected and never counted as clean.

use std::io::Read;
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::{Limit, Why};

/// Below this many bytes a high ratio of packed to unpacked is no sign of a bomb: short runs of
/// spaces reach it.
const RATIO_FROM: u64 = 1 << 20;

/// The limits for one message; `[content]` in the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Bytes unpacked and text produced for one message in all.
    #[serde(deserialize_with = "terms::byte_size::deserialize_bytes")]
    pub total_bytes: u64,
    /// Bytes of one unpacked file.
    #[serde(deserialize_with = "terms::byte_size::deserialize_bytes")]
    pub file_bytes: u64,
    /// Unpacked bytes for each packed one, judged from 1 MiB on.
    pub ratio: u64,
    /// Files within files: a mail in a zip in a mail is 2.
    pub depth: u32,
    /// Parts and files, nested ones included.
    pub parts: u32,
    /// Cells of all tables.
    pub cells: u64,
    /// Milliseconds spent on one message; looked at between and within files.
    pub time_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            total_bytes: 128 << 20,
            file_bytes: 48 << 20,
            ratio: 250,
            depth: 8,
            parts: 2000,
            cells: 2_000_000,
            time_ms: 4000,
        }
    }
}

/// What is left of the limits while one message is read.
pub struct Budget {
    pub limits: Limits,
    bytes: u64,
    parts: u32,
    cells: u64,
    // Monotonic, and only to bound work: no recorded time comes from it.
    deadline: Instant,
}

impl Budget {
    pub fn new(limits: &Limits) -> Self {
        Budget {
            limits: limits.clone(),
            bytes: 0,
            parts: 0,
            cells: 0,
            deadline: Instant::now() + Duration::from_millis(limits.time_ms),
        }
    }

    /// Charges `n` bytes of unpacked data or of text.
    pub fn bytes(&mut self, n: usize) -> Result<(), Why> {
        self.bytes = self.bytes.saturating_add(n as u64);
        over(self.bytes > self.limits.total_bytes, Limit::TotalBytes)
    }

    /// Charges `n` cells of a table.
    pub fn cells(&mut self, n: usize) -> Result<(), Why> {
        self.cells = self.cells.saturating_add(n as u64);
        over(self.cells > self.limits.cells, Limit::Cells)
    }

    /// Charges a part or a file, `depth` files deep.
    pub fn part(&mut self, depth: u32) -> Result<(), Why> {
        self.parts = self.parts.saturating_add(1);
        over(self.parts > self.limits.parts, Limit::Parts)?;
        over(depth > self.limits.depth, Limit::Depth)?;
        self.time()
    }

    /// Whether the parts of the message are used up, so that the rest need not even be looked at.
    pub fn parts_spent(&self) -> bool {
        self.parts > self.limits.parts
    }

    /// Fails once the time is over.
    pub fn time(&self) -> Result<(), Why> {
        over(Instant::now() >= self.deadline, Limit::Time)
    }

    /// Reads `packed` bytes' worth of unpacked data to its end, within the limits, and charges it.
    pub fn unpack(&mut self, from: impl Read, packed: u64) -> Result<Vec<u8>, Why> {
        let (data, whole) = self.read(from, packed)?;
        if whole { Ok(data) } else { Err(Why::Broken) }
    }

    /// The same, but data that is damaged counts as far as it goes.
    pub fn unpack_some(&mut self, from: impl Read, packed: u64) -> Result<Vec<u8>, Why> {
        self.read(from, packed).map(|(data, _)| data)
    }

    fn read(&mut self, mut from: impl Read, packed: u64) -> Result<(Vec<u8>, bool), Why> {
        let mut out = Vec::new();
        let mut chunk = [0; 32 * 1024];
        loop {
            let n = match from.read(&mut chunk) {
                Ok(0) => return Ok((out, true)),
                Ok(n) => n,
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(_) => return Ok((out, false)),
            };
            out.extend_from_slice(&chunk[..n]);
            let len = out.len() as u64;
            over(len > self.limits.file_bytes, Limit::FileBytes)?;
            let allowed = packed.max(1).saturating_mul(self.limits.ratio);
            over(len > RATIO_FROM && len > allowed, Limit::Ratio)?;
            self.bytes(n)?;
            self.time()?;
        }
    }
}

fn over(is: bool, limit: Limit) -> Result<(), Why> {
    if is { Err(Why::OverLimit(limit)) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_and_without_unit() {
        let limits: Limits = toml::from_str("file_bytes = \"2MB\"\ntotal_bytes = 5000").unwrap();
        assert_eq!((limits.file_bytes, limits.total_bytes), (2 << 20, 5000));
        assert!(toml::from_str::<Limits>("file_bytes = \"2 parsecs\"").is_err());
        assert!(toml::from_str::<Limits>("file_bites = 2").is_err());
    }

    #[test]
    fn an_endless_stream_ends_at_the_limit() {
        let limits = Limits { file_bytes: 3 << 20, ..Limits::default() };
        let mut budget = Budget::new(&limits);
        let got = budget.unpack(std::io::repeat(0), u64::MAX);
        assert_eq!(got.unwrap_err(), Why::OverLimit(Limit::FileBytes));
        let got = Budget::new(&limits).unpack(std::io::repeat(0), 1000);
        assert_eq!(got.unwrap_err(), Why::OverLimit(Limit::Ratio));
    }
}
