//! Ordinary mails of ordinary days, in which nobody's data goes anywhere.

use crate::carry::{self, Carrier};
use crate::charsets::{BODIES, Charset};
use crate::dice::Dice;
use crate::files::{Block, number};
use crate::ids;
use crate::pdf::Numbering;
use crate::people::People;

/// A clean mail, whole: every third with a quoted mail, every third with a file.
pub fn mail(dice: &mut Dice, people: &People) -> Vec<u8> {
    let text = text(dice, people);
    let charset = *BODIES.get(dice.below(4)).filter(|c| c.has(&text)).unwrap_or(&Charset::Utf8);
    let mut parts = vec![match dice.once_in(3) {
        true => {
            let page = crate::files::html(dice, &[Block::Text(text)], charset);
            carry::body(dice, "html", charset, &page)
        }
        false => carry::body(dice, "plain", charset, &text),
    }];
    if dice.once_in(3) {
        let carrier = match dice.below(6) {
            0 => Carrier::Xlsx,
            1 => Carrier::Docx,
            2 => Carrier::Pdf(Numbering::Utf16),
            3 => Carrier::Pdf(Numbering::ToUnicode),
            4 => Carrier::Text(Charset::ShiftJis),
            _ => Carrier::Csv(Charset::ShiftJis),
        };
        let text = (0..6).map(|_| paragraph(dice, people)).collect::<Vec<_>>().join("\n");
        let blocks = [Block::Text(text), figures(dice)];
        parts.extend(carry::attachments(dice, &blocks, carrier));
    }
    carry::message(&parts)
}

/// A table in which nobody stands.
fn figures(dice: &mut Dice) -> Block {
    use content::Cell;
    let text = |s: &str| Cell::Text(s.to_string());
    let heads: &[&str] = match dice.below(4) {
        0 => &["商品コード", "商品名", "数量", "単価"],
        1 => &["支店", "売上", "前年比", "備考"],
        2 => &["日付", "件名", "所要時間", "会場"],
        _ => &["No", "項目", "予算額", "執行額"],
    };
    let things = [
        "宮崎産マンゴー",
        "山口支店",
        "千葉工場",
        "福島営業所",
        "長野会場",
        "コピー用紙",
        "広報誌",
        "森永倉庫",
    ];
    let mut rows = vec![heads.iter().map(|h| text(h)).collect::<Vec<_>>()];
    for n in 0..dice.between(3, 40) {
        let first = match heads[0] {
            "日付" => Cell::Date(2026, dice.between(1, 12) as u8, dice.between(1, 28) as u8),
            "商品コード" => Cell::Text(dice.fill("49###########")),
            "支店" => text(dice.pick(&["札幌", "仙台", "福岡", "石川", "千葉"])),
            _ => number(n as f64 + 1.0),
        };
        let (a, b) = (dice.below(2_000_000) as f64, dice.below(90_000) as f64);
        rows.push(vec![first, text(dice.pick(&things)), number(a), number(b)]);
    }
    Block::Table("一覧".into(), rows)
}

/// The text of a clean mail, with its signature and what it quotes.
pub fn text(dice: &mut Dice, people: &People) -> String {
    let (to, from) = (people.one(dice), people.one(dice));
    let open = match dice.below(4) {
        0 => format!(
            "株式会社みほん\n{} 様\n\nいつもお世話になっております。みほん市総務課の{}です。\n\n",
            to.spaced(),
            from.surname
        ),
        1 => format!("{}様\n\nお世話になっております。{}です。\n\n", to.surname, from.surname),
        2 => format!("{}さん\n\nお疲れさまです。{}です。\n", to.surname, from.surname),
        _ => format!("Dear {},\n\nThank you for your message.\n\n", "Smith"),
    };
    let body = (0..dice.between(1, 3)).map(|_| paragraph(dice, people)).collect::<Vec<_>>().join("\n");
    let signature = format!(
        "\n-- \nみほん市役所 総務部総務課\n{} {}\n〒100-0001 東京都千代田区千代田1-1\nTEL 03-9999-0001 FAX 03-9999-0002\nE-mail: {}@city.example.jp\n",
        from.surname, from.given, "user"
    );
    let mut text = format!("{open}{body}{signature}");
    if dice.once_in(3) {
        let other = format!(
            "From: {} <{}>\nTo: user@city.example.jp\nCc: {}\nSubject: Re: 打合せ\n\nみほん市 {}様\n\nありがとうございます。承知しました。\n\n------------------------\n株式会社みほん商事 営業部\n{}\nTEL: {}\nMail: {}\nhttps://www.example.com/\n------------------------\n",
            to.spaced(),
            to.mail,
            people.one(dice).mail,
            from.surname,
            to.spaced(),
            to.phone_with("-"),
            to.mail
        );
        let quoted: String = other.lines().map(|l| format!("> {l}\n")).collect();
        text.push_str(&format!("\n2026年4月1日(水) 9:00 {} <{}>:\n{quoted}", to.spaced(), to.mail));
    }
    text
}

