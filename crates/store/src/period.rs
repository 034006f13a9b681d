//! Lengths of time as they stand in the configuration: `90s`, `5m`, `72h`, `14d`, `2w`, or several in
//! a row (`1h 30m`). A day is 24 hours.

use std::time::Duration;

use serde::{Deserialize, Deserializer};

/// Reads a length of time.
pub fn parse(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is not a length of time such as \"30m\", \"72h\" or \"14d\"");
    let mut seconds: u64 = 0;
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(wrong());
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
        let (number, after) = rest.split_at(digits);
        let number: u64 = number.parse().map_err(|_| wrong())?;
        let mut letters = after.chars();
        let unit: u64 = match letters.next() {
            Some('s') => 1,
            Some('m') => 60,
            Some('h') => 3_600,
            Some('d') => 86_400,
            Some('w') => 604_800,
            _ => return Err(wrong()),
        };
        seconds = number.checked_mul(unit).and_then(|n| seconds.checked_add(n)).ok_or_else(wrong)?;
        rest = letters.as_str().trim_start();
    }
    // A century is beyond anything that a mail can wait for, and keeps every later sum in range.
    if seconds > 100 * 366 * 86_400 {
        return Err(wrong());
    }
    Ok(Duration::from_secs(seconds))
}

/// For `#[serde(deserialize_with = …)]`.
pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    parse(&String::deserialize(from)?).map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lengths_are_read() {
        for (text, seconds) in
            [("0s", 0), ("90s", 90), ("5m", 300), ("72h", 259_200), ("14d", 1_209_600), ("1h 30m", 5_400)]
        {
            assert_eq!(parse(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
    }

    #[test]
    fn what_is_none_is_refused() {
        for text in ["", " ", "5", "m", "5x", "-5m", "5.5h", "5mm", "999999999999999999999d", "40000d"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,20}|[0-9 smhdw]{0,12}") {
            let _ = parse(&text);
        }
    }
}
