//! Dates as Japanese posts write them: 2023年3月16日, `2022 年 11 月 8 日`, 2023/03/30, 令和5年3月16日,
//! 8月9日, 2023年3月. The text is in NFKC already.

/// The most dates that are kept of one post.
const MOST: usize = 200;

/// A date, as exactly as the text gives it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Date {
    pub year: u16,
    pub month: u8,
    /// None where the text names the month alone.
    pub day: Option<u8>,
    /// The text names no year; it is the one that fits the publication.
    pub assumed: bool,
}

impl Date {
    /// `2023-03-16`, or `2023-03` without a day.
    pub fn iso(&self) -> String {
        match self.day {
            Some(day) => format!("{:04}-{:02}-{day:02}", self.year, self.month),
            None => format!("{:04}-{:02}", self.year, self.month),
        }
    }

    /// The same, with a question mark where the year is assumed.
    pub(super) fn told(&self) -> String {
        let mark = if self.assumed { "?" } else { "" };
        format!("{}{mark}", self.iso())
    }
}

/// The title without the date at its end, and that date.
pub(super) fn split_title(title: &str) -> (String, Option<Date>) {
    let title = title.trim();
    let chars: Vec<char> = title.chars().collect();
    // A date has at most some twenty characters; try the longest first.
    for start in chars.len().saturating_sub(24)..chars.len() {
        let inside = start > 0 && chars.get(start - 1).is_some_and(char::is_ascii_digit);
        if inside {
            continue;
        }
        let whole = |found: &(Parts, usize)| found.1 == chars.len() && found.0.year.is_some();
        if let Some(date) = read(&chars, start).filter(whole).and_then(|f| f.0.date(None)) {
            let rest: String = chars.iter().take(start).collect();
            return (rest.trim().to_string(), Some(date));
        }
    }
    (title.to_string(), None)
}

/// Every date in a text, each once, in order. Dates without a year take the one that puts them last
/// before the publication.
pub(super) fn find(text: &str, published: Option<&Date>) -> Vec<Date> {
    let chars: Vec<char> = text.chars().collect();
    let mut dates: Vec<Date> = Vec::new();
    let mut at = 0;
    while at < chars.len() && dates.len() < MOST {
        match read(&chars, at) {
            Some((parts, end)) => {
                if let Some(date) = parts.date(published).filter(|d| !dates.contains(d)) {
                    dates.push(date);
                }
                at = end;
            }
            // A number that begins no date is passed over whole.
            None => at = number(&chars, at).map_or(at + 1, |found| found.1),
        }
    }
    dates
}

/// What stands in the text.
struct Parts {
    year: Option<u64>,
    month: u64,
    day: Option<u64>,
}

impl Parts {
    /// The date, if there is one such day.
    fn date(&self, published: Option<&Date>) -> Option<Date> {
        let month = u8::try_from(self.month).ok()?;
        let day = match self.day {
            Some(day) => Some(u8::try_from(day).ok()?),
            None => None,
        };
        let year = match (self.year, published) {
            (Some(year), _) => u16::try_from(year).ok()?,
            (None, Some(published)) => {
                let later = (month, day) > (published.month, published.day);
                published.year.checked_sub(later.into())?
            }
            (None, None) => return None,
        };
        let (y, m, d) = (i16::try_from(year).ok()?, i8::try_from(month).ok()?, day.unwrap_or(1));
        jiff::civil::Date::new(y, m, i8::try_from(d).ok()?).ok()?;
        (1900..=2199).contains(&year).then_some(Date { year, month, day, assumed: self.year.is_none() })
    }
}

/// The first year of an era, less one.
const ERAS: &[(&str, u64)] = &[("令和", 2018), ("平成", 1988), ("昭和", 1925)];

/// Reads the date that begins at `at`, and where it ends.
fn read(chars: &[char], at: usize) -> Option<(Parts, usize)> {
    if let Some((before, behind)) = era(chars, at) {
        let (of_era, end) = match chars.get(behind) {
            Some('元') => (1, behind + 1),
            _ => number(chars, spaces(chars, behind))?,
        };
        return month_and_day(chars, Some(before.checked_add(of_era)?), end);
    }
    let (first, end) = number(chars, at)?;
    match chars.get(spaces(chars, end)) {
        Some('年') => month_and_day(chars, Some(first), end),
        Some('月') => {
            let (day, end) = number(chars, spaces(chars, spaces(chars, end) + 1))?;
            let sign = spaces(chars, end);
            let parts = Parts { year: None, month: first, day: Some(day) };
            (chars.get(sign) == Some(&'日')).then_some((parts, sign + 1))
        }
        Some(sign @ ('/' | '-' | '.')) if first >= 1900 => {
            let (month, end) = number(chars, end + 1)?;
            if chars.get(end) != Some(sign) {
                return None;
            }
            let (day, end) = number(chars, end + 1)?;
            Some((Parts { year: Some(first), month, day: Some(day) }, end))
        }
        _ => None,
    }
}

/// `年 3 月`, with or without `16 日`.
fn month_and_day(chars: &[char], year: Option<u64>, at: usize) -> Option<(Parts, usize)> {
    let sign = spaces(chars, at);
    if chars.get(sign) != Some(&'年') {
        return None;
    }
    let (month, end) = number(chars, spaces(chars, sign + 1))?;
    let sign = spaces(chars, end);
    if chars.get(sign) != Some(&'月') {
        return None;
    }
    let alone = Parts { year, month, day: None };
    let Some((day, end)) = number(chars, spaces(chars, sign + 1)) else {
        return Some((alone, sign + 1));
    };
    let last = spaces(chars, end);
    match chars.get(last) {
        Some('日') => Some((Parts { day: Some(day), ..alone }, last + 1)),
        _ => Some((alone, sign + 1)),
    }
}

fn era(chars: &[char], at: usize) -> Option<(u64, usize)> {
    ERAS.iter().find_map(|(name, before)| {
        let mut end = at;
        for c in name.chars() {
            if chars.get(end) != Some(&c) {
                return None;
            }
            end += 1;
        }
        Some((*before, end))
    })
}

/// A number of at most four digits, and where it ends. A longer run is none, but is passed over.
fn number(chars: &[char], at: usize) -> Option<(u64, usize)> {
    let mut value = 0u64;
    let mut end = at;
    while let Some(digit) = chars.get(end).and_then(|c| c.to_digit(10)) {
        value = value.saturating_mul(10).saturating_add(digit.into());
        end += 1;
    }
    (end > at).then_some((value, end))
}

/// Past spaces, but not past a line's end.
fn spaces(chars: &[char], mut at: usize) -> usize {
    while chars.get(at).is_some_and(|c| matches!(c, ' ' | '\t')) {
        at += 1;
    }
    at
}
