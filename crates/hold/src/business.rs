//! Business time: the hours in which somebody is at work to decide. Waits are counted in it, so that a mail
//! held on a Friday evening does not escalate on Saturday. Everything here is reckoned; no clock is read.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::ToSpan as _;
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;

use super::holidays;
use terms::clock::Timestamp;

/// Minutes of a day; a day of work may end at 24:00.
const DAY: u16 = 24 * 60;
/// So many days are looked through for an open one; more than ten years of holidays are a mistake.
const FARTHEST: usize = 4_000;

/// When people are at work.
#[derive(Clone, Debug, PartialEq)]
pub struct Hours {
    zone: TimeZone,
    days: Vec<Weekday>,
    /// Minutes since midnight.
    from: u16,
    to: u16,
    holidays: BTreeSet<Date>,
    japanese: bool,
}

impl Hours {
    /// Hours from `from` to `to` (`HH:MM`; `to` may be `24:00`) on these days of the week, but not on
    /// `holidays` nor, where `japanese`, on Japan's national ones.
    ///
    /// # Errors
    /// What is wrong, in words for whoever wrote it.
    pub fn new(
        zone: TimeZone,
        days: Vec<Weekday>,
        from: &str,
        to: &str,
        holidays: BTreeSet<Date>,
        japanese: bool,
    ) -> Result<Hours, String> {
        let time = |key: &str, text: &str| {
            minutes(text).ok_or_else(|| format!("{key} \"{text}\" is no time; write it as \"08:30\""))
        };
        let (from, to) = (time("from", from)?, time("to", to)?);
        if from >= to {
            return Err("from is not before to; give the hours of one day, such as 08:30 and 17:15".into());
        }
        if days.is_empty() {
            return Err("days is empty; name the days on which somebody is at work".into());
        }
        Ok(Hours { zone, days, from, to, holidays, japanese })
    }

    /// Whether people are at work on that day.
    pub fn is_open_on(&self, day: Date) -> bool {
        self.days.contains(&day.weekday())
            && !self.holidays.contains(&day)
            && !(self.japanese && holidays::is_japanese(day))
    }

    /// The first time by which so much business time has passed since `start`; `start` itself for none.
    pub fn after(&self, start: Timestamp, length: Duration) -> Timestamp {
        if length.is_zero() {
            return start;
        }
        let mut left = length;
        let mut end = start;
        for (open, close) in self.windows(start) {
            let open = open.max(start);
            end = end.max(close);
            let there = open.duration_until(close).unsigned_abs();
            if left <= there {
                return open.checked_add(left).unwrap_or(close);
            }
            left -= there;
        }
        end
    }

    /// How much business time lies between two times; none where the second is not later.
    pub fn between(&self, start: Timestamp, end: Timestamp) -> Duration {
        let mut sum = Duration::ZERO;
        for (open, close) in self.windows(start).take_while(|(open, _)| *open < end) {
            let (open, close) = (open.max(start), close.min(end));
            if open < close {
                sum += open.duration_until(close).unsigned_abs();
            }
        }
        sum
    }

    /// The hours of each open day that end after `start`, in order.
    fn windows(&self, start: Timestamp) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        let first = start.to_zoned(self.zone.clone()).date();
        let day = move |n: usize| first.checked_add(i64::try_from(n).unwrap_or(i64::MAX).days()).ok();
        (0..FARTHEST)
            .map_while(day)
            .filter(|day| self.is_open_on(*day))
            .filter_map(|day| Some((self.at(day, self.from)?, self.at(day, self.to)?)))
            .filter(move |(open, close)| open < close && *close > start)
    }

    /// A minute of a day. What summer time skips is told an hour later, what it repeats the first time.
    fn at(&self, day: Date, minute: u16) -> Option<Timestamp> {
        let day = if minute >= DAY { day.tomorrow().ok()? } else { day };
        let minute = minute % DAY;
        let time = Time::new((minute / 60) as i8, (minute % 60) as i8, 0, 0).ok()?;
        self.zone.to_timestamp(day.to_datetime(time)).ok()
    }
}

