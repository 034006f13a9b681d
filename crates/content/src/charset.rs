//! Bytes to text in any charset. A label is believed while the bytes agree with it; a text that is
//! UTF-8, ISO-2022-JP or UTF-16 by its bytes is read as that, whatever the label says.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{
    BIG5, EUC_JP, EUC_KR, Encoding, GB18030, GBK, ISO_2022_JP, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE,
};
use memchr::{memchr, memmem};

/// How much of a text the detector looks at: enough to be sure, little enough to cost nothing.
const SAMPLE: usize = 64 * 1024;

/// Decodes `bytes`, which their sender labelled with the charset `label`.
pub fn decode<'a>(bytes: &'a [u8], label: Option<&str>) -> Cow<'a, str> {
    if let Some((encoding, skip)) = Encoding::for_bom(bytes) {
        return plain(encoding, &bytes[skip..]);
    }
    if let Some(encoding) = utf_16_by_bytes(bytes) {
        return plain(encoding, bytes);
    }
    if is_iso_2022(bytes) {
        return Cow::Owned(iso_2022(bytes));
    }
    let name = label.unwrap_or("").trim().trim_matches('"').to_ascii_lowercase();
    if name.contains("utf-7") || name.contains("utf7") {
        return Cow::Owned(utf_7(bytes));
    }
    if let Ok(text) = simdutf8::basic::from_utf8(bytes) {
        // UTF-8 with characters beyond ASCII is hardly ever anything else by chance.
        return Cow::Borrowed(text);
    }
    let labelled = Encoding::for_label(name.as_bytes()).filter(|e| *e != ISO_2022_JP);
    legacy(bytes, labelled)
}

fn plain<'a>(encoding: &'static Encoding, bytes: &'a [u8]) -> Cow<'a, str> {
    encoding.decode_without_bom_handling(bytes).0
}

/// A text that is no UTF-8: its label, the detector and the Japanese charsets compete, and the
/// one with the fewest undecodable places wins; the label wins a draw, unless it is one of the
/// single-byte charsets that accept any bytes.
fn legacy<'a>(bytes: &'a [u8], labelled: Option<&'static Encoding>) -> Cow<'a, str> {
    let sample = &bytes[..bytes.len().min(SAMPLE)];
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(sample, true);
    let guess = detector.guess(Some(b"jp"), Utf8Detection::Allow);
    if let Some(encoding) = labelled
        && is_multi_byte(encoding)
        && faults(encoding, sample) == 0
    {
        return plain(encoding, bytes);
    }
    if !is_multi_byte(guess) && labelled.is_none_or(|e| !is_multi_byte(e)) {
        return plain(labelled.unwrap_or(guess), bytes);
    }
    // The label stands last here: it has shown faults, or accepts anything.
    let guessed = Some(guess).filter(|g| is_multi_byte(g));
    let candidates = [guessed, Some(SHIFT_JIS), Some(EUC_JP), labelled];
    // Single-byte charsets show no faults: they are taken only where no other reading is clean.
    let best = candidates
        .into_iter()
        .flatten()
        .min_by_key(|e| if is_multi_byte(e) { faults(e, sample) * 4 } else { 3 })
        .unwrap_or(guess);
    plain(best, bytes)
}

fn is_multi_byte(encoding: &'static Encoding) -> bool {
    [UTF_8, SHIFT_JIS, EUC_JP, GBK, GB18030, BIG5, EUC_KR, UTF_16LE, UTF_16BE].contains(&encoding)
}

/// How many places of `sample` the encoding cannot decode; one that is cut off at the end is none.
fn faults(encoding: &'static Encoding, sample: &[u8]) -> usize {
    let (text, _) = encoding.decode_without_bom_handling(sample);
    text.trim_end_matches('\u{fffd}').matches('\u{fffd}').count()
}

/// UTF-16 without a byte order mark: there are zero bytes, nearly all of them on one side, and
/// most of the units are characters in common use.
fn utf_16_by_bytes(bytes: &[u8]) -> Option<&'static Encoding> {
    let sample = &bytes[..bytes.len().min(2048) & !1];
    if sample.len() < 4 || !sample.contains(&0) {
        return None;
    }
    let usual = |unit: u16| matches!(unit, 9 | 10 | 13 | 0x20..=0x7e | 0x3000..=0x30ff | 0x4e00..=0x9fff | 0xff00..=0xffef);
    let share = |read: fn([u8; 2]) -> u16| {
        let units = sample.chunks_exact(2).map(|p| read([p[0], p[1]]));
        units.filter(|u| usual(*u)).count() * 2 * 100 / sample.len()
    };
    let (little, big) = (share(u16::from_le_bytes), share(u16::from_be_bytes));
    match little.cmp(&big) {
        std::cmp::Ordering::Greater if little >= 90 => Some(UTF_16LE),
        std::cmp::Ordering::Less if big >= 90 => Some(UTF_16BE),
        _ => None,
    }
}

