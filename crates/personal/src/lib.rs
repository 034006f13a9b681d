//! Personal data and secrets in text and tables: what, where, and of how many persons.
//!
//! [`find`] is the story: each text is normalised once and scanned once, each table is read by its
//! columns, and the persons of all of them are joined. See `docs/detection.md`.

pub mod addresses;
mod candidates;
mod cells;
pub mod chars;
mod columns;
mod context;
mod country_codes;
pub mod dates;
pub mod dictionary;
mod digit_runs;
mod evidence;
pub mod findings;
mod foreign_names;
mod forms;
mod hashed_maps;
pub mod headers;
mod honorifics;
pub mod identifiers;
pub mod input;
pub mod kinds;
mod labelled;
mod letters;
pub mod mail;
mod month_dates;
mod name_values;
pub mod names;
pub mod normalize;
mod numbers;
pub mod own;
pub mod persons;
pub mod phones;
mod phones_in_text;
mod readings;
pub mod scan;
pub mod secrets;
mod short_names;
pub mod signature;
mod start_chars;
pub mod tables;
mod text_tables;
mod tokens;
mod word_starts;
pub mod words;
pub mod zones;

mod gather;

pub use findings::{Findings, Found, Hit, Place, Sensitive, Source, TableReading, mask};
pub use gather::{find, find_places};
pub use input::{Cell, Day, Format, Own, Table, Text, TextKind};
pub use kinds::{Group, KINDS, Kind, KindInfo};
pub use readings::romaji;
