//! One row: what its cells say of its person, with what a spreadsheet has eaten restored.

use super::addresses;
use super::dates;
use super::findings::Sensitive;
use super::headers::Column;
use super::identifiers;
use super::identifiers::{cn, es, fr, gb, iban, it, jp, sg};
use super::input::{Cell, Day};
use super::kinds::{Group, Kind};
use super::labelled::is_valid;
use super::mail;
use super::names;
use super::own::OwnSet;
use super::persons::Person;
use super::tables::{CellHit, Reading, phone_key};

/// Where a cell is, and what day it is.
#[derive(Clone, Copy)]
pub(super) struct At {
    pub row: usize,
    pub column: usize,
    pub today: Day,
}

/// The person of a row, as it is put together.
#[derive(Debug, Default)]
pub(super) struct Record {
    person: Person,
    /// Names behind the first: guardians and heads of households.
    seconds: Vec<String>,
    pub rest: Option<u64>,
    attributes: usize,
    contact_kinds: usize,
    own_name: bool,
    sensitive: Vec<Sensitive>,
    login: bool,
    password: bool,
}

impl Record {
    pub fn new(source: usize) -> Self {
        Record { person: Person { source, ..Person::default() }, ..Record::default() }
    }

    /// Takes a cell of a known column.
    pub fn take(
        &mut self,
        column: Column,
        text: &str,
        cell: &Cell,
        at: At,
        own: &OwnSet,
        reading: &mut Reading,
    ) {
        let mut hit = |kind: Kind, key: String, validated: bool| {
            reading.hits.push(CellHit { kind, row: at.row, column: at.column, key, validated });
        };
        match column {
            Column::Name => {
                if let Some(key) = name_key(text) {
                    self.name(&key, own);
                    hit(Kind::PersonName, key, true);
                }
            }
            Column::Kana if names::is_kana_name(text) => hit(Kind::NameKana, names::key(text), true),
            Column::BirthDate => {
                if let Some(day) = birth_of(cell, text, at.today) {
                    let key = format!("{:04}{:02}{:02}", day.year, day.month, day.day);
                    self.person.birth.get_or_insert(key.clone());
                    self.attributes += 1;
                    hit(Kind::BirthDate, key, true);
                }
            }
            Column::Phone => {
                if let Some(key) = phone(text).filter(|k| !own.has_phone(k)) {
                    self.contact(key.clone());
                    hit(Kind::Phone, key, true);
                }
            }
            Column::Mail => {
                let range = text.find('@').and_then(|i| mail::around(text, i));
                let key = range.map(|r| text[r].to_ascii_lowercase()).filter(|k| !own.has_mail(k));
                if let Some(key) = key {
                    self.contact(key.clone());
                    hit(Kind::MailAddress, key, true);
                }
            }
            Column::Address if is_address(text) => {
                let key = addresses::key(text);
                self.contact(key.clone());
                hit(Kind::Address, key, addresses::whole(text));
            }
            Column::Postal => hit(Kind::PostalCode, text.to_string(), false),
            Column::Id(kind) => {
                if let Some((key, validated)) = id(kind, text) {
                    if kind.is_strong() {
                        self.strong(kind, &key);
                    } else if kind.info().group == Group::Register {
                        self.person.numbers.push(format!("{}:{key}", kind.name()));
                    }
                    self.attributes += 1;
                    hit(kind, key, validated);
                }
            }
            Column::Sensitive(matter) if !is_none(text) => {
                self.attributes += 1;
                self.sensitive.push(matter);
            }
            Column::Login => self.login = true,
            Column::Password => self.password = !is_none(text),
            column
                if column.is_attribute()
                    && !matches!(column, Column::Kana | Column::Sensitive(_) | Column::Address) =>
            {
                self.attributes += 1;
            }
            _ => {}
        }
    }

    fn name(&mut self, key: &str, own: &OwnSet) {
        if own.has_name(key) {
            self.own_name |= self.person.name.is_none();
        } else if self.person.name.is_none() {
            self.person.name = Some(key.to_string());
        } else if self.person.name.as_deref() != Some(key) && key.chars().count() > 2 && !self.is_reading(key)
        {
            self.seconds.push(key.to_string());
        }
    }

    /// Whether a name in kana is how the first one, in kanji, reads: the holder of the account, most often
    /// (口座名義), who is the same person.
    fn is_reading(&self, key: &str) -> bool {
        let in_kana = |name: &str| name.chars().all(|c| matches!(c, 'ァ'..='ヿ'));
        in_kana(key) && self.person.name.as_deref().is_some_and(|first| !in_kana(first))
    }

    fn contact(&mut self, key: String) {
        if !self.person.contacts.contains(&key) {
            self.person.contacts.push(key);
        }
        self.attributes += 1;
        self.contact_kinds += 1;
    }

    /// Takes an identifier that only one person has.
    pub fn strong(&mut self, kind: Kind, key: &str) {
        self.person.strong.push(format!("{}:{key}", kind.name()));
    }

    /// Whether nothing but the rest of its row tells the person from a namesake.
    pub fn needs_rest(&self) -> bool {
        self.person.birth.is_none() && self.person.contacts.is_empty() && self.person.strong.is_empty()
    }

    /// The names behind the first, if the row says anything of anybody.
    pub fn take_seconds(&mut self) -> Vec<String> {
        let names = std::mem::take(&mut self.seconds);
        if self.attributes > 0 { names } else { Vec::new() }
    }

