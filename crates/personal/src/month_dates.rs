//! Dates as they are written outside Japan: day first or month first, with the month by number or by its name in the
//! big European languages, Korean, Vietnamese and Thai.

use super::chars;
use super::dates::{self, Date};

/// The names of the months and their usual abbreviations, lower case, January first.
const MONTHS: [&str; 12] = [
    "january|jan|januar|jänner|janvier|janv|enero|ene|gennaio|gen|janeiro|januari|มกราคม",
    "february|feb|februar|février|févr|febrero|febbraio|febb|fevereiro|fev|februari|กุมภาพันธ์",
    "march|mar|märz|mär|mrz|mars|marzo|março|maart|มีนาคม",
    "april|apr|avril|avr|abril|abr|aprile|เมษายน",
    "may|mai|mayo|maggio|mag|maio|mei|maj|พฤษภาคม",
    "june|jun|juni|juin|junio|giugno|giu|junho|มิถุนายน",
    "july|jul|juli|juillet|juil|julio|luglio|lug|julho|กรกฎาคม",
    "august|aug|août|agosto|ago|augustus|augusti|สิงหาคม",
    "september|sep|sept|septembre|septiembre|setiembre|settembre|set|setembro|กันยายน",
    "october|oct|oktober|okt|octobre|octubre|ottobre|ott|outubro|out|ตุลาคม",
    "november|nov|novembre|noviembre|novembro|พฤศจิกายน",
    "december|dec|dezember|dez|décembre|déc|diciembre|dic|dicembre|dezembro|december|ธันวาคม",
];

/// What may stand between day, month and year beside spaces.
const JOINTS: [&str; 10] = ["st", "nd", "rd", "th", "de", "del", "of", "er", "ngày", "."];

/// The date whose first digit is at `at`, and where it begins: at its month's name where that stands first.
/// The year must have four digits.
pub(super) fn parse(text: &str, at: usize) -> Option<(usize, Date)> {
    let (first, next) = number(text, at)?;
    if next - at == 4 {
        return korean(text, first, next).map(|date| (at, date));
    }
    if next - at > 2 {
        return None;
    }
    match chars::at(text, next)? {
        sign @ ('/' | '.' | '-') if text.as_bytes().get(next + 1).is_some_and(u8::is_ascii_digit) => {
            let (second, end) = number(text, next + 1).filter(|(_, end)| end - next <= 3)?;
            let (year, end) = year(text, end.checked_add(1).filter(|_| chars::at(text, end) == Some(sign))?)?;
            // Where both can be either the day is taken to stand first: it is a date all the same.
            let (day, month) = if second > 12 { (second, first) } else { (first, second) };
            Some((at, Date { day: dates::day(year, month, day)?, end }))
        }
        _ => by_name(text, at, first, next),
    }
}

/// 9 March 1970, 9. März 1970, 9 de marzo de 1970, March 9th, 1970, 9 tháng 3 năm 1970.
fn by_name(text: &str, at: usize, first: i32, next: usize) -> Option<(usize, Date)> {
    let month_at = joint(text, next);
    let (word, word_end) = word(text, month_at);
    if word == "tháng" {
        let (month, next) = number(text, skip_spaces(text, word_end))?;
        let (year_word, year_at) = self::word(text, skip_spaces(text, next));
        let (year, end) = year(text, skip_spaces(text, year_at)).filter(|_| year_word == "năm")?;
        return Some((at, Date { day: dates::day(year, month, first)?, end }));
    }
    if let Some(month) = month(&word) {
        let (year, end) = year(text, joint(text, word_end))?;
        return Some((at, Date { day: dates::day(year, month, first)?, end }));
    }
    let head = chars::behind(text, at, 40).trim_end_matches([' ', '.']);
    let start = head.char_indices().rev().take_while(|(_, c)| is_letter(*c)).last().map(|(i, _)| i)?;
    let month = month(&head[start..].to_lowercase())?;
    let begins = at - chars::behind(text, at, 40).len() + start;
    let year_at = joint(text, next);
    let (year, end) = year(text, skip_spaces(text, year_at))?;
    Some((begins, Date { day: dates::day(year, month, first)?, end }))
}