/// Whether the bytes shift between character sets by escapes (ISO/IEC 2022, RFC 1468).
fn is_iso_2022(bytes: &[u8]) -> bool {
    memchr(0x1b, bytes).is_some()
        && [&b"\x1b$B"[..], b"\x1b$@", b"\x1b$(", b"\x1b(I", b"\x1b(J", b"\x1b$A"]
            .iter()
            .any(|escape| memmem::find(bytes, escape).is_some())
}

/// The set that an escape sequence of ISO-2022-JP and its variants turns to.
#[derive(Clone, Copy, PartialEq)]
enum Set {
    Ascii,
    Katakana,
    /// JIS X 0208, and JIS X 0213 plane 1, which has it within.
    Kanji,
    /// JIS X 0212.
    Supplement,
    Chinese,
    Korean,
    /// JIS X 0213 plane 2: no decoder knows it.
    Unknown,
}

/// ISO-2022-JP with its extensions (-1, -2, -3, CP5022x, half-width katakana by escape or by
/// shift-out). Each run is turned into the matching EUC form, which is the same code with the
/// high bit set.
fn iso_2022(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    let mut set = Set::Ascii;
    let mut shifted = false;
    let mut rest = bytes;
    while !rest.is_empty() {
        let end = rest.iter().position(|b| matches!(b, 0x1b | 0x0e | 0x0f | b'\n')).unwrap_or(rest.len());
        let (run, tail) = rest.split_at(end);
        let now = if shifted && set == Set::Ascii { Set::Katakana } else { set };
        push_run(&mut out, now, run);
        rest = tail;
        match rest.first() {
            Some(0x1b) => {
                let (next, length) = escape(rest);
                set = next.unwrap_or(set);
                rest = &rest[length..];
            }
            Some(b'\n') => {
                // A line begins in ASCII again (RFC 1468).
                out.push('\n');
                set = Set::Ascii;
                rest = &rest[1..];
            }
            Some(shift) => {
                shifted = *shift == 0x0e;
                rest = &rest[1..];
            }
            None => {}
        }
    }
    out
}

/// The set an escape turns to and the length of the escape, which is at least 1.
fn escape(rest: &[u8]) -> (Option<Set>, usize) {
    const ESCAPES: &[(&[u8], Set)] = &[
        (b"\x1b(B", Set::Ascii),
        (b"\x1b(J", Set::Ascii),
        (b"\x1b(H", Set::Ascii),
        (b"\x1b(I", Set::Katakana),
        (b"\x1b$@", Set::Kanji),
        (b"\x1b$B", Set::Kanji),
        (b"\x1b$(B", Set::Kanji),
        (b"\x1b$(D", Set::Supplement),
        (b"\x1b$(O", Set::Kanji),
        (b"\x1b$(Q", Set::Kanji),
        (b"\x1b$(P", Set::Unknown),
        (b"\x1b$A", Set::Chinese),
        (b"\x1b$(A", Set::Chinese),
        (b"\x1b$(C", Set::Korean),
    ];
    let found = ESCAPES.iter().find(|(escape, _)| rest.starts_with(escape));
    found.map_or((None, 1), |(escape, set)| (Some(*set), escape.len()))
}

fn push_run(out: &mut String, set: Set, run: &[u8]) {
    let high = |b: &u8| b | 0x80;
    match set {
        // Raw eight-bit bytes within are Shift_JIS where anybody sends them.
        Set::Ascii if run.is_ascii() => out.extend(run.iter().map(|&b| b as char)),
        Set::Ascii => out.push_str(&SHIFT_JIS.decode_without_bom_handling(run).0),
        Set::Katakana => {
            let euc: Vec<u8> = run.iter().flat_map(|b| [0x8e, b | 0x80]).collect();
            out.push_str(&EUC_JP.decode_without_bom_handling(&euc).0);
        }
        Set::Kanji => {
            let euc: Vec<u8> = run.iter().map(high).collect();
            out.push_str(&EUC_JP.decode_without_bom_handling(&euc).0);
        }
        Set::Supplement => {
            let euc: Vec<u8> = run.chunks(2).flat_map(|p| [&[0x8f], p].concat()).map(|b| b | 0x80).collect();
            out.push_str(&EUC_JP.decode_without_bom_handling(&euc).0);
        }
        Set::Chinese | Set::Korean => {
            let euc: Vec<u8> = run.iter().map(high).collect();
            let encoding = if set == Set::Chinese { GBK } else { EUC_KR };
            out.push_str(&encoding.decode_without_bom_handling(&euc).0);
        }
        Set::Unknown => out.extend(run.chunks(2).map(|_| '\u{fffd}')),
    }
}

