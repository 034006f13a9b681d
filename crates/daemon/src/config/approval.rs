//! Second eyes in the configuration: `[[approvers]]`, `[approval]` and `[business_hours]`, with the files
//! that they name. What could leave a mail without anybody to decide about it is said before it happens.

mod checks;
mod table;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::Places;
use casebook::LoadError;
use facts::{Language, Organization};
use hold::approval::{Approvers, Group, Pattern, Timing};
use hold::business::Hours;
use message::Address;

/// Longer waits are a slip of the pen; a mail expires before.
const LONGEST: Duration = Duration::from_secs(30 * 86_400);

/// One `[[approvers]]`: who decides about the mail of these senders.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// What the group is called, in notices and in the log.
    pub name: String,
    /// Addresses, or patterns with `*`.
    #[serde(default)]
    pub senders: Vec<String>,
    #[serde(default)]
    pub approvers: Vec<String>,
    #[serde(default)]
    pub stand_ins: Vec<String>,
    /// A table instead of these, or besides: sender, approver, stand-in (CSV).
    pub file: Option<PathBuf>,
}

/// The `[approval]` section. The waits are counted in business time.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// Whoever was asked and has not decided is reminded, once.
    #[serde(deserialize_with = "terms::duration::deserialize")]
    pub remind_after: Duration,
    /// Their stand-ins are asked as well.
    #[serde(deserialize_with = "terms::duration::deserialize")]
    pub stand_in_after: Duration,
    /// `escalate_to` are asked as well, or the organisation's admins where it is empty.
    #[serde(deserialize_with = "terms::duration::deserialize")]
    pub escalate_after: Duration,
    pub escalate_to: Vec<String>,
    /// A decision sooner upon the opening of its page is noted as quick.
    #[serde(deserialize_with = "terms::duration::deserialize")]
    pub quick: Duration,
    /// A notice's link decides only for somebody who has signed in as that person.
    pub sign_in: bool,
}

impl Default for Options {
    fn default() -> Self {
        let Timing { remind_after, stand_in_after, escalate_after, quick } = Timing::default();
        let escalate_to = Vec::new();
        Options { remind_after, stand_in_after, escalate_after, escalate_to, quick, sign_in: false }
    }
}

/// The `[business_hours]` section, in the organisation's time zone.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BusinessHours {
    pub days: Vec<Day>,
    pub from: String,
    pub to: String,
    /// Days on which nobody is at work.
    pub holidays: Vec<Holiday>,
    /// More of them, one a line: `2026-12-29` or `2026/12/29,name`.
    pub holidays_file: Option<PathBuf>,
    /// Whose national holidays are free; by default Japan's where the language is Japanese.
    pub national_holidays: Option<National>,
}

impl Default for BusinessHours {
    fn default() -> Self {
        BusinessHours {
            days: vec![Day::Mon, Day::Tue, Day::Wed, Day::Thu, Day::Fri],
            from: "08:30".into(),
            to: "17:15".into(),
            holidays: Vec::new(),
            holidays_file: None,
            national_holidays: None,
        }
    }
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl Day {
    fn weekday(self) -> Weekday {
        match self {
            Day::Mon => Weekday::Monday,
            Day::Tue => Weekday::Tuesday,
            Day::Wed => Weekday::Wednesday,
            Day::Thu => Weekday::Thursday,
            Day::Fri => Weekday::Friday,
            Day::Sat => Weekday::Saturday,
            Day::Sun => Weekday::Sunday,
        }
    }
}

/// Whose national holidays are free.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum National {
    Jp,
    None,
}

/// A date with or without quotes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Holiday {
    Quoted(String),
    Plain(toml::value::Datetime),
}

/// What the sections say, together with what they hang on.
pub struct Sections<'a> {
    pub organization: &'a Organization,
    pub zone: TimeZone,
    pub entries: &'a [Entry],
    pub options: &'a Options,
    pub hours: &'a BusinessHours,
    /// Where each key of the configuration stands, for errors.
    pub places: &'a Places,
}

