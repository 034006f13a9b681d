//! The notices in Japanese: the frame, and what goes to the sender of a mail.

mod feedback;
mod outcomes;
mod to_admins;
mod to_approvers;

use jiff::Zoned;
use jiff::civil::{Date, Weekday};

use super::approval_text;
use super::words::{Context, Labels, Said, Titles, Wording, people_unsaid, year_and_month};
use super::{Choice, Incident, Kind, evidence, sanitize};
use feedback::{exception_declined, exception_made};
use outcomes::{cancelled, expired, rejected, sent};
use rules::verdict::{Approval, Rewrite};
use to_admins::{alert, control_expired, expiring, fault, log_broken};
use to_approvers::{approve, approve_many, unfit};

pub struct Japanese;

const NO_RECALL: &str =
    "「送信取り消し」は使わないでください。社外に届いたメールは消えず、宛先の全員にもう1通届きます。";
const BOUNCES: &str = "届かなかった宛先があれば、不達の通知でお知らせします。";

impl Wording for Japanese {
    fn tag(&self) -> &'static str {
        "ja"
    }

    fn titles(&self, kind: Kind) -> Titles {
        Titles {
            why: match kind {
                Kind::Rewritten => "宛先欄を直した理由",
                Kind::Held | Kind::Delayed | Kind::Digest | Kind::Approve | Kind::Rejected => "止めた理由",
                Kind::Alert => "気づいたこと",
                _ => "止めていた理由",
            },
            past: match kind {
                Kind::ControlExpiring | Kind::ControlExpired => "期限切れで実際に起きたこと",
                _ => "過去に実際に起きたこと",
            },
            next: match kind {
                Kind::Held | Kind::Delayed | Kind::Digest | Kind::Alert | Kind::ControlExpiring => {
                    "このあとどうなるか"
                }
                Kind::Approve | Kind::ApproveMany => "このあとどうなるか",
                _ => "いまの状態",
            },
            can: "いまできること",
            case: "案件番号",
        }
    }

    fn labels(&self) -> Labels {
        Labels {
            subject: "件名",
            sender: "差出人",
            recipients: "宛先",
            attachments: "添付",
            received: "受付",
            by: "判断した人",
            reason: "伝言",
            control: "対策",
            last_day: "期限",
            dropped: "外した宛先",
            removed: "外した添付",
            corrected: "直した宛先",
        }
    }

    fn said(&self, c: &Context) -> Said {
        let said = match c.notice.kind {
            Kind::Rewritten => rewritten(c),
            Kind::Held => held(c),
            Kind::Delayed => delayed(c),
            Kind::Digest => digest(c),
            Kind::Approve => approve(c),
            Kind::ApproveMany => approve_many(c),
            Kind::Unfit => unfit(c),
            Kind::Rejected => rejected(c),
            Kind::Released | Kind::Repaired => sent(c),
            Kind::Cancelled => cancelled(c),
            Kind::Expired => expired(c),
            Kind::Alert => alert(c),
            Kind::ExceptionMade => exception_made(c),
            Kind::ExceptionDeclined => exception_declined(c),
            Kind::ControlExpiring => expiring(c),
            Kind::ControlExpired => control_expired(c),
            Kind::LogBroken => log_broken(c),
            Kind::Fault => fault(c),
        };
        Said { subject: format!("【関所】{}", said.subject), ..said }
    }

    fn moment(&self, at: &Zoned) -> String {
        format!("{}{}", self.day(at.date()), at.strftime("%H:%M"))
    }

    fn day(&self, day: Date) -> String {
        let weekday = match day.weekday() {
            Weekday::Monday => '月',
            Weekday::Tuesday => '火',
            Weekday::Wednesday => '水',
            Weekday::Thursday => '木',
            Weekday::Friday => '金',
            Weekday::Saturday => '土',
            Weekday::Sunday => '日',
        };
        format!("{}年{}月{}日（{weekday}）", day.year(), day.month(), day.day())
    }

    fn past(&self, incident: &Incident) -> (String, String) {
        let when = match year_and_month(&incident.date) {
            Some((year, Some(month))) => format!("{year}年{month}月 "),
            Some((year, None)) => format!("{year}年 "),
            None => String::new(),
        };
        let happened = sanitize::line(&incident.happened.ja, 200);
        let mut happened = happened.trim_end_matches('。').to_string();
        if let Some(people) = people_unsaid(incident.people, &happened) {
            happened.push_str(&format!("（{people}人に影響）"));
        }
        (format!("{when}{}", sanitize::line(&incident.organization.ja, 60)), happened)
    }

    fn also(&self) -> &'static str {
        "ほかにも、確かめていただきたいことがあります。"
    }

    fn more(&self, count: usize) -> String {
        format!(" ほか{}件", evidence::grouped(count as i64))
    }

    fn files(&self, count: usize) -> String {
        format!("{}件", evidence::grouped(count as i64))
    }

    fn comma(&self) -> &'static str {
        "、"
    }

    fn untitled(&self) -> &'static str {
        "（件名なし）"
    }

    fn choice(&self, choice: Choice, kind: Kind) -> (&'static str, &'static str) {
        match choice {
            Choice::Bcc => ("Bccにして送る", "社外の宛先がお互いに見えないようにして送ります。"),
            Choice::Individual => ("1通ずつ分けて送る", "社外の宛先へ、相手ごとに別のメールで送ります。"),
            Choice::Mend => {
                ("宛先・添付を直して送る", "宛先や添付を外したり、誤ったアドレスを直したりできます。")
            }
            Choice::AsIs => {
                ("理由を書いて、このまま送る", "宛先と内容が正しいと確かめたときに選んでください。")
            }
            Choice::Look => ("メールを見て判断する", "宛先・本文・添付と、見つかった箇所を見られます。"),
            Choice::Cancel if kind == Kind::Approve => {
                ("送らせない", "理由を書いて取りやめます。差出人に伝わります。")
            }
            Choice::Cancel if kind == Kind::Delayed => ("送信を止める", "メールは送られません。"),
            Choice::Cancel => ("送信を取りやめる", "メールは送られません。"),
            Choice::Hasten => ("待たずに送る", "宛先と内容を確かめたら、すぐに送れます。"),
        }
    }

    fn page(&self, kind: Kind) -> &'static str {
        match kind {
            Kind::Digest | Kind::ApproveMany => "一覧を開いて、1通ずつ決める",
            Kind::Released | Kind::Repaired | Kind::Cancelled | Kind::Expired => "このメールの経過を見る",
            _ => "メールの中身と、見つかった箇所を見る",
        }
    }

    fn others(&self, count: usize) -> String {
        format!("ほかにも{}通のメールが待っています（一覧を開く）", evidence::grouped(count as i64))
    }

    fn in_place_of(&self, sender: &str) -> String {
        match sender.is_empty() {
            true => "このメールの差出人は空（<>）で、組織内に知らせる相手がいません。代わりに管理者へお知らせしています。以下の文は差出人に向けたものです。".into(),
            false => format!(
                "このメールの差出人 {sender} は組織内の人が読む宛先ではないため、代わりに管理者へお知らせしています。以下の文は差出人に向けたものです。"
            ),
        }
    }

    fn foot(&self, organization: &str, contact: Option<&str>, site: Option<&str>) -> Vec<String> {
        let of = if organization.is_empty() { String::new() } else { format!("{organization}の") };
        let mut foot = vec![match site {
            None => format!(
                "{of}メール検査「関所」からの自動のお知らせです。リンクを押すことや、パスワードの入力をお願いすることはありません。"
            ),
            Some(site) => format!(
                "{of}メール検査「関所」からの自動のお知らせです。リンクの行き先は {site} だけで、パスワードをたずねることはありません。リンクはあなた専用です。転送しないでください。"
            ),
        }];
        if let Some(contact) = contact {
            foot.push(format!("お問い合わせ: {contact}"));
        }
        foot
    }

    fn reference(&self, rules: &str, incidents: &str) -> String {
        if incidents.is_empty() {
            format!("問い合わせ用の控え: ルール {rules}")
        } else {
            format!("問い合わせ用の控え: ルール {rules} ／ 事例 {incidents}")
        }
    }
}

