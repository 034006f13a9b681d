//! An incident: what happened to whom, by which way, what it teaches, and which rules stop such a mail, or
//! why none can. The facts are those that the organisation published, in our own words.

use std::collections::BTreeMap;

use super::Bilingual;
use super::door::Door;
use super::form::{Fields, Sheet};
use super::story::{Expectation, Sending};

/// One incident of the casebook.
#[derive(Clone, Debug, PartialEq)]
pub struct Incident {
    /// The casebook's number, with a name where the number is not unique: `2023-116`, `2022-minoh`.
    pub id: String,
    /// When it happened: `2023-03-16`, or only `2023-03` or `2023`.
    pub date: String,
    /// When the organisation told of it, where that is known.
    pub published: Option<String>,
    pub organization: Bilingual,
    pub kind: Kind,
    /// The way by which data got out. Where it is not said, it is taken for outgoing mail.
    pub door: Option<Door>,
    /// That way in a few words, for people.
    pub means: Option<Bilingual>,
    /// How many people it touched, where that is known.
    pub people: Option<u64>,
    /// How many records (addresses, mails, files) left or were open, where that is known.
    pub records: Option<u64>,
    /// One sentence, for notices.
    pub summary: Bilingual,
    pub happened: Bilingual,
    pub lesson: Bilingual,
    /// The rules that stop a mail with this data; they prevent the incident where its door is outgoing mail.
    pub prevented_by: Vec<String>,
    /// Why inspecting mail cannot prevent it.
    pub why_not: Option<Bilingual>,
    /// What this version would have to be able to do to prevent it; until then it is missed.
    pub pending: Option<Bilingual>,
    /// What a replay takes for the organisation's domains.
    pub own_domains: Vec<String>,
    /// What a replay sends and what must become of it.
    pub expectation: Option<Expectation>,
    /// The messages by file name (`message.eml`), with CRLF.
    pub messages: BTreeMap<String, Vec<u8>>,
}

/// What the casebook says of an incident's prevention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coverage<'a> {
    /// It left by outgoing mail, and these rules prevent it; a replay proves it.
    Prevented(&'a [String]),
    /// It left by another way. Had the same data gone by mail, these rules would have stopped it; a replay
    /// proves that.
    SameData(&'a [String]),
    /// It could be prevented by mail inspection, but not by this version.
    Pending(&'a Bilingual),
    /// Mail inspection cannot prevent it.
    NotByMail(&'a Bilingual),
}

impl Incident {
    /// Whether and by what it is prevented.
    pub fn coverage(&self) -> Coverage<'_> {
        match (&self.why_not, &self.pending) {
            (Some(why), _) => Coverage::NotByMail(why),
            (None, Some(what)) => Coverage::Pending(what),
            (None, None) if self.door.is_none_or(Door::is_outgoing_mail) => {
                Coverage::Prevented(&self.prevented_by)
            }
            (None, None) => Coverage::SameData(&self.prevented_by),
        }
    }

    /// Everything that a replay sends, in order, with its messages filled in; empty where the incident
    /// has no message.
    pub fn sendings(&self) -> Vec<Sending<'_>> {
        match &self.expectation {
            Some(expectation) => expectation.sendings(&self.messages),
            None => Vec::new(),
        }
    }
}

/// The closed set of kinds of incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Recipients saw one another's addresses.
    ExposedAddresses,
    /// Someone inside took data away.
    DataTaken,
    /// Someone inside looked up or changed what was none of their business.
    InsiderAccess,
    /// Something was told, shown or handed to people whom it did not concern.
    Disclosure,
    /// Passwords or keys got into wrong hands.
    Credentials,
    /// A stranger used a member's account to send mail.
    AccountHijacked,
    /// A setting left data open.
    Misconfiguration,
    /// A stranger broke into a site or a cloud service.
    Intrusion,
    /// A contractor that held the data was attacked.
    ContractorBreach,
    Ransomware,
    Malware,
    /// A computer or a storage medium was lost.
    LostDevice,
    /// Data is gone.
    DataLost,
}

impl Kind {
    /// Every kind.
    pub const ALL: &[Kind] = &[
        Kind::ExposedAddresses,
        Kind::DataTaken,
        Kind::InsiderAccess,
        Kind::Disclosure,
        Kind::Credentials,
        Kind::AccountHijacked,
        Kind::Misconfiguration,
        Kind::Intrusion,
        Kind::ContractorBreach,
        Kind::Ransomware,
        Kind::Malware,
        Kind::LostDevice,
        Kind::DataLost,
    ];

    /// Its name in `incident.toml`.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::ExposedAddresses => "exposed-addresses",
            Kind::DataTaken => "data-taken",
            Kind::InsiderAccess => "insider-access",
            Kind::Disclosure => "disclosure",
            Kind::Credentials => "credentials",
            Kind::AccountHijacked => "account-hijacked",
            Kind::Misconfiguration => "misconfiguration",
            Kind::Intrusion => "intrusion",
            Kind::ContractorBreach => "contractor-breach",
            Kind::Ransomware => "ransomware",
            Kind::Malware => "malware",
            Kind::LostDevice => "lost-device",
            Kind::DataLost => "data-lost",
        }
    }
}

