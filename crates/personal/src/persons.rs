//! Counts persons: records of rows and of stretches of text are joined where they are of one person.
//!
//! The same person is whoever shares a strong identifier, or name and birth date, or name and a
//! telephone number, mail or postal address; between tables a member's or patient's number and a name
//! alone join where nothing speaks against it, and a name in kana is known again in kanji.

use std::collections::hash_map::RandomState;
use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher;

use super::hashed_maps::Keyed;
use super::readings;

/// What is known of one person in one place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// The table or text it stands in.
    pub source: usize,
    /// Surname and given name, as a key.
    pub name: Option<String>,
    /// Identifiers that only one person has, each with its kind.
    pub strong: Vec<String>,
    /// Numbers of a register (member, patient, pupil), each with its kind: the same only in one house.
    pub numbers: Vec<String>,
    pub birth: Option<String>,
    /// Telephone numbers, mail and postal addresses.
    pub contacts: Vec<String>,
    /// What tells this row from others where nothing else does: the rest of the row.
    pub rest: Option<u64>,
    /// Whether there is enough to count it; otherwise it is only possible.
    pub counted: bool,
}

/// How many persons there are at least, by estimate, and at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    pub min: usize,
    pub est: usize,
    pub max: usize,
}

/// Counts the persons of all records together.
pub fn count(people: &[Person]) -> Count {
    let counted: Vec<&Person> = people.iter().filter(|p| p.counted).collect();
    let mut groups = Groups::new(counted.len());
    join_by_keys(&counted, &mut groups);
    let apart = groups.count();
    join_by_number(&counted, &mut groups);
    join_nameless(&counted, &mut groups);
    join_by_name_between_sources(&counted, &mut groups);
    join_by_reading(&counted, &mut groups);
    let est = groups.count();
    join_by_name(&counted, &mut groups);
    let min = groups.count();
    let mut possible: HashSet<&str> =
        people.iter().filter(|p| !p.counted).filter_map(|p| p.name.as_deref()).collect();
    if !possible.is_empty() {
        counted.iter().filter_map(|p| p.name.as_deref()).for_each(|n| {
            possible.remove(n);
        });
    }
    let nameless = people.iter().filter(|p| !p.counted && p.name.is_none()).count();
    Count { min, est, max: apart.max(est) + possible.len() + nameless }
}

fn join_by_keys(people: &[&Person], groups: &mut Groups) {
    let mut first: HashMap<u64, usize, Keyed> = HashMap::with_capacity_and_hasher(people.len() * 3, Keyed);
    let state = RandomState::new();
    for (at, person) in people.iter().enumerate() {
        keys(person, &state, &mut |key| {
            let other = *first.entry(key).or_insert(at);
            if other != at && !conflict(people[other], person) {
                groups.join(other, at);
            }
        });
    }
}

/// Two records of one name are two persons where a birth date or a number of one kind differs.
fn conflict(a: &Person, b: &Person) -> bool {
    let births = matches!((&a.birth, &b.birth), (Some(x), Some(y)) if x != y);
    let kind_of = |key: &str| key.split(':').next().map(str::to_string);
    let strong = !a.strong.is_empty()
        && a.strong.iter().all(|x| !b.strong.contains(x))
        && b.strong.iter().any(|y| a.strong.iter().any(|x| kind_of(x) == kind_of(y)));
    let shared = a.strong.iter().any(|x| b.strong.contains(x));
    !shared && (births || strong)
}

/// Two of one name who live at different addresses, and share nothing else, are two persons as far as one can tell.
fn live_apart(a: &Person, b: &Person) -> bool {
    let is_address = |c: &&String| !c.is_ascii();
    // One writes the prefecture or the building, the other does not.
    let begins = |x: &str, y: &str| {
        x.strip_prefix(y).is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit() || c == '-'))
    };
    let same = |x: &str, y: &str| begins(x, y) || begins(y, x) || x.ends_with(y) || y.ends_with(x);
    let mut theirs = b.contacts.iter().filter(is_address).peekable();
    a.contacts.iter().any(|c| is_address(&c))
        && theirs.peek().is_some()
        && !a.contacts.iter().any(|x| b.contacts.iter().any(|y| same(x, y)))
}

