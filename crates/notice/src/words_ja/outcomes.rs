//! The notices in Japanese of what became of a mail: refused, sent, cancelled, expired.

use super::super::Kind;
use super::super::words::{Context, Said};
use super::{BOUNCES, about, hidden, in_brackets, topic, who};

pub fn rejected(c: &Context) -> Said {
    Said {
        status: "送信していません".into(),
        subject: format!("送信しませんでした{}", about(c)),
        headline: match c.left {
            0 => "メールを送信しませんでした。社外には届いていません。".into(),
            left => format!("メールの残りを送信しませんでした。社外の{left}件には、すでに送信しました。"),
        },
        lead: Vec::new(),
        next: vec!["メールは保管していません。このあと自動で送られることもありません。".into()],
        can: vec![
            "止めた理由にある点を直して、新しいメールとして送ってください。".into(),
            format!(
                "直し方が分からないとき、必要なメールが止まったと思うときは、{}へご相談ください。",
                who(c)
            ),
        ],
    }
}

pub fn sent(c: &Context) -> Said {
    let repaired = c.notice.kind == Kind::Repaired;
    let mut next = vec![hidden(c).to_string()];
    next.push(BOUNCES.into());
    Said {
        status: if repaired { "直して送信".into() } else { "送信しました".into() },
        subject: if repaired {
            format!("直して送信しました{}{}", in_brackets(c), topic(c))
        } else {
            format!("送信しました{}{}", in_brackets(c), topic(c))
        },
        headline: if repaired {
            "保留していたメールを、直してから送信しました。".into()
        } else {
            "保留していたメールを送信しました。".into()
        },
        lead: Vec::new(),
        next,
        can: vec![
            "特に何もする必要はありません。送り直しも不要です。".into(),
            format!("心当たりのない送信であれば、すぐに{}へ知らせてください。", who(c)),
        ],
    }
}

/// How much of a mail that was stopped for good had left before.
fn stopped(c: &Context) -> String {
    match c.left {
        0 => "社外には送信していません。".into(),
        left => format!("社外の{left}件には、保留の前に送信しています。残りは送信していません。"),
    }
}

pub fn cancelled(c: &Context) -> Said {
    Said {
        status: "取りやめ".into(),
        subject: format!("送信を取りやめました{}{}", in_brackets(c), topic(c)),
        headline: format!("メールの送信を取りやめました。{}", stopped(c)),
        lead: Vec::new(),
        next: vec!["この案件は終わりました。このあと自動で送られることはありません。".into()],
        can: vec![
            "必要な連絡であれば、直してから新しいメールとして送ってください。".into(),
            format!("取りやめに心当たりがないときは、{}へお尋ねください。", who(c)),
        ],
    }
}

pub fn expired(c: &Context) -> Said {
    Said {
        status: "期限切れで取りやめ".into(),
        subject: format!("期限が過ぎ、送信しませんでした{}{}", in_brackets(c), topic(c)),
        headline: format!("確認がないまま期限が過ぎ、送信を取りやめました。{}", stopped(c)),
        lead: Vec::new(),
        next: vec!["この案件は終わりました。このあと自動で送られることはありません。".into()],
        can: vec![
            "まだ必要な連絡であれば、送信済みフォルダーの控えを見直し、新しいメールとして送ってください。"
                .into(),
            format!("また保留されたときは、期限の前に{}へ案件番号を伝えてください。", who(c)),
        ],
    }
}
