//! Puts together what the texts and tables of one message say.

use std::collections::hash_map::RandomState;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::hash::BuildHasher;
use std::ops::Range;

use super::findings::{Findings, Found, Hit, MAX_HITS, MAX_PLACES, Place, Sensitive, Source, mask};
use super::hashed_maps::Keyed;
use super::input::{Day, Own, Table, Text, TextKind};
use super::kinds::Kind;
use super::normalize::Normalized;
use super::own::OwnSet;
use super::persons::{self, Person};
use super::scan::{self, COUNTS, Candidate, Scan};
use super::secrets;
use super::signature;
use super::tables;
use super::text_tables;
use super::words::{self, Word};
use super::zones::{self, Zone};

/// Finds the personal data and secrets of one message's texts and tables. `own` is what is not to
/// be counted; `today` bounds birth dates. Total on any input; time grows with its length.
pub fn find(texts: &[Text], tables: &[Table], own: &Own, today: Day) -> Findings {
    let mut gathered = Gathered { own: OwnSet::new(own), today, ..Gathered::default() };
    gathered.all(texts, tables);
    gathered.finish()
}

/// As [`find`], with every place at which something was found, for a page that must show none of it. Beside
/// what `find` keeps that is the same value a second time; at most [`MAX_PLACES`].
pub fn find_places(texts: &[Text], tables: &[Table], own: &Own, today: Day) -> (Findings, Vec<Found>) {
    let places = Some(Vec::new());
    let mut gathered = Gathered { own: OwnSet::new(own), today, places, ..Gathered::default() };
    gathered.all(texts, tables);
    let places = gathered.places.take().unwrap_or_default();
    (gathered.finish(), places)
}

struct Gathered {
    own: OwnSet,
    today: Day,
    findings: Findings,
    /// Every place, where they are wanted, and the text or table that is being read.
    places: Option<Vec<Found>>,
    source: Source,
    /// Values seen, by a keyed hash of kind and key, so that each is counted once.
    seen: HashSet<u64, Keyed>,
    state: RandomState,
    people: Vec<Person>,
    /// Whom each table of the findings has added to `people`.
    of_tables: Vec<Range<usize>>,
    sensitive: BTreeSet<Sensitive>,
    /// The keys of the names that stand beside a sensitive matter, counted persons or not.
    sensitive_names: BTreeSet<String>,
    /// Persons of tables that have a column of sensitive matters.
    sensitive_rows: usize,
    /// Names that stand where a whistle-blower or a source is told.
    informants_named: usize,
    informants: BTreeSet<String>,
    labels: BTreeSet<String>,
    /// How many texts and tables there were: the sources of people.
    sources: usize,
}

impl Default for Gathered {
    fn default() -> Self {
        Gathered {
            own: OwnSet::new(&Own::default()),
            today: Day { year: 1970, month: 1, day: 1 },
            findings: Findings::default(),
            places: None,
            source: Source::Text(0),
            seen: HashSet::default(),
            state: RandomState::new(),
            people: Vec::new(),
            of_tables: Vec::new(),
            sensitive: BTreeSet::new(),
            sensitive_names: BTreeSet::new(),
            sensitive_rows: 0,
            informants_named: 0,
            informants: BTreeSet::new(),
            labels: BTreeSet::new(),
            sources: 0,
        }
    }
}

impl Gathered {
    fn all(&mut self, texts: &[Text], tables: &[Table]) {
        for (i, text) in texts.iter().enumerate() {
            self.source = Source::Text(i);
            self.text(text);
        }
        for (i, table) in tables.iter().enumerate() {
            self.source = Source::Table(i);
            self.table(table);
        }
    }

