//! Compares what the guard finds in whole mails with what is there, and prints the figures: for each
//! kind, for each form and charset that a mail or file comes in, and for clean mails.

use std::collections::BTreeMap;

use content::Content;
use facts::{EnvelopeSource, History, Organization, Reading};
use guard::{self, Depth, Policy};
use personal::normalize::Normalized;
use personal::{Hit, Kind, Place, dates};
use rules::verdict::{Action, Verdict};
use smtp::envelope::{Envelope, Recipient};
use terms::clock::Timestamp;

use crate::carry::{READER, SENDER};
use crate::files::shown;
use crate::mails::Sample;

/// The guard with its default rules.
pub struct Gate {
    policy: Policy,
    envelope: Envelope,
    now: Timestamp,
}

impl Gate {
    pub fn new() -> Self {
        let mut city = Organization::new("みほん市", &["city.example.jp"]);
        city.phones = vec!["03-9999-0001".into(), "03-9999-2222".into()];
        let recipient = Recipient { address: READER.into(), params: Vec::new() };
        Gate {
            policy: Policy::embedded(city).expect("the rules in the program load"),
            envelope: Envelope { from: SENDER.into(), rcpts: vec![recipient], ..Envelope::default() },
            now: "2026-04-01T00:00:00Z".parse().expect("a time"),
        }
    }

    /// What the guard reads and what it decides, the whole way from bytes.
    pub fn inspect(&self, mail: &[u8], depth: Depth) -> (Option<Reading>, Verdict) {
        let past = |_: &message::Mail<'_>, _: &facts::Audience| History::default();
        let given = EnvelopeSource::Given;
        let seen = guard::inspect(&self.policy, &self.envelope, given, mail, depth, past, self.now);
        (seen.reading, seen.verdict)
    }
}

#[derive(Default)]
struct Tally {
    right: usize,
    missed: usize,
    wrong: usize,
}

#[derive(Default)]
struct Persons {
    samples: usize,
    exact: usize,
    within: usize,
    band: usize,
    error: f64,
}

/// What one form or charset has shown.
#[derive(Default)]
struct Way {
    values: Tally,
    tables: Persons,
    texts: Persons,
}

/// All figures.
pub struct Score {
    gate: Gate,
    verbose: bool,
    kinds: BTreeMap<Kind, Tally>,
    forms: BTreeMap<&'static str, Way>,
    charsets: BTreeMap<&'static str, Way>,
    all: Way,
    clean: usize,
    held: usize,
}

/// One writing for values: normalised, without spaces; dates as numbers.
fn plain(kind: Kind, value: &str) -> String {
    let normal = Normalized::new(value);
    if kind == Kind::BirthDate
        && let Some(date) = dates::parse(normal.as_str(), 0)
    {
        return format!("{}-{}-{}", date.day.year, date.day.month, date.day.day);
    }
    normal.as_str().chars().filter(|c| !c.is_whitespace() && *c != '"').collect()
}

/// The legal bands: nobody, one, ten, a hundred, more than a thousand.
fn band(persons: usize) -> usize {
    [1, 10, 101, 1_001].iter().filter(|b| persons >= **b).count()
}

impl Score {
    pub fn new(verbose: bool) -> Self {
        Score {
            gate: Gate::new(),
            verbose,
            kinds: BTreeMap::new(),
            forms: BTreeMap::new(),
            charsets: BTreeMap::new(),
            all: Way::default(),
            clean: 0,
            held: 0,
        }
    }

    /// Reads a mail that carries `sample`, and compares.
    pub fn sample(&mut self, sample: &Sample, names: (&'static str, &'static str), mail: &[u8]) {
        let Some(reading) = self.gate.inspect(mail, Depth::Everything).0 else {
            return;
        };
        if self.verbose && !reading.content.uninspected.is_empty() {
            println!("UNREAD {names:?} {:?}", reading.content.uninspected);
        }
        if !sample.truth.is_empty() {
            self.values(sample, names, &reading);
        }
        if sample.persons > 0 {
            self.persons(sample, names, reading.findings.persons_est);
        }
    }

