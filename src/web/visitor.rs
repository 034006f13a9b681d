//! Who asks: their language, and who they are where they have signed in.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::header::{COOKIE, HeaderMap};
use axum::http::request::Parts;
use sha2::{Digest, Sha256};

use super::Ctx;
use super::fault::Fault;
use super::page::User;
use crate::facts::Language;
use crate::store::people::TokenHash;

/// Who asks for a page.
#[derive(Clone, Debug)]
pub struct Visitor {
    pub language: Language,
    /// None where nobody has signed in.
    pub user: Option<User>,
    /// What the forms of the session carry; empty where nobody has signed in.
    pub csrf: String,
    /// The path that was asked for, with its query.
    pub path: String,
    /// The address that the request came from.
    pub address: IpAddr,
}

impl FromRequestParts<Arc<Ctx>> for Visitor {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, ctx: &Arc<Ctx>) -> Result<Self, Fault> {
        let house = ctx.guard.current.get().organization.language;
        let session = match session_token(&parts.headers, ctx) {
            Some(token) => ctx.guard.store.session(hash_of(&token)).await?,
            None => None,
        };
        let address = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let (user, csrf) = match session {
            Some(s) => {
                let a = s.account;
                (Some(User { name: a.name, display: a.display, role: a.role }), s.csrf)
            }
            None => (None, String::new()),
        };
        Ok(Visitor {
            language: language(&parts.headers).unwrap_or(house),
            user,
            csrf,
            path: parts.uri.path_and_query().map_or_else(|| "/".into(), ToString::to_string),
            address: address.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |c| c.0.ip()),
        })
    }
}

/// Somebody who has signed in; whoever has not is asked to, and comes back.
pub struct Signed {
    pub visitor: Visitor,
    pub user: User,
}

impl FromRequestParts<Arc<Ctx>> for Signed {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, ctx: &Arc<Ctx>) -> Result<Self, Fault> {
        let visitor = Visitor::from_request_parts(parts, ctx).await?;
        match visitor.user.clone() {
            Some(user) => Ok(Signed { visitor, user }),
            None => Err(Fault::SignIn(visitor.path)),
        }
    }
}

impl Signed {
    /// Refuses a form that does not carry the session's word.
    pub fn check(&self, csrf: &str) -> Result<(), Fault> {
        let right = self.visitor.csrf.as_bytes();
        let same = right.len() == csrf.len()
            && right.iter().zip(csrf.as_bytes()).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0;
        match same && !right.is_empty() {
            true => Ok(()),
            false => Err(Fault::Bad(
                "フォームの有効期限が切れました。前の画面に戻り、もう一度お試しください。",
                "The form is out of date. Go back and try again.",
            )),
        }
    }
}

/// The name of the session's cookie. With TLS it is bound to this host (RFC 6265bis section 4.1.3.2).
pub fn cookie_name(ctx: &Ctx) -> &'static str {
    if ctx.options.is_https() { "__Host-sekisho" } else { "sekisho" }
}

/// What the browser holds of its session.
pub fn session_token(headers: &HeaderMap, ctx: &Ctx) -> Option<String> {
    cookie(headers, cookie_name(ctx))
}

/// The hash under which the session of a token is kept.
pub fn hash_of(token: &str) -> TokenHash {
    Sha256::digest(token.as_bytes()).into()
}

/// The value of a cookie.
pub fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value.to_string())
}

/// The language that the reader chose on a page before.
fn language(headers: &HeaderMap) -> Option<Language> {
    match cookie(headers, "language")?.as_str() {
        "ja" => Some(Language::Ja),
        "en" => Some(Language::En),
        _ => None,
    }
}