/// Reads `incident.toml`. What is missing or wrong is noted in the sheet and left empty here.
/// `folder` is the name of the folder, which the id must repeat.
pub(super) fn read<'i>(sheet: &mut Sheet<'i>, folder: &str) -> Option<Incident> {
    let mut fields = sheet.top("an incident")?;
    let id = fields.need_text(sheet, "id", &format!("\"{folder}\""));
    if let Some((id, at)) = &id {
        check_id(sheet, id, *at, folder);
    }
    let date = date(sheet, &mut fields, "date", true).unwrap_or_default();
    let published = date_of_publication(sheet, &mut fields);
    let kind = kind(sheet, &mut fields);
    let door = door(sheet, &mut fields);
    let verdicts: Vec<_> =
        ["prevented_by", "why_not", "pending"].iter().filter_map(|k| fields.at_key(k)).collect();
    let incident = Incident {
        id: folder.to_string(),
        date,
        published,
        organization: fields.need_bilingual(sheet, "organization"),
        kind,
        door,
        means: fields.bilingual(sheet, "means"),
        people: fields.number(sheet, "people"),
        records: fields.number(sheet, "records"),
        summary: fields.need_bilingual(sheet, "summary"),
        happened: fields.need_bilingual(sheet, "happened"),
        lesson: fields.need_bilingual(sheet, "lesson"),
        prevented_by: names(fields.texts(sheet, "prevented_by")),
        why_not: fields.bilingual(sheet, "why_not"),
        pending: fields.bilingual(sheet, "pending"),
        own_domains: own_domains(sheet, &mut fields),
        expectation: None,
        messages: BTreeMap::new(),
    };
    check_coverage(sheet, &incident, verdicts.last().copied().unwrap_or(fields.at()));
    fields.finish(sheet);
    Some(incident)
}

fn names(texts: Option<Vec<(String, usize)>>) -> Vec<String> {
    texts.unwrap_or_default().into_iter().map(|t| t.0).collect()
}

/// An id is a word of `a-z0-9-`, and the name of its folder.
fn check_id(sheet: &mut Sheet<'_>, id: &str, at: usize, folder: &str) {
    let plain = id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if !plain {
        let remedy = "use a-z, 0-9 and -: \"2023-116\", \"2022-minoh\"";
        sheet.error(Some(at), format!("the id \"{id}\" has other characters"), remedy);
    } else if id != folder {
        let message = format!("the id is \"{id}\", but its folder is {folder}");
        sheet.error(Some(at), message, "give both the same name");
    }
}

fn date_of_publication<'i>(sheet: &mut Sheet<'i>, fields: &mut Fields<'i>) -> Option<String> {
    date(sheet, fields, "published", false)
}

/// A day, a month or a year, as a text.
fn date<'i>(
    sheet: &mut Sheet<'i>,
    fields: &mut Fields<'i>,
    key: &'static str,
    needed: bool,
) -> Option<String> {
    let (text, at) = match needed {
        true => fields.need_text(sheet, key, "\"2023-03-16\"")?,
        false => fields.text(sheet, key)?,
    };
    let day = match text.len() {
        4 => format!("{text}-01-01"),
        7 => format!("{text}-01"),
        _ => text.clone(),
    };
    if text.is_ascii() && day.len() == 10 && day.parse::<jiff::civil::Date>().is_ok() {
        return Some(text);
    }
    let remedy = "write a day, a month or a year: \"2023-03-16\", \"2023-03\", \"2023\"";
    sheet.error(Some(at), format!("{key} = \"{text}\" is no date"), remedy);
    None
}

fn kind<'i>(sheet: &mut Sheet<'i>, fields: &mut Fields<'i>) -> Kind {
    let found = fields.need_text(sheet, "kind", "\"exposed-addresses\"");
    let Some((name, at)) = found else {
        return Kind::Disclosure;
    };
    match Kind::ALL.iter().find(|k| k.as_str() == name) {
        Some(kind) => *kind,
        None => {
            let known: Vec<_> = Kind::ALL.iter().map(|k| k.as_str()).collect();
            let remedy = format!("known: {}", known.join(", "));
            sheet.error(Some(at), format!("no kind of incident is called {name}"), remedy);
            Kind::Disclosure
        }
    }
}

fn door<'i>(sheet: &mut Sheet<'i>, fields: &mut Fields<'i>) -> Option<Door> {
    let (name, at) = fields.text(sheet, "door")?;
    let door = Door::ALL.iter().copied().find(|d| d.as_str() == name);
    if door.is_none() {
        let known: Vec<_> = Door::ALL.iter().map(|d| d.as_str()).collect();
        let remedy = format!("known: {}", known.join(", "));
        sheet.error(Some(at), format!("there is no door {name}"), remedy);
    }
    door
}

fn own_domains<'i>(sheet: &mut Sheet<'i>, fields: &mut Fields<'i>) -> Vec<String> {
    let mut domains = Vec::new();
    for (domain, at) in fields.texts(sheet, "own_domains").unwrap_or_default() {
        let good = !domain.is_empty()
            && domain.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b))
            && !domain.split('.').any(str::is_empty);
        if good {
            domains.push(domain);
        } else {
            let message = format!("\"{domain}\" is no domain");
            sheet.error(Some(at), message, "write it in lower case: \"city.example.jp\"");
        }
    }
    domains
}

/// An incident says exactly one of: by which rules it is prevented, why mail inspection cannot, or
/// what this version would need.
fn check_coverage(sheet: &mut Sheet<'_>, incident: &Incident, at: usize) {
    let said = [!incident.prevented_by.is_empty(), incident.why_not.is_some(), incident.pending.is_some()];
    match said.iter().filter(|s| **s).count() {
        1 => {}
        0 => sheet.error(
            Some(at),
            "the incident says neither what prevents it nor why nothing can",
            "name rules in prevented_by, or give why_not (mail inspection cannot) or pending (this version cannot)",
        ),
        _ => sheet.error(
            Some(at),
            "the incident says more than one of prevented_by, why_not and pending",
            "keep the one that is true; an empty prevented_by may stay",
        ),
    }
    if said[0] && incident.own_domains.is_empty() {
        sheet.error(
            Some(at),
            "an incident that rules prevent needs own_domains for its replay",
            "add own_domains = [\"city.example.jp\"]",
        );
    }
}