fn who(c: &Context) -> String {
    c.contact.clone().unwrap_or_else(|| "メール管理者".into())
}

/// `（K7F3-22QX）`, or nothing.
fn in_brackets(c: &Context) -> String {
    if c.case.is_empty() { String::new() } else { format!("（{}）", c.case) }
}

/// The end of a subject line: the mail in a few words, or its own subject.
fn about(c: &Context) -> String {
    match &c.short {
        Some(short) => format!(": {short}"),
        None => topic(c),
    }
}

fn topic(c: &Context) -> String {
    if c.topic.is_empty() { String::new() } else { format!(": 「{}」", c.topic) }
}

fn until(c: &Context) -> Option<String> {
    c.until.as_ref().map(|at| Japanese.moment(at))
}

fn hidden(c: &Context) -> &'static str {
    match c.notice.rewrite {
        Some(Rewrite::Individual) => "社外の宛先には1通ずつ分けて送り、ほかの宛先が見えないようにしました。",
        Some(Rewrite::Bcc) => "社外の宛先は、お互いに見えないようにしました。",
        None => "",
    }
}

fn rewritten(c: &Context) -> Said {
    let (headline, how) = match c.notice.rewrite {
        Some(Rewrite::Individual) => (
            "社外の宛先へ、1通ずつ分けて送信します。",
            "受け取った方には、自分以外の社外の宛先は見えません。",
        ),
        None => return bcc_field_removed(c),
        Some(Rewrite::Bcc) => (
            "社外の宛先がお互いに見えないようにして、送信しました。",
            "受け取った方には、ほかの社外の宛先は見えません。「全員に返信」しても、ほかの社外の方には届きません。",
        ),
    };
    Said {
        status: "送信・宛先を保護".into(),
        subject: format!("宛先を隠して送信しました{}", about(c)),
        headline: headline.into(),
        lead: vec!["本文と添付ファイルは変えていません。".into()],
        next: vec![how.into(), "届かなかった宛先があれば、いつもどおり不達の通知が届きます。".into()],
        can: vec![
            "特に何もする必要はありません。送り直しも不要です。".into(),
            NO_RECALL.into(),
            "次に大勢へ送るときは、宛先をBccに入れてください。同じ方々へ3日以内にもう一度送ると、確認のため、いったん保留になることがあります。".into(),
            format!("宛先をお互いに見せる必要がある連絡であれば、{}にご相談ください。", who(c)),
        ],
    }
}

