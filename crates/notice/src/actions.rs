//! What a reader of a notice can do by pressing a link: which choices make sense for a mail, and the
//! addresses that somebody else made for them. The links open pages; nothing happens by opening one.

use super::{Kind, Notice, evidence};
use rules::verdict::{Approval, Rewrite};

/// What can be chosen for a mail that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// It goes with its outside recipients out of each other's sight.
    Bcc,
    /// It goes as a copy for each outside recipient.
    Individual,
    /// Recipients or attachments are taken out, or an address is corrected.
    Mend,
    /// It goes as it is, with a reason.
    AsIs,
    /// A held or delayed mail does not go.
    Cancel,
    /// A delayed mail goes before its time.
    Hasten,
    /// A second person looks at it and decides.
    Look,
}

/// Addresses of pages, ready to be pressed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Actions {
    /// The page of the mail itself, or of the list.
    pub page: String,
    /// The first is the one to be seen first.
    pub choices: Vec<(Choice, String)>,
    /// How much other mail of the same sender waits, and the page that lists it.
    pub others: Option<(usize, String)>,
    /// The site that all of them are on, as a reader can check it.
    pub site: String,
}

/// Facts about who sees whom: for them, hiding the recipients is the remedy.
const EXPOSED: &[&str] =
    &["recipients.visible_parties", "recipients.visible_external", "recipients.visible_personal"];

/// The choices that make sense for a mail, the fittest first. Whether one may be carried out is decided
/// when it is made.
pub fn choices(notice: &Notice) -> Vec<Choice> {
    let own = notice.approval != Some(Approval::SecondPerson);
    match notice.kind {
        Kind::Held => held(notice, own),
        Kind::Delayed if notice.approval == Some(Approval::Sender) => vec![Choice::Cancel, Choice::Hasten],
        Kind::Delayed => vec![Choice::Cancel],
        Kind::Approve => vec![Choice::Look, Choice::Cancel],
        _ => Vec::new(),
    }
}

fn held(notice: &Notice, own: bool) -> Vec<Choice> {
    let facts = || notice.causes.iter().flat_map(|c| c.evidence.iter().map(String::as_str));
    let exposed = notice.rewrite.is_some() || EXPOSED.iter().any(|fact| evidence::holds(facts(), fact));
    let many = notice.mail.as_ref().is_some_and(|mail| mail.external > 1);
    let hiding: &[Choice] = match notice.rewrite {
        Some(Rewrite::Individual) => &[Choice::Individual],
        _ if many || notice.rewrite.is_some() => &[Choice::Bcc, Choice::Individual],
        _ => &[],
    };
    // Somebody else decides: what the rules do anyway is nothing to ask them for.
    let hiding: &[Choice] = match notice.rewrite {
        Some(Rewrite::Bcc) if !own => &[Choice::Individual],
        Some(Rewrite::Individual) if !own => &[],
        _ => hiding,
    };
    let exposed = exposed && (own || notice.rewrite.is_none());
    let mut choices = Vec::new();
    match exposed {
        true => choices.extend(hiding.iter().copied().chain([Choice::Mend])),
        false => choices.extend([Choice::Mend].into_iter().chain(hiding.iter().copied().take(1))),
    }
    if own && notice.rewrite.is_none() {
        choices.push(Choice::AsIs);
    }
    choices.push(Choice::Cancel);
    choices
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn the_fittest_choice_comes_first() {
        let mut held = samples::notice(Kind::Held);
        held.rewrite = None;
        assert_eq!(choices(&held), [Choice::Bcc, Choice::Individual, Choice::Mend, Choice::Cancel]);
        held.rewrite = Some(Rewrite::Bcc);
        assert_eq!(choices(&held), [Choice::Mend, Choice::Individual, Choice::Cancel]);
        held.rewrite = None;
        held.approval = Some(Approval::Sender);
        held.causes.clear();
        assert_eq!(choices(&held), [Choice::Mend, Choice::Bcc, Choice::AsIs, Choice::Cancel]);
        if let Some(mail) = &mut held.mail {
            mail.external = 1;
        }
        assert_eq!(choices(&held), [Choice::Mend, Choice::AsIs, Choice::Cancel]);
        held.rewrite = Some(Rewrite::Individual);
        assert_eq!(choices(&held), [Choice::Individual, Choice::Mend, Choice::Cancel]);
    }

    #[test]
    fn a_delay_is_cut_short_only_where_the_rule_leaves_it_to_the_sender() {
        let mut delayed = samples::notice(Kind::Delayed);
        assert_eq!(choices(&delayed), [Choice::Cancel]);
        delayed.approval = Some(Approval::Sender);
        assert_eq!(choices(&delayed), [Choice::Cancel, Choice::Hasten]);
        assert!(choices(&samples::notice(Kind::Released)).is_empty());
    }
}
