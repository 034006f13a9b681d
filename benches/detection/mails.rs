//! Texts and tables with known contents.

use personal::{Cell, Kind};

use crate::dice::Dice;
use crate::files::{Block, number, shown};
use crate::ids::{self, MAKERS};
use crate::people::{People, Person, written_birth};

/// What a mail carries, and what is in it.
#[derive(Default)]
pub struct Sample {
    pub blocks: Vec<Block>,
    /// Kind and value as it is written.
    pub truth: Vec<(Kind, String)>,
    pub persons: usize,
    /// Whether surname and given name stand in columns of their own.
    pub split: bool,
}

impl Sample {
    fn text(text: String) -> Self {
        Sample { blocks: vec![Block::Text(text)], ..Sample::default() }
    }
}

const GREETINGS: &[&str] = &[
    "関係者各位\n\nいつもお世話になっております。\n",
    "ご担当者様\n\n平素より大変お世話になっております。\n",
    "各位\n\nお疲れさまです。\n",
    "Dear team,\n\n",
];

const SIGNATURES: &[&str] = &[
    "\n-- \n株式会社みほん 営業部\n東京都千代田区丸の内1-1-1\nTEL 03-9999-1111 FAX 03-9999-1112\nhttps://www.example.com/\n",
    "\n━━━━━━━━━━━━━━\nみほん市役所 総務課\n〒100-0001 東京都千代田区千代田1-1\n電話 03-9999-2222\nMail: soumu@city.example.jp\n━━━━━━━━━━━━━━\n",
    "",
];

/// Places, companies and words that surnames and given names are in.
const NO_NAMES: &[&str] = &[
    "山口支店と福島営業所、千葉工場の統合について、石川県と長野県の資料を確認します。",
    "松本市立図書館と宮崎大学、高知港の調査は来月です。",
    "大和証券、三菱地所、松下記念館、森永製菓、林業組合への連絡を済ませました。",
    "平和記念公園、秋田新幹線、川崎重工、日立製作所、本田技研の順に回ります。",
    "東京 大阪 福岡 札幌の四会場で、中央図書館と南部市民会館を使います。",
    "お客様、皆様、同様、仕様、模様替え、氏名欄、君津製鉄所、殿堂入りの確認。",
    "横浜 港、広島 城、長崎 市内、岡山 駅前の各会場。",
    "桜井線と小松空港、石巻港、大島 支所、三浦 海岸、青木 繁殖場を経由します。",
    "明治、大正、昭和の資料室。平成の大合併。令和の米騒動。",
    "課長補佐、担当者、代表取締役、被害者、関係者、保護者の皆さんへ。",
];

/// Writes digits, letters and dashes full-width, or with one of the dashes that people type.
fn dressed(dice: &mut Dice, text: &str) -> String {
    let dash = *['-', '-', '-', '‐', '−', 'ー', '–', '－', '―'].get(dice.below(9)).unwrap_or(&'-');
    let wide = dice.once_in(4);
    text.chars()
        .map(|c| match c {
            '-' if wide && dash == '-' => '－',
            '-' => dash,
            '0'..='9' if wide => char::from_u32(c as u32 - '0' as u32 + '０' as u32).unwrap_or(c),
            other => other,
        })
        .collect()
}

/// A mail in prose about a few people.
pub fn prose(dice: &mut Dice, people: &People) -> Sample {
    let count = dice.between(1, 4);
    let mut text = dice.pick(GREETINGS).to_string();
    let mut truth = Vec::new();
    let people = people.many(dice, count);
    let style = dice.below(8);
    for person in &people {
        text.push_str(&record(dice, person, style, &mut truth));
        if dice.once_in(3) {
            text.push_str(&format!("なお、{}です。\n\n", ids::look_alike(dice)));
        }
        if dice.once_in(2) {
            text.push_str(&format!("{}\n\n", dice.pick(NO_NAMES)));
        }
    }
    text.push_str("以上、よろしくお願いいたします。\n");
    text.push_str(dice.pick(SIGNATURES));
    Sample { truth, persons: count, ..Sample::text(text) }
}

