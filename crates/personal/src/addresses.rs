//! Japanese postal addresses: prefecture, municipality, town, number; also without the prefecture
//! where the municipality is a known one.

use std::ops::Range;

use super::chars::{self, is_han, is_hiragana, is_katakana};
use super::dictionary::DICTIONARY;

const PREFECTURES: [&str; 47] = [
    "北海道",
    "青森県",
    "岩手県",
    "宮城県",
    "秋田県",
    "山形県",
    "福島県",
    "茨城県",
    "栃木県",
    "群馬県",
    "埼玉県",
    "千葉県",
    "東京都",
    "神奈川県",
    "新潟県",
    "富山県",
    "石川県",
    "福井県",
    "山梨県",
    "長野県",
    "岐阜県",
    "静岡県",
    "愛知県",
    "三重県",
    "滋賀県",
    "京都府",
    "大阪府",
    "兵庫県",
    "奈良県",
    "和歌山県",
    "鳥取県",
    "島根県",
    "岡山県",
    "広島県",
    "山口県",
    "徳島県",
    "香川県",
    "愛媛県",
    "高知県",
    "福岡県",
    "佐賀県",
    "長崎県",
    "熊本県",
    "大分県",
    "宮崎県",
    "鹿児島県",
    "沖縄県",
];

/// An address in a normalised text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    pub range: Range<usize>,
    /// Whether it goes down to a number.
    pub numbered: bool,
    pub with_prefecture: bool,
}

/// The first address in the run of kanji `run`; the town and number may reach beyond it.
pub fn in_run(text: &str, run: Range<usize>) -> Option<Address> {
    let slice = text.get(run.clone())?;
    if let Some((at, length)) = prefecture_in(slice) {
        let start = run.start + at;
        let next = skip_space(text, start + length);
        return municipality(text, next)
            .map(|end| finish(text, start, end, true))
            .filter(|a| a.numbered)
            .or_else(|| {
                // Some streets of Kyoto and villages have no municipality in the usual place.
                Some(finish(text, start, next, true)).filter(|a| a.numbered)
            });
    }
    let end = municipality(text, run.start)?;
    let stem_end = stem_end(text.get(run.start..end)?)?;
    let known = DICTIONARY.places.contains(text.get(run.start..run.start + stem_end)?);
    let address = finish(text, run.start, end, false);
    (known && address.numbered).then_some(address)
}

/// A labelled value or a cell that is an address: as [`in_run`], or without a number.
pub fn whole(value: &str) -> bool {
    let value = value
        .trim()
        .trim_start_matches('〒')
        .trim_start_matches(|c: char| c.is_ascii_digit() || "- ".contains(c));
    let run_end = value.find(|c: char| !is_han(c)).unwrap_or(value.len());
    if prefecture_in(value).is_some_and(|(at, _)| at == 0) {
        return value.chars().count() > 4;
    }
    if run_end > 0 && in_run(value, 0..run_end).is_some() {
        return true;
    }
    municipality(value, 0).is_some_and(|end| {
        let stem = stem_end(value).and_then(|e| value.get(..e));
        value.len() > end && stem.is_some_and(|s| DICTIONARY.places.contains(s))
    })
}

/// A town and number without the municipality, as a local office's lists have: 本町1-2-3.
pub fn town_and_number(value: &str) -> bool {
    let value = value.trim();
    let number = value.find(|c: char| c.is_ascii_digit() || chars::kanji_digit(c).is_some());
    let Some(at) = number.filter(|a| *a > 0) else {
        return false;
    };
    value[..at].chars().all(|c| is_han(c) || is_hiragana(c) || is_katakana(c))
        && number_end(value, at).is_some()
}

/// The writing of an address under which two fall together: no spaces, one kind of number.
pub fn key(value: &str) -> String {
    let mut key = String::with_capacity(value.len());
    for c in value.chars() {
        let c = match c {
            '丁' | '番' | '号' | '目' | '地' | '-' | 'の' => '-',
            c if c.is_whitespace() => continue,
            c => chars::kanji_digit(c).and_then(|d| char::from_digit(d, 10)).unwrap_or(c),
        };
        if !(c == '-' && key.ends_with('-')) {
            key.push(c);
        }
    }
    key.truncate(key.trim_end_matches('-').len());
    key
}

/// Where the stem of a municipality's name ends: 宇都宮 in 宇都宮市.
fn stem_end(name: &str) -> Option<usize> {
    let end = |c: char| matches!(c, '市' | '区' | '町' | '村' | '郡');
    name.char_indices().skip(1).find(|(_, c)| end(*c)).map(|(at, _)| at)
}

fn prefecture_in(slice: &str) -> Option<(usize, usize)> {
    for (at, c) in slice.char_indices() {
        if !matches!(c, '都' | '道' | '府' | '県') {
            continue;
        }
        let end = at + c.len_utf8();
        let head = &slice[..end];
        // 京都府 before 都, 東京都 and not 京都: the longest name that ends here.
        if let Some(p) = PREFECTURES.iter().find(|p| head.ends_with(**p)) {
            return Some((end - p.len(), p.len()));
        }
    }
    None
}

