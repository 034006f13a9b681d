//! Marks of confidentiality (社外秘 and its kin) in subjects and attachment names.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization as _;

/// The marks in any of these texts, each once, in the table's spelling.
pub(super) fn find<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut found = BTreeSet::new();
    for text in texts.into_iter().filter(|t| !is_about_a_mark(t)) {
        find_in(text, &mut found);
    }
    found.into_iter().map(|index| MARKS[index].name.to_string()).collect()
}

/// Whether a title speaks of a mark and does not set one: 「社外秘」の表記について, 機密性2情報の取扱いについて.
fn is_about_a_mark(text: &str) -> bool {
    const ABOUT: &[&str] = &[
        "の表記",
        "の表示",
        "の扱い",
        "の取扱い",
        "の取り扱い",
        "の取扱について",
        "の定義",
        "の区分",
        "の意味",
        "とは",
        "の付け方",
        "の運用",
        "ラベルの",
        "スタンプ",
        "の解除",
        "を解除",
        "agreement",
        "policy",
        "guideline",
    ];
    let folded: String = fold(text).chars().filter(|c| !c.is_whitespace()).collect();
    ABOUT.iter().any(|about| {
        folded.find(&about.replace(' ', "")).is_some_and(|at| {
            // Behind the mark, within its phrase: 」 and ） may stand between.
            let before = folded[..at].trim_end_matches(['」', '』', '"', '\'', ')', '】', ']', '》']);
            [
                "秘",
                "限り",
                "限",
                "禁止",
                "注意",
                "情報",
                "機密",
                "confidential",
                "restricted",
                "internal use only",
                "internaluseonly",
            ]
            .iter()
            .any(|m| before.ends_with(m))
        })
    })
}

/// A mark in its usual spelling, and how it is written once folded.
struct Mark {
    name: &'static str,
    /// Latin marks have to stand as words; Japanese ones may stand anywhere.
    word: bool,
    spellings: &'static [&'static str],
}

