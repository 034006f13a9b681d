//! Names of persons, in context only: surname and given name side by side, an honorific, a label.
//! A surname alone is a word like any other; many are place names too.

use std::ops::Range;
use std::sync::LazyLock;

use super::chars::{self, is_han, is_hiragana, is_kana, is_katakana};
use super::dictionary::{CharSet, DICTIONARY, Dictionary};
pub use super::honorifics::{HONORIFICS, after_role, before_honorific, honorific_at};
pub use super::name_values::{after_label, is_full, is_kana_name, key, looks_like_name, without_honorific};
use super::short_names;

/// A name in a normalised text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// Bytes of the normalised text, without honorific.
    pub range: Range<usize>,
    /// Whether surname and given name are both there.
    pub full: bool,
    pub confidence: u8,
}

/// The confidence of a name that counts only beside something else of a person.
const WAITS: u8 = 30;

/// Given names of one kanji that are common enough to be believed after a surname.
const ONE_KANJI: &str = "誠修稔茂勝隆豊進清実博弘明勉薫香恵翔蓮凜樹湊葵楓渉健亮剛聡聖翼匠航司仁忍忠徹昇昭武毅浩洋満猛治環瞳純譲護豪賢透遥陽隼静馨駿舞愛望梓桜渚澪琴睦碧紬茜萌蘭優克学正潤悟守厚功巧崇敬敏晃暁栄歩淳宏哲仁力久旭奏暖心凪律杏詩唯栞雅巌操幸光彩陸圭泉梢柊岬峻秀直寛裕哲斉充丈卓拓威彰晶晟煌暉昂昴悠怜玲瑛珠郁鈴雫響順颯麗諒謙遼柚莉蒔紡亘渓武";

/// What given names typically end in; a surname of one kanji is believed only before such.
const TYPICAL_ENDS: &str =
    "子郎美男夫雄之介助太香奈菜恵代江枝一二三司志史也哉樹輝人斗翔真里理絵紀世衣花音羽月希";

/// What given names hardly end in, but words behind the name of a place do: 長崎 市内, 大島 支所.
const PLACE_ENDS: &str = "内外前後駅港店社部課場所町村区県街岸館園校院署";

/// What may follow a name directly: honorifics and roles.
const ROLES: &[&str] = &[
    "教授",
    "准教授",
    "助教",
    "講師",
    "課長",
    "部長",
    "係長",
    "社長",
    "会長",
    "主任",
    "主査",
    "主事",
    "室長",
    "所長",
    "局長",
    "次長",
    "校長",
    "教諭",
    "園長",
    "院長",
    "医師",
    "看護師",
    "弁護士",
    "議員",
    "市長",
    "町長",
    "村長",
    "知事",
    "監督",
    "選手",
    "容疑者",
    "記者",
    "代表",
    "理事",
    "専務",
    "常務",
    "取締役",
    "参事",
    "主幹",
    "補佐",
    "委員",
    "店長",
    "本人",
    "宛",
    "名義",
    "作成",
    "生",
    "男",
    "女",
];

/// A full name that begins at `at` in running text: surname and given name of the dictionary side by
/// side, with a boundary on both ends. `at` must be where a run of kanji begins.
pub fn side_by_side(text: &str, at: usize) -> Option<Name> {
    let d = &*DICTIONARY;
    for surname_end in d.surnames.ends(text, at).longest_first() {
        if let Some(name) = given_after(d, text, at, surname_end) {
            return Some(name);
        }
    }
    None
}

