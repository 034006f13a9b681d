//! Header text as people see it: unfolded, encoded words decoded (RFC 2047), raw bytes read in the
//! charset that they are most likely in. Pieces of one character split over two encoded words, as
//! some mailers write them, are joined before decoding.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization};

/// Decodes an unstructured value; control characters become spaces. At most `max` characters.
pub fn decode(raw: &[u8], max: usize) -> String {
    // A character takes at most a few dozen encoded bytes; what is beyond is not looked at.
    let raw = raw.get(..max.saturating_mul(64)).unwrap_or(raw);
    let mut out = String::with_capacity(raw.len().min(256));
    let mut pending = Pending::default();
    let mut rest = raw;
    while let Some(at) = memchr::memmem::find(rest, b"=?") {
        match encoded_word(&rest[at..]) {
            Some(word) => {
                let between = &rest[..at];
                if !(pending.open && super::header::is_blank(between)) {
                    pending.flush(&mut out);
                    push_raw(between, &mut out);
                }
                pending.add(&word, &mut out);
                rest = &rest[at + word.len..];
            }
            None => {
                pending.flush(&mut out);
                push_raw(&rest[..at + 2], &mut out);
                rest = &rest[at + 2..];
            }
        }
    }
    pending.flush(&mut out);
    push_raw(rest, &mut out);
    tidy(&out, max)
}

/// Unfolds, removes control characters, and cuts.
fn tidy(text: &str, max: usize) -> String {
    let plain = text.len() <= max && !text.bytes().any(|b| b < b' ' || b == 0x7f || b == 0xc2);
    let trimmed = text.trim();
    if plain {
        return trimmed.to_string();
    }
    let mut out = String::with_capacity(trimmed.len());
    let mut fold = false;
    for c in trimmed.chars().take(max) {
        match c {
            '\r' | '\n' => fold = true,
            ' ' | '\t' if fold => {
                if !out.ends_with(' ') {
                    out.push(' ');
                }
            }
            c if c.is_control() => {
                fold = false;
                out.push(' ');
            }
            c => {
                fold = false;
                out.push(c);
            }
        }
    }
    out
}

/// Encoded words that follow one another in one charset.
#[derive(Default)]
struct Pending<'x> {
    open: bool,
    charset: &'x [u8],
    bytes: Vec<u8>,
}

impl<'x> Pending<'x> {
    fn add(&mut self, word: &Word<'x>, out: &mut String) {
        if self.open && !self.charset.eq_ignore_ascii_case(word.charset) {
            self.flush(out);
        }
        self.open = true;
        self.charset = word.charset;
        word.decode_into(&mut self.bytes);
    }

    fn flush(&mut self, out: &mut String) {
        if self.open {
            let label = std::str::from_utf8(self.charset).ok();
            out.push_str(&charset(&self.bytes, label));
            self.bytes.clear();
            self.open = false;
        }
    }
}

/// One encoded word: `=?charset?B?text?=`.
pub struct Word<'x> {
    charset: &'x [u8],
    base64: bool,
    text: &'x [u8],
    /// Its length in the input.
    pub len: usize,
}

/// The encoded word at the beginning of `at`. Spaces within the text of a Q word are let pass, as
/// most readers do.
pub fn encoded_word(at: &[u8]) -> Option<Word<'_>> {
    let rest = at.strip_prefix(b"=?")?;
    let charset_end = memchr::memchr(b'?', rest.get(..80).unwrap_or(rest))?;
    let charset = &rest[..charset_end];
    let [encoding, b'?', text @ ..] = &rest[charset_end + 1..] else {
        return None;
    };
    let base64 = match encoding {
        b'B' | b'b' => true,
        b'Q' | b'q' => false,
        _ => return None,
    };
    let text_end = memchr::memchr3(b'?', b'\r', b'\n', text)?;
    if !text[text_end..].starts_with(b"?=") || charset.iter().any(|b| *b <= b' ') {
        return None;
    }
    // RFC 2231 section 5: a language may stand behind the charset.
    let charset = charset.split(|b| *b == b'*').next().unwrap_or(charset);
    Some(Word { charset, base64, text: &text[..text_end], len: 2 + charset_end_of(rest, text, text_end) })
}

/// How far `text[text_end]` and its `?=` are from the beginning of `rest`.
fn charset_end_of(rest: &[u8], text: &[u8], text_end: usize) -> usize {
    rest.len() - text.len() + text_end + 2
}