/// 1970년 3월 9일 and 1970. 3. 9.
fn korean(text: &str, year: i32, next: usize) -> Option<Date> {
    let sign = chars::at(text, next).filter(|c| matches!(c, '년' | '.'))?;
    let month_at = skip_spaces(text, next + sign.len_utf8());
    if sign == '.' && month_at == next + 1 {
        return None;
    }
    let (month, next) = number(text, month_at)?;
    let second = chars::at(text, next).filter(|c| matches!((sign, c), ('년', '월') | ('.', '.')))?;
    let (day, mut end) = number(text, skip_spaces(text, next + second.len_utf8()))?;
    if let Some(last) = chars::at(text, end).filter(|c| *c == '일') {
        end += last.len_utf8();
    }
    Some(Date { day: dates::day(year, month, day)?, end })
}

/// A year of four digits; those of the Buddhist era, which Thailand counts in, are brought to ours.
fn year(text: &str, at: usize) -> Option<(i32, usize)> {
    let (year, end) = number(text, at).filter(|(_, end)| end - at == 4)?;
    let common = if year > 2400 { year - 543 } else { year };
    (1850..=2100).contains(&common).then_some((common, end))
}

fn month(word: &str) -> Option<i32> {
    let found = |names: &&str| names.split('|').any(|name| name == word);
    (1..).zip(MONTHS).find(|(_, names)| found(names)).map(|(n, _)| n)
}

/// The place behind spaces, signs and joining words.
fn joint(text: &str, at: usize) -> usize {
    let mut at = at;
    for _ in 0..3 {
        at = skip_spaces(text, at);
        let rest = text.get(at..).unwrap_or("");
        let ends = |j: &&&str| !rest[j.len()..].starts_with(is_letter) || **j == ".";
        match JOINTS.iter().filter(|j| rest.starts_with(**j)).find(ends) {
            Some(joint) => at += joint.len(),
            None => break,
        }
    }
    skip_spaces(text, at)
}

fn skip_spaces(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or("");
    at + rest.bytes().take(4).take_while(|b| matches!(b, b' ' | b',')).count()
}

fn word(text: &str, at: usize) -> (String, usize) {
    let word: String = text.get(at..).unwrap_or("").chars().take(14).take_while(|c| is_letter(*c)).collect();
    let end = at + word.len();
    (word.to_lowercase(), end)
}

/// Letters, and the vowels that Thai writes as marks.
fn is_letter(c: char) -> bool {
    c.is_alphabetic() || matches!(c, '\u{0E30}'..='\u{0E4F}')
}

fn number(text: &str, at: usize) -> Option<(i32, usize)> {
    let digits = text.as_bytes().get(at..)?.iter().take(5).take_while(|b| b.is_ascii_digit()).count();
    let value = text.get(at..at + digits)?.parse().ok()?;
    (digits <= 4).then_some((value, at + digits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_many_languages() {
        for text in [
            "March 9, 1970",
            "Mar. 9th, 1970",
            "9 March 1970",
            "9th of March 1970",
            "09/03/1970",
            "09.03.1970",
            "9. März 1970",
            "9 mars 1970",
            "9 de marzo de 1970",
            "9 marzo 1970",
            "9 de março de 1970",
            "1970년 3월 9일",
            "1970. 3. 9.",
            "9 tháng 3 năm 1970",
            "9 มีนาคม 2513",
        ] {
            let at = text.find(|c: char| c.is_ascii_digit()).unwrap();
            let day =
                parse(text, at).map(|(start, date)| (start, date.day.year, date.day.month, date.day.day));
            assert_eq!(day, Some((0, 1970, 3, 9)), "{text}");
        }
    }

    #[test]
    fn other_numbers_are_no_dates() {
        for text in [
            "9 apples 1970",
            "10.0.0.1",
            "31/02/1970",
            "9 March 70",
            "1.2",
            "9",
            "9 May",
            "9/3",
            "version 9. 1970",
        ] {
            let at = text.find(|c: char| c.is_ascii_digit()).unwrap();
            assert_eq!(parse(text, at), None, "{text}");
        }
    }
}
