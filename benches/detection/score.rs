//! Compares what was found with what is there, and prints the figures.

use std::collections::BTreeMap;

use sekisho::personal::normalize::Normalized;
use sekisho::personal::{self, Day, Findings, Kind, Own, Place, Text};

use crate::mails::Sample;

const TODAY: Day = Day { year: 2026, month: 4, day: 1 };

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

/// All figures.
pub struct Score {
    verbose: bool,
    kinds: BTreeMap<Kind, Tally>,
    tables: Persons,
    texts: Persons,
    clean: usize,
    held: usize,
}

pub fn own() -> Own {
    Own {
        domains: vec!["city.example.jp".into()],
        phones: vec!["03-9999-0001".into(), "03-9999-2222".into()],
        ..Own::default()
    }
}

pub fn read(texts: &[Text], tables: &[personal::Table]) -> Findings {
    personal::find(texts, tables, &own(), TODAY)
}

/// One writing for values: normalised, without spaces.
fn plain(value: &str) -> String {
    Normalized::new(value).as_str().chars().filter(|c| !c.is_whitespace()).collect()
}

/// The legal bands: nobody, one, ten, a hundred, more than a thousand.
fn band(persons: usize) -> usize {
    [1, 10, 101, 1_001].iter().filter(|b| persons >= **b).count()
}

impl Score {
    pub fn new(verbose: bool) -> Self {
        Score {
            verbose,
            kinds: BTreeMap::new(),
            tables: Persons::default(),
            texts: Persons::default(),
            clean: 0,
            held: 0,
        }
    }

    /// Compares the values of a mail, each with what was found at its place, and its persons.
    pub fn values(&mut self, sample: &Sample) {
        let found = read(&sample.texts, &sample.tables);
        let mut values: Vec<(Kind, String)> = found
            .hits
            .iter()
            .filter_map(|h| match &h.place {
                Place::Text(range) => Some((h.kind, plain(sample.texts.first()?.text.get(range.clone())?))),
                Place::Cell { .. } => None,
            })
            .collect();
        // A value that stands twice is found once.
        let mut truth: Vec<(Kind, String, &String)> =
            sample.truth.iter().map(|(k, v)| (*k, plain(v), v)).collect();
        truth.sort();
        truth.dedup_by(|a, b| a.0 == b.0 && a.1 == b.1);
        for (kind, want, value) in &truth {
            let tally = self.kinds.entry(*kind).or_default();
            match values.iter().position(|(k, v)| k == kind && v == want) {
                Some(at) => {
                    values.swap_remove(at);
                    tally.right += 1;
                }
                None => {
                    tally.missed += 1;
                    if self.verbose {
                        println!("MISSED {} {value}\n  in {}", kind.name(), line(sample, value));
                    }
                }
            }
        }
        for (kind, value) in values.into_iter().filter(|_| sample.complete) {
            if matches!(kind, Kind::PostalCode | Kind::NameKana) {
                continue;
            }
            self.kinds.entry(kind).or_default().wrong += 1;
            if self.verbose {
                println!("WRONG {} {value}\n  in {}", kind.name(), line(sample, &value));
            }
        }
        if sample.persons > 0 {
            self.count(found.persons_est, sample, false);
        }
    }

    pub fn table(&mut self, sample: &Sample, form: usize) {
        let found = read(&sample.texts, &sample.tables);
        if self.verbose && found.persons_est != sample.persons {
            println!("TABLE form {form}: {} for {}", found.persons_est, sample.persons);
            if found.persons_est == 0 {
                println!(
                    "  {:?} {:?}",
                    found.tables,
                    sample.tables[0].rows.iter().take(4).collect::<Vec<_>>()
                );
            }
        }
        self.count(found.persons_est, sample, true);
    }

    pub fn persons(&mut self, sample: &Sample) {
        let found = read(&sample.texts, &sample.tables);
        if self.verbose && found.persons_est != sample.persons {
            println!("TEXT {} for {}", found.persons_est, sample.persons);
            let body = &sample.texts[0].text;
            let seen: Vec<String> = found
                .hits
                .iter()
                .filter_map(|h| match &h.place {
                    Place::Text(range) if h.kind == Kind::PersonName => Some(plain(body.get(range.clone())?)),
                    _ => None,
                })
                .collect();
            for (_, name) in sample.truth.iter().filter(|(_, n)| !seen.contains(&plain(n))) {
                println!("  without {name}");
            }
        }
        self.count(found.persons_est, sample, false);
    }

    fn count(&mut self, est: usize, sample: &Sample, table: bool) {
        let persons = if table { &mut self.tables } else { &mut self.texts };
        let error = est.abs_diff(sample.persons) as f64 / sample.persons.max(1) as f64;
        persons.samples += 1;
        persons.exact += usize::from(est == sample.persons);
        persons.within += usize::from(error <= 0.05);
        persons.band += usize::from(band(est) == band(sample.persons));
        persons.error += error;
    }

    /// A clean mail is held falsely where a rule by the legal bands would hold it: ten persons, a
    /// person with a sensitive matter, a card, a My Number, a bank account or a secret.
    pub fn clean(&mut self, texts: &[Text]) {
        let found = read(texts, &[]);
        self.clean += 1;
        let hold = found.persons_est >= 10
            || (found.persons_est >= 1 && !found.sensitive.is_empty())
            || found.has_financial_harm()
            || !found.secrets.is_empty();
        if hold {
            self.held += 1;
            if self.verbose {
                println!("HELD {:?} {:?} {:?}", found.counts, found.secrets, found.sensitive);
            }
        }
    }

    pub fn print(&self) {
        println!("\n| kind | values | recall | precision |\n|---|---|---|---|");
        for (kind, t) in &self.kinds {
            let there = t.right + t.missed;
            let ratio = |part: usize, of: usize| {
                if of == 0 { "–".into() } else { format!("{:.4}", part as f64 / of as f64) }
            };
            println!(
                "| {} | {there} | {} | {} |",
                kind.name(),
                ratio(t.right, there),
                ratio(t.right, t.right + t.wrong)
            );
        }
        println!(
            "\n| persons in | samples | exact | within 5 % | right band | mean error |\n|---|---|---|---|---|---|"
        );
        for (name, p) in [("tables", &self.tables), ("running text", &self.texts)] {
            let share = |n: usize| 100.0 * n as f64 / p.samples.max(1) as f64;
            println!(
                "| {name} | {} | {:.1} % | {:.1} % | {:.1} % | {:.2} % |",
                p.samples,
                share(p.exact),
                share(p.within),
                share(p.band),
                100.0 * p.error / p.samples.max(1) as f64
            );
        }
        println!("\nfalse holds in {} clean mails: {}", self.clean, self.held);
    }
}

fn line(sample: &Sample, value: &str) -> String {
    let text = sample.texts.first().map_or("", |t| t.text.as_str());
    text.lines().find(|l| l.contains(value)).unwrap_or("").to_string()
}
