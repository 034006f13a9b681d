//! The whole reader on small mails and tables.

use super::*;
use crate::input::{Cell, Format};
use proptest::prelude::*;

const TODAY: Day = Day { year: 2026, month: 4, day: 1 };

fn body(text: &str) -> Findings {
    let own = Own { domains: vec!["city.example.jp".into()], ..Own::default() };
    find(&[Text { path: "body".into(), text: text.into(), ..Text::default() }], &[], &own, TODAY)
}

fn table(rows: &[&[&str]]) -> Table {
    let cell = |c: &&str| {
        if c.is_empty() { Cell::Empty } else { Cell::Text(c.to_string()) }
    };
    Table {
        path: "list.xlsx".into(),
        rows: rows.iter().map(|r| r.iter().map(cell).collect()).collect(),
        ..Table::default()
    }
}

#[test]
fn japanese_text_is_read_without_spaces_around() {
    let f =
        body("山田太郎様のマイナンバーは１２３４−５６７８−９０１８、携帯は０９０ー１２３４ー５６７８です。");
    assert_eq!((f.count(Kind::MyNumber), f.count(Kind::Phone), f.persons_est), (1, 1, 1));
    assert!(f.hits.iter().any(|h| h.kind == Kind::MyNumber && h.masked == "1234********" && h.validated));
    let f = body("カード番号4111111111111111有効期限12/27セキュリティコード123");
    assert_eq!((f.count(Kind::Card), f.count(Kind::CardSecurityCode)), (1, 2));
}

#[test]
fn identifiers_of_other_countries_are_read_as_they_are_written() {
    for (text, kind) in [
        ("SSN: 536-90-4399", Kind::UsSsn),
        ("it is AB 12 34 56 C ok", Kind::UkNino),
        ("NHS number 943 476 5870", Kind::UkNhs),
        ("GB82 WEST 1234 5698 7654 32", Kind::Iban),
        ("Aadhaar 2341 2341 2346", Kind::InAadhaar),
        ("DNI 54362315K", Kind::EsDni),
        ("NIE: X2482300W", Kind::EsNie),
        ("RCCMNL83S18D969H", Kind::ItCodiceFiscale),
        ("NIR 2 95 10 99 126 111 93", Kind::FrNir),
        ("IdNr 36 574 261 809", Kind::DeIdnr),
        ("390.533.447-05", Kind::BrCpf),
        ("971013-9019902", Kind::KrRrn),
        ("360426199101010071", Kind::CnId),
        ("NRIC S1234567D", Kind::SgNric),
        ("TFN 123 456 782", Kind::AuTfn),
        ("Medicare 2123 45670 1", Kind::AuMedicare),
        ("Social insurance number 123-456-782", Kind::CaSin),
        ("L898902C36UTO7408122F1204159ZE184226B<<<<<10", Kind::Mrz),
        ("旅券番号：TR1234567", Kind::PassportJp),
        ("在留カード番号 AB12345678CD", Kind::ResidenceCard),
        ("記号 14030 番号 12345671", Kind::YuchoAccount),
        ("保険者番号：33120015", Kind::InsurerNumber),
        ("診察券番号: 12345", Kind::PatientNumber),
    ] {
        assert_eq!(body(text).count(kind), 1, "{text}");
    }
}

#[test]
fn a_name_of_one_kanji_and_one_counts_where_it_stands_as_one() {
    for (text, count) in [
        ("参加者\n東 瞳\n森 進\n林 修\n", 3),
        ("参加者は東　瞳、森　進、林　修です。", 0),
        ("参加者: 東　瞳、森　進、林　修", 3),
        ("東 瞳 090-1234-5678 まで。", 1),
        ("お客様 東 瞳\n東京都新宿区西新宿2-8-1", 1),
        ("東 瞳 1980/01/02\n", 1),
        ("hitomi@example.com 東 瞳", 1),
        ("担当：東 瞳", 1),
        ("先週、関　葵が来庁し、姫路市安田6−10−20への転居を届け出ました。", 1),
        ("店の東 瞳の前で待つ。", 0),
        ("森 進むほどに暗い。", 0),
        ("平 和 宣 言", 0),
        ("関 心、東 西、南 北", 0),
    ] {
        assert_eq!(body(text).count(Kind::PersonName), count, "{text}");
    }
    assert_eq!(body("参加者\n東 瞳\n森 進\n林 修\n").persons_est, 3);
    assert_eq!(body("東 瞳 090-1234-5678").persons_est, 1);
}

#[test]
fn a_card_wrapped_by_a_mail_program_is_one() {
    assert_eq!(body("カード: 4111 1111 1111\n1111 です").count(Kind::Card), 1);
    assert_eq!(body("> 4111-1111-\n1111-1111").count(Kind::Card), 1);
}

