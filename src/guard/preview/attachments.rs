//! The attachments of a mail: what each is, what was found in it, and what of it could not be read.

use super::masks::Masks;
use super::words::why;
use super::{Finding, FindingKind, by_kind, path, samples};
use crate::casebook::Bilingual;
use crate::content::{Content, clean_name};
use crate::message::{Mail, Part};
use crate::personal::Found;

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
    let mut paths = Paths { mail, content, unnamed: 0 };
    let mut listed = Vec::new();
    for part in mail.attachments() {
        let own = paths.of(part);
        let inside = |place: &&Found| is_within(path(content, place), &own);
        let findings = by_kind(places.iter().filter(inside))
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
    path.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with(" › "))
}

/// Finds the paths under which the content of parts is told of.
struct Paths<'m, 'x> {
    mail: &'m Mail<'x>,
    content: &'m Content,
    /// How many files without a name were met.
    unnamed: usize,
}

impl Paths<'_, '_> {
    fn of(&mut self, part: &Part<'_>) -> String {
        let mut names: Vec<String> = Vec::new();
        let mut above = part.parent;
        while let Some(outer) = above.and_then(|i| self.mail.parts.get(i)) {
            if outer.is_message() {
                names.push(self.message_name(outer));
            }
            above = outer.parent;
        }
        names.reverse();
        let own = match part.file_name.as_deref().map(clean_name).filter(|n| !n.is_empty()) {
            Some(name) => name,
            None if part.is_message() => self.message_name(part),
            None => return self.next_unnamed(),
        };
        names.push(own);
        names.join(" › ")
    }

    /// An attached message goes by its file name or its subject.
    fn message_name(&self, part: &Part<'_>) -> String {
        if let Some(name) = &part.file_name {
            return clean_name(name);
        }
        let nested = self.mail.nested();
        let index = self.mail.parts.iter().position(|p| p.number == part.number);
        let subject = nested.iter().find(|n| Some(n.part) == index).map(|n| n.subject.as_str());
        let name = subject.filter(|s| !s.is_empty()).unwrap_or("message");
        name.chars().filter(|c| !c.is_control()).take(100).collect()
    }

    /// Files without a name are told of in the order of the mail.
    fn next_unnamed(&mut self) -> String {
        let mut without = self.content.parts.iter().filter(|p| p.name.is_none());
        let found = without.nth(self.unnamed);
        self.unnamed += 1;
        // A path that nothing has: of such a part nothing was read.
        found.map_or_else(|| "\0".to_string(), |p| p.path.clone())
    }
}
