//! What a page answers when it cannot do what was asked: in both languages, because it is not always
//! known who asks. It never says more than the asker may know.

use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};

use super::assets;
use hold::approval::Denied;
use hold::review::Refusal;

/// Why there is no page.
#[derive(Debug)]
pub enum Fault {
    /// There is no such thing, or none that the asker may know of.
    NotFound,
    /// The asker is known and may not.
    Forbidden,
    /// A link that was not made here, or was changed.
    BadLink,
    /// A link whose time is over.
    LinkExpired,
    /// Nobody has signed in; they come back to this path afterwards.
    SignIn(String),
    /// The form was not filled in or sent as it must be: what is wrong, in Japanese and English.
    Bad(&'static str, &'static str),
    /// A decision that was not carried out; its words are for whoever decided.
    Refused(Refusal),
    /// Whoever has signed in must choose a password of their own first.
    MustChange,
    /// Too many tries.
    TooMany,
    /// Too many tries; the next one is allowed after so many seconds.
    Later(u64),
    /// Our own fault; the log has it.
    Internal,
}

impl From<store::Error> for Fault {
    fn from(error: store::Error) -> Self {
        tracing::error!(%error, "a page could not be made");
        Fault::Internal
    }
}

impl From<askama::Error> for Fault {
    fn from(error: askama::Error) -> Self {
        tracing::error!(%error, "a page could not be made");
        Fault::Internal
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotFound(_) => Fault::NotFound,
            Refusal::Store(error) => {
                tracing::error!(%error, "a decision could not be carried out");
                Fault::Internal
            }
            other => Fault::Refused(other),
        }
    }
}

#[derive(askama::Template)]
#[template(path = "fault.html")]
struct FaultPage<'a> {
    version: &'a str,
    ja: String,
    en: String,
}

impl Fault {
    fn words(&self) -> (StatusCode, String, String) {
        let (status, ja, en) = match self {
            Fault::NotFound => (StatusCode::NOT_FOUND, "ページが見つかりません。", "There is no such page."),
            Fault::Forbidden => {
                (StatusCode::FORBIDDEN, "この操作をする権限がありません。", "You may not do this.")
            }
            Fault::BadLink => (
                StatusCode::NOT_FOUND,
                "このリンクは使えません。通知メールのリンクを最後まで正しく開いたか確かめてください。",
                "This link does not work. See whether the whole link of the notice was opened.",
            ),
            Fault::LinkExpired => (
                StatusCode::GONE,
                "このリンクの有効期限は過ぎました。ここから送信や取りやめはできません。メールがどうなったかは、\
                 あとから届いた通知メールをご覧ください。見当たらないときは、案件番号を添えて、通知メールに\
                 書かれた問い合わせ先へお尋ねください。",
                "This link has expired, and nothing can be sent or cancelled here any more. A later notice says \
                 what became of the mail. If there is none, ask whom the notice names, with the case number.",
            ),
            Fault::SignIn(_) | Fault::MustChange => (StatusCode::UNAUTHORIZED, "", ""),
            Fault::Bad(ja, en) => (StatusCode::BAD_REQUEST, *ja, *en),
            Fault::Refused(refusal) => {
                return (StatusCode::CONFLICT, in_japanese(refusal), refusal.to_string());
            }
            Fault::TooMany | Fault::Later(_) => (
                StatusCode::TOO_MANY_REQUESTS,
                "試行回数が多すぎます。しばらくしてからやり直してください。",
                "Too many tries. Please wait a while.",
            ),
            Fault::Internal => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "処理できませんでした。メールは失われていません。しばらくしてからやり直してください。",
                "This could not be done now. No mail is lost. Please try again in a moment.",
            ),
        };
        (status, ja.to_string(), en.to_string())
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        if let Fault::SignIn(to) = &self {
            let to: String = form_encoded(to);
            return Redirect::to(&format!("/login?to={to}")).into_response();
        }
        if let Fault::MustChange = self {
            return Redirect::to("/account").into_response();
        }
        let (status, ja, en) = self.words();
        let page = FaultPage { version: &assets::VERSION, ja, en };
        let html = askama::Template::render(&page).unwrap_or_default();
        let mut response = (status, Html(html)).into_response();
        let wait = match self {
            Fault::TooMany => Some(60),
            Fault::Later(seconds) => Some(seconds),
            _ => None,
        };
        if let Some(seconds) = wait {
            response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from(seconds));
        }
        response
    }
}

/// A refusal in Japanese; its own words are English.
pub fn in_japanese(refusal: &Refusal) -> String {
    match refusal {
        Refusal::NotFound(id) => format!("案件番号 {id} のメールはありません。"),
        Refusal::Over(_) => "このメールの処理はすでに終わっています。".into(),
        Refusal::OnlyDelayed => {
            "このメールは時間になると自動的に送信されます。止めることだけができます。".into()
        }
        Refusal::NotDelayed => "このメールは保留中です。「送る」か「取りやめる」を選んでください。".into(),
        Refusal::SecondPerson => "このメールは、送信者以外の人の承認が必要です。".into(),
        Refusal::NotTheirs(why) => match why {
            Denied::Own => "このメールは、送信者以外の人の承認が必要です。",
            Denied::Auditor => "監査の担当者は、メールの送信を決められません。",
            Denied::Disabled => "このアカウントは無効になっています。",
            Denied::NotYet(_) => "いまは、この送信者の承認者が判断する時間です。",
            Denied::NotTheirs => "この送信者のメールは、ほかの方が承認します。",
        }
        .into(),
        Refusal::Nameless => "決定した人の名前が必要です。".into(),
        Refusal::NoReason => "そのまま送信する理由を書いてください。".into(),
        Refusal::NothingChanged => "メールに変更がありません。".into(),
        Refusal::UnreadProposal => {
            "修正の提案を読み取れません。いったん取り下げて、もう一度提案してください。".into()
        }
        Refusal::NoProposal => "このメールには修正の提案がありません。".into(),
        Refusal::NamedTwice(who) => format!("{who} が2回指定されています。"),
        Refusal::NoAddress(who) => format!("{who} はメールアドレスとして使えません。"),
        Refusal::AlreadyRecipient(who) => {
            format!("{who} はすでに宛先にあります。誤りのほうを「外す」にしてください。")
        }
        Refusal::NothingLeaves => {
            "受け取る人がいなくなります。送信しない場合は「取り消す」を選んでください。".into()
        }
        Refusal::NoSuchRecipient(who) => format!("{who} はこのメールの宛先にありません。"),
        Refusal::Unfit(_) => "このメールはこのままでは送信できません。".into(),
        Refusal::Grown => {
            "画面を開いたあとに、このメールの残りが届きました。もう一度確かめてください。".into()
        }
        Refusal::Restless => {
            "このメールの続きが届いている途中です。少し待ってからやり直してください。".into()
        }
        Refusal::Store(_) => "いまは処理できません。しばらくしてからやり直してください。".into(),
    }
}

/// A text as a value in a query.
pub fn form_encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => {
                out.push(byte.into())
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
