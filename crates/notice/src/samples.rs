//! One telling of each kind, as the house would make it, for the tests of this folder.

use super::{
    About, Ask, Cause, Changes, Control, Incident, Kind, Language, Notice, Options, Proposed, Step, Waiting,
};
use casebook::Bilingual;
use rules::verdict::{Approval, Rewrite};

pub const KINDS: [Kind; 19] = [
    Kind::Rewritten,
    Kind::Held,
    Kind::Delayed,
    Kind::Digest,
    Kind::Approve,
    Kind::ApproveMany,
    Kind::Unfit,
    Kind::Rejected,
    Kind::Released,
    Kind::Repaired,
    Kind::Cancelled,
    Kind::Expired,
    Kind::Alert,
    Kind::ExceptionMade,
    Kind::ExceptionDeclined,
    Kind::ControlExpiring,
    Kind::ControlExpired,
    Kind::LogBroken,
    Kind::Fault,
];

pub fn options(language: Language) -> Options {
    let (name, contact) = match language {
        Language::Ja => ("みほん市", "情報政策課（内線 2345）"),
        Language::En => ("Mihon City", "the IT desk (ext. 2345)"),
    };
    let zone = super::zone(Some("Asia/Tokyo"), language).expect("a zone");
    Options { contact: Some(contact.into()), ..Options::default() }.of_house(
        language,
        name,
        "guard.city.example.jp",
        zone,
    )
}

pub fn notice(kind: Kind) -> Notice {
    let mut t = Notice::new(kind, vec!["sato@city.example.jp".into()], time("2026-11-13T05:32:10Z"));
    if matches!(kind, Kind::ControlExpiring | Kind::ControlExpired) {
        return of_control(t);
    }
    if kind == Kind::Fault {
        t.to = vec!["joho@city.example.jp".into()];
        t.reason = Some("next-hop-login".into());
        return t;
    }
    if kind == Kind::LogBroken {
        t.to = vec!["joho@city.example.jp".into()];
        t.reason = Some("entry 4812: its hash does not follow from it and the entry before".into());
        return t;
    }
    t.mail = Some(About {
        sender: "sato@city.example.jp".into(),
        message_id: Some("20261113.1432@mail.city.example.jp".into()),
        subject: Some("【みほん市】創業支援セミナー 開催のご案内".into()),
        at: Some(time("2026-11-13T05:32:08Z")),
        external: 105,
        left: 0,
        recipients: vec![
            "h.tanaka@example.com".into(),
            "suzuki@freemail.example".into(),
            "mori@example.net".into(),
        ],
        attachments: vec!["案内.pdf".into()],
    });
    t.causes = vec![exposed()];
    match kind {
        Kind::Rewritten => t.rewrite = Some(Rewrite::Bcc),
        Kind::Held => {
            t.causes.insert(0, mass_mail());
            t.approval = Some(Approval::SecondPerson);
            t.rewrite = Some(Rewrite::Bcc);
        }
        Kind::Repaired => {
            t.rewrite = Some(Rewrite::Individual);
            t.reason = Some("宛先を確かめました".into());
            t.changes = Changes {
                dropped: vec!["wrong@example.com".into()],
                corrected: vec![("h.tanaka@example.con".into(), "h.tanaka@example.com".into())],
                removed: vec!["申込者名簿.xlsx".into()],
                attachments: 1,
            };
        }
        Kind::Released => t.reason = Some("宛先の確認済み".into()),
        Kind::Alert => t.causes = vec![burst()],
        Kind::ExceptionMade => t.reason = Some("委託先との定例連絡のため".into()),
        Kind::ExceptionDeclined => t.reason = Some("宛先はBccで足りるため".into()),
        Kind::Approve => {
            t.to = vec!["hosa@city.example.jp".into()];
            t.causes.insert(0, mass_mail());
            t.ask = Some(Ask {
                step: Step::StandIn,
                before: vec!["kacho@city.example.jp".into()],
                proposal: Some(Proposed {
                    rewrite: Some(Rewrite::Bcc),
                    changes: Changes { dropped: vec!["wrong@example.com".into()], ..Changes::default() },
                    reason: Some("案内を一斉に送るため".into()),
                }),
            });
        }
        Kind::Unfit => {
            t.by = Some("kacho@city.example.jp".into());
            t.reason = Some("disabled".into());
        }
        _ => {}
    }
    if matches!(kind, Kind::Digest | Kind::ApproveMany) {
        t.waiting = Waiting {
            count: 34,
            cases: vec![
                ("K7F3-22QX".into(), "創業支援セミナー 開催のご案内".into()),
                ("9MB2-H1PT".into(), "創業支援セミナー 開催のご案内（再送）".into()),
            ],
        };
    }
    if !matches!(kind, Kind::Rewritten | Kind::Rejected | Kind::Digest | Kind::ApproveMany | Kind::Unfit) {
        t.case = Some("K7F3-22QX".into());
    }
    let decided =
        [Kind::Released, Kind::Repaired, Kind::Cancelled, Kind::ExceptionMade, Kind::ExceptionDeclined];
    if decided.contains(&kind) {
        t.by = Some("kacho@city.example.jp".into());
    }
    t.until = match kind {
        Kind::Held | Kind::Digest | Kind::Approve | Kind::ApproveMany | Kind::Alert => {
            Some(time("2026-11-27T05:32:08Z"))
        }
        Kind::Delayed => Some(time("2026-11-13T05:37:08Z")),
        Kind::ExceptionMade => Some(time("2027-03-31T14:59:59Z")),
        _ => None,
    };
    t
}