    /// Puts the person into the reading; true if the row holds an id with its password.
    pub fn finish(mut self, reading: &mut Reading) -> bool {
        let named = self.person.name.is_some();
        let mail = self.person.contacts.iter().any(|c| c.contains('@'));
        self.person.counted = !self.person.strong.is_empty()
            || (named && self.attributes > 0)
            || (!named && !self.own_name && (mail || (self.contact_kinds >= 1 && self.attributes >= 2)));
        self.person.rest = self.rest;
        let secret = self.password && (self.login || named || mail);
        if self.person.counted {
            reading.sensitive.extend(self.sensitive);
        }
        if self.person.counted || named {
            reading.people.push(self.person);
        }
        secret
    }
}

/// The key of a value in a column of names; none for what cannot be one.
pub(super) fn name_key(text: &str) -> Option<String> {
    let value = names::without_honorific(text);
    let length = value.chars().count();
    let odd = value.chars().any(|c| c.is_ascii_digit() || "@:;/\\。!?=<>".contains(c));
    const NOT: [&str; 10] =
        ["株式会社", "有限会社", "(株)", "合計", "未定", "なし", "同上", "不明", "該当なし", "匿名"];
    ((2..=40).contains(&length) && !odd && !NOT.iter().any(|n| value.contains(n)) && !is_none(value))
        .then(|| names::key(value))
}

/// Whether a cell says that there is nothing.
fn is_none(text: &str) -> bool {
    const NONE: [&str; 16] = [
        "なし",
        "無し",
        "無",
        "-",
        "ー",
        "―",
        "×",
        "no",
        "none",
        "n/a",
        "0",
        "未",
        "該当なし",
        "特になし",
        "ー",
        "いいえ",
    ];
    let text = text.trim();
    text.is_empty() || NONE.contains(&text.to_ascii_lowercase().as_str())
}

/// Whether the value of an address column says where somebody lives, and not only the prefecture.
fn is_address(text: &str) -> bool {
    addresses::whole(text)
        || addresses::town_and_number(text)
        || (text.chars().count() >= 6 && text.chars().any(|c| c.is_ascii_digit()))
}

/// The telephone number of a cell.
pub(super) fn phone(text: &str) -> Option<String> {
    // The first of several: 03-1234-5678 / 090-1234-5678.
    text.split(['/', ',', '\n', ';', '、']).find_map(phone_key)
}

fn birth_of(cell: &Cell, text: &str, today: Day) -> Option<Day> {
    match cell {
        Cell::Number(n, _) if *n < 80_000.0 => dates::serial(*n).filter(|d| dates::is_birth(*d, today)),
        _ => birth(text, today),
    }
}

/// The birth date of a cell.
pub(super) fn birth(text: &str, today: Day) -> Option<Day> {
    let text = text.trim();
    let day = dates::parse(text, 0).map(|d| d.day).or_else(|| dates::compact(text))?;
    dates::is_birth(day, today).then_some(day)
}

/// Whether a cell is a valid identifier of this kind.
pub(super) fn is_id(kind: Kind, text: &str) -> bool {
    id(kind, text).is_some()
}

/// The identifier of a cell: its key, and whether a check has proven it. Leading zeros that a
/// spreadsheet has eaten are put back.
fn id(kind: Kind, text: &str) -> Option<(String, bool)> {
    let solid: String =
        text.chars().filter(|c| c.is_ascii_alphanumeric()).map(|c| c.to_ascii_uppercase()).collect();
    if solid.is_empty() || solid.len() > 34 || !text.is_ascii() {
        return None;
    }
    let bytes = solid.as_bytes();
    let lettered = match kind {
        Kind::Iban => Some((iban::iban(bytes), true)),
        Kind::UkNino => Some((gb::nino(bytes), false)),
        Kind::EsDni | Kind::EsNie => Some((es::dni(bytes) || es::nie(bytes), true)),
        Kind::ItCodiceFiscale => Some((it::codice_fiscale(bytes), true)),
        Kind::CnId => Some((cn::id(bytes), true)),
        Kind::SgNric => Some((sg::nric(bytes), true)),
        Kind::FrNir => Some((fr::nir(bytes), true)),
        Kind::PassportJp => Some((jp::passport(bytes), false)),
        Kind::ResidenceCard => Some((jp::residence_card(bytes), false)),
        Kind::CardSecurityCode | Kind::InsuredNumber | Kind::YuchoAccount => {
            Some(((3..=16).contains(&bytes.len()), false))
        }
        _ if kind.info().group == Group::Register => Some(((1..=20).contains(&bytes.len()), false)),
        _ => None,
    };
    if let Some((fits, proven)) = lettered {
        return fits.then_some((solid, proven));
    }
    let mut digits = identifiers::digits(&solid);
    if digits.len() != solid.len() {
        return None;
    }
    let whole = match kind {
        Kind::MyNumber | Kind::DrivingLicence => 12,
        Kind::ResidentCode | Kind::BrCpf | Kind::EmploymentInsurance => 11,
        Kind::PensionNumber => 10,
        Kind::InsurerNumber if digits.len() == 7 => 8,
        Kind::BankAccount => 7,
        _ => digits.len(),
    };
    // Excel drops leading zeros; more than two would be somebody else's number.
    if digits.len() < whole && whole - digits.len() <= 2 {
        let mut padded = vec![0; whole - digits.len()];
        padded.append(&mut digits);
        digits = padded;
    }
    let proven = is_valid(kind, &digits)?;
    Some((digits.iter().map(|d| char::from(b'0' + d)).collect(), proven))
}
