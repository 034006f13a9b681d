//! Lengths of time as people write them in the configuration, in rules and in the casebook: `30s`,
//! `5 minutes`, `1h 30m`, `14d`, `2w`. A day is 24 hours, a week 7 days.

use std::time::Duration;

use serde::de::{Deserializer, Error, Visitor};
use serde::ser::Serializer;

/// The units in falling order: milliseconds in one, and the names it has, the shortest first.
const UNITS: [(u64, &[&str]); 6] = [
    (604_800_000, &["w", "wk", "wks", "week", "weeks"]),
    (86_400_000, &["d", "day", "days"]),
    (3_600_000, &["h", "hr", "hrs", "hour", "hours"]),
    (60_000, &["m", "min", "mins", "minute", "minutes"]),
    (1_000, &["s", "sec", "secs", "second", "seconds"]),
    (1, &["ms", "msec", "millis", "millisecond", "milliseconds"]),
];

/// A century: longer than any setting can mean, and short enough that sums of times stay in range.
const LONGEST: u64 = 100 * 366 * 86_400_000;

/// What a length of time looks like; the remedy of every error about one.
pub const FORM: &str =
    "write numbers with w, d, h, m, s or ms, the longer units first, such as \"30s\", \"1h 30m\" or \"14d\"";

/// Reads a length of time. Parts may follow each other with blanks or commas between, the longer unit
/// first and each unit once; a part may have a decimal fraction (`1.5h`).
///
/// # Errors
/// What is wrong, in words that follow the text itself: `has no unit`.
pub fn parse(text: &str) -> Result<Duration, &'static str> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err("is empty");
    }
    let (mut total, mut smallest) = (0u64, u64::MAX);
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, after) = rest.split_at(end);
        let after = after.trim_start();
        let end = after.find(|c: char| !c.is_alphabetic()).unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        if number.is_empty() {
            return Err("is not a length of time");
        }
        if unit.is_empty() {
            return Err("has no unit");
        }
        let unit = unit.to_lowercase();
        let Some((factor, _)) = UNITS.iter().find(|(_, names)| names.contains(&unit.as_str())) else {
            return Err("has a unit that is not known");
        };
        if *factor >= smallest {
            return Err("has its units out of order, or one of them twice");
        }
        smallest = *factor;
        total =
            total.saturating_add(milliseconds(number, *factor).ok_or("has a number that cannot be read")?);
        let after = after.trim_start();
        rest = after.strip_prefix(',').unwrap_or(after).trim_start();
    }
    match total <= LONGEST {
        true => Ok(Duration::from_millis(total)),
        false => Err("is longer than a century"),
    }
}

/// A number of units in milliseconds; more than fits counts as the most that fits.
fn milliseconds(number: &str, factor: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    // More than nine decimals are below a millisecond even of a week.
    if whole.is_empty() || fraction.is_empty() || fraction.contains('.') || fraction.len() > 9 {
        return None;
    }
    let whole = whole.parse::<u64>().unwrap_or(u64::MAX).saturating_mul(factor);
    let scale = 10u64.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let part = u128::from(fraction.parse::<u64>().ok()?) * u128::from(factor) / u128::from(scale);
    Some(whole.saturating_add(u64::try_from(part).ok()?))
}

/// Writes a length of time so that [`parse`] reads it: `1h 30m`.
pub fn format(length: Duration) -> String {
    let mut rest = u64::try_from(length.as_millis()).unwrap_or(u64::MAX);
    let mut parts = Vec::new();
    for (factor, names) in UNITS {
        let (number, name) = (rest / factor, names.first().copied().unwrap_or_default());
        if number > 0 {
            parts.push(format!("{number}{name}"));
        }
        rest %= factor;
    }
    if parts.is_empty() { "0s".to_string() } else { parts.join(" ") }
}

/// For `#[serde(with = "terms::duration")]`.
///
/// # Errors
/// Those of the serializer.
pub fn serialize<S: Serializer>(length: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&format(*length))
}

/// For `#[serde(with = "terms::duration")]`.
///
/// # Errors
/// What is wrong, and after `; ` what would be right.
pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    struct Text;
    impl Visitor<'_> for Text {
        type Value = Duration;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a length of time in quotes")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Duration, E> {
            parse(text).map_err(|why| E::custom(format!("{text:?} {why}; {FORM}")))
        }

        fn visit_i64<E: Error>(self, number: i64) -> Result<Duration, E> {
            Err(E::custom(format!("the number {number} has no unit; {FORM}")))
        }

        fn visit_f64<E: Error>(self, number: f64) -> Result<Duration, E> {
            Err(E::custom(format!("the number {number} has no unit; {FORM}")))
        }
    }
    from.deserialize_any(Text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lengths_are_read() {
        for (text, milliseconds) in [
            ("0s", 0),
            ("200ms", 200),
            ("90s", 90_000),
            ("5 minutes", 300_000),
            ("5m", 300_000),
            ("1h 30m", 5_400_000),
            ("1h30m", 5_400_000),
            ("1 hour, 30 minutes", 5_400_000),
            ("1.5h", 5_400_000),
            ("1d", 86_400_000),
            ("72h", 259_200_000),
            (" 14d ", 1_209_600_000),
            ("2w", 1_209_600_000),
            ("1W 1D", 691_200_000),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
    }

    #[test]
    fn what_is_none_is_refused() {
        for text in [
            "",
            " ",
            "5",
            "m",
            "5x",
            "-5m",
            ".5h",
            "5.h",
            "1.2.3h",
            "5mm",
            "13m5",
            "5m1h",
            "1m1m",
            "m5",
            "99999999999999999999d",
            "40000d",
            "1h,,1m",
            "soon",
            "5 minutes and 1 second",
            "５分",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,20}|[0-9 smhdw.]{0,12}") {
            let _ = parse(&text);
        }

        #[test]
        fn what_is_written_is_read(milliseconds in 0..LONGEST) {
            let length = Duration::from_millis(milliseconds);
            prop_assert_eq!(parse(&format(length)), Ok(length));
        }
    }
}
