//! The replay's report as one page of HTML that needs nothing else: for the auditor, the manager and
//! the printer. Everything shown is escaped by the template.

use askama::Template;
use jiff::tz::TimeZone;

use super::super::play::{Outcome, Play, Played};
use super::Report;
use casebook::Coverage;
use facts::Language;

#[derive(Template)]
#[template(path = "replay.html")]
struct Page<'r> {
    language: Language,
    organization: Option<&'r str>,
    day: String,
    rules: usize,
    incidents: usize,
    sections: Vec<Section>,
}

/// The incidents of one outcome.
struct Section {
    /// The anchor, and the class that gives it its colour.
    class: &'static str,
    title: &'static str,
    lead: &'static str,
    items: Vec<Item>,
}

/// One incident.
struct Item {
    id: String,
    organization: String,
    date: String,
    people: Option<String>,
    summary: String,
    happened: String,
    lesson: String,
    /// Why it is missed or cannot be prevented.
    reason: Option<String>,
    steps: Vec<Step>,
}

/// One step of its replay.
struct Step {
    note: String,
    sent: String,
    verdict: &'static str,
    rules: Vec<String>,
    faults: Vec<String>,
}

/// The page. `zone` is the one that its date is counted in.
pub(super) fn html(report: &Report<'_>, zone: &TimeZone) -> Result<String, String> {
    let outcomes = [Outcome::Prevented, Outcome::SameData, Outcome::Missed, Outcome::NotByMail];
    let page = Page {
        language: report.language,
        organization: report.organization,
        day: report.at.to_zoned(zone.clone()).date().to_string(),
        rules: report.rules,
        incidents: report.plays.len(),
        sections: outcomes.into_iter().map(|o| section(report, o)).collect(),
    };
    page.render().map_err(|e| format!("the page cannot be written: {e}"))
}

impl Page<'_> {
    fn t(&self, ja: &'static str, en: &'static str) -> &'static str {
        pick(self.language, ja, en)
    }

    fn tag(&self) -> &'static str {
        self.t("ja", "en")
    }
}

fn pick(language: Language, ja: &'static str, en: &'static str) -> &'static str {
    match language {
        Language::Ja => ja,
        Language::En => en,
    }
}

fn section(report: &Report<'_>, outcome: Outcome) -> Section {
    let t = |ja, en| pick(report.language, ja, en);
    let (class, title, lead) = match outcome {
        Outcome::Prevented => (
            "good",
            t("防いだ事件", "Prevented"),
            t(
                "事件に似せたメールを流し、起きてはならないことが起きないのを確かめました。",
                "Mail in the likeness of the incident was played, and what must not happen did not.",
            ),
        ),
        Outcome::SameData => (
            "good",
            t("別の経路で出たが、メールなら止める事件", "Left by another door, stopped as mail"),
            t(
                "メールで起きた事件ではありません。同じ情報がメールで出ようとしたなら止めることを確かめました。",
                "These did not leave by mail. A mail with the same data was played, and it was stopped.",
            ),
        ),
        Outcome::Missed => (
            "bad",
            t("防げなかった事件", "Missed"),
            t(
                "メールの検査で防げるはずですが、いまはまだ防げません。",
                "Inspecting mail could prevent these, but it does not yet.",
            ),
        ),
        Outcome::NotByMail => (
            "rest",
            t("メールの検査では防げない事件", "Not preventable by mail"),
            t(
                "外へ出た情報がないか、メールでは見分けられない事件です。ほかの守りが要ります。",
                "No data left, or none that mail inspection could recognise. They need other protection.",
            ),
        ),
    };
    Section { class, title, lead, items: report.of(outcome).map(|p| item(report, p)).collect() }
}

fn item(report: &Report<'_>, play: &Play<'_>) -> Item {
    let (incident, language) = (play.incident, report.language);
    let text = |t| language.of(t).to_string();
    Item {
        id: incident.id.clone(),
        organization: text(&incident.organization),
        date: incident.date.clone(),
        people: incident.people.map(|n| match language {
            Language::Ja => format!("{}名", grouped(n)),
            Language::En => format!("{} people", grouped(n)),
        }),
        summary: text(&incident.summary),
        happened: text(&incident.happened),
        lesson: text(&incident.lesson),
        reason: match incident.coverage() {
            Coverage::Prevented(_) | Coverage::SameData(_) => None,
            Coverage::Pending(_) | Coverage::NotByMail(_) => Some(report.why(play)),
        },
        steps: play.steps.iter().map(|s| step(s, language)).collect(),
    }
}

fn step(played: &Played<'_>, language: Language) -> Step {
    let (times, recipients) = (grouped(played.times), grouped(played.recipients as u64));
    let sent = match (played.times, language) {
        (1, Language::Ja) => format!("宛先 {recipients}件"),
        (_, Language::Ja) => format!("{times}通、宛先 各{recipients}件"),
        (1, Language::En) => format!("recipients: {recipients}"),
        (_, Language::En) => format!("{times} mails, recipients: {recipients} each"),
    };
    Step {
        note: played.note(language).to_string(),
        sent,
        verdict: played.got.label(language),
        rules: played.got.rules.iter().map(|r| r.id.clone()).collect(),
        faults: played.faults.iter().map(|f| f.say(language)).collect(),
    }
}

/// A number with its digits in groups of three.
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use terms::clock::Timestamp;

    #[test]
    fn digits_stand_in_groups() {
        for (n, told) in [(0, "0"), (999, "999"), (1_144, "1,144"), (9_280_000, "9,280,000")] {
            assert_eq!(grouped(n), told);
        }
    }

    #[test]
    fn the_page_needs_nothing_else_and_tells_every_incident() {
        for language in [Language::Ja, Language::En] {
            let (policy, _) = super::super::policy(None, Some(language)).unwrap();
            let report = super::super::report(&policy, Some("<Mihon>"), language, Timestamp::UNIX_EPOCH);
            let page = html(&report, &TimeZone::UTC).unwrap();
            for outside in ["src=", "http://", "https://", "@import", "url("] {
                assert!(!page.contains(outside), "{outside}");
            }
            assert!(page.contains("&lt;Mihon&gt;") || page.contains("&#60;Mihon&#62;"));
            for incident in policy.casebook.iter() {
                assert!(page.contains(&format!("id=\"i-{}\"", incident.id)), "{}", incident.id);
            }
        }
    }
}
