//! Characters: what is a digit, a dash, invisible, a kanji, kana; and the common forms of the
//! variant kanji that names are written with.

use std::collections::HashMap;
use std::sync::LazyLock;

/// The length of the ASCII run that a slice begins with.
pub fn ascii_run(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(chunk) = bytes.get(at..at + 8) {
        let word = u64::from_ne_bytes([
            chunk[0], chunk[1], chunk[2], chunk[3], chunk[4], chunk[5], chunk[6], chunk[7],
        ]);
        if word & 0x8080_8080_8080_8080 != 0 {
            break;
        }
        at += 8;
    }
    at + bytes[at..].iter().take_while(|b| **b < 0x80).count()
}

/// How many bytes, in whole chunks of sixteen, are ASCII letters and digits.
pub fn alphanumeric_chunks(bytes: &[u8]) -> usize {
    let (chunks, _) = bytes.as_chunks::<16>();
    // As `is_ascii_alphanumeric`, but without a branch, so that a chunk is looked at in a few instructions.
    let other = |b: u8| ((b | 0x20).wrapping_sub(b'a') >= 26) & (b.wrapping_sub(b'0') >= 10);
    let none = |chunk: &&[u8; 16]| chunk.iter().fold(0, |any, b| any | u8::from(other(*b))) == 0;
    chunks.iter().take_while(none).count() * 16
}

/// The lines of a text without their LF: what `split('\n')` gives, found faster.
pub fn lines(text: &str) -> impl Iterator<Item = &str> {
    let ends = memchr::memchr_iter(b'\n', text.as_bytes()).chain([text.len()]);
    let mut from = 0;
    ends.map(move |end| {
        let line = text.get(from..end).unwrap_or("");
        from = end + 1;
        line
    })
}

/// The character at a byte offset; none at the end or inside a character.
#[inline]
pub fn at(text: &str, at: usize) -> Option<char> {
    let bytes = text.as_bytes();
    match *bytes.get(at)? {
        // Three bytes: nearly all of Japanese. The text is valid UTF-8, so the tail bytes are there.
        lead @ 0xE0..=0xEF => {
            let (Some(b), Some(c)) = (bytes.get(at + 1), bytes.get(at + 2)) else {
                return None;
            };
            let code = (u32::from(lead & 0x0F) << 12) | (u32::from(b & 0x3F) << 6) | u32::from(c & 0x3F);
            char::from_u32(code)
        }
        byte if byte < 0x80 => Some(byte as char),
        _ => text.get(at..)?.chars().next(),
    }
}

/// Eight bytes from an offset on, the first lowest; zeros behind the end. Two wide characters are in them.
#[inline]
pub fn eight(bytes: &[u8], at: usize) -> u64 {
    match bytes.get(at..).and_then(|b| b.first_chunk::<8>()) {
        Some(here) => u64::from_le_bytes(*here),
        None => last_of(bytes, at),
    }
}

/// The number of the character of three bytes that eight begin with.
#[inline]
pub fn wide(eight: u64) -> usize {
    ((eight & 0x0F) << 12 | (eight >> 8 & 0x3F) << 6 | (eight >> 16 & 0x3F)) as usize
}

/// The same at the end of the text; apart, so that the loops around have nothing to do with it.
#[cold]
#[inline(never)]
pub(super) fn last_of(bytes: &[u8], at: usize) -> u64 {
    let rest = bytes.get(at..).unwrap_or(&[]);
    rest.iter().take(8).rev().fold(0, |word, b| word << 8 | u64::from(*b))
}

/// The character that ends at a byte offset.
#[inline]
pub fn before(text: &str, at: usize) -> Option<char> {
    text.get(..at)?.chars().next_back()
}

/// The text behind `at`, as far as `bytes` reach: what is looked for stands near, and a text without
/// line ends must not be searched to its end each time.
pub fn ahead(text: &str, at: usize, bytes: usize) -> &str {
    let end = text.floor_char_boundary((at + bytes).min(text.len()));
    text.get(at..end).unwrap_or("")
}

/// The text before `at`, as far back as `bytes` reach.
pub fn behind(text: &str, at: usize, bytes: usize) -> &str {
    let start = text.ceil_char_boundary(at.saturating_sub(bytes));
    text.get(start..at).unwrap_or("")
}

