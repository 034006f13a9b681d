//! What kind of message it is: a recall, a reply, a forward, one that no person wrote, signed,
//! encrypted.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::sealed::Sealed;
use super::words::{end_of, lower, nfkc};
use super::{Mail, Part};

/// How much of the text is looked at; a recall says what it is in its first lines.
const OPENING: usize = 2_000;

/// Whether it takes back an earlier message: by the marks that Outlook and Exchange set, whatever the
/// language; or by the words of the known products' recall texts, which stand in the subject as a whole or in
/// the first lines of the text. 取消, 回収 and リコール in a subject are everyday words and say nothing.
pub(super) fn is_recall(mail: &Mail<'_>) -> bool {
    if has_recall_class(mail) || has_recall_marks(mail) {
        return true;
    }
    let subject = fold(&mail.subject());
    if SURE.iter().any(|s| subject.starts_with(s)) {
        return true;
    }
    let maybe = MAYBE.iter().any(|s| subject.starts_with(s));
    if maybe && mail.header("X-MS-TNEF-Correlator").next().is_some() {
        return true;
    }
    let text = first_text(mail);
    // Most texts are told by their having none of the words.
    if !maybe && text.is_ascii() && !has_stem(&text.to_ascii_lowercase()) {
        return false;
    }
    let opening = opening(&text);
    says_recall(&opening) || maybe && opening.trim().is_empty()
}

/// Subjects of groupware that sends a notice of a withdrawn mail.
const SURE: &[&str] = &[
    "【送信取消】",
    "[送信取消]",
    "送信取消のお知らせ",
    "送信取り消しのお知らせ",
    "メッセージの取り消し:",
    "メール取り消し:",
];

/// How Outlook begins the subject of a recall, in the languages that it speaks.
const MAYBE: &[&str] = &[
    "recall:",
    "message recall:",
    "回収:",
    "リコール:",
    "取り消し:",
    "取消:",
    "取消し:",
    "撤回:",
    "召回:",
    "收回:",
    "회수:",
    "rückruf:",
    "zurückrufen:",
    "rappel:",
    "rappel de message:",
    "recuperar:",
    "recuperación:",
    "recall messaggio:",
    "richiamo:",
    "intrekken:",
    "återkalla:",
    "отзыв:",
];

/// What Exchange writes into the header of a recall: the marks of Microsoft 365's cloud recall, and those of the
/// transport's diagnosis of either kind.
fn has_recall_marks(mail: &Mail<'_>) -> bool {
    let says_true = |name: &str| {
        mail.header(name)
            .any(|f| !f.value.trim_ascii().is_empty() && !f.value.trim_ascii().eq_ignore_ascii_case(b"false"))
    };
    if says_true("X-MS-Exchange-RecallReportGenerated") || says_true("X-MS-Exchange-RecallReportCfmGenerated")
    {
        return true;
    }
    mail.header("X-MS-TrafficTypeDiagnostic").any(|f| {
        let value = f.value.to_ascii_lowercase();
        [&b"ee_messagerecallemail"[..], b"ee_legacyoutlookrecall"]
            .iter()
            .any(|mark| memchr::memmem::find(&value, mark).is_some())
    })
}

/// `IPM.Outlook.Recall` in a header field or in Outlook's own container.
fn has_recall_class(mail: &Mail<'_>) -> bool {
    const CLASS: &[u8] = b"ipm.outlook.recall";
    let has = |bytes: &[u8]| memchr::memmem::find(&bytes.to_ascii_lowercase(), CLASS).is_some();
    let named = mail.fields.iter().any(|f| {
        ["message-class", "x-message-class", "x-ms-message-class", "content-class", "x-content-class"]
            .iter()
            .any(|n| f.name.eq_ignore_ascii_case(n.as_bytes()))
            && (has(f.value) || memchr::memmem::find(&f.value.to_ascii_lowercase(), b"recall").is_some())
    });
    named
        || mail
            .parts
            .iter()
            .any(|p| p.leaf && is_tnef(p) && has(p.bytes().get(..4_096).unwrap_or(&p.bytes())))
}

fn is_tnef(part: &Part<'_>) -> bool {
    part.media_type.ends_with("ms-tnef") || part.file_name.as_deref() == Some("winmail.dat")
}

/// The beginning of the text, as it is read.
fn first_text<'m>(mail: &'m Mail<'_>) -> Cow<'m, str> {
    match mail.parts.iter().find(|p| p.is_body_text() && !p.nested) {
        Some(part) if part.media_type == "text/html" => {
            Cow::Owned(super::html::lines(&part.text(OPENING * 4)))
        }
        Some(part) => part.text(OPENING),
        None => Cow::Borrowed(""),
    }
}

/// The first lines of a text, without quoted ones, folded.
fn opening(text: &str) -> String {
    let mut own = String::with_capacity(text.len());
    let lines = text.lines().map(str::trim);
    for line in lines.take_while(|l| !l.starts_with('>') && !l.starts_with("-----")) {
        if !own.is_empty() {
            own.push(' ');
        }
        own.push_str(line);
    }
    own.truncate(end_of(&own, OPENING));
    fold(&own)
}

