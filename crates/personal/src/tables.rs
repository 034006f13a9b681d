//! Tables: what each column holds, by its header or else by its cells, and who the rows are.

use std::borrow::Cow;
use std::collections::HashSet;

use super::cells;
use super::columns::by_content;
use super::dictionary;
use super::findings::{Sensitive, TableReading};
use super::headers::{self, Column};
use super::input::{Cell, Day, Format, Table};
use super::kinds::Kind;
use super::normalize::Normalized;
use super::own::OwnSet;
use super::persons::Person;
use super::phones;
use super::scan;

/// A header stands in one of the first rows.
const HEADER_ROWS: usize = 10;

/// Something found in a cell.
#[derive(Clone, Debug)]
pub struct CellHit {
    pub kind: Kind,
    pub row: usize,
    pub column: usize,
    /// The value in one writing, as [`scan::Candidate::key`].
    pub key: String,
    pub validated: bool,
}

/// What a table says.
#[derive(Debug, Default)]
pub struct Reading {
    pub summary: TableReading,
    pub people: Vec<Person>,
    pub hits: Vec<CellHit>,
    pub sensitive: HashSet<Sensitive>,
}

/// A table as text, ready to be read.
pub(super) struct Grid<'a> {
    pub cells: Vec<Vec<Cow<'a, str>>>,
    pub table: &'a Table,
    pub width: usize,
}

/// Reads a table; `source` tells its people from those of other tables.
pub fn read(table: &Table, source: usize, today: Day, own: &OwnSet) -> Reading {
    let grid = Grid::new(table);
    let Header { row: header, mut columns, first } = header(&grid);
    let form = super::forms::read(&grid, source, today, own);
    if form.labels >= 2 && form.labels > header.map_or(0, |_| known(&columns)) {
        return form.reading;
    }
    by_content(&grid, first, header.is_some(), &mut columns, today);
    let mut reading = Reading {
        summary: TableReading {
            path: table.path.clone(),
            sheet: table.sheet.clone(),
            hidden: table.hidden,
            header,
            columns: columns.iter().map(|c| c.name()).collect(),
            persons: 0,
        },
        ..Reading::default()
    };
    let mut rows = TableRows { columns, source, today, own, reading: &mut reading, seconds: Vec::new() };
    for (at, row) in grid.cells.iter().enumerate().skip(first) {
        if is_total(row) {
            continue;
        }
        // A header repeated on each printed page is no person, and another one begins another table.
        match headers_only(row, grid.width) {
            Some(columns) => rows.columns = columns,
            None => rows.read(&grid, at, row),
        }
    }
    let seconds = std::mem::take(&mut rows.seconds);
    add_seconds(&mut reading, seconds, source);
    reading
}

impl<'a> Grid<'a> {
    fn new(table: &'a Table) -> Self {
        let cells: Vec<Vec<Cow<'a, str>>> =
            table.rows.iter().map(|row| row.iter().map(text_of).collect()).collect();
        let width = cells.iter().map(Vec::len).max().unwrap_or(0).min(512);
        Grid { cells, table, width }
    }
}

fn text_of(cell: &Cell) -> Cow<'_, str> {
    match cell {
        Cell::Empty | Cell::Bool(_) => Cow::Borrowed(""),
        Cell::Text(text) if text.is_ascii() => Cow::Borrowed(text.trim()),
        Cell::Text(text) => match Normalized::new(text).into_text() {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
            Cow::Owned(text) if text.trim().len() == text.len() => Cow::Owned(text),
            Cow::Owned(text) => Cow::Owned(text.trim().to_string()),
        },
        // An amount is no identifier: the sign keeps every reader of digits away.
        Cell::Number(n, Format::Amount) => Cow::Owned(format!("¥{n}")),
        Cell::Number(n, Format::Padded(width)) => {
            Cow::Owned(format!("{n:0width$}", width = usize::from(*width)))
        }
        Cell::Number(n, Format::General) => Cow::Owned(n.to_string()),
        Cell::Date(y, m, d) => Cow::Owned(format!("{y:04}-{m:02}-{d:02}")),
    }
}

