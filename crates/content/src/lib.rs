//! Text out of everything: bodies, attachments, archives and what is nested in them, as text and
//! typed tables. What could not be read is named with the reason; nothing is passed over in
//! silence. No I/O; total on any bytes, within [`Limits`].

mod alternative;
mod archive;
mod cell_styles;
mod charset;
mod csv;
mod doc;
mod drawing;
mod entities;
mod extraction;
mod grid;
mod html;
mod html_style;
mod html_table;
mod html_tags;
mod html_text;
mod limits;
mod mail;
mod msg;
mod multipart_margins;
mod number_format;
mod odf;
mod odf_cell;
mod odf_styles;
mod ole;
mod ooxml;
mod ooxml_parts;
mod package;
mod pdf;
mod pdf_font;
mod pdf_guard;
mod pdf_page;
mod plain;
mod rtf;
mod rtf_packed;
mod tar;
mod tnef;
mod transfer;
mod types;
mod xls;
mod xlsb;
mod xlsx;
mod xml;

pub use limits::Limits;
pub use tnef::names as tnef_names;
pub use types::Type;

pub use extraction::clean_name;
use extraction::{At, Extraction};

/// All that could be read of a message or a file, and what could not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Content {
    /// Running text. The cells of a table are in `tables` alone.
    pub texts: Vec<Text>,
    pub tables: Vec<Table>,
    /// What was not read, and why.
    pub uninspected: Vec<Uninspected>,
    /// What a reader does not see at first sight, or would want to know.
    pub notes: Vec<Note>,
    /// Every file, nested ones too, in the order they were met.
    pub parts: Vec<PartInfo>,
    /// Targets of hyperlinks, which need not be the text that is shown for them.
    pub links: Vec<Link>,
}

/// A stretch of text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// Where it is: `body`, or the files' names from the outside in: `list.zip › 名簿.xlsx`.
    pub path: String,
    pub kind: Kind,
    pub text: String,
}

/// What a text is to its reader.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// The message's own words.
    #[default]
    Body,
    /// What the message quotes, without the quote marks.
    Quoted,
    /// A block of From, To, Cc, Subject lines quoted from another message.
    QuotedHeader,
    /// The header of the message (the Subject) or of an attached one (addresses too).
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

/// A table, row by row. Wholly blank columns are left out, and a run of blank rows is one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    pub path: String,
    /// The sheet's name; empty where there are no sheets.
    pub sheet: String,
    /// Whether the sheet as a whole is hidden.
    pub hidden: bool,
    pub rows: Vec<Vec<Cell>>,
}

impl Table {
    /// The table as lines of tab-separated cells.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for row in &self.rows {
            for (i, cell) in row.iter().enumerate() {
                if i > 0 {
                    text.push('\t');
                }
                cell.write(&mut text);
            }
            text.push('\n');
        }
        text
    }
}

/// A cell, with as much of its type as the file tells.
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

impl Cell {
    /// Appends the cell as its reader sees it, tabs and line ends within it as spaces.
    pub fn write(&self, out: &mut String) {
        use std::fmt::Write;
        let written = match self {
            Cell::Empty => Ok(()),
            Cell::Text(text) => {
                out.extend(text.chars().map(|c| if matches!(c, '\t' | '\n' | '\r') { ' ' } else { c }));
                Ok(())
            }
            Cell::Number(n, Format::Padded(width)) => {
                write!(out, "{n:0width$}", width = usize::from(*width))
            }
            Cell::Number(n, _) => write!(out, "{n}"),
            Cell::Date(y, m, d) => write!(out, "{y:04}-{m:02}-{d:02}"),
            Cell::Bool(b) => write!(out, "{b}"),
        };
        debug_assert!(written.is_ok(), "writing to a String does not fail");
    }

    pub fn is_empty(&self) -> bool {
        matches!(self, Cell::Empty)
    }
}

/// Something that was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uninspected {
    pub path: String,
    pub why: Why,
}

/// Why something was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// Behind a password or a key.
    Encrypted,
    /// Damaged, or not what it says it is.
    Broken,
    OverLimit(Limit),
    /// A type that is not read; its name.
    Unknown(String),
    /// A fragment of a message, or a pointer to content elsewhere (RFC 2046 section 5.2.2, 5.2.3).
    Partial,
    /// A document of pictures, or in fonts that do not tell their characters.
    NoText,
}

/// Which limit was reached; each is a key of [`Limits`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    TotalBytes,
    FileBytes,
    Ratio,
    Depth,
    Parts,
    Cells,
    Time,
}

impl std::fmt::Display for Why {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Why::Encrypted => f.write_str("encrypted"),
            Why::Broken => f.write_str("broken"),
            Why::OverLimit(limit) => write!(f, "over the limit of {}", limit.key()),
            Why::Unknown(what) => write!(f, "unknown type: {what}"),
            Why::Partial => f.write_str("only a part of a message"),
            Why::NoText => f.write_str("no readable text"),
        }
    }
}

impl Limit {
    /// The config key.
    pub fn key(self) -> &'static str {
        match self {
            Limit::TotalBytes => "total_bytes",
            Limit::FileBytes => "file_bytes",
            Limit::Ratio => "ratio",
            Limit::Depth => "depth",
            Limit::Parts => "parts",
            Limit::Cells => "cells",
            Limit::Time => "time_ms",
        }
    }
}

/// Something worth knowing about a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    pub path: String,
    pub what: Oddity,
    /// How many of them there are.
    pub count: u32,
}

/// What a note tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Oddity {
    HiddenSheet,
    HiddenRows,
    HiddenColumns,
    HiddenSlide,
    HiddenText,
    Comments,
    /// Tracked insertions or deletions.
    TrackedChanges,
    /// Data of a pivot table's or an outside workbook's source, kept in the file.
    CachedData,
    Macros,
    /// A file within a document.
    EmbeddedObject,
    /// Text drawn invisibly, as scanners lay it under a picture.
    InvisibleText,
    /// Bytes appended to a file of another type.
    AppendedData,
    /// Characters of a PDF whose meaning the file does not tell.
    UndecodableText,
}

/// A file, and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartInfo {
    pub path: String,
    pub name: Option<String>,
    /// What the bytes are.
    pub real: Type,
    /// The media type that the message declares, in lower case, without parameters.
    pub declared: Option<String>,
    /// In bytes, unpacked.
    pub size: u64,
    /// Whether the name or the declared type says something else than the bytes.
    pub mismatch: bool,
}

/// The target of a hyperlink.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub path: String,
    pub url: String,
}

/// Reads a whole message: its bodies, its attachments, and what is nested in them.
pub fn extract(raw: &[u8], limits: &Limits) -> Content {
    let mut extraction = Extraction::new(limits);
    mail::whole(&mut extraction, &At::top(), raw);
    extraction.finish()
}

/// Reads one file: its name, the media type declared for it, and its bytes.
pub fn extract_file(name: Option<&str>, declared: Option<&str>, bytes: &[u8], limits: &Limits) -> Content {
    let mut extraction = Extraction::new(limits);
    extraction.file(&At::top(), name, declared, bytes);
    extraction.finish()
}