/// Hands the keys of a person to `take`, each as a keyed hash, so that none is written out.
fn keys(person: &Person, state: &RandomState, take: &mut impl FnMut(u64)) {
    person.strong.iter().for_each(|id| take(state.hash_one(("id", id))));
    let Some(name) = &person.name else {
        // Without a name an address of one's own is the person.
        person.contacts.iter().for_each(|c| take(state.hash_one(("contact", c))));
        return;
    };
    if let Some(birth) = &person.birth {
        take(state.hash_one(("birth", name, birth)));
    }
    person.contacts.iter().for_each(|c| take(state.hash_one(("contact", name, c))));
    if let (None, true, true) = (&person.birth, person.contacts.is_empty(), person.strong.is_empty())
        && let Some(rest) = person.rest
    {
        take(state.hash_one(("rest", name, rest)));
    }
}

/// Records with one number of a register are of one person, unless their names or anything else differ.
fn join_by_number(people: &[&Person], groups: &mut Groups) {
    let mut first: HashMap<&str, usize> = HashMap::new();
    for (at, person) in people.iter().enumerate() {
        for number in &person.numbers {
            let other = *first.entry(number).or_insert(at);
            let known = people[other];
            let names = matches!((&known.name, &person.name), (Some(a), Some(b)) if a != b);
            if other != at && !names && !conflict(known, person) {
                groups.join(other, at);
            }
        }
    }
}

/// A record without a name is of the one named person who has its mail address or telephone.
fn join_nameless(people: &[&Person], groups: &mut Groups) {
    if people.iter().all(|p| p.name.is_some()) {
        return;
    }
    let mut owner: HashMap<&str, usize> = HashMap::new();
    for (at, person) in people.iter().enumerate().filter(|(_, p)| p.name.is_some()) {
        for contact in &person.contacts {
            owner.entry(contact).or_insert(at);
        }
    }
    for (at, person) in people.iter().enumerate().filter(|(_, p)| p.name.is_none()) {
        if let Some(other) = person.contacts.iter().find_map(|c| owner.get(c.as_str()))
            && !conflict(people[*other], person)
        {
            groups.join(*other, at);
        }
    }
}

/// More people of one name than this in one source are not told apart.
const MOST_NAMESAKES: usize = 64;

/// A name in two sources is one person in both, unless something speaks against it.
fn join_by_name_between_sources(people: &[&Person], groups: &mut Groups) {
    // All of one source have nothing to be joined between sources.
    if people.windows(2).all(|w| w[0].source == w[1].source) {
        return;
    }
    let name_of = |at: &usize| people[*at].name.as_deref();
    let mut named: Vec<usize> = (0..people.len()).filter(|at| name_of(at).is_some()).collect();
    named.sort_unstable_by_key(|at| (name_of(at), people[*at].source, *at));
    for members in named.chunk_by(|a, b| name_of(a) == name_of(b)).filter(|m| m.len() > 1) {
        let mut in_source: Vec<Vec<usize>> = Vec::new();
        for of_source in members.chunk_by(|a, b| people[*a].source == people[*b].source) {
            let mut roots: Vec<usize> = Vec::new();
            for at in of_source {
                let root = groups.root(*at);
                if !roots.contains(&root) && roots.len() < MOST_NAMESAKES {
                    roots.push(root);
                }
            }
            in_source.push(roots);
        }
        // The namesakes of one source are paired with those of the next, each with one.
        let mut sources = in_source.into_iter();
        let mut known = sources.next().unwrap_or_default();
        for roots in sources {
            // Whoever is already joined by a key is not free for another.
            let mut free: Vec<usize> = known.iter().copied().filter(|k| !roots.contains(k)).collect();
            for root in roots {
                if known.contains(&root) {
                    continue;
                }
                let may_be = |k: &usize| {
                    let (known, other) = (people[*k], people[root]);
                    !conflict(known, other) && !live_apart(known, other)
                };
                match free.iter().position(may_be) {
                    Some(at) => groups.join(free.swap_remove(at), root),
                    None => known.push(root),
                }
            }
        }
    }
}

