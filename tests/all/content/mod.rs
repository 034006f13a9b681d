//! Text out of every kind of file, and what happens where there is none to be had.

mod archives;
mod documents;
mod hidden;
mod hostile;
mod mails;
mod sheets;

use content::{Content, Kind, Limits, Why, extract_file};

/// Reads a file with the limits that are the default.
fn read(name: &str, bytes: &[u8]) -> Content {
    extract_file(Some(name), None, bytes, &Limits::default())
}

/// Reads a message.
fn read_mail(bytes: &[u8]) -> Content {
    content::extract(bytes, &Limits::default())
}

/// The texts of one kind, joined.
fn text(content: &Content, kind: Kind) -> String {
    let of_kind = content.texts.iter().filter(|t| t.kind == kind);
    of_kind.map(|t| t.text.as_str()).collect::<Vec<_>>().join("\n")
}

/// The tables as text, joined.
fn tables(content: &Content) -> String {
    content.tables.iter().map(|t| t.to_text()).collect()
}

/// What was not read: path and reason.
fn uninspected(content: &Content) -> Vec<(&str, &Why)> {
    content.uninspected.iter().map(|u| (u.path.as_str(), &u.why)).collect()
}

/// How often something was noted.
fn noted(content: &Content, what: content::Oddity) -> u32 {
    content.notes.iter().filter(|n| n.what == what).map(|n| n.count).sum()
}
