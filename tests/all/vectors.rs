//! The formats of personal data, one by one: each identifier's published examples are found, its wrong twins are
//! not, each spelling of a date or a telephone number is read, and each heading types its column.

use content::Kind as TextKind;
use personal::{self, Cell, Day, Findings, Kind, Own, Table, Text};

const TODAY: Day = Day { year: 2026, month: 4, day: 1 };

fn body(text: &str) -> Findings {
    let text = Text { path: "body".into(), kind: TextKind::Body, text: text.into() };
    personal::find(&[text], &[], &Own::default(), TODAY)
}

fn table(rows: &[&[&str]]) -> Findings {
    let cell = |text: &&str| if text.is_empty() { Cell::Empty } else { Cell::Text(text.to_string()) };
    let rows = rows.iter().map(|row| row.iter().map(cell).collect()).collect();
    let table = Table { path: "a.csv".into(), rows, ..Table::default() };
    personal::find(&[], &[table], &Own::default(), TODAY)
}

#[test]
fn japanese_identifiers() {
    for (kind, right, wrong) in [
        (
            Kind::MyNumber,
            &[
                "マイナンバー 123456789018",
                "個人番号：0234-5678-9013",
                "個人番号 6214 9832 0257",
                "個人番号は465281266333です",
                "マイナンバー:９８３２０５６７３２１４",
            ][..],
            &["マイナンバー 123456789019", "追跡番号 123456789018"][..],
        ),
        (
            Kind::ResidentCode,
            &["住民票コード 24727059608", "住民票コード：24846016224", "住民票コード 25208017643"],
            &["住民票コード 25208017644", "住民票コード 09012345678"],
        ),
        (
            Kind::DrivingLicence,
            &["運転免許証番号 309012345620", "免許証の番号：第309012345620号"],
            &["運転免許証番号 309012345630", "運転免許証番号 319012345620"],
        ),
        (
            Kind::InsurerNumber,
            &["保険者番号 33120015", "保険者番号：01130012", "保険者番号 138057"],
            &["保険者番号 33120016", "保険者番号 01990012"],
        ),
        (Kind::PensionNumber, &["基礎年金番号 1234-567890", "年金番号：1234567890"], &["1234-567890"]),
        (Kind::EmploymentInsurance, &["雇用保険被保険者番号 1234-567890-1"], &["1234-567890-1"]),
        (
            Kind::PassportJp,
            &["旅券番号 TR1234567", "パスポート番号：ＭＺ１２３４５６７"],
            &["型番 TR1234567"],
        ),
        (
            Kind::Mrz,
            &["P<JPNYAMADA<<TARO<<<<<<<<<<<<<<<<<<<<<<<<<<<\nTR12345672JPN8001014M3001019<<<<<<<<<<<<<<08"],
            &[],
        ),
        (
            Kind::ResidenceCard,
            &["在留カード番号 AB12345678CD", "在留カード：ＡＢ１２３４５６７８ＣＤ"],
            &["部品 AB12345678CD"],
        ),
        (
            Kind::BankAccount,
            &[
                "みほん銀行 本店 普通 1234567",
                "口座番号：1234567",
                "当座 1234567",
                "銀行コード 0001 支店 001 普通 1234567",
            ],
            &["注文番号 1234567", "部品 1234567"],
        ),
        (
            Kind::YuchoAccount,
            &["記号 14030 番号 12345671", "ゆうちょ銀行 14030-12345671"],
            &["14030-12345671"],
        ),
        (
            Kind::Card,
            &[
                "4111111111111111",
                "3530 1113 3330 0000",
                "3782-822463-10005",
                "30569309025904",
                "カード番号４１１１−１１１１−１１１１−１１１１",
                "5555555555554444",
                "2223003122003222",
                "6011111111111117",
                "6200000000000005",
            ],
            &["4111111111111112", "シリアル番号 4111111111111111"],
        ),
    ] {
        for text in right {
            assert_eq!(body(text).count(kind), 1, "{kind:?}: {text}");
        }
        for text in wrong {
            assert_eq!(body(text).count(kind), 0, "{kind:?}: {text}");
        }
    }
    let card = body("カード 4111111111111111 有効期限 12/27 セキュリティコード 123");
    assert_eq!(card.count(Kind::CardSecurityCode), 2);
    assert_eq!(body("有効期限 12/27 コード 123").count(Kind::CardSecurityCode), 0);
}

