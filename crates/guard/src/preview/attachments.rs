//! The attachments of a mail: what each is, what was found in it, and what of it could not be read.

use std::collections::{BTreeMap, HashMap};

use super::masks::Masks;
use super::words::why;
use super::{Finding, FindingKind, by_kind, path, samples};
use crate::Policy;
use casebook::Bilingual;
use content::{Content, clean_name};
use message::{self, Mail, Part};
use personal::Found;

/// Stands between the names of a path.
const SEPARATOR: &str = " › ";
/// A path that nothing is told of under.
const NOWHERE: &str = "\0";

/// An attachment.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Attachment {
    /// By which it is taken out: [`Part::number`].
    pub number: String,
    /// Masked where it shows what was found; none where it has no name.
    pub name: Option<String>,
    /// In bytes, decoded.
    pub size: usize,
    /// What its bytes are: `xlsx`, `pdf`, …; its declared type where they are not known.
    pub kind: String,
    /// It stands within an attached message.
    pub nested: bool,
    pub findings: Vec<Finding>,
    /// Why it, or a file in it, could not be read.
    pub uninspected: Vec<Bilingual>,
    /// Where the content of it is told of.
    #[serde(skip)]
    path: String,
}

/// The attachments as a reader would list them.
pub fn list(mail: &Mail<'_>, content: &Content, places: &[Found], masks: &Masks) -> Vec<Attachment> {
    let paths = paths(mail, content);
    let mut found: BTreeMap<&str, Vec<&Found>> = BTreeMap::new();
    for place in places {
        found.entry(path(content, place)).or_default().push(place);
    }
    let mut listed = Vec::new();
    for part in mail.attachments() {
        let own = paths.get(&part.number).cloned().unwrap_or_else(|| NOWHERE.to_string());
        let inside = found.iter().filter(|(path, _)| is_within(path, &own));
        let findings = by_kind(inside.flat_map(|(_, places)| places.iter().copied()))
            .into_iter()
            .map(|(kind, places)| Finding {
                kind: FindingKind::of(kind),
                count: places.len(),
                samples: samples(content, places.into_iter(), masks),
            })
            .collect();
        let known = content.parts.iter().find(|p| p.path == own);
        listed.push(Attachment {
            number: part.number.clone(),
            name: part.file_name.as_deref().map(|name| masks.hide(&clean_name(name))),
            size: part.bytes().len(),
            kind: known.map_or_else(|| part.media_type.clone(), |p| p.real.name().to_string()),
            nested: part.nested,
            findings,
            uninspected: reasons(content, |path| is_within(path, &own)),
            path: own,
        });
    }
    listed
}

/// The names of the attachments with these numbers, as a notice tells them; those without a name are left out.
pub fn names(policy: &Policy, bytes: &[u8], numbers: &[String]) -> Vec<String> {
    let mail = message::read(bytes, &policy.limits);
    let parts = mail.attachments();
    let wanted = parts.iter().filter(|part| numbers.contains(&part.number));
    wanted.filter_map(|part| part.file_name.as_deref().map(clean_name)).filter(|n| !n.is_empty()).collect()
}

/// What could not be read of the rest of the mail.
pub fn uninspected(mail: &Mail<'_>, content: &Content, attachments: &[Attachment]) -> Vec<Bilingual> {
    let of_none = |path: &str| !attachments.iter().any(|a| is_within(path, &a.path));
    let mut found = reasons(content, of_none);
    if mail.header_cut() {
        found.push(Bilingual {
            ja: "ヘッダーが大きすぎます".to_string(),
            en: "the header is too large".to_string(),
        });
    }
    found
}

/// Each reason once.
fn reasons(content: &Content, of: impl Fn(&str) -> bool) -> Vec<Bilingual> {
    let mut found: Vec<Bilingual> = Vec::new();
    for uninspected in content.uninspected.iter().filter(|u| of(&u.path)) {
        let told = why(&uninspected.why);
        if !found.contains(&told) {
            found.push(told);
        }
    }
    found
}

fn is_within(path: &str, outer: &str) -> bool {
    path.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with(SEPARATOR))
}

/// The paths under which the content of parts is told of, by their numbers. The files of one message are told
/// of in its order; where they do not match one for one, they are known by their names.
fn paths(mail: &Mail<'_>, content: &Content) -> HashMap<String, String> {
    let mut told: HashMap<&str, Vec<&str>> = HashMap::new();
    for part in &content.parts {
        told.entry(part.path.rsplit_once(SEPARATOR).map_or("", |p| p.0)).or_default().push(&part.path);
    }
    // By the index of the message that they stand in; none is the mail itself.
    let mut files: BTreeMap<Option<usize>, Vec<&Part<'_>>> = BTreeMap::new();
    for part in mail.parts.iter().filter(|p| is_file(p)) {
        let mut above = std::iter::successors(part.parent, |i| mail.parts.get(*i)?.parent);
        files.entry(above.find(|i| mail.parts[*i].is_message())).or_default().push(part);
    }
    let subjects: HashMap<usize, String> = mail.nested().into_iter().map(|n| (n.part, n.subject)).collect();
    let mut paths: HashMap<String, String> = HashMap::new();
    // A message comes before what stands in it.
    for (message, parts) in files {
        let outer = match message {
            None => "",
            Some(i) => paths.get(&mail.parts[i].number).map_or(NOWHERE, String::as_str),
        };
        let told = told.get(outer).map(Vec::as_slice).unwrap_or_default();
        let in_order = told.len() == parts.len();
        let named = |part: &Part<'_>| {
            let name = name_of(mail, part, &subjects);
            if outer.is_empty() { name } else { format!("{outer}{SEPARATOR}{name}") }
        };
        let own: Vec<(String, String)> = parts
            .iter()
            .enumerate()
            .map(|(i, part)| match in_order {
                true => (part.number.clone(), told[i].to_string()),
                false => (part.number.clone(), named(part)),
            })
            .collect();
        paths.extend(own);
    }
    paths
}

/// Whether a part is read as a file, and not as the text of a message.
fn is_file(part: &Part<'_>) -> bool {
    let text = matches!(part.media_type.as_str(), "text/plain" | "text/html");
    let body = text && !part.attachment && part.file_name.is_none();
    part.is_message() || !body && !part.media_type.starts_with("multipart/")
}

/// The name by which a file is told of. An attached message goes by its file's name or its subject.
fn name_of(mail: &Mail<'_>, part: &Part<'_>, subjects: &HashMap<usize, String>) -> String {
    match &part.file_name {
        Some(name) => clean_name(name),
        None if part.is_message() => {
            let index = mail.parts.iter().position(|p| p.number == part.number);
            let subject = index.and_then(|i| subjects.get(&i)).filter(|s| !s.is_empty());
            let name = subject.map_or("message", String::as_str);
            name.chars().filter(|c| !c.is_control()).take(100).collect()
        }
        None => NOWHERE.to_string(),
    }
}
