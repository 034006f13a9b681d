//! The notices in Japanese that ask a second person, and the one that an approver cannot be asked.

use super::super::approval_text::{Proposed, Step, named};
use super::super::words::{Context, Said};
use super::super::{evidence, sanitize};
use super::{about, hidden_later, in_brackets, until, who};
use rules::verdict::Rewrite;

pub fn approve(c: &Context) -> Said {
    let ask = c.notice.ask.clone().unwrap_or_default();
    let (status, subject) = match ask.step {
        Step::Asked => ("確認のお願い", "送信の確認をお願いします"),
        Step::Reminded => ("確認のお願い（再）", "確認をお待ちしています"),
        Step::StandIn => ("代理確認のお願い", "代理での確認をお願いします"),
        Step::Escalated => ("確認が済んでいません", "確認がまだ済んでいません"),
    };
    let sender = if c.sender.is_empty() { "差出人不明" } else { &c.sender };
    let mut lead = vec![reason(&ask.step, &named(&ask.before, "、"))];
    lead.extend(ask.proposal.as_ref().map(proposal));
    let mut next = vec![match until(c) {
        Some(until) => format!("{until}までに判断がなければ、送信せずに取りやめ、差出人に知らせます。"),
        None => "判断があるまで保管します。".into(),
    }];
    next.push("最初に判断した方の決定で、このメールの扱いが決まります。".into());
    next.push(hidden_later(c));
    Said {
        status: status.into(),
        subject: format!("{subject}{}{}", in_brackets(c), about(c)),
        headline: format!(
            "{sender} が社外へ送ろうとしたメールを止めています。送ってよいか、確かめてください。"
        ),
        lead,
        next,
        can: can(c),
    }
}

fn reason(step: &Step, before: &str) -> String {
    match (step, before) {
        (Step::Asked, _) => String::new(),
        (Step::Reminded, _) => "先にお願いした確認が、まだ済んでいません。".into(),
        (Step::StandIn, "") => "承認者が判断できないため、代理の方にお願いしています。".into(),
        (Step::StandIn, before) => format!("{before} の判断がまだないため、代理の方にもお願いしています。"),
        (Step::Escalated, "") => "ほかに判断できる方がいないため、お願いしています。".into(),
        (Step::Escalated, before) => format!("{before} の判断がまだないため、あなたにもお願いしています。"),
    }
}

fn proposal(p: &Proposed) -> String {
    let mut parts = Vec::new();
    match p.rewrite {
        Some(Rewrite::Bcc) => parts.push("社外の宛先をBccにする".to_string()),
        Some(Rewrite::Individual) => parts.push("社外の宛先へ1通ずつ分けて送る".into()),
        None => {}
    }
    if !p.changes.dropped.is_empty() {
        parts.push(format!("{} を宛先から外す", named(&p.changes.dropped, "、")));
    }
    for (wrong, right) in p.changes.corrected.iter().take(3) {
        parts.push(format!("{} を {} に直す", sanitize::line(wrong, 80), sanitize::line(right, 80)));
    }
    if p.changes.attachments > 0 {
        parts.push(format!("添付ファイルを{}件取り除く", p.changes.attachments));
    }
    let reason = p.reason.as_deref().map(|r| sanitize::line(r, 200)).filter(|r| !r.is_empty());
    let reason = reason.map(|r| format!("（理由: {r}）")).unwrap_or_default();
    format!("差出人は、次のように直して送りたいと言っています。{}{reason}", parts.join("、"))
}

fn can(c: &Context) -> Vec<String> {
    let case = &c.case;
    let mut can = vec!["迷うときは、差出人に電話などで、宛先と添付が正しいかを聞いてください。".to_string()];
    if c.pressable {
        can.push(format!("ボタンを押せないとき: {}へ、案件番号「{case}」を伝えてください。", who(c)));
    } else {
        can.push(format!("送ってよいとき: {}へ「{case} を送信」と伝えてください。", who(c)));
        can.push(format!("送らないとき: {}へ「{case} を取りやめ」と伝えてください。", who(c)));
    }
    can
}

pub fn approve_many(c: &Context) -> Said {
    let count = evidence::grouped(c.notice.waiting.count as i64);
    Said {
        status: "確認のお願い・まとめ".into(),
        subject: format!("{count}通のメールが、あなたの確認を待っています"),
        headline: format!("社外へ送る前の確認を待つメールが、{count}通あります。"),
        lead: vec!["短い時間に多くのメールが止まったため、まとめてお知らせします。".into()],
        next: vec![match until(c) {
            Some(until) => format!("いちばん早いものは、{until}までに判断がなければ送信せずに取りやめます。"),
            None => "判断があるまで保管します。".into(),
        }],
        can: vec![
            "1通ずつ開いて、宛先と中身を確かめてください。".into(),
            if c.pressable {
                String::new()
            } else {
                format!("決まったら、{}へ案件番号を伝えてください。", who(c))
            },
        ],
    }
}

pub fn unfit(c: &Context) -> Said {
    let person = sanitize::line(c.notice.by.as_deref().unwrap_or_default(), 100);
    Said {
        status: "承認者の設定".into(),
        subject: format!("承認者に確認を頼めません: {person}"),
        headline: format!("{person} には、メールの確認を頼めません。"),
        lead: vec![match c.notice.reason.as_deref() {
            Some("own") => "送ろうとした本人であり、ほかに承認者がいません。",
            Some("auditor") => "監査の担当者のアカウントで、送信を決める権限がありません。",
            _ => "アカウントが無効になっています。",
        }
        .into()],
        next: vec!["代わりに、次に決められている方へお願いしました。このお知らせは、3日に1度までです。".into()],
        can: vec![
            "関所の設定の [[approvers]] を直し、sekisho check で確かめてから、再読み込み（SIGHUP）をしてください。"
                .into(),
        ],
    }
}