impl Word<'_> {
    fn decode_into(&self, out: &mut Vec<u8>) {
        if self.base64 {
            out.extend(super::decode::base64(self.text));
            return;
        }
        let mut bytes = self.text.iter();
        while let Some(&b) = bytes.next() {
            match b {
                b'_' => out.push(b' '),
                b'=' => {
                    let two = bytes.as_slice();
                    match two.first().zip(two.get(1)).and_then(|(a, b)| super::decode::hex(*a, *b)) {
                        Some(v) => {
                            out.push(v);
                            bytes.nth(1);
                        }
                        None => out.push(b'='),
                    }
                }
                _ => out.push(b),
            }
        }
    }
}

fn push_raw(bytes: &[u8], out: &mut String) {
    if bytes.is_ascii() && !bytes.contains(&0x1b) {
        // Checked to be ASCII, so nothing is replaced.
        out.push_str(&String::from_utf8_lossy(bytes));
    } else {
        out.push_str(&guess(bytes));
    }
}

/// Decodes bytes whose charset is known by its label; without one, or where it is unknown, guesses.
pub fn charset<'b>(bytes: &'b [u8], label: Option<&str>) -> Cow<'b, str> {
    let Some(label) = label.map(str::trim).filter(|l| !l.is_empty()) else {
        return guess(bytes);
    };
    let lower = label.to_ascii_lowercase();
    // US-ASCII with bytes beyond it is mislabelled; people's readers guess as well.
    if matches!(lower.as_str(), "us-ascii" | "ascii" | "utf-8" | "utf8" | "unknown-8bit") {
        return guess(bytes);
    }
    let known = encoding_rs::Encoding::for_label(lower.as_bytes()).or(match lower.as_str() {
        "cp932" | "sjis-win" | "x-ms-cp932" | "shift-jis-2004" | "shift_jis-2004" => {
            Some(encoding_rs::SHIFT_JIS)
        }
        "iso-2022-jp-ms" | "iso-2022-jp-1" | "iso-2022-jp-2" | "iso-2022-jp-3" | "iso-2022-jp-2004"
        | "cp50220" | "cp50221" | "cp50222" => Some(encoding_rs::ISO_2022_JP),
        "eucjp" | "eucjp-ms" | "eucjp-win" | "cp51932" | "euc-jis-2004" => Some(encoding_rs::EUC_JP),
        _ => None,
    });
    // WHATWG maps a few labels to "replacement", which decodes to nothing at all.
    match known.filter(|e| *e != encoding_rs::REPLACEMENT) {
        Some(encoding) if encoding == encoding_rs::ISO_2022_JP => iso_2022_jp(bytes),
        Some(encoding) => encoding.decode_without_bom_handling(bytes).0,
        None => match mail_parser::decoders::charsets::map::charset_decoder(lower.as_bytes()) {
            Some(decode) => Cow::Owned(decode(bytes)),
            None => guess(bytes),
        },
    }
}

/// ISO-2022-JP. Where one encoded word ends in ASCII and the next begins in JIS, two escape sequences
/// meet, for which the Encoding Standard wants a replacement character; readers show none.
fn iso_2022_jp(bytes: &[u8]) -> Cow<'_, str> {
    const ESCAPE: u8 = 0x1b;
    let meet = |at: usize| bytes.get(at) == Some(&ESCAPE) && bytes.get(at + 3) == Some(&ESCAPE);
    if !memchr::memchr_iter(ESCAPE, bytes).any(meet) {
        return encoding_rs::ISO_2022_JP.decode_without_bom_handling(bytes).0;
    }
    let mut joined = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        if meet(at) {
            at += 3;
        } else {
            joined.push(*byte);
            at += 1;
        }
    }
    Cow::Owned(encoding_rs::ISO_2022_JP.decode_without_bom_handling(&joined).0.into_owned())
}

/// Where the first `max` characters of a text end. They are counted only where they must be.
pub(super) fn end_of(text: &str, max: usize) -> usize {
    match text.as_bytes().get(..max) {
        None => text.len(),
        Some(start) if start.is_ascii() => max,
        Some(_) => text.char_indices().nth(max).map_or(text.len(), |(end, _)| end),
    }
}

/// The text in NFKC; as it stands where it is that already, as most texts are.
pub(super) fn nfkc(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || text.chars().all(|c| c.is_ascii() || is_plain(c)) {
        return Cow::Borrowed(text);
    }
    match unicode_normalization::is_nfkc_quick(text.chars()) {
        IsNormalized::Yes => Cow::Borrowed(text),
        IsNormalized::No | IsNormalized::Maybe => Cow::Owned(text.nfkc().collect()),
    }
}

/// Kana and Han: most of a Japanese text. They are NFKC in any company of their like, and caseless.
fn is_plain(c: char) -> bool {
    matches!(c, '、' | '。' | '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fa}' | 'ー' | '\u{4e00}'..='\u{9fff}')
}

