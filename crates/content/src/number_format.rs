//! What a spreadsheet shows for a number: the number formats of ECMA-376 part 1 section 18.8.31,
//! as far as they tell dates, leading zeros and grouped digits (`000-0000`) from amounts.

use super::{Cell, Format};

/// A number format, understood.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum NumberFormat {
    #[default]
    General,
    Date,
    Time,
    /// An amount, a percentage, decimals.
    Amount,
    Padded(u8),
    /// Digits in groups; the sections with their conditions.
    Grouped(Vec<Section>),
}

/// One section of a format with the condition that it holds under.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// `[<=999]`: the highest number the section is for.
    up_to: Option<f64>,
    /// Digits as `0` or `#`, anything else as it is shown.
    pattern: String,
}

impl NumberFormat {
    /// One of the formats that need no code. 27–36 and 50–58 are dates in East Asian Excel.
    pub fn built_in(id: u32) -> Self {
        match id {
            14..=17 | 22 | 27..=31 | 36 | 50..=58 => NumberFormat::Date,
            18..=21 | 32..=35 | 45..=47 => NumberFormat::Time,
            2..=11 | 37..=44 | 48 => NumberFormat::Amount,
            _ => NumberFormat::General,
        }
    }

    /// Reads a format code.
    pub fn parse(code: &str) -> Self {
        let first = code.split(';').next().unwrap_or("");
        let bare = without_literals(first);
        let has = |set: &[char]| bare.contains(set);
        if bare.is_empty() || bare.contains("general") || bare.contains('@') {
            return NumberFormat::General;
        }
        if has(&['y', 'd', 'e']) && !has(&['0', '#']) || bare.contains("g") && bare.contains('e') {
            return NumberFormat::Date;
        }
        if has(&['h', 's']) {
            return NumberFormat::Time;
        }
        if bare.contains('m') && !has(&['0', '#']) {
            return NumberFormat::Date;
        }
        if has(&['.', ',', '%', 'e', '?', '*', '_', '¥', '$', '\\']) {
            return NumberFormat::Amount;
        }
        let sections: Vec<Section> = code.split(';').take(4).map(section).collect();
        let dashed =
            |s: &Section| s.pattern.contains(['0', '#']) && s.pattern.contains(['-', '(', ' ', '－']);
        // A later section counts where conditions choose; else it is for negative numbers.
        let chosen = sections.iter().any(|s| s.up_to.is_some()) && sections.iter().any(dashed);
        if chosen || sections.first().is_some_and(dashed) {
            return NumberFormat::Grouped(sections);
        }
        let zeros = bare.bytes().filter(|b| *b == b'0').count();
        if zeros == bare.len() {
            return if zeros < 2 {
                NumberFormat::General
            } else {
                NumberFormat::Padded(u8::try_from(zeros).unwrap_or(u8::MAX).min(30))
            };
        }
        NumberFormat::Amount
    }

    /// The cell that a number in this format is.
    pub fn cell(&self, value: f64, epoch_1904: bool) -> Cell {
        match self {
            NumberFormat::General => Cell::Number(value, Format::General),
            NumberFormat::Amount => Cell::Number(value, Format::Amount),
            NumberFormat::Padded(n) => Cell::Number(value, Format::Padded(*n)),
            NumberFormat::Date => date(value, epoch_1904),
            NumberFormat::Time if value < 1.0 => time(value),
            NumberFormat::Time => date(value, epoch_1904),
            NumberFormat::Grouped(sections) => grouped(value, sections),
        }
    }
}

/// A section's format letters in lower case, without quoted and escaped literals and brackets.
fn without_literals(section: &str) -> String {
    let mut out = String::new();
    let mut chars = section.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => while chars.next().is_some_and(|c| c != '"') {},
            '\\' | '_' | '*' => {
                chars.next();
            }
            '[' => {
                let inner: String = chars.by_ref().take_while(|c| *c != ']').collect();
                // Elapsed time is written in brackets.
                if matches!(inner.to_ascii_lowercase().as_str(), "h" | "hh" | "m" | "mm" | "s" | "ss") {
                    out.push('h');
                }
            }
            '-' | '(' | ')' | ' ' | '/' | ':' => {}
            c => out.extend(c.to_lowercase()),
        }
    }
    out
}

fn section(text: &str) -> Section {
    let mut up_to = None;
    let mut pattern = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => pattern.extend(chars.by_ref().take_while(|c| *c != '"')),
            '\\' => pattern.extend(chars.next()),
            '_' | '*' => {
                chars.next();
            }
            '[' => {
                let inner: String = chars.by_ref().take_while(|c| *c != ']').collect();
                let number = inner.strip_prefix("<=").or(inner.strip_prefix('<'));
                up_to = number.and_then(|n| n.parse().ok()).or(up_to);
            }
            c => pattern.push(c),
        }
    }
    Section { up_to, pattern }
}