    /// Compares the values, each with what was found at its place.
    fn values(&mut self, sample: &Sample, names: (&'static str, &'static str), reading: &Reading) {
        // A value that stands twice is found once.
        let mut truth: Vec<(Kind, String)> = sample.truth.iter().map(|(k, v)| (*k, plain(*k, v))).collect();
        truth.sort();
        truth.dedup();
        let hits = reading.findings.hits.iter();
        let mut found: Vec<(Kind, String)> =
            hits.map(|h| (h.kind, value_of(h, &reading.content, &truth, sample.split))).collect();
        for (kind, want) in &truth {
            let at = found.iter().position(|(k, v)| k == kind && v == want);
            let right = at.map(|at| found.swap_remove(at)).is_some();
            self.tell(*kind, names, |t| if right { t.right += 1 } else { t.missed += 1 });
            if self.verbose && !right {
                println!("MISSED {} {want} in {names:?}\n  {}", kind.name(), context(&reading.content, want));
            }
        }
        for (kind, value) in found {
            if matches!(kind, Kind::PostalCode | Kind::NameKana) {
                continue;
            }
            self.tell(kind, names, |t| t.wrong += 1);
            if self.verbose {
                println!(
                    "WRONG {} {value} in {names:?}\n  {}",
                    kind.name(),
                    context(&reading.content, &value)
                );
            }
        }
    }

    fn tell(&mut self, kind: Kind, names: (&'static str, &'static str), note: impl Fn(&mut Tally)) {
        note(self.kinds.entry(kind).or_default());
        for way in ways(&mut self.forms, &mut self.charsets, &mut self.all, names) {
            note(&mut way.values);
        }
    }

    fn persons(&mut self, sample: &Sample, names: (&'static str, &'static str), est: usize) {
        if self.verbose && est != sample.persons {
            println!("PERSONS {est} for {} in {names:?}", sample.persons);
            let head = sample.blocks.iter().map(|b| match b {
                crate::files::Block::Text(t) => t.chars().take(300).collect::<String>(),
                crate::files::Block::Table(_, rows) => rows
                    .iter()
                    .take(4)
                    .map(|r| r.iter().map(shown).collect::<Vec<_>>().join(" | ") + "\n")
                    .collect(),
            });
            println!("{}", head.take(2).collect::<Vec<_>>().join("\n"));
        }
        let table = sample.blocks.iter().any(|b| matches!(b, crate::files::Block::Table(..)));
        let error = est.abs_diff(sample.persons) as f64 / sample.persons.max(1) as f64;
        for way in ways(&mut self.forms, &mut self.charsets, &mut self.all, names) {
            let persons = if table { &mut way.tables } else { &mut way.texts };
            persons.samples += 1;
            persons.exact += usize::from(est == sample.persons);
            persons.within += usize::from(error <= 0.05);
            persons.band += usize::from(band(est) == band(sample.persons));
            persons.error += error;
        }
    }

    /// A clean mail is held falsely where the default rules do not let it pass.
    pub fn clean(&mut self, mail: &[u8]) {
        let (reading, verdict) = self.gate.inspect(mail, Depth::Everything);
        self.clean += 1;
        if verdict.action == Action::Pass {
            return;
        }
        self.held += 1;
        if self.verbose {
            let rules: Vec<&str> = verdict.matches.iter().map(|m| m.id.as_str()).collect();
            let hits = reading.map(|r| (r.findings.counts, r.findings.secrets, r.content.uninspected));
            println!("HELD {rules:?} {hits:?}");
        }
    }

    pub fn print(&self) {
        println!("\n| kind | values | recall | precision |\n|---|---|---|---|");
        for (kind, tally) in &self.kinds {
            println!("| {} | {} |", kind.name(), tally.cells());
        }
        println!("| all | {} |", self.all.values.cells());
        println!(
            "\n| persons in | samples | exact | within 5 % | right band | mean error |\n|---|---|---|---|---|---|"
        );
        println!("| tables | {} |\n| running text | {} |", self.all.tables.cells(), self.all.texts.cells());
        for (title, ways) in [("comes as", &self.forms), ("in the charset", &self.charsets)] {
            println!(
                "\n| {title} | values | recall | precision | tables | exact | within 5 % | right band | texts | exact | right band |\n\
                 |---|---|---|---|---|---|---|---|---|---|---|"
            );
            for (name, way) in ways {
                let (tables, texts) = (&way.tables, &way.texts);
                println!(
                    "| {name} | {} | {} | {} | {} | {} | {} | {} | {} |",
                    way.values.cells(),
                    tables.samples,
                    tables.share(tables.exact),
                    tables.share(tables.within),
                    tables.share(tables.band),
                    texts.samples,
                    texts.share(texts.exact),
                    texts.share(texts.band)
                );
            }
        }
        println!("\nfalse holds in {} clean mails: {}", self.clean, self.held);
    }
}

