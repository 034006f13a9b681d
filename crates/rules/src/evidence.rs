//! What a match is based on, for people and for the log: the facts that its condition asks about, with
//! their values. Texts of the message are masked, for they may name persons.

use facts::{Fact, Facts, Show, Value};

/// Elements of a list that are shown.
const MAX_SHOWN: usize = 5;

/// The facts and their values, those that are zero or empty left out: `recipients.visible_parties = 105`.
pub(super) fn evidence(asked: &[&'static Fact], facts: &Facts) -> Vec<String> {
    let something = |fact: &&&Fact| match fact.of(facts) {
        Value::Int(number) => number != 0,
        Value::Bool(yes) => yes,
        Value::String(text) => !text.is_empty(),
        Value::List(list) => !list.is_empty(),
    };
    let told = asked.iter().filter(something).map(|fact| format!("{} = {}", fact.path, shown(fact, facts)));
    told.collect()
}

fn shown(fact: &Fact, facts: &Facts) -> String {
    match fact.of(facts) {
        Value::Int(number) => number.to_string(),
        Value::Bool(yes) => yes.to_string(),
        Value::String(text) => masked(text, fact.show),
        Value::List(list) => {
            // A comma divides the elements; one within an element is shown as a wide one.
            let element = |x: &String| masked(x, fact.show).replace(',', "，");
            let mut told: Vec<_> = list.iter().take(MAX_SHOWN).map(element).collect();
            if list.len() > MAX_SHOWN {
                told.push(format!("… {} more", list.len() - MAX_SHOWN));
            }
            format!("[{}]", told.join(", "))
        }
    }
}

fn masked(text: &str, show: Show) -> String {
    match show {
        Show::Whole => one_line(text, MAX_LENGTH),
        Show::Masked => mask(text),
        Show::NameMasked => match text.rsplit_once(" (") {
            Some((name, why)) => format!("{} ({}", mask(name), one_line(why, MAX_LENGTH)),
            None => mask(text),
        },
    }
}

/// Characters of a text that are shown.
const MAX_LENGTH: usize = 100;

/// `t***@example.com` for an address; for others the first four characters, but never more than half.
fn mask(text: &str) -> String {
    if text.is_empty() {
        return "\"\"".to_string();
    }
    if let Some((local, domain)) = text.rsplit_once('@') {
        let plain = |c: char| !c.is_whitespace() && !c.is_control();
        if !local.is_empty() && !domain.is_empty() && text.chars().all(plain) {
            return format!("{}***@{}", one_line(local, 1), one_line(domain, MAX_LENGTH));
        }
    }
    let kept = (text.chars().count() / 2).min(4);
    format!("{}***", one_line(text, kept))
}

/// The first characters, with nothing in them that could begin a line of its own.
fn one_line(text: &str, length: usize) -> String {
    let clean = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    clean.take(length).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use facts::find;

    #[track_caller]
    fn tells(path: &str, facts: &Facts, told: &str) {
        let (group, name) = path.split_once('.').unwrap();
        assert_eq!(evidence(&[find(group, name).unwrap()], facts), [format!("{path} = {told}")]);
    }

    #[test]
    fn numbers_and_closed_lists_are_shown_and_texts_are_masked() {
        let mut facts = Facts::default();
        facts.recipients.visible_parties = 105;
        facts.message.subject = "田中様の件について".into();
        facts.message.uninspected = vec!["山田太郎.zip (too-deep)".into(), "header".into()];
        facts.sender.address = "taro@city.example.jp".into();
        facts.sender.header_from = vec!["a@example.com\r\nX: y@example.com".into()];
        facts.labels.found = vec!["社外秘".into()];
        facts.attachments.names = (0..7).map(|n| format!("名簿{n}.xlsx")).collect();
        tells("recipients.visible_parties", &facts, "105");
        let none = |path: &str| {
            let (group, name) = path.split_once('.').unwrap();
            assert_eq!(evidence(&[find(group, name).unwrap()], &facts), [""; 0], "{path}");
        };
        for path in ["message.is_recall", "message.id", "personal.card", "attachments.types"] {
            none(path);
        }
        tells("message.subject", &facts, "田中様の***");
        tells("message.uninspected", &facts, "[山田太郎*** (too-deep), hea***]");
        tells("sender.address", &facts, "t***@city.example.jp");
        tells("sender.header_from", &facts, "[a@ex***]");
        tells("labels.found", &facts, "[社外秘]");
        tells(
            "attachments.names",
            &facts,
            "[名簿0.***, 名簿1.***, 名簿2.***, 名簿3.***, 名簿4.***, … 2 more]",
        );
    }

    #[test]
    fn short_texts_are_not_shown_whole() {
        assert_eq!(mask("abc"), "a***");
        assert_eq!(mask("a"), "***");
        assert_eq!(mask("a@b"), "a***@b");
        assert_eq!(mask("@b"), "@***");
    }
}
