//! Mining made-up posts that are written as the published ones are.

use proptest::prelude::*;

use super::*;

const POSTS: &str = "\
ラベル インシデント:内部犯行 の投稿を表示しています。 すべての投稿を表示

【セキュリティ事件簿#2030-116】見本都 個⼈情報(メールアドレス)の漏えいについて 2030年03月17日


見本局において、事故が発生しました。

(1)発生日
令和12年3月16日(木曜日)

(2)漏えいした個人情報
参加者１０３名のアドレス105
件

【セキュリティ事件簿#2030-217】見本市 委託業務受託者へのサイバー攻撃について 2030/6/11

コウソウ
 

6月4日 受託者から報告。宛名情報78件。

【セキュリティ事件簿#2030-217】株式会社SAMPLE 委託事業者におけるウイルス感染について 2030/6/17

コウソウ
 

パソコンの設定で、約900万件、①最大 4,061 件、②1.5万人、2億名。件名は１ 件 名です。

パソコンを買ったら最初にすること5選


パソコンを買うと、はじめに多くの設定があります。ここでは順に説明していきます。

1. 明るさを変える

画面がまぶしいときは、設定の画面から明るさを変えることができます。とても簡単です。


設定を開きます。

ランサムウェアギャングが発表した被害組織リスト(2030年2月・3月合併版)BY SAMPLE

 

2030年2月と3月にランサムウェア被害を受けたとされる組織は次のとおりでした。

・株式会社 見本(mihon.example)


・株式会社サンプル(sample.example)




【セキュリティ事件簿#2022】見本急性期センター 調査委員会報告書について 2023年3月28日


令和4年10月31日早朝に発生しました。
見本大学 懲戒処分の公表について 2022 年 11 月 8 日


これは題名ではありません。空の行がその前にないためです。

国立大学法人見本大学 懲戒処分の公表について 2022 年 11 月 8 日


教員を停職とした。8月9日(火曜日)に発覚し、12月1日にも前年の件が見つかった。
";

#[test]
fn posts_become_drafts_and_the_rest_is_said() {
    let mined = mine(POSTS);
    let drafts: Vec<_> = mined
        .drafts
        .iter()
        .map(|d| (d.line, d.id.as_str(), d.organization.as_deref(), d.title.as_str()))
        .collect();
    assert_eq!(
        drafts,
        [
            (3, "2030-116", Some("見本都"), "見本都 個人情報(メールアドレス)の漏えいについて"),
            (15, "2030-217-1", Some("見本市"), "見本市 委託業務受託者へのサイバー攻撃について"),
            (
                22,
                "2030-217-sample",
                Some("株式会社SAMPLE"),
                "株式会社SAMPLE 委託事業者におけるウイルス感染について"
            ),
            (55, "2022-1", Some("見本急性期センター"), "見本急性期センター 調査委員会報告書について"),
            (64, "2022-2", Some("国立大学法人見本大学"), "国立大学法人見本大学 懲戒処分の公表について"),
        ]
    );
    let skipped: Vec<_> = mined.skipped.iter().map(|s| (s.line, s.why)).collect();
    assert_eq!(skipped, [(29, Why::NotAnIncident), (41, Why::VictimList)]);
}

#[test]
fn dates_and_numbers_of_a_post() {
    let mined = mine(POSTS);
    let dates = |i: usize| {
        let draft: &Draft = &mined.drafts[i];
        let dates: Vec<_> = draft.dates.iter().map(Date::told).collect();
        (draft.date().unwrap().iso(), dates.join(" "))
    };
    assert_eq!(dates(0), ("2030-03-16".into(), "2030-03-16".into()));
    assert_eq!(dates(1), ("2030-06-04".into(), "2030-06-04?".into()));
    assert_eq!(dates(2), ("2030-06-17".into(), "".into()));
    assert_eq!(dates(4), ("2022-08-09".into(), "2022-08-09? 2021-12-01?".into()));
    let first = &mined.drafts[0];
    assert_eq!((first.people(), first.records()), (Some(103), Some(105)));
    assert_eq!(first.kind, Some(Kind::ExposedAddresses));
    let told: Vec<_> = mined.drafts[2].counts.iter().map(|c| (c.value, c.text.as_str())).collect();
    assert_eq!(
        told,
        [(9_000_000, "約900万件"), (4061, "最大4,061件"), (15_000, "1.5万人"), (200_000_000, "2億名"),]
    );
}

