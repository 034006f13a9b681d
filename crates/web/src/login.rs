//! Signing in and out. A wrong password and an unknown account get the same answer, after as much work,
//! so that nobody learns which addresses have one; see `tries.rs` for how often it may be tried.

use std::sync::Arc;

use axum::extract::{Form, Query, State};
use axum::http::StatusCode;
use axum::http::header::{HeaderMap, HeaderValue, SET_COOKIE};
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::Ctx;
use super::error_page::{Fault, form_encoded};
use super::page::{Frame, html};
use super::router::own_path;
use super::visitor::{Signed, Visitor, cookie_name, hash_of, session_token};
use audit::entry::{Entry, Kind};
use store::sessions::{Ending, NewSession};

#[derive(askama::Template)]
#[template(path = "login.html")]
struct LoginPage {
    f: Frame,
    name: String,
    to: String,
    /// What went wrong, in Japanese and English.
    alert: Option<(&'static str, &'static str)>,
    /// What the other way to sign in is called, if there is one.
    elsewhere: Option<String>,
}

const WRONG: (&str, &str) =
    ("メールアドレスかパスワードが違います。", "The address or the password is not right.");

impl LoginPage {
    fn new(ctx: &Ctx, visitor: &Visitor, name: String, to: String) -> LoginPage {
        let elsewhere = ctx.oidc.as_ref().map(|provider| provider.name().to_string());
        LoginPage { f: Frame::new(ctx, visitor), name, to, alert: None, elsewhere }
    }

    /// Where they wanted to go, as a value in a query.
    fn onward(&self) -> String {
        form_encoded(&self.to)
    }
}

/// The sign-in page, with what went wrong at the other service.
#[cfg(feature = "oidc")]
pub fn show_alert(
    ctx: &Ctx,
    visitor: &Visitor,
    alert: (&'static str, &'static str),
) -> Result<Response, Fault> {
    let page = LoginPage { alert: Some(alert), ..LoginPage::new(ctx, visitor, String::new(), String::new()) };
    Ok((StatusCode::UNAUTHORIZED, html(&page)?).into_response())
}

/// Where somebody wanted to go.
#[derive(serde::Deserialize)]
pub struct Wanted {
    #[serde(default)]
    pub to: String,
}

#[derive(serde::Deserialize)]
pub struct Given {
    name: String,
    password: String,
    #[serde(default)]
    to: String,
}

/// `GET /login`
pub async fn show(
    State(ctx): State<Arc<Ctx>>,
    visitor: Visitor,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fault> {
    if visitor.user.is_some() {
        return Ok(Redirect::to(own_path(&wanted.to)).into_response());
    }
    html(&LoginPage::new(&ctx, &visitor, String::new(), wanted.to))
}

/// `POST /login`
pub async fn sign_in(
    State(ctx): State<Arc<Ctx>>,
    visitor: Visitor,
    Form(given): Form<Given>,
) -> Result<Response, Fault> {
    let store = &ctx.guard.store;
    ctx.tries.count(&given.name, visitor.address, store.clock().now()).map_err(Fault::Later)?;
    let account = store.account(&given.name).await?;
    let hash = account.as_ref().filter(|a| a.disabled_at.is_none()).and_then(|a| a.password.clone());
    let right = ctx.turns.is_right(hash, given.password).await?;
    let cookie = match &account {
        Some(account) if right => begin(&ctx, &account.name, &visitor).await?,
        Some(account) => {
            // Of accounts that exist alone, so that the log grows no faster than they may be tried; and
            // not waited for, so that the time it takes does not tell that this one does.
            let entry = entry(&ctx, "sign-in-failed", &account.name, Some(&visitor));
            store.record_soon(entry).await?;
            None
        }
        None => None,
    };
    let Some(cookie) = cookie else {
        let page = LoginPage { alert: Some(WRONG), ..LoginPage::new(&ctx, &visitor, given.name, given.to) };
        return Ok((StatusCode::UNAUTHORIZED, html(&page)?).into_response());
    };
    ctx.tries.succeeded(&given.name, visitor.address);
    Ok((cookie, Redirect::to(own_path(&given.to))).into_response())
}

/// `POST /logout`
pub async fn sign_out(
    State(ctx): State<Arc<Ctx>>,
    headers: HeaderMap,
    signed: Signed,
    Form(form): Form<super::page::Csrf>,
) -> Result<Response, Fault> {
    signed.check(&form.csrf)?;
    if let Some(token) = session_token(&headers, &ctx) {
        let entry = entry(&ctx, "signed-out", &signed.user.name, None);
        ctx.guard.store.end_sessions(&signed.user.name, Ending::Own(hash_of(&token)), entry).await?;
    }
    let gone = format!("{}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax{}", cookie_name(&ctx), secure(&ctx));
    Ok((set_cookie(&gone), Redirect::to("/login")).into_response())
}

/// Begins a session for somebody who has proven who they are; the cookie that carries it. None where the
/// account may not sign in.
pub async fn begin(ctx: &Ctx, account: &str, visitor: &Visitor) -> Result<Option<HeaderMap>, Fault> {
    let (token, csrf) = (random_word()?, random_word()?);
    let new = NewSession {
        token: hash_of(&token),
        account: account.to_string(),
        csrf,
        until: ctx.guard.store.clock().now() + ctx.options.session,
        origin: visitor.address.to_canonical().to_string(),
    };
    let entry = entry(ctx, "signed-in", account, Some(visitor));
    if !ctx.guard.store.begin_session(new, entry).await? {
        return Ok(None);
    }
    let age = ctx.options.session.as_secs();
    let cookie =
        format!("{}={token}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax{}", cookie_name(ctx), secure(ctx));
    Ok(Some(set_cookie(&cookie)))
}

/// A header that sets a cookie.
pub fn set_cookie(cookie: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    add_cookie(&mut headers, cookie);
    headers
}

/// One more cookie.
pub fn add_cookie(headers: &mut HeaderMap, cookie: &str) {
    if let Ok(cookie) = HeaderValue::from_str(cookie) {
        headers.append(SET_COOKIE, cookie);
    }
}

/// The attribute of a cookie that must not leave TLS.
pub fn secure(ctx: &Ctx) -> &'static str {
    if ctx.options.is_https() { "; Secure" } else { "" }
}

/// An entry about somebody who signs in or out, and from where.
pub fn entry(ctx: &Ctx, what: &str, who: &str, from: Option<&Visitor>) -> Entry {
    let mut entry = Entry::new(ctx.guard.store.clock().now(), Kind::Person, what);
    entry.actor = Some(who.to_string());
    entry.notes.extend(from.map(|visitor| format!("from: {}", visitor.address.to_canonical())));
    entry
}

/// 256 random bits as text.
pub fn random_word() -> Result<String, Fault> {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| {
        tracing::error!(%error, "no random numbers");
        Fault::Internal
    })?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}
