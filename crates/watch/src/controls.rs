//! Watched controls: a licence, a certificate, a contract that the safety of mail depends on, and the
//! day it ends. Everything here is reckoned from the day it is asked for; the clock is elsewhere.

use std::fmt;

use jiff::civil::Date;
use lettre::Address;
use serde::{Deserialize, Deserializer};

/// The farthest ahead that a warning can be asked for: ten years.
const FARTHEST: i64 = 3_653;

/// One `[[control]]` of the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Control {
    /// What it is, as its owners call it: `forced-bcc gateway licence`.
    pub name: String,
    /// Its last day; it is valid until the end of it, in the organisation's time zone.
    #[serde(deserialize_with = "date")]
    pub expires: Date,
    /// How many days before its last day its owners are warned.
    #[serde(default = "default_warn_days")]
    pub warn_days: Vec<i64>,
    /// Who is warned: the organisation's people, and the vendor's.
    pub owner: Vec<String>,
    pub when_expired: WhenExpired,
}

/// What Sekisho does once a control has expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WhenExpired {
    /// The rules for an expired control bite (`controls.expired` counts it).
    Enforce,
    /// The owners are told, and mail is treated as before.
    Warn,
}

/// A point at which the owners are told, as the number of days left: one of `warn_days`, 0 for the
/// last day itself, -1 for the day after it, when the control has expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Step(pub i64);

impl Step {
    /// The last valid day.
    pub const LAST_DAY: Step = Step(0);
    /// Over.
    pub const EXPIRED: Step = Step(-1);
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Step::EXPIRED => f.write_str("expired"),
            Step::LAST_DAY => f.write_str("last day"),
            Step(days) => write!(f, "{days} days"),
        }
    }
}

/// How a control stands on a day, for the facts that rules ask about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    pub name: String,
    /// 0 on the last day, negative once it is past.
    pub days_left: i64,
    /// Whether rules bite once it is past.
    pub enforce: bool,
    /// The earliest warning, in days before the last day.
    pub first_warn_day: i64,
}

/// How all controls stand on `today`, in the order of the configuration.
pub fn state(controls: &[Control], today: Date) -> Vec<State> {
    let one = |c: &Control| State {
        name: c.name.clone(),
        days_left: days_left(c, today),
        enforce: c.when_expired == WhenExpired::Enforce,
        first_warn_day: c.warn_days.iter().copied().max().unwrap_or(0),
    };
    controls.iter().map(one).collect()
}

/// Days from `today` to the control's last day.
pub fn days_left(control: &Control, today: Date) -> i64 {
    i64::from((control.expires - today).get_days())
}

/// The step that the owners are to be told of on `today`: the nearest to the end that has been
/// reached, unless it was told already. Earlier ones that were missed while the daemon was down are
/// not made up for: one mail, not five.
pub fn due(control: &Control, today: Date, already_warned: &dyn Fn(Step) -> bool) -> Option<Step> {
    let left = days_left(control, today);
    let last = [Step::LAST_DAY, Step::EXPIRED];
    let steps = control.warn_days.iter().map(|&days| Step(days)).chain(last);
    let reached = steps.filter(|step| step.0 >= left.max(Step::EXPIRED.0)).min()?;
    (!already_warned(reached)).then_some(reached)
}

