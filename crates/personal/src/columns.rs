//! Columns that no header types are typed by what stands in them.

use std::borrow::Cow;

use super::addresses;
use super::cells;
use super::chars;
use super::dictionary;
use super::headers::Column;
use super::input::Day;
use super::kinds::Kind;
use super::mail;
use super::names;
use super::tables::Grid;

/// So many cells of a column are looked at.
const SAMPLE: usize = 200;

/// Types the columns that no header types, by at least 60 % of their cells.
pub(super) fn by_content(grid: &Grid<'_>, first: usize, headed: bool, columns: &mut [Column], today: Day) {
    let mut dates = Vec::new();
    for (at, column) in columns.iter_mut().enumerate().filter(|(_, c)| **c == Column::Other) {
        let sample: Vec<&str> = grid
            .cells
            .iter()
            .skip(first)
            .filter_map(|row| row.get(at).map(AsRef::as_ref))
            .filter(|c: &&str| !c.is_empty())
            .take(SAMPLE)
            .collect();
        if sample.len() < 2 {
            continue;
        }
        let most =
            |fits: &dyn Fn(&str) -> bool| sample.iter().filter(|c| fits(c)).count() * 10 >= sample.len() * 6;
        let long = |c: &str| c.bytes().filter(u8::is_ascii_digit).count() >= 12;
        let found =
            if most(&|c| c.find('@').is_some_and(|i| mail::around(c, i).is_some_and(|r| r.len() == c.len())))
            {
                Column::Mail
            } else if most(&|c| long(c) && cells::is_id(Kind::Card, c)) {
                Column::Id(Kind::Card)
            } else if most(&|c| long(c) && cells::is_id(Kind::MyNumber, c)) {
                Column::Id(Kind::MyNumber)
            } else if most(&|c| long(c) && cells::is_id(Kind::DrivingLicence, c)) {
                Column::Id(Kind::DrivingLicence)
            } else if most(&|c| cells::is_id(Kind::ResidentCode, c)) {
                Column::Id(Kind::ResidentCode)
            } else if most(&|c| is_call(c)) || is_calls(&sample) {
                Column::Phone
            } else if most(&|c| addresses::whole(c)) {
                Column::Address
            } else if most(&|c| names::looks_like_name(c) && names::is_full(c) && !is_kana(c)) {
                Column::Name
            } else if most(&|c| is_kana(c) && names::is_kana_name(c)) {
                Column::Kana
            } else {
                let grown =
                    |c: &str| cells::birth(c, today).is_some_and(|d| i32::from(today.year - d.year) >= 3);
                if most(&grown) {
                    dates.push(at);
                }
                continue;
            };
        *column = found;
    }
    // Words with capitals beside nothing personal are the lines of a letter: Best Regards, Account Manager.
    let personal = columns.iter().any(|c| c.is_attribute() && *c != Column::Name);
    if !headed && !personal {
        for (at, column) in columns.iter_mut().enumerate().filter(|(_, c)| **c == Column::Name) {
            let latin = |row: &Vec<Cow<'_, str>>| row.get(at).is_none_or(|c| c.is_ascii());
            if grid.cells.iter().skip(first).all(latin) {
                *column = Column::Other;
            }
        }
    }
    // Without a header the second column of capitalised words is of towns: Mary Brown, 12 Oak Street, East Sara.
    if !headed {
        let latin = |row: &Vec<Cow<'_, str>>, at: usize| {
            row.get(at).is_none_or(|c| !c.chars().any(|c| chars::is_han(c) || chars::is_kana(c)))
        };
        let names = columns.iter_mut().enumerate().filter(|(_, c)| **c == Column::Name);
        for (at, column) in names.skip(1) {
            if grid.cells.iter().skip(first).all(|row| latin(row, at)) {
                *column = Column::Other;
            }
        }
    }
    // A surname and a given name in columns of their own.
    if !headed && !columns.contains(&Column::Name) {
        split_names(grid, first, columns);
    }
    // One column of old dates beside names is of birth dates; under a header it would say so.
    let named = columns.contains(&Column::Name) || columns.contains(&Column::Surname);
    if !headed && dates.len() == 1 && named {
        columns[dates[0]] = Column::BirthDate;
    }
}

/// Whether a cell is a telephone number, also of a mobile whose leading zero a spreadsheet has eaten.
fn is_call(cell: &str) -> bool {
    let eaten = cell.len() == 10 && ["70", "80", "90"].iter().any(|h| cell.starts_with(h));
    (eaten || cell.starts_with(['0', '(', '+'])) && cells::phone(cell).is_some()
}

/// Whether a column is of telephone numbers some of which have lost their leading zero: at least a third
/// are beyond doubt, and nearly all the others are numbers once the zero is back.
fn is_calls(sample: &[&str]) -> bool {
    let certain = sample.iter().filter(|c| is_call(c)).count();
    let solid = |c: &str| (9..=10).contains(&c.len()) && c.bytes().all(|b| b.is_ascii_digit());
    let repaired = sample.iter().filter(|c| !is_call(c) && solid(c) && cells::phone(c).is_some()).count();
    certain * 3 >= sample.len() && (certain + repaired) * 10 >= sample.len() * 9
}

fn is_kana(text: &str) -> bool {
    text.chars().all(|c| chars::is_kana(c) || c == ' ')
}

fn split_names(grid: &Grid<'_>, first: usize, columns: &mut [Column]) {
    let d = &*dictionary::DICTIONARY;
    for at in 0..columns.len().saturating_sub(1) {
        if columns[at] != Column::Other || columns[at + 1] != Column::Other {
            continue;
        }
        let rows: Vec<(&str, &str)> = grid
            .cells
            .iter()
            .skip(first)
            .filter_map(|r| Some((r.get(at)?.as_ref(), r.get(at + 1)?.as_ref())))
            .filter(|(a, b): &(&str, &str)| !a.is_empty() && !b.is_empty())
            .take(SAMPLE)
            .collect();
        let fits = rows
            .iter()
            .filter(|(a, b)| d.surnames.contains(a) && (d.given.contains(b) || d.is_like_given(b)))
            .count();
        if rows.len() >= 3 && fits * 10 >= rows.len() * 6 {
            columns[at] = Column::Surname;
            columns[at + 1] = Column::Given;
            return;
        }
    }
}
