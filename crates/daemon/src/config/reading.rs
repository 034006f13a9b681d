//! Reading the configuration's TOML section by section, so that one look finds every fault: each with
//! its file, line and column, what is wrong, and what would be right. serde stops at the first fault of
//! a section; the key at fault is taken out and the section is read again, until nothing is left to say.

use std::path::Path;

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::places::Places;
use super::wording;
use casebook::LoadError;
use casebook::form::nearest;

/// Where a value stands that was filled in: at no byte of the file.
const NOWHERE: usize = usize::MAX - 1;

/// More faults of one section than anybody mends in one go.
const MOST_FAULTS: usize = 200;

/// A configuration file that is being read, and what was found wrong in it.
pub struct Reader<'i> {
    text: &'i str,
    table: DeTable<'i>,
    known: Vec<&'static str>,
    pub places: Places,
    pub faults: Vec<LoadError>,
}

impl<'i> Reader<'i> {
    /// Reads the file's syntax.
    ///
    /// # Errors
    /// Every error of the syntax.
    pub fn new(path: &Path, text: &'i str) -> Result<Reader<'i>, Vec<LoadError>> {
        let (table, errors) = DeTable::parse_recoverable(text);
        let places = Places::new(path, text, table.get_ref());
        if errors.is_empty() {
            return Ok(Reader {
                text,
                table: table.into_inner(),
                known: Vec::new(),
                places,
                faults: Vec::new(),
            });
        }
        let fault = |e: &toml::de::Error| {
            let (message, remedy) = wording::of_syntax(e.message());
            places.at(e.span().map(|s| s.start), message, remedy)
        };
        let mut faults: Vec<LoadError> = errors.iter().map(fault).collect();
        faults.sort_by_key(|f| (f.line, f.column));
        Err(faults)
    }

    /// A section; none where it is not there, or has a fault.
    pub fn section<T: Deserialize<'i>>(&mut self, name: &'static str) -> Option<T> {
        let value = self.take(name)?;
        self.read(value, &format!("[{name}]"), name)
    }