/// Everything that is wrong with the controls, each with what would be right.
pub fn check(controls: &[Control]) -> Result<(), Vec<String>> {
    let mut faults = Vec::new();
    for (i, control) in controls.iter().enumerate() {
        let name = control.name.trim();
        let mut fault = |text: String| faults.push(format!("[[control]] \"{name}\": {text}"));
        if name.is_empty() {
            fault("name is empty; name the control as its owners call it".into());
        }
        if control.name.chars().any(char::is_control) || control.name.chars().count() > 100 {
            fault("name must be one line of at most 100 characters".into());
        }
        if controls[..i].iter().any(|other| other.name.trim() == name) {
            fault("the name is used twice; give each control a name of its own".into());
        }
        if control.owner.is_empty() {
            fault("owner is empty; name at least one address that is to be warned".into());
        }
        for owner in control.owner.iter().filter(|o| o.parse::<Address>().is_err()) {
            fault(format!("owner {owner:?} is no address; write it as \"mail-admin@city.example.jp\""));
        }
        if control.warn_days.is_empty() {
            fault("warn_days is empty; give at least one number of days, such as [30, 7, 1]".into());
        }
        for days in control.warn_days.iter().filter(|d| !(1..=FARTHEST).contains(*d)) {
            fault(format!("warn_days holds {days}; give whole days from 1 to {FARTHEST}"));
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

fn default_warn_days() -> Vec<i64> {
    vec![60, 30, 14, 7, 3, 1]
}

/// A TOML date (`2027-03-31`), without a time: what time of day it ends is not for each to choose.
fn date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
    const RIGHT: &str = "write expires as a date without quotes, such as expires = 2027-03-31";
    let written = toml::value::Datetime::deserialize(deserializer)
        .map_err(|_| serde::de::Error::custom(format!("this is not a date; {RIGHT}")))?;
    match (written.date, written.time, written.offset) {
        (Some(date), None, None) => {
            let parts = (i16::try_from(date.year), i8::try_from(date.month), i8::try_from(date.day));
            let (Ok(year), Ok(month), Ok(day)) = parts else {
                return Err(serde::de::Error::custom(format!("this is not a day; {RIGHT}")));
            };
            Date::new(year, month, day).map_err(serde::de::Error::custom)
        }
        _ => Err(serde::de::Error::custom(format!("this is not a day; {RIGHT}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan;
    use proptest::prelude::*;

    #[derive(Deserialize)]
    struct Section {
        control: Vec<Control>,
    }

    const LICENCE: &str = r#"
        [[control]]
        name = "forced-bcc gateway licence"
        expires = 2027-03-31
        warn_days = [60, 30, 14, 7, 3, 1]
        owner = ["mail-admin@city.example.jp", "support@vendor.example"]
        when_expired = "enforce"
    "#;

    fn read(text: &str) -> Result<Vec<Control>, String> {
        toml::from_str::<Section>(text).map(|s| s.control).map_err(|e| e.to_string())
    }

    fn licence() -> Control {
        read(LICENCE).expect("reads").remove(0)
    }

    fn day(text: &str) -> Date {
        text.parse().expect("a date")
    }

    #[test]
    fn the_section_reads() {
        let control = licence();
        assert_eq!(check(std::slice::from_ref(&control)), Ok(()));
        assert_eq!((control.expires, control.when_expired), (day("2027-03-31"), WhenExpired::Enforce));
        let short = LICENCE.replace("warn_days = [60, 30, 14, 7, 3, 1]", "");
        assert_eq!(read(&short).expect("reads")[0], control);
    }

    #[test]
    fn what_is_wrong_is_said_with_what_is_right() {
        for (from, to, expected) in [
            ("2027-03-31", "\"2027-03-31\"", "without quotes"),
            ("2027-03-31", "2027-03-31T12:00:00Z", "without quotes"),
            ("2027-03-31", "2027-02-30", ""),
            ("\"enforce\"", "\"strict\"", "enforce"),
            ("owner", "owners", "owner"),
        ] {
            let fault = read(&LICENCE.replace(from, to)).expect_err(to);
            assert!(fault.contains(expected), "{to}: {fault}");
        }
        let two = format!(
            "{LICENCE}{}",
            LICENCE.replace("support@vendor.example", "the vendor").replace("60,", "0,")
        );
        let faults = check(&read(&two).expect("reads")).expect_err("faults");
        assert_eq!(faults.len(), 3, "{faults:?}");
        for (fault, expected) in faults.iter().zip(["used twice", "no address", "warn_days holds 0"]) {
            assert!(fault.contains(expected), "{fault}");
        }
        let nobody = Control { owner: Vec::new(), warn_days: Vec::new(), name: " ".into(), ..licence() };
        assert_eq!(check(&[nobody]).expect_err("faults").len(), 3);
    }

    #[test]
    fn the_last_day_is_valid_and_the_next_is_not() {
        let days = ["2027-03-30", "2027-03-31", "2027-04-01", "2027-01-30"]
            .map(|d| state(&[licence()], day(d))[0].days_left);
        assert_eq!(days, [1, 0, -1, 60]);
        let step = |d: &str| due(&licence(), day(d), &|_| false);
        assert_eq!(step("2027-01-29"), None);
        assert_eq!(step("2027-01-30"), Some(Step(60)));
        assert_eq!(step("2027-03-31"), Some(Step::LAST_DAY));
        assert_eq!(step("2027-04-01"), Some(Step::EXPIRED));
        assert_eq!(step("2029-04-01"), Some(Step::EXPIRED));
    }

    #[test]
    fn after_a_silence_there_is_one_warning() {
        let down_from_60_to_5 = due(&licence(), day("2027-03-26"), &|step| step == Step(60));
        assert_eq!(down_from_60_to_5, Some(Step(7)));
        assert_eq!(due(&licence(), day("2027-03-26"), &|step| step == Step(7)), None);
    }

    proptest! {
        /// Whatever days the daemon is up, each step is told at most once, in falling order, and
        /// never one that is not reached; one that is up on the last days tells of both.
        #[test]
        fn each_step_is_told_once(mut up in proptest::collection::vec(-90i64..20, 1..40), warn in proptest::collection::vec(1i64..80, 1..8)) {
            let control = Control { warn_days: warn, ..licence() };
            up.sort();
            let mut told: Vec<Step> = Vec::new();
            for offset in &up {
                let today = control.expires.checked_add(offset.days()).expect("a date");
                if let Some(step) = due(&control, today, &|s| told.contains(&s)) {
                    prop_assert!(step.0 >= -offset || step == Step::EXPIRED);
                    prop_assert!(told.iter().all(|t| *t > step));
                    told.push(step);
                }
            }
            prop_assert_eq!(told.contains(&Step::LAST_DAY), up.contains(&0));
            prop_assert_eq!(told.contains(&Step::EXPIRED), up.iter().any(|o| *o > 0));
        }
    }
}
