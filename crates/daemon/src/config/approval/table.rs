//! The files that second eyes may stand in: a table of senders and approvers, and a list of holidays. Both
//! are CSV (RFC 4180) as spreadsheets write it; every error names the file and the line.

use std::path::Path;

use jiff::civil::Date;

use super::checks::{OTHERS, own_only};
use casebook::LoadError;
use hold::approval::{Group, Pattern};

/// A table of more is not one of people.
const LARGEST: u64 = 10 * 1024 * 1024;

/// An address of the organisation's, or what is wrong with it and what would be right.
pub type Inside<'a> = &'a dyn Fn(&str) -> Result<String, (String, &'static str)>;

/// Reads a table of `sender, approver, stand-in`: a pattern of senders, and one or several addresses, apart
/// by `;`. Several lines of one sender add up. A first line without any address names the columns.
pub fn read(file: &Path, name: &str, inside: Inside<'_>) -> Result<Vec<Group>, Vec<LoadError>> {
    let text = text_of(file).map_err(|fault| vec![fault])?;
    let mut groups: Vec<(usize, Group)> = Vec::new();
    let mut faults = Vec::new();
    for (line, cells) in rows(&text) {
        let first = line == 1 && !cells.iter().any(|c| c.contains(['@', '*']));
        if first || cells.iter().all(|c| c.is_empty()) {
            continue;
        }
        if let Err(more) = add(&mut groups, line, &cells, name, inside) {
            let fault = |(message, remedy): (String, &str)| at(file, Some(line), message, remedy);
            faults.extend(more.into_iter().map(fault));
        }
    }
    if faults.is_empty() {
        let alone =
            |(line, group): &(usize, Group)| own_only(group).map(|why| at(file, Some(*line), why, OTHERS));
        faults.extend(groups.iter().filter_map(alone));
    }
    if groups.is_empty() && faults.is_empty() {
        faults.push(at(file, None, "it names no sender".into(), FORM));
    }
    if faults.is_empty() { Ok(groups.into_iter().map(|(_, group)| group).collect()) } else { Err(faults) }
}

const FORM: &str = "each line is sender,approver,stand-in, such as *@soumu.city.example.jp,kacho@city.example.jp,hosa@city.example.jp";

fn add(
    groups: &mut Vec<(usize, Group)>,
    line: usize,
    cells: &[String],
    name: &str,
    inside: Inside<'_>,
) -> Result<(), Vec<(String, &'static str)>> {
    let cell = |n: usize| cells.get(n).map_or("", String::as_str);
    let mut faults = Vec::new();
    if cells.iter().skip(3).any(|c| !c.is_empty()) {
        faults.push(("it has more than three columns".to_string(), FORM));
    }
    let Some(pattern) = Pattern::parse(cell(0)) else {
        faults.push((format!("sender \"{}\" matches no address", cell(0)), FORM));
        return Err(faults);
    };
    let mut people = |n: usize| {
        let mut found = Vec::new();
        for text in cell(n).split(';').map(str::trim).filter(|t| !t.is_empty()) {
            match inside(text) {
                Ok(address) => found.push(address),
                Err(fault) => faults.push(fault),
            }
        }
        found
    };
    let (approvers, stand_ins) = (people(1), people(2));
    if approvers.is_empty() && faults.is_empty() {
        faults.push((format!("sender \"{}\" has no approver", cell(0)), FORM));
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    match groups.iter_mut().find(|(_, g)| g.senders.contains(&pattern)) {
        Some((_, group)) => {
            group.approvers.extend(approvers);
            group.stand_ins.extend(stand_ins);
        }
        None => {
            let group = Group { name: name.to_string(), senders: vec![pattern], approvers, stand_ins };
            groups.push((line, group));
        }
    }
    Ok(())
}

/// Reads a list of dates, the first cell of each line: `2026-12-29`, or `2026/12/29` as the Cabinet
/// Office's list of holidays has it. A first line that begins with no digit names the columns.
pub fn holidays(file: &Path) -> Result<Vec<Date>, Vec<LoadError>> {
    let text = text_of(file).map_err(|fault| vec![fault])?;
    let (mut days, mut faults) = (Vec::new(), Vec::new());
    for (line, cells) in rows(&text) {
        let cell = cells.first().map_or("", String::as_str);
        if cell.is_empty() || (line == 1 && !cell.starts_with(|c: char| c.is_ascii_digit())) {
            continue;
        }
        match date(cell) {
            Some(day) => days.push(day),
            None => {
                let why = format!("\"{cell}\" is no date");
                faults.push(at(file, Some(line), why, "begin the line with a date such as 2026-12-29"));
            }
        }
    }
    if faults.is_empty() { Ok(days) } else { Err(faults) }
}

fn date(text: &str) -> Option<Date> {
    let mut parts = text.split(['-', '/']);
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let rest = parts.next();
    let day = Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()?;
    rest.is_none().then_some(day)
}

/// The text of a file. Names in other charsets than UTF-8 are of no account: addresses and dates are ASCII.
fn text_of(file: &Path) -> Result<String, LoadError> {
    let failed = |e: std::io::Error| {
        let remedy = "name an existing file; its path is relative to the folder that Sekisho is started in";
        at(file, None, format!("cannot be read: {e}"), remedy)
    };
    let size = std::fs::metadata(file).map_err(failed)?.len();
    if size > LARGEST {
        return Err(at(file, None, format!("has {size} bytes"), "give a table of at most 10 MB"));
    }
    let text = String::from_utf8_lossy(&std::fs::read(file).map_err(failed)?).into_owned();
    Ok(text.strip_prefix('\u{feff}').map(str::to_string).unwrap_or(text))
}

/// The cells of each line, trimmed, with the number of the line; what stands behind `#` at the start of a
/// line is a remark. A quoted cell may hold commas, and ends with its line.
fn rows(text: &str) -> impl Iterator<Item = (usize, Vec<String>)> {
    let lines = text.lines().enumerate().map(|(n, line)| (n + 1, line.trim()));
    lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#')).map(|(n, line)| (n, cells(line)))
}

fn cells(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match (c, quoted) {
            // A doubled quote within quotes stands for one; no address needs it.
            ('"', _) => quoted = !quoted,
            (',' | '\t', false) => cells.push(String::new()),
            _ => cells.last_mut().into_iter().for_each(|cell| cell.push(c)),
        }
    }
    cells.iter().map(|cell| cell.trim().to_string()).collect()
}

fn at(file: &Path, line: Option<usize>, message: String, remedy: &str) -> LoadError {
    LoadError { file: file.to_path_buf(), line, column: None, message, remedy: remedy.to_string() }
}