fn given_after(d: &Dictionary, text: &str, at: usize, surname_end: usize) -> Option<Name> {
    let spaced = text.as_bytes().get(surname_end) == Some(&b' ');
    let given_start = surname_end + usize::from(spaced);
    let surname = text.get(at..surname_end)?;
    for end in d.given.ends(text, given_start).longest_first() {
        let given = text.get(given_start..end)?;
        let apart = spaced && surname.chars().count() > 1;
        if !ends_cleanly(text, end, given) || (!apart && d.words.contains_joined(surname, given)) {
            continue;
        }
        // 関さくら（… and 東 誠（… : what is told of a person stands in brackets behind the name.
        let told = chars::at(text, end) == Some('(')
            && (spaced || given.chars().count() > 1 || (is_common_given(given) && tells_date(text, end + 1)));
        let told = told || after_role(text, at) || text.get(end..).is_some_and(|t| t.starts_with(" <"));
        let followed = told || honorific_at(text, skip_space(text, end)).is_some();
        if followed || believable(surname, given, spaced) {
            let confidence = if followed || spaced { 90 } else { 80 };
            return Some(Name { range: at..end, full: true, confidence });
        }
        let short = spaced && surname.chars().count() == 1 && is_common_given(given);
        if short && given.chars().count() == 1 && !short_names::is_spread(text, &(at..end)) {
            let confidence = if short_names::stands_as_name(text, &(at..end)) { 70 } else { WAITS };
            return Some(Name { range: at..end, full: true, confidence });
        }
    }
    (spaced && surname.chars().count() > 1).then(|| unlisted_given(d, text, at, given_start))?
}

/// The name with a given name that no list has, but with a space before it and typical kanji.
fn unlisted_given(d: &Dictionary, text: &str, at: usize, given_start: usize) -> Option<Name> {
    let end = han_end(text, given_start);
    let given = text.get(given_start..end)?;
    (is_boundary(text, end)
        && !is_role(given)
        && !given.ends_with(|c| PLACE_ENDS.contains(c))
        && !d.surnames.contains(given)
        && !d.places.contains(given)
        && d.is_like_given(given))
    .then_some(Name { range: at..end, full: true, confidence: 60 })
}

/// Whether a number or an era begins here.
fn tells_date(text: &str, at: usize) -> bool {
    chars::at(text, at).is_some_and(|c| c.is_ascii_digit() || "SHTRM昭平令大明".contains(c))
}

/// Whether the lengths and endings make a person rather than two words.
fn believable(surname: &str, given: &str, spaced: bool) -> bool {
    let (s, g) = (surname.chars().count(), given.chars().count());
    let last = given.chars().next_back().unwrap_or(' ');
    let kana = given.chars().all(is_kana);
    if is_role(given) || (g > 1 && PLACE_ENDS.contains(last)) {
        return false;
    }
    match (s, g) {
        (1, 1) => false,
        (1, _) => spaced && !kana || TYPICAL_ENDS.contains(last) && g == 2,
        (_, 1) => !kana && (spaced || ONE_KANJI.contains(last)),
        (_, 2) if kana => spaced,
        _ => true,
    }
}

/// Whether a given name of one kanji is common enough to be believed.
pub(super) fn is_common_given(word: &str) -> bool {
    ONE_KANJI.contains(word)
}

pub(super) fn is_role(word: &str) -> bool {
    ROLES.contains(&word) || HONORIFICS.contains(&word)
}

/// Whether nothing of the word goes on at `end`.
fn ends_cleanly(text: &str, end: usize, given: &str) -> bool {
    let Some(next) = chars::at(text, end) else {
        return true;
    };
    let another_word = if is_hiragana(next) {
        !given.chars().next_back().is_some_and(is_kana) || "はがをにのともへやで".contains(next)
    } else {
        !is_han(next) && !is_katakana(next)
    };
    // Honorifics and roles may follow directly.
    another_word || honorific_at(text, end).is_some() || begins_with_role(text, end, next)
}

static ROLES_BEGIN: LazyLock<CharSet> =
    LazyLock::new(|| CharSet::of(ROLES.iter().filter_map(|r| r.chars().next())));

/// Whether a role begins at `at`, where `first` stands.
fn begins_with_role(text: &str, at: usize, first: char) -> bool {
    ROLES_BEGIN.has(first) && text.get(at..).is_some_and(|rest| ROLES.iter().any(|r| rest.starts_with(r)))
}

