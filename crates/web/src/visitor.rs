//! Who asks: their language, and who they are where they have signed in.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::header::{COOKIE, HeaderMap};
use axum::http::request::Parts;
use sha2::{Digest, Sha256};

use super::Ctx;
use super::error_page::Fault;
use super::page::User;
use facts::Language;
use store::sessions::TokenHash;
use terms::networks::Networks;

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
        let policy = ctx.guard.current.get().organization.language;
        let session = match session_token(&parts.headers, ctx) {
            Some(token) => ctx.guard.store.session(hash_of(&token), ctx.options.idle).await?,
            None => None,
        };
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |c| c.0.ip());
        let (user, csrf) = match session {
            Some(s) => {
                let a = s.account;
                let must_change = a.must_change;
                (Some(User { name: a.name, display: a.display, role: a.role, must_change }), s.csrf)
            }
            None => (None, String::new()),
        };
        Ok(Visitor {
            language: language(&parts.headers).unwrap_or(policy),
            user,
            csrf,
            path: parts.uri.path_and_query().map_or_else(|| "/".into(), ToString::to_string),
            address: client(peer, &parts.headers, &ctx.options.trusted_proxies),
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
            Some(user) if user.must_change && !is_own_account(parts.uri.path()) => Err(Fault::MustChange),
            Some(user) => Ok(Signed { visitor, user }),
            None => Err(Fault::SignIn(visitor.path)),
        }
    }
}

/// Where somebody may go who must choose a password first.
fn is_own_account(path: &str) -> bool {
    path == "/account" || path.starts_with("/account/") || path == "/logout"
}

/// Who sent a request that came from `peer`. A proxy of the house names whom it speaks for at the end of
/// X-Forwarded-For; what stands before the first address that is no such proxy, anybody can have written.
fn client(peer: IpAddr, headers: &HeaderMap, proxies: &Networks) -> IpAddr {
    let mut client = peer;
    let lines = headers.get_all("x-forwarded-for").iter().filter_map(|line| line.to_str().ok());
    let named: Vec<&str> = lines.flat_map(|line| line.split(',')).map(str::trim).collect();
    for name in named.iter().rev() {
        match name.parse() {
            Ok(address) if proxies.contain(client) => client = address,
            _ => break,
        }
    }
    client
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_proxy_of_the_house_names_the_client() {
        let proxies: Networks = serde_json::from_str(r#"["127.0.0.0/8", "192.0.2.0/24"]"#).unwrap();
        let of = |peer: &str, said: &[&str]| {
            let mut headers = HeaderMap::new();
            for line in said {
                headers.append("x-forwarded-for", line.parse().unwrap());
            }
            client(peer.parse().unwrap(), &headers, &proxies).to_string()
        };
        assert_eq!(of("198.51.100.1", &["203.0.113.9"]), "198.51.100.1", "no proxy of ours");
        assert_eq!(of("127.0.0.1", &[]), "127.0.0.1");
        assert_eq!(of("127.0.0.1", &["203.0.113.9"]), "203.0.113.9");
        assert_eq!(of("127.0.0.1", &["10.0.0.1, 203.0.113.9, 192.0.2.1"]), "203.0.113.9");
        assert_eq!(of("127.0.0.1", &["10.0.0.1, 203.0.113.9", "192.0.2.1"]), "203.0.113.9");
        assert_eq!(of("127.0.0.1", &["203.0.113.9, nonsense"]), "127.0.0.1");
        assert_eq!(of("127.0.0.1", &["2001:db8::7"]), "2001:db8::7");
    }

    #[test]
    fn whoever_must_choose_a_password_gets_to_their_account_alone() {
        for path in ["/account", "/account/password", "/logout"] {
            assert!(is_own_account(path), "{path}");
        }
        for path in ["/", "/accounts", "/cases", "/logout/x"] {
            assert!(!is_own_account(path), "{path}");
        }
    }
}