    /// A section that has a meaning without being there.
    pub fn section_or_default<T: Deserialize<'i> + Default>(&mut self, name: &'static str) -> T {
        self.section(name).unwrap_or_default()
    }

    /// A section that must be there.
    pub fn required<T: Deserialize<'i>>(&mut self, name: &'static str) -> Option<T> {
        if !self.table.keys().any(|k| k.get_ref() == name) {
            self.known.push(name);
            let message = format!("the section [{name}] is missing");
            let remedy = "add it; config.example.toml shows it";
            self.faults.push(self.places.at(Some(0), message, remedy));
            return None;
        }
        self.section(name)
    }

    /// A section that may stand several times: `[[name]]`. What has a fault is left out.
    pub fn sections<T: Deserialize<'i>>(&mut self, name: &'static str) -> Vec<T> {
        let Some(value) = self.take(name) else { return Vec::new() };
        let at = value.span().start;
        let DeValue::Array(items) = value.into_inner() else {
            let message = format!("[{name}] stands once, and is meant to be a list");
            self.faults.push(self.places.at(Some(at), message, format!("write it as [[{name}]]")));
            return Vec::new();
        };
        let label = format!("[[{name}]]");
        let one = |(n, item)| self.read(item, &label, &format!("{name}.{n}"));
        items.into_iter().enumerate().filter_map(one).collect()
    }

    /// Notes every section that nothing took.
    pub fn finish(&mut self) {
        for key in self.table.keys() {
            let name = key.get_ref();
            let near = nearest(name, self.known.iter().copied());
            let remedy = wording::did_you_mean(near, &self.known);
            let message = format!("there is no section or key `{name}`");
            self.faults.push(self.places.at(Some(key.span().start), message, remedy));
        }
        self.faults.sort_by_key(|f| (f.line, f.column));
    }

    fn take(&mut self, name: &'static str) -> Option<Spanned<DeValue<'i>>> {
        self.known.push(name);
        let key = self.table.keys().find(|k| k.get_ref() == name)?.clone();
        self.table.remove(&key)
    }

    /// Reads a value again and again, each time without the key that was at fault before.
    fn read<T: Deserialize<'i>>(
        &mut self,
        mut value: Spanned<DeValue<'i>>,
        label: &str,
        place: &str,
    ) -> Option<T> {
        // Keys that are told of already: missing, or taken out.
        let mut told: Vec<String> = Vec::new();
        for round in 0..MOST_FAULTS {
            let error = match T::deserialize(ValueDeserializer::from(value.clone())) {
                Ok(read) => return (round == 0).then_some(read),
                Err(error) => error,
            };
            if let Some(key) = wording::missing(error.message()) {
                if !told.iter().any(|k| k == key) {
                    let message = format!("{label} lacks the key `{key}`");
                    let remedy = "add it; config.example.toml shows it";
                    self.faults.push(self.places.of(place, message, remedy));
                    told.push(key.to_string());
                }
                if !fill_in(&mut value, key) {
                    break;
                }
                continue;
            }
            let at = error.span().map(|s| s.start);
            let Some((at, Some(key))) = at.map(|at| (at, take_out(&mut value, at))) else {
                if told.is_empty() {
                    let (message, remedy) = wording::of_value(error.message(), None);
                    self.faults.push(self.places.of(place, format!("{label} {message}"), remedy));
                }
                break;
            };
            if at >= NOWHERE {
                break;
            }
            let written = error.span().and_then(|s| self.text.get(s));
            let (message, remedy) = wording::of_value(error.message(), written);
            let message = match wording::is_unknown_key(error.message()) {
                true => format!("{label} {message}"),
                false => format!("{label} {key}: {message}"),
            };
            self.faults.push(self.places.at(Some(at), message, remedy));
            told.push(key);
        }
        None
    }
}

/// Fills in a key that is missing, so that the keys after it can be read. The value is never used: what
/// lacks a key is not read in the end. It reads as an address as well as a text.
fn fill_in(value: &mut Spanned<DeValue<'_>>, key: &str) -> bool {
    let DeValue::Table(table) = value.get_mut() else { return false };
    let list = matches!(key, "domains" | "owner" | "senders" | "approvers");
    let filler = match list {
        true => DeValue::Array(Default::default()),
        false => DeValue::String("127.0.0.1:1".into()),
    };
    let nowhere = NOWHERE..usize::MAX;
    let key = Spanned::new(nowhere.clone(), key.to_string().into());
    table.insert(key, Spanned::new(nowhere, filler)).is_none()
}

/// Takes out the innermost key or list item at a byte of the file, and says the key's name.
fn take_out(value: &mut Spanned<DeValue<'_>>, at: usize) -> Option<String> {
    match value.get_mut() {
        DeValue::Table(table) => {
            let keys: Vec<_> = table.keys().cloned().collect();
            for key in &keys {
                if let Some(inner) = table.get_mut(key)
                    && let Some(name) = take_out(inner, at)
                {
                    return Some(format!("{}.{name}", key.get_ref()).trim_end_matches('.').to_string());
                }
            }
            let is_here = |k: &&Spanned<_>| {
                k.span().contains(&at) || table.get(*k).is_some_and(|v| v.span().contains(&at))
            };
            let key = keys.iter().find(is_here)?;
            table.remove(key);
            Some(key.get_ref().to_string())
        }
        DeValue::Array(items) => {
            for item in items.iter_mut() {
                if let Some(name) = take_out(item, at) {
                    return Some(name);
                }
            }
            let place = items.iter().position(|item| item.span().contains(&at))?;
            let rest = items.iter().enumerate().filter(|(n, _)| *n != place);
            *items = rest.map(|(_, item)| item.clone()).collect();
            Some(String::new())
        }
        _ => None,
    }
}