/// Whether exactly `start..end` is surname + given name (true) or a surname alone (false).
pub(super) fn splits(d: &Dictionary, text: &str, start: usize, end: usize) -> Option<bool> {
    let mut alone = false;
    for surname_end in d.surnames.ends(text, start).longest_first() {
        if surname_end == end {
            alone = true;
            continue;
        }
        if surname_end > end {
            continue;
        }
        let given_start = skip_space(text, surname_end);
        let given = text.get(given_start..end)?;
        if d.given.contains(given) || d.is_like_given(given) {
            return Some(true);
        }
    }
    alone.then_some(false)
}

fn han_end(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or("");
    at + rest.find(|c: char| !is_han(c)).unwrap_or(rest.len())
}

fn is_boundary(text: &str, at: usize) -> bool {
    chars::at(text, at).is_none_or(|c| !is_han(c) && !is_kana(c))
}

fn skip_space(text: &str, at: usize) -> usize {
    at + usize::from(chars::at(text, at) == Some(' '))
}

pub(super) fn skip_spaces(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or("");
    at + (rest.len() - rest.trim_start_matches([' ', '\t']).len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn running(text: &str) -> Option<&str> {
        side_by_side(text, 0).map(|n| &text[n.range])
    }

    fn honoured(text: &str) -> Option<&str> {
        let at = text.char_indices().rev().map(|(i, _)| i).find(|i| honorific_at(text, *i).is_some())?;
        before_honorific(text, at).map(|n| &text[n.range])
    }

    #[test]
    fn surname_and_given_name_side_by_side() {
        assert_eq!(running("山田太郎が来た"), Some("山田太郎"));
        assert_eq!(running("長谷川 一郎,"), Some("長谷川 一郎"));
        assert_eq!(running("小林さくらさん"), Some("小林さくら"));
        assert_eq!(running("田中実"), Some("田中実"));
        assert_eq!(running("佐藤花子課長"), Some("佐藤花子"));
    }

    #[test]
    fn words_that_look_like_names_are_none() {
        for text in [
            "大学の図書館",
            "東京で会議",
            "中国大使館",
            "山口支店長",
            "石川県庁",
            "福島 工場",
            "千葉 校舎",
            "平成の森",
            "川崎 製鉄",
            "高島屋",
            "三省堂書店",
            "森林組合",
            "西日本",
            "秋田県",
            "宮崎 支店",
        ] {
            assert_eq!(running(text), None, "{text}");
        }
    }

    #[test]
    fn honorifics_need_a_surname_and_a_boundary() {
        assert_eq!(honoured("株式会社見本の田中様"), Some("田中"));
        assert_eq!(honoured("担当の山田 太郎 様"), Some("山田 太郎"));
        assert_eq!(honoured("森さん"), Some("森"));
        assert_eq!(honoured("被害者佐藤花子さん"), Some("佐藤花子"));
        for text in [
            "お客様",
            "皆様",
            "同様",
            "仕様",
            "奥様",
            "担当者様",
            "様式",
            "氏名",
            "各位様",
            "お母さん",
            "たくさん",
        ] {
            assert_eq!(honoured(text), None, "{text}");
        }
    }

    #[test]
    fn labelled_values_and_cells() {
        let text = "氏名： 山田　太郎　様";
        let text = super::super::normalize::Normalized::new(text).as_str().to_string();
        let at = text.find(':').map(|i| i + 1).expect("colon");
        assert_eq!(after_label(&text, at).map(|n| text[n.range].to_string()), Some("山田 太郎".into()));
        assert!(
            looks_like_name("ヤマダ タロウ")
                && looks_like_name("やまだたろう")
                && looks_like_name("John Smith")
        );
        for value in ["会議室", "合計", "Total Amount of", "データ", "東京支社", "a", ""] {
            assert!(!looks_like_name(value), "{value}");
        }
        assert!(looks_like_name("森 茂"));
        assert_eq!(key("髙橋　一郎 様"), key("高橋一郎"));
    }
}