fn bcc_field_removed(c: &Context) -> Said {
    Said {
        status: "送信・Bcc欄を削除".into(),
        subject: format!("Bcc欄を取り除いて送信しました{}", about(c)),
        headline: "Bcc欄を取り除いて、送信しました。".into(),
        lead: vec!["宛先（To・Cc）、本文、添付ファイルは変えていません。".into()],
        next: vec![
            "受け取った方には、Bccの宛先は見えません。Bccの方にも届きます。".into(),
            "届かなかった宛先があれば、いつもどおり不達の通知が届きます。".into(),
        ],
        can: vec![
            "特に何もする必要はありません。送り直しも不要です。".into(),
            NO_RECALL.into(),
            format!("お使いの送信ソフトがBcc欄を残したままにしています。{}にお知らせください。", who(c)),
        ],
    }
}

fn held(c: &Context) -> Said {
    let case = &c.case;
    let who = who(c);
    let mut next = vec![match until(c) {
        Some(until) if c.pressable => format!("{until}までに決まらなければ、送信せずに取りやめます。"),
        Some(until) => {
            format!("{until}まで保管します。それまでに確認がなければ送信せずに取りやめ、お知らせします。")
        }
        None => "確認があるまで保管します。どう決まっても、お知らせします。".into(),
    }];
    match c.notice.approval {
        Some(Approval::SecondPerson) => {
            next.push("送信には、あなた以外の方の確認が必要です。".into());
            if !c.notice.asked.is_empty() {
                next.push(format!("確認をお願いした方: {}", approval_text::named(&c.notice.asked, "、")));
            }
        }
        Some(Approval::Sender) => next.push("あなたが宛先と内容を確かめれば、送信できます。".into()),
        Some(Approval::None) | None => {}
    }
    match c.notice.rewrite.filter(|_| !c.pressable) {
        Some(Rewrite::Bcc) => {
            next.push("送信するときは、社外の宛先がお互いに見えないように直します。".into())
        }
        Some(Rewrite::Individual) => next.push("送信するときは、社外の宛先へ1通ずつ分けて送ります。".into()),
        None => {}
    }
    if c.pressable {
        next.push("ボタンを押しても、次の画面で確かめるまでは何も送られません。".into());
    }
    let send = if c.notice.approval == Some(Approval::SecondPerson) {
        format!("送る: 上司など、確認する方から{who}へ「{case} を送信」と伝えてもらってください。")
    } else {
        format!("送る: 宛先・本文・添付を見直してから、{who}へ「{case} を送信」と伝えてください。")
    };
    Said {
        status: "保留中".into(),
        subject: format!("保留しました{}{}", in_brackets(c), about(c)),
        headline: match c.left {
            0 => "メールを保留しています。社外にはまだ送信していません。".into(),
            left => format!("メールの残りを保留しています。社外の{left}件には、すでに送信しました。"),
        },
        lead: Vec::new(),
        next,
        can: if c.pressable {
            vec![
                held_caution(c).into(),
                format!("ボタンを押せないとき: {who}へ、案件番号「{case}」を伝えてください。"),
            ]
        } else {
            vec![
                send,
            "直して送る: 「宛先を隠す」か「この宛先を外す」も、同じ番号で頼めます。本文や添付を直すときは、取りやめて新しく送ってください。".into(),
                format!("やめる: {who}へ「{case} を取りやめ」と伝えてください。"),
                held_caution(c).into(),
            ]
        },
    }
}

