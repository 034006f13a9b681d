//! The tables of a page while they are read: cells into rows, spans kept in step, and whether a
//! table is one of data or only arranges the page.

/// Spans beyond these are mistakes or worse.
const WIDEST: usize = 200;
const TALLEST: usize = 1000;
/// Tables within tables, beyond which the inner ones are read as text.
const DEEPEST: usize = 32;
/// A table with longer cells on average arranges a page.
const LONG_CELL: usize = 200;

/// One open table.
#[derive(Default)]
pub struct Open {
    rows: Vec<Vec<String>>,
    /// For each column, how many more rows a cell above reaches down.
    reaching: Vec<usize>,
    /// The column of the cell that is open.
    cell: Option<usize>,
    holds_table: bool,
}

/// What a table turned out to be.
pub enum Closed {
    Data(Vec<Vec<String>>),
    /// It arranges the page: its text, cells apart by tabs and rows by lines.
    Layout(String),
}

/// The tables that are open, the innermost last.
#[derive(Default)]
pub struct Tables {
    open: Vec<Open>,
    /// Cells made by spans; each costs memory that no byte of the page pays for.
    padding: usize,
}

impl Tables {
    /// Begins a table; false where there are too many within each other.
    pub fn begin(&mut self) -> bool {
        if self.open.len() >= DEEPEST {
            return false;
        }
        if let Some(outer) = self.open.last_mut() {
            outer.holds_table = true;
        }
        self.open.push(Open::default());
        true
    }

    pub fn row(&mut self) {
        if let Some(table) = self.open.last_mut() {
            table.cell = None;
            table.rows.push(Vec::new());
        }
    }

    /// Begins a cell that spans so many columns and rows.
    pub fn cell(&mut self, columns: usize, rows: usize) {
        let Some(table) = self.open.last_mut() else {
            return;
        };
        if table.rows.is_empty() {
            table.rows.push(Vec::new());
        }
        let Some(row) = table.rows.last_mut() else {
            return;
        };
        let mut spare = super::html::PADDING.saturating_sub(self.padding);
        let before = spare;
        // Leave out the columns that cells above reach into.
        while spare > 0 && table.reaching.get(row.len()).is_some_and(|n| *n > 0) {
            table.reaching[row.len()] -= 1;
            row.push(String::new());
            spare -= 1;
        }
        let first = row.len();
        row.push(String::new());
        for _ in 1..columns.min(WIDEST).min(spare + 1) {
            row.push(String::new());
            spare -= 1;
        }
        if rows > 1 {
            let down = rows.min(TALLEST) - 1;
            let grown = row.len().max(table.reaching.len());
            table.reaching.resize(grown, 0);
            for reach in &mut table.reaching[first..row.len()] {
                *reach = down;
            }
        }
        self.padding += before - spare;
        table.cell = Some(first);
    }

    /// Makes the open cell as wide as so many columns.
    pub fn widen(&mut self, columns: usize) {
        let spare = super::html::PADDING.saturating_sub(self.padding);
        let more = columns.min(WIDEST).saturating_sub(1).min(spare);
        if let Some(row) = self.open.last_mut().filter(|t| t.cell.is_some()).and_then(|t| t.rows.last_mut()) {
            row.resize(row.len() + more, String::new());
            self.padding += more;
        }
    }

    pub fn end_cell(&mut self) {
        if let Some(table) = self.open.last_mut() {
            table.cell = None;
        }
    }

    /// The buffer that text goes to now, if a cell is open.
    pub fn sink(&mut self) -> Option<&mut String> {
        let table = self.open.last_mut()?;
        let column = table.cell?;
        table.rows.last_mut()?.get_mut(column)
    }

    pub fn is_open(&self) -> bool {
        !self.open.is_empty()
    }

    /// Ends the innermost table.
    pub fn end(&mut self) -> Option<Closed> {
        self.open.pop().map(Open::close)
    }
}

impl Open {
    fn close(self) -> Closed {
        if self.is_data() {
            return Closed::Data(self.rows);
        }
        let mut text = String::from("\n");
        for row in &self.rows {
            let mut first = true;
            for cell in row.iter().map(|c| c.trim_matches([' ', '\n'])).filter(|c| !c.is_empty()) {
                if !first {
                    text.push(if cell.contains('\n') { '\n' } else { '\t' });
                }
                text.push_str(cell);
                first = false;
            }
            text.push('\n');
        }
        Closed::Layout(text)
    }

    /// Data: no table within, two columns or more in two rows or more, and short cells.
    fn is_data(&self) -> bool {
        let filled = |row: &&Vec<String>| row.iter().filter(|c| !c.trim().is_empty()).count() >= 2;
        let (cells, length) = self
            .rows
            .iter()
            .flatten()
            .filter(|c| !c.trim().is_empty())
            .fold((0, 0), |(n, l), c| (n + 1, l + c.len()));
        let marked = self.rows.iter().flatten().any(|c| c.contains(super::html::MARKS));
        !self.holds_table
            && !marked
            && self.rows.iter().filter(filled).count() >= 2
            && length <= cells * LONG_CELL
    }
}