    fn text(&mut self, text: &Text) {
        let normalized = Normalized::new(&text.text);
        let plain = normalized.as_str();
        let scan = scan::scan(plain, self.today);
        self.words(plain, &scan);
        for secret in secrets::find(plain, &scan.words) {
            self.hit_in_text(&secret, text, &normalized);
        }
        // The people of the header are those whom the mail is from and for.
        if matches!(text.kind, TextKind::Header | TextKind::QuotedHeader | TextKind::Property) {
            return;
        }
        let aside = signature::ranges(plain);
        let inside: Vec<&Candidate> =
            scan.candidates.iter().filter(|c| !signature::covers(&aside, c.range.start)).collect();
        let tabled = self.text_tables(text, &normalized);
        for candidate in &inside {
            if !self.is_own(candidate) {
                self.hit_in_text(candidate, text, &normalized);
            }
        }
        let free: Vec<&Candidate> =
            inside.into_iter().filter(|c| !signature::covers(&tabled, c.range.start)).collect();
        self.sources += 1;
        let zones = zones::zones(plain, self.sources, &free, &self.own);
        self.sensitive_beside(plain, &scan, &zones);
        self.names_beside(plain, &scan);
        self.people.extend(zones.into_iter().map(|z| z.person));
    }

    /// Reads the tables inside a text; returns the stretches whose people they have taken.
    fn text_tables(&mut self, text: &Text, normalized: &Normalized<'_>) -> Vec<Range<usize>> {
        let mut taken = Vec::new();
        for found in text_tables::find(normalized.as_str(), &text.path) {
            self.sources += 1;
            let reading = tables::read(&found.table, self.sources, self.today, &self.own);
            let told = reading.summary.columns.iter().any(|c| !c.is_empty());
            if !told || reading.hits.is_empty() {
                continue;
            }
            if reading.people.iter().any(|p| p.counted) {
                taken.push(found.range.clone());
            }
            for hit in &reading.hits {
                let place = || {
                    let cell = found.places.get(hit.row).and_then(|r| r.get(hit.column)).cloned();
                    Place::Text(normalized.original(cell.unwrap_or(found.range.start..found.range.start)))
                };
                self.hit(hit.kind, &hit.key, hit.validated, 80, &text.path, place);
            }
            self.keep(reading);
        }
        taken
    }

    fn table(&mut self, table: &Table) {
        self.sources += 1;
        let reading = tables::read(table, self.sources, self.today, &self.own);
        for hit in &reading.hits {
            let place = || Place::Cell { sheet: table.sheet.clone(), row: hit.row, column: hit.column };
            self.hit(hit.kind, &hit.key, hit.validated, 80, &table.path, place);
        }
        // A short cell that is a name, a number or an address holds no word besides. Hits come row by row.
        const SHORT: usize = 64;
        let mut hits = reading.hits.iter().peekable();
        let mut known: Vec<usize> = Vec::new();
        for (at, row) in table.rows.iter().enumerate() {
            known.clear();
            while let Some(hit) = hits.next_if(|h| h.row <= at) {
                known.push(hit.column);
            }
            for (column, cell) in row.iter().enumerate() {
                if let super::input::Cell::Text(value) = cell
                    && !(value.len() <= SHORT && known.contains(&column))
                {
                    self.cell_words(value, table, at, column);
                }
            }
        }
        let counted = reading.people.iter().any(|p| p.counted);
        self.keep(reading);
        if !counted {
            self.people_of_lines(table);
        }
    }

    /// A table whose columns tell of nobody may still tell of people in its cells: notes of calls, a person to a
    /// cell, labels three across. Each cell is a paragraph of its own, and a row of short cells a line.
    fn people_of_lines(&mut self, table: &Table) {
        /// A longer cell is a text by itself.
        const SHORT: usize = 40;
        let mut text = String::new();
        for row in &table.rows {
            for cell in row {
                if let super::input::Cell::Text(value) = cell {
                    let long = value.chars().count() > SHORT || value.contains('\n');
                    text.push_str(value);
                    text.push_str(if long { "\n\n" } else { " " });
                }
            }
            text.push_str("\n\n");
        }
        let normalized = Normalized::new(&text);
        let plain = normalized.as_str();
        let scan = scan::scan(plain, self.today);
        let free: Vec<&Candidate> = scan.candidates.iter().collect();
        self.sources += 1;
        let zones = zones::zones(plain, self.sources, &free, &self.own);
        self.sensitive_beside(plain, &scan, &zones);
        self.names_beside(plain, &scan);
        self.people.extend(zones.into_iter().map(|z| z.person));
    }

