//! Masking text: what was found where, and every other occurrence of the same values.

use std::collections::BTreeMap;
use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};

use super::{FindingKind, Span, raw};
use content::Content;
use personal::{Found, Kind, mask};

/// So many values are looked for elsewhere.
const MAX_VALUES: usize = 20_000;
/// A shorter value in ASCII is found by chance, and so is a single letter of any script.
const SHORTEST_ASCII: usize = 4;
const SHORTEST: usize = 2;
/// A longer value is a whole text, and is not looked for elsewhere.
const LONGEST: usize = 400;

/// The values of a mail, to be found wherever they stand.
pub struct Masks {
    finder: Option<AhoCorasick>,
    kinds: Vec<Kind>,
}

impl Masks {
    /// The values that were found in a mail.
    pub fn of(content: &Content, places: &[Found]) -> Masks {
        let mut values: BTreeMap<String, Kind> = BTreeMap::new();
        for found in places {
            if values.len() >= MAX_VALUES {
                break;
            }
            let value = raw(content, found);
            let value = value.trim();
            let shortest = if value.is_ascii() { SHORTEST_ASCII } else { SHORTEST };
            if value.chars().count() >= shortest && value.len() <= LONGEST {
                values.entry(value.to_string()).or_insert(found.kind);
            }
        }
        let finder = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .ascii_case_insensitive(true)
            .build(values.keys());
        Masks { finder: finder.ok(), kinds: values.into_values().collect() }
    }

    /// A text in spans; `found` are the ranges of it in which something was found.
    pub fn spans(&self, text: &str, found: &[(Range<usize>, Kind)]) -> Vec<Span> {
        let mut spans = Vec::new();
        let mut from = 0;
        for (range, kind, alone) in self.stretches(text, found) {
            if range.start > from {
                spans.push(Span { text: shown(&text[from..range.start]), finding: None });
            }
            let value = &text[range.clone()];
            let masked = if alone { masked(value, kind) } else { starred(value) };
            spans.push(Span { text: masked, finding: Some(FindingKind::of(kind)) });
            from = range.end;
        }
        if from < text.len() {
            spans.push(Span { text: shown(&text[from..]), finding: None });
        }
        spans
    }

    /// A short text, masked.
    pub fn hide(&self, text: &str) -> String {
        self.spans(text, &[]).into_iter().map(|span| span.text).collect()
    }

    /// The stretches to be masked, in order and apart from each other; whether each is a single value.
    fn stretches(&self, text: &str, found: &[(Range<usize>, Kind)]) -> Vec<(Range<usize>, Kind, bool)> {
        let mut all: Vec<(Range<usize>, Kind)> = found.to_vec();
        if let Some(finder) = &self.finder {
            let kind = |m: &aho_corasick::Match| self.kinds.get(m.pattern().as_usize()).copied();
            all.extend(finder.find_iter(text).filter_map(|m| Some((m.range(), kind(&m)?))));
        }
        all.retain(|(range, _)| range.start < range.end && text.get(range.clone()).is_some());
        all.sort_by_key(|(range, _)| (range.start, range.end));
        let mut joined: Vec<(Range<usize>, Kind, bool)> = Vec::with_capacity(all.len());
        for (range, kind) in all {
            match joined.last_mut() {
                Some((last, _, alone)) if range.start < last.end => {
                    *alone &= *last == range;
                    last.end = last.end.max(range.end);
                }
                _ => joined.push((range, kind, true)),
            }
        }
        joined
    }
}

/// A value of a kind, masked.
pub fn masked(value: &str, kind: Kind) -> String {
    match kind {
        Kind::PasswordTable => "****".to_string(),
        _ => mask(value.trim()),
    }
}

/// Values that overlap: the beginning of the one may be the whole of the other.
fn starred(value: &str) -> String {
    "*".repeat(value.chars().count().min(12))
}

/// Text that is shown, without the characters that would change how the rest of a page reads.
fn shown(text: &str) -> String {
    let keep = |c: &char| match c {
        '\n' | '\t' => true,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => false,
        c => !c.is_control(),
    };
    text.chars().filter(keep).collect()
}
