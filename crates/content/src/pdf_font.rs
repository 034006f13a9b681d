//! The characters behind the codes of a PDF's fonts (ISO 32000-1 section 9.7 to 9.10): by the
//! font's ToUnicode map, by the predefined CMaps of the Japanese, Chinese and Korean collections,
//! or by the names of glyphs.

use std::collections::HashMap;
use std::sync::OnceLock;

use hayro_cmap::{BfString, CMap, CMapName, CidFamily, load_embedded};
use hayro_syntax::object::{Array, Dict, Name, Object, Stream};

use super::charset::code_page;

/// A font, as far as its text goes.
pub struct Font {
    to_unicode: Option<CMap>,
    codes: Codes,
    widths: HashMap<u32, f32>,
    default_width: f32,
    /// Lines run from top to bottom.
    pub vertical: bool,
}

enum Codes {
    /// One byte each.
    Simple(Box<[Option<char>; 256]>),
    /// One to four bytes each, to numbers of glyphs.
    Composite { cmap: Box<CMap>, family: Option<CidFamily> },
}

/// A character drawn: its text, if the file tells it, and its width in thousandths.
pub struct Glyph {
    pub text: Option<BfString>,
    pub width: f32,
    /// A single-byte space, which word spacing widens.
    pub is_space: bool,
}

impl Font {
    /// Reads a font's dictionary; `decode` unpacks a stream within the limits.
    pub fn read<'a>(dict: &Dict<'a>, decode: &mut dyn FnMut(&Stream<'a>) -> Option<Vec<u8>>) -> Font {
        let to_unicode = dict
            .get::<Stream<'_>>(b"ToUnicode")
            .and_then(|s| decode(&s))
            .and_then(|data| CMap::parse(&data, load_embedded));
        let composite = dict.get::<Name<'_>>(b"Subtype").is_some_and(|n| n.as_ref() == b"Type0");
        if composite {
            return Font::composite(dict, to_unicode, decode);
        }
        let mut widths = HashMap::new();
        let first = dict.get::<i32>(b"FirstChar").unwrap_or(0).clamp(0, 255) as u32;
        if let Some(list) = dict.get::<Array<'_>>(b"Widths") {
            widths.extend((first..256).zip(list.iter::<f32>()));
        }
        // The widths of a Type 3 font are in its own units.
        let type_3 = dict.get::<Name<'_>>(b"Subtype").is_some_and(|n| n.as_ref() == b"Type3");
        if type_3 {
            widths.clear();
        }
        Font {
            to_unicode,
            codes: Codes::Simple(Box::new(simple(dict))),
            widths,
            default_width: 500.0,
            vertical: false,
        }
    }

    fn composite<'a>(
        dict: &Dict<'a>,
        to_unicode: Option<CMap>,
        decode: &mut dyn FnMut(&Stream<'a>) -> Option<Vec<u8>>,
    ) -> Font {
        let name = dict.get::<Name<'_>>(b"Encoding");
        let cmap = match &name {
            Some(name) if name.as_ref() == b"Identity-H" => Some(CMap::identity_h()),
            Some(name) if name.as_ref() == b"Identity-V" => Some(CMap::identity_v()),
            Some(name) => {
                load_embedded(CMapName::from_bytes(name.as_ref())).and_then(|d| CMap::parse(d, load_embedded))
            }
            None => {
                let stream = dict.get::<Stream<'_>>(b"Encoding");
                stream.and_then(|s| decode(&s)).and_then(|d| CMap::parse(&d, load_embedded))
            }
        };
        let cmap = cmap.unwrap_or_else(CMap::identity_h);
        let descendant = dict.get::<Array<'_>>(b"DescendantFonts").and_then(|a| a.iter::<Dict<'_>>().next());
        let system = descendant.as_ref().and_then(|d| d.get::<Dict<'_>>(b"CIDSystemInfo"));
        let family = system.and_then(|s| {
            let text = |key: &[u8]| s.get::<hayro_syntax::object::String<'_>>(key);
            Some(CidFamily::from_registry_ordering(
                text(b"Registry")?.as_bytes(),
                text(b"Ordering")?.as_bytes(),
            ))
        });
        let named = cmap.metadata().character_collection.as_ref().map(|c| c.family.clone());
        let family = family.filter(|f| f.ucs2_cmap().is_some()).or(named);
        let mut widths = HashMap::new();
        if let Some(list) = descendant.as_ref().and_then(|d| d.get::<Array<'_>>(b"W")) {
            cid_widths(&list, &mut widths);
        }
        let default = descendant.and_then(|d| d.get::<f32>(b"DW"));
        Font {
            to_unicode,
            codes: Codes::Composite { cmap: Box::new(cmap), family },
            widths,
            default_width: default.unwrap_or(1000.0),
            vertical: name.is_some_and(|n| n.as_ref().ends_with(b"-V") || n.as_ref() == b"V"),
        }
    }

    /// Hands out the characters of a string.
    pub fn characters(&self, bytes: &[u8], mut see: impl FnMut(Glyph)) {
        match &self.codes {
            Codes::Simple(table) => {
                for &b in bytes {
                    let mapped = self.to_unicode.as_ref().and_then(|m| m.lookup_bf_string(u32::from(b)));
                    let text = mapped.or_else(|| table[usize::from(b)].map(BfString::Char));
                    see(Glyph { text, width: self.width(u32::from(b)), is_space: b == b' ' });
                }
            }
            Codes::Composite { cmap, family } => {
                let mut rest = bytes;
                while !rest.is_empty() {
                    let (code, length, cid) = next_code(cmap, rest);
                    rest = rest.get(length..).unwrap_or_default();
                    let mapped = self.to_unicode.as_ref().and_then(|m| m.lookup_bf_string(code));
                    let text = mapped.or_else(|| by_collection(family.as_ref()?, cid?));
                    let is_space = length == 1 && code == 32;
                    see(Glyph { text, width: self.width(cid.unwrap_or(code)), is_space });
                }
            }
        }
    }

    fn width(&self, code: u32) -> f32 {
        self.widths.get(&code).copied().unwrap_or(self.default_width)
    }
}

