//! Valid identifiers of every kind, and others that look like them and are none.

use personal::Kind;
use personal::identifiers::{
    au, br, ca, card, checks, cn, de, digits, es, fr, gb, iban, india, it, jp, kr, sg, us,
};

use crate::dice::Dice;

/// A kind, its label, and how it is made.
pub struct Maker {
    pub kind: Kind,
    pub labels: &'static [&'static str],
    pub make: fn(&mut Dice) -> String,
}

fn until(dice: &mut Dice, pattern: &str, valid: impl Fn(&str) -> bool) -> String {
    loop {
        let candidate = dice.fill(pattern);
        if valid(&candidate) {
            return candidate;
        }
    }
}

fn grouped(dice: &mut Dice, solid: &str, sizes: &[usize]) -> String {
    let separator = match dice.below(3) {
        0 => return solid.to_string(),
        1 => " ",
        _ => "-",
    };
    let mut parts = Vec::new();
    let mut at = 0;
    for size in sizes {
        parts.push(&solid[at..at + size]);
        at += size;
    }
    parts.join(separator)
}

fn my_number(d: &mut Dice) -> String {
    let n = until(d, "############", |c| jp::my_number(&digits(c)) && !jp::courier(&digits(c)));
    grouped(d, &n, &[4, 4, 4])
}

fn card_number(d: &mut Dice) -> String {
    let (pattern, sizes): (&str, &[usize]) = match d.below(5) {
        0 => ("35301###########", &[4, 4, 4, 4]),
        1 => ("5412############", &[4, 4, 4, 4]),
        2 => ("3712###########", &[4, 6, 5]),
        3 => ("3630##########", &[4, 6, 4]),
        _ => ("4###############", &[4, 4, 4, 4]),
    };
    let n = until(d, pattern, |c| card::card(&digits(c)));
    if sizes.iter().sum::<usize>() == n.len() { grouped(d, &n, sizes) } else { n }
}

fn iban_number(d: &mut Dice) -> String {
    let body = d.fill("WEST##############");
    let check = 98 - checks::mod97(format!("{body}GB00").bytes()).unwrap_or(0);
    let solid = format!("GB{check:02}{body}");
    assert!(iban::iban(solid.as_bytes()));
    if d.once_in(2) {
        solid
    } else {
        solid.as_bytes().chunks(4).map(|c| String::from_utf8_lossy(c)).collect::<Vec<_>>().join(" ")
    }
}

fn codice_fiscale(d: &mut Dice) -> String {
    until(d, "AAAAAA##S18A###A", |c| it::codice_fiscale(c.as_bytes()))
}

fn cn_id(d: &mut Dice) -> String {
    until(d, "3604261991010#####", |c| cn::id(c.as_bytes()))
}

