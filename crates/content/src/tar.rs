//! tar archives (POSIX.1-2001 ustar and pax, and GNU's long names).

use super::extraction::{At, Extraction};
use super::{Why, charset};

const BLOCK: usize = 512;

/// Whether the file begins with a header of the time before `ustar`: its checksum is right.
pub fn is_old_header(bytes: &[u8]) -> bool {
    bytes.len() >= BLOCK && bytes[0] > b' ' && checksum(&bytes[..BLOCK]).is_some()
}

/// Reads the files of a tar archive.
pub fn file(x: &mut Extraction, at: &At, bytes: &[u8]) -> Result<(), Why> {
    let mut rest = bytes;
    let mut long_name: Option<Vec<u8>> = None;
    while rest.len() >= BLOCK {
        let (header, body) = rest.split_at(BLOCK);
        if header.iter().all(|b| *b == 0) {
            return Ok(());
        }
        checksum(header).ok_or(Why::Broken)?;
        let size = number(&header[124..136]).ok_or(Why::Broken)?;
        let data = body.get(..size).ok_or(Why::Broken)?;
        match header[156] {
            b'L' => long_name = Some(until_nul(data).to_vec()),
            b'x' => long_name = pax_path(data).or(long_name),
            b'0' | 0 | b'7' => {
                let name = long_name.take().unwrap_or_else(|| short_name(header));
                if !name.ends_with(b"/") {
                    x.file(&at.inner(), Some(&charset::name(&name)), None, data);
                }
            }
            _ => long_name = None,
        }
        let padded = size.div_ceil(BLOCK) * BLOCK;
        rest = body.get(padded..).unwrap_or_default();
        if x.budget.parts_spent() {
            return Ok(());
        }
        x.budget.time()?;
    }
    if rest.is_empty() { Ok(()) } else { Err(Why::Broken) }
}

fn until_nul(field: &[u8]) -> &[u8] {
    &field[..memchr::memchr(0, field).unwrap_or(field.len())]
}

fn short_name(header: &[u8]) -> Vec<u8> {
    let name = until_nul(&header[..100]);
    let prefix = if &header[257..262] == b"ustar" { until_nul(&header[345..500]) } else { b"" };
    if prefix.is_empty() { name.to_vec() } else { [prefix, b"/", name].concat() }
}

/// The sum of the header's bytes with the sum's own field as blanks, where it is what the field
/// says.
fn checksum(header: &[u8]) -> Option<usize> {
    let said = number(header.get(148..156)?)?;
    let sum = |bytes: &[u8]| bytes.iter().map(|b| usize::from(*b)).sum::<usize>();
    let real = sum(&header[..148]) + 8 * usize::from(b' ') + sum(&header[156..]);
    (said == real).then_some(real)
}

/// An octal number, or GNU's binary one.
fn number(field: &[u8]) -> Option<usize> {
    if field.first()? & 0x80 != 0 {
        let bytes = field.get(field.len().checked_sub(7)?..)?;
        return Some(bytes.iter().fold(0, |n, b| n << 8 | usize::from(*b)));
    }
    let digits = field.iter().skip_while(|b| **b == b' ').take_while(|b| b.is_ascii_digit());
    let mut any = false;
    let mut value: usize = 0;
    for digit in digits {
        any = true;
        value = value.checked_mul(8)?.checked_add(usize::from(digit - b'0'))?;
    }
    any.then_some(value)
}

/// The `path` record of a pax header: `LENGTH path=VALUE\n`.
fn pax_path(mut data: &[u8]) -> Option<Vec<u8>> {
    while !data.is_empty() {
        let space = memchr::memchr(b' ', data)?;
        let length: usize = std::str::from_utf8(&data[..space]).ok()?.parse().ok()?;
        let record = data.get(space + 1..length.checked_sub(1)?)?;
        if let Some(path) = record.strip_prefix(b"path=") {
            return Some(path.to_vec());
        }
        data = data.get(length..)?;
    }
    None
}