/// The code at the start of `bytes`, its length, and the glyph that it means.
fn next_code(cmap: &CMap, bytes: &[u8]) -> (u32, usize, Option<u32>) {
    let mut code = 0;
    for (i, &b) in bytes.iter().take(4).enumerate() {
        code = code << 8 | u32::from(b);
        if let Some(cid) = cmap.lookup_cid_code(code, i as u8 + 1) {
            return (code, i + 1, Some(cid));
        }
    }
    // Nothing known: nearly all such fonts have two bytes a character.
    let length = bytes.len().min(2);
    let code = bytes.iter().take(length).fold(0, |c, b| c << 8 | u32::from(*b));
    (code, length, None)
}

/// The character of a glyph's number in one of Adobe's collections.
fn by_collection(family: &CidFamily, cid: u32) -> Option<BfString> {
    static MAPS: [OnceLock<Option<CMap>>; 4] = [const { OnceLock::new() }; 4];
    let slot = match family {
        CidFamily::AdobeJapan1 => &MAPS[0],
        CidFamily::AdobeGB1 => &MAPS[1],
        CidFamily::AdobeCNS1 => &MAPS[2],
        CidFamily::AdobeKorea1 => &MAPS[3],
        CidFamily::AdobeIdentity | CidFamily::Custom { .. } => return None,
    };
    let map = slot.get_or_init(|| {
        let data = load_embedded(family.ucs2_cmap()?)?;
        CMap::parse(data, load_embedded)
    });
    map.as_ref()?.lookup_bf_string(cid)
}

/// The widths of a CID font (section 9.7.4.3): `c [w …]` or `first last w`.
fn cid_widths(list: &Array<'_>, widths: &mut HashMap<u32, f32>) {
    let mut objects = list.iter::<Object<'_>>();
    while let (Some(Object::Number(first)), Some(second)) = (objects.next(), objects.next()) {
        let first = first.as_i64().clamp(0, 0x10_ffff) as u32;
        match second {
            Object::Array(list) => {
                widths.extend((first..).zip(list.iter::<f32>()).take(0x1_0000));
            }
            Object::Number(last) => {
                let last = last.as_i64().clamp(0, 0x10_ffff) as u32;
                let Some(Object::Number(width)) = objects.next() else {
                    return;
                };
                // A range this long is a default in other words.
                if last.saturating_sub(first) < 4096 {
                    widths.extend((first..=last).map(|c| (c, width.as_f32())));
                }
            }
            _ => return,
        }
        if widths.len() > 0x2_0000 {
            return;
        }
    }
}