/// Where the municipality at `at` ends: 市, 区 (also 市 + 区), 郡 + 町/村, 町, 村.
fn municipality(text: &str, at: usize) -> Option<usize> {
    let mut end = None;
    let mut pos = at;
    for _ in 0..12 {
        let c = chars::at(text, pos)?;
        if !(is_han(c) || is_hiragana(c) || is_katakana(c)) {
            break;
        }
        pos += c.len_utf8();
        let stem = pos - at > c.len_utf8();
        match c {
            '郡' if stem && end.is_none() => {}
            '市' | '区' | '町' | '村' if stem => {
                // 市川市, 四日市市, 町田市: a division sign inside the name.
                let next = chars::at(text, pos);
                if next.is_some_and(|n| matches!(n, '市' | '区'))
                    || (pos - at <= 6 && next == Some('川') && c == '市')
                {
                    continue;
                }
                let nested = c == '区' && end.is_some();
                if end.is_none() || nested {
                    end = Some(pos);
                }
                if nested || c != '市' {
                    break;
                }
            }
            _ => {}
        }
    }
    end
}

/// Goes on over the town's name and takes the number.
fn finish(text: &str, start: usize, municipality_end: usize, with_prefecture: bool) -> Address {
    let mut pos = skip_space(text, municipality_end);
    for _ in 0..24 {
        if let Some(end) = number_end(text, pos) {
            return Address { range: start..end, numbered: true, with_prefecture };
        }
        if let Some(end) = bare_number_end(text, municipality_end, pos) {
            return Address { range: start..end, numbered: true, with_prefecture };
        }
        match chars::at(text, pos) {
            Some(c) if is_han(c) || is_katakana(c) || is_hiragana(c) && !"はがをにでと".contains(c) => {
                pos += c.len_utf8()
            }
            // つつじが丘, 桜が原: the が of a town's name.
            Some('が')
                if chars::at(text, pos + 3)
                    .is_some_and(|c| "丘崎浜原谷台峰森野沢池岡島瀬浦鼻坂花平根".contains(c)) =>
            {
                pos += 'が'.len_utf8()
            }
            // Sapporo counts in 条 before the number: 北1条西2-3.
            Some(c) if c.is_ascii_digit() => match numbered_street(text, pos) {
                Some(next) => pos = next,
                None => break,
            },
            // 大字田中 字前田 12番地
            Some(' ') if number_end(text, pos + 1).is_some() => pos += 1,
            _ => break,
        }
    }
    Address { range: start..municipality_end, numbered: false, with_prefecture }
}

/// Where the number that begins at `at` ends: 1-2-3, 1丁目2番3号, 123番地4, 三丁目5-6; a bare number is
/// none unless 番 or 丁目 or a dash is with it, so that 10人 and 3階 are none.
fn number_end(text: &str, at: usize) -> Option<usize> {
    let mut pos = at;
    let mut end = None;
    for _ in 0..6 {
        let digits = digits_end(text, pos)?;
        let (mark, next) = mark_at(text, digits);
        match mark {
            AddressMark::Named => end = Some(next),
            AddressMark::Dash if digits_end(text, next).is_some() => {}
            _ => {
                // The last part of 1-2-3 or 1丁目2-3 has no mark of its own.
                return if digits > pos && (end.is_some() || pos > at) { Some(digits) } else { end };
            }
        }
        pos = next;
        if digits_end(text, pos).is_none() {
            return end;
        }
    }
    end
}

/// Where a bare number ends that is all of an address behind its town: 島根県出雲市浜町102. What counts or
/// measures something is none.
fn bare_number_end(text: &str, municipality_end: usize, at: usize) -> Option<usize> {
    let town = text.get(municipality_end..at)?.trim();
    let digits = text.get(at..)?.bytes().take(6).take_while(u8::is_ascii_digit).count();
    let last = town.chars().next_back()?;
    let counted = "数口約第計率額量年月日時平均各回全総内他方番目は約".contains(last);
    if !(1..=5).contains(&digits) || town.chars().count() < 2 || counted {
        return None;
    }
    let end = at + digits;
    let next = chars::at(text, end);
    let closed = next.is_none_or(|c| c.is_whitespace() || "、,()。/|;〕」】\"".contains(c));
    closed.then_some(end)
}

fn numbered_street(text: &str, at: usize) -> Option<usize> {
    let digits = text.get(at..)?.bytes().take(3).take_while(u8::is_ascii_digit).count();
    // Also 北16西2 and 第5地割, and 東3線.
    let rest = text.get(at + digits..)?;
    ["条", "地割", "東", "西", "南", "北", "線"]
        .iter()
        .find(|mark| digits > 0 && rest.starts_with(**mark))
        .map(|mark| at + digits + mark.len())
}

enum AddressMark {
    Named,
    Dash,
    None,
}