#[test]
fn parcels_orders_and_companies_are_nobody() {
    let f = body(
        "お問い合わせ番号：4444-1375-8703\n注文番号 123456789018\n法人番号 8700110005901\n登録番号T8700110005901\n\
         追跡番号 444413758703\nシリアル 4111111111111111\nver. 1.2.3.4 2024-11-22 10:20:30\nフリーダイヤル0120-123-456",
    );
    assert_eq!((f.persons_max, f.counts.len()), (0, 0), "{:?}", f.hits);
}

#[test]
fn a_table_counts_its_rows() {
    let t = table(&[
        &["番号", "氏名", "生年月日", "電話番号", "病名"],
        &["1", "山田 太郎", "昭和60年1月2日", "090-1234-5678", "胃炎"],
        &["2", "佐藤 花子", "1990/3/4", "090-2234-5678", "なし"],
        &["3", "山田 太郎", "昭和60年1月2日", "090-1234-5678", "胃炎"],
        &["合計", "", "", "3", ""],
    ]);
    let f = find(&[], &[t], &Own::default(), TODAY);
    assert_eq!((f.persons_min, f.persons_est, f.persons_max), (2, 2, 2));
    assert_eq!(f.sensitive, [Sensitive::Medical]);
    assert_eq!(f.tables[0].columns, ["", "name", "birth-date", "phone", "sensitive"]);
}

#[test]
fn the_holder_of_an_account_in_kana_is_the_same_person() {
    let account = |holder: &str| {
        let t = table(&[
            &["氏名", "口座番号", "口座名義"],
            &["山田 太郎", "1234567", holder],
            &["佐藤 花子", "7654321", "サトウ ハナコ"],
        ]);
        find(&[], &[t], &Own::default(), TODAY).persons_est
    };
    assert_eq!(account("ヤマダ タロウ"), 2);
    assert_eq!(account("鈴木 一郎"), 3);
}

#[test]
fn what_a_spreadsheet_has_eaten_is_restored() {
    let mut t = table(&[&["氏名", "携帯", "生年月日", "個人番号"]]);
    let number = |n: f64| Cell::Number(n, Format::General);
    t.rows.push(vec![
        Cell::Text("山田太郎".into()),
        number(9_012_345_678.0),
        number(31_049.0),
        number(23_456_789_013.0),
    ]);
    let f = find(&[], &[t], &Own::default(), TODAY);
    assert_eq!((f.count(Kind::Phone), f.count(Kind::BirthDate), f.count(Kind::MyNumber)), (1, 1, 1));
}

#[test]
fn a_header_over_two_rows_is_read_together() {
    let merged = table(&[
        &["参加者名簿"],
        &["氏名", "", "連絡先", "", "生年月日"],
        &["姓", "名", "電話", "メール", ""],
        &["山田", "太郎", "090-1234-5678", "a@example.com", "1985/1/2"],
        &["佐藤", "花子", "090-2234-5678", "b@example.com", "1990/3/4"],
    ]);
    let found = find(&[], &[merged], &Own::default(), TODAY);
    assert_eq!((found.persons_est, found.count(Kind::MailAddress), found.count(Kind::BirthDate)), (2, 2, 2));
    assert_eq!(found.tables[0].columns, ["surname", "given-name", "phone", "mail-address", "birth-date"]);
}

#[test]
fn a_header_further_down_begins_another_table() {
    let two = table(&[
        &["氏名", "電話"],
        &["山田太郎", "090-1234-5678"],
        &["メール", "氏名"],
        &["b@example.com", "佐藤花子"],
    ]);
    let found = find(&[], &[two], &Own::default(), TODAY);
    assert_eq!((found.persons_est, found.count(Kind::PersonName), found.count(Kind::MailAddress)), (2, 2, 1));
}

#[test]
fn telephones_without_their_zero_and_header_are_known_by_the_others() {
    let list = table(&[
        &["久保田裕子", "222383128"],
        &["酒井光子", "080-6220-2699"],
        &["高橋雅之", "336621020"],
        &["森田美咲", "090-5139-7777"],
    ]);
    let found = find(&[], &[list], &Own::default(), TODAY);
    assert_eq!((found.persons_est, found.count(Kind::Phone)), (4, 4));
}

#[test]
fn the_end_of_a_letter_is_no_list_of_people() {
    let letter = "Best Regards,\nAnna Example, Account Manager\nReynolds Associates, LLC\n";
    assert_eq!(body(letter).count(Kind::PersonName), 0);
    let list = "Anna Example, 090-1234-5678\nBob Sample, 090-2234-5678\nCarol Model, 090-3234-5678\n";
    assert_eq!(body(list).persons_est, 3);
}

#[test]
fn a_secret_in_a_cell_is_told_with_its_place() {
    let list = table(&[&["項目", "値"], &["鍵", "AKIA2E0A8F3B244C9986"]]);
    let found = find(&[], &[list], &Own::default(), TODAY);
    let secret = found.hits.iter().find(|h| h.kind == Kind::CloudKey).expect("the key");
    assert_eq!(secret.place, Place::Cell { sheet: String::new(), row: 1, column: 1 });
}

