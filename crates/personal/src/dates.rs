//! Dates in every writing that a birth date has: ISO, slashes, dots, 年月日, eras by name, letter or
//! sign, the first year 元年, kanji numerals.

use super::chars;
use super::input::Day;

/// A date in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date {
    pub day: Day,
    /// Where it ends, in bytes.
    pub end: usize,
}

/// An era by its name and its letter, its first day and its last. On the day of a change both were said.
struct Era {
    name: &'static str,
    short: &'static str,
    letter: u8,
    first: Day,
    last: Day,
}

const fn ymd(year: i16, month: u8, day: u8) -> Day {
    Day { year, month, day }
}

#[rustfmt::skip]
static ERAS: [Era; 5] = [
    Era { name: "令和", short: "令", letter: b'R', first: ymd(2019, 5, 1), last: ymd(2099, 12, 31) },
    Era { name: "平成", short: "平", letter: b'H', first: ymd(1989, 1, 8), last: ymd(2019, 4, 30) },
    Era { name: "昭和", short: "昭", letter: b'S', first: ymd(1926, 12, 25), last: ymd(1989, 1, 7) },
    Era { name: "大正", short: "大", letter: b'T', first: ymd(1912, 7, 30), last: ymd(1926, 12, 25) },
    Era { name: "明治", short: "明", letter: b'M', first: ymd(1868, 1, 1), last: ymd(1912, 7, 30) },
];

/// The date that begins at `at`: at its era, or at its year's first digit.
pub fn parse(text: &str, at: usize) -> Option<Date> {
    match era(text, at) {
        Some((era, year_at)) => {
            let (n, next) = numeral(text, year_at).or_else(|| first_year(text, year_at))?;
            let year = i32::from(era.first.year) + i32::try_from(n).ok()?.checked_sub(1)?;
            if n == 0 || year > i32::from(era.last.year) {
                return None;
            }
            let date = month_and_day(text, year, next)?;
            (era.first..=era.last).contains(&date.day).then_some(date)
        }
        None => {
            let (n, next) = numeral(text, at)?;
            let digits = next - at;
            (digits == 4 || (digits == 12 && !text.as_bytes().get(at)?.is_ascii()))
                .then(|| month_and_day(text, n as i32, next))?
        }
    }
}

/// Eight digits without separators: `19850102`. Only a label or a column makes a date of it.
pub fn compact(digits: &str) -> Option<Day> {
    let part = |from: usize, to: usize| digits.get(from..to)?.parse::<i32>().ok();
    if digits.len() != 8 {
        return None;
    }
    day(part(0, 4)?, part(4, 6)?, part(6, 8)?)
}

/// A spreadsheet's serial number of a day (days since 1899-12-30).
pub fn serial(days: f64) -> Option<Day> {
    if !(1.0..80_000.0).contains(&days) {
        return None;
    }
    // Civil date from days (Howard Hinnant's algorithm); 25569 is 1970-01-01.
    let z = days as i64 - 25_569 + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + i64::from(month <= 2);
    day(year as i32, month as i32, (doy - (153 * mp + 2) / 5 + 1) as i32)
}

/// Whether a day can be a birth date: not after today, not more than 130 years before.
pub fn is_birth(day: Day, today: Day) -> bool {
    day <= today && i32::from(today.year) - i32::from(day.year) <= 130
}

/// The day of a calendar, if there is one.
pub(super) fn day(year: i32, month: i32, day: i32) -> Option<Day> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        2 => 28 + i32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    ((1..=last).contains(&day) && (1000..=9999).contains(&year)).then_some(Day {
        year: year as i16,
        month: month as u8,
        day: day as u8,
    })
}

/// The era at `at`, and where the year begins.
fn era(text: &str, at: usize) -> Option<(&'static Era, usize)> {
    let rest = text.get(at..)?;
    for era in &ERAS {
        let length = if rest.starts_with(era.name) {
            era.name.len()
        } else if rest.starts_with(era.short) {
            era.short.len()
        } else if rest.as_bytes().first().is_some_and(|b| b.eq_ignore_ascii_case(&era.letter)) {
            let glued = at > 0 && text.as_bytes()[at - 1].is_ascii_alphanumeric();
            if glued {
                return None;
            }
            1
        } else {
            continue;
        };
        let mut next = at + length;
        if text.as_bytes().get(next) == Some(&b'.') {
            next += 1;
        }
        return Some((era, skip_space(text, next)));
    }
    None
}

