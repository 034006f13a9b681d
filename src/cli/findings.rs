//! What `inspect --explain` says of the content: what was found where, masked, and what a reader does
//! not see at first sight.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::explain::line;
use content::{Content, Oddity};
use facts::{Language, Reading};
use guard::preview;
use personal::{Findings, Hit, Kind, Place};

/// Pieces of evidence that are shown of one kind in one place.
const SHOWN: usize = 3;

/// Writes what was found, and what is hidden. Nothing where there is neither.
pub fn write(out: &mut String, reading: &Reading, language: Language) {
    found(out, &reading.findings, &reading.content, language);
    hidden(out, &reading.content, language);
}

fn found(out: &mut String, findings: &Findings, content: &Content, language: Language) {
    let say = |ja: &'static str, en: &'static str| if language == Language::Ja { ja } else { en };
    if findings.hits.is_empty() && findings.persons_est == 0 && findings.confidential_labels.is_empty() {
        return;
    }
    let _ = writeln!(out, "  {}", say("見つかったもの:", "Found:"));
    labels(out, findings, content, language);
    if findings.persons_max > 0 {
        let [min, est, max] = [findings.persons_min, findings.persons_est, findings.persons_max].map(number);
        let _ = match language {
            Language::Ja if min == max => writeln!(out, "    - 個人の数: {est}人"),
            Language::En if min == max => writeln!(out, "    - persons: {est}"),
            Language::Ja => {
                writeln!(out, "    - 個人の数: 推定{est}人（少なく数えて{min}人、多く数えて{max}人）")
            }
            Language::En => writeln!(out, "    - persons: {est} by estimate (at least {min}, at most {max})"),
        };
    }
    // Of very many, only the first are kept with their places: the kinds are counted by themselves.
    let capped = findings.hits_capped;
    if capped {
        let counts = findings.counts.iter().chain(&findings.secrets);
        let told: Vec<String> =
            counts.map(|(kind, n)| format!("{} {}", name(*kind, language), number(*n))).collect();
        let _ = writeln!(out, "    - {}: {}", say("種類ごとの数", "by kind"), told.join(say("、", ", ")));
        let first = say("場所（はじめの一部）", "where (the first of them)");
        let _ = writeln!(out, "    - {first}:");
    }
    let mut places: BTreeMap<(&str, Kind), Vec<&Hit>> = BTreeMap::new();
    for hit in &findings.hits {
        places.entry((&hit.path, hit.kind)).or_default().push(hit);
    }
    for ((path, kind), hits) in places {
        let shown: Vec<String> = hits
            .iter()
            .take(SHOWN)
            .map(|h| format!("{} [{}]", line(&h.masked), place(h, content, language)))
            .collect();
        let more = if hits.len() > SHOWN || capped { ", …" } else { "" };
        let times = if capped { String::new() } else { format!(" × {}", hits.len()) };
        let indent = if capped { "      " } else { "    " };
        let path = place_name(path, language);
        let within = say("", "in ");
        let _ = writeln!(
            out,
            "{indent}- {}{times} {within}{}: {}{more}",
            name(kind, language),
            line(path),
            shown.join(", ")
        );
    }
}

/// A number with its thousands apart.
fn number(n: usize) -> String {
    notice::grouped(i64::try_from(n).unwrap_or(i64::MAX))
}

/// The marks of confidentiality in the texts, and which files they stand in.
fn labels(out: &mut String, findings: &Findings, content: &Content, language: Language) {
    for label in &findings.confidential_labels {
        let with = content.texts.iter().filter(|t| t.text.contains(label.as_str()));
        let files: BTreeSet<&str> = with.map(|t| place_name(&t.path, language)).take(SHOWN).collect();
        let files = files.into_iter().map(line).collect::<Vec<_>>().join(", ");
        let label = line(label);
        let _ = match (language, files.is_empty()) {
            (Language::Ja, true) => writeln!(out, "    - 機密表示「{label}」"),
            (Language::Ja, false) => writeln!(out, "    - 機密表示「{label}」: {files}"),
            (Language::En, true) => writeln!(out, "    - mark \"{label}\""),
            (Language::En, false) => writeln!(out, "    - mark \"{label}\" in {files}"),
        };
    }
}

/// A path, or what the body and the subject are called.
fn place_name(path: &str, language: Language) -> &str {
    match (path, language) {
        ("" | "body", Language::Ja) => "本文",
        ("" | "body", Language::En) => "body",
        ("header", Language::Ja) => "件名",
        ("header", Language::En) => "subject",
        (file, _) => file,
    }
}

/// Where a hit is: a cell as spreadsheets name it, or a line of the text.
fn place(hit: &Hit, content: &Content, language: Language) -> String {
    match &hit.place {
        Place::Cell { sheet, row, column } => preview::cell_name(sheet, *row, *column),
        Place::Text(range) => {
            let of_path = |t: &&content::Text| t.path == hit.path && t.text.len() >= range.end;
            let text = content.texts.iter().find(of_path).map_or("", |t| t.text.as_str());
            let number = preview::line_of(text, range.start);
            match language {
                Language::Ja => format!("{number}行目"),
                Language::En => format!("line {number}"),
            }
        }
    }
}

/// What a kind is called, by the vocabulary of facts.
fn name(kind: Kind, language: Language) -> String {
    language.of(&preview::label(kind)).to_string()
}

fn hidden(out: &mut String, content: &Content, language: Language) {
    if content.notes.is_empty() {
        return;
    }
    let ja = language == Language::Ja;
    let _ = writeln!(out, "  {}", if ja { "見えにくいもの:" } else { "Not seen at first sight:" });
    for note in &content.notes {
        let (in_ja, in_en) = oddity(note.what);
        let what = if ja { in_ja } else { in_en };
        let _ = writeln!(out, "    - {} × {} ({})", what, note.count, line(&note.path));
    }
}

fn oddity(what: Oddity) -> (&'static str, &'static str) {
    match what {
        Oddity::HiddenSheet => ("非表示のシート", "hidden sheet"),
        Oddity::HiddenRows => ("非表示の行", "hidden row"),
        Oddity::HiddenColumns => ("非表示の列", "hidden column"),
        Oddity::HiddenSlide => ("非表示のスライド", "hidden slide"),
        Oddity::HiddenText => ("隠し文字", "hidden text"),
        Oddity::Comments => ("コメント", "comment"),
        Oddity::TrackedChanges => ("変更履歴", "tracked change"),
        Oddity::CachedData => ("残っている元データ", "cached source data"),
        Oddity::Macros => ("マクロ", "macros"),
        Oddity::EmbeddedObject => ("埋め込まれたファイル", "embedded file"),
        Oddity::InvisibleText => ("画像の下の文字", "text under a picture"),
        Oddity::AppendedData => ("末尾に付け足されたデータ", "data behind the end of a file"),
        Oddity::UndecodableText => ("読み取れない文字", "undecodable characters"),
    }
}