/// The characters of a font of single bytes: its base encoding and the differences from it.
fn simple(dict: &Dict<'_>) -> [Option<char>; 256] {
    let encoding = dict.get::<Object<'_>>(b"Encoding");
    let (base, differences) = match &encoding {
        Some(Object::Name(name)) => (Some(name.as_ref().to_vec()), None),
        Some(Object::Dict(d)) => (
            d.get::<Name<'_>>(b"BaseEncoding").map(|n| n.as_ref().to_vec()),
            d.get::<Array<'_>>(b"Differences"),
        ),
        _ => (None, None),
    };
    let encoding = match base.as_deref() {
        Some(b"MacRomanEncoding") => encoding_rs::MACINTOSH,
        _ => code_page(1252),
    };
    let mut table = [None; 256];
    for (code, slot) in (0u8..=255).zip(table.iter_mut()) {
        if code >= 0x20 {
            *slot = encoding.decode_without_bom_handling(&[code]).0.chars().next();
        }
    }
    let mut code = 0usize;
    for object in differences.iter().flat_map(|d| d.iter::<Object<'_>>()).take(1024) {
        match object {
            Object::Number(n) => code = usize::try_from(n.as_i64()).unwrap_or(0),
            Object::Name(name) => {
                if let Some(slot) = table.get_mut(code) {
                    *slot = glyph(name.as_ref());
                }
                code = code.saturating_add(1);
            }
            _ => {}
        }
    }
    table
}

/// The character that a glyph's name means (Adobe Glyph List), for the names in common use.
fn glyph(name: &[u8]) -> Option<char> {
    let name = std::str::from_utf8(name).ok()?;
    let stem = name.split('.').next().unwrap_or(name);
    let mut letters = stem.chars();
    if let (Some(c), None) = (letters.next(), letters.next()) {
        return Some(c);
    }
    let hex = stem.strip_prefix("uni").filter(|h| h.len() == 4).or(stem.strip_prefix('u'));
    if let Some(c) = hex.and_then(|h| u32::from_str_radix(h, 16).ok()).and_then(char::from_u32) {
        return Some(c);
    }
    const NAMES: &[(&str, char)] = &[
        ("space", ' '),
        ("exclam", '!'),
        ("quotedbl", '"'),
        ("numbersign", '#'),
        ("dollar", '$'),
        ("percent", '%'),
        ("ampersand", '&'),
        ("quotesingle", '\''),
        ("parenleft", '('),
        ("parenright", ')'),
        ("asterisk", '*'),
        ("plus", '+'),
        ("comma", ','),
        ("hyphen", '-'),
        ("period", '.'),
        ("slash", '/'),
        ("zero", '0'),
        ("one", '1'),
        ("two", '2'),
        ("three", '3'),
        ("four", '4'),
        ("five", '5'),
        ("six", '6'),
        ("seven", '7'),
        ("eight", '8'),
        ("nine", '9'),
        ("colon", ':'),
        ("semicolon", ';'),
        ("less", '<'),
        ("equal", '='),
        ("greater", '>'),
        ("question", '?'),
        ("at", '@'),
        ("bracketleft", '['),
        ("backslash", '\\'),
        ("bracketright", ']'),
        ("asciicircum", '^'),
        ("underscore", '_'),
        ("grave", '`'),
        ("braceleft", '{'),
        ("bar", '|'),
        ("braceright", '}'),
        ("asciitilde", '~'),
        ("quoteleft", '‘'),
        ("quoteright", '’'),
        ("quotedblleft", '“'),
        ("quotedblright", '”'),
        ("endash", '–'),
        ("emdash", '—'),
        ("bullet", '•'),
        ("ellipsis", '…'),
        ("fi", 'ﬁ'),
        ("fl", 'ﬂ'),
        ("minus", '−'),
        ("nbspace", ' '),
        ("sfthyphen", '-'),
        ("germandbls", 'ß'),
        ("dotlessi", 'ı'),
        ("Euro", '€'),
        ("yen", '¥'),
    ];
    let known = NAMES.iter().find(|(n, _)| *n == stem).map(|(_, c)| *c);
    // Accented letters have the same names in HTML: Aacute, ntilde, Oslash.
    known.or_else(|| super::entities::reference(&format!("&{stem};")).map(|(c, _)| c))
}
