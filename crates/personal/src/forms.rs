//! Forms: labels with their values beside or below them, as one-form-per-sheet files have.

use super::cells::{At, Record};
use super::headers::{self, Column};
use super::input::{Cell, Day};
use super::own::OwnSet;
use super::tables::{Grid, Reading};

/// A table read as a form.
#[derive(Debug, Default)]
pub(super) struct Form {
    /// How many different labels with a value there are.
    pub labels: usize,
    pub reading: Reading,
}

/// A form is not longer than this; what is longer is a list.
const MAX_ROWS: usize = 400;

/// Reads a table as a form.
pub(super) fn read(grid: &Grid<'_>, source: usize, today: Day, own: &OwnSet) -> Form {
    let mut form = Form::default();
    if grid.cells.len() > MAX_ROWS || !(2..=40).contains(&grid.width) {
        return form;
    }
    let pairs = pairs(grid);
    let mut seen = Vec::new();
    for (column, ..) in &pairs {
        if column.is_attribute() && !seen.contains(column) {
            seen.push(*column);
        }
    }
    form.labels = if vertical(&pairs) { seen.len() } else { 0 };
    if form.labels < 2 {
        return form;
    }
    let mut record = Record::new(source);
    let mut labels: Vec<Column> = Vec::new();
    for (column, row, index) in pairs {
        // The same label again begins the next person's form.
        if column == Column::Name && labels.contains(&Column::Name) {
            std::mem::replace(&mut record, Record::new(source)).finish(&mut form.reading);
            labels.clear();
        }
        labels.push(column);
        let cell = grid.table.rows.get(row).and_then(|r| r.get(index)).unwrap_or(&Cell::Empty);
        let Some(text) = grid.cells.get(row).and_then(|r| r.get(index)) else {
            continue;
        };
        record.take(column, text, cell, At { row, column: index, today }, own, &mut form.reading);
    }
    record.finish(&mut form.reading);
    let summary = &mut form.reading.summary;
    summary.path = grid.table.path.clone();
    summary.sheet = grid.table.sheet.clone();
    summary.hidden = grid.table.hidden;
    summary.columns = seen.iter().map(|c| c.name()).collect();
    form
}

/// Labels with the place of their values, in reading order.
fn pairs(grid: &Grid<'_>) -> Vec<(Column, usize, usize)> {
    let mut pairs = Vec::new();
    for (at, row) in grid.cells.iter().enumerate() {
        for (index, cell) in row.iter().enumerate() {
            let Some(column) = label(cell) else { continue };
            let value = (index + 1..(index + 4).min(row.len())).find(|i| !row[*i].is_empty());
            if let Some(value) = value.filter(|i| label(&row[*i]).is_none()) {
                pairs.push((column, at, value));
            }
        }
    }
    pairs
}

fn label(cell: &str) -> Option<Column> {
    let short = !cell.is_empty() && cell.chars().count() <= 16;
    let value = cell.contains('@') || cell.bytes().filter(u8::is_ascii_digit).count() > 2;
    headers::column(cell).filter(|c| short && !value && c.is_attribute())
}

/// Whether the labels stand under one another: values to the right of at least two rows' labels.
fn vertical(pairs: &[(Column, usize, usize)]) -> bool {
    let mut rows: Vec<usize> = pairs.iter().map(|p| p.1).collect();
    rows.dedup();
    rows.len() >= 2
}
