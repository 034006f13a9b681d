//! The words of the log, as people say them.

use super::page::Frame;
use audit::entry::Kind;
use facts::Language;

/// What an entry tells of.
pub fn kind<'a>(kind: &Kind, f: &Frame) -> &'a str {
    let (ja, en) = match kind {
        Kind::Decision => ("判定", "decision"),
        Kind::Outcome => ("中継の結果", "outcome"),
        Kind::Case => ("保留の処理", "case"),
        Kind::Delivery => ("配送", "delivery"),
        Kind::Notice => ("通知", "notice"),
        Kind::Control => ("統制", "control"),
        Kind::Service => ("稼働", "house"),
        Kind::Person => ("人の操作", "person"),
    };
    f.of(ja, en)
}

/// What was decided or done; the log's own word where there is no other.
pub fn action<'a>(action: &'a str, f: &Frame) -> &'a str {
    action_in(action, f.language)
}

/// The same where there is no page.
pub fn action_in(action: &str, language: Language) -> &str {
    let (ja, en) = match action {
        "pass" => ("通過", "passed"),
        "rewrite" => ("宛先を隠して通過", "recipients hidden"),
        "delay" => ("一時待機", "delayed"),
        "hold" => ("保留", "held"),
        "reject" => ("拒否", "refused"),
        "accepted" => ("送信済み", "accepted"),
        "refused" => ("相手側が拒否", "refused by the next hop"),
        "deferred" => ("再送待ち", "deferred"),
        "released" => ("解除", "released"),
        "repaired" => ("修正して送信", "repaired"),
        "cancelled" => ("取り消し", "cancelled"),
        "expired" => ("期限切れ", "expired"),
        "left" => ("送信", "left"),
        "delivered" => ("配送済み", "delivered"),
        "failed" => ("配送できず", "could not be delivered"),
        "asked" => ("承認の依頼", "asked to approve"),
        "asked-stand-in" => ("代理への依頼", "stand-in asked"),
        "reminded" => ("承認の再依頼", "reminded"),
        "escalated" => ("上位者への依頼", "escalated"),
        "approver-unfit" => ("依頼できない承認者", "approver passed over"),
        "nobody-to-ask" => ("依頼先なし", "nobody to ask"),
        "nothing-to-tell" => ("通知は不要", "nothing to tell"),
        "proposal-withdrawn" => ("提案の取り下げ", "proposal withdrawn"),
        "case-opened" => ("案件の閲覧", "case opened"),
        "link-opened" => ("リンクの利用（閲覧）", "link opened"),
        "link-used" => ("リンクの利用（操作）", "link used"),
        "link-refused" => ("リンクの拒否", "link refused"),
        "not-told" => ("通知できず", "could not be told"),
        "proposed" => ("修正の提案", "repair proposed"),
        "reopened" => ("保留に戻した", "held again"),
        "warned" => ("期限の警告", "warned"),
        "reloaded" => ("設定の再読み込み", "reloaded"),
        "reload refused" => ("設定の再読み込みに失敗", "reload refused"),
        "told" => ("通知済み", "told"),
        "signed-in" => ("サインイン", "signed in"),
        "signed-out" => ("サインアウト", "signed out"),
        "sign-in-failed" => ("サインイン失敗", "sign-in failed"),
        "session-ended" => ("ほかの端末のサインアウト", "signed out elsewhere"),
        "account-added" => ("アカウントの追加", "account added"),
        "account-role" => ("役割の変更", "role changed"),
        "account-password" => ("パスワードの変更", "password changed"),
        "account-disabled" => ("アカウントの停止", "account disabled"),
        "account-enabled" => ("アカウントの再開", "account enabled"),
        "exception-added" => ("例外の追加", "exception made"),
        "exception-ended" => ("例外の終了", "exception ended"),
        "false-alarm" => ("誤検知の連絡", "reported as a false alarm"),
        "false-alarm-declined" => ("誤検知の提案を却下", "proposal declined"),
        "log-proved" => ("記録の検証", "log proved"),
        "unreadable" => ("読み取れない記録", "unreadable"),
        "started" => ("起動", "started"),
        "stopped" => ("停止", "stopped"),
        other => (other, other),
    };
    match language {
        Language::Ja => ja,
        Language::En => en,
    }
}

/// The colour of an action's badge, a class of the style sheet.
pub fn tone(action: &str) -> &'static str {
    match action {
        "pass" | "accepted" | "released" | "repaired" | "delivered" | "left" => "good",
        "rewrite" => "info",
        "hold" | "delay" | "deferred" => "warn",
        "reject" | "refused" | "failed" | "not-told" | "unreadable" | "reload refused" => "bad",
        _ => "",
    }
}

/// Recipients on one line: the first, and how many more.
pub fn recipients(all: &[String]) -> String {
    match all {
        [] => String::new(),
        [one] => one.clone(),
        [first, rest @ ..] => format!("{first} +{}", rest.len()),
    }
}

/// Whether an incident is prevented.
pub fn coverage<'a>(coverage: &str, f: &Frame) -> &'a str {
    let (ja, en) = match coverage {
        "prevented" => ("ルールで防ぐ", "prevented"),
        "same-data" => ("別の経路。メールなら止める", "another door; stopped as mail"),
        "pending" => ("未対応", "not yet"),
        _ => ("メールの検査では防げない", "not by mail"),
    };
    f.of(ja, en)
}
