//! The dates of a control on a line, drawn on the server: when the warnings begin, which were given, today, and
//! the last day. Geometry only; the template writes the SVG and the words beside it.

use jiff::Span;
use jiff::civil::Date;

/// The drawing's size and the room at its ends, in the units of its viewBox.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 98.0;
const MARGIN: f64 = 24.0;
/// Dates that stand closer than this are not both written.
const APART: f64 = 240.0;
/// A line is at least so many days long.
const SHORTEST: i32 = 30;

/// A control's dates, placed.
pub struct Timeline {
    pub width: f64,
    pub height: f64,
    /// From where to where the line goes.
    pub ends: (f64, f64),
    /// The days on which its owners are warned.
    pub warning: (f64, f64),
    /// The days since it has expired; none while it has not.
    pub over: Option<(f64, f64)>,
    /// Warnings that were given.
    pub given: Vec<f64>,
    pub today: f64,
    pub expires: f64,
    /// The day from which its owners are warned.
    pub begins_on: Date,
    pub expires_on: Date,
    pub today_on: Date,
    /// Whether there is room to write where the warnings begin.
    pub begin_labelled: bool,
}

impl Timeline {
    /// The line of a control whose last day is `days_left` from `today`, and whose owners are warned from
    /// `first_warn_day` days before it on. `given` are the days on which they were.
    pub fn new(today: Date, days_left: i64, first_warn_day: i64, given: &[Date]) -> Timeline {
        let expires_on = moved(today, days_left);
        let begins_on = moved(expires_on, -first_warn_day.max(0));
        let first = given.iter().copied().chain([today, begins_on]).min().unwrap_or(today);
        let last = expires_on.max(today);
        let days = days_between(first, last).max(SHORTEST);
        let place = |day: Date| {
            let share = f64::from(days_between(first, day)) / f64::from(days);
            MARGIN + (WIDTH - 2.0 * MARGIN) * share.clamp(0.0, 1.0)
        };
        let (begin, expires) = (place(begins_on), place(expires_on));
        Timeline {
            width: WIDTH,
            height: HEIGHT,
            ends: (MARGIN, WIDTH - MARGIN),
            warning: (begin, expires - begin),
            over: (expires_on < today).then(|| (expires, place(today) - expires)),
            given: given.iter().map(|day| place(*day)).collect(),
            today: place(today),
            expires,
            begins_on,
            expires_on,
            today_on: today,
            begin_labelled: expires - begin >= APART,
        }
    }

    /// On which side of a mark its word stands, so that it stays within the drawing.
    pub fn anchor(&self, x: &f64) -> &'static str {
        match *x {
            x if x < APART / 2.0 => "start",
            x if x > self.width - APART / 2.0 => "end",
            _ => "middle",
        }
    }
}

/// The day so many days later, within what a calendar holds.
pub fn moved(day: Date, days: i64) -> Date {
    let span = Span::new().try_days(days);
    span.and_then(|span| day.checked_add(span)).unwrap_or(if days < 0 { Date::MIN } else { Date::MAX })
}

fn days_between(from: Date, to: Date) -> i32 {
    (to - from).get_days()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().expect("a day")
    }

    #[test]
    fn dates_stand_in_their_order_and_within_the_drawing() {
        let given = [day("2026-10-01"), day("2026-10-31")];
        let line = Timeline::new(day("2026-11-22"), 8, 60, &given);
        assert_eq!((line.expires_on, line.begins_on), (day("2026-11-30"), day("2026-10-01")));
        assert!(line.given[0] < line.given[1] && line.given[1] < line.today && line.today < line.expires);
        assert_eq!((line.ends.0, line.warning.0), (line.given[0], line.given[0]));
        assert!(line.over.is_none() && line.begin_labelled);
        assert_eq!((line.anchor(&line.given[0]), line.anchor(&line.expires)), ("start", "end"));
    }

    #[test]
    fn what_has_expired_is_over_until_today() {
        let line = Timeline::new(day("2026-11-22"), -10, 7, &[]);
        let (from, length) = line.over.expect("it is over");
        assert!((from + length - line.today).abs() < 0.01 && from == line.expires);
        // Nothing that a configuration can hold leaves the drawing.
        for (left, warn) in [(i64::MAX, i64::MAX), (i64::MIN, 0), (0, -5), (4_000_000, 1)] {
            let line = Timeline::new(day("2026-11-22"), left, warn, &[]);
            for x in [line.today, line.expires, line.warning.0, line.warning.0 + line.warning.1] {
                assert!((0.0..=WIDTH).contains(&x), "{left} {warn}: {x}");
            }
        }
    }
}
