//! A look at a PDF before it is parsed: the parser unpacks object streams and cross-reference
//! streams without limit, so one that would burst is found here.

use flate2::read::ZlibDecoder;
use memchr::memmem;

use super::extraction::Extraction;
use super::{Limit, Why};

/// How far before its data a stream's dictionary is looked for.
const DICTIONARY: usize = 4096;
/// Packed object streams of an encrypted file, which cannot be measured: at the ratio that deflate
/// reaches at most this stays within the memory that one message may take.
const UNMEASURED: usize = 192 * 1024;

/// Fails where a stream that the parser would unpack by itself is over a limit.
pub fn check(x: &mut Extraction, bytes: &[u8]) -> Result<(), Why> {
    let encrypted = memmem::find(bytes, b"/Encrypt").is_some();
    let mut unmeasured = 0;
    let mut unpacked = 0u64;
    for found in memmem::find_iter(bytes, b"stream") {
        if found >= 3 && bytes.get(found - 3..found) == Some(b"end") {
            continue;
        }
        let window = &bytes[found.saturating_sub(DICTIONARY)..found];
        let start = memmem::rfind(window, b" obj").or_else(|| memmem::rfind(window, b"endobj"));
        let dictionary = start.map_or(window, |s| &window[s..]);
        if !holds_objects(dictionary) {
            continue;
        }
        x.budget.time()?;
        let data = bytes.get(found + 6..).unwrap_or_default();
        let data = data.strip_prefix(b"\r\n").or_else(|| data.strip_prefix(b"\n")).unwrap_or(data);
        let is_xref = memmem::find(dictionary, b"XRef").is_some();
        filters(dictionary)?;
        if encrypted && !is_xref {
            unmeasured += memmem::find(data, b"endstream").unwrap_or(data.len());
            if unmeasured > UNMEASURED {
                return Err(Why::OverLimit(Limit::Ratio));
            }
            continue;
        }
        // Measured apart from what the message may unpack in all: it is not kept.
        let mut decoder = ZlibDecoder::new(data);
        let mut chunk = [0; 16 * 1024];
        while let Ok(n @ 1..) = std::io::Read::read(&mut decoder, &mut chunk) {
            unpacked += n as u64;
            if unpacked > x.budget.limits.file_bytes {
                return Err(Why::OverLimit(Limit::FileBytes));
            }
            x.budget.time()?;
        }
    }
    Ok(())
}

/// Whether a stream with this dictionary may be one of objects or of cross-references. Names can
/// be written with escapes, so one with an escape may be anything.
fn holds_objects(dictionary: &[u8]) -> bool {
    [&b"ObjStm"[..], b"XRef", b"/First", b"/W[", b"/W [", b"#"]
        .iter()
        .any(|key| memmem::find(dictionary, key).is_some())
}

/// Such streams are packed once, by Flate, or not at all. Anything else is not to be measured
/// and, in practice, not to be met.
fn filters(dictionary: &[u8]) -> Result<(), Why> {
    let count = |key: &[u8]| memmem::find_iter(dictionary, key).count();
    let flate = count(b"FlateDecode");
    let named = count(b"/Filter");
    let others = count(b"LZW") + count(b"RunLength") + count(b"ASCII") + count(b"/Fl ");
    if flate > 1 || others > 0 || named > flate {
        return Err(Why::Unknown("unusually packed PDF".into()));
    }
    Ok(())
}