#[test]
fn identifiers_of_other_countries() {
    for (kind, right, wrong) in [
        (Kind::UsSsn, "SSN 536-90-4399", "SSN 666-90-4399"),
        (Kind::UkNino, "NINO AB123456C", "NINO BG123456C"),
        (Kind::UkNhs, "NHS 943 476 5870", "NHS 943 476 5871"),
        (Kind::Iban, "GB82WEST12345698765432", "GB83WEST12345698765432"),
        (Kind::InAadhaar, "Aadhaar 234123412346", "Aadhaar 234123412347"),
        (Kind::EsDni, "DNI 54362315K", "DNI 54362315L"),
        (Kind::EsNie, "NIE X2482300W", "NIE X2482300A"),
        (Kind::ItCodiceFiscale, "RCCMNL83S18D969H", "RCCMNL83S18D969I"),
        (Kind::FrNir, "NIR 295109912611193", "NIR 295109912611194"),
        (Kind::DeIdnr, "Steuer-ID 36574261809", "Steuer-ID 36574261808"),
        (Kind::BrCpf, "CPF 390.533.447-05", "CPF 390.533.447-06"),
        (Kind::KrRrn, "971013-9019902", "971313-9019902"),
        (Kind::CnId, "360426199101010071", "360426199101010072"),
        (Kind::SgNric, "NRIC S1234567D", "NRIC S1234567E"),
        (Kind::SgNric, "FIN G1234567X", "FIN G1234567A"),
        (Kind::AuTfn, "TFN 123456782", "TFN 123456783"),
        (Kind::AuMedicare, "Medicare 2123 45670 1", "Medicare 2123 45671 1"),
        (Kind::CaSin, "SIN 123-456-782", "SIN 123-456-783"),
    ] {
        assert_eq!(body(right).count(kind), 1, "{right}");
        assert_eq!(body(wrong).count(kind), 0, "{wrong}");
    }
}

#[test]
fn telephones_postal_codes_and_addresses_as_they_are_written() {
    for text in [
        "(03)1234-5678",
        "03‐1234‐5678",
        "03−1234−5678",
        "０３ー１２３４ー５６７８",
        "03─1234─5678",
        "０９０（１２３４）５６７８",
        "+81 90-1234-5678",
        "+81-3-1234-5678",
        "090 1234 5678",
    ] {
        assert_eq!(body(&format!("連絡先は{text}です")).count(Kind::Phone), 1, "{text}");
    }
    for text in ["0120-123-456", "0800-123-4567", "0570-012-345", "お問い合わせ 03-1234-5678"] {
        assert_eq!(body(text).count(Kind::Phone), 0, "{text}");
    }
    assert_eq!(body("〒100-0001").count(Kind::PostalCode), 1);
    assert_eq!(body("100-0001").count(Kind::PostalCode), 0);
    for text in [
        "東京都千代田区千代田1番1号",
        "東京都千代田区千代田一丁目一番一号",
        "大阪府箕面市西小路４－６－１",
        "箕面市西小路4丁目6番1号",
        "北海道札幌市中央区北1条西2丁目",
    ] {
        assert_eq!(body(text).count(Kind::Address), 1, "{text}");
    }
}

#[test]
fn birth_dates_as_they_are_written() {
    for text in [
        "1985-01-02",
        "1985/1/2",
        "1985.1.2",
        "1985年1月2日",
        "昭和60年1月2日",
        "昭和六十年一月二日",
        "S60.1.2",
        "昭60.1.2",
        "㍼60年1月2日",
        "平成元年1月8日",
        "㍻2年3月4日",
        "H2.3.4",
        "令和元年5月1日",
        "㋿2年3月4日",
        "大正15年1月2日",
        "T15.1.2",
        "１９８５年１月２日",
    ] {
        assert_eq!(body(&format!("生年月日：{text}")).count(Kind::BirthDate), 1, "{text}");
    }
    for text in ["1985-13-02", "昭和65年1月2日", "平成元年1月7日", "2031/01/02", "S60.2.30"] {
        assert_eq!(body(&format!("生年月日：{text}")).count(Kind::BirthDate), 0, "{text}");
    }
}