/// The sentences of Outlook's and other products' recalls, whatever the subject says.
const RECALLS: &[&str] = &[
    "would like to recall the message",
    "has recalled the message",
    "is recalling the message",
    "このメッセージは取り消されました",
    "このメールは取り消されました",
    "メッセージを取り消します",
    "メールを取り消します",
    "メッセージを回収します",
    "メッセージを回収しようとしています",
    "メッセージを取り消そうとしています",
    "メッセージの取り消しを要求",
    "将撤回邮件",
    "想要撤回邮件",
    "要撤回邮件",
    "希望撤回邮件",
    "想要召回邮件",
    "想要撤回郵件",
    "想要回收郵件",
    "메시지를 회수하려고 합니다",
    "möchte die nachricht zurückrufen",
    "souhaite rappeler le message",
    "desea recuperar el mensaje",
    "desidera richiamare il messaggio",
    "wil het bericht intrekken",
    "gostaria de recuperar a mensagem",
];

/// One of these stands in each of those sentences, and in few other texts.
const STEMS: &[&str] = &[
    "recall",
    "取り消",
    "回収",
    "撤回",
    "召回",
    "回收",
    "회수",
    "zurückrufen",
    "rappeler",
    "recuperar",
    "richiamare",
    "intrekken",
];

fn says_recall(text: &str) -> bool {
    has_stem(text) && RECALLS.iter().any(|s| text.contains(s))
}

fn has_stem(text: &str) -> bool {
    static FINDERS: LazyLock<Vec<Finder<'static>>> =
        LazyLock::new(|| STEMS.iter().map(Finder::new).collect());
    FINDERS.iter().any(|f| f.find(text.as_bytes()).is_some())
}

/// NFKC in lower case, white space before colons removed: `ＲＥ：` is `re:`.
fn fold(text: &str) -> String {
    let lower = lower(&nfkc(text.trim()));
    match memchr::memmem::find(lower.as_bytes(), b" :") {
        Some(_) => lower.replace(" :", ":"),
        None => lower,
    }
}

/// The prefixes of a subject, folded: `Re: Fwd: x` has `re` and `fwd`.
fn prefixes(subject: &str) -> Vec<String> {
    let mut found = Vec::new();
    let folded = fold(subject);
    let mut rest = folded.as_str();
    while let Some((prefix, behind)) = rest.split_once(':') {
        // Re[2]:, Re^2:, Re(3):
        let word = prefix.trim().trim_end_matches(|c: char| c.is_ascii_digit() || "[]()^*".contains(c));
        if !REPLY.contains(&word) && !FORWARD.contains(&word) {
            break;
        }
        found.push(word.to_string());
        rest = behind.trim_start();
    }
    found
}

const REPLY: &[&str] = &["re", "返信", "回复", "回覆", "답장", "aw", "sv", "antw", "rv"];
const FORWARD: &[&str] = &["fw", "fwd", "転送", "转发", "轉寄", "전달", "wg", "tr", "enc"];

pub(super) fn is_reply(mail: &Mail<'_>) -> bool {
    let refers = ["In-Reply-To", "References"]
        .iter()
        .any(|n| mail.header(n).any(|f| !f.value.trim_ascii().is_empty()));
    let prefixes = prefixes(&mail.subject());
    let forwarded = prefixes.first().is_some_and(|p| FORWARD.contains(&p.as_str()));
    prefixes.first().is_some_and(|p| REPLY.contains(&p.as_str())) || refers && !forwarded
}

pub(super) fn is_forward(mail: &Mail<'_>) -> bool {
    let first = prefixes(&mail.subject()).into_iter().next();
    first.is_some_and(|p| FORWARD.contains(&p.as_str()))
        || mail.header("Resent-From").next().is_some()
        || mail.header("X-Forwarded-Message-Id").next().is_some()
}

/// RFC 3834 section 5, and the older marks that mean the same.
pub(super) fn auto_submitted(mail: &Mail<'_>) -> bool {
    let says = |name: &str, test: &dyn Fn(&str) -> bool| {
        mail.header(name).any(|f| {
            let value = super::words::decode(f.value, 200).to_ascii_lowercase();
            test(value.split([';', '(']).next().unwrap_or("").trim())
        })
    };
    says("Auto-Submitted", &|v| v != "no" && !v.is_empty())
        || says("Precedence", &|v| matches!(v, "auto_reply" | "auto-reply"))
        || says("X-Autoreply", &|v| v != "no")
        || says("X-Autorespond", &|v| v != "no")
}

/// `multipart/signed`, S/MIME signed data, or a PGP signature in the text.
pub(super) fn signed(mail: &Mail<'_>) -> bool {
    let Some(top) = mail.parts.first() else {
        return false;
    };
    top.media_type == "multipart/signed"
        || is_smime(top) && top.sealed() == Sealed::No
        || body_starts_with(mail, "-----BEGIN PGP SIGNED MESSAGE-----")
}

/// `multipart/encrypted`, S/MIME enveloped data, or a PGP message as the text.
pub(super) fn encrypted(mail: &Mail<'_>) -> bool {
    let Some(top) = mail.parts.first() else {
        return false;
    };
    top.media_type == "multipart/encrypted"
        || is_smime(top) && matches!(top.sealed(), Sealed::Encrypted(_))
        || body_starts_with(mail, "-----BEGIN PGP MESSAGE-----")
}

fn is_smime(part: &Part<'_>) -> bool {
    matches!(part.media_type.as_str(), "application/pkcs7-mime" | "application/x-pkcs7-mime")
}

fn body_starts_with(mail: &Mail<'_>, beginning: &str) -> bool {
    mail.parts
        .iter()
        .find(|p| p.is_body_text() && !p.nested)
        .is_some_and(|p| p.text(200).trim_start().starts_with(beginning))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stem_stands_in_each_sentence() {
        for sentence in RECALLS {
            assert!(STEMS.iter().any(|s| sentence.contains(s)), "{sentence}");
        }
    }
}