impl Sections<'_> {
    /// Reads the files, and puts everything together.
    ///
    /// # Errors
    /// Everything that is wrong, each with its file, its line and what would be right.
    pub fn read(&self) -> Result<Approvers, Vec<LoadError>> {
        let mut faults = Vec::new();
        let hours = self.hours(&mut faults);
        let mut groups = Vec::new();
        for (nth, entry) in self.entries.iter().enumerate() {
            groups.extend(self.groups(nth, entry, &mut faults));
        }
        let admins = self.organization.admins.iter().filter_map(|a| self.inside(a).ok()).collect();
        let escalate_to = self.people(&self.options.escalate_to, |why, remedy| {
            self.fault("approval", 0, format!("escalate_to: {why}"), remedy)
        });
        let escalate_to = escalate_to.unwrap_or_else(|f| keep(&mut faults, f));
        faults.extend(self.waits());
        let Options { remind_after, stand_in_after, escalate_after, quick, sign_in, .. } = *self.options;
        let timing = Timing { remind_after, stand_in_after, escalate_after, quick };
        let Some(hours) = hours else { return Err(faults) };
        let approvers = Approvers { groups, escalate_to, admins, timing, hours, sign_in };
        faults.extend(self.twice(&approvers));
        if faults.is_empty() {
            faults.extend(self.nobody(&approvers));
        }
        if faults.is_empty() { Ok(approvers) } else { Err(faults) }
    }

    /// The groups of an entry: one of its lists, and those of its table.
    fn groups(&self, nth: usize, entry: &Entry, faults: &mut Vec<LoadError>) -> Vec<Group> {
        let named = |why: String, remedy: &str| {
            self.fault("approvers", nth, format!("approvers \"{}\": {why}", entry.name), remedy)
        };
        let before = faults.len();
        if entry.name.trim().is_empty() {
            faults.push(named("it has no name".into(), "name it as its people call it"));
        }
        let mut groups = Vec::new();
        if let Some(file) = &entry.file {
            match table::read(file, &entry.name, &|address| self.inside(address)) {
                Ok(table) => groups.extend(table),
                Err(more) => faults.extend(more),
            }
        }
        let lists = [&entry.senders, &entry.approvers, &entry.stand_ins];
        if entry.file.is_some() && lists.iter().all(|list| list.is_empty()) {
            return groups;
        }
        if entry.senders.is_empty() {
            faults.push(named(
                "it has no senders".into(),
                "give senders = [\"*@soumu.city.example.jp\"], or file",
            ));
        }
        if entry.approvers.is_empty() {
            faults.push(named(
                "it has no approvers".into(),
                "give approvers = [\"kacho@city.example.jp\"], or file",
            ));
        }
        let people = |list: &[String], key: &str| {
            self.people(list, |why, remedy| named(format!("{key}: {why}"), remedy))
        };
        let senders = self.patterns(&entry.senders, &named).unwrap_or_else(|f| keep(faults, f));
        let approvers = people(&entry.approvers, "approvers").unwrap_or_else(|f| keep(faults, f));
        let stand_ins = people(&entry.stand_ins, "stand_ins").unwrap_or_else(|f| keep(faults, f));
        let group = Group { name: entry.name.clone(), senders, approvers, stand_ins };
        if faults.len() == before {
            faults.extend(checks::own_only(&group).map(|why| named(why, checks::OTHERS)));
        }
        groups.push(group);
        groups
    }

    fn patterns(
        &self,
        texts: &[String],
        named: &dyn Fn(String, &str) -> LoadError,
    ) -> Result<Vec<Pattern>, Vec<LoadError>> {
        const FORM: &str = "give an address, or a pattern such as \"*@soumu.city.example.jp\" or \"*\"";
        let read = |text: &String| {
            Pattern::parse(text).ok_or_else(|| named(format!("senders: \"{text}\" matches no address"), FORM))
        };
        all(texts.iter().map(read))
    }

    fn people(
        &self,
        list: &[String],
        named: impl Fn(String, &str) -> LoadError,
    ) -> Result<Vec<String>, Vec<LoadError>> {
        all(list.iter().map(|text| self.inside(text).map_err(|(why, remedy)| named(why, remedy))))
    }

    /// An address of the organisation's, as it is compared; else what is wrong and what would be right.
    fn inside(&self, text: &str) -> Result<String, (String, &'static str)> {
        let Some(address) = Address::parse(text) else {
            return Err((format!("\"{text}\" is no mail address"), "write it as \"kacho@city.example.jp\""));
        };
        match self.organization.is_internal(address.domain()) {
            true => Ok(address.key()),
            false => Err((
                format!("{address} is outside the organisation"),
                "who decides must be inside; name somebody of the domains in [organization], or add theirs",
            )),
        }
    }

    fn hours(&self, faults: &mut Vec<LoadError>) -> Option<Hours> {
        let wrong = |why: String| {
            let (why, remedy) = why.split_once("; ").unwrap_or((&why, "config.example.toml shows the form"));
            self.fault("business_hours", 0, why.to_string(), remedy)
        };
        let mut holidays = BTreeSet::new();
        for holiday in &self.hours.holidays {
            let text = match holiday {
                Holiday::Quoted(text) => text.clone(),
                Holiday::Plain(date) => date.to_string(),
            };
            match text.parse::<Date>() {
                Ok(day) => _ = holidays.insert(day),
                Err(_) => {
                    faults.push(wrong(format!("holidays: \"{text}\" is no date; write it as 2026-12-29")))
                }
            }
        }
        if let Some(file) = &self.hours.holidays_file {
            match table::holidays(file) {
                Ok(days) => holidays.extend(days),
                Err(more) => faults.extend(more),
            }
        }
        let japanese = match self.hours.national_holidays {
            Some(national) => national == National::Jp,
            None => self.organization.language == Language::Ja,
        };
        let days = self.hours.days.iter().map(|day| day.weekday()).collect();
        let (from, to) = (&self.hours.from, &self.hours.to);
        let hours = Hours::new(self.zone.clone(), days, from, to, holidays, japanese);
        hours.map_err(|why| faults.push(wrong(why))).ok()
    }

    /// A fault of the nth section of that name.
    fn fault(&self, section: &str, nth: usize, message: String, remedy: &str) -> LoadError {
        let key = message.split(':').next().unwrap_or_default();
        let place = match section {
            "approvers" => format!("approvers.{nth}"),
            section => format!("{section}.{}", key.split(' ').next().unwrap_or_default()),
        };
        self.places.of(&place, message, remedy)
    }
}

/// All of them, or everything that is wrong with them.
fn all<T>(each: impl Iterator<Item = Result<T, LoadError>>) -> Result<Vec<T>, Vec<LoadError>> {
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for one in each {
        match one {
            Ok(one) => good.push(one),
            Err(fault) => bad.push(fault),
        }
    }
    if bad.is_empty() { Ok(good) } else { Err(bad) }
}

fn keep<T>(faults: &mut Vec<LoadError>, more: Vec<LoadError>) -> Vec<T> {
    faults.extend(more);
    Vec::new()
}
