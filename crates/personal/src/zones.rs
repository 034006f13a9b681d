//! Persons in running text: each name gathers what stands beside it; what has no name near it makes
//! a record of its own.

use std::ops::Range;

use super::kinds::{Group, Kind};
use super::own::OwnSet;
use super::persons::Person;
use super::scan::Candidate;

/// How far, in bytes, something may stand from the name that it belongs to: 300 characters.
const REACH: usize = 900;

/// From so many lone names or mail addresses a text is a list of people, not a letter that mentions
/// some.
const LIST: usize = 3;

/// The members of a list stand no further apart than this, in bytes.
const LIST_GAP: usize = 150;

/// A person and the stretch of text they stand in.
#[derive(Debug)]
pub struct Zone {
    pub range: Range<usize>,
    pub person: Person,
    attributes: Vec<Kind>,
    full: bool,
}

/// The persons of a text from its candidates, which are in order.
pub fn zones(text: &str, source: usize, candidates: &[&Candidate], own: &OwnSet) -> Vec<Zone> {
    let mut zones: Vec<Zone> = Vec::new();
    let mut waiting: Vec<&Candidate> = Vec::new();
    for (at, candidate) in candidates.iter().enumerate() {
        if is_own(candidate, own) {
            continue;
        }
        if candidate.kind == Kind::PersonName {
            let mut zone = named(candidate, source);
            // What stood before the name on its line, or above it with no name of its own.
            for early in waiting.drain(..) {
                if candidate.range.start - early.range.end <= 120
                    && !has_blank_line(text, early.range.end, candidate.range.start)
                {
                    zone.take(early);
                } else {
                    zones.push(alone(early, source));
                }
            }
            zones.push(zone);
            continue;
        }
        // In a list with the name last, what a line begins with is of the name that ends it.
        let ahead = waiting.is_empty() && !name_ahead(text, candidate, &candidates[at + 1..]);
        match zones.last_mut().filter(|z| {
            ahead && z.accepts(text, candidate) || same_line(text, z.range.end, candidate.range.start)
        }) {
            Some(zone) => zone.take(candidate),
            None => waiting.push(candidate),
        }
    }
    join_waiting(text, source, waiting, &mut zones);
    judge(&mut zones);
    zones.sort_by_key(|z| z.range.start);
    zones
}

/// What no name took: neighbours of different kinds are one person, others one each.
fn join_waiting(text: &str, source: usize, waiting: Vec<&Candidate>, zones: &mut Vec<Zone>) {
    let from = zones.len();
    for candidate in waiting {
        match zones[from..].last_mut().filter(|z| z.accepts(text, candidate)) {
            Some(zone) => zone.take(candidate),
            None => zones.push(alone(candidate, source)),
        }
    }
}

fn named(candidate: &Candidate, source: usize) -> Zone {
    let mut zone = empty(candidate, source);
    zone.person.name = Some(candidate.key.clone());
    zone.full = candidate.full;
    zone
}

fn alone(candidate: &Candidate, source: usize) -> Zone {
    let mut zone = empty(candidate, source);
    zone.take(candidate);
    zone
}

fn empty(candidate: &Candidate, source: usize) -> Zone {
    Zone {
        range: candidate.range.clone(),
        person: Person { source, ..Person::default() },
        attributes: Vec::new(),
        full: false,
    }
}

impl Zone {
    /// Whether a candidate behind the zone still belongs to it.
    fn accepts(&self, text: &str, candidate: &Candidate) -> bool {
        let gap = candidate.range.start.saturating_sub(self.range.end);
        let once = matches!(candidate.kind, Kind::BirthDate | Kind::MailAddress | Kind::Address)
            || candidate.kind.is_strong();
        let phones = self.attributes.iter().filter(|k| **k == Kind::Phone).count();
        let again = once && self.attributes.contains(&candidate.kind)
            || (candidate.kind == Kind::Phone && phones >= 3);
        gap <= REACH && !again && !(gap > 300 && has_blank_line(text, self.range.end, candidate.range.start))
    }

    fn take(&mut self, candidate: &Candidate) {
        self.range = self.range.start.min(candidate.range.start)..self.range.end.max(candidate.range.end);
        let key = &candidate.key;
        match candidate.kind {
            Kind::BirthDate => self.person.birth = Some(key.clone()),
            Kind::Phone | Kind::MailAddress | Kind::Address => self.person.contacts.push(key.clone()),
            kind if kind.is_strong() => self.person.strong.push(format!("{}:{key}", kind.name())),
            _ => {}
        }
        if !matches!(candidate.kind, Kind::NameKana | Kind::PostalCode) {
            self.attributes.push(candidate.kind);
        }
    }
}

fn is_own(candidate: &Candidate, own: &OwnSet) -> bool {
    match candidate.kind {
        Kind::PersonName | Kind::NameKana => own.has_name(&candidate.key),
        Kind::MailAddress => own.has_mail(&candidate.key),
        Kind::Phone => own.has_phone(&candidate.key),
        _ => false,
    }
}

/// Whether a name stands behind the candidate on its line.
fn name_ahead(text: &str, candidate: &Candidate, rest: &[&Candidate]) -> bool {
    rest.iter()
        .take(6)
        .take_while(|c| same_line(text, candidate.range.end, c.range.start))
        .any(|c| c.kind == Kind::PersonName)
}