/// `08:30` in minutes since midnight.
fn minutes(text: &str) -> Option<u16> {
    let (hours, minutes) = text.trim().split_once(':')?;
    let digits = |t: &str| (t.len() <= 2 && t.bytes().all(|b| b.is_ascii_digit())).then(|| t.parse::<u16>());
    let (hours, minutes) = (digits(hours)?.ok()?, digits(minutes)?.ok()?);
    (minutes < 60).then_some(hours * 60 + minutes).filter(|m| *m <= DAY)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WEEK: [Weekday; 5] =
        [Weekday::Monday, Weekday::Tuesday, Weekday::Wednesday, Weekday::Thursday, Weekday::Friday];

    fn hours(zone: &str, from: &str, to: &str, holidays: &[&str], japanese: bool) -> Hours {
        let holidays = holidays.iter().map(|d| d.parse().expect("a date")).collect();
        let zone = TimeZone::get(zone).expect("a zone");
        Hours::new(zone, WEEK.to_vec(), from, to, holidays, japanese).expect("hours")
    }

    fn office() -> Hours {
        hours("Asia/Tokyo", "08:30", "17:15", &["2026-12-29", "2026-12-30", "2026-12-31"], true)
    }

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn after(start: &str, minutes: u64) -> String {
        let zone = TimeZone::get("Asia/Tokyo").expect("a zone");
        let end = office().after(at(start), Duration::from_secs(minutes * 60)).to_zoned(zone);
        end.strftime("%m-%d %H:%M").to_string()
    }

    #[test]
    fn evenings_weekends_and_holidays_do_not_count() {
        assert_eq!(after("2026-11-24T10:00:00+09:00", 120), "11-24 12:00");
        assert_eq!(after("2026-11-24T16:15:00+09:00", 120), "11-25 09:30", "over the evening");
        assert_eq!(after("2026-11-20T17:00:00+09:00", 60), "11-24 09:15", "a weekend and Labour Day");
        assert_eq!(after("2026-11-22T03:00:00+09:00", 1), "11-24 08:31", "held on a Sunday");
        assert_eq!(
            after("2026-12-28T17:15:00+09:00", 60),
            "01-04 09:30",
            "the year's end, New Year, a weekend"
        );
        assert_eq!(after("2026-11-24T10:00:00+09:00", 7 * 60 + 15), "11-24 17:15", "to the last minute");
    }

    #[test]
    fn what_makes_no_hours_is_refused() {
        let make = |from: &str, to: &str, days: &[Weekday]| {
            Hours::new(TimeZone::UTC, days.to_vec(), from, to, BTreeSet::new(), false)
        };
        assert!(make("00:00", "24:00", &WEEK).is_ok());
        for (from, to) in [
            ("9", "17:00"),
            ("17:00", "9:00"),
            ("09:00", "09:00"),
            ("09:60", "17:00"),
            ("00:00", "24:01"),
            ("-1:00", "9:00"),
            ("", ""),
        ] {
            assert!(make(from, to, &WEEK).is_err(), "{from} {to}");
        }
        assert!(make("09:00", "17:00", &[]).is_err());
    }

    #[test]
    fn a_house_that_never_opens_waits_for_ever_and_not_in_a_loop() {
        let mut shut = office();
        let mut day: Date = "2026-01-01".parse().expect("a date");
        for _ in 0..FARTHEST + 1_000 {
            shut.holidays.insert(day);
            day = day.tomorrow().expect("a day");
        }
        let start = at("2026-01-01T00:00:00Z");
        assert_eq!(shut.after(start, Duration::from_secs(60)), start);
        assert_eq!(shut.between(start, at("2030-01-01T00:00:00Z")), Duration::ZERO);
    }

    fn any_hours() -> impl Strategy<Value = Hours> {
        let zone = prop::sample::select(vec![
            "Asia/Tokyo",
            "Europe/Paris",
            "America/New_York",
            "Australia/Lord_Howe",
        ]);
        let span = prop::sample::select(vec![
            ("08:30", "17:15"),
            ("00:00", "24:00"),
            ("01:30", "02:45"),
            ("22:00", "24:00"),
        ]);
        (zone, span, any::<bool>()).prop_map(|(zone, (from, to), japanese)| {
            hours(zone, from, to, &["2026-03-30", "2026-10-26", "2026-12-29"], japanese)
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]
        /// The years hold every change to and from summer time.
        #[test]
        fn what_is_counted_on_is_counted_back(hours in any_hours(), start in 1_760_000_000i64..1_830_000_000, length in 1u64..400_000) {
            let (start, length) = (Timestamp::from_second(start).unwrap(), Duration::from_secs(length));
            let end = hours.after(start, length);
            prop_assert_eq!(hours.between(start, end), length);
            let day = end.checked_sub(1.nanosecond()).unwrap().to_zoned(hours.zone.clone());
            prop_assert!(hours.is_open_on(day.date()), "{day}");
        }

        #[test]
        fn later_and_longer_never_ends_sooner(hours in any_hours(), start in 1_760_000_000i64..1_830_000_000, later in 0i64..500_000, length in 0u64..200_000, longer in 0u64..200_000) {
            let at = |second| Timestamp::from_second(second).unwrap();
            let end = hours.after(at(start), Duration::from_secs(length));
            prop_assert!(end >= at(start));
            prop_assert!(hours.after(at(start + later), Duration::from_secs(length)) >= end);
            prop_assert!(hours.after(at(start), Duration::from_secs(length + longer)) >= end);
        }
    }
}
