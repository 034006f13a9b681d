//! THE vocabulary of facts. One table makes everything: the typed [`Facts`] of a message, the
//! variables that a rule's condition may name, the checks when rules are loaded, `sekisho facts`
//! and `docs/facts.md`.

use super::value::{Kind, Read, Value};

/// One word of the vocabulary.
pub struct Fact {
    /// The part before the dot: `recipients`.
    pub group: &'static str,
    /// The part after the dot: `visible_parties`.
    pub name: &'static str,
    /// Both, as a condition writes them: `recipients.visible_parties`.
    pub path: &'static str,
    pub kind: Kind,
    /// How its values are shown in evidence.
    pub show: Show,
    /// What it means, in English.
    pub meaning: &'static str,
    /// What it means, in Japanese.
    pub meaning_ja: &'static str,
    /// A value, or a condition that uses it.
    pub example: &'static str,
    read: for<'a> fn(&'a Facts) -> Value<'a>,
}

impl Fact {
    /// This fact's value in `facts`.
    pub fn of<'a>(&self, facts: &'a Facts) -> Value<'a> {
        (self.read)(facts)
    }
}

impl std::fmt::Debug for Fact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.path, self.kind)
    }
}

impl PartialEq for Fact {
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path
    }
}

/// How the values of a fact are shown where people and logs see them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Show {
    /// Numbers, yes or no, domains, and words of a closed list.
    Whole,
    /// Texts of the message, which may name persons.
    Masked,
    /// `name (why)`: the name is masked, the reason is not.
    NameMasked,
}

/// One group of facts.
#[derive(Debug)]
pub struct Group {
    pub name: &'static str,
    pub meaning: &'static str,
    pub meaning_ja: &'static str,
}

macro_rules! rust_type {
    (count) => { i64 };
    (number) => { i64 };
    (yes_no) => { bool };
    (text) => { String };
    (names) => { Vec<String> };
    (terms) => { Vec<String> };
    (reasons) => { Vec<String> };
    (shown_text) => { String };
}

/// `count` is a number from 0, `number` one from -1 (-1: there is none). `terms` and `shown_text`
/// are values that evidence may show whole; `names` and `text` are masked there, and of `reasons` the names.
macro_rules! kind {
    (count) => {
        Kind::Int { min: 0 }
    };
    (number) => {
        Kind::Int { min: -1 }
    };
    (yes_no) => {
        Kind::Bool
    };
    (text) => {
        Kind::String
    };
    (shown_text) => {
        Kind::String
    };
    (names) => {
        Kind::List
    };
    (terms) => {
        Kind::List
    };
    (reasons) => {
        Kind::List
    };
}

macro_rules! show {
    (text) => {
        Show::Masked
    };
    (names) => {
        Show::Masked
    };
    (reasons) => {
        Show::NameMasked
    };
    ($other:ident) => {
        Show::Whole
    };
}