fn mark_at(text: &str, at: usize) -> (AddressMark, usize) {
    let rest = text.get(at..).unwrap_or("");
    for name in ["丁目", "番地の", "番地", "地割", "番", "号", "線"] {
        // 一番町 and 七番丁 are names of towns.
        let town = |r: &str| name == "番" && r[name.len()..].starts_with(['町', '丁', '街', '館']);
        if rest.starts_with(name) && !town(rest) {
            return (AddressMark::Named, at + name.len());
        }
    }
    match rest.chars().next() {
        Some(c @ ('-' | 'の' | 'ノ')) => (AddressMark::Dash, at + c.len_utf8()),
        _ => (AddressMark::None, at),
    }
}

fn digits_end(text: &str, at: usize) -> Option<usize> {
    let rest = text.get(at..)?;
    let ascii = rest.bytes().take(6).take_while(u8::is_ascii_digit).count();
    if ascii > 0 {
        return (ascii <= 5).then_some(at + ascii);
    }
    let kanji = rest.find(|c: char| chars::kanji_digit(c).is_none() && c != '十').unwrap_or(rest.len());
    // A kanji numeral counts only before a named mark: 三 alone may be of a town's name.
    let fits = kanji > 0 && kanji <= 12;
    (fits && matches!(mark_at(text, at + kanji).0, AddressMark::Named)).then_some(at + kanji)
}

fn skip_space(text: &str, at: usize) -> usize {
    at + usize::from(text.as_bytes().get(at) == Some(&b' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<&str> {
        let start = text.find(is_han)?;
        let end = text[start..].find(|c: char| !is_han(c)).map_or(text.len(), |e| start + e);
        in_run(text, start..end).map(|a| &text[a.range])
    }

    #[test]
    fn addresses_with_and_without_prefecture() {
        for (text, want) in [
            ("東京都港区芝公園4-2-8", "東京都港区芝公園4-2-8"),
            ("現住所東京都新宿区西新宿二丁目8番1号です", "東京都新宿区西新宿二丁目8番1号"),
            ("大阪府箕面市西小路4-6-1", "大阪府箕面市西小路4-6-1"),
            (
                "京都府京都市中京区寺町通御池上る上本能寺前町488番地",
                "京都府京都市中京区寺町通御池上る上本能寺前町488番地",
            ),
            ("北海道札幌市中央区北1条西2-3", "北海道札幌市中央区北1条西2-3"),
            ("愛知県豊田市西町3丁目60番地", "愛知県豊田市西町3丁目60番地"),
            ("横浜市中区日本大通1-2", "横浜市中区日本大通1-2"),
            ("三重県四日市市諏訪町1番5号", "三重県四日市市諏訪町1番5号"),
            ("千葉県市川市八幡1丁目1-1", "千葉県市川市八幡1丁目1-1"),
            ("東京都町田市森野2-2-22", "東京都町田市森野2-2-22"),
            ("長野県北佐久郡軽井沢町大字長倉2381-1", "長野県北佐久郡軽井沢町大字長倉2381-1"),
            ("箕面市西小路四丁目6-1", "箕面市西小路四丁目6-1"),
            ("宇都宮市塙田1-1-20", "宇都宮市塙田1-1-20"),
            ("島根県出雲市浜町102", "島根県出雲市浜町102"),
            ("高松市春日町856 様", "高松市春日町856"),
            ("京都市上京区室町通上立売上る室町頭町261", "京都市上京区室町通上立売上る室町頭町261"),
            ("札幌市北区北16西2-1-1", "札幌市北区北16西2-1-1"),
            ("名古屋市天白区笹原町1007", "名古屋市天白区笹原町1007"),
            ("岩手県八幡平市大更第35地割62", "岩手県八幡平市大更第35地割62"),
            ("名張市つつじが丘北3-4-17", "名張市つつじが丘北3-4-17"),
            ("京都市中京区河原町2-1", "京都市中京区河原町2-1"),
            ("愛媛県松山市一番町4-4-2", "愛媛県松山市一番町4-4-2"),
            ("さいたま市", ""),
        ] {
            assert_eq!(found(text).unwrap_or(""), want, "{text}");
        }
    }

    #[test]
    fn what_is_no_address() {
        for text in [
            "東京都内で10人が参加",
            "都道府県別の1-2月",
            "市区町村コード131016",
            "会議は3時",
            "島根県出雲市内の会員数102",
            "高松市春日町856人",
            "第2区画1-3",
            "東京都",
            "工場区域2-1",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }

    #[test]
    fn cells_and_keys() {
        assert!(
            whole("〒105-0011 東京都港区芝公園4-2-8")
                && whole("神奈川県横浜市")
                && !whole("都内")
                && !whole("商品A")
        );
        assert!(town_and_number("本町1-2-3") && !town_and_number("会議室") && !town_and_number("10人"));
        assert_eq!(key("本町1丁目2番3号"), key("本町1-2-3"));
    }
}