const fn japanese(name: &'static str, spellings: &'static [&'static str]) -> Mark {
    Mark { name, word: false, spellings }
}

const fn latin(name: &'static str, spellings: &'static [&'static str]) -> Mark {
    Mark { name, word: true, spellings }
}

/// 秘 in brackets: the commonest mark of all. Alone it is a character of other words.
const MARKED_SECRET: Mark = japanese(
    "秘",
    &["【秘】", "[秘]", "(秘)", "<秘>", "〔秘〕", "〈秘〉", "《秘》", "『秘』", "「秘」", "{秘}", "≪秘≫"],
);
/// 機密 in brackets or at the head.
const MARKED_CONFIDENTIAL: Mark = japanese(
    "機密",
    &["【機密】", "[機密]", "(機密)", "<機密>", "〔機密〕", "《機密》", "≪機密≫", "【機密:", "【厳重機密】"],
);

/// In the order in which they are reported; of two Latin marks, the one that has the other in it first.
static MARKS: &[Mark] = &[
    japanese("社外秘", &["社外秘", "社外厳秘"]),
    japanese("対外秘", &["対外秘", "対外厳秘"]),
    japanese("庁外秘", &["庁外秘"]),
    japanese("社内限り", &["社内限", "社内限定", "社内専用", "社員限り", "社員限定", "グループ内限"]),
    japanese(
        "庁内限り",
        &[
            "庁内限",
            "庁内専用",
            "省内限",
            "局内限",
            "課内限",
            "所内限",
            "院内限",
            "学内限",
            "校内限",
            "署内限",
            "職員限り",
            "職員限定",
            "教職員限",
        ],
    ),
    japanese("部内限り", &["部内限", "部門内限"]),
    japanese("内部限り", &["内部限", "内部資料", "内部文書", "内部情報", "内部専用"]),
    japanese(
        "関係者限り",
        &[
            "関係者限",
            "関係者以外秘",
            "関係者以外閲覧禁止",
            "関係者以外開示禁止",
            "当事者限",
            "役員限",
            "管理職限",
        ],
    ),
    japanese("厳秘", &["厳秘"]),
    japanese(
        "持出禁止",
        &[
            "持出禁止",
            "持ち出し禁止",
            "持出し禁止",
            "持出厳禁",
            "持ち出し厳禁",
            "持出不可",
            "社外持出",
            "庁外持出",
            "外部持出",
        ],
    ),
    japanese(
        "複写禁止",
        &["複写禁止", "複写厳禁", "複製禁止", "複製厳禁", "コピー厳禁", "コピー禁止", "転載厳禁"],
    ),
    japanese(
        "外部公開禁止",
        &[
            "外部公開禁止",
            "外部開示禁止",
            "開示禁止",
            "公開禁止",
            "部外開示禁止",
            "配布禁止",
            "転送禁止",
            "転送厳禁",
            "取扱厳禁",
        ],
    ),
    japanese("要機密情報", &["要機密", "要保護情報", "機密情報", "機密文書", "機密扱", "最高機密"]),
    MARKED_SECRET,
    MARKED_CONFIDENTIAL,
    japanese("部外秘", &["部外秘"]),
    japanese("関係者外秘", &["関係者外秘"]),
    japanese("極秘", &["極秘"]),
    japanese("マル秘", &["マル秘", "まる秘", "丸秘"]),
    japanese("取扱注意", &["取扱注意", "取扱い注意", "取り扱い注意", "取扱厳重注意", "取扱厳注意"]),
    japanese("機密性2情報", &["機密性2", "機密性二"]),
    japanese("機密性3情報", &["機密性3", "機密性三"]),
    latin("Strictly Confidential", &["strictly confidential"]),
    latin("Highly Confidential", &["highly confidential"]),
    latin("Company Confidential", &["company confidential", "commercial in confidence", "in confidence"]),
    latin("Top Secret", &["top secret"]),
    latin(
        "Internal Use Only",
        &[
            "internal use only",
            "for internal use",
            "internal only",
            "company internal",
            "internal distribution only",
        ],
    ),
    latin(
        "Do Not Distribute",
        &[
            "do not distribute",
            "do not forward",
            "not for distribution",
            "not for release",
            "no foreign dissemination",
            "noforn",
        ],
    ),
    latin(
        "For Official Use Only",
        &["for official use only", "official use only", "fouo", "official sensitive"],
    ),
    latin("Restricted", &["restricted"]),
    latin(
        "Privileged",
        &[
            "attorney client privileged",
            "privileged & confidential",
            "privileged and confidential",
            "legally privileged",
            "privileged",
        ],
    ),
    latin("Proprietary", &["company proprietary", "proprietary information"]),
    latin("Confidential", &["confidential"]),
    latin("TLP:RED", &["tlp:red"]),
    latin("TLP:AMBER", &["tlp:amber"]),
];

fn find_in(text: &str, found: &mut BTreeSet<usize>) {
    let mut folded = fold(text);
    let dense: String = folded.chars().filter(|c| !c.is_whitespace()).collect();
    for (index, mark) in MARKS.iter().enumerate() {
        for spelling in mark.spellings {
            let is_there = match mark.word {
                true => has_word(&folded, spelling),
                false => dense.contains(spelling),
            };
            if is_there {
                found.insert(index);
            }
            if is_there && mark.word {
                // What the longer mark has used up, the shorter one does not find again.
                folded = folded.replace(spelling, " ");
            }
        }
    }
}

/// NFKC and lower case; every run of separators that names use for a space is one space, and the
/// space behind a colon (`TLP: RED`) goes. `㊙`, which NFKC would make a plain 秘, is spelt out.
fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let spelt = text.replace('㊙', "マル秘");
    for c in spelt.nfkc().flat_map(char::to_lowercase) {
        let c = if c.is_whitespace() || matches!(c, '_' | '-' | '\u{200b}') { ' ' } else { c };
        if c == ' ' && (out.ends_with(' ') || out.ends_with(':')) {
            continue;
        }
        if c == ':' && out.ends_with(' ') {
            out.pop();
        }
        out.push(c);
    }
    out
}

/// Whether `word` stands in `text` with no Latin letter or digit right before or behind it.
fn has_word(text: &str, word: &str) -> bool {
    let joins = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    text.match_indices(word).any(|(at, _)| {
        !joins(text[..at].chars().next_back()) && !joins(text[at + word.len()..].chars().next())
    })
}

/// The label that a mail program sets in the header: Microsoft Purview's `msip_labels`, and `Sensitivity`
/// (RFC 2156 section 5.3.4), in which only what a company keeps to itself is a label.
pub(super) fn in_header(mail: &message::Mail<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for field in mail.header("msip_labels") {
        let value = field.text();
        let names = value.split(';').filter_map(|pair| pair.trim().split_once('='));
        let names = names.filter(|(key, _)| key.trim().to_ascii_lowercase().ends_with("_name"));
        found.extend(names.map(|(_, name)| name.trim().to_string()).filter(|n| !is_open(n)));
    }
    for field in mail.header("Sensitivity").chain(mail.header("X-Sensitivity")) {
        let value = field.text().trim().to_string();
        if value.to_ascii_lowercase().contains("confidential") {
            found.push(value);
        }
    }
    found
}

/// Labels that say that anybody may read it.
fn is_open(name: &str) -> bool {
    let folded = fold(name);
    const OPEN: &[&str] = &[
        "public",
        "general",
        "non business",
        "personal",
        "unrestricted",
        "unclassified",
        "公開",
        "一般",
        "個人用",
        "社外公開可",
    ];
    folded.is_empty() || OPEN.iter().any(|o| folded.starts_with(o))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn finds(text: &str, marks: &[&str]) {
        assert_eq!(find([text]), marks, "{text}");
    }

    #[test]
    fn japanese_marks_are_found_however_they_are_set() {
        finds("【社外秘】見積書", &["社外秘"]);
        finds("社 外 秘　見積書", &["社外秘"]);
        finds("取り扱い注意_名簿.xlsx", &["取扱注意"]);
        finds("（機密性２情報）職員名簿", &["機密性2情報"]);
        finds("㊙人事", &["マル秘"]);
        finds("関係者外秘／極秘", &["関係者外秘", "極秘"]);
        // radicals that look like the characters
        finds("部外秘⼀覧", &["部外秘"]);
    }

    #[test]
    fn latin_marks_stand_as_words() {
        finds("[Confidential] plan", &["Confidential"]);
        finds("STRICTLY-CONFIDENTIAL_budget.pdf", &["Strictly Confidential"]);
        finds("strictly confidential and confidential", &["Strictly Confidential", "Confidential"]);
        finds("ＣＯＮＦＩＤＥＮＴＩＡＬ資料", &["Confidential"]);
        finds("TLP : Amber+Strict", &["TLP:AMBER"]);
        finds("Internal use only: plan", &["Internal Use Only"]);
        finds("Highly Confidential plan", &["Highly Confidential"]);
        finds("(TLP：ＲＥＤ)", &["TLP:RED"]);
    }

    #[test]
    fn ordinary_words_are_no_marks() {
        for text in [
            "confidentiality agreement",
            "Confidentially",
            "TLP:GREEN",
            "tlp:redacted",
            "秘書課",
            "注意事項",
            "",
            "社外取締役",
        ] {
            finds(text, &[]);
        }
    }

    #[test]
    fn marks_of_the_house_are_found_and_talk_about_them_is_not() {
        finds("【社内限り】計画", &["社内限り"]);
        finds("【部内限】計画", &["部内限り"]);
        finds("【秘】人事", &["秘"]);
        finds("要機密情報 計画", &["要機密情報"]);
        finds("持ち出し禁止_名簿.xlsx", &["持出禁止"]);
        finds("「社外秘」の表記について", &[]);
        finds("機密性2情報の取扱いについて", &[]);
        finds("秘書検定のご案内", &[]);
        finds("限定公開のお知らせ", &[]);
    }

    #[test]
    fn labels_of_mail_programs_are_read_from_the_header() {
        let of = |field: &str| {
            let raw = format!("From: a@city.example.jp\r\n{field}\r\n\r\nx\r\n");
            in_header(&message::read(raw.as_bytes(), &Default::default()))
        };
        assert_eq!(
            of("msip_labels: MSIP_Label_1_Enabled=True;MSIP_Label_1_Name=Confidential;"),
            ["Confidential"]
        );
        assert_eq!(of("msip_labels: MSIP_Label_1_Enabled=True;MSIP_Label_1_Name=Public;"), [""; 0]);
        assert_eq!(of("Sensitivity: Company-Confidential"), ["Company-Confidential"]);
        assert_eq!(of("Sensitivity: Personal"), [""; 0]);
        assert_eq!(of("msip_labels: =?utf-8?q?MSIP=5FLabel=5F1=5FName=3DSecret?="), ["Secret"]);
    }

    #[test]
    fn marks_of_several_texts_are_told_once() {
        assert_eq!(find(["社外秘", "社外秘.pdf", "tlp:red"]), ["社外秘", "TLP:RED"]);
    }
}
