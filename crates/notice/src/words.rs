//! What a language has to provide: [`Wording`]. The letter asks, `words_ja` and `words_en` answer.

use jiff::Zoned;
use jiff::civil::Date;

use super::evidence;
use super::options::Language;
use super::{Choice, Incident, Kind, Notice};

/// What a notice is about, cleaned and reckoned, as the languages need it.
pub struct Context<'a> {
    pub notice: &'a Notice,
    /// Whom staff turn to; none where the house named nobody.
    pub contact: Option<String>,
    /// The case number; empty where there is none.
    pub case: String,
    /// The mail's own subject, short, for a subject line; empty where it has none.
    pub topic: String,
    /// Who sent the mail; empty where unknown.
    pub sender: String,
    /// The mail in a few words, from the evidence of the rule that decided.
    pub short: Option<String>,
    pub until: Option<Zoned>,
    /// Outside recipients that the mail had already left for.
    pub left: usize,
    /// Whether the mail is itself a recall.
    pub recall: bool,
    /// Whether the sender suddenly writes much more than usual, or from a new place.
    pub burst: bool,
    /// Whether the rule bites because a control has expired.
    pub expired: bool,
    pub control: Option<Watched>,
    /// Whether there are links to press.
    pub pressable: bool,
}

/// A control, with its last day read.
pub struct Watched {
    pub name: String,
    pub last_day: Option<Date>,
    pub days: i64,
    pub enforced: bool,
}

/// What a language says of one telling.
pub struct Said {
    /// The word in the coloured band: where the mail is now.
    pub status: String,
    pub subject: String,
    /// What happened, and whether the mail has left: the one sentence that everybody reads.
    pub headline: String,
    /// What belongs to it but can wait a second.
    pub lead: Vec<String>,
    pub next: Vec<String>,
    pub can: Vec<String>,
}

/// The headings of the sections.
pub struct Titles {
    pub why: &'static str,
    pub past: &'static str,
    pub next: &'static str,
    pub can: &'static str,
    pub case: &'static str,
}

/// The names of the lines that describe the mail.
pub struct Labels {
    pub subject: &'static str,
    pub sender: &'static str,
    pub recipients: &'static str,
    pub attachments: &'static str,
    pub received: &'static str,
    pub by: &'static str,
    pub reason: &'static str,
    pub control: &'static str,
    pub last_day: &'static str,
    /// What was changed: recipients, attachments and addresses.
    pub dropped: &'static str,
    pub removed: &'static str,
    pub corrected: &'static str,
}

/// One language of the house.
pub trait Wording {
    /// The BCP 47 tag, for `lang` and Content-Language.
    fn tag(&self) -> &'static str;
    fn titles(&self, kind: Kind) -> Titles;
    fn labels(&self) -> Labels;
    fn said(&self, context: &Context) -> Said;
    /// A time, to the minute, with its weekday.
    fn moment(&self, at: &Zoned) -> String;
    fn day(&self, day: Date) -> String;
    /// When and to whom an incident happened, and what.
    fn past(&self, incident: &Incident) -> (String, String);
    /// What stands before what other rules found.
    fn also(&self) -> &'static str;
    /// "and N more", for a list that was cut.
    fn more(&self, count: usize) -> String;
    /// How many attachments, where their names are not known.
    fn files(&self, count: usize) -> String;
    /// Joins the entries of a list.
    fn comma(&self) -> &'static str;
    /// What stands for a mail without a subject.
    fn untitled(&self) -> &'static str;
    /// What stands on a button, and what it does; nothing happens before the page was seen.
    fn choice(&self, choice: Choice, kind: Kind) -> (&'static str, &'static str);
    /// What stands on the link to the mail's page, or to the list of a digest.
    fn page(&self, kind: Kind) -> &'static str;
    /// How much other mail of the sender waits.
    fn others(&self, count: usize) -> String;
    /// That an admin is told in the place of a sender, possibly null, who cannot be.
    fn in_place_of(&self, sender: &str) -> String;
    /// The small print: who writes, whom to ask, and what it never asks for. `site` is where its links
    /// lead, if it has any.
    fn foot(&self, organization: &str, contact: Option<&str>, site: Option<&str>) -> Vec<String>;
    /// The line for the help desk: rules and incidents by their ids.
    fn reference(&self, rules: &str, incidents: &str) -> String;
}

/// The words of a language.
pub fn tongue(language: Language) -> &'static dyn Wording {
    match language {
        Language::Ja => &super::words_ja::Japanese,
        Language::En => &super::words_en::English,
    }
}

/// The year, and the month where it is told, of an ISO date or the front of one.
pub fn year_and_month(date: &str) -> Option<(i16, Option<usize>)> {
    let mut parts = date.trim().split('-');
    let year = parts.next()?.parse().ok().filter(|y| (1..=9999).contains(y))?;
    let month = parts.next().and_then(|m| m.parse().ok()).filter(|m| (1..=12).contains(m));
    Some((year, month))
}

/// How many people an incident concerned, unless its sentence says so already.
pub fn people_unsaid(people: Option<u64>, sentence: &str) -> Option<String> {
    let people = people.filter(|&p| p > 0)?;
    let said = evidence::grouped(i64::try_from(people).unwrap_or(i64::MAX));
    let told = sentence
        .split(|c: char| !c.is_ascii_digit() && c != ',')
        .any(|number| number == said || number == people.to_string());
    (!told).then_some(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_counted_once() {
        assert_eq!(people_unsaid(Some(421), "421人の宛先が見えるメール"), None);
        assert_eq!(people_unsaid(Some(3136), "3,136 patients"), None);
        assert_eq!(people_unsaid(Some(3136), "13,136 patients"), Some("3,136".into()));
        assert_eq!(people_unsaid(None, ""), None);
    }

    #[test]
    fn dates_of_incidents_are_read_as_far_as_they_go() {
        assert_eq!(year_and_month("2023-03-16"), Some((2023, Some(3))));
        assert_eq!(year_and_month("2022-11"), Some((2022, Some(11))));
        assert_eq!(year_and_month("2022"), Some((2022, None)));
        assert_eq!(year_and_month("2022-13"), Some((2022, None)));
        assert_eq!(year_and_month("spring"), None);
    }
}
