//! Bursts: many mails of one sender that one rule held within the hour stand in one place of a list.

use std::collections::HashMap;

use super::cases::rule_of;
use super::fields::query_of;
use store::Approval;
use store::listing::Line;
use terms::clock::Timestamp;

/// So many mails make a burst.
const FEWEST: usize = 3;
/// A burst lasts so long, in seconds.
const LASTS: i64 = 3_600;

/// One place in the list of waiting mail.
#[derive(Debug, PartialEq)]
pub enum Place {
    One(Line),
    /// The newest first.
    Many(Vec<Line>),
}

impl Place {
    /// The case that stands for the place: the newest.
    pub fn first(&self) -> Option<&Line> {
        match self {
            Place::One(line) => Some(line),
            Place::Many(lines) => lines.first(),
        }
    }

    /// When the first of it ends.
    pub fn ends_at(&self) -> Timestamp {
        let lines = match self {
            Place::One(line) => std::slice::from_ref(line),
            Place::Many(lines) => lines.as_slice(),
        };
        lines.iter().map(|line| line.ends_at).min().unwrap_or(Timestamp::MAX)
    }
}

/// Puts mails of one sender that one rule held within the hour together. The order stays: a burst
/// stands where its newest mail stood. `lines` are the newest first.
pub fn gather(lines: Vec<Line>) -> Vec<Place> {
    let mut bursts: Vec<Vec<Line>> = Vec::new();
    let mut open: HashMap<(String, String), usize> = HashMap::new();
    for line in lines {
        let key = (line.sender.clone(), rule_of(&line).to_string());
        let fits = |at: &&usize| {
            let newest = bursts.get(**at).and_then(|burst| burst.first());
            newest.is_some_and(|n| n.opened_at.as_second() - line.opened_at.as_second() < LASTS)
        };
        match open.get(&key).filter(fits).copied() {
            Some(at) => bursts[at].push(line),
            None => {
                open.insert(key, bursts.len());
                bursts.push(vec![line]);
            }
        }
    }
    let mut places: Vec<Place> = Vec::new();
    for burst in bursts {
        match burst.len() >= FEWEST {
            true => places.push(Place::Many(burst)),
            false => places.extend(burst.into_iter().map(Place::One)),
        }
    }
    places.sort_by_key(|place| std::cmp::Reverse(place.first().map(|line| line.opened_at)));
    places
}

/// Over how many minutes mails came, at least one. They are the newest first.
pub fn minutes(lines: &[Line]) -> i64 {
    let second = |line: Option<&Line>| line.map_or(0, |line| line.opened_at.as_second());
    (second(lines.first()) - second(lines.last())).div_euclid(60) + 1
}

/// The address of a burst's page.
pub fn address(lines: &[Line]) -> String {
    let (Some(newest), Some(oldest)) = (lines.first(), lines.last()) else {
        return "/cases".into();
    };
    let (from, to) = (oldest.opened_at.as_millisecond(), newest.opened_at.as_millisecond());
    let (from, to) = (from.to_string(), to.to_string());
    let pairs = [("sender", newest.sender.as_str()), ("rule", rule_of(newest)), ("from", &from), ("to", &to)];
    format!("/cases/together{}", query_of(pairs.into_iter()))
}

/// Why a mail may not be let go of together with others.
pub fn must_be_looked_at(line: &Line) -> bool {
    line.approval == Approval::SecondPerson || line.refused
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::State as CaseState;

    fn line(id: &str, sender: &str, rule: &str, at: i64) -> Line {
        Line {
            id: id.into(),
            state: CaseState::Held,
            sender: sender.into(),
            subject: None,
            recipients: 1,
            external: 1,
            rewrite: None,
            approval: Approval::Sender,
            rules: vec![rule.into()],
            refused: false,
            opened_at: Timestamp::from_second(at).unwrap(),
            parts: 1,
            ends_at: Timestamp::from_second(at + 9_000).unwrap(),
            concluded_at: None,
            proposed: false,
        }
    }

    #[test]
    fn mails_of_one_sender_and_rule_within_the_hour_stand_together() {
        let lines = vec![
            line("9", "a@x.example", "burst", 9_000),
            line("8", "b@x.example", "burst", 8_900),
            line("7", "a@x.example", "burst", 8_800),
            line("6", "a@x.example", "other", 8_700),
            line("5", "a@x.example", "burst", 5_401),
            line("4", "a@x.example", "burst", 5_400),
            line("3", "a@x.example", "burst", 5_300),
        ];
        let places = gather(lines);
        let ids: Vec<Vec<&str>> = places
            .iter()
            .map(|place| match place {
                Place::One(line) => vec![line.id.as_str()],
                Place::Many(lines) => lines.iter().map(|l| l.id.as_str()).collect(),
            })
            .collect();
        // The last two are more than an hour older than the newest, and two make no burst.
        assert_eq!(ids, [vec!["9", "7", "5"], vec!["8"], vec!["6"], vec!["4"], vec!["3"]]);
        assert_eq!(places[0].ends_at(), Timestamp::from_second(14_401).unwrap());
    }

    #[test]
    fn what_needs_a_second_person_is_looked_at_by_itself() {
        let mut mail = line("1", "a@x.example", "r", 0);
        assert!(!must_be_looked_at(&mail));
        mail.refused = true;
        assert!(must_be_looked_at(&mail));
        mail = Line { approval: Approval::SecondPerson, refused: false, ..mail };
        assert!(must_be_looked_at(&mail));
    }
}
