//! A sheet while its cells are read, in whatever order and however far apart they stand.

use std::collections::BTreeSet;

use super::extraction::{At, Extraction};
use super::limits::Budget;
use super::{Cell, Oddity, Why};

/// The cells of one sheet.
#[derive(Default)]
pub struct Grid {
    rows: Vec<(u32, Vec<(u32, Cell)>)>,
    hidden_rows: BTreeSet<u32>,
    /// From and to, both counted.
    hidden_columns: Vec<(u32, u32)>,
}

impl Grid {
    /// Adds a cell; rows and columns count from 0.
    pub fn add(&mut self, budget: &mut Budget, row: u32, column: u32, cell: Cell) -> Result<(), Why> {
        match &cell {
            Cell::Empty => return Ok(()),
            Cell::Text(text) if text.trim().is_empty() => return Ok(()),
            // Shared texts cost one reference in the file and a whole copy here.
            Cell::Text(text) => budget.bytes(text.len())?,
            _ => {}
        }
        budget.cells(1)?;
        match self.rows.last_mut() {
            Some((last, cells)) if *last == row => cells.push((column, cell)),
            _ => {
                budget.cells(1)?;
                self.rows.push((row, vec![(column, cell)]));
            }
        }
        Ok(())
    }

    pub fn hide_row(&mut self, row: u32) {
        // A file can hide a million blank rows; those with cells are noted when they come.
        if self.hidden_rows.len() < 2_000_000 {
            self.hidden_rows.insert(row);
        }
    }

    pub fn hide_columns(&mut self, from: u32, to: u32) {
        if self.hidden_columns.len() < 20_000 {
            self.hidden_columns.push((from, to));
        }
    }

    /// Keeps the sheet as a table, without blank columns, and notes what in it is hidden.
    pub fn finish(mut self, x: &mut Extraction, at: &At, name: &str, hidden: bool) -> Result<(), Why> {
        self.rows.sort_by_key(|(row, _)| *row);
        let mut used: Vec<u32> = self.rows.iter().flat_map(|(_, c)| c.iter().map(|c| c.0)).collect();
        used.sort_unstable();
        used.dedup();
        let hidden_row = |r: &&(u32, Vec<_>)| self.hidden_rows.contains(&r.0);
        let rows_hidden = self.rows.iter().filter(hidden_row).count();
        let in_hidden = |c: &&u32| self.hidden_columns.iter().any(|(f, t)| (*f..=*t).contains(*c));
        let columns_hidden = used.iter().filter(in_hidden).count();
        x.note(at, Oddity::HiddenRows, rows_hidden);
        x.note(at, Oddity::HiddenColumns, columns_hidden);
        x.note(at, Oddity::HiddenSheet, usize::from(hidden && !self.rows.is_empty()));
        let mut table: Vec<Vec<Cell>> = Vec::with_capacity(self.rows.len());
        let mut ended = Ok(());
        let mut above: Option<u32> = None;
        for (number, mut cells) in self.rows {
            if above.is_some_and(|a| number > a + 1) {
                table.push(Vec::new());
            }
            // Cells of one row may come in two stretches.
            let same_row = above == Some(number);
            above = Some(number);
            cells.sort_by_key(|(column, _)| *column);
            let mut row = if same_row { table.pop().unwrap_or_default() } else { Vec::new() };
            for (column, cell) in cells {
                let place = used.binary_search(&column).unwrap_or(row.len());
                if place >= row.len() {
                    // What was read before a limit was reached is kept.
                    if place > row.len() {
                        ended = x.budget.cells(place - row.len());
                    }
                    if ended.is_err() {
                        break;
                    }
                    row.resize(place, Cell::Empty);
                    row.push(cell);
                } else if let Some(spot) = row.get_mut(place) {
                    *spot = cell;
                }
            }
            table.push(row);
            if ended.is_err() {
                break;
            }
        }
        x.table(at, name, hidden, table);
        ended
    }
}

/// The place that `BC12` names, both counted from 0.
pub fn place(reference: &str) -> Option<(u32, u32)> {
    let letters = reference.bytes().take_while(u8::is_ascii_alphabetic).count();
    let digits = reference.get(letters..)?;
    if letters == 0 || letters > 3 || digits.len() > 7 {
        return None;
    }
    let column =
        reference[..letters].bytes().fold(0, |n, b| n * 26 + u32::from(b.to_ascii_uppercase() - b'A') + 1);
    let row: u32 = digits.parse().ok()?;
    Some((row.checked_sub(1)?, column - 1))
}

#[cfg(test)]
mod tests {
    use super::super::Limits;
    use super::*;

    #[test]
    fn far_apart_cells_make_a_small_table() {
        let mut x = Extraction::new(&Limits::default());
        let mut grid = Grid::default();
        let text = |s: &str| Cell::Text(s.into());
        grid.add(&mut x.budget, 9, 16_000, text("b")).unwrap();
        grid.add(&mut x.budget, 0, 2, text("a")).unwrap();
        grid.add(&mut x.budget, 9, 2, text("c")).unwrap();
        grid.hide_columns(10_000, 16_383);
        grid.hide_row(5);
        grid.finish(&mut x, &At::top(), "S", false).unwrap();
        let want = vec![vec![text("a")], vec![], vec![text("c"), text("b")]];
        assert_eq!(x.out.tables[0].rows, want);
        // Hidden rows without cells are no news.
        assert_eq!(x.out.notes.len(), 1);
        assert_eq!((x.out.notes[0].what, x.out.notes[0].count), (Oddity::HiddenColumns, 1));
    }

    #[test]
    fn places() {
        assert_eq!(place("A1"), Some((0, 0)));
        assert_eq!(place("XFD1048576"), Some((1_048_575, 16_383)));
        assert_eq!(place("1"), None);
        assert_eq!(place("A0"), None);
        assert_eq!(place("あ1"), None);
    }
}
