//! What is to become of a mail that waits, as a form says it: on the pages behind a notice's link, and on the
//! review site.

use super::fields::Fields;
use hold::review::{self, Repair};
use store::{Case, Rewrite, State};

/// What somebody chooses for a mail.
#[derive(Clone, Debug, PartialEq)]
pub enum Choice {
    /// It goes as it is, or as the rules demand, or as somebody proposed.
    Release,
    /// It goes after it was changed; nothing is changed where nothing was marked.
    Mend(Repair),
    /// A delayed mail goes before its time.
    Hasten,
    /// Nothing of it goes.
    Cancel,
}

impl Choice {
    /// The choice of that name; what is changed stands in the form. What was marked there is never forgotten,
    /// whichever button was pressed.
    pub fn of(name: &str, fields: &Fields) -> Option<Choice> {
        let hide = match name {
            "cancel" => return Some(Choice::Cancel),
            "hasten" | "now" => return Some(Choice::Hasten),
            "release" | "as-is" | "mend" => None,
            "bcc" => Some(Rewrite::Bcc),
            "individual" => Some(Rewrite::Individual),
            _ => return None,
        };
        let marked = repair_of(fields);
        let repair = Repair { rewrite: marked.rewrite.max(hide), ..marked };
        Some(if repair.is_nothing() && name != "mend" { Choice::Release } else { Choice::Mend(repair) })
    }

    /// Only its recipients are hidden from each other, and nothing else is changed.
    pub fn hides_only(&self) -> Option<Rewrite> {
        match self {
            Choice::Mend(repair) => {
                let rest = Repair { rewrite: None, ..repair.clone() };
                repair.rewrite.filter(|_| rest.is_nothing())
            }
            _ => None,
        }
    }

    /// What somebody else than the sender changes: it comes on top of what was proposed.
    pub fn over_proposal(&self, case: &Case) -> Repair {
        let proposed = review::proposed(case).unwrap_or_default();
        match self {
            Choice::Release => proposed,
            Choice::Mend(repair) => repair.on_top_of(proposed),
            Choice::Hasten | Choice::Cancel => Repair::default(),
        }
    }

    /// What is changed, without any proposal.
    pub fn repair(&self) -> Repair {
        match self {
            Choice::Mend(repair) => repair.clone(),
            Choice::Release | Choice::Hasten | Choice::Cancel => Repair::default(),
        }
    }

    /// Whether something leaves by it.
    pub fn sends(&self) -> bool {
        *self != Choice::Cancel
    }

    /// Whether a case can take it as it stands.
    pub fn fits(&self, case: &Case) -> bool {
        match (case.state, self) {
            (State::Held, choice) => *choice != Choice::Hasten,
            (State::Delayed, choice) => matches!(choice, Choice::Hasten | Choice::Cancel),
            _ => false,
        }
    }
}

/// The repair that a form asks for. Wrong and right addresses come in pairs; a pair without the right one
/// changes nothing.
fn repair_of(fields: &Fields) -> Repair {
    let mut corrections = Vec::new();
    let mut wrong: Option<&str> = None;
    for (name, value) in fields.pairs() {
        match (name, wrong) {
            ("wrong", _) => wrong = Some(value),
            ("right", Some(from)) if !value.is_empty() => {
                corrections.push((from.to_string(), value.to_string()));
                wrong = None;
            }
            _ => {}
        }
    }
    Repair {
        rewrite: Rewrite::of(fields.one("hide")),
        drop_recipients: fields.all("drop"),
        drop_attachments: fields.all("without"),
        corrections,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(pairs: &[(&str, &str)]) -> Option<Choice> {
        let fields = Fields::from(pairs);
        Choice::of(fields.one("do"), &fields)
    }

    #[test]
    fn a_form_says_what_is_changed() {
        let form = [
            ("do", "mend"),
            ("wrong", "a@x.example"),
            ("right", " "),
            ("drop", "b@x.example"),
            ("wrong", "c@x.example"),
            ("right", " c@y.example "),
            ("right", "stray@y.example"),
            ("without", "2.1"),
            ("drop", ""),
            ("hide", "individual"),
        ];
        let expected = Repair {
            rewrite: Some(Rewrite::Individual),
            drop_recipients: vec!["b@x.example".into()],
            drop_attachments: vec!["2.1".into()],
            corrections: vec![("c@x.example".into(), "c@y.example".into())],
        };
        assert_eq!(choice(&form), Some(Choice::Mend(expected)));
        assert_eq!(
            choice(&[("do", "mend"), ("wrong", "a@x.example")]),
            Some(Choice::Mend(Repair::default()))
        );
        for name in ["undo", "", "Bcc", "withdraw"] {
            assert_eq!(choice(&[("do", name)]), None, "{name}");
        }
    }

    #[test]
    fn what_was_marked_is_never_forgotten() {
        let dropping =
            |rewrite| Repair { rewrite, drop_recipients: vec!["a@example.com".into()], ..Repair::default() };
        let marked = |name| choice(&[("do", name), ("drop", "a@example.com")]);
        assert_eq!(marked("release"), Some(Choice::Mend(dropping(None))));
        assert_eq!(marked("bcc"), Some(Choice::Mend(dropping(Some(Rewrite::Bcc)))));
        assert_eq!(marked("cancel"), Some(Choice::Cancel));
        assert_eq!(choice(&[("do", "release")]), Some(Choice::Release));
        let hiding = choice(&[("do", "individual")]).expect("a choice");
        assert_eq!(hiding.hides_only(), Some(Rewrite::Individual));
        assert_eq!(marked("individual").and_then(|c| c.hides_only()), None);
        // Hiding and a stricter mark: the stricter is done.
        let both = choice(&[("do", "bcc"), ("hide", "individual")]).expect("a choice");
        assert_eq!(both.hides_only(), Some(Rewrite::Individual));
    }
}
