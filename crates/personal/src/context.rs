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
    let short = short_names_beside(text, found);
    let mut at = 0;
    found.retain_mut(|c| {
        at += 1;
        if short.contains(&(at - 1)) {
            c.confidence = 60;
        }
        if c.confidence >= COUNTS {
            return true;
        }
        if c.kind == Kind::PersonName {
            return false;
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

/// The names that wait (東 瞳), by their place in `found`, beside which on the same line or the next a telephone,
/// an address or the like stands; and the dates that are of them.
fn short_names_beside(text: &str, found: &[Candidate]) -> Vec<usize> {
    const NEAR: usize = 90;
    let waits = |c: &Candidate| c.kind == Kind::PersonName && c.confidence < COUNTS;
    let tells = |c: &Candidate| match c.kind {
        Kind::Phone | Kind::MailAddress | Kind::Address | Kind::PostalCode => c.confidence >= COUNTS,
        Kind::BirthDate => true,
        _ => false,
    };
    let near = |a: &Candidate, b: &Candidate| {
        let between = text.get(a.range.end..b.range.start).unwrap_or("\n\n");
        let date = a.kind == Kind::BirthDate || b.kind == Kind::BirthDate;
        let words = between.chars().any(|c| is_han(c) || chars::is_kana(c));
        between.len() <= NEAR
            && between.matches('\n').count() <= usize::from(!date)
            && !between.contains('。')
            && !(date && (words || between.len() > 12))
    };
    let mut lifted = Vec::new();
    for (at, pair) in found.windows(2).enumerate() {
        let (first, second) = (&pair[0], &pair[1]);
        if (waits(first) && tells(second) || tells(first) && waits(second)) && near(first, second) {
            lifted.extend([at, at + 1]);
        }
    }
    lifted
}
