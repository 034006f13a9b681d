//! Mining raw posts for incidents. A stretch of an incident casebook as it was published becomes drafts
//! that a person completes in their own words; what is no incident is left out, and said so.

mod counts;
mod dates;
mod posts;

use std::collections::BTreeMap;
use std::fmt::Write;

pub use counts::{Count, Unit};
pub use dates::Date;
pub use posts::Why;

use casebook::{Casebook, Incident, Kind};

/// What was found in one or several texts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mined {
    pub drafts: Vec<Draft>,
    /// What was left out, and why.
    pub skipped: Vec<Skipped>,
}

/// A post that tells of no incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// The text it was in, as [`Mined::add`] was told.
    pub source: String,
    /// The line of its title, counted from 1.
    pub line: usize,
    pub title: String,
    pub why: Why,
}

/// An incident as a post tells it, for a person to complete.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// The text it was in, and the line of its title there, counted from 1.
    pub source: String,
    pub line: usize,
    /// The casebook's number, or the year where the post has none.
    pub number: String,
    /// The number, with a suffix where several posts share it or where it is a year alone.
    pub id: String,
    /// The title without the number and the date.
    pub title: String,
    pub organization: Option<String>,
    /// The date in the title.
    pub published: Option<Date>,
    /// Every date in the text, each once, in order.
    pub dates: Vec<Date>,
    /// Every number of people, records and so on in the text, each once, in order.
    pub counts: Vec<Count>,
    /// What kind of incident it seems to be.
    pub kind: Option<Kind>,
}

/// Mines one text. Any text will do; time and memory are linear in its length.
pub fn mine(text: &str) -> Mined {
    let mut mined = Mined::default();
    mined.add("", text);
    mined
}

impl Mined {
    /// Mines one more text. Numbers that several texts share are told apart.
    pub fn add(&mut self, source: &str, text: &str) {
        for post in posts::divide(text) {
            match post.why_not() {
                Some(why) => self.skipped.push(Skipped {
                    source: source.to_string(),
                    line: post.line,
                    title: post.title.clone(),
                    why,
                }),
                None => self.drafts.push(draft(source, &post)),
            }
        }
        name(&mut self.drafts);
    }
}

fn draft(source: &str, post: &posts::Post) -> Draft {
    let (title, published) = dates::split_title(&post.title);
    let number = match (&post.number, &published) {
        (Some(number), _) => number.clone(),
        (None, Some(date)) => format!("{:04}", date.year),
        (None, None) => "0000".to_string(),
    };
    Draft {
        source: source.to_string(),
        line: post.line,
        id: number.clone(),
        number,
        organization: posts::organization(&title),
        kind: posts::kind(&title, &post.body),
        dates: dates::find(&post.body, published.as_ref()),
        counts: counts::find(&post.body),
        title,
        published,
    }
}

/// Gives every draft its id: a number that is not unique, or that is only a year, gets a suffix, from
/// the organisation's name where that is written in Latin letters.
fn name(drafts: &mut [Draft]) {
    let mut sharing: BTreeMap<String, usize> = BTreeMap::new();
    for draft in drafts.iter() {
        *sharing.entry(draft.number.clone()).or_default() += 1;
    }
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    for draft in drafts.iter_mut() {
        let unique = sharing.get(&draft.number) == Some(&1);
        if unique && draft.number.contains('-') {
            draft.id = draft.number.clone();
            continue;
        }
        let latin = draft.organization.as_deref().and_then(latin);
        let base = match latin {
            Some(word) => format!("{}-{word}", draft.number),
            None => draft.number.clone(),
        };
        let count = taken.entry(base.clone()).or_default();
        *count += 1;
        draft.id = match (*count, base == draft.number) {
            (1, false) => base,
            (n, _) => format!("{base}-{n}"),
        };
    }
}

/// The longest word of Latin letters in a name, in lower case.
fn latin(name: &str) -> Option<String> {
    name.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|w| w.len() >= 3 && w.bytes().any(|b| b.is_ascii_alphabetic()))
        .max_by_key(|w| w.len())
        .map(str::to_ascii_lowercase)
}