#[test]
fn forms_and_wide_rows_are_read() {
    let form = table(&[
        &["申込書", ""],
        &["氏名", "山田太郎"],
        &["生年月日", "1985/1/2"],
        &["電話", "090-1234-5678"],
    ]);
    assert_eq!(find(&[], &[form], &Own::default(), TODAY).persons_est, 1);
    let wide = table(&[
        &["児童氏名", "組", "保護者氏名1", "保護者氏名2", "連絡先"],
        &["山田太郎", "1", "山田一郎", "山田花子", "090-1234-5678"],
        &["鈴木さくら", "2", "鈴木次郎", "", "090-2234-5678"],
    ]);
    assert_eq!(find(&[], &[wide], &Own::default(), TODAY).persons_est, 5);
}

#[test]
fn pasted_csv_counts_like_a_table() {
    let f = body(
        "名簿です。\n氏名,メール\n山田太郎,taro@example.com\n佐藤花子,hanako@example.com\n鈴木一郎,i@example.com\n",
    );
    assert_eq!((f.persons_est, f.count(Kind::MailAddress), f.count(Kind::PersonName)), (3, 3, 3));
}

#[test]
fn an_ordinary_mail_counts_nobody() {
    let f = body(
        "佐藤様\n\nお世話になっております。みほん市総務課の田中です。\n会議は11月22日(金)10時から、市役所3階の会議室で行います。\n\
         お問い合わせ：03-1234-5678\n\n-- \nみほん市役所 総務課\n田中 一郎\n〒100-0001 東京都千代田区千代田1-1\nTEL 03-1234-5678 / tanaka@city.example.jp\n",
    );
    assert_eq!(f.persons_est, 0, "{:?}", f.hits);
    assert!(f.sensitive.is_empty() && f.secrets.is_empty());
}

#[test]
fn sensitive_words_count_beside_a_person_only() {
    assert_eq!(body("氏名：山田太郎\n電話：090-1234-5678\n病名：胃炎\n").sensitive, [Sensitive::Medical]);
    assert!(body("氏名：山田太郎\n電話：090-1234-5678\n用件：アレルギー表示の研修").sensitive.is_empty());
    assert!(body("アレルギーと生活保護について学びます。").sensitive.is_empty());
}

#[test]
fn passwords_in_tables_and_labels_in_text() {
    let t = table(&[
        &["氏名", "ユーザーID", "初期パスワード"],
        &["山田太郎", "yamada", "Abc12345"],
        &["佐藤花子", "sato", "Def67890"],
    ]);
    assert_eq!(find(&[], &[t], &Own::default(), TODAY).count(Kind::PasswordTable), 2);
    let f = body("【社外秘】\n公益通報者の氏名は伏せてください。");
    assert_eq!(
        (f.confidential_labels, f.informant_words),
        (vec!["社外秘".to_string()], vec!["公益通報者".to_string()])
    );
}

#[test]
fn time_grows_with_length_only() {
    let nasty = [
        "a1",
        "1-",
        "1 ",
        "０",
        "-----BEGIN PRIVATE KEY-----\n",
        "eyJ-",
        "eyJ.",
        "id=",
        "name ",
        "ID: ",
        "パスワード:",
        "病名",
        "氏名 ",
        "山田太郎",
        "山",
        "様",
        "東京都",
        "市",
        "〒",
        "090-1234-5678 ",
        "a@b.example ",
        "a@",
        "@",
        "://a:b@",
        "社外秘",
        "----\n",
        "a\tb\n",
        "a,b\n",
        "\u{200B}",
        "が\u{3099}",
        "昭和六十",
        "2000-01-01",
        "> ",
        "from: a@b\n",
        "4111111111111111\n",
        "()",
    ];
    for piece in nasty {
        let text = piece.repeat(120_000 / piece.len());
        let start = std::time::Instant::now();
        body(&text);
        assert!(start.elapsed().as_secs_f64() < 4.0, "{piece:?} took {:?}", start.elapsed());
    }
}

proptest! {
    #[test]
    fn any_text_is_read(text in "[0-9０-９\\-ー() /.:,\t\n>|@a-zA-Z山田太郎様東京都港区町丁目番昭和年月日生〒氏名：電話マイナンバー]{0,200}|\\PC{0,100}") {
        let f = body(&text);
        prop_assert!(f.persons_min <= f.persons_est && f.persons_est <= f.persons_max);
        for hit in &f.hits {
            if let Place::Text(range) = &hit.place {
                prop_assert!(text.get(range.clone()).is_some());
            }
        }
    }

    #[test]
    fn any_table_is_read(cells in proptest::collection::vec(proptest::collection::vec("[氏名電話番号生年月日0-9@a-z.山田太郎 -]{0,12}", 0..6), 0..12)) {
        let rows: Vec<Vec<Cell>> = cells.into_iter().map(|r| r.into_iter().map(Cell::Text).collect()).collect();
        let f = find(&[], &[Table { rows, ..Table::default() }], &Own::default(), TODAY);
        prop_assert!(f.persons_min <= f.persons_est && f.persons_est <= f.persons_max);
    }
}