#[test]
fn what_looks_like_an_identifier_and_is_none() {
    for text in [
        "お問い合わせ番号 444413758703",
        "伝票番号 4055-4842-4886",
        "追跡 512547514334",
        "法人番号 8700110005901",
        "法人番号 7000012050002 と 5835678256246",
        "登録番号 T8700110005901",
        "JAN 4901234567894",
        "ISBN 978-4-06-519981-0",
        "市区町村コード 131016",
        "2024-11-22T10:20:30.123456789012",
        "ver. 12.34.56.7890",
        "価格 1,234,567,890円",
        "商品コード 123456789018",
        "請求書番号 4111111111111111",
    ] {
        let found = body(text);
        assert_eq!((found.counts.len(), found.persons_max), (0, 0), "{text}: {:?}", found.counts);
    }
}

#[test]
fn one_writing_of_many() {
    for (text, kind) in [
        ("⼭田太郎様 090-1234-5678", Kind::PersonName),
        ("髙橋一郎様", Kind::PersonName),
        ("山﨑\u{e0100}花子様", Kind::PersonName),
        ("マイ\u{200b}ナンバー 1234\u{200b}5678\u{200d}9018", Kind::MyNumber),
        ("カード 4111\u{2011}1111\u{2012}1111\u{2013}1111", Kind::Card),
        ("カード 4111\u{2014}1111\u{2015}1111\u{2212}1111", Kind::Card),
        ("> カード 4111 1111\n> 1111 1111", Kind::Card),
    ] {
        assert_eq!(body(text).count(kind), 1, "{text}");
    }
}

#[test]
fn every_heading_types_its_column() {
    for heads in [
        "氏名 名前 お名前 児童氏名 生徒氏名 保護者名 患者名 世帯主 宛名 氏名※ 氏名（必須）",
        "フリガナ ふりがな カナ氏名",
        "住所 現住所 本籍",
        "電話 電話番号 TEL 携帯 連絡先 ＴＥＬ",
        "生年月日 誕生日",
        "メール メールアドレス E-mail Ｅメール",
    ] {
        for head in heads.split(' ') {
            let value = match heads.chars().next() {
                Some('氏') => "山田 太郎",
                Some('フ') => "ヤマダ タロウ",
                Some('住') => "東京都千代田区千代田1番1号",
                Some('電') => "090-1234-5678",
                Some('生') => "1985/01/02",
                _ => "taro@example.com",
            };
            let found = table(&[&["番号", head], &["1", value]]);
            assert_eq!(found.counts.values().sum::<usize>(), 1, "{head}: {:?}", found.counts);
        }
    }
    for (head, value, kind) in [
        ("個人番号", "123456789018", Kind::MyNumber),
        ("マイナンバー", "123456789018", Kind::MyNumber),
        ("口座番号", "1234567", Kind::BankAccount),
        ("患者ID", "12345", Kind::PatientNumber),
        ("患者番号", "12345", Kind::PatientNumber),
        ("カルテ番号", "12345", Kind::PatientNumber),
        ("診察券番号", "12345", Kind::PatientNumber),
        ("学籍番号", "12345", Kind::PupilNumber),
        ("受験番号", "12345", Kind::PupilNumber),
        ("宛名番号", "12345", Kind::ResidentNumber),
        ("世帯番号", "12345", Kind::ResidentNumber),
        ("整理番号", "12345", Kind::ResidentNumber),
        ("住民票コード", "24727059608", Kind::ResidentCode),
        ("職員番号", "12345", Kind::StaffNumber),
        ("社員番号", "12345", Kind::StaffNumber),
        ("会員番号", "12345", Kind::MemberNumber),
    ] {
        let found = table(&[&["氏名", head], &["山田 太郎", value]]);
        assert_eq!((found.count(kind), found.persons_est), (1, 1), "{head}: {:?}", found.counts);
    }
    for head in ["年齢", "性別", "続柄", "学年", "組", "出席番号", "銀行", "支店"] {
        assert_eq!(table(&[&["氏名", head], &["山田 太郎", "1"]]).persons_est, 1, "{head}");
    }
    let holder = table(&[&["氏名", "口座番号", "名義人"], &["山田 太郎", "1234567", "ヤマダ タロウ"]]);
    assert_eq!(holder.persons_est, 1, "the holder is the person");
    for head in [
        "病名",
        "傷病名",
        "診断",
        "既往歴",
        "障害",
        "手帳",
        "生活保護",
        "要介護",
        "アレルギー",
        "成績",
        "評定",
        "犯罪",
        "国籍",
        "信条",
    ] {
        let found = table(&[&["氏名", head], &["山田 太郎", "あり"]]);
        assert!(!found.sensitive.is_empty() && found.persons_est == 1, "{head}");
    }
}