/// In lower case, letter by letter: the lower case of a whole string knows a final sigma.
pub(super) fn lower(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if c.is_ascii() => out.push(c.to_ascii_lowercase()),
            c if is_plain(c) => out.push(c),
            c => out.extend(c.to_lowercase()),
        }
    }
    out
}

/// UTF-8 where it is, else ISO-2022-JP where it has its escapes, else EUC-JP or Shift_JIS where all
/// bytes fit, else Windows-1252, in which every byte is something.
fn guess(bytes: &[u8]) -> Cow<'_, str> {
    if memchr::memchr(0x1b, bytes).is_some() {
        let (text, bad) = encoding_rs::ISO_2022_JP.decode_without_bom_handling(bytes);
        if !bad {
            return text;
        }
    }
    if let Ok(text) = simdutf8::basic::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    for encoding in [encoding_rs::EUC_JP, encoding_rs::SHIFT_JIS] {
        if let Some(text) = encoding.decode_without_bom_handling_and_without_replacement(bytes) {
            return text;
        }
    }
    // Mostly UTF-8 with a broken character is better shown as UTF-8.
    let lossy = String::from_utf8_lossy(bytes);
    if lossy.matches('\u{fffd}').count() * 8 < lossy.chars().filter(|c| !c.is_ascii()).count() {
        return lossy;
    }
    encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_between_characters() {
        for (text, max, end) in [("abc", 2, 2), ("abc", 3, 3), ("abc", 4, 3), ("あbc", 2, 4), ("ab", 0, 0)] {
            assert_eq!(end_of(text, max), end, "{text} {max}");
        }
        assert_eq!(end_of("ああ", 1), 3);
        assert_eq!(end_of("あ", 3), 3);
    }

    #[test]
    fn plain_letters_are_nfkc_and_caseless() {
        let plain: String = ('\u{80}'..=char::MAX).filter(|c| is_plain(*c)).collect();
        assert!(plain.chars().count() > 20_000);
        assert_eq!(unicode_normalization::is_nfkc_quick(plain.chars()), IsNormalized::Yes);
        assert!(plain.chars().all(|c| c.to_lowercase().eq([c])));
        assert_eq!(lower("ΑΣ Aあ Ä"), "ας aあ ä".replace('ς', "σ"));
    }

    #[test]
    fn wide_letters_are_folded_and_plain_ones_stay() {
        assert_eq!(nfkc("ＲＥ： ﾃｽﾄ"), "RE: テスト");
        assert!(matches!(nfkc("件名: テスト"), Cow::Borrowed("件名: テスト")));
        assert!(matches!(nfkc("Re: x"), Cow::Borrowed("Re: x")));
    }

    #[test]
    fn encoded_words() {
        for (raw, seen) in [
            ("plain", "plain"),
            (" =?UTF-8?B?44GL44Gq?= ", "かな"),
            ("=?utf-8?q?a_b=20c?=", "a b c"),
            ("=?ISO-2022-JP?B?GyRCOzNFRBsoQg==?= x", "山田 x"),
            ("=?utf-8*ja?Q?x?=", "x"),
            ("a =?utf-8?Q?b?= =?utf-8?Q?c?= d", "a bc d"),
            ("=?ISO-2022-JP?B?GyRCOzNFRBsoQg==?=\r\n =?ISO-2022-JP?B?GyRCOzNFRBsoQg==?= x", "山田山田 x"),
            // one character over two words
            ("=?UTF-8?B?44G?= =?UTF-8?B?iw==?=", "か"),
            ("=?UTF-8?Q?=E3=81?=\r\n =?UTF-8?Q?=8B?=", "か"),
            ("=?broken", "=?broken"),
            ("=?utf-8?X?a?=", "=?utf-8?X?a?="),
            ("a\r\n b", "a b"),
            ("a\x07b", "a b"),
        ] {
            let got = decode(raw.as_bytes(), 1_000);
            assert_eq!(got, seen, "{raw}");
        }
    }

    #[test]
    fn raw_bytes_are_guessed() {
        for encoding in
            [encoding_rs::SHIFT_JIS, encoding_rs::EUC_JP, encoding_rs::ISO_2022_JP, encoding_rs::UTF_8]
        {
            let (bytes, _, _) = encoding.encode("会議のお知らせ（重要）");
            assert_eq!(decode(&bytes, 100), "会議のお知らせ（重要）", "{}", encoding.name());
        }
        assert_eq!(decode(b"caf\xe9", 100), "café");
    }

    #[test]
    fn it_is_cut() {
        assert_eq!(decode("あ".repeat(50).as_bytes(), 10).chars().count(), 10);
        assert_eq!(decode(&b"=?".repeat(500_000), 10).len(), 10);
    }
}
