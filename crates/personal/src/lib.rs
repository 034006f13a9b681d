//! Personal data and secrets in text and tables: what, where, and of how many persons.
//!
//! [`find`] is the story: each text is normalised once and scanned once, each table is read by its
//! columns, and the persons of all of them are joined. See `docs/detection.md`.

pub mod addresses;
mod calls;
mod cells;
pub mod chars;
mod columns;
mod context;
pub mod dates;
pub mod dictionary;
pub mod findings;
mod forms;
pub mod headers;
mod heads;
mod honorifics;
pub mod identifiers;
pub mod input;
mod keyed;
pub mod kinds;
mod labelled;
mod letters;
pub mod mail;
mod name_values;
pub mod names;
pub mod normalize;
mod numbers;
pub mod own;
pub mod persons;
pub mod phones;
mod readings;
mod runs;
pub mod scan;
pub mod secrets;
mod short_names;
pub mod signature;
mod signs;
mod sweep;
pub mod tables;
mod text_tables;
mod tokens;
pub mod words;
pub mod zones;

mod gather;

pub use findings::{Findings, Found, Hit, Place, Sensitive, Source, TableReading, mask};
pub use gather::{find, find_places};
pub use input::{Cell, Day, Format, Own, Table, Text, TextKind};
pub use kinds::{Group, KINDS, Kind, KindInfo};