    /// Labels, informants' words and keys in a cell. Short cells without kanji or signs have none.
    fn cell_words(&mut self, value: &str, table: &Table, row: usize, column: usize) {
        if value.len() < 6 {
            return;
        }
        let normalized = Normalized::new(value);
        let scan = Scan { candidates: Vec::new(), words: words::find(normalized.as_str()) };
        if scan.words.is_empty() {
            return;
        }
        self.words(normalized.as_str(), &scan);
        for secret in secrets::find(normalized.as_str(), &scan.words) {
            let place = || Place::Cell { sheet: table.sheet.clone(), row, column };
            self.hit(secret.kind, &secret.key, true, secret.confidence, &table.path, place);
        }
    }

    fn keep(&mut self, reading: tables::Reading) {
        let before = self.people.len();
        if reading.sensitive.iter().any(|s| !matches!(s, Sensitive::Assessment | Sensitive::Nationality)) {
            self.sensitive_rows += reading.people.iter().filter(|p| p.counted).count();
        }
        self.people.extend(reading.people);
        self.sensitive.extend(reading.sensitive);
        if reading.summary.columns.iter().any(|c| !c.is_empty()) {
            self.of_tables.push(before..self.people.len());
            self.findings.tables.push(reading.summary);
        }
    }

    /// Takes the words that are findings by themselves.
    fn words(&mut self, text: &str, scan: &Scan) {
        for found in &scan.words {
            let Some(word) = text.get(found.start..found.end) else {
                continue;
            };
            match found.word {
                Word::Informant => {
                    self.informants.insert(word.to_string());
                }
                Word::Confidential if words::is_set_as_label(text, found) => {
                    self.labels.insert(word.to_string());
                }
                _ => {}
            }
        }
    }

    /// A sensitive matter counts where it stands beside a person.
    fn sensitive_beside(&mut self, text: &str, scan: &Scan, zones: &[Zone]) {
        const NEAR: usize = 200;
        for found in &scan.words {
            let Word::Sensitive(matter) = found.word else {
                continue;
            };
            // 生活保護制度 and アレルギー表示 tell of nobody.
            if of_policy(text, found.end) {
                continue;
            }
            // Zones are in order: only those around the word can be beside it.
            let next = zones.partition_point(|z| z.range.start < found.start);
            let beside = zones[next.saturating_sub(3)..(next + 2).min(zones.len())].iter().any(|z| {
                let near = z.range.start.saturating_sub(NEAR)..z.range.end + NEAR;
                let between = if z.range.end <= found.start {
                    z.range.end..found.start
                } else {
                    found.end..z.range.start
                };
                z.person.counted
                    && near.contains(&found.start)
                    && !text.get(between).is_some_and(|t| t.contains("\n\n"))
            });
            if beside {
                self.sensitive.insert(matter);
            }
        }
    }

    /// A person told by name alone, beside an illness, a disability, a benefit or a crime, in one sentence or in
    /// neighbouring lines of a form; and a name where somebody tells who informed.
    fn names_beside(&mut self, text: &str, scan: &Scan) {
        /// As far as a sentence or the lines of a form reach, in bytes.
        const NEAR: usize = 150;
        let names: Vec<&Candidate> = scan
            .candidates
            .iter()
            .filter(|c| matches!(c.kind, Kind::PersonName | Kind::NameKana) && !self.own.has_name(&c.key))
            .collect();
        let near = |found: &words::Found| {
            let from = names.partition_point(|c| c.range.end + NEAR < found.start);
            let to = names.partition_point(|c| c.range.start <= found.end + NEAR);
            names.get(from..to).unwrap_or_default().iter()
        };
        for found in &scan.words {
            match found.word {
                Word::Sensitive(Sensitive::Assessment | Sensitive::Nationality) => {}
                Word::Sensitive(matter) if !of_policy(text, found.end) => {
                    let beside = near(found).filter(|c| {
                        let between = match c.range.end <= found.start {
                            true => c.range.end..found.start,
                            false => found.end..c.range.start,
                        };
                        text.get(between).is_some_and(is_one_statement)
                    });
                    let keys: Vec<String> = beside.map(|c| c.key.clone()).collect();
                    if !keys.is_empty() {
                        self.sensitive.insert(matter);
                        self.sensitive_names.extend(keys);
                    }
                }
                Word::Informant if near(found).next().is_some() || names_somebody(text, found.end) => {
                    self.informants_named += 1;
                }
                _ => {}
            }
        }
    }