/// How many columns say something of a person.
fn known(columns: &[Column]) -> usize {
    columns.iter().filter(|c| c.is_attribute()).count()
}

/// Where the header is, what it makes of the columns, and where the rows begin.
struct Header {
    row: Option<usize>,
    columns: Vec<Column>,
    first: usize,
}

/// The header among the first rows. One over two rows is read together: 氏名 over 姓 and 名.
fn header(grid: &Grid<'_>) -> Header {
    let mut best = Header { row: None, columns: vec![Column::Other; grid.width], first: 0 };
    let mut most = 0;
    for (at, row) in grid.cells.iter().enumerate().take(HEADER_ROWS) {
        let mut columns = vec![Column::Other; grid.width];
        let (mut score, mut filled) = (0, 0);
        for (slot, cell) in columns.iter_mut().zip(row) {
            filled += usize::from(!cell.is_empty());
            if let Some(column) = heading(cell) {
                *slot = column;
                score += 1 + usize::from(column.is_attribute() || column == Column::Password);
            }
        }
        let alone = filled == 1 && score == 2;
        if score > most && (score >= 3 || alone) && at + 1 < grid.cells.len() {
            best = Header { row: Some(at), columns, first: at + 1 };
            most = score;
        }
    }
    let Some(at) = best.row else {
        return best;
    };
    if let Some(above) = at.checked_sub(1).and_then(|a| grid.cells.get(a)) {
        let beside = above.iter().zip(&grid.cells[at]).map(|(cell, below)| (cell, below.is_empty()));
        for (slot, (cell, free)) in best.columns.iter_mut().zip(beside) {
            if let Some(column) = heading(cell).filter(|_| free && *slot == Column::Other) {
                *slot = column;
            }
        }
    }
    if let Some(below) = grid.cells.get(at + 1).and_then(|row| headers_only(row, grid.width)) {
        let said = best.columns.iter_mut().zip(below).filter(|(_, c)| *c != Column::Other);
        said.for_each(|(slot, column)| *slot = column);
        best.first = at + 2;
    }
    best
}

/// What a cell says as a header. A value is none: 03-1234-5678, a@example.com.
fn heading(cell: &str) -> Option<Column> {
    let value = cell.contains('@') || cell.bytes().filter(u8::is_ascii_digit).count() > 3;
    if value { None } else { headers::column(cell) }
}

