//! Honorifics: 様, さん, 氏 and their like, and the name that stands before one.

use std::sync::LazyLock;

use super::chars::{self, is_han, is_kana, is_katakana};
use super::dictionary::{CharSet, DICTIONARY};
use super::names::{Name, splits};

/// Honorifics, longest first.
pub const HONORIFICS: &[&str] = &["先生", "ちゃん", "さん", "さま", "くん", "様", "氏", "殿", "君"];

/// What may stand directly before a name: roles and the like.
const BEFORE: &[&str] = &[
    "課長",
    "部長",
    "係長",
    "社長",
    "会長",
    "主任",
    "主査",
    "担当",
    "担当者",
    "室長",
    "所長",
    "局長",
    "次長",
    "校長",
    "教諭",
    "院長",
    "医師",
    "弁護士",
    "議員",
    "市長",
    "代表",
    "取締役",
    "理事",
    "専務",
    "常務",
    "被害者",
    "患者",
    "生徒",
    "児童",
    "保護者",
    "氏名",
    "名前",
    "者",
    "人",
    "員",
    "会社",
    "課",
    "部",
    "係",
    "室",
    "科",
    "組",
    "様",
    "氏",
    "男性",
    "女性",
];

/// Words that end in an honorific and name nobody.
const NOBODY: &[&str] = &[
    "皆",
    "奥",
    "神",
    "王",
    "仏",
    "姫",
    "貴",
    "各",
    "同",
    "一",
    "多",
    "異",
    "模",
    "仕",
    "左",
    "何",
    "人",
    "嫁",
    "宮",
    "殿",
    "若",
    "旦那",
    "両",
    "某",
    "諸",
    "母",
    "父",
    "爺",
    "婆",
    "娘",
    "息子",
    "客",
    "有",
    "御",
    "爺",
    "店員",
    "業者",
    "職人",
    "大家",
    "仲人",
    "兄",
    "姉",
    "弟",
    "妹",
    "叔母",
    "叔父",
    "伯母",
    "伯父",
    "源",
    "平",
    "主",
    "細",
    "暴",
    "幼",
    "大将",
    "組合員",
    "会員",
    "町",
    "村",
    "上",
    "下",
    "中",
    "外",
    "内",
    "本",
    "別",
    "今",
    "市",
    "国",
    "県",
    "部",
    "課",
    "社",
    "店",
    "校",
    "園",
    "院",
    "方",
];

static HONORIFICS_BEGIN: LazyLock<CharSet> =
    LazyLock::new(|| CharSet::of(HONORIFICS.iter().filter_map(|h| h.chars().next())));

/// The honorific that stands at `at`, and where it ends; 様 in 様式 is none.
pub fn honorific_at(text: &str, at: usize) -> Option<usize> {
    if !HONORIFICS_BEGIN.has(chars::at(text, at)?) {
        return None;
    }
    let rest = text.get(at..)?;
    let word = HONORIFICS.iter().find(|h| rest.starts_with(**h))?;
    let next = rest[word.len()..].chars().next().unwrap_or(' ');
    let goes_on = match *word {
        "様" => "々式子態相".contains(next),
        "氏" => "名族子神".contains(next),
        "君" => "主臨が".contains(next),
        "殿" => "堂下".contains(next),
        _ => false,
    };
    (!goes_on).then_some(at + word.len())
}

/// The name before an honorific at `at`: surname with or without given name.
pub fn before_honorific(text: &str, at: usize) -> Option<Name> {
    let d = &*DICTIONARY;
    let end = if chars::before(text, at) == Some(' ') { at - 1 } else { at };
    // All places up to eight characters back where the name could begin.
    let mut starts = [0usize; 8];
    let mut count = 0;
    let mut pos = end;
    for c in text.get(..end)?.chars().rev().take(8) {
        if !(is_han(c) || is_kana(c) || c == ' ') {
            break;
        }
        pos -= c.len_utf8();
        starts[count] = pos;
        count += 1;
    }
    // The longest that is a name and begins at a boundary.
    for start in starts[..count].iter().rev().copied() {
        if !may_begin(text, start) {
            continue;
        }
        if let Some(full) = splits(d, text, start, end) {
            let word = text.get(start..end)?;
            if full || !NOBODY.contains(&word) {
                return Some(Name { range: start..end, full, confidence: if full { 90 } else { 65 } });
            }
        }
    }
    None
}

/// Whether the word is one that stands before names: 課長, 担当.
pub fn may_stand_before(word: &str) -> bool {
    BEFORE.contains(&word)
}

/// Whether a role of two kanji or more stands directly before: 課長, 患者.
pub fn after_role(text: &str, at: usize) -> bool {
    is_behind(text, at, |word| word.len() > '長'.len_utf8())
}

static BEFORE_ENDS: LazyLock<CharSet> =
    LazyLock::new(|| CharSet::of(BEFORE.iter().filter_map(|b| b.chars().next_back())));

/// Whether one of the words that stand before names, of such as `fit`, ends at `at`.
fn is_behind(text: &str, at: usize, fit: impl Fn(&str) -> bool) -> bool {
    chars::before(text, at).is_some_and(|c| BEFORE_ENDS.has(c))
        && text.get(..at).is_some_and(|head| BEFORE.iter().any(|b| fit(b) && head.ends_with(b)))
}

/// Whether a name may begin at `start`: no kanji before it, or the end of a role.
fn may_begin(text: &str, start: usize) -> bool {
    match chars::before(text, start) {
        None => true,
        Some(c) if is_han(c) => is_behind(text, start, |_| true),
        Some(c) => !is_katakana(c) || !chars::at(text, start).is_some_and(is_katakana),
    }
}