fn first_year(text: &str, at: usize) -> Option<(u32, usize)> {
    text.get(at..)?.starts_with('元').then(|| (1, at + '元'.len_utf8()))
}

fn month_and_day(text: &str, year: i32, at: usize) -> Option<Date> {
    let (first, month_at) = separator(text, at)?;
    let (month, next) = numeral(text, month_at)?;
    let (second, day_at) = separator(text, next)?;
    let fits = match first {
        '年' => second == '月',
        other => second == other,
    };
    let (d, mut end) = numeral(text, day_at)?;
    let short = |from: usize, to: usize| to - from <= 2 || !text.as_bytes()[from].is_ascii();
    let cut = text.as_bytes().get(end).is_some_and(u8::is_ascii_digit);
    if !fits || cut || !short(month_at, next) || !short(day_at, end) {
        return None;
    }
    if first == '年' && text.get(end..).is_some_and(|r| r.starts_with('日')) {
        end += '日'.len_utf8();
    }
    day(year, month as i32, d as i32).map(|day| Date { day, end })
}

fn separator(text: &str, at: usize) -> Option<(char, usize)> {
    let at = skip_space(text, at);
    let c = chars::at(text, at)?;
    matches!(c, '-' | '/' | '.' | '年' | '月').then(|| (c, skip_space(text, at + c.len_utf8())))
}

/// A number of up to four digits, or in kanji (二十三, 二〇〇一), and where it ends.
fn numeral(text: &str, at: usize) -> Option<(u32, usize)> {
    let bytes = text.as_bytes();
    let digits = bytes.get(at..)?.iter().take(5).take_while(|b| b.is_ascii_digit()).count();
    if digits > 0 {
        let value = text.get(at..at + digits)?.parse().ok()?;
        return (digits <= 4).then_some((value, at + digits));
    }
    let (mut value, mut pos, mut seen, mut tens) = (0u32, at, 0, false);
    while let Some(c) = chars::at(text, pos) {
        if c == '十' {
            value = if seen == 0 { 10 } else { value * 10 };
            tens = true;
        } else if let Some(d) = chars::kanji_digit(c) {
            value = if tens { value + d } else { value * 10 + d };
        } else {
            break;
        }
        seen += 1;
        pos += c.len_utf8();
        if seen > 4 {
            return None;
        }
    }
    (seen > 0).then_some((value, pos))
}

fn skip_space(text: &str, at: usize) -> usize {
    at + usize::from(text.as_bytes().get(at) == Some(&b' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Option<(i16, u8, u8)> {
        parse(text, 0).map(|d| (d.day.year, d.day.month, d.day.day))
    }

    #[test]
    fn every_writing_of_a_date() {
        for text in [
            "1985-01-02",
            "1985/1/2",
            "1985.01.02",
            "1985年1月2日",
            "1985 年 1 月 2 日",
            "昭和60年1月2日",
            "S60.1.2",
            "s60/01/02",
            "昭60.1.2",
            "S.60.1.2",
            "昭和六十年一月二日",
            "一九八五年一月二日",
        ] {
            assert_eq!(date(text), Some((1985, 1, 2)), "{text}");
        }
        assert_eq!(date("令和元年5月1日"), Some((2019, 5, 1)));
        assert_eq!(date("平成31年4月30日"), Some((2019, 4, 30)));
        assert_eq!(date("R2.2.29"), Some((2020, 2, 29)));
        assert_eq!(date("大正十三年十二月三十一日"), Some((1924, 12, 31)));
    }

    #[test]
    fn what_is_no_date() {
        for text in [
            "1985-13-02",
            "1985-02-30",
            "昭和65年1月2日",
            "1985-01/02",
            "10.20.30",
            "192.168.1.1",
            "1985-01-023",
            "",
        ] {
            assert_eq!(date(text), None, "{text}");
        }
    }

    #[test]
    fn serials_and_compact_dates() {
        assert_eq!(serial(31_049.0), Some(Day { year: 1985, month: 1, day: 2 }));
        assert_eq!(serial(45_351.0), Some(Day { year: 2024, month: 2, day: 29 }));
        assert_eq!(serial(0.2), None);
        assert_eq!(compact("19850102"), Some(Day { year: 1985, month: 1, day: 2 }));
        assert_eq!(compact("19851302"), None);
        let today = Day { year: 2026, month: 4, day: 1 };
        assert!(!is_birth(Day { year: 2026, month: 4, day: 2 }, today));
        assert!(!is_birth(Day { year: 1890, month: 1, day: 1 }, today));
    }
}
