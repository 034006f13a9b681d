//! What a second person is offered to do with a held mail, in words. What is more particular stands in the
//! form below: recipients, addresses and attachments.

use hold::review;
use store::{Case, Rewrite, State};

/// A choice to press.
pub struct Offer {
    /// Its name in a path.
    pub name: &'static str,
    /// What stands on its button, in Japanese and English.
    pub label: (&'static str, &'static str),
    /// What it does, in Japanese and English.
    pub does: (&'static str, &'static str),
    pub danger: bool,
}

const HIDDEN: (&str, &str) =
    ("社外の宛先がお互いに見えないようにして送ります。", "Its outside recipients will not see each other.");
const APART: (&str, &str) =
    ("社外の宛先へ、相手ごとに別のメールで送ります。", "Each outside recipient gets a mail of their own.");

/// What can be chosen for a case as it stands, the least that is changed first.
pub fn offers(case: &Case) -> Vec<Offer> {
    if case.state != State::Held {
        return Vec::new();
    }
    let hidden = case.rewrite.max(review::proposed(case).and_then(|repair| repair.rewrite));
    let mut offers = vec![release(case)];
    let mut add = |name, label, does, danger| offers.push(Offer { name, label, does, danger });
    if case.external > 1 && hidden.is_none() {
        add("bcc", ("Bccにして送る", "Send it as Bcc"), HIDDEN, false);
    }
    if case.external > 1 && hidden != Some(Rewrite::Individual) {
        add("individual", ("1通ずつ分けて送る", "Send one copy each"), APART, false);
    }
    let told = ("取りやめて、理由を差出人に知らせます。", "It is cancelled, and its sender is told why.");
    add("cancel", ("送らせない", "Do not let it go"), told, true);
    offers
}

/// It goes as it was proposed, or as it is where nobody proposed anything.
fn release(case: &Case) -> Offer {
    let (label, does) = match (&case.proposal, case.rewrite) {
        (Some(_), _) => (
            ("差出人の案どおりに送る", "Send it as proposed"),
            ("上に書かれた形に直して送ります。", "It is mended as written above, and sent."),
        ),
        (None, Some(Rewrite::Individual)) => {
            (("ルールどおりに直して送る", "Send it as the rules say"), APART)
        }
        (None, Some(Rewrite::Bcc)) => (("ルールどおりに直して送る", "Send it as the rules say"), HIDDEN),
        (None, None) => (
            ("このまま送る", "Send it as it is"),
            (
                "宛先も内容も変えません。正しいと確かめたときに選んでください。",
                "Nothing is changed. Choose it once you have checked it.",
            ),
        ),
    };
    Offer { name: "release", label, does, danger: false }
}
