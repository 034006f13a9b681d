//! What the reader of personal data is given besides the texts and tables of a message: what the
//! organisation itself is called, which is not to be counted, and what day it is.

pub use content::{Cell, Format, Kind as TextKind, Table, Text};

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
    pub fn of(at: terms::clock::Timestamp) -> Self {
        let date = at.to_zoned(jiff::tz::TimeZone::UTC).date();
        Day { year: date.year(), month: date.month() as u8, day: date.day() as u8 }
    }
}
