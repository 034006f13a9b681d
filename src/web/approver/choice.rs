//! What a second person may choose for a held mail.

use crate::hold::review::{self, Repair};
use crate::store::{Case, Rewrite, State};

/// What is to become of the mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// It goes as it was proposed, or as it is where nobody proposed anything.
    Release,
    Bcc,
    Individual,
    Refuse,
}

impl Choice {
    /// The choice of that name in a path.
    pub fn of(name: &str) -> Option<Choice> {
        Some(match name {
            "release" => Choice::Release,
            "bcc" => Choice::Bcc,
            "individual" => Choice::Individual,
            "cancel" => Choice::Refuse,
            _ => return None,
        })
    }

    /// Its name in a path, and in the log.
    pub fn name(&self) -> &'static str {
        match self {
            Choice::Release => "release",
            Choice::Bcc => "bcc",
            Choice::Individual => "individual",
            Choice::Refuse => "cancel",
        }
    }

    /// Whether something leaves by it.
    pub fn sends(&self) -> bool {
        *self != Choice::Refuse
    }

    /// What is changed on the mail: what was proposed, and how its recipients are hidden.
    pub fn repair(&self, case: &Case) -> Repair {
        let hide = match self {
            Choice::Bcc => Some(Rewrite::Bcc),
            Choice::Individual => Some(Rewrite::Individual),
            Choice::Refuse => return Repair::default(),
            Choice::Release => None,
        };
        let proposed = review::proposed(case).unwrap_or_default();
        Repair { rewrite: proposed.rewrite.max(hide), ..proposed }
    }

    /// What stands on its button, in Japanese and English.
    pub fn label(&self, case: &Case) -> (&'static str, &'static str) {
        match self {
            Choice::Release if case.proposal.is_some() => ("差出人の案どおりに送る", "Send it as proposed"),
            Choice::Release if case.rewrite.is_some() => {
                ("規則どおりに直して送る", "Send it as the rules say")
            }
            Choice::Release => ("このまま送る", "Send it as it is"),
            Choice::Bcc => ("Bccにして送る", "Send it as Bcc"),
            Choice::Individual => ("1通ずつ分けて送る", "Send one copy each"),
            Choice::Refuse => ("送らせない", "Do not let it go"),
        }
    }

    /// What it does, in Japanese and English.
    pub fn does(&self, case: &Case) -> (&'static str, &'static str) {
        match self {
            Choice::Release if case.proposal.is_some() => {
                ("上に書かれた形に直して送ります。", "It is mended as written above, and sent.")
            }
            Choice::Release if case.rewrite == Some(Rewrite::Individual) => (
                "社外の宛先へ、相手ごとに別のメールで送ります。",
                "Each outside recipient gets a mail of their own.",
            ),
            Choice::Release if case.rewrite.is_some() => (
                "社外の宛先がお互いに見えないようにして送ります。",
                "Its outside recipients will not see each other.",
            ),
            Choice::Release => (
                "宛先も内容も変えません。正しいと確かめたときに選んでください。",
                "Nothing is changed. Choose it once you have checked it.",
            ),
            Choice::Bcc => (
                "社外の宛先がお互いに見えないようにして送ります。",
                "Its outside recipients will not see each other.",
            ),
            Choice::Individual => (
                "社外の宛先へ、相手ごとに別のメールで送ります。",
                "Each outside recipient gets a mail of their own.",
            ),
            Choice::Refuse => {
                ("取りやめて、理由を差出人に知らせます。", "It is cancelled, and its sender is told why.")
            }
        }
    }
}

/// What can be chosen for a case as it stands, the least that is changed first.
pub fn offered(case: &Case) -> Vec<Choice> {
    if case.state != State::Held {
        return Vec::new();
    }
    let hidden = case.rewrite.max(review::proposed(case).and_then(|repair| repair.rewrite));
    let mut choices = vec![Choice::Release];
    if case.external > 1 {
        choices.extend([Choice::Bcc].into_iter().filter(|_| hidden.is_none()));
        choices.extend([Choice::Individual].into_iter().filter(|_| hidden != Some(Rewrite::Individual)));
    }
    choices.push(Choice::Refuse);
    choices
}