fn record(dice: &mut Dice, p: &Person, style: usize, truth: &mut Vec<(Kind, String)>) -> String {
    let dashes = dice.pick(&["-", "-", "", " "]);
    let fixed = !p.phone[0].ends_with('0') || p.phone[0].len() == 2;
    let phone = p.phone_with(if fixed && dashes.is_empty() { "-" } else { dashes });
    let phone =
        if dice.once_in(6) { format!("({}){}-{}", p.phone[0], p.phone[1], p.phone[2]) } else { phone };
    let phone = dressed(dice, &phone);
    let birth = written_birth(dice, p.birth);
    let birth = if dice.once_in(4) { dressed(dice, &birth) } else { birth };
    let address = dressed(dice, &p.address);
    let name = match dice.below(3) {
        0 => p.spaced(),
        1 => format!("{}　{}", p.surname, p.given),
        _ => p.name(),
    };
    let add =
        |truth: &mut Vec<(Kind, String)>, kind: Kind, value: &str| truth.push((kind, value.to_string()));
    add(truth, Kind::PersonName, &name);
    match style {
        0 => {
            add(truth, Kind::Phone, &phone);
            add(truth, Kind::BirthDate, &birth);
            add(truth, Kind::Address, &address);
            format!("氏名：{name}\n生年月日：{birth}\n住所：{address}\n電話番号：{phone}\n\n")
        }
        1 => {
            add(truth, Kind::Phone, &phone);
            add(truth, Kind::MailAddress, &p.mail);
            let honorific = dice.pick(&["様", "さん", "氏"]);
            format!("{name}{honorific}の連絡先は{phone}、メールは{}です。よろしくお願いします。\n", p.mail)
        }
        4 => {
            // Running text, no label, and no prefecture where there is a city.
            let named = ["東京都", "北海道", "京都府", "大阪府"];
            let local = named.iter().find_map(|p| address.strip_prefix(p));
            let local = local.or_else(|| address.split_once('県').map(|a| a.1)).unwrap_or(&address);
            add(truth, Kind::Address, local);
            add(truth, Kind::Phone, &phone);
            format!("先週、{name}が来庁し、{local}への転居を届け出ました。電話は{phone}とのことです。\n")
        }
        5 => {
            add(truth, Kind::MailAddress, &p.mail);
            format!("{name} <{}>\n", p.mail)
        }
        6 => {
            truth.pop();
            add(truth, Kind::PersonName, &p.surname);
            add(truth, Kind::Phone, &phone);
            format!("{}様より、{phone}へ折り返しのご希望がありました。\n", p.surname)
        }
        7 => {
            truth.pop();
            add(truth, Kind::PersonName, &p.name());
            add(truth, Kind::BirthDate, &birth);
            format!("担当課長{}、{birth}生まれ。\n", p.name())
        }
        2 => {
            add(truth, Kind::BirthDate, &birth);
            add(truth, Kind::Address, &address);
            format!("・{name}（{birth}生）は{address}にお住まいです。\n")
        }
        _ => {
            add(truth, Kind::Phone, &phone);
            add(truth, Kind::MailAddress, &p.mail);
            add(truth, Kind::Address, &address);
            format!("■{name}様\n〒{} {address}\nTEL: {phone}\n{}\n\n", p.postal, p.mail)
        }
    }
}

/// A mail with one identifier of each of a few kinds, each with its label, and look-alikes.
pub fn identifiers(dice: &mut Dice) -> Sample {
    let mut text = String::from("ご連絡します。\n");
    let mut truth = Vec::new();
    for _ in 0..4 {
        let maker = &MAKERS[dice.below(MAKERS.len())];
        let value = (maker.make)(dice);
        let value =
            if value.bytes().any(|b| b.is_ascii_alphabetic()) { value } else { dressed(dice, &value) };
        let label = dice.pick(maker.labels);
        let line = match (label.is_empty(), dice.below(4)) {
            (true, 0) => format!("{value}\n"),
            (true, _) => format!("こちらです、{value}を使います。\n"),
            (false, 0) => format!("{label}：{value}\n"),
            (false, 1) => format!("{label}は{value}です。\n"),
            (false, 2) => format!("・{label}　{value}\n"),
            (false, _) => format!("{label}: {value}、確認済み\n"),
        };
        text.push_str(&line);
        truth.push((maker.kind, value));
        text.push_str(&format!("{}。\n", ids::look_alike(dice)));
    }
    Sample { truth, ..Sample::text(text) }
}

