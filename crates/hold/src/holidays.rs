//! Japan's national holidays, reckoned by the law's own rules (国民の祝日に関する法律, as it stands in
//! 2026): fixed days, Mondays, the two equinoxes, the day instead of a Sunday, and a day between two
//! holidays. What a later law changes, the configuration adds.

use jiff::civil::{Date, Weekday};

/// Whether the day is a national holiday of Japan (article 2 and 3). Known for 2022 to 2099.
pub fn is_japanese(day: Date) -> bool {
    if !(2022..=2099).contains(&day.year()) {
        return false;
    }
    is_named(day) || is_instead(day) || is_between(day)
}

/// Article 2: the sixteen holidays that have a name.
fn is_named(day: Date) -> bool {
    match (day.month(), day.day()) {
        (1, 1) | (2, 11) | (2, 23) | (4, 29) | (5, 3..=5) | (8, 11) | (11, 3) | (11, 23) => true,
        (1, _) => is_monday(day, 2),
        (3, nth) => nth == equinox(day.year(), 20.8431),
        (7, _) => is_monday(day, 3),
        (9, nth) => is_monday(day, 3) || nth == equinox(day.year(), 23.2488),
        (10, _) => is_monday(day, 2),
        _ => false,
    }
}

/// Article 3 (2): where a holiday is a Sunday, the next day that is none is free instead.
fn is_instead(day: Date) -> bool {
    let mut before = day;
    loop {
        let Ok(yesterday) = before.yesterday() else { return false };
        if !is_named(yesterday) {
            return false;
        }
        if yesterday.weekday() == Weekday::Sunday {
            return true;
        }
        before = yesterday;
    }
}

/// Article 3 (3): a day between two holidays is one.
fn is_between(day: Date) -> bool {
    let named = |other: Result<Date, jiff::Error>| other.is_ok_and(is_named);
    named(day.yesterday()) && named(day.tomorrow())
}

fn is_monday(day: Date, nth: i8) -> bool {
    day.weekday() == Weekday::Monday && (day.day() - 1) / 7 + 1 == nth
}

/// The day of an equinox in Japan, by the formula of the hydrographic office for 1980 to 2099. The
/// government announces it a year ahead; so far the two have agreed.
fn equinox(year: i16, base: f64) -> i8 {
    let since = f64::from(year - 1980);
    (base + 0.242194 * since - (since / 4.0).floor()).floor() as i8
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan as _;
    use jiff::civil::date;

    use super::*;

    fn of_year(year: i16) -> Vec<Date> {
        let first = date(year, 1, 1);
        let days = (0..366).filter_map(|n: i64| first.checked_add(n.days()).ok());
        days.filter(|day| day.year() == year && is_japanese(*day)).collect()
    }

    fn told(year: i16) -> Vec<String> {
        of_year(year).iter().map(|d| d.strftime("%m-%d").to_string()).collect()
    }

    /// As the Cabinet Office lists them.
    #[test]
    fn the_years_are_as_announced() {
        assert_eq!(
            told(2026),
            [
                "01-01", "01-12", "02-11", "02-23", "03-20", "04-29", "05-03", "05-04", "05-05", "05-06",
                "07-20", "08-11", "09-21", "09-22", "09-23", "10-12", "11-03", "11-23"
            ]
        );
        assert_eq!(
            told(2027),
            [
                "01-01", "01-11", "02-11", "02-23", "03-21", "03-22", "04-29", "05-03", "05-04", "05-05",
                "07-19", "08-11", "09-20", "09-23", "10-11", "11-03", "11-23"
            ]
        );
        assert_eq!(
            told(2025),
            [
                "01-01", "01-13", "02-11", "02-23", "02-24", "03-20", "04-29", "05-03", "05-04", "05-05",
                "05-06", "07-21", "08-11", "09-15", "09-23", "10-13", "11-03", "11-23", "11-24"
            ]
        );
    }

    #[test]
    fn the_equinoxes_to_2030_are_right() {
        let march: Vec<i8> = (2024..=2030).map(|y| equinox(y, 20.8431)).collect();
        let september: Vec<i8> = (2024..=2030).map(|y| equinox(y, 23.2488)).collect();
        assert_eq!(march, [20, 20, 20, 21, 20, 20, 20]);
        assert_eq!(september, [22, 23, 23, 23, 22, 23, 23]);
    }
}
