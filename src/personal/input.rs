//! What the reader of personal data is given: texts and tables with the path of the part that they
//! came from, and what the organisation itself is called, which is not to be counted.

/// Where in a message a text stood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TextKind {
    /// The body as the sender wrote it.
    #[default]
    Body,
    /// Text quoted from an earlier mail.
    Quoted,
    /// A header field of the message or of a quoted one.
    Header,
    /// The text of an attached file.
    Attachment,
    /// Comments, notes and tracked changes of a document.
    Comment,
    /// Text that a reader does not see at first: hidden by style, in a hidden sheet.
    Hidden,
}

/// One stretch of text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Text {
    /// The part it came from: `body`, `list.zip › 名簿.docx`.
    pub path: String,
    pub kind: TextKind,
    pub text: String,
}

/// One sheet, CSV file or HTML table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// The part it came from.
    pub path: String,
    /// The sheet's name, empty where there is none.
    pub sheet: String,
    /// Whether the sheet is hidden.
    pub hidden: bool,
    pub rows: Vec<Vec<Cell>>,
}

/// One cell, typed so that what a spreadsheet has eaten (leading zeros, dates) can be restored.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Cell {
    #[default]
    Empty,
    Text(String),
    Number(f64),
    /// Year, month, day.
    Date(i16, u8, u8),
    Bool(bool),
}

impl Cell {
    /// A text cell, or an empty one for a blank text.
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.trim().is_empty() {
            Cell::Empty
        } else {
            Cell::Text(text)
        }
    }

    /// Whether nothing stands in the cell.
    pub fn is_empty(&self) -> bool {
        match self {
            Cell::Empty => true,
            Cell::Text(text) => text.trim().is_empty(),
            _ => false,
        }
    }
}

/// What belongs to the organisation and to the people of this very mail, and is not counted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Own {
    /// The organisation's mail domains, subdomains included; addresses there are not persons of a list.
    pub domains: Vec<String>,
    /// Names of the sender and of the people in To and Cc, as their header fields show them.
    pub names: Vec<String>,
    /// Addresses of the sender and of the people in To and Cc.
    pub addresses: Vec<String>,
    /// Telephone numbers of the organisation: its switchboard.
    pub phones: Vec<String>,
}

/// A calendar day, so that a birth date in the future is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day {
    pub year: i16,
    pub month: u8,
    pub day: u8,
}

impl Day {
    /// The day of a point in time, in UTC: a day more or less does not matter to a birth date.
    pub fn of(at: crate::clock::Timestamp) -> Self {
        let date = at.to_zoned(jiff::tz::TimeZone::UTC).date();
        Day {
            year: date.year(),
            month: date.month() as u8,
            day: date.day() as u8,
        }
    }
}
