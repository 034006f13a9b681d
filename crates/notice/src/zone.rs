//! The organisation's time zone: the days of a control and the times in a notice are counted in it.

use jiff::tz::{Offset, TimeZone};

use super::Language;

/// The zone of that IANA name (`Asia/Tokyo`). Without a name it is Japan's where the language is
/// Japanese, and the system's otherwise.
pub fn zone(name: Option<&str>, language: Language) -> Result<TimeZone, String> {
    let name = match (name, language) {
        (Some(name), _) => name,
        (None, Language::Ja) => "Asia/Tokyo",
        (None, Language::En) => return Ok(TimeZone::system()),
    };
    TimeZone::get(name).or_else(|_| match name {
        // Japan has had no summer time since 1951, so its zone needs no database.
        "Asia/Tokyo" => Ok(TimeZone::fixed(Offset::constant(9))),
        _ => Err(format!(
            "unknown time zone \"{name}\"; give an IANA name such as \"Asia/Tokyo\" or \"Europe/Paris\""
        )),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn japan_is_the_default_in_japanese() {
        let at: jiff::Timestamp = "2026-11-13T15:30:00Z".parse().expect("a time");
        let tokyo = zone(None, Language::Ja).expect("a zone");
        assert_eq!(at.to_zoned(tokyo).date().to_string(), "2026-11-14");
        assert!(zone(Some("Asia/Edo"), Language::Ja).is_err());
    }
}