fn of_control(mut t: Notice) -> Notice {
    let past = t.kind == Kind::ControlExpired;
    t.control = Some(Control {
        name: "強制Bccゲートウェイのライセンス".into(),
        expires: if past { "2026-11-12" } else { "2026-11-20" }.into(),
        days: if past { -1 } else { 7 },
        enforced: true,
    });
    t.causes = vec![Cause {
        rule: "exposed-recipients-after-expiry".into(),
        reason: both("", ""),
        evidence: Vec::new(),
        incidents: vec![Incident {
            id: "2023-112".into(),
            date: "2023-03-27".into(),
            organization: both("豊田市", "Toyota City"),
            happened: both(
                "強制Bccのライセンスが切れた3日間に、24通のメールで652件のアドレスが互いに見える状態になりました。",
                "A forced-Bcc licence lapsed for three days; 24 mails showed 652 addresses to each other.",
            ),
            people: None,
        }],
    }];
    t
}

fn exposed() -> Cause {
    Cause {
        rule: "exposed-recipients".into(),
        reason: both(
            "社外の大勢のアドレスが、受け取る方どうしに見える宛先（To・Cc）に入っています。アドレスは個人情報です。",
            "Many outside addresses stand in To or Cc, where every recipient can read them. An address is personal data.",
        ),
        evidence: vec!["recipients.visible_parties = 105".into(), "recipients.visible_personal = 61".into()],
        incidents: vec![
            tokyo(),
            Incident {
                id: "2023-391".into(),
                date: "2023-09-19".into(),
                organization: both("宇治山田高校", "Uji-Yamada High School"),
                happened: both(
                    "421人の宛先が見えるメールを送り、1週間後の取り消しメールでもう一度見せてしまいました。",
                    "421 registrants saw each other's address, and again in the recall a week later.",
                ),
                people: Some(421),
            },
        ],
    }
}

fn mass_mail() -> Cause {
    Cause {
        rule: "mass-mail".into(),
        reason: both(
            "社外の30件以上へ一度に送るメールは、送る前にもう一人が確かめる決まりです。",
            "A mail to 30 or more outside recipients is checked by a second person before it leaves.",
        ),
        evidence: vec!["recipients.external = 105".into(), "history.split_recipients = 0".into()],
        incidents: vec![tokyo()],
    }
}

fn burst() -> Cause {
    Cause {
        rule: "burst".into(),
        reason: both(
            "1時間のうちに、ふだんよりずっと多くのメールが、初めての社外の宛先へ送られました。",
            "Within an hour far more mail than usual went to outside recipients never written to before.",
        ),
        evidence: vec![
            "sender.recent_messages = 120".into(),
            "sender.recent_first_time = 118".into(),
            "sender.new_client = true".into(),
        ],
        incidents: vec![Incident {
            id: "2023-117".into(),
            date: "2023-04".into(),
            organization: both("奈良女子大学", "Nara Women's University"),
            happened: both(
                "使い回しのパスワードが破られ、学生のアカウントから389通の迷惑メールが送られました。",
                "A reused password was guessed and 389 spam mails left from one student's account.",
            ),
            people: None,
        }],
    }
}

fn tokyo() -> Incident {
    Incident {
        id: "2023-116".into(),
        date: "2023-03-16".into(),
        organization: both("東京都", "Tokyo Metropolitan Government"),
        happened: both(
            "105件のアドレスが宛先欄で公開され、送信取り消しの操作でさらに2回送られました。",
            "105 addresses were visible in To, and two attempts to cancel the mail sent it again.",
        ),
        people: Some(103),
    }
}

pub fn both(ja: &str, en: &str) -> Bilingual {
    Bilingual { ja: ja.into(), en: en.into() }
}

pub fn time(text: &str) -> terms::clock::Timestamp {
    text.parse().expect("a time")
}
