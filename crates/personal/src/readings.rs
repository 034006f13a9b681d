//! How names in kanji are read, so that the holder of a card, written in kana, is known to be the person whom
//! another table writes in kanji. A name may have several readings; which one is right, nobody can tell.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::chars::{self, is_katakana};

/// Words in their common form, and how they are read.
type Readings = HashMap<String, Vec<&'static str>>;

/// Surnames and given names, made at first use: only where a mail has names in kana and in kanji.
static READINGS: LazyLock<(Readings, Readings)> = LazyLock::new(|| {
    (
        listed(include_str!("dictionaries/surname-readings.txt")),
        listed(concat!(
            include_str!("dictionaries/given-readings.txt"),
            include_str!("dictionaries/added-readings.txt")
        )),
    )
});

fn listed(text: &'static str) -> Readings {
    let mut readings = Readings::new();
    for line in text.lines() {
        let mut words = line.split(' ');
        let name = words.next().unwrap_or_default().chars().map(chars::common_form).collect();
        readings.entry(name).or_default().extend(words);
    }
    readings
}

/// At most so many readings of one name are looked at.
const MOST: usize = 32;

/// Whether the key of a name is in kana alone.
pub fn is_kana(key: &str) -> bool {
    !key.is_empty() && key.chars().all(is_katakana)
}

/// How the key of a name, surname and given name in one, may be read.
pub fn of(key: &str) -> Vec<String> {
    let (surnames, given) = &*READINGS;
    let mut found = Vec::new();
    for (at, _) in key.char_indices().skip(1) {
        let (first, second) = key.split_at(at);
        let (Some(first), Some(second)) = (surnames.get(first), given_of(given, second)) else {
            continue;
        };
        for surname in first {
            found.extend(second.iter().map(|given| format!("{surname}{given}")));
        }
    }
    found.truncate(MOST);
    found
}

/// How a given name may be read; one in kana reads as it is written.
fn given_of(given: &Readings, word: &str) -> Option<Vec<String>> {
    let known = given.get(word).map(|known| known.iter().map(|r| r.to_string()).collect());
    known.or_else(|| {
        let kana: String = word.chars().map(chars::katakana).collect();
        is_kana(&kana).then(|| vec![kana])
    })
}

/// How a family name or a given name may be written in Latin letters (Hepburn, long vowels short and long); none
/// where the lists do not know the word.
pub fn romaji(word: &str) -> Vec<String> {
    let (surnames, given) = &*READINGS;
    let key: String = word.chars().map(chars::common_form).collect();
    let mut kana: Vec<String> =
        surnames.get(key.as_str()).into_iter().flatten().map(|r| r.to_string()).collect();
    kana.extend(given_of(given, &key).unwrap_or_default());
    kana.truncate(MOST);
    let mut found: Vec<String> = Vec::new();
    for long in kana.iter().filter_map(|k| latin(k)) {
        let short = long.replace("ou", "o").replace("oo", "o").replace("uu", "u");
        for one in [short, long] {
            if !found.contains(&one) {
                found.push(one);
            }
        }
    }
    found
}