fn held_caution(c: &Context) -> &'static str {
    if c.recall {
        "届いてしまったメールは、取り消しの操作では消えません。受け取った方へ、電話などで個別に削除をお願いしてください。"
    } else if c.left > 0 {
        NO_RECALL
    } else {
        "同じメールの送り直しや「送信取り消し」は不要です。まだ社外に出ていません。"
    }
}

fn delayed(c: &Context) -> Said {
    let when = until(c).unwrap_or_else(|| "まもなく".into());
    let until = if c.until.is_some() { format!("{when}に") } else { when };
    let stop = if c.case.is_empty() {
        format!("止めるとき: それまでに、{}へ伝えてください。", who(c))
    } else {
        format!("止めるとき: それまでに、{}へ「{} を取りやめ」と伝えてください。", who(c), c.case)
    };
    Said {
        status: "送信待ち".into(),
        subject: format!("少し待ってから送信します{}{}", in_brackets(c), about(c)),
        headline: "メールはまだ送信していません。いまなら止められます。".into(),
        lead: Vec::new(),
        next: vec![format!("{until}、自動で送信します。"), hidden_later(c)],
        can: vec![
            "宛先と添付ファイルを、もう一度見てください。".into(),
            "問題がなければ、何もする必要はありません。".into(),
            if c.pressable { String::new() } else { stop },
        ],
    }
}

fn digest(c: &Context) -> Said {
    let count = evidence::grouped(c.notice.waiting.count as i64);
    Said {
        status: "保留中・まとめ".into(),
        subject: format!("あなたのメールが{count}通、保留されています"),
        headline: format!("メール{count}通を保留しています。社外にはまだ送信していません。"),
        lead: vec!["短い時間に多くのメールが止まったため、1通ずつではなく、まとめてお知らせします。".into()],
        next: vec![match until(c) {
            Some(until) => format!(
                "いちばん早いものは{until}まで保管します。それまでに確認がなければ、送信せずに取りやめます。"
            ),
            None => "確認があるまで保管します。".into(),
        }],
        can: vec![
            if c.pressable {
                "一覧から1通ずつ開いて、送るか取りやめるかを決めてください。".into()
            } else {
                format!("{}へ案件番号を伝え、送るか取りやめるかを決めてください。", who(c))
            },
            format!(
                "送った覚えのないメールがあれば、アカウントの不正利用かもしれません。すぐに{}へ知らせてください。",
                who(c)
            ),
        ],
    }
}

fn hidden_later(c: &Context) -> String {
    match c.notice.rewrite {
        Some(Rewrite::Bcc) => "送信するときは、社外の宛先がお互いに見えないように直します。".into(),
        Some(Rewrite::Individual) => "送信するときは、社外の宛先へ1通ずつ分けて送ります。".into(),
        None => String::new(),
    }
}