/// Who is written in kana alone in one source is the person in another whose name may be read so: the holder
/// of a card, most often. Each is paired with one.
fn join_by_reading(people: &[&Person], groups: &mut Groups) {
    let kana = |p: &Person| p.name.as_deref().is_some_and(readings::is_kana);
    let in_kana: HashSet<usize> = people.iter().filter(|p| kana(p)).map(|p| p.source).collect();
    if in_kana.is_empty() || people.iter().all(|p| p.name.is_none() || kana(p)) {
        return;
    }
    let wanted: HashSet<&str> = people.iter().filter(|p| kana(p)).filter_map(|p| p.name.as_deref()).collect();
    let mut read: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, person) in people.iter().enumerate().filter(|(_, p)| !kana(p)) {
        for reading in person.name.as_deref().map(readings::of).unwrap_or_default() {
            if wanted.contains(reading.as_str()) {
                let root = groups.root(at);
                let known = read.entry(reading).or_default();
                if known.len() < MOST_NAMESAKES && !known.contains(&root) {
                    known.push(root);
                }
            }
        }
    }
    // Who is paired with somebody of a source already is not free for another of it.
    let mut taken: HashSet<(usize, usize)> = HashSet::new();
    for (at, person) in people.iter().enumerate().filter(|(_, p)| kana(p)) {
        let Some(known) = person.name.as_deref().and_then(|name| read.get(name)) else {
            continue;
        };
        let own = groups.root(at);
        let free = known.iter().find(|k| {
            let other = people[**k];
            other.source != person.source
                && !taken.contains(&(person.source, **k))
                && !conflict(other, person)
                && !live_apart(other, person)
        });
        if let Some(root) = free.copied().filter(|_| own == at) {
            taken.insert((person.source, root));
            groups.join(root, at);
        }
    }
}

fn join_by_name(people: &[&Person], groups: &mut Groups) {
    let mut first: HashMap<&str, usize> = HashMap::new();
    for (at, person) in people.iter().enumerate() {
        if let Some(name) = &person.name {
            let other = *first.entry(name).or_insert(at);
            groups.join(other, at);
        }
    }
}

/// Disjoint sets.
struct Groups(Vec<usize>);

impl Groups {
    fn new(count: usize) -> Self {
        Groups((0..count).collect())
    }

    fn root(&mut self, mut at: usize) -> usize {
        while self.0[at] != at {
            self.0[at] = self.0[self.0[at]];
            at = self.0[at];
        }
        at
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.0[b.max(a)] = a.min(b);
    }

