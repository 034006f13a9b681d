//! What `inspect --explain` says to a person: what would happen to the mail, why, and what was not read.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::common::Input;
use super::findings;
use casebook::Bilingual;
use facts::Language;
use guard::{Inspected, Policy};
use rules::verdict::{Action, Approval, Match, Mode, Rewrite, Verdict};

/// The whole explanation, in the organisation's language.
pub fn text(policy: &Policy, input: &Input, seen: &Inspected<'_>) -> String {
    let language = policy.organization.language;
    let say = |ja: &'static str, en: &'static str| if language == Language::Ja { ja } else { en };
    let mut out = String::new();
    let subject = seen.mail.subject();
    let _ = writeln!(out, "{}", input.name);
    if !subject.is_empty() {
        let _ = writeln!(out, "  {} {}", say("件名:", "Subject:"), line(&subject));
    }
    let _ = writeln!(out, "  {} {}", say("結果:", "Verdict:"), verdict(&seen.verdict, language));
    let recipients = &seen.facts.recipients;
    let _ = writeln!(
        out,
        "  {} {} / {} {}",
        say("社外の宛先:", "Outside recipients:"),
        recipients.external,
        say("宛先欄で互いに見えるもの:", "visible to all readers:"),
        recipients.visible_external,
    );
    // The rule that decided first, as in the notice.
    let mut matches: Vec<&Match> = seen.verdict.matches.iter().collect();
    matches.sort_by_key(|m| std::cmp::Reverse((m.mode == Mode::Enforce, m.action, m.approval)));
    let mut told = BTreeSet::new();
    for matched in matches {
        rule(&mut out, policy, matched, language, &mut told);
    }
    if let Some(error) = &seen.verdict.error {
        let _ = writeln!(out, "  {} {error}", say("評価できませんでした:", "Could not be evaluated:"));
    }
    if let Some(reading) = &seen.reading {
        findings::write(&mut out, reading, language);
    }
    let uninspected = seen.facts.not_inspected();
    if !uninspected.is_empty() {
        let _ = writeln!(out, "  {}", say("検査できなかったもの:", "Not read:"));
        for part in &uninspected {
            let _ = writeln!(out, "    - {}", line(&notice::part_in_words(part, of_notices(language))));
        }
    }
    if !seen.facts.message.defects.is_empty() {
        let defects = seen.facts.message.defects.join(", ");
        let _ = writeln!(out, "  {} {defects}", say("形式の欠陥:", "Defects:"));
    }
    out
}

/// Incidents of one rule that are told; the others are named.
const TOLD: usize = 2;

/// One rule that matched, with its reason, what it is based on, and the incidents that it cites. What is told of
/// one rule is not told again of the next.
fn rule(out: &mut String, policy: &Policy, matched: &Match, language: Language, told: &mut BTreeSet<String>) {
    let monitored = match (matched.mode, language) {
        (Mode::Enforce, _) => "",
        (Mode::Monitor, Language::Ja) => "（記録のみ）",
        (Mode::Monitor, Language::En) => " (recorded only)",
    };
    let _ = writeln!(out, "  ■ {}{monitored}", matched.id);
    let _ = writeln!(out, "    {}", of(&matched.reason, language));
    for evidence in evidence(matched, language) {
        let _ = writeln!(out, "    · {}", line(&evidence));
    }
    let (new, known): (Vec<&String>, Vec<&String>) =
        matched.incidents.iter().partition(|i| !told.contains(*i));
    let (shown, rest) = new.split_at(new.len().min(TOLD));
    for id in shown {
        if let Some(incident) = policy.casebook.get(id) {
            let who = of(&incident.organization, language);
            let what = of(&incident.summary, language);
            let _ = writeln!(out, "    ↳ {id} ({}) {who}: {what}", incident.date);
            told.insert(id.to_string());
        }
    }
    let others: Vec<&str> = rest.iter().chain(&known).map(|id| id.as_str()).collect();
    if !others.is_empty() {
        let others = others.join(", ");
        let _ = match language {
            Language::Ja => writeln!(out, "    ↳ ほかの事案: {others}"),
            Language::En => writeln!(out, "    ↳ other incidents: {others}"),
        };
    }
}

/// The evidence in words; a fact without words as it stands, unless it says nothing.
fn evidence(matched: &Match, language: Language) -> Vec<String> {
    let in_words =
        |item: &str| notice::in_words(std::iter::once(item), of_notices(language)).into_iter().next();
    let empty = |item: &str| {
        let value = item.split_once(" = ").map_or("", |parts| parts.1);
        matches!(value, "0" | "-1" | "false" | "[]" | "" | "\"\"")
    };
    let items = matched.evidence.iter().filter(|item| !empty(item));
    items.map(|item| in_words(item).unwrap_or_else(|| item.clone())).collect()
}

fn of_notices(language: Language) -> notice::Language {
    match language {
        Language::Ja => notice::Language::Ja,
        Language::En => notice::Language::En,
    }
}

/// What happens, in a few words.
pub fn verdict(verdict: &Verdict, language: Language) -> String {
    let ja = language == Language::Ja;
    let action = match (verdict.action, ja) {
        (Action::Pass, true) => "そのまま送信",
        (Action::Pass, false) => "passes as it is",
        (Action::Rewrite, true) => "宛先を書き直して送信",
        (Action::Rewrite, false) => "leaves rewritten",
        (Action::Delay, true) => "しばらく待ってから送信",
        (Action::Delay, false) => "leaves after a delay",
        (Action::Hold, true) => "保留",
        (Action::Hold, false) => "is held",
        (Action::Reject, true) => "拒否",
        (Action::Reject, false) => "is rejected",
    };
    let rewrite = match (verdict.rewrite, ja) {
        (None, _) => "",
        (Some(Rewrite::Bcc), true) => "・社外の宛先はBccに",
        (Some(Rewrite::Bcc), false) => ", outside recipients in Bcc",
        (Some(Rewrite::Individual), true) => "・社外へは1通ずつ",
        (Some(Rewrite::Individual), false) => ", one copy for each outside recipient",
    };
    let approval = match (verdict.action, verdict.approval, ja) {
        (Action::Hold, Approval::SecondPerson, true) => "・別の人の承認が必要",
        (Action::Hold, Approval::SecondPerson, false) => ", until a second person lets it go",
        (Action::Hold, _, true) => "・送信者の確認が必要",
        (Action::Hold, _, false) => ", until the sender lets it go",
        _ => "",
    };
    format!("{action}{rewrite}{approval}")
}

fn of(text: &Bilingual, language: Language) -> &str {
    match language {
        Language::Ja => &text.ja,
        Language::En => &text.en,
    }
}

/// A text from a message, safe for a terminal: control characters become spaces.
pub(super) fn line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
