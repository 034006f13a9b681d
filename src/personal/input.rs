//! What the reader of personal data is given: texts and tables with the path of the part that they
//! came from, and what the organisation itself is called, which is not to be counted.

/// What a text is to its reader.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TextKind {
    /// The message's own words.
    #[default]
    Body,
    /// What the message quotes, without the quote marks.
    Quoted,
    /// A block of From, To, Cc, Subject lines quoted from another message.
    QuotedHeader,
    /// The header of the message or of an attached one.
    Header,
    /// The text of a file.
    Attachment,
    /// A running header or footer of pages.
    PageHeader,
    /// Footnotes, endnotes, speaker's notes.
    Note,
    Comment,
    /// Struck out by change tracking, yet still in the file.
    Deleted,
    /// In the file, but not shown.
    Hidden,
    /// Title, author and the like.
    Property,
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
    /// A number, and how it is shown.
    Number(f64, Format),
    /// Year, month, day.
    Date(i32, u8, u8),
    Bool(bool),
}

/// How a number is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// As it is: leading zeros are lost.
    #[default]
    General,
    /// With leading zeros up to this many digits.
    Padded(u8),
    /// As an amount, a percentage or with a fixed number of decimals: no identifier.
    Amount,
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