/// How a list is laid out.
#[derive(Clone, Copy)]
pub enum Form {
    Titled,
    Plain,
    NoHeader,
    /// One table of labels and values for each person.
    Forms,
    /// The same people again in a second table with other columns.
    TwoTables,
}

pub const FORMS: [Form; 5] = [Form::Titled, Form::Plain, Form::NoHeader, Form::Forms, Form::TwoTables];

/// A list of people in one of the forms, with duplicates, blank rows and totals. Of short ones each
/// value is told.
pub fn list(dice: &mut Dice, people: &People, form: Form) -> Sample {
    let count = match dice.below(6) {
        0 | 1 => dice.between(3, 9),
        2 => dice.between(1_001, 1_400),
        3 => dice.between(101, 400),
        _ => dice.between(10, 99),
    };
    let count = if matches!(form, Form::Forms) { count.min(40) } else { count };
    let people = people.many(dice, count);
    let style = dice.below(4);
    let date_style = dice.below(3);
    let mut rows: Vec<Vec<Cell>> =
        people.iter().enumerate().map(|(n, p)| row(dice, n, p, style, date_style)).collect();
    let truth = if count < 10 && !matches!(form, Form::Forms) {
        let values = people.iter().zip(&rows);
        let mut truth: Vec<_> = values.flat_map(|(p, r)| row_truth(p, r, style)).collect();
        // M00001 alone could be anything.
        truth.retain(|(k, _)| *k != Kind::MemberNumber || !matches!(form, Form::NoHeader));
        if matches!(form, Form::TwoTables) {
            truth.extend(
                people
                    .iter()
                    .flat_map(|p| [(Kind::PersonName, p.name()), (Kind::MailAddress, p.mail.clone())]),
            );
        }
        truth
    } else {
        Vec::new()
    };
    // Some stand twice.
    for _ in 0..count / 25 {
        let again = rows[dice.below(rows.len())].clone();
        rows.push(again);
    }
    if dice.once_in(2) {
        rows.insert(rows.len() / 2, vec![Cell::Empty]);
    }
    let mut table = vec![header(style)];
    table.append(&mut rows);
    table.push(vec![Cell::Text("合計".into()), Cell::Empty, number(count as f64)]);
    let blocks = arrange(dice, table, form, &people);
    Sample { blocks, truth, persons: count, split: style == 3 }
}

/// A long list of people, with a header and nothing else.
pub fn register(dice: &mut Dice, people: &People, count: usize) -> Vec<Vec<Cell>> {
    let mut rows = vec![header(3)];
    for n in 0..count {
        let person = people.one(dice);
        rows.push(row(dice, n, &person, 3, 0));
    }
    rows
}

/// What a row tells.
fn row_truth(p: &Person, row: &[Cell], style: usize) -> Vec<(Kind, String)> {
    let cell = |at: usize| row.get(at).map(shown).unwrap_or_default();
    let mut truth = vec![(Kind::PersonName, p.name())];
    truth.extend(match style {
        0 => vec![(Kind::BirthDate, cell(3)), (Kind::Phone, cell(4))],
        1 => vec![(Kind::MemberNumber, cell(0)), (Kind::MailAddress, cell(2)), (Kind::Address, cell(3))],
        2 => vec![(Kind::Phone, cell(3))],
        _ => vec![
            (Kind::BirthDate, cell(2)),
            (Kind::Address, cell(3)),
            (Kind::Phone, cell(4)),
            (Kind::MailAddress, cell(5)),
        ],
    });
    truth
}