#[test]
fn dates_in_every_writing() {
    let read = |text: &str| {
        let found = dates::find(text, None);
        found.iter().map(Date::iso).collect::<Vec<_>>().join(" ")
    };
    for (text, dates) in [
        ("2023年3月29日", "2023-03-29"),
        ("2022 年 11 月 8 日", "2022-11-08"),
        ("2023/03/30", "2023-03-30"),
        ("2024/6/17", "2024-06-17"),
        ("令和5年3月16日(木曜日)", "2023-03-16"),
        ("令和元年5月1日、平成31年4月30日", "2019-05-01 2019-04-30"),
        ("2023年2月~3月現在", "2023-02"),
        ("2023年2月30日", ""),
        ("2023年13月", ""),
        ("http://x.example/info/20230330/", ""),
        ("1/2/3", ""),
        ("令和99999999999999999999年1月1日", ""),
        ("3月16日", ""),
    ] {
        assert_eq!(read(text), dates, "{text}");
    }
    let (title, date) = dates::split_title("見本市 流出について2023年3月1日");
    assert_eq!((title.as_str(), date.unwrap().iso().as_str()), ("見本市 流出について", "2023-03-01"));
    assert_eq!(dates::split_title("流出について 第3報").1, None);
}

#[test]
fn a_draft_loads_once_it_is_completed() {
    let mined = mine(POSTS);
    let text = mined.drafts[0].to_toml();
    let table: toml::Table = toml::from_str(&text).unwrap();
    assert_eq!(table["date"].as_str(), Some("2030-03-16"));
    assert_eq!(table["records"].as_integer(), Some(105));
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("casebook/2030-116");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("incident.toml");
    std::fs::write(&file, &text).unwrap();
    let errors = casebook::load(dir.path()).unwrap_err();
    assert!(errors.iter().all(|e| e.message.ends_with("is empty") || e.message.contains("neither")));
    std::fs::write(&file, text.replace("\"\"", "\"x\"")).unwrap();
    assert_eq!(casebook::load(dir.path()).map(|c| c.len()), Ok(1));
}

#[test]
fn drafts_find_their_incident_in_the_casebook() {
    let casebook = casebook::embedded().unwrap();
    let text = "\
【セキュリティ事件簿#2024-217】岸和田市 受託業者について 2024/6/11

本文はここにあります。これは見本の文です。長さが要ります。

【セキュリティ事件簿#2023-116】どこか 別の題名について 2023/6/11

本文はここにあります。

【セキュリティ事件簿#2024-217】見本市 受託業者について 2024/6/11
";
    let mined = mine(text);
    let known: Vec<_> = mined.drafts.iter().map(|d| d.known(&casebook).map(|i| i.id.as_str())).collect();
    assert_eq!(known, [Some("2024-217-kishiwada"), Some("2023-116"), None]);
}

#[test]
fn several_texts_share_their_numbers() {
    let text = "【セキュリティ事件簿#2023-104】見本病院 漏えいについて\n\n本文\n";
    let mut mined = Mined::default();
    mined.add("a.txt", text);
    assert_eq!(mined.drafts[0].id, "2023-104");
    mined.add("b.txt", text);
    let ids: Vec<_> = mined.drafts.iter().map(|d| (d.source.as_str(), d.id.as_str())).collect();
    assert_eq!(ids, [("a.txt", "2023-104-1"), ("b.txt", "2023-104-2")]);
}

proptest! {
    /// Any text is mined without a panic, and every draft is TOML.
    #[test]
    fn any_text_is_mined(text in "(【セキュリティ事件簿#2023-00[1-3]】|[0-9０-９,.万億 件名人社通年月日令和元/\n]|\\PC|\n\n\n){0,200}") {
        for draft in mine(&text).drafts {
            prop_assert!(toml::from_str::<toml::Table>(&draft.to_toml()).is_ok());
        }
    }
}
