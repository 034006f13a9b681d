//! A rule's evidence (`recipients.visible_parties = 105`) in plain words. A fact that is zero, false
//! or empty says nothing, and one without words here is left to the rule's own reason.

use super::options::Language;
use super::phrases::{PHRASES, REASONS, SUBJECTS, Words};
use super::sanitize;

/// How many entries of a list are named.
const NAMED: usize = 3;

/// The evidence in words, in its order, each sentence once.
pub fn in_words<'a>(evidence: impl Iterator<Item = &'a str>, language: Language) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for item in evidence {
        if let Some(text) = say(PHRASES, item, language).or_else(|| count_of(item, language))
            && !found.contains(&text)
        {
            found.push(text);
        }
    }
    found
}

/// The piece of evidence that makes the best end for a subject line: the mail in a few words.
pub fn in_short<'a>(evidence: impl Iterator<Item = &'a str>, language: Language) -> Option<String> {
    let evidence: Vec<&str> = evidence.collect();
    SUBJECTS
        .iter()
        .find_map(|words| evidence.iter().find_map(|item| say(std::slice::from_ref(words), item, language)))
}

/// How many of a kind of personal data or secret were found, as the vocabulary of facts calls it.
fn count_of(item: &str, language: Language) -> Option<String> {
    let (fact, raw) = item.split_once(" = ")?;
    let (group, name) = fact.trim().split_once('.')?;
    let fact = facts::find(group, name).filter(|fact| matches!(fact.group, "personal" | "secrets"))?;
    let count: i64 = raw.trim().parse().ok().filter(|count| *count > 0)?;
    Some(match language {
        Language::Ja => {
            format!("{}: {}件", fact.meaning_ja.strip_suffix("の数（重複を除く）")?, grouped(count))
        }
        Language::En => format!("{}: {}", fact.meaning.strip_suffix(": distinct ones")?, grouped(count)),
    })
}

/// Whether a fact is among the evidence and is not zero, false or empty.
pub fn holds<'a>(mut evidence: impl Iterator<Item = &'a str>, fact: &str) -> bool {
    evidence.any(|item| matches!(item.split_once(" = "), Some((f, v)) if f == fact && value(v, Language::En).is_some()))
}

fn say(table: &[Words], item: &str, language: Language) -> Option<String> {
    let (fact, raw) = item.split_once(" = ")?;
    let (_, ja, en) = table.iter().find(|row| row.0 == fact.trim())?;
    let words = match language {
        Language::Ja => ja,
        Language::En => en,
    };
    let value = value(raw, language)?;
    // English counts: "1 outside recipient".
    let one = language == Language::En && value == "1" && words.starts_with("{} ");
    let words = if one { words.trim_end_matches('s') } else { words };
    Some(words.replace("{}", &value))
}

/// A value as people write it; none for zero, false, empty, and the -1 that stands for "never".
fn value(raw: &str, language: Language) -> Option<String> {
    let raw = raw.trim();
    if let Some(inner) = raw.strip_prefix('[') {
        return list(inner.trim_end_matches(']'), language);
    }
    match raw {
        "0" | "-1" | "false" | "null" | "" | "\"\"" => None,
        _ => match raw.parse::<i64>() {
            Ok(number) => Some(grouped(number)),
            Err(_) => Some(sanitize::line(raw.trim_matches('"'), 60)),
        },
    }
}

/// The first entries of a list. Evidence itself may have been cut: it then ends in `… 2 more`.
fn list(inner: &str, language: Language) -> Option<String> {
    let mut entries: Vec<String> = Vec::new();
    let mut beyond = 0;
    for entry in inner.split(',') {
        let entry = entry.trim().trim_matches('"');
        match entry.strip_prefix('…').and_then(|e| e.trim().strip_suffix(" more")) {
            Some(more) => beyond = more.trim().parse().unwrap_or(0),
            None => entries.extend(Some(named(entry, language)).filter(|e| !e.is_empty())),
        }
    }
    if entries.is_empty() {
        return None;
    }
    let rest = entries.len().saturating_sub(NAMED).saturating_add(beyond);
    let (comma, more) = match language {
        Language::Ja => ("、", format!(" ほか{rest}件")),
        Language::En => (", ", format!(" and {rest} more")),
    };
    let mut text = entries[..entries.len().min(NAMED)].join(comma);
    if rest > 0 {
        text.push_str(&more);
    }
    Some(text)
}

/// A part that was not read, as facts have it (`名簿.zip (encrypted)`), with its reason in words.
pub fn part_in_words(part: &str, language: Language) -> String {
    reason_in_words(part, language, 200)
}

/// An entry, with the code in brackets behind it (`名簿*** (too-deep)`) put into words.
fn named(entry: &str, language: Language) -> String {
    reason_in_words(entry, language, 40)
}

