//! What candidates say of one another: overlaps, and what counts only beside a card or a person.

use std::ops::Range;

use super::chars::{self, is_han};
use super::kinds::Kind;
use super::scan::{COUNTS, Candidate};

/// Of two that overlap the surer one stays; an address wins over the names in it.
pub(super) fn without_overlaps(found: &mut Vec<Candidate>) {
    let rank =
        |c: &Candidate| (u32::from(c.kind == Kind::Address), c.range.len() as u32, u32::from(c.confidence));
    found.sort_by(|a, b| a.range.start.cmp(&b.range.start).then(rank(b).cmp(&rank(a))));
    let mut kept: Vec<Candidate> = Vec::with_capacity(found.len());
    for candidate in found.drain(..) {
        match kept.last_mut() {
            Some(last) if candidate.range.start < last.range.end => {
                if rank(&candidate) > rank(last) {
                    *last = candidate;
                }
            }
            _ => kept.push(candidate),
        }
    }
    *found = kept;
}

/// A security code or an expiry is one only near a card.
pub(super) fn security_codes(found: &mut Vec<Candidate>) {
    let cards: Vec<usize> = found.iter().filter(|c| c.kind == Kind::Card).map(|c| c.range.start).collect();
    found.retain(|c| {
        c.kind != Kind::CardSecurityCode || cards.iter().any(|at| at.abs_diff(c.range.start) <= 250)
    });
}

/// What waits for a person gets one if a name, address or birth date stands beside it, in the same
/// paragraph. A date needs the name on its own line.
pub(super) fn people_beside(text: &str, found: &mut Vec<Candidate>) {
    const NEAR: usize = 200;
    let people: Vec<Range<usize>> = found
        .iter()
        .filter(|c| c.confidence >= COUNTS && (c.full || matches!(c.kind, Kind::Address | Kind::BirthDate)))
        .map(|c| c.range.clone())
        .collect();
    found.retain_mut(|c| {
        if c.confidence >= COUNTS {
            return true;
        }
        let line_only = c.kind == Kind::BirthDate;
        let beside = |p: &Range<usize>| {
            let between = if p.end <= c.range.start { p.end..c.range.start } else { c.range.end..p.start };
            let Some(between) = text.get(between) else {
                return false;
            };
            if line_only {
                // "山田太郎は2010年4月1日に入社" is no birth date; "山田太郎 2010/04/01" in a list is.
                between.len() <= 12
                    && !between.contains('\n')
                    && !between.chars().any(|c| is_han(c) || chars::is_kana(c))
            } else {
                between.len() <= NEAR && !between.contains("\n\n")
            }
        };
        let near = people.partition_point(|p| p.start < c.range.start);
        let around = near.saturating_sub(2)..(near + 2).min(people.len());
        if people[around].iter().any(beside) {
            c.confidence = 60;
            return true;
        }
        false
    });
}