/// The value of a half-width or full-width digit.
pub fn digit(c: char) -> Option<u8> {
    match c {
        '0'..='9' => Some(c as u8 - b'0'),
        '０'..='９' => Some((c as u32 - '０' as u32) as u8),
        _ => None,
    }
}

/// The value of a kanji numeral from 〇 to 九.
pub fn kanji_digit(c: char) -> Option<u32> {
    let value = match c {
        '〇' => 0,
        '一' => 1,
        '二' => 2,
        '三' => 3,
        '四' => 4,
        '五' => 5,
        '六' => 6,
        '七' => 7,
        '八' => 8,
        '九' => 9,
        _ => return None,
    };
    Some(value)
}

/// Whether a character leaves no ink: zero-widths, joiners, direction marks, variation selectors.
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{200B}'..='\u{200F}' | '\u{2060}'..='\u{2064}' | '\u{202A}'..='\u{202E}'
        | '\u{2066}'..='\u{2069}' | '\u{FEFF}' | '\u{00AD}' | '\u{180E}' | '\u{034F}'
        | '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

/// Whether a character is drawn as a horizontal stroke that people type between digits.
pub fn is_dash(c: char) -> bool {
    matches!(
        c,
        '\u{2010}'
            ..='\u{2015}'
                | '\u{2212}'
                | '\u{2043}'
                | '\u{30FC}'
                | '\u{FF70}'
                | '\u{2500}'
                | '\u{2501}'
                | '\u{FF0D}'
                | '\u{FE63}'
                | '\u{FE58}'
                | '\u{02D7}'
                | '\u{207B}'
    )
}

/// What NFKC makes of a dash that does not stand between digits.
pub fn plain_dash(c: char) -> char {
    match c {
        '\u{FF70}' => '\u{30FC}',
        '\u{FF0D}' | '\u{FE63}' => '-',
        '\u{2011}' => '\u{2010}',
        '\u{FE58}' => '\u{2014}',
        _ => c,
    }
}

/// Characters whose NFKC form would run into the digits or dots beside them.
pub fn stays_apart(c: char) -> bool {
    matches!(c,
        '\u{00B2}' | '\u{00B3}' | '\u{00B9}' | '\u{00BC}'..='\u{00BE}' | '\u{2024}'..='\u{2026}'
        | '\u{2070}'..='\u{209F}' | '\u{2150}'..='\u{218F}' | '\u{2460}'..='\u{24FF}'
        | '\u{2776}'..='\u{2793}' | '\u{3220}'..='\u{3230}' | '\u{3248}'..='\u{325F}'
        | '\u{3280}'..='\u{32CB}' | '\u{3358}'..='\u{3370}' | '\u{33E0}'..='\u{33FE}')
}

/// Whether a character is a voiced or semi-voiced sound mark.
pub fn is_sound_mark(c: char) -> bool {
    matches!(c, '\u{3099}' | '\u{309A}' | '\u{FF9E}' | '\u{FF9F}')
}

/// The combining form of a sound mark.
pub fn combining_sound_mark(c: char) -> char {
    match c {
        '\u{FF9E}' => '\u{3099}',
        '\u{FF9F}' => '\u{309A}',
        _ => c,
    }
}

/// Kanji, with the repetition mark and the small ヶ that stand among them.
#[inline]
pub fn is_han(c: char) -> bool {
    matches!(c, '\u{4E00}'..='\u{9FFF}' | '\u{3400}'..='\u{4DBF}' | '々' | 'ヶ' | '〆')
}

/// Whether three bytes are one character that [`is_han`] holds for; quicker than reading the character.
#[inline]
pub fn is_han_bytes([a, b, c]: [u8; 3]) -> bool {
    match a {
        0xE5..=0xE9 => true,
        // All but the hexagrams, U+4DC0 to U+4DFF.
        0xE4 => b != 0xB7,
        0xE3 => b >= 0x90 || (b == 0x80 && matches!(c, 0x85 | 0x86)) || (b == 0x83 && c == 0xB6),
        _ => false,
    }
}

