//! What of a recipient field may stay.

use super::super::addresses::{self, List};
use super::super::defects::Defect;
use super::super::header::{is_blank, line_at};
use super::super::{Address, Field};

/// More addresses than any field may hold; over it, the field goes whole.
pub(super) const MAX_ADDRESSES: usize = 100_000;

/// What stays of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// Byte for byte.
    Whole,
    /// A new value of the entries that may stay, each as it was written.
    Entries(Vec<u8>),
    Nothing,
}

/// Keeps the entries all of whose addresses are inside, and only of a field that was read cleanly.
pub(super) fn keep(field: &Field<'_>, internal: &dyn Fn(&Address) -> bool) -> Kept {
    let list = addresses::parse(field.value, MAX_ADDRESSES);
    let inside = |e: &addresses::Entry| e.address.iter().chain(&e.shown).all(internal);
    let all_inside = list.entries.iter().all(inside);
    if !is_clean(field, &list) {
        return Kept::Nothing;
    }
    if all_inside {
        return Kept::Whole;
    }
    if list.grouped {
        return Kept::Nothing;
    }
    let mut value = Vec::new();
    for entry in list.entries.iter().filter(|e| inside(e)) {
        if !value.is_empty() {
            value.extend_from_slice(b",\r\n ");
        }
        value.extend_from_slice(field.value.get(entry.range.clone()).unwrap_or_default());
    }
    if value.is_empty() { Kept::Nothing } else { Kept::Entries(value) }
}

/// The entry whose address has this key, as it is written, where it shows no other.
pub(super) fn entry_of(field: &Field<'_>, key: &str) -> Option<Vec<u8>> {
    let list = addresses::parse(field.value, MAX_ADDRESSES);
    if !is_clean(field, &list) || list.grouped {
        return None;
    }
    let own =
        |e: &&addresses::Entry| e.shown.is_empty() && e.address.as_ref().is_some_and(|a| a.key() == key);
    let entry = list.entries.iter().find(own)?;
    field.value.get(entry.range.clone()).map(<[u8]>::to_vec)
}

/// Whether every reader sees the same entries in it. Groups are clean, but their entries cannot be
/// taken apart one by one.
pub(super) fn is_clean(field: &Field<'_>, list: &List) -> bool {
    const HARMLESS: &[Defect] = &[Defect::AddressInDisplayName, Defect::AddressWithoutDomain];
    let known = list.defects.iter().all(|d| HARMLESS.contains(d));
    let mut next = 0;
    while let Some(line) = line_at(field.value, next) {
        // A blank continuation ends the header for some readers. The value of a field that is empty
        // or begins on the next line is not one.
        if line.start > 0 && is_blank(&field.value[line.start..line.text_end]) {
            return false;
        }
        next = line.next;
    }
    let bare_cr = memchr::memchr_iter(b'\r', field.value).any(|i| field.value.get(i + 1) != Some(&b'\n'));
    known && !list.cut && !bare_cr
}