/// Lays the digits of a whole number into a pattern, from the right.
fn grouped(value: f64, sections: &[Section]) -> Cell {
    if value < 0.0 || value.fract() != 0.0 || value >= 1e15 {
        return Cell::Number(value, Format::General);
    }
    let fits = |s: &&Section| s.up_to.is_none_or(|limit| value <= limit);
    let Some(section) = sections.iter().find(fits) else {
        return Cell::Number(value, Format::General);
    };
    let digits: Vec<char> = format!("{value:.0}").chars().collect();
    let mut left = digits.len();
    let mut shown = Vec::new();
    let places = section.pattern.chars().filter(|c| matches!(c, '0' | '#')).count();
    let mut place = 0;
    for c in section.pattern.chars().rev() {
        if !matches!(c, '0' | '#') {
            shown.push(c);
            continue;
        }
        place += 1;
        if left > 0 {
            left -= 1;
            shown.push(digits[left]);
        } else if c == '0' {
            shown.push('0');
        }
        if place == places {
            shown.extend(digits[..left].iter().rev());
            left = 0;
        }
    }
    Cell::Text(shown.iter().rev().collect())
}

/// The day that a serial number names: days from the end of 1899, with a 29 February 1900 that
/// never was, or from 1904.
fn date(serial: f64, epoch_1904: bool) -> Cell {
    if !(1.0..3_000_000.0).contains(&serial) {
        return Cell::Number(serial, Format::General);
    }
    let days = serial as i64;
    let since_1970 = if epoch_1904 {
        days - 24_107
    } else if days < 60 {
        days - 25_568
    } else {
        days - 25_569
    };
    let (y, m, d) = civil(since_1970);
    Cell::Date(y, m, d)
}

/// The calendar day so many days after 1 January 1970.
fn civil(days: i64) -> (i32, u8, u8) {
    // Eras of 400 years begin on 1 March.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let calendar_month = if month < 10 { month + 3 } else { month - 9 };
    let calendar_year = year + era * 400 + i64::from(calendar_month <= 2);
    (calendar_year as i32, calendar_month as u8, day as u8)
}

fn time(value: f64) -> Cell {
    if value < 0.0 {
        return Cell::Number(value, Format::General);
    }
    let minutes = (value * 1440.0).round() as u32;
    Cell::Text(format!("{:02}:{:02}", minutes / 60, minutes % 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(code: &str, value: f64) -> Cell {
        NumberFormat::parse(code).cell(value, false)
    }

    #[test]
    fn dates_of_every_style() {
        for code in
            ["yyyy/m/d", "[$-411]ggge\"年\"m\"月\"d\"日\"", "m\"月\"d\"日\"", "yyyy-mm-dd hh:mm", "d-mmm-yy"]
        {
            assert_eq!(shown(code, 31048.0), Cell::Date(1985, 1, 1), "{code}");
        }
        assert_eq!(NumberFormat::built_in(57).cell(1.0, false), Cell::Date(1900, 1, 1));
        assert_eq!(NumberFormat::built_in(14).cell(61.0, false), Cell::Date(1900, 3, 1));
        assert_eq!(NumberFormat::built_in(14).cell(0.0, true), Cell::Number(0.0, Format::General));
        assert_eq!(NumberFormat::built_in(14).cell(29586.0, true), Cell::Date(1985, 1, 1));
    }

    #[test]
    fn digits_that_a_number_lost() {
        assert_eq!(shown("00000", 12.0), Cell::Number(12.0, Format::Padded(5)));
        assert_eq!(shown("000-0000", 600001.0), Cell::Text("060-0001".into()));
        let postal = "[<=999]000;[<=9999]000\\-00;000\\-0000";
        assert_eq!(shown(postal, 1_000_001.0), Cell::Text("100-0001".into()));
        let phone = "[<=99999999]####\\-####;\\(00\\)\\ ####\\-####";
        assert_eq!(shown(phone, 312_345_678.0), Cell::Text("(03) 1234-5678".into()));
    }

    #[test]
    fn amounts_times_and_the_rest() {
        assert_eq!(shown("#,##0", 5.0), Cell::Number(5.0, Format::Amount));
        assert_eq!(shown("0.00%", 0.5), Cell::Number(0.5, Format::Amount));
        assert_eq!(shown("h:mm", 0.375), Cell::Text("09:00".into()));
        assert_eq!(shown("General", 5.0), Cell::Number(5.0, Format::General));
        assert_eq!(shown("@", 5.0), Cell::Number(5.0, Format::General));
        assert_eq!(shown("\"", 5.0), Cell::Number(5.0, Format::General));
        assert!(matches!(shown("yyyy", f64::NAN), Cell::Number(..)));
    }
}