/// Katakana in Hepburn's letters; none where a character is no kana.
fn latin(kana: &str) -> Option<String> {
    const ROWS: &[(&str, &str)] = &[
        ("キャ", "kya"),
        ("キュ", "kyu"),
        ("キョ", "kyo"),
        ("シャ", "sha"),
        ("シュ", "shu"),
        ("ショ", "sho"),
        ("チャ", "cha"),
        ("チュ", "chu"),
        ("チョ", "cho"),
        ("ニャ", "nya"),
        ("ニュ", "nyu"),
        ("ニョ", "nyo"),
        ("ヒャ", "hya"),
        ("ヒュ", "hyu"),
        ("ヒョ", "hyo"),
        ("ミャ", "mya"),
        ("ミュ", "myu"),
        ("ミョ", "myo"),
        ("リャ", "rya"),
        ("リュ", "ryu"),
        ("リョ", "ryo"),
        ("ギャ", "gya"),
        ("ギュ", "gyu"),
        ("ギョ", "gyo"),
        ("ジャ", "ja"),
        ("ジュ", "ju"),
        ("ジョ", "jo"),
        ("ビャ", "bya"),
        ("ビュ", "byu"),
        ("ビョ", "byo"),
        ("ピャ", "pya"),
        ("ピュ", "pyu"),
        ("ピョ", "pyo"),
        ("ア", "a"),
        ("イ", "i"),
        ("ウ", "u"),
        ("エ", "e"),
        ("オ", "o"),
        ("カ", "ka"),
        ("キ", "ki"),
        ("ク", "ku"),
        ("ケ", "ke"),
        ("コ", "ko"),
        ("サ", "sa"),
        ("シ", "shi"),
        ("ス", "su"),
        ("セ", "se"),
        ("ソ", "so"),
        ("タ", "ta"),
        ("チ", "chi"),
        ("ツ", "tsu"),
        ("テ", "te"),
        ("ト", "to"),
        ("ナ", "na"),
        ("ニ", "ni"),
        ("ヌ", "nu"),
        ("ネ", "ne"),
        ("ノ", "no"),
        ("ハ", "ha"),
        ("ヒ", "hi"),
        ("フ", "fu"),
        ("ヘ", "he"),
        ("ホ", "ho"),
        ("マ", "ma"),
        ("ミ", "mi"),
        ("ム", "mu"),
        ("メ", "me"),
        ("モ", "mo"),
        ("ヤ", "ya"),
        ("ユ", "yu"),
        ("ヨ", "yo"),
        ("ラ", "ra"),
        ("リ", "ri"),
        ("ル", "ru"),
        ("レ", "re"),
        ("ロ", "ro"),
        ("ワ", "wa"),
        ("ヲ", "o"),
        ("ン", "n"),
        ("ガ", "ga"),
        ("ギ", "gi"),
        ("グ", "gu"),
        ("ゲ", "ge"),
        ("ゴ", "go"),
        ("ザ", "za"),
        ("ジ", "ji"),
        ("ズ", "zu"),
        ("ゼ", "ze"),
        ("ゾ", "zo"),
        ("ダ", "da"),
        ("ヂ", "ji"),
        ("ヅ", "zu"),
        ("デ", "de"),
        ("ド", "do"),
        ("バ", "ba"),
        ("ビ", "bi"),
        ("ブ", "bu"),
        ("ベ", "be"),
        ("ボ", "bo"),
        ("パ", "pa"),
        ("ピ", "pi"),
        ("プ", "pu"),
        ("ペ", "pe"),
        ("ポ", "po"),
    ];
    let (mut out, mut rest, mut double) = (String::new(), kana, false);
    while let Some(first) = rest.chars().next() {
        if first == 'ッ' {
            double = true;
            rest = &rest[first.len_utf8()..];
            continue;
        }
        if first == 'ー' {
            rest = &rest[first.len_utf8()..];
            continue;
        }
        let (kana, letters) = ROWS.iter().find(|(kana, _)| rest.starts_with(kana))?;
        if std::mem::take(&mut double) {
            out.extend(letters.chars().next());
        }
        out.push_str(letters);
        rest = &rest[kana.len()..];
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_may_be() {
        for (name, reading) in [
            ("長谷川隆", "ハセガワタカシ"),
            ("東瞳", "アズマヒトミ"),
            ("東瞳", "ヒガシヒトミ"),
            ("森湊", "モリミナト"),
            ("佐藤さくら", "サトウサクラ"),
            ("髙橋一郎", "タカハシイチロウ"),
        ] {
            let key: String = name.chars().map(chars::common_form).collect();
            assert!(of(&key).iter().any(|r| r == reading), "{name}: {:?}", of(&key));
        }
        for none in ["", "a", "会議", "ハセガワタカシ", "山田"] {
            assert_eq!(of(none), Vec::<String>::new(), "{none}");
        }
        assert!(is_kana("ハセガワタカシ") && !is_kana("長谷川隆") && !is_kana(""));
    }

    #[test]
    fn names_are_written_in_latin_letters() {
        for (name, latin) in [
            ("山田", "yamada"),
            ("佐藤", "sato"),
            ("花子", "hanako"),
            ("渡辺", "watanabe"),
            ("さくら", "sakura"),
        ] {
            assert!(romaji(name).iter().any(|r| r == latin), "{name}: {:?}", romaji(name));
        }
        assert!(romaji("会議室").is_empty());
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_taken(text in "\\PC{0,40}") {
            proptest::prop_assert!(of(&text).len() <= MOST);
        }
    }
}
