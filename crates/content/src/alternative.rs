//! The two readings of a multipart/alternative (RFC 2046 section 5.1.4). Where the plain one says
//! nothing that the HTML one does not, it is left out, so that nothing is counted twice.

use super::{Content, Kind, Table, Text};

/// Longer readings are both kept: comparing would cost too much.
const LONGEST: usize = 256 * 1024;

/// What one reading added to the content: the ends of its texts and tables.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    pub texts: std::ops::Range<usize>,
    pub tables: std::ops::Range<usize>,
}

/// Empties the plain reading's texts, if every line of them that could matter stands in the
/// HTML reading as well.
pub fn drop_repetition(content: &mut Content, plain: &Reading, html: &Reading) {
    let (Some(said), Some(shown), Some(tables)) = (
        content.texts.get(plain.texts.clone()),
        content.texts.get(html.texts.clone()),
        content.tables.get(html.tables.clone()),
    ) else {
        return;
    };
    let size = |texts: &[Text]| texts.iter().map(|t| t.text.len()).sum::<usize>();
    if said.is_empty() || size(said) > LONGEST || size(shown) > LONGEST {
        return;
    }
    let shown = solid(shown, tables);
    let repeated = said.iter().flat_map(|t| t.text.lines()).all(|line| {
        let words: String = line.chars().filter(|c| !is_decoration(*c)).collect();
        !could_matter(&words) || memchr::memmem::find(shown.as_bytes(), words.as_bytes()).is_some()
    });
    if repeated {
        // Emptied, not taken out: the other readings' places stay as they are.
        for text in &mut content.texts[plain.texts.clone()] {
            text.text.clear();
        }
    }
}

/// All that the HTML reading shows, without blanks and decoration.
fn solid(texts: &[Text], tables: &[Table]) -> String {
    let mut out = String::new();
    let visible = texts.iter().filter(|t| t.kind != Kind::Hidden);
    for text in visible {
        out.extend(text.text.chars().filter(|c| !is_decoration(*c)));
    }
    for table in tables.iter().take(100) {
        let text = table.to_text();
        out.extend(text.chars().take(LONGEST).filter(|c| !is_decoration(*c)));
    }
    out
}

/// What the conversion to plain text adds or takes away: blanks, bullets, emphasis, brackets.
fn is_decoration(c: char) -> bool {
    c.is_whitespace() || matches!(c, '*' | '_' | '・' | '•' | '|' | '<' | '>' | '[' | ']' | '-' | '=')
}

/// Whether a line can carry anything to be found: digits, an address, or more than a word.
fn could_matter(words: &str) -> bool {
    words.bytes().any(|b| b.is_ascii_digit() || b == b'@')
        || words.chars().filter(|c| !c.is_ascii()).count() >= 2
        || words.len() > 12
}
