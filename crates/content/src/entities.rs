//! HTML character references: numeric ones and the names of HTML 4 (section 24), which are what
//! mail programs write.

/// The names of U+00A0 to U+00FF, in order.
const LATIN_1: &str = "nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml";

/// Other names that are met in mail.
const OTHERS: &[(&str, char)] = &[
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("AMP", '&'),
    ("LT", '<'),
    ("GT", '>'),
    ("QUOT", '"'),
    ("num", '#'),
    ("commat", '@'),
    ("period", '.'),
    ("comma", ','),
    ("colon", ':'),
    ("semi", ';'),
    ("lpar", '('),
    ("rpar", ')'),
    ("lowbar", '_'),
    ("hyphen", '\u{2010}'),
    ("dash", '\u{2010}'),
    ("plus", '+'),
    ("sol", '/'),
    ("bsol", '\\'),
    ("Tab", '\t'),
    ("NewLine", '\n'),
    ("excl", '!'),
    ("quest", '?'),
    ("percnt", '%'),
    ("ast", '*'),
    ("equals", '='),
    ("lsqb", '['),
    ("rsqb", ']'),
    ("lcub", '{'),
    ("rcub", '}'),
    ("dollar", '$'),
    ("OElig", 'Œ'),
    ("oelig", 'œ'),
    ("Scaron", 'Š'),
    ("scaron", 'š'),
    ("Yuml", 'Ÿ'),
    ("fnof", 'ƒ'),
    ("circ", 'ˆ'),
    ("tilde", '˜'),
    ("ensp", '\u{2002}'),
    ("emsp", '\u{2003}'),
    ("thinsp", '\u{2009}'),
    ("zwnj", '\u{200c}'),
    ("zwj", '\u{200d}'),
    ("lrm", '\u{200e}'),
    ("rlm", '\u{200f}'),
    ("ndash", '–'),
    ("mdash", '—'),
    ("lsquo", '‘'),
    ("rsquo", '’'),
    ("sbquo", '‚'),
    ("ldquo", '“'),
    ("rdquo", '”'),
    ("bdquo", '„'),
    ("dagger", '†'),
    ("Dagger", '‡'),
    ("bull", '•'),
    ("hellip", '…'),
    ("permil", '‰'),
    ("prime", '′'),
    ("Prime", '″'),
    ("lsaquo", '‹'),
    ("rsaquo", '›'),
    ("oline", '‾'),
    ("frasl", '⁄'),
    ("euro", '€'),
    ("trade", '™'),
    ("larr", '←'),
    ("uarr", '↑'),
    ("rarr", '→'),
    ("darr", '↓'),
    ("harr", '↔'),
    ("rArr", '⇒'),
    ("hArr", '⇔'),
    ("forall", '∀'),
    ("part", '∂'),
    ("minus", '−'),
    ("infin", '∞'),
    ("asymp", '≈'),
    ("ne", '≠'),
    ("le", '≤'),
    ("ge", '≥'),
    ("sum", '∑'),
    ("radic", '√'),
    ("Alpha", 'Α'),
    ("Beta", 'Β'),
    ("Gamma", 'Γ'),
    ("Delta", 'Δ'),
    ("alpha", 'α'),
    ("beta", 'β'),
    ("gamma", 'γ'),
    ("delta", 'δ'),
    ("lambda", 'λ'),
    ("mu", 'μ'),
    ("pi", 'π'),
    ("Sigma", 'Σ'),
    ("sigma", 'σ'),
    ("Omega", 'Ω'),
    ("omega", 'ω'),
    ("loz", '◊'),
    ("spades", '♠'),
    ("clubs", '♣'),
    ("hearts", '♥'),
    ("diams", '♦'),
];

/// The longest reference worth looking at, `&` and `;` included.
const LONGEST: usize = 12;

/// Reads the reference at the start of `text`, which begins with `&`: its character and its
/// length in bytes. None where it is a bare ampersand.
pub fn reference(text: &str) -> Option<(char, usize)> {
    let body = text.get(1..)?;
    if let Some(number) = body.strip_prefix('#') {
        let (digits, radix, lead) = match number.strip_prefix(['x', 'X']) {
            Some(hex) => (hex, 16, 3),
            None => (number, 10, 2),
        };
        let end = digits.bytes().position(|b| !(b as char).is_digit(radix)).unwrap_or(digits.len());
        if end == 0 {
            return None;
        }
        let semicolon = usize::from(digits.as_bytes().get(end) == Some(&b';'));
        let value = u32::from_str_radix(&digits[..end], radix).ok();
        let c = value.map_or('\u{fffd}', numbered);
        return Some((c, lead + end + semicolon));
    }
    let bytes = body.as_bytes();
    let end = bytes.iter().take(LONGEST).position(|b| !b.is_ascii_alphanumeric())?;
    let name = &body[..end];
    let semicolon = usize::from(bytes.get(end) == Some(&b';'));
    // Without a semicolon only the old names count, as browsers have it: a query string's
    // `&section=` is no section sign.
    let c = named(name).filter(|_| semicolon == 1 || matches!(name, "nbsp" | "amp" | "lt" | "gt"))?;
    Some((c, 1 + end + semicolon))
}

fn named(name: &str) -> Option<char> {
    if let Some((_, c)) = OTHERS.iter().find(|(n, _)| *n == name) {
        return Some(*c);
    }
    let index = LATIN_1.split(' ').position(|n| n == name)?;
    char::from_u32(0xa0 + u32::try_from(index).ok()?)
}

/// A numbered character; 128 to 159 are meant as Windows-1252.
fn numbered(value: u32) -> char {
    match value {
        0x80..=0x9f => {
            let byte = [value as u8];
            encoding_rs::WINDOWS_1252.decode_without_bom_handling(&byte).0.chars().next()
        }
        _ => char::from_u32(value).filter(|c| *c != '\0'),
    }
    .unwrap_or('\u{fffd}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_numbered_and_bare() {
        assert_eq!(reference("&amp;x"), Some(('&', 5)));
        assert_eq!(reference("&#x5c71;"), Some(('山', 8)));
        assert_eq!(reference("&#23665 "), Some(('山', 7)));
        assert_eq!(reference("&yuml;"), Some(('ÿ', 6)));
        assert_eq!(reference("&#150;"), Some(('–', 6)));
        assert_eq!(reference("&#99999999999;"), Some(('\u{fffd}', 14)));
        assert_eq!(reference("&section=1"), None);
        assert_eq!(reference("& b"), None);
        assert_eq!(reference("&#;"), None);
        assert_eq!(reference("&"), None);
    }
}