/// UTF-7 (RFC 2152): `+`, UTF-16 in base64 without padding, `-`.
fn utf_7(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&b) = bytes.get(at) {
        at += 1;
        if b != b'+' {
            out.push(if b.is_ascii() { b as char } else { '\u{fffd}' });
            continue;
        }
        if bytes.get(at) == Some(&b'-') {
            out.push('+');
            at += 1;
            continue;
        }
        let (mut units, mut bits, mut count) = (Vec::new(), 0u32, 0);
        while let Some(value) = bytes.get(at).and_then(|b| base64_value(*b)) {
            bits = (bits << 6 | u32::from(value)) & 0x3f_ffff;
            count += 6;
            at += 1;
            if count >= 16 {
                count -= 16;
                units.push((bits >> count) as u16);
            }
        }
        if bytes.get(at) == Some(&b'-') {
            at += 1;
        }
        out.push_str(&String::from_utf16_lossy(&units));
    }
    out
}

/// The value of a base64 digit.
pub fn base64_value(b: u8) -> Option<u8> {
    match b {
        b'A'..=b'Z' => Some(b - b'A'),
        b'a'..=b'z' => Some(b - b'a' + 26),
        b'0'..=b'9' => Some(b - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

/// A name in an archive or an old header: bytes in no declared charset.
pub fn name(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_string(),
        Err(_) if faults(SHIFT_JIS, bytes) == 0 => plain(SHIFT_JIS, bytes).into_owned(),
        Err(_) => decode(bytes, None).into_owned(),
    }
}

/// The encoding of a Windows code page, as old Office files and RTF name it.
pub fn code_page(number: u32) -> &'static Encoding {
    match number {
        932 | 10001 => SHIFT_JIS,
        936 => GBK,
        949 => EUC_KR,
        950 => BIG5,
        1200 => UTF_16LE,
        65001 => UTF_8,
        _ => {
            let label = format!("windows-{number}");
            Encoding::for_label(label.as_bytes()).unwrap_or(encoding_rs::WINDOWS_1252)
        }
    }
}

/// Whether the start of a file is text of some charset: next to no control characters.
pub fn is_text(head: &[u8]) -> bool {
    if Encoding::for_bom(head).is_some() || utf_16_by_bytes(head).is_some() {
        return true;
    }
    let control = |b: &&u8| matches!(b, 0..=8 | 0x0e..=0x1a | 0x1c..=0x1f | 0x7f);
    let count = head.iter().filter(control).count();
    !head.contains(&0) && count * 100 <= head.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(label: &str, text: &str) -> Vec<u8> {
        Encoding::for_label(label.as_bytes()).unwrap().encode(text).0.into_owned()
    }

    const SAMPLE_TEXT: &str = "山田太郎様\r\n住所は東京都千代田区です。電話 03-1234-5678\r\n";

    #[test]
    fn labelled_unlabelled_and_mislabelled() {
        for charset in ["shift_jis", "euc-jp", "iso-2022-jp", "utf-8"] {
            let bytes = encoded(charset, SAMPLE_TEXT);
            for label in
                [Some(charset), None, Some("us-ascii"), Some("utf-8"), Some("iso-8859-1"), Some("nonsense")]
            {
                assert_eq!(decode(&bytes, label), SAMPLE_TEXT, "{charset} as {label:?}");
            }
        }
        let euc = encoded("euc-jp", SAMPLE_TEXT);
        assert_eq!(decode(&euc, Some("shift_jis")), SAMPLE_TEXT);
    }

    #[test]
    fn utf_16_with_and_without_mark() {
        for swap in [false, true] {
            let units = SAMPLE_TEXT.encode_utf16();
            let bytes: Vec<u8> =
                units.flat_map(|u| if swap { u.to_be_bytes() } else { u.to_le_bytes() }).collect();
            assert_eq!(decode(&bytes, None), SAMPLE_TEXT);
            let mark = if swap { [0xfe, 0xff] } else { [0xff, 0xfe] };
            assert_eq!(decode(&[&mark[..], &bytes].concat(), Some("utf-8")), SAMPLE_TEXT);
        }
    }

    #[test]
    fn variants_of_iso_2022_jp() {
        assert_eq!(decode(b"\x1b$B;3ED\x1b(I1\x1b(B x", None), "山田ｱ x");
        // JIS X 0212 and a run that is left open at the line's end.
        assert_eq!(decode(b"\x1b$(D0!\x1b(B\n\x1b$B;3\nabc", None), "丂\n山\nabc");
        assert_eq!(decode(b"\x1b$B;3\x1b(B \x0e1\x0f", None), "山 ｱ");
        assert_eq!(decode(b"\x1b$B\x1b", None), "");
    }

    #[test]
    fn the_dash_of_cp932_and_western_text() {
        assert_eq!(decode(b"\x81\x7c", Some("shift_jis")), "\u{ff0d}");
        assert_eq!(decode(b"caf\xe9 cr\xe8me br\xfbl\xe9e", Some("iso-8859-1")), "café crème brûlée");
        assert_eq!(decode(b"+ZeVnLIqe- +-", Some("utf-7")), "日本語 +");
    }
}
