//! Why a mail is held, for people: each rule's reason, what was found, and what happened elsewhere when
//! nobody stopped such a mail.

use crate::audit::entry::RuleHit;
use crate::facts::Language;
use crate::guard::House;
use crate::notice;

/// One rule that held a mail.
pub struct Cause {
    pub rule: String,
    /// The rule is only being tried out.
    pub monitored: bool,
    /// None where the rule is not in force any more.
    pub reason: Option<String>,
    /// What was found, masked and counted.
    pub found: Vec<String>,
    pub incidents: Vec<Past>,
}

/// What happened elsewhere.
pub struct Past {
    pub id: String,
    pub date: String,
    pub organization: String,
    pub summary: String,
}

/// So many incidents a rule are told in full; the casebook has the rest.
const TOLD: usize = 2;

/// The causes of a case, those in force first and the most severe of them before the others.
pub fn causes(house: &House, rules: &[RuleHit], language: Language) -> Vec<Cause> {
    let mut causes: Vec<Cause> = rules.iter().map(|hit| cause(house, hit, language)).collect();
    causes.sort_by_key(|cause| cause.monitored);
    causes
}

fn cause(house: &House, hit: &RuleHit, language: Language) -> Cause {
    let rule = house.rules.rules().iter().find(|rule| rule.id == hit.id);
    let incidents = hit.incidents.iter().filter_map(|id| house.casebook.get(id)).take(TOLD);
    Cause {
        rule: hit.id.clone(),
        monitored: hit.mode == "monitor",
        reason: rule.map(|rule| language.of(&rule.reason).to_string()),
        found: notice::in_words(hit.evidence.iter().map(String::as_str), language),
        incidents: incidents
            .map(|incident| Past {
                id: incident.id.clone(),
                date: month(&incident.date, language),
                organization: language.of(&incident.organization).to_string(),
                summary: language.of(&incident.summary).to_string(),
            })
            .collect(),
    }
}

/// `2023-03-16` as `2023年3月` or `March 2023`.
pub fn month(date: &str, language: Language) -> String {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let mut parts = date.split('-');
    let year = parts.next().unwrap_or_default();
    let month = parts.next().and_then(|m| m.parse::<usize>().ok()).filter(|m| (1..=12).contains(m));
    match (language, month) {
        (Language::Ja, Some(month)) => format!("{year}年{month}月"),
        (Language::Ja, None) => format!("{year}年"),
        (Language::En, Some(month)) => format!("{} {year}", MONTHS[month - 1]),
        (Language::En, None) => year.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_told_by_the_month() {
        assert_eq!(month("2023-03-16", Language::Ja), "2023年3月");
        assert_eq!(month("2023-03", Language::En), "March 2023");
        assert_eq!(
            (month("2022", Language::Ja), month("2022-13", Language::En)),
            ("2022年".into(), "2022".into())
        );
    }
}
