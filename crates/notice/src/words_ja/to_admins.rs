//! The notices in Japanese that go to the organisation's admins and to the owners of a control.

use super::super::sanitize;
use super::super::words::{Context, Said, Watched, Wording};
use super::{Japanese, in_brackets, until};

pub fn alert(c: &Context) -> Said {
    let sender = if c.sender.is_empty() { "差出人不明" } else { &c.sender };
    let held = !c.case.is_empty();
    let mut can = Vec::new();
    if c.burst {
        can.push("本人に、電話などメール以外の方法で、送った覚えがあるかを確かめてください。".to_string());
        can.push("覚えがなければ、パスワードを変え、すべてのサインインを切り、転送設定と接続の記録を調べてください。".into());
    } else if c.expired {
        can.push("期限が切れた対策と、更新の状況を見る: sekisho watch status".into());
    } else {
        can.push("差出人と、送ろうとした事情を確かめてください。".into());
    }
    if held {
        can.push(format!("メールを見る: sekisho hold show {}", c.case));
        can.push(format!("送る: sekisho hold release {}", c.case));
        can.push(format!("取りやめる: sekisho hold cancel {}", c.case));
    }
    can.push("すでに出たメールの宛先を調べる: sekisho audit trace".into());
    Said {
        status: "要確認".into(),
        subject: format!("要確認{}: {sender}", in_brackets(c)),
        headline: if c.burst {
            format!("{sender} から、いつもと違う送信がありました。アカウントの不正利用かもしれません。")
        } else {
            format!("{sender} のメールについて、管理者の確認が必要です。")
        },
        lead: if held { vec!["このメールは止めてあります。".into()] } else { Vec::new() },
        next: match (held, until(c)) {
            (true, Some(until)) => vec![format!("{until}まで保管し、確認がなければ送信せずに取りやめます。")],
            (true, None) => vec!["確認があるまで保管します。".into()],
            (false, _) => {
                vec!["メールがどう扱われたかは、監査ログ（sekisho audit list）に残っています。".into()]
            }
        },
        can,
    }
}

fn last_day(w: &Watched) -> String {
    w.last_day.map(|d| Japanese.day(d)).unwrap_or_default()
}

pub fn expiring(c: &Context) -> Said {
    let Some(w) = &c.control else {
        return nameless();
    };
    let when = if w.days == 0 { "今日まで".to_string() } else { format!("あと{}日", w.days) };
    Said {
        status: format!("期限: {when}"),
        subject: format!("{when}: 「{}」の期限", w.name),
        headline: if w.days == 0 {
            format!("「{}」は、今日が最終日です。", w.name)
        } else {
            format!("「{}」は、あと{}日で期限が切れます。", w.name, w.days)
        },
        lead: Vec::new(),
        next: vec![if w.enforced {
            format!("{}を過ぎると、関所は宛先を守るルールを厳しい基準で働かせます。社外の宛先が並ぶメールの扱いが変わります。", last_day(w))
        } else {
            "期限が切れても、関所はお知らせをするだけです。メールの扱いは変わりません。".into()
        }],
        can: vec![
            "更新の手続きがどこまで進んでいるかを、今日のうちに確かめてください。".into(),
            "更新したら、製品にも反映されたか（再起動が要るものもあります）を、試しのメールで確かめてください。".into(),
            "そのうえで、関所の設定の expires を新しい日付に直してください。".into(),
        ],
    }
}

pub fn control_expired(c: &Context) -> Said {
    let Some(w) = &c.control else {
        return nameless();
    };
    Said {
        status: "期限切れ".into(),
        subject: format!("期限切れ: 「{}」", w.name),
        headline: format!("「{}」の期限が切れました。", w.name),
        lead: vec!["守りが止まっていても、気づきにくいことがあります。".into()],
        next: vec![if w.enforced {
            "関所は、宛先を守るルールを厳しい基準で働かせています。設定の expires を直すまで続きます。".into()
        } else {
            "関所はメールの扱いを変えていません。守られていないメールが社外に出るおそれがあります。".into()
        }],
        can: vec![
            "この対策がいま働いているかを、試しのメールですぐに確かめてください。".into(),
            "期限のあとに出たメールを、監査ログ（sekisho audit list）で確かめてください。".into(),
            "更新したら、関所の設定の expires を新しい日付に直してください。".into(),
        ],
    }
}

pub fn log_broken(c: &Context) -> Said {
    let why = c.notice.reason.as_deref().map(|why| sanitize::line(why, 200)).unwrap_or_default();
    Said {
        status: "監査ログの異常".into(),
        subject: "監査ログの連鎖が切れています".into(),
        headline: "監査ログが、書かれたときのままではありません。".into(),
        lead: vec![
            "毎日の検証で、記録の書き換えか欠落が見つかりました。".into(),
            match why.strip_prefix("entry ").and_then(|why| why.split_once(": ")) {
                Some((number, why)) => format!("切れている箇所: 記録 {number}（{why}）"),
                None => why,
            },
        ],
        next: vec![
            "メールの検査と記録は、これまでどおり続いています。".into(),
            "切れたままのあいだ、このお知らせは3日に1度までです。".into(),
        ],
        can: vec![
            "データベースとそのバックアップを、いまの状態のまま別の場所に写して残してください。".into(),
            "切れている箇所を確かめる: sekisho audit verify".into(),
            "その前後にサーバーへ入った人と、復元などの作業がなかったかを調べてください。".into(),
        ],
    }
}

pub fn fault(c: &Context) -> Said {
    let (what, remedy) = match c.notice.reason.as_deref() {
        Some("next-hop-login") => (
            "送信先サーバーが、関所のユーザー名とパスワードを受け付けません。",
            "設定の [next_hop] username と password_file を確かめてください。送信先サーバー側でアカウントが止められていないかも確かめてください。",
        ),
        Some("next-hop-itself") => (
            "送信先サーバーの設定が、関所自身を指しています。",
            "設定の [next_hop] url を、関所の先にあるメールサーバーに直してください。",
        ),
        _ => (
            "送信先サーバーに異常があります。",
            "関所のログ（journalctl -u sekisho -p err）を確かめてください。",
        ),
    };
    Said {
        status: "送信停止".into(),
        subject: "メールが送信できなくなっています".into(),
        headline: what.into(),
        lead: vec!["直るまで、メールは外へ出ません。".into()],
        next: vec![
            "送られてきたメールは、手前のメールサーバーに留まります。失われません。".into(),
            "直ると、留まっていたメールは自動で出ていきます。".into(),
        ],
        can: vec![remedy.into(), "直したら、関所を再起動してください: systemctl restart sekisho".into()],
    }
}

/// A telling of a control that lost its control: said, rather than not sent.
fn nameless() -> Said {
    Said {
        status: "期限".into(),
        subject: "期限のある対策を確かめてください".into(),
        headline: "期限のある対策について、お知らせがあります。".into(),
        lead: Vec::new(),
        next: vec!["どの対策かは、sekisho watch status で確かめられます。".into()],
        can: vec!["期限と更新の状況を確かめてください。".into()],
    }
}