fn same_line(text: &str, from: usize, to: usize) -> bool {
    text.get(from..to).is_some_and(|t| t.len() < 400 && !t.contains('\n'))
}

fn has_blank_line(text: &str, from: usize, to: usize) -> bool {
    text.get(from..to).is_some_and(|t| t.contains("\n\n") || t.contains("\n\r\n"))
}

/// Which records stand in a row of at least [`LIST`] of their sort, near one another.
fn in_list(zones: &[Zone], sort: &dyn Fn(&Zone) -> bool) -> Vec<bool> {
    let mut marks = vec![false; zones.len()];
    let mut first = 0;
    for at in 0..=zones.len() {
        let goes_on = zones.get(at).is_some_and(sort)
            && (at == first || zones[at].range.start.saturating_sub(zones[at - 1].range.end) <= LIST_GAP);
        if goes_on {
            continue;
        }
        if at - first >= LIST {
            marks[first..at].fill(true);
        }
        // A record of the sort that stands too far off may begin a row of its own.
        first = if zones.get(at).is_some_and(sort) { at } else { at + 1 };
    }
    marks
}

/// Decides which records count.
fn judge(zones: &mut [Zone]) {
    let names = in_list(zones, &|z| z.full && z.attributes.is_empty());
    let mails = in_list(zones, &|z| z.person.name.is_none() && z.attributes == [Kind::MailAddress]);
    for (at, zone) in zones.iter_mut().enumerate() {
        let identifying = zone.attributes.iter().any(|k| {
            !matches!(k.info().group, Group::Secret)
                && !matches!(k, Kind::InsurerNumber | Kind::CardSecurityCode)
        });
        let kinds = zone.attributes.iter().filter(|k| k.info().group == Group::Identity).count();
        zone.person.counted = !zone.person.strong.is_empty()
            || (zone.person.name.is_some() && identifying)
            || names[at]
            || (zone.person.name.is_none()
                && kinds >= 2
                && zone.attributes.iter().any(|k| *k != zone.attributes[0]))
            || mails[at];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::{Day, Own};
    use crate::persons;
    use crate::scan;

    fn est(text: &str) -> usize {
        let scan = scan::scan(text, Day { year: 2026, month: 4, day: 1 });
        let own = OwnSet::new(&Own { domains: vec!["city.example.jp".into()], ..Own::default() });
        let candidates: Vec<&Candidate> = scan.candidates.iter().collect();
        let people: Vec<Person> = zones(text, 0, &candidates, &own).into_iter().map(|z| z.person).collect();
        persons::count(&people).est
    }

    #[test]
    fn records_in_text_are_persons() {
        assert_eq!(
            est(
                "氏名: 山田太郎\n生年月日: 1985年1月2日\n電話: 090-1234-5678\n\n氏名: 佐藤花子\n生年月日: 1990/3/4\n"
            ),
            2
        );
        assert_eq!(est("山田太郎様(090-1234-5678)、鈴木一郎様(090-2234-5678)に連絡しました。"), 2);
        assert_eq!(est("090-1234-5678 山田太郎\n090-2234-5678 鈴木一郎\n"), 2);
        assert_eq!(est("a1@example.com\nb2@example.com\nc3@example.com\nd4@example.com\n"), 4);
    }

    #[test]
    fn people_whom_no_list_knows_are_counted_by_what_stands_beside_them() {
        for text in [
            "Emily Hartwell, 12 Oak Lane, Springfield, +1 415-555-2671\n",
            "Jürgen Weißmüller\nHauptstraße 5\n10115 Berlin\n+49 1512 3487573\n",
            "Ana de la Cruz, born March 9, 1970, can be reached at +34 612 345 678.\n",
            "孙丹丹様(1970年3月9日生、電話090-1234-5678)から連絡がありました。",
            "氏名: Nguyễn Văn Bình\n電話: 090-1234-5678\n",
            "김민수, 서울시 강남구, +82 10-2000-1234\n",
            "正田みき様 090-5276-3961\n",
        ] {
            assert_eq!(est(text), 1, "{text}");
        }
        for text in [
            "Acme Widgets Inc, 12 Oak Street: +1 415-555-2671\n",
            "Please call Customer Support: +1 415-555-2671\n",
            "Our office in New York: +1 212-555-2671\n",
            "総務課 090-1234-5678\n",
            "Dear Mr. Smith,\n\nThank you for your order.\n",
        ] {
            assert_eq!(est(text), 0, "{text}");
        }
    }

    #[test]
    fn mentions_are_not_counted() {
        assert_eq!(est("佐藤様\n\nお世話になっております。総務課の田中です。よろしくお願いいたします。"), 0);
        assert_eq!(est("本日は山田太郎さんが来ました。"), 0);
        let far = "ここには長い文章が続きます。".repeat(10);
        assert_eq!(est(&format!("山田太郎。{far}鈴木一郎。{far}佐藤花子。")), 0);
        assert_eq!(est("参加者：山田太郎、鈴木一郎、佐藤花子、田中美咲"), 4);
        assert_eq!(est("連絡は info@example.com または x@city.example.jp へ。"), 0);
    }
}