impl Draft {
    /// The most people that the post speaks of.
    pub fn people(&self) -> Option<u64> {
        self.most(Unit::People)
    }

    /// The most records (or mails) that the post speaks of.
    pub fn records(&self) -> Option<u64> {
        self.most(Unit::Records).max(self.most(Unit::Mails))
    }

    fn most(&self, unit: Unit) -> Option<u64> {
        let of_unit = self.counts.iter().filter(|c| c.unit == unit);
        of_unit.map(|c| c.value).max()
    }

    /// When it probably happened: the first date in the text that is not after the publication.
    pub fn date(&self) -> Option<&Date> {
        let told = self.published.as_ref().map(Date::iso);
        let before = |d: &&Date| told.as_ref().is_none_or(|told| d.iso() <= *told);
        self.dates.iter().find(before).or(self.published.as_ref())
    }

    /// The incident of the casebook that this draft is about, where it is there already: the same
    /// number, and the same organisation where several share the number.
    pub fn known<'c>(&self, casebook: &'c Casebook) -> Option<&'c Incident> {
        let same_number = |i: &&Incident| {
            let rest = i.id.strip_prefix(self.number.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        };
        let same_organization = |i: &&Incident| match &self.organization {
            Some(name) => alike(name, &i.organization.ja),
            None => false,
        };
        let numbered: Vec<_> = casebook.iter().filter(same_number).collect();
        match numbered.as_slice() {
            [only] if self.number.contains('-') => Some(only),
            several => several.iter().copied().find(same_organization),
        }
    }

    /// The draft as `incident.toml`. Its empty texts are for a person to fill in; until then it does
    /// not load, and the errors say what is missing.
    pub fn to_toml(&self) -> String {
        let mut text = self.comments();
        let quoted = |s: &str| toml::Value::String(s.to_string()).to_string();
        let mut line = |key: &str, value: String| {
            let _ = writeln!(text, "{key} = {value}");
        };
        line("id", quoted(&self.id));
        line("date", quoted(&self.date().map(Date::iso).unwrap_or_default()));
        if let Some(published) = &self.published {
            line("published", quoted(&published.iso()));
        }
        let organization = quoted(self.organization.as_deref().unwrap_or_default());
        line("organization", format!("{{ ja = {organization}, en = \"\" }}"));
        line("kind", quoted(self.kind.map(Kind::as_str).unwrap_or_default()));
        if let Some(people) = self.people() {
            line("people", people.to_string());
        }
        if let Some(records) = self.records() {
            line("records", records.to_string());
        }
        line("prevented_by", "[]".to_string());
        for table in ["summary", "happened", "lesson", "why_not"] {
            let _ = write!(text, "\n[{table}]\nja = \"\"\nen = \"\"\n");
        }
        text
    }

    /// What the post says, as comments above the draft.
    fn comments(&self) -> String {
        let dates: Vec<_> = self.dates.iter().map(Date::told).collect();
        let counts: Vec<_> = self.counts.iter().map(|c| c.text.as_str()).collect();
        let lines = [
            format!("Draft of {}:{}. {}", self.source, self.line, self.title),
            format!("Dates: {}", dates.join(", ")),
            format!("Numbers: {}", counts.join(", ")),
            "Write the texts in your own words, name the rules that prevent it, and take why_not out,".into(),
            "or leave prevented_by empty and say why inspecting mail cannot prevent it.".into(),
        ];
        let mut text = String::new();
        for line in lines {
            let plain: String = line.chars().filter(|c| !c.is_control()).collect();
            let _ = writeln!(text, "# {plain}");
        }
        text
    }
}

/// Whether two writings of an organisation's name mean the same: one begins or ends as the other does,
/// without the legal form and spaces.
fn alike(a: &str, b: &str) -> bool {
    let core = |s: &str| {
        let mut s: String = s.chars().filter(|c| !c.is_whitespace()).collect();
        for form in ["株式会社", "一般財団法人", "国立大学法人", "学校法人"] {
            s = s.replace(form, "");
        }
        s.to_lowercase()
    };
    let (a, b) = (core(a), core(b));
    !a.is_empty() && !b.is_empty() && (a.starts_with(&b) || b.starts_with(&a))
}

#[cfg(test)]
mod tests;