/// Every kind that has a form of its own.
pub const MAKERS: &[Maker] = &[
    Maker { kind: Kind::MyNumber, labels: &["マイナンバー", "個人番号"], make: my_number },
    Maker {
        kind: Kind::ResidentCode,
        labels: &["住民票コード"],
        make: |d| until(d, "2##########", |c| jp::resident_code(&digits(c))),
    },
    Maker {
        kind: Kind::DrivingLicence,
        labels: &["運転免許証番号", "免許証番号"],
        make: |d| until(d, "30##########", |c| jp::driving_licence(&digits(c))),
    },
    Maker {
        kind: Kind::InsurerNumber,
        labels: &["保険者番号"],
        make: |d| until(d, "0113####", |c| jp::insurer(&digits(c))),
    },
    Maker { kind: Kind::PensionNumber, labels: &["基礎年金番号"], make: |d| d.fill("3###-######") },
    Maker {
        kind: Kind::EmploymentInsurance,
        labels: &["雇用保険被保険者番号"],
        make: |d| d.fill("5###-######-#"),
    },
    Maker {
        kind: Kind::PassportJp, labels: &["旅券番号", "パスポート番号"], make: |d| d.fill("TR#######")
    },
    Maker { kind: Kind::ResidenceCard, labels: &["在留カード番号"], make: |d| d.fill("AA########AA") },
    Maker {
        kind: Kind::Card,
        labels: &["カード番号", "クレジットカード", "Card number", ""],
        make: card_number,
    },
    Maker {
        kind: Kind::BankAccount,
        labels: &["口座番号", "普通", "みほん銀行本店 普通預金"],
        make: |d| d.fill("1######"),
    },
    Maker {
        kind: Kind::YuchoAccount,
        labels: &["ゆうちょ銀行", "ゆうちょ 記号番号"],
        make: |d| d.fill("1###0-1######1"),
    },
    Maker { kind: Kind::Iban, labels: &["IBAN", ""], make: iban_number },
    Maker {
        kind: Kind::UsSsn,
        labels: &["SSN", "Social Security Number"],
        make: |d| until(d, "###-##-####", |c| us::ssn(&digits(c))),
    },
    Maker {
        kind: Kind::UkNino,
        labels: &["National Insurance number", "NINO"],
        make: |d| until(d, "AA######A", |c| gb::nino(c.as_bytes())),
    },
    Maker {
        kind: Kind::UkNhs,
        labels: &["NHS number"],
        make: |d| until(d, "9## ### ####", |c| gb::nhs(&digits(c))),
    },
    Maker {
        kind: Kind::InAadhaar,
        labels: &["Aadhaar"],
        make: |d| until(d, "#### #### ####", |c| india::aadhaar(&digits(c))),
    },
    Maker { kind: Kind::EsDni, labels: &["DNI"], make: |d| until(d, "########A", |c| es::dni(c.as_bytes())) },
    Maker { kind: Kind::EsNie, labels: &["NIE"], make: |d| until(d, "X#######A", |c| es::nie(c.as_bytes())) },
    Maker { kind: Kind::ItCodiceFiscale, labels: &["Codice fiscale", ""], make: codice_fiscale },
    Maker {
        kind: Kind::FrNir,
        labels: &["NIR", "Numéro de sécurité sociale"],
        make: |d| until(d, "29510991#######", |c| fr::nir(c.as_bytes())),
    },
    Maker {
        kind: Kind::DeIdnr,
        labels: &["Steuer-ID", "IdNr"],
        make: |d| until(d, "###########", |c| de::idnr(&digits(c))),
    },
    Maker {
        kind: Kind::BrCpf,
        labels: &["CPF", ""],
        make: |d| until(d, "###.###.###-##", |c| br::cpf(&digits(c))),
    },
    Maker {
        kind: Kind::KrRrn,
        labels: &["주민등록번호", "RRN", ""],
        make: |d| until(d, "8#0#1#-1######", |c| kr::rrn(&digits(c))),
    },
    Maker { kind: Kind::CnId, labels: &["身份证号码", ""], make: cn_id },
    Maker {
        kind: Kind::SgNric,
        labels: &["NRIC"],
        make: |d| until(d, "S#######A", |c| sg::nric(c.as_bytes())),
    },
    Maker {
        kind: Kind::AuTfn,
        labels: &["TFN", "Tax file number"],
        make: |d| until(d, "### ### ###", |c| au::tfn(&digits(c))),
    },
    Maker {
        kind: Kind::AuMedicare,
        labels: &["Medicare"],
        make: |d| until(d, "2### ##### #", |c| au::medicare(&digits(c))),
    },
    Maker {
        kind: Kind::CaSin,
        labels: &["Social insurance number"],
        make: |d| until(d, "###-###-###", |c| ca::sin(&digits(c))),
    },
];

/// Something that looks like an identifier, with the words that stand around such things.
pub fn look_alike(dice: &mut Dice) -> String {
    let couriers = |d: &mut Dice| until(d, "############", |c| jp::courier(&digits(c)));
    match dice.below(26) {
        0 => format!("お問い合わせ番号：{}", couriers(dice)),
        1 => {
            let n = couriers(dice);
            format!("追跡番号 {}-{}-{}", &n[..4], &n[4..8], &n[8..])
        }
        2 => format!("注文番号：{}", until(dice, "4###############", |c| card::card(&digits(c)))),
        3 => format!("注文番号 {}", until(dice, "############", |c| jp::my_number(&digits(c)))),
        4 => format!("法人番号：{}", until(dice, "#############", |c| jp::corporate(&digits(c)))),
        5 => format!("登録番号 T{}", until(dice, "#############", |c| jp::corporate(&digits(c)))),
        6 => format!("JANコード {}", dice.fill("49###########")),
        7 => dice.fill("isbn 978-4-##-######-#"),
        8 => format!("請求書番号 INV-2025-{}", dice.fill("########")),
        9 => dice.fill("伝票番号：####-####-####"),
        10 => dice.fill("2025-11-1# 10:2#:3#.######"),
        11 => dice.fill("ビルド 20251122#####1##"),
        12 => dice.fill("ver. 1#.2#.3#.4#"),
        13 => dice.fill("接続元 192.168.1#.2#"),
        14 => dice.fill("金額 1,2##,###円（税込）"),
        15 => format!("型番 AB-{}C", dice.fill("####-####")),
        16 => dice.fill("団体コード 131016 件数 1###"),
        17 => dice.fill("シリアル番号：####-####-####-####"),
        18 => dice.fill("フリーダイヤル 0120-###-###"),
        19 => dice.fill("ナビダイヤル 0570-###-###"),
        20 => format!("会議ID: {}", dice.fill("8## #### ####")),
        21 => format!("管理番号 {}", until(dice, "###########", |c| br::cpf(&digits(c)))),
        22 => dice.fill("商品コード：########A"),
        23 => dice.fill("契約番号 1######"),
        24 => dice.fill("画像 icon@2x.png と {\"id\": 1####################}"),
        _ => {
            // Right length, wrong check digit, no word around.
            let n = until(dice, "4###############", |c| !card::card(&digits(c)));
            format!("値は{n}です")
        }
    }
}
