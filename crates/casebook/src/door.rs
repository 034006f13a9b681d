//! By which way the data of an incident got out. Only some of the ways are outgoing mail; what is claimed of a
//! rule depends on that.

use super::Bilingual;

/// The way by which data got out, or by which harm came in; a closed set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Door {
    /// Recipients of a mail saw each other's addresses.
    VisibleRecipients,
    /// A mail went to somebody whom it was not for.
    WrongRecipient,
    /// A mail carried a file that it was not meant to carry.
    WrongAttachment,
    /// A mail merge put people and texts together wrongly.
    Merge,
    /// A recall sent the mistake once more.
    Recall,
    /// Mail was forwarded by itself.
    AutoForward,
    /// A stranger sent mail from a member's account.
    AccountTakenOver,
    /// Somebody inside took data along or misused an access.
    Insider,
    /// A computer, a disk or a memory stick.
    Device,
    Paper,
    /// A site or a cloud service was broken into.
    WebIntrusion,
    /// A setting left data open to others.
    WebSetting,
    Ransomware,
    /// A contractor that held the data.
    Contractor,
    /// Something was published or sent through a web page.
    Posting,
    Malware,
    /// Records were looked up without need.
    Lookup,
    /// Mail vanished.
    MailLost,
    Other,
}

impl Door {
    /// Every door.
    pub const ALL: &[Door] = &[
        Door::VisibleRecipients,
        Door::WrongRecipient,
        Door::WrongAttachment,
        Door::Merge,
        Door::Recall,
        Door::AutoForward,
        Door::AccountTakenOver,
        Door::Insider,
        Door::Device,
        Door::Paper,
        Door::WebIntrusion,
        Door::WebSetting,
        Door::Ransomware,
        Door::Contractor,
        Door::Posting,
        Door::Malware,
        Door::Lookup,
        Door::MailLost,
        Door::Other,
    ];

    /// Its name in `incident.toml`.
    pub fn as_str(self) -> &'static str {
        match self {
            Door::VisibleRecipients => "visible-recipients",
            Door::WrongRecipient => "wrong-recipient",
            Door::WrongAttachment => "wrong-attachment",
            Door::Merge => "merge",
            Door::Recall => "recall",
            Door::AutoForward => "auto-forward",
            Door::AccountTakenOver => "account-taken-over",
            Door::Insider => "insider",
            Door::Device => "device",
            Door::Paper => "paper",
            Door::WebIntrusion => "web-intrusion",
            Door::WebSetting => "web-setting",
            Door::Ransomware => "ransomware",
            Door::Contractor => "contractor",
            Door::Posting => "posting",
            Door::Malware => "malware",
            Door::Lookup => "lookup",
            Door::MailLost => "mail-lost",
            Door::Other => "other",
        }
    }

    /// Whether it is outgoing mail: a rule that stops such a mail prevents the incident itself.
    pub fn is_outgoing_mail(self) -> bool {
        match self {
            Door::VisibleRecipients
            | Door::WrongRecipient
            | Door::WrongAttachment
            | Door::Merge
            | Door::Recall
            | Door::AutoForward
            | Door::AccountTakenOver => true,
            Door::Insider
            | Door::Device
            | Door::Paper
            | Door::WebIntrusion
            | Door::WebSetting
            | Door::Ransomware
            | Door::Contractor
            | Door::Posting
            | Door::Malware
            | Door::Lookup
            | Door::MailLost
            | Door::Other => false,
        }
    }

    /// What it is called, for people.
    pub fn words(self) -> Bilingual {
        let (ja, en) = match self {
            Door::VisibleRecipients => ("宛先の見えるメール", "mail with visible recipients"),
            Door::WrongRecipient => ("宛先を間違えたメール", "mail to a wrong recipient"),
            Door::WrongAttachment => ("添付を間違えたメール", "mail with a wrong attachment"),
            Door::Merge => ("差し込み送信の間違い", "a faulty mail merge"),
            Door::Recall => ("メールの取り消し", "a recall of mail"),
            Door::AutoForward => ("自動転送", "automatic forwarding"),
            Door::AccountTakenOver => ("乗っ取られたメールアカウント", "a mail account taken over"),
            Door::Insider => ("内部の人による持ち出し・不正利用", "somebody inside"),
            Door::Device => ("機器・記録媒体", "a device"),
            Door::Paper => ("紙", "paper"),
            Door::WebIntrusion => {
                ("ウェブサイト・クラウドへの侵入", "a break-in into a web site or cloud service")
            }
            Door::WebSetting => ("公開の設定", "a setting that left data open"),
            Door::Ransomware => ("ランサムウェア", "ransomware"),
            Door::Contractor => ("委託先", "a contractor"),
            Door::Posting => ("ウェブへの書き込み", "a post or a web form"),
            Door::Malware => ("マルウェア", "malware"),
            Door::Lookup => ("業務外の閲覧", "a look-up without need"),
            Door::MailLost => ("メールの消失", "lost mail"),
            Door::Other => ("その他", "other"),
        };
        Bilingual { ja: ja.to_string(), en: en.to_string() }
    }
}