/// `name (code)` with the code in words, the name cut to so many characters.
fn reason_in_words(part: &str, language: Language, length: usize) -> String {
    let Some((name, code)) = part.strip_suffix(')').and_then(|p| p.rsplit_once(" (")) else {
        return sanitize::line(part, length);
    };
    let name = sanitize::line(name, length);
    let known = REASONS.iter().find(|r| r.0 == code);
    match (known, code.strip_prefix("unknown type: "), language) {
        (Some(reason), _, Language::Ja) => format!("{name}（{}）", reason.1),
        (Some(reason), _, Language::En) => format!("{name} ({})", reason.2),
        (None, Some(kind), Language::Ja) => format!("{name}（読めない種類: {}）", sanitize::line(kind, 60)),
        (None, _, _) => sanitize::line(part, length),
    }
}

/// A number with its thousands apart: `1,144`.
pub fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut out = String::new();
    if number < 0 {
        out.push('-');
    }
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ja(items: &[&str]) -> Vec<String> {
        in_words(items.iter().copied(), Language::Ja)
    }

    #[test]
    fn facts_read_as_sentences() {
        assert_eq!(
            ja(&["recipients.visible_parties = 1105", "recipients.visible_parties = 1105"]),
            ["To・Ccに並んでいる、別々の社外の相手: 1,105件"]
        );
        assert_eq!(
            ja(&["attachments.encrypted_names = [\"a***.zip\", \"b***.zip\", \"c***\", \"d***\"]"]),
            ["パスワード付きの添付: a***.zip、b***.zip、c*** ほか1件"]
        );
        assert_eq!(
            ja(&["message.uninspected = [名簿*** (too-deep), b***, c*** (own-code), d***, … 4 more]"]),
            ["中を確認できなかった部分: 名簿***（入れ子が深すぎる）、b***、c*** (own-code) ほか5件"]
        );
        assert_eq!(
            in_short(["x.y = 1", "recipients.external = 35"].into_iter(), Language::En),
            Some("35 outside recipients".into())
        );
        assert_eq!(
            in_short(["recipients.external = 1"].into_iter(), Language::En),
            Some("1 outside recipient".into())
        );
    }

    #[test]
    fn what_was_found_is_counted_in_the_vocabulary_s_words() {
        assert_eq!(
            ja(&["personal.persons_min = 14", "personal.birth_date = 14", "personal.address = 0"]),
            ["個人の情報: 少なくとも14人分", "生年月日: 14件"]
        );
        assert_eq!(
            in_words(["personal.phone = 1200", "secrets.jwt = 1"].into_iter(), Language::En),
            ["Telephone number: 1,200", "Signed JSON web token: 1"]
        );
        // Every count of a kind reads so; what is no count of a kind is told by a phrase or not at all.
        for fact in facts::TABLE.iter().filter(|f| matches!(f.group, "personal" | "secrets")) {
            let kind = fact.meaning.ends_with(": distinct ones");
            let item = format!("{} = 2", fact.path);
            for language in [Language::Ja, Language::En] {
                assert_eq!(count_of(&item, language).is_some(), kind, "{item}");
            }
        }
        // The subject line tells what weighs most, wherever it stands in the evidence.
        let evidence = ["recipients.external = 14", "personal.persons_min = 14"];
        assert_eq!(in_short(evidence.into_iter(), Language::Ja), Some("14人分の個人の情報があります".into()));
    }

    #[test]
    fn what_says_nothing_is_left_out() {
        assert!(
            ja(&["recipients.external = 0", "message.is_recall = false", "labels.found = []"]).is_empty()
        );
        assert!(ja(&["history.same_recipients_hours = -1", "own.fact = 3", "no evidence", ""]).is_empty());
        assert!(holds(["message.is_recall = true"].into_iter(), "message.is_recall"));
        assert!(!holds(["message.is_recall = false"].into_iter(), "message.is_recall"));
    }

    #[test]
    fn every_phrase_takes_its_value_in_both_languages() {
        for (fact, ja, en) in PHRASES.iter().chain(SUBJECTS) {
            assert!(ja.matches("{}").count() <= 1 && en.matches("{}").count() <= 1, "{fact}");
            assert!(fact.contains('.'), "{fact}");
        }
        for (fact, ..) in SUBJECTS {
            let counted = count_of(&format!("{fact} = 1"), Language::En).is_some();
            assert!(counted || PHRASES.iter().any(|p| p.0 == *fact), "{fact}");
        }
    }

    #[test]
    fn a_part_that_was_not_read_is_told_with_its_reason() {
        for (part, ja, en) in [
            ("名簿.zip (encrypted)", "名簿.zip（パスワード付き）", "名簿.zip (under a password)"),
            (
                "a.zip › b.bin (unknown type: binary)",
                "a.zip › b.bin（読めない種類: binary）",
                "a.zip › b.bin (unknown type: binary)",
            ),
            ("a.xlsx (over the limit of cells)", "a.xlsx（セルが多すぎる）", "a.xlsx (too many cells)"),
            ("何か", "何か", "何か"),
        ] {
            assert_eq!(part_in_words(part, Language::Ja), ja);
            assert_eq!(part_in_words(part, Language::En), en);
        }
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(
            [0, 999, 1000, 3_136, -1_234_567].map(grouped),
            ["0", "999", "1,000", "3,136", "-1,234,567"]
        );
    }
}