/// What a row makes of the columns if it has nothing but known headers, and at least two.
fn headers_only(row: &[Cow<'_, str>], width: usize) -> Option<Vec<Column>> {
    let mut filled = row.iter().filter(|c| !c.is_empty());
    // Nearly every row is told from a header by its first cells.
    let is_known = |cell: &Cow<'_, str>| headers::exact(cell).is_some();
    if !(filled.next().is_some_and(is_known) && filled.next().is_some_and(is_known) && filled.all(is_known)) {
        return None;
    }
    let mut columns: Vec<Column> =
        row.iter().take(width).map(|c| headers::exact(c).unwrap_or(Column::Other)).collect();
    columns.resize(width, Column::Other);
    columns.iter().any(|c| c.is_attribute()).then_some(columns)
}

/// Whether a row is a sum, a count or empty.
fn is_total(row: &[Cow<'_, str>]) -> bool {
    const TOTALS: [&str; 12] = [
        "合計",
        "小計",
        "総計",
        "計",
        "平均",
        "total",
        "subtotal",
        "sum",
        "average",
        "以上",
        "総合計",
        "人数",
    ];
    match row.iter().find(|c| !c.is_empty()) {
        None => true,
        // None of them is longer, however widely it is set; a number is none.
        Some(first) if first.len() > 40 || first.as_bytes().first().is_some_and(u8::is_ascii_digit) => false,
        Some(first) => {
            let solid: String = first.chars().filter(|c| !c.is_whitespace() && *c != ':').collect();
            TOTALS.contains(&solid.to_lowercase().as_str())
        }
    }
}

/// A second name in a row: a guardian, the head of the household.
struct Second {
    name: String,
}

struct TableRows<'a> {
    columns: Vec<Column>,
    source: usize,
    today: Day,
    own: &'a OwnSet,
    reading: &'a mut Reading,
    seconds: Vec<Second>,
}

impl TableRows<'_> {
    fn read(&mut self, grid: &Grid<'_>, at: usize, row: &[Cow<'_, str>]) {
        let mut record = cells::Record::new(self.source);
        let (mut surname, mut given) = ("", "");
        for (index, text) in row.iter().enumerate().take(self.columns.len()).filter(|(_, t)| !t.is_empty()) {
            match self.columns[index] {
                Column::Surname => surname = text,
                Column::Given => given = text,
                Column::Other | Column::Thing => self.untyped(at, index, text, &mut record),
                column => {
                    let cell = grid.table.rows.get(at).and_then(|r| r.get(index)).unwrap_or(&Cell::Empty);
                    let place = cells::At { row: at, column: index, today: self.today };
                    record.take(column, text, cell, place, self.own, self.reading);
                }
            }
        }
        if !surname.is_empty() {
            let whole = format!("{surname} {given}");
            let index = self.columns.iter().position(|c| *c == Column::Surname).unwrap_or(0);
            let place = cells::At { row: at, column: index, today: self.today };
            record.take(Column::Name, whole.trim(), &Cell::Empty, place, self.own, self.reading);
        }
        if record.needs_rest() {
            record.rest = Some(row.iter().fold(0, |h, c| dictionary::step(h ^ dictionary::hash(c), '|')));
        }
        let seconds = record.take_seconds();
        let secret = record.finish(self.reading);
        if secret {
            let index = self.columns.iter().position(|c| *c == Column::Password).unwrap_or(0);
            let key = format!("{}:{at}", self.source);
            self.reading.hits.push(CellHit {
                kind: Kind::PasswordTable,
                row: at,
                column: index,
                key,
                validated: false,
            });
        }
        self.seconds.extend(seconds.into_iter().map(|name| Second { name }));
    }

    /// A cell of no known column may still hold an identifier, or a sentence that does.
    fn untyped(&mut self, row: usize, column: usize, text: &str, record: &mut cells::Record) {
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        if !(digits >= 9 || text.contains('@') || text.len() > 60) {
            return;
        }
        let scan = scan::scan(text, self.today);
        for c in scan.candidates {
            let own = match c.kind {
                Kind::MailAddress => self.own.has_mail(&c.key),
                Kind::Phone => self.own.has_phone(&c.key),
                Kind::PersonName => true,
                _ => false,
            };
            if own {
                continue;
            }
            if c.kind.is_strong() {
                record.strong(c.kind, &c.key);
            }
            self.reading.hits.push(CellHit { kind: c.kind, row, column, key: c.key, validated: c.validated });
        }
    }
}

/// The second names of rows are persons of their own unless they stand in a row of their own too.
fn add_seconds(reading: &mut Reading, seconds: Vec<Second>, source: usize) {
    let mut known: HashSet<String> = reading.people.iter().filter_map(|p| p.name.clone()).collect();
    for second in seconds {
        if known.insert(second.name.clone()) {
            reading.people.push(Person {
                source,
                name: Some(second.name),
                counted: true,
                rest: Some(0),
                ..Person::default()
            });
        }
    }
}

/// The number that a cell of a telephone column holds.
pub(super) fn phone_key(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if text.trim_start().starts_with('+') {
        return phones::international(&digits);
    }
    phones::repaired(&digits)
}
