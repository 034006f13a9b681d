//! Signing in and out. A password is compared through argon2 whether the account exists or not, so
//! that the time it takes tells nobody which addresses have one.

use std::sync::{Arc, LazyLock};

use argon2::Argon2;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use axum::extract::{Form, Query, State};
use axum::http::StatusCode;
use axum::http::header::{HeaderMap, HeaderValue, SET_COOKIE};
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::Ctx;
use super::fault::Fault;
use super::page::{Frame, html};
use super::router::own_path;
use super::visitor::{Signed, Visitor, cookie_name, hash_of, session_token};
use crate::audit::entry::{Entry, Kind};

#[derive(askama::Template)]
#[template(path = "login.html")]
struct Page {
    f: Frame,
    name: String,
    to: String,
    failed: bool,
}

#[derive(serde::Deserialize)]
pub struct Wanted {
    #[serde(default)]
    to: String,
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
    html(&Page { f: Frame::new(&ctx, &visitor), name: String::new(), to: wanted.to, failed: false })
}

/// `POST /login`
pub async fn sign_in(
    State(ctx): State<Arc<Ctx>>,
    visitor: Visitor,
    Form(given): Form<Given>,
) -> Result<Response, Fault> {
    let account = ctx.guard.store.account(&given.name).await?.filter(|a| a.disabled_at.is_none());
    let hash = account.as_ref().and_then(|a| a.password.clone());
    let right = verify(hash, given.password).await;
    let Some(account) = account.filter(|_| right) else {
        let page = Page { f: Frame::new(&ctx, &visitor), name: given.name, to: given.to, failed: true };
        return Ok((StatusCode::UNAUTHORIZED, html(&page)?).into_response());
    };
    let cookie = begin(&ctx, &account.name).await?;
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
        let entry = entry(&ctx, "signed-out", &signed.user.name);
        ctx.guard.store.end_session(hash_of(&token), entry).await?;
    }
    let gone = format!("{}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax{}", cookie_name(&ctx), secure(&ctx));
    Ok((set_cookie(&gone), Redirect::to("/login")).into_response())
}

/// Begins a session for somebody who has proven who they are; the cookie that carries it.
pub async fn begin(ctx: &Ctx, account: &str) -> Result<HeaderMap, Fault> {
    let (token, csrf) = (random_word()?, random_word()?);
    let until = ctx.guard.store.clock().now() + ctx.options.session;
    let entry = entry(ctx, "signed-in", account);
    ctx.guard.store.begin_session(hash_of(&token), account, csrf, until, entry).await?;
    let age = ctx.options.session.as_secs();
    let cookie =
        format!("{}={token}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax{}", cookie_name(ctx), secure(ctx));
    Ok(set_cookie(&cookie))
}

fn set_cookie(cookie: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if let Ok(cookie) = HeaderValue::from_str(cookie) {
        headers.insert(SET_COOKIE, cookie);
    }
    headers
}

fn secure(ctx: &Ctx) -> &'static str {
    if ctx.options.is_https() { "; Secure" } else { "" }
}

fn entry(ctx: &Ctx, what: &str, who: &str) -> Entry {
    let mut entry = Entry::new(ctx.guard.store.clock().now(), Kind::Person, what);
    entry.actor = Some(who.to_string());
    entry
}

/// 256 random bits as text.
fn random_word() -> Result<String, Fault> {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| {
        tracing::error!(%error, "no random numbers");
        Fault::Internal
    })?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// Hashes a password with argon2id (RFC 9106), in the PHC string format.
///
/// # Errors
/// Where the system gives no random numbers.
pub fn hash_password(password: &str) -> Result<String, String> {
    let mut salt = [0u8; 16];
    getrandom::fill(&mut salt).map_err(|e| e.to_string())?;
    let salt = SaltString::encode_b64(&salt).map_err(|e| e.to_string())?;
    let hash = Argon2::default().hash_password(password.as_bytes(), &salt).map_err(|e| e.to_string())?;
    Ok(hash.to_string())
}

/// Whether the password is the one of the hash. Takes as long where there is no hash.
async fn verify(hash: Option<String>, password: String) -> bool {
    static NOBODY: LazyLock<String> = LazyLock::new(|| hash_password("nobody").unwrap_or_default());
    let checked = tokio::task::spawn_blocking(move || {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| NOBODY.clone());
        let same = PasswordHash::new(&hash)
            .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok());
        same && known
    });
    checked.await.unwrap_or(false)
}
