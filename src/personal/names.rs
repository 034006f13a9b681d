//! Names of persons, in context only: surname and given name side by side, an honorific, a label.
//! A surname alone is a word like any other; many are place names too.

use std::ops::Range;

use super::chars::{self, is_han, is_hiragana, is_kana, is_katakana};
use super::dictionary::{DICTIONARY, Dictionary};

/// A name in a normalised text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// Bytes of the normalised text, without honorific.
    pub range: Range<usize>,
    /// Whether surname and given name are both there.
    pub full: bool,
    pub confidence: u8,
}

/// Given names of one kanji that are common enough to be believed after a surname.
const ONE_KANJI: &str = "誠修稔茂勝隆豊進清実博弘明勉薫香恵翔蓮凜樹湊葵楓渉健亮剛聡聖翼匠航司仁忍忠徹昇昭武毅浩洋満猛治環瞳純譲護豪賢透遥陽隼静馨駿舞愛望梓桜渚澪琴睦碧紬茜萌蘭優克学正潤悟守厚功巧崇敬敏晃暁栄歩淳宏哲仁力久旭奏暖心凪律杏詩唯栞雅巌操幸光彩陸圭泉梢柊岬峻秀直寛裕哲斉充丈卓拓威彰晶晟煌暉昂昴悠怜玲瑛珠郁鈴雫響順颯麗諒謙遼柚莉蒔紡亘渓武";

/// What given names typically end in; a surname of one kanji is believed only before such.
const TYPICAL_ENDS: &str =
    "子郎美男夫雄之介助太香奈菜恵代江枝一二三司志史也哉樹輝人斗翔真里理絵紀世衣花音羽月希";

/// Honorifics, longest first.
const HONORIFICS: &[&str] = &[
    "先生",
    "ちゃん",
    "さん",
    "さま",
    "くん",
    "様",
    "氏",
    "殿",
    "君",
];

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
    let spaced = chars::at(text, surname_end) == Some(' ');
    let given_start = surname_end + usize::from(spaced);
    let surname = text.get(at..surname_end)?;
    for end in d.given.ends(text, given_start).longest_first() {
        let given = text.get(given_start..end)?;
        let ordinary = d.words.contains(&format!("{surname}{given}"));
        let apart = spaced && surname.chars().count() > 1;
        if !ends_cleanly(text, end, given) || (ordinary && !apart) {
            continue;
        }
        // 関さくら（… and 東 誠（… : what is told of a person stands in brackets behind the name.
        let told = chars::at(text, end) == Some('(')
            && (spaced
                || given.chars().count() > 1
                || (ONE_KANJI.contains(given) && tells_date(text, end + 1)));
        let followed = told || honorific_at(text, skip_space(text, end)).is_some();
        if followed || believable(surname, given, spaced) {
            let confidence = if followed || spaced { 90 } else { 80 };
            return Some(Name {
                range: at..end,
                full: true,
                confidence,
            });
        }
    }
    // A given name that no list has, but with a space before it and typical kanji.
    let end = han_end(text, given_start);
    let given = text.get(given_start..end)?;
    let alone = spaced && surname.chars().count() > 1 && is_boundary(text, end);
    (alone
        && !is_role(given)
        && !d.surnames.contains(given)
        && !d.places.contains(given)
        && d.is_like_given(given))
    .then_some(Name {
        range: at..end,
        full: true,
        confidence: 60,
    })
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
    if is_role(given) {
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

fn is_role(word: &str) -> bool {
    ROLES.contains(&word) || HONORIFICS.contains(&word)
}

/// Whether nothing of the word goes on at `end`.
fn ends_cleanly(text: &str, end: usize, given: &str) -> bool {
    let Some(next) = chars::at(text, end) else {
        return true;
    };
    let rest = text.get(end..).unwrap_or("");
    if honorific_at(text, end).is_some() || ROLES.iter().any(|r| rest.starts_with(r)) {
        return true;
    }
    let kana = given.chars().next_back().is_some_and(is_kana);
    if is_hiragana(next) {
        return !kana || "はがをにのともへやで".contains(next);
    }
    !is_han(next) && !is_katakana(next)
}

/// The honorific that stands at `at`, and where it ends; 様 in 様式 is none.
pub fn honorific_at(text: &str, at: usize) -> Option<usize> {
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
    let end = if chars::before(text, at) == Some(' ') {
        at - 1
    } else {
        at
    };
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
                return Some(Name {
                    range: start..end,
                    full,
                    confidence: if full { 90 } else { 65 },
                });
            }
        }
    }
    None
}