#[test]
fn persons_are_counted_as_tables_tell_them() {
    let surname_and_given = table(&[&["姓", "名", "電話"], &["山田", "太郎", "090-1234-5678"]]);
    assert_eq!(surname_and_given.persons_est, 1);
    let wide = table(&[
        &["児童氏名", "生年月日", "保護者1", "保護者2"],
        &["山田 太郎", "2015/01/02", "山田 一郎", "山田 花子"],
    ]);
    assert_eq!(wide.persons_est, 3, "a child and two guardians");
    let form = table(&[
        &["氏名", "山田 太郎"],
        &["住所", "東京都千代田区千代田1番1号"],
        &["電話番号", "090-1234-5678"],
    ]);
    assert_eq!(form.persons_est, 1, "one form");
    let untitled = table(&[
        &["山田 太郎", "090-1234-5678"],
        &["佐藤 花子", "090-1234-5679"],
        &["鈴木 一郎", "090-1234-5670"],
    ]);
    assert_eq!(untitled.persons_est, 3, "columns are known by their cells");
    let totals = table(&[&["氏名", "電話"], &["山田 太郎", "090-1234-5678"], &["", ""], &["合計", "1"]]);
    assert_eq!(totals.persons_est, 1, "no totals, no blank rows");
    let late = table(&[
        &["名簿"],
        &[""],
        &["作成 総務課"],
        &[""],
        &["氏名", "生年月日"],
        &["山田 太郎", "1985/01/02"],
        &["山田 太郎", "1986/01/02"],
    ]);
    assert_eq!(late.persons_est, 2, "a header further down, namesakes by birth date");
    let eaten = {
        let rows = vec![
            vec![Cell::Text("氏名".into()), Cell::Text("電話".into()), Cell::Text("口座番号".into())],
            vec![
                Cell::Text("山田 太郎".into()),
                Cell::Number(9_012_345_678.0, personal::Format::General),
                Cell::Number(12_345.0, personal::Format::General),
            ],
        ];
        personal::find(
            &[],
            &[Table { path: "a.xlsx".into(), rows, ..Table::default() }],
            &Own::default(),
            TODAY,
        )
    };
    assert_eq!((eaten.count(Kind::Phone), eaten.count(Kind::BankAccount)), (1, 1), "zeros put back");
}

#[test]
fn persons_are_counted_as_texts_tell_them() {
    let list = "・山田 太郎 090-1234-5678\n・佐藤 花子 090-1234-5679\n・鈴木 一郎 090-1234-5670\n";
    assert_eq!(body(list).persons_est, 3, "one a bullet");
    let twice = "山田太郎様（090-1234-5678）\n\n山田太郎様の住所は東京都千代田区千代田1番1号、電話は090-1234-5678です。";
    assert_eq!(body(twice).persons_est, 1, "joined by a shared key");
    let found = body("山田太郎様は090-1234-5678です。");
    assert!(found.persons_min <= found.persons_est && found.persons_est <= found.persons_max);
    assert!(found.hits.iter().all(|h| h.masked.contains('*')), "{:?}", found.hits);
}