fn paragraph(dice: &mut Dice, people: &People) -> String {
    let place = people.one(dice);
    match dice.below(22) {
        0 => format!("会議は11月{}日(金)10:00から、市役所3階の第2会議室で行います。\n", dice.between(1, 30)),
        1 => dice.fill("ご注文の商品を発送しました。\nお問い合わせ番号：####-####-####\n注文番号：##############\n金額：12,###円\n"),
        2 => format!("会場：みほん会館（{}）\n電話 03-9999-3333\nアクセス：駅から徒歩5分\n", place.address),
        3 => dice.fill("請求書番号 2025-####\n登録番号 T8700110005901\nお振込先：みほん銀行 本店\n合計 1,2##,###円\n"),
        4 => "千葉、山口、福島、石川、宮崎、長野の各支店へも同じ資料を送付済みです。東京と大阪は来週になります。\n".into(),
        5 => dice.fill("2025-11-22 10:2#:3# INFO  request id=4###############  status=200 ip=192.168.1#.1#\n2025-11-22 10:2#:4# WARN  timeout 3####ms\n"),
        6 => "システム障害のお知らせ\n昨夜22時ごろ通信障害が発生しましたが、現在は復旧しています。\n".into(),
        7 => format!("議事録\n出席：{}課長、{}係長、事務局\n1. 予算について\n2. 次回日程\n", place.surname, people.one(dice).surname),
        8 => "資料のパスワードは別途お送りします。ログインの際は画面の案内に従ってください。\n".into(),
        9 => "時刻表\n10:05  10:25  10:45\n11:05  11:25  11:45\n12:05  12:25  12:45\n".into(),
        10 => "型番\t数量\t単価\nAB-1001\t10\t1200\nAB-1002\t5\t3400\nAB-1003\t8\t560\n".into(),
        11 => "本メールは送信専用です。ご不明な点はフリーダイヤル0120-000-111までお問い合わせください。\n".into(),
        12 => "The meeting is moved to Friday at 3 pm. Order #4500012345678901, tracking 1Z999AA10123456784.\n".into(),
        13 => "脆弱性診断の結果を共有します。重大な指摘はありませんでした。成績優秀な製品の選定に使ってください。\n".into(),
        14 => format!("{}。\n", ids::look_alike(dice)),
        15 => "支店名,売上,前年比\n札幌,1200,105%\n仙台,980,99%\n福岡,1500,110%\n".into(),
        16 => "This e-mail and any attachments are confidential and intended solely for the addressee.\n".into(),
        17 => format!("新製品の発表会に{}社長が登壇します。取材は{}まで。\n", place.surname, "press@example.com"),
        18 => "障害者雇用の研修、アレルギー表示の改正、生活保護制度の説明会のご案内です。\n".into(),
        19 => "Zoomミーティングに参加する\nhttps://example.zoom.example/j/81234567890?pwd=abcdEFGH\nミーティングID: 812 3456 7890\n".into(),
        20 => format!("お客様窓口の{}が担当いたします。ご連絡は03-9999-4444（代表）へお願いします。\n", place.surname),
        _ => "平成30年4月1日施行の条例と、昭和63年法律第1号の改正（令和2年1月1日）を確認しました。\n".into(),
    }
}
