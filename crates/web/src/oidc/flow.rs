//! The two pages of signing in elsewhere: away to the provider, and back. Who comes back is let in under
//! an account that exists, or that the configuration says is made.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::options::Options;
use super::provider::{Person, Provider, UNDER_WAY};
use crate::Ctx;
use crate::error_page::Fault;
use crate::login::{Wanted, add_cookie, begin as begin_session, secure, set_cookie, show_alert};
use crate::router::own_path;
use crate::visitor::{Visitor, cookie, cookie_name};
use store::people::{Account, Change, Changed, Role};

/// What the sign-in page says of a way that did not lead in.
const UNREACHED: (&str, &str) = (
    "いまは別のサービスでのサインインができません。",
    "Signing in with the other service does not work now.",
);
const AGAIN: (&str, &str) = (
    "サインインを最後まで確認できませんでした。もう一度お試しください。",
    "The sign-in could not be confirmed. Please try again.",
);
const NO_ACCOUNT: (&str, &str) = (
    "このメールアドレスではサインインできません。管理者に確かめてください。",
    "This address may not sign in. Please ask an administrator.",
);

/// `GET /login/oidc`: away to the provider.
pub async fn begin(
    State(ctx): State<Arc<Ctx>>,
    visitor: Visitor,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fault> {
    let provider = ctx.oidc.as_ref().ok_or(Fault::NotFound)?;
    match provider.begin(own_path(&wanted.to), ctx.guard.store.clock().now()).await {
        Ok((url, kept)) => {
            Ok((set_cookie(&kept_cookie(&ctx, &kept, UNDER_WAY)), Redirect::to(&url)).into_response())
        }
        Err(error) => {
            tracing::error!(%error, "the OpenID provider could not be asked");
            show_alert(&ctx, &visitor, UNREACHED)
        }
    }
}

/// What the provider sends people back with.
#[derive(serde::Deserialize)]
pub struct Back {
    code: Option<String>,
    state: Option<String>,
}

/// `GET /login/oidc/callback`: back from the provider.
pub async fn callback(
    State(ctx): State<Arc<Ctx>>,
    visitor: Visitor,
    headers: axum::http::HeaderMap,
    Query(back): Query<Back>,
) -> Result<Response, Fault> {
    let provider = ctx.oidc.as_ref().ok_or(Fault::NotFound)?;
    let now = ctx.guard.store.clock().now();
    let kept = cookie(&headers, &name(&ctx)).and_then(|kept| provider.resume(&kept, now));
    let (Some(under_way), Some(code), Some(state)) = (kept, back.code, back.state) else {
        return show_alert(&ctx, &visitor, AGAIN);
    };
    if state != under_way.state {
        return show_alert(&ctx, &visitor, AGAIN);
    }
    ctx.tries.count_from(visitor.address, now).map_err(Fault::Later)?;
    let to = under_way.to.clone();
    let person = match provider.person(under_way, code).await {
        Ok(person) => person,
        Err(error) => {
            tracing::warn!(%error, "a sign-in by OpenID Connect was refused");
            return show_alert(&ctx, &visitor, AGAIN);
        }
    };
    let let_in = match admit(&ctx, provider, &person).await? {
        Some(account) => begin_session(&ctx, &account, &visitor).await?,
        None => None,
    };
    let Some(mut cookies) = let_in else {
        tracing::warn!("somebody whom the OpenID provider knows has no account here");
        return show_alert(&ctx, &visitor, NO_ACCOUNT);
    };
    ctx.tries.succeeded_from(visitor.address);
    add_cookie(&mut cookies, &kept_cookie(&ctx, "", 0));
    Ok((cookies, Redirect::to(own_path(&to))).into_response())
}

/// The account that somebody comes in under, made or changed as the configuration says; none where there
/// is none for them.
async fn admit(ctx: &Ctx, provider: &Provider, person: &Person) -> Result<Option<String>, Fault> {
    let store = &ctx.guard.store;
    let role = match wanted_role(&provider.options, person) {
        Ok(role) => role,
        Err(Unmapped) => return Ok(None),
    };
    let now = store.clock().now();
    let name = &person.address;
    match (store.account(name).await?, role) {
        (Some(account), _) if account.disabled_at.is_some() => return Ok(None),
        (Some(account), Some(role)) if provider.options.role_claim.is_some() && account.role != role => {
            let change = Change::Role(role);
            let entry = change.entry(now, name, provider.name());
            if store.change_account(name, change, entry).await? == Changed::LastAdmin {
                tracing::warn!("the last admin stays one, although the OpenID provider says otherwise");
            }
        }
        (Some(_), _) => {}
        (None, role) => {
            let Some(made) = provider.options.create else {
                return Ok(None);
            };
            let account = Account {
                name: name.clone(),
                display: person.display.clone().unwrap_or_else(|| name.clone()),
                role: role.unwrap_or(made),
                password: None,
                must_change: false,
                created_at: now,
                disabled_at: None,
            };
            let entry = account.entry(now, provider.name());
            store.add_account(account, entry).await?;
        }
    }
    Ok(Some(name.clone()))
}

/// The provider's groups give no role, and the configuration makes nobody an auditor.
struct Unmapped;

/// The role that somebody is to have; none where accounts keep the one they have.
fn wanted_role(options: &Options, person: &Person) -> Result<Option<Role>, Unmapped> {
    if options.role_claim.is_none() {
        return Ok(None);
    }
    options.role_of(&person.groups).or(options.create).map(Some).ok_or(Unmapped)
}

fn name(ctx: &Ctx) -> String {
    format!("{}-oidc", cookie_name(ctx))
}

fn kept_cookie(ctx: &Ctx, kept: &str, seconds: i64) -> String {
    format!("{}={kept}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{}", name(ctx), secure(ctx))
}