/// Whether exactly `start..end` is surname + given name (true) or a surname alone (false).
fn splits(d: &Dictionary, text: &str, start: usize, end: usize) -> Option<bool> {
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

/// Whether a name may begin at `start`: no kanji before it, or the end of a role.
fn may_begin(text: &str, start: usize) -> bool {
    match chars::before(text, start) {
        None => true,
        Some(c) if is_han(c) => {
            let head = text.get(..start).unwrap_or("");
            BEFORE.iter().any(|b| head.ends_with(b))
        }
        Some(c) => !is_katakana(c) || !chars::at(text, start).is_some_and(is_katakana),
    }
}

/// What stands after a label such as 氏名: taken as a name if it looks like one at all.
/// `at` is behind the label and its colon.
pub fn after_label(text: &str, at: usize) -> Option<Name> {
    let start = skip_spaces(text, at);
    let rest = chars::ahead(text, start, 150);
    let stop = rest
        .find(|c: char| {
            !(is_han(c)
                || is_kana(c)
                || c == ' '
                || c == '・'
                || c == '.'
                || c.is_ascii_alphabetic())
        })
        .unwrap_or(rest.len());
    let value = rest.get(..stop)?;
    // Two spaces end a value, as in aligned text.
    let value = value.split("  ").next().unwrap_or(value).trim_end();
    let value = without_honorific(value);
    (looks_like_name(value)).then(|| Name {
        range: start..start + value.len(),
        full: is_full(value),
        confidence: 80,
    })
}

/// The value without an honorific at its end.
pub fn without_honorific(value: &str) -> &str {
    let value = value.trim();
    HONORIFICS
        .iter()
        .find_map(|h| value.strip_suffix(h))
        .unwrap_or(value)
        .trim_end()
}

/// Whether a cell or a labelled value looks like a name: the surname of the dictionary first, a kana
/// pair, or two to four Latin words with capitals.
pub fn looks_like_name(value: &str) -> bool {
    let value = without_honorific(value);
    let count = value.chars().count();
    if !(2..=40).contains(&count) {
        return false;
    }
    if value.is_ascii() {
        return is_latin_name(value);
    }
    let d = &*DICTIONARY;
    let solid: String = value.chars().filter(|c| !matches!(c, ' ' | '・')).collect();
    let length = solid.chars().count();
    let ordinary = !value.contains(' ') && d.words.contains(&solid);
    if !(2..=10).contains(&length) || !solid.chars().all(|c| is_han(c) || is_kana(c)) || ordinary {
        return false;
    }
    if solid.chars().all(is_kana) {
        return is_kana_name(value);
    }
    d.surnames.ends(&solid, 0).longest_first().any(|end| {
        let rest = &solid[end..];
        rest.is_empty()
            || (!is_role(rest)
                && rest.chars().count() <= 4
                && (d.given.contains(rest) || d.is_like_given(rest) || value.contains(' ')))
    })
}

/// Whether both names are there.
pub fn is_full(value: &str) -> bool {
    let value = without_honorific(value);
    if value.is_ascii() {
        return value.contains(' ');
    }
    let solid: String = value.chars().filter(|c| !matches!(c, ' ' | '・')).collect();
    value.trim().contains([' ', '・']) || splits(&DICTIONARY, &solid, 0, solid.len()) == Some(true)
}

/// A surname's and a given name's reading, with or without a space between them.
pub fn is_kana_name(value: &str) -> bool {
    let d = &*DICTIONARY;
    let kana: String = value.trim().chars().map(chars::katakana).collect();
    if !kana
        .chars()
        .all(|c| is_katakana(c) || matches!(c, ' ' | '・'))
    {
        return false;
    }
    if let Some((surname, given)) = kana.split_once([' ', '・']) {
        return d.kana_surnames.contains(surname) || d.kana_given.contains(given.trim());
    }
    d.kana_surnames
        .ends(&kana, 0)
        .longest_first()
        .any(|end| d.kana_given.contains(&kana[end..]))
}

/// `Taro Yamada`, `YAMADA, Taro`, `J. Smith`: two to four words that begin with capitals.
fn is_latin_name(value: &str) -> bool {
    const NOT: [&str; 12] = [
        "the",
        "inc",
        "ltd",
        "llc",
        "corp",
        "co",
        "team",
        "office",
        "center",
        "department",
        "support",
        "total",
    ];
    let words: Vec<&str> = value.split([' ', ',']).filter(|w| !w.is_empty()).collect();
    (2..=4).contains(&words.len())
        && words.iter().all(|w| {
            w.bytes().next().is_some_and(|b| b.is_ascii_uppercase())
                && w.bytes()
                    .all(|b| b.is_ascii_alphabetic() || matches!(b, b'.' | b'-' | b'\''))
                && !NOT.contains(&w.to_ascii_lowercase().trim_end_matches('.'))
        })
}

/// A key under which two writings of one name fall together.
pub fn key(value: &str) -> String {
    without_honorific(value)
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '・' | ',' | '.'))
        .map(chars::common_form)
        .flat_map(char::to_lowercase)
        .collect()
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

fn skip_spaces(text: &str, at: usize) -> usize {
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
        let at = text
            .char_indices()
            .rev()
            .map(|(i, _)| i)
            .find(|i| honorific_at(text, *i).is_some())?;
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
        let text = super::super::normalize::Normalized::new(text)
            .as_str()
            .to_string();
        let at = text.find(':').map(|i| i + 1).expect("colon");
        assert_eq!(
            after_label(&text, at).map(|n| text[n.range].to_string()),
            Some("山田 太郎".into())
        );
        assert!(
            looks_like_name("ヤマダ タロウ")
                && looks_like_name("やまだたろう")
                && looks_like_name("John Smith")
        );
        for value in [
            "会議室",
            "合計",
            "Total Amount of",
            "データ",
            "東京支社",
            "a",
            "",
        ] {
            assert!(!looks_like_name(value), "{value}");
        }
        assert!(looks_like_name("森 茂"));
        assert_eq!(key("髙橋　一郎 様"), key("高橋一郎"));
    }
}