pub fn is_hiragana(c: char) -> bool {
    matches!(c, '\u{3041}'..='\u{3096}')
}

pub fn is_katakana(c: char) -> bool {
    matches!(c, '\u{30A1}'..='\u{30FA}' | 'ー')
}

pub fn is_kana(c: char) -> bool {
    is_hiragana(c) || is_katakana(c)
}

/// Katakana of a hiragana; anything else as it is.
pub fn katakana(c: char) -> char {
    if is_hiragana(c) { char::from_u32(c as u32 + 0x60).unwrap_or(c) } else { c }
}

/// Variant and old forms, each pair the variant and the common form. Names are written with either,
/// often by the same person, so that both must be one key.
const VARIANTS: &str = "髙高﨑崎嵜崎邊辺邉辺齋斎齊斉嶋島嶌島澤沢濵浜濱浜國国廣広櫻桜瀧滝黑黒德徳冨富眞真惠恵榮栄條条關関\
寶宝淺浅鹽塩彌弥實実壽寿學学龍竜瀨瀬將将靜静圓円藏蔵豐豊萬万與与龜亀鐵鉄驛駅澁渋莊荘驒騨敎教敕勅\
增増曾曽槇槙檜桧溫温濟済狀状瑤瑶當当盡尽禮礼祿禄稻稲穗穂緖緒總総縣県聰聡聲声臺台舊旧萊莱蘆芦處処\
號号螢蛍豫予賴頼邨村郞郎錄録鎭鎮靑青顯顕髮髪鷗鴎鶯鴬麥麦黃黄伹但倂併僞偽兒児凛凜劍剣勳勲勵励區区\
單単嚴厳圖図團団壯壮壺壷奧奥孃嬢寬寛對対峯峰巖巌巢巣帶帯彥彦應応愼慎戶戸拔抜擴拡攝摂敍叙晉晋曉暁\
會会步歩氣気涉渉淸清燈灯爲為狹狭獨独瓣弁畫画疊畳祕秘竝並絲糸經経續続繩縄纖繊艷艶莖茎薰薫藝芸藥薬\
襃褒覺覚觀観譽誉讓譲豔艶轉転辯弁遙遥醉酔醫医釋釈鈆鉛錢銭鍊錬鑄鋳隱隠雙双靈霊餘余驗験鬪闘鷄鶏點点\
黨党齡齢𠮷吉桒桑栁柳";

static COMMON: LazyLock<HashMap<char, char>> = LazyLock::new(|| {
    let chars: Vec<char> = VARIANTS.chars().collect();
    chars.chunks_exact(2).map(|p| (p[0], p[1])).collect()
});

/// The common form of a variant kanji; anything else as it is.
pub fn common_form(c: char) -> char {
    if !is_han(c) && c != '﨑' && c != '𠮷' {
        return c;
    }
    COMMON.get(&c).copied().unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_lead_to_a_form_that_is_no_variant() {
        for (variant, common) in COMMON.iter() {
            assert_eq!(common_form(*common), *common, "{variant} leads to {common}");
        }
        assert_eq!(common_form('髙'), '高');
        assert_eq!(common_form('𠮷'), '吉');
    }

    #[test]
    fn lines_are_split_at_each_lf() {
        for text in ["", "\n", "a", "a\n", "\na\r\n\nあ", "a\n\n"] {
            assert_eq!(lines(text).collect::<Vec<_>>(), text.split('\n').collect::<Vec<_>>());
        }
    }

    #[test]
    fn kanji_are_told_by_their_bytes() {
        for c in '\u{800}'..='\u{FFFF}' {
            let mut bytes = [0; 3];
            c.encode_utf8(&mut bytes);
            assert_eq!(is_han_bytes(bytes), is_han(c), "{c}");
        }
    }

    #[test]
    fn characters_are_read_at_any_offset() {
        let text = "aあ𠮷é";
        for at_byte in 0..=text.len() + 1 {
            let read = at(text, at_byte);
            if text.is_char_boundary(at_byte) && at_byte < text.len() {
                assert_eq!(read, text[at_byte..].chars().next());
            }
        }
        assert_eq!(ascii_run("abcdefghijkあ".as_bytes()), 11);
    }
}