    fn count(&self) -> usize {
        self.0.iter().enumerate().filter(|(at, root)| at == *root).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(source: usize, name: &str, birth: &str, contact: &str, id: &str) -> Person {
        let some = |s: &str| (!s.is_empty()).then(|| s.to_string());
        Person {
            source,
            name: some(name),
            birth: some(birth),
            contacts: some(contact).into_iter().collect(),
            strong: some(id).into_iter().collect(),
            numbers: Vec::new(),
            rest: None,
            counted: true,
        }
    }

    #[test]
    fn same_keys_are_one_person() {
        let people = [
            person(0, "甲", "19800101", "", ""),
            person(1, "甲", "19800101", "09011112222", ""),
            person(2, "甲", "", "09011112222", ""),
            person(0, "", "", "", "my-number:1"),
            person(1, "乙", "", "", "my-number:1"),
        ];
        assert_eq!(count(&people), Count { min: 2, est: 2, max: 2 });
    }

    #[test]
    fn namesakes_are_two_persons_and_one_at_least() {
        let people = [person(0, "甲", "19800101", "", ""), person(0, "甲", "19810101", "", "")];
        assert_eq!(count(&people), Count { min: 1, est: 2, max: 2 });
    }

    #[test]
    fn a_name_joins_two_tables_unless_something_speaks_against_it() {
        let people = [person(0, "甲", "19800101", "", ""), person(1, "甲", "", "09011112222", "")];
        assert_eq!(count(&people).est, 1);
        let people = [person(0, "甲", "19800101", "", ""), person(1, "甲", "19810101", "", "")];
        assert_eq!(count(&people).est, 2);
    }

    #[test]
    fn namesakes_of_two_tables_are_paired_each_with_one() {
        let people = [
            person(0, "甲", "", "a@example.com", ""),
            person(0, "甲", "", "b@example.com", ""),
            person(1, "甲", "", "b@example.com", ""),
            person(1, "甲", "", "a@example.com", ""),
            person(2, "甲", "19800101", "", ""),
            person(2, "甲", "19810101", "", ""),
        ];
        assert_eq!(count(&people).est, 2);
    }

    #[test]
    fn namesakes_at_two_addresses_are_two_persons() {
        let at = |source, address: &str| person(source, "甲", "", address, "");
        let two = [at(0, "大阪市北区梅田5-4-12"), at(1, "東京都新宿区西新宿1-2-3")];
        assert_eq!(count(&two), Count { min: 1, est: 2, max: 2 });
        let one = [at(0, "大阪市北区梅田5-4-12"), at(1, "大阪府大阪市北区梅田5-4-12")];
        assert_eq!(count(&one).est, 1);
        let flat = [
            at(0, "大阪市北区梅田5-4-1"),
            at(1, "大阪市北区梅田5-4-1みほん荘"),
            at(2, "大阪市北区梅田5-4-12"),
        ];
        assert_eq!(count(&flat).est, 2);
        let phone = [at(0, "大阪市北区梅田5-4-12"), at(1, "09011112222")];
        assert_eq!(count(&phone).est, 1);
    }

    #[test]
    fn a_name_in_kana_is_known_again_in_kanji() {
        let member = |contact: &str| person(0, "長谷川隆", "", contact, "");
        let card = |id: &str| person(1, "ハセガワタカシ", "", "", id);
        let members = [member("a@example.com"), member("b@example.com")];
        let paid = [card("card:1"), card("card:2"), card("card:3")];
        let one: Vec<Person> = [&members[..1], &paid[..1]].concat();
        assert_eq!(count(&one), Count { min: 1, est: 1, max: 2 });
        let more = [&members[..], &paid[..]].concat();
        assert_eq!(count(&more).est, 3, "each card's holder is one of the members, or another");
        let other = [member("a@example.com"), person(1, "ハセガワヒロシ", "", "", "card:1")];
        assert_eq!(count(&other).est, 2);
    }

    #[test]
    fn a_family_with_one_telephone_is_still_several() {
        let people = [person(0, "甲", "", "0311112222", ""), person(0, "乙", "", "0311112222", "")];
        assert_eq!(count(&people).est, 2);
        let people = [person(0, "甲", "", "a@example.com", ""), person(1, "", "", "a@example.com", "")];
        assert_eq!(count(&people).est, 1);
    }

    #[test]
    fn a_number_of_a_register_joins_tables_where_the_names_agree() {
        let member = |source, name: &str, id: &str, number: &str| Person {
            numbers: vec![format!("member-number:{number}")],
            ..person(source, name, "", "", id)
        };
        let cards = [member(0, "甲", "", "1"), member(0, "乙", "", "2"), member(1, "", "card:4", "1")];
        assert_eq!(count(&cards), Count { min: 2, est: 2, max: 3 });
        let others = [member(0, "甲", "", "1"), member(1, "乙", "", "1")];
        assert_eq!(count(&others).est, 2);
    }

    #[test]
    fn what_is_only_possible_counts_at_most() {
        let mut maybe = person(0, "丙", "", "", "");
        maybe.counted = false;
        assert_eq!(count(&[maybe]), Count { min: 0, est: 0, max: 1 });
    }
}