    fn is_own(&self, candidate: &Candidate) -> bool {
        match candidate.kind {
            Kind::PersonName | Kind::NameKana => self.own.has_name(&candidate.key),
            Kind::MailAddress => self.own.has_mail(&candidate.key),
            Kind::Phone => self.own.has_phone(&candidate.key),
            _ => false,
        }
    }

    fn hit_in_text(&mut self, candidate: &Candidate, text: &Text, normalized: &Normalized<'_>) {
        if candidate.confidence >= COUNTS {
            let place = || Place::Text(normalized.original(candidate.range.clone()));
            self.hit(
                candidate.kind,
                &candidate.key,
                candidate.validated,
                candidate.confidence,
                &text.path,
                place,
            );
        }
    }

    /// Counts a value the first time it is seen, and keeps its evidence; most are not asked where they are.
    fn hit(
        &mut self,
        kind: Kind,
        key: &str,
        validated: bool,
        confidence: u8,
        path: &str,
        place: impl Fn() -> Place,
    ) {
        if let Some(places) = self.places.as_mut().filter(|p| p.len() < MAX_PLACES) {
            places.push(Found { kind, source: self.source, place: place() });
        }
        if !self.seen.insert(self.state.hash_one((kind, key))) {
            return;
        }
        let counts: &mut BTreeMap<Kind, usize> =
            if kind.is_secret() { &mut self.findings.secrets } else { &mut self.findings.counts };
        *counts.entry(kind).or_default() += 1;
        if self.findings.hits.len() >= MAX_HITS {
            self.findings.hits_capped = true;
            return;
        }
        let masked = if kind == Kind::PasswordTable { "****".to_string() } else { mask(key) };
        self.findings.hits.push(Hit {
            kind,
            path: path.to_string(),
            place: place(),
            masked,
            validated,
            confidence,
        });
    }

    fn finish(mut self) -> Findings {
        let count = persons::count(&self.people);
        for (table, range) in self.findings.tables.iter_mut().zip(self.of_tables) {
            let all = range.len() == self.people.len();
            table.persons = if all { count.est } else { persons::count(&self.people[range]).est };
        }
        Findings {
            persons_min: count.min,
            persons_est: count.est,
            persons_max: count.max,
            sensitive: self.sensitive.into_iter().collect(),
            sensitive_persons: self.sensitive_names.len() + self.sensitive_rows,
            informants_named: self.informants_named,
            informant_words: self.informants.into_iter().collect(),
            confidential_labels: self.labels.into_iter().collect(),
            ..self.findings
        }
    }
}

/// Whether nothing between two things parts them: no blank line, at most three line ends, and no end of a sentence
/// but one.
fn is_one_statement(between: &str) -> bool {
    let ends = between.matches(['。', '！', '？']).count();
    !between.contains("\n\n") && between.matches('\n').count() <= 3 && ends <= 1
}

/// Whether `is` and two capitalised words follow: The whistleblower is John Smith.
fn names_somebody(text: &str, at: usize) -> bool {
    let rest = super::chars::ahead(text, at, 60);
    let Some(rest) = [" is ", " was ", ": ", " named ", ", "].iter().find_map(|w| rest.strip_prefix(w))
    else {
        return false;
    };
    let mut words = rest.split(' ').filter(|w| !matches!(*w, "Mr." | "Ms." | "Mrs." | "Dr."));
    let capital = |w: Option<&str>| {
        w.is_some_and(|w| {
            w.len() > 1
                && w.starts_with(|c: char| c.is_ascii_uppercase())
                && !w.chars().all(|c| c.is_ascii_uppercase())
        })
    };
    capital(words.next()) && capital(words.next())
}

/// Whether what follows makes a matter of rules, offices and trainings of a sensitive word.
fn of_policy(text: &str, at: usize) -> bool {
    const POLICY: [&str; 22] = [
        "制度",
        "法",
        "表示",
        "対策",
        "研修",
        "相談",
        "窓口",
        "支援",
        "雇用",
        "政策",
        "課",
        "係",
        "者数",
        "に関する",
        "基準",
        "対応",
        "防止",
        "講座",
        "講演",
        "業務",
        "システム",
        "統計",
    ];
    let rest = text.get(at..).unwrap_or("");
    POLICY.iter().any(|p| rest.starts_with(p))
}

#[cfg(test)]
mod tests;
