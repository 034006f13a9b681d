//! Personal data and secrets in text and tables: what, where, and of how many persons.
//!
//! `find` is the story: each text is normalised once and scanned once, each table is read by its
//! columns, and the persons of all of them are joined.

pub mod chars;
pub mod dictionary;
pub mod findings;
pub mod identifiers;
pub mod input;
pub mod kinds;
pub mod names;
pub mod normalize;
pub mod addresses;
pub mod dates;
pub mod mail;
pub mod phones;
pub mod words;
mod letters;
mod numbers;
pub mod scan;
pub mod headers;
pub mod secrets;
pub mod signature;
mod cells;
mod forms;
pub mod own;
pub mod persons;
pub mod tables;
pub mod zones;