macro_rules! vocabulary {
    ($($group:ident: $Group:ident, $group_en:literal, $group_ja:literal {
        $($name:ident: $kind:ident, $en:literal, $ja:literal, $example:literal;)+
    })+) => {
        /// Everything the rules can ask about one message.
        #[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
        pub struct Facts {
            $(#[doc = $group_en] pub $group: $Group,)+
        }

        $(
            #[doc = $group_en]
            #[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
            pub struct $Group {
                $(#[doc = $en] pub $name: rust_type!($kind),)+
            }
        )+

        /// The groups, in the order in which they are told.
        pub static GROUPS: &[Group] = &[
            $(Group { name: stringify!($group), meaning: $group_en, meaning_ja: $group_ja },)+
        ];

        /// Every fact, group by group.
        pub static TABLE: &[Fact] = &[
            $($(Fact {
                group: stringify!($group),
                name: stringify!($name),
                path: concat!(stringify!($group), ".", stringify!($name)),
                kind: kind!($kind),
                show: show!($kind),
                meaning: $en,
                meaning_ja: $ja,
                example: $example,
                read: |facts| facts.$group.$name.read(),
            },)+)+
        ];
    };
}

vocabulary! {
    message: MessageFacts, "The message itself", "メール自体" {
        id: text, "Message-ID, without angle brackets; empty if there is none", "Message-ID（山括弧なし）", "message.id == \"\"";
        subject: text, "Subject, decoded", "件名（デコード済み）", "message.subject.contains(\"見積\")";
        size: count, "Size in bytes, as received", "サイズ（バイト）", "message.size > 20000000";
        is_recall: yes_no, "It asks to recall, or to disregard, an earlier message", "送信済みメールの取り消し（回収）である", "message.is_recall && recipients.external >= 1";
        is_reply: yes_no, "It answers an earlier message", "返信である", "!message.is_reply";
        is_forward: yes_no, "It forwards an earlier message", "転送である", "message.is_forward && recipients.freemail > 0";
        auto_submitted: yes_no, "A machine sent it (RFC 3834), such as an absence notice", "自動送信である", "!message.auto_submitted";
        signed: yes_no, "It is signed (S/MIME or PGP)", "電子署名がある", "message.signed";
        encrypted: yes_no, "The message as a whole is encrypted (S/MIME or PGP)", "メール全体が暗号化されている", "message.encrypted && recipients.external > 0";
        defects: terms, "Faults of form, by name", "形式上の欠陥の名前", "\"duplicate-from\" in message.defects";
        ambiguous: yes_no, "One of the defects lets two readers see different mail", "読み手によって見え方が変わりうる欠陥がある", "message.ambiguous";
        uninspected: reasons, "Parts that could not be read: their name and why", "検査できなかった部分（名前と理由）", "size(message.uninspected) > 0";
    }
    sender: SenderFacts, "Who sends it", "差出人" {
        address: text, "Envelope sender; empty for the null sender", "エンベロープの差出人（空送信者なら空）", "sender.address == \"news@city.example.jp\"";
        domain: shown_text, "Domain of the envelope sender, lower case", "エンベロープの差出人のドメイン", "sender.domain == \"city.example.jp\"";
        header_from: names, "Addresses in From", "Fromのアドレス", "size(sender.header_from) > 1";
        is_null: yes_no, "The envelope sender is null (a bounce or a notice)", "空送信者（エラー通知など）である", "!sender.is_null";
        internal: yes_no, "The envelope sender is at one of the organisation's domains", "差出人が組織のドメインである", "!sender.internal && !sender.is_null";
        authenticated: yes_no, "The client authenticated, here or at the server before", "送信者認証を経ている", "!sender.authenticated";
        client_ip: text, "Address of the client; empty where there is none", "接続元のIPアドレス", "sender.client_ip.startsWith(\"192.0.2.\")";
        new_client: yes_no, "This sender has written before, but never from this client", "この差出人が初めて使う接続元である", "sender.new_client && recipients.first_time >= 5";
        recent_messages: count, "Messages of this sender in the last hour, without this one", "直近1時間の送信数（このメールを除く）", "sender.recent_messages >= 100";
        recent_recipients: count, "Outside recipients of this sender in the last hour, without this message", "直近1時間の外部宛先数（このメールを除く）", "sender.recent_recipients >= 200";
        recent_first_time: count, "Of these, the ones never written to before", "うち、それまで送ったことのない宛先数", "sender.recent_first_time >= 30";
    }
    recipients: RecipientsFacts, "Who gets it, and who sees whom", "宛先" {
        total: count, "Distinct addresses in the envelope or in To, Cc, Resent-To and Resent-Cc", "宛先の総数", "recipients.total > 500";
        internal: count, "Of these, the organisation's own", "うち組織内の宛先数", "recipients.internal == 0";
        external: count, "Of these, the ones outside", "うち外部の宛先数", "recipients.external >= 30";
        envelope_external: count, "Outside addresses in the envelope", "エンベロープにある外部の宛先数", "recipients.envelope_external > 0";
        visible_external: count, "Outside addresses that every reader sees in To, Cc, Resent-To or Resent-Cc", "To・Ccで全員に見える外部アドレス数", "recipients.visible_external >= 20";
        visible_parties: count, "Outside parties that every reader sees in To and Cc: a company counts once, however many of its people are addressed; at freemail and carrier domains every address counts", "To・Ccで全員に見える外部の相手の数（会社は1、フリーメール・携帯は1アドレスごとに1）", "recipients.visible_parties >= 10";
        visible_personal: count, "Visible outside addresses at freemail and carrier domains", "To・Ccで見えるフリーメール・携帯アドレスの数", "recipients.visible_personal >= 5";
        bcc_field: count, "Outside addresses in a Bcc field that would leave with the message", "送信されてしまうBcc欄にある外部アドレス数", "recipients.bcc_field > 0";
        domains: terms, "Domains of the outside addresses", "外部の宛先のドメイン", "\"example.com\" in recipients.domains";
        freemail: count, "Outside addresses at freemail and carrier domains", "外部の宛先のうちフリーメール・携帯のアドレス数", "recipients.freemail > 0";
        first_time: count, "Outside addresses that this sender never wrote to before", "この差出人が初めて送る外部の宛先数", "recipients.first_time >= 10";
        nested_visible: count, "The most outside parties shown at once inside: in an attached message, a quoted header or an invitation", "添付メール・引用ヘッダー・招待の中で見える外部の相手の数（最大）", "recipients.nested_visible >= 10";
        invited: count, "Outside attendees that an invitation shows to all", "招待（カレンダー）に載った外部の参加者数", "recipients.invited >= 10";
    }
    attachments: AttachmentsFacts, "What is attached", "添付ファイル" {
        count: count, "Attachments", "添付ファイル数", "attachments.count > 0";
        names: names, "Their file names, decoded", "ファイル名（デコード済み）", "attachments.names.exists(n, n.endsWith(\".xlsx\"))";
        types: terms, "Their media types, lower case", "メディアタイプ", "\"application/zip\" in attachments.types";
        encrypted: count, "Attachments under a password or a key", "暗号化・パスワード付きの添付数", "attachments.encrypted > 0";
        encrypted_names: names, "Their file names", "暗号化された添付のファイル名", "attachments.encrypted_names.exists(n, n.endsWith(\".zip\"))";
        unreadable: count, "Attachments that are broken or beyond the limits", "壊れている、または上限を超えて読めない添付数", "attachments.unreadable > 0";
    }
    labels: LabelsFacts, "Marks of confidentiality", "機密表示" {
        found: terms, "Marks in the subject and in attachment names, in their usual spelling", "件名・添付ファイル名にある機密表示", "size(labels.found) > 0";
    }
    links: LinksFacts, "Links in the text", "本文中のリンク" {
        count: count, "Distinct links", "リンク数（重複を除く）", "links.count > 50";
        domains: terms, "Hosts they lead to", "リンク先のホスト名", "links.domains.exists(d, d.endsWith(\".example\"))";
        form_results: count, "Links to the answers or the editing page of an online form", "フォームの回答・編集画面へのリンク数", "links.form_results > 0";
        public_shares: count, "Links that open a shared file or folder for whoever has them", "リンクを知る全員が開ける共有へのリンク数", "links.public_shares > 0";
    }
    history: HistoryFacts, "What went before", "履歴" {
        same_recipients_recently: yes_no, "A mail to this outside list was held, rewritten or recalled within 72 hours", "72時間以内に、同じ外部宛先へのメールが保留・書き換え・取り消しされた", "history.same_recipients_recently";
        same_recipients_hours: number, "Hours since then; -1 if never", "その後の経過時間（時間、なければ-1）", "history.same_recipients_hours >= 0 && history.same_recipients_hours < 24";
        split_recipients: count, "Outside recipients of other transactions of this Message-ID, not of this one", "同じMessage-IDで別に送られた外部の宛先数", "recipients.external + history.split_recipients >= 30";
        case_open: yes_no, "A case of this Message-ID and sender is waiting", "同じMessage-IDの保留がまだ解決していない", "history.case_open";
        recently_cancelled: yes_no, "The sender cancelled a mail to this outside list within 72 hours", "72時間以内に、同じ外部宛先へのメールを差出人が取りやめた", "history.recently_cancelled";
    }
    controls: ControlsFacts, "The things that this organisation's safety depends on", "監視対象の対策" {
        expired: count, "Controls past their date for which Sekisho takes over", "期限が切れ、関所が代わりを務める対策の数", "controls.expired > 0";
        expired_names: terms, "Their names", "その名前", "\"forced-bcc gateway licence\" in controls.expired_names";
        expiring_days: number, "Days to the next expiry of any control; -1 if there is none", "次に期限が来るまでの日数（なければ-1）", "controls.expiring_days == 0";
        expiring_names: terms, "Controls within their first day of warning", "期限の警告期間に入った対策の名前", "size(controls.expiring_names) > 0";
    }
}

/// The fact that a condition writes as `group.name`.
pub fn find(group: &str, name: &str) -> Option<&'static Fact> {
    TABLE.iter().find(|f| f.group == group && f.name == name)
}

/// Whether `name` is a group of facts.
pub fn is_group(name: &str) -> bool {
    GROUPS.iter().any(|g| g.name == name)
}

impl Facts {
    /// The facts nested by group, in the order of the table.
    pub fn to_json(&self) -> serde_json::Value {
        let groups = GROUPS.iter().map(|group| {
            let facts = TABLE.iter().filter(|f| f.group == group.name);
            let values = facts.map(|f| (f.name.to_string(), json(f.of(self))));
            (
                group.name.to_string(),
                serde_json::Value::Object(values.collect()),
            )
        });
        serde_json::Value::Object(groups.collect())
    }
}

fn json(value: Value<'_>) -> serde_json::Value {
    match value {
        Value::Int(n) => n.into(),
        Value::Bool(b) => b.into(),
        Value::String(s) => s.into(),
        Value::List(l) => l.iter().map(String::as_str).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_unique_and_told_in_both_languages() {
        let mut paths: Vec<_> = TABLE.iter().map(|f| f.path).collect();
        paths.sort_unstable();
        paths.dedup();
        assert_eq!(paths.len(), TABLE.len());
        for fact in TABLE {
            assert!(
                !fact.meaning.is_empty() && !fact.meaning_ja.is_empty(),
                "{fact:?}"
            );
            assert!(
                fact.example.contains(fact.path),
                "{fact:?}: {}",
                fact.example
            );
        }
    }

    #[test]
    fn json_is_what_serde_says_of_the_structs() {
        let mut facts = Facts::default();
        facts.recipients.visible_parties = 105;
        facts.message.subject = "お知らせ".into();
        facts.labels.found = vec!["社外秘".into()];
        facts.message.is_recall = true;
        let json = facts.to_json();
        assert_eq!(json, serde_json::to_value(&facts).unwrap());
        assert_eq!(json["recipients"]["visible_parties"], 105);
        assert_eq!(json["labels"]["found"][0], "社外秘");
    }

    #[test]
    fn facts_are_found_by_their_path() {
        assert_eq!(find("links", "count").unwrap().path, "links.count");
        assert!(find("links", "visible_parties").is_none());
        assert!(is_group("controls") && !is_group("control"));
    }
}