fn header(style: usize) -> Vec<Cell> {
    let names: &[&str] = match style {
        0 => &["No", "氏名", "フリガナ", "生年月日", "電話番号"],
        1 => &["会員番号", "お名前（必須）", "メールアドレス", "住所"],
        2 => &["学年", "組", "児童氏名", "保護者連絡先", "備考"],
        _ => &["姓", "名", "生年月日", "住所", "携帯", "E-mail"],
    };
    names.iter().map(|n| Cell::Text(n.to_string())).collect()
}

fn row(dice: &mut Dice, n: usize, p: &Person, style: usize, date_style: usize) -> Vec<Cell> {
    let text = |s: String| Cell::Text(s);
    let (y, m, d) = p.birth;
    let birth = match date_style {
        0 => Cell::Date(y, m as u8, d as u8),
        1 => text(format!("{y}/{m}/{d}")),
        _ => text(written_birth(dice, p.birth)),
    };
    // Spreadsheets eat the leading zero of a telephone number without dashes.
    let phone = if dice.once_in(5) {
        number(p.phone_with("").parse().unwrap_or(0.0))
    } else {
        text(p.phone_with("-"))
    };
    let at = number(n as f64 + 1.0);
    match style {
        0 => vec![at, text(p.spaced()), text(p.kana.clone()), birth, phone],
        1 => vec![
            text(format!("M{:05}", n + 1)),
            text(p.name()),
            text(p.mail.clone()),
            text(p.address.clone()),
        ],
        2 => vec![at, text("1".into()), text(p.name()), phone, text("出席".into())],
        _ => vec![
            text(p.surname.clone()),
            text(p.given.clone()),
            birth,
            text(p.address.clone()),
            phone,
            text(p.mail.clone()),
        ],
    }
}

fn arrange(dice: &mut Dice, mut rows: Vec<Vec<Cell>>, form: Form, people: &[Person]) -> Vec<Block> {
    let table = |rows: Vec<Vec<Cell>>, name: &str| Block::Table(name.into(), rows);
    match form {
        Form::Plain => vec![table(rows, "名簿")],
        Form::Titled => {
            rows.insert(0, vec![Cell::Text("参加者名簿（令和7年度）".into())]);
            vec![table(rows, "名簿")]
        }
        Form::NoHeader => vec![table(rows[1..].to_vec(), "名簿")],
        Form::TwoTables => {
            let more = people.iter().map(|p| vec![Cell::Text(p.name()), Cell::Text(p.mail.clone())]);
            let mut second = vec![vec![Cell::Text("氏名".into()), Cell::Text("メール".into())]];
            second.extend(more);
            vec![table(rows, "名簿"), table(second, "連絡先")]
        }
        Form::Forms => {
            let forms = people.iter().enumerate().map(|(n, p)| {
                let pair = |a: &str, b: String| vec![Cell::Text(a.into()), Cell::Text(b)];
                let birth = written_birth(dice, p.birth);
                let rows = vec![
                    vec![Cell::Text("利用申込書".into())],
                    pair("氏名", p.spaced()),
                    pair("フリガナ", p.kana.clone()),
                    pair("生年月日", birth),
                    pair("住所", p.address.clone()),
                    pair("電話番号", p.phone_with("-")),
                ];
                table(rows, &format!("申込{}", n + 1))
            });
            forms.collect()
        }
    }
}

/// People one after another in the body, some with blank lines between their lines.
pub fn written_list(dice: &mut Dice, people: &People) -> Sample {
    let count = dice.between(1, 60);
    let people = people.many(dice, count);
    let style = dice.below(3);
    let lines: String = people
        .iter()
        .map(|p| match style {
            0 => format!("・{}様 {} {}\n", p.spaced(), p.phone_with("-"), p.mail),
            1 => format!("氏名：{}\n電話：{}\n住所：{}\n\n", p.name(), p.phone_with("-"), p.address),
            _ => format!("{}（{}生まれ） {}\n", p.name(), written_birth(dice, p.birth), p.address),
        })
        .collect();
    let text = format!("対象者は次のとおりです。\n\n{lines}\n以上です。\n{}", dice.pick(SIGNATURES));
    Sample { persons: count, ..Sample::text(text) }
}