/// Where a sample in this form and charset is counted.
fn ways<'a>(
    forms: &'a mut BTreeMap<&'static str, Way>,
    charsets: &'a mut BTreeMap<&'static str, Way>,
    all: &'a mut Way,
    names: (&'static str, &'static str),
) -> Vec<&'a mut Way> {
    let mut ways = vec![all, forms.entry(names.0).or_default()];
    if !names.1.is_empty() {
        ways.push(charsets.entry(names.1).or_default());
    }
    ways
}

impl Tally {
    fn cells(&self) -> String {
        let there = self.right + self.missed;
        let ratio = |part: usize, of: usize| match of {
            0 => "–".into(),
            of => format!("{:.4}", part as f64 / of as f64),
        };
        format!("{there} | {} | {}", ratio(self.right, there), ratio(self.right, self.right + self.wrong))
    }
}

impl Persons {
    fn share(&self, n: usize) -> String {
        if self.samples == 0 {
            "–".into()
        } else {
            format!("{:.1} %", 100.0 * n as f64 / self.samples as f64)
        }
    }

    fn cells(&self) -> String {
        let (exact, within, band) = (self.share(self.exact), self.share(self.within), self.share(self.band));
        let error = 100.0 * self.error / self.samples.max(1) as f64;
        format!("{} | {exact} | {within} | {band} | {error:.2} %", self.samples)
    }
}

/// What stands where something was found. Texts of one path are told apart by what is expected.
fn value_of(hit: &Hit, content: &Content, truth: &[(Kind, String)], split: bool) -> String {
    match &hit.place {
        Place::Text(range) => {
            let texts = content.texts.iter().filter(|t| t.path == hit.path);
            let mut values = texts.filter_map(|t| {
                let end = if split && hit.kind == Kind::PersonName {
                    next_cell(&t.text, range.end)
                } else {
                    range.end
                };
                Some(plain(hit.kind, &t.text.get(range.start..end)?.replace(['\t', ',', '|'], "")))
            });
            let first = values.next().unwrap_or_default();
            let known = |v: &String| truth.iter().any(|t| t.0 == hit.kind && t.1 == *v);
            if known(&first) { first } else { values.find(|v| known(v)).unwrap_or(first) }
        }
        Place::Cell { sheet, row, column } => {
            let tables = content.tables.iter().filter(|t| t.path == hit.path && t.sheet == *sheet);
            let mut values = tables.filter_map(|t| {
                let row = t.rows.get(*row)?;
                let mut value = row.get(*column).map(shown)?;
                if split && hit.kind == Kind::PersonName {
                    value.push_str(&row.get(column + 1).map(shown).unwrap_or_default());
                }
                Some(plain(hit.kind, &value))
            });
            let first = values.next().unwrap_or_default();
            let known = |v: &String| truth.iter().any(|t| t.0 == hit.kind && t.1 == *v);
            if known(&first) { first } else { values.find(|v| known(v)).unwrap_or(first) }
        }
    }
}

/// Where the cell behind `at` ends in a table of characters.
fn next_cell(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or("");
    let value = rest.trim_start_matches(['\t', ',', '|', ' ']);
    let end = value.find(['\t', ',', '|', ' ', '\n', '\r']).unwrap_or(value.len());
    at + rest.len() - value.len() + end
}

/// The line that holds a value, for looking into misses.
fn context(content: &Content, value: &str) -> String {
    let lines = content.texts.iter().flat_map(|t| t.text.lines());
    let tables: Vec<String> = content.tables.iter().map(|t| t.to_text()).collect();
    let head: String = value.chars().take(3).collect();
    let mut all = lines.chain(tables.iter().flat_map(|t| t.lines()));
    all.find(|l| Normalized::new(l).as_str().contains(&head)).unwrap_or("").to_string()
}
