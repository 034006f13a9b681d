//! `/account`: everybody's own: their password, and where they have signed in.

use std::sync::Arc;

use axum::extract::{Form, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};

use super::Ctx;
use super::error_page::Fault;
use super::login::{begin, entry};
use super::page::{Frame, html};
use super::password::weakness;
use super::visitor::{Signed, hash_of, session_token};
use store::people::{Change, Changed, Role};
use store::sessions::{Ending, OpenSession};

#[derive(askama::Template)]
#[template(path = "account.html")]
struct AccountPage {
    f: Frame,
    name: String,
    role: Role,
    /// Whether they must choose a password before anything else.
    must_change: bool,
    /// Whether they have one, and do not sign in elsewhere alone.
    has_password: bool,
    /// Each with whether it is this one.
    sessions: Vec<(OpenSession, bool)>,
    done: Option<(&'static str, &'static str)>,
}

/// What was just done, for the page to say.
#[derive(serde::Deserialize)]
pub struct Done {
    #[serde(default)]
    done: String,
}

/// `GET /account`
pub async fn show(
    State(ctx): State<Arc<Ctx>>,
    headers: HeaderMap,
    signed: Signed,
    Query(done): Query<Done>,
) -> Result<Response, Fault> {
    let store = &ctx.guard.store;
    let own = session_token(&headers, &ctx).map(|token| hash_of(&token));
    let name = signed.user.name.clone();
    let account = store.account(&name).await?.ok_or(Fault::NotFound)?;
    let sessions = store.sessions_of(&name, ctx.options.idle, own).await?;
    let done = match done.done.as_str() {
        "password" => Some((
            "パスワードを変更しました。ほかの端末からはサインアウトしました。",
            "The password was changed, and every other session ended.",
        )),
        "sessions" => Some(("サインアウトしました。", "Signed out there.")),
        _ => None,
    };
    html(&AccountPage {
        f: Frame::new(&ctx, &signed.visitor),
        role: account.role,
        must_change: account.must_change,
        has_password: account.password.is_some(),
        name,
        sessions,
        done,
    })
}

/// The old password and the new one.
#[derive(serde::Deserialize)]
pub struct Passwords {
    #[serde(default)]
    csrf: String,
    current: String,
    new: String,
    again: String,
}

/// `POST /account/password`: every session ends, and this one begins anew.
pub async fn change_password(
    State(ctx): State<Arc<Ctx>>,
    signed: Signed,
    Form(form): Form<Passwords>,
) -> Result<Response, Fault> {
    signed.check(&form.csrf)?;
    let (store, name) = (&ctx.guard.store, &signed.user.name);
    if form.new != form.again {
        return Err(Fault::Bad("新しいパスワードが一致しません。", "The new passwords differ."));
    }
    if let Some((ja, en)) = weakness(&form.new, name) {
        return Err(Fault::Bad(ja, en));
    }
    if form.new == form.current {
        return Err(Fault::Bad(
            "いまと違うパスワードにしてください。",
            "Choose another password than the present one.",
        ));
    }
    let from = signed.visitor.address;
    ctx.tries.count(name, from, store.clock().now()).map_err(Fault::Later)?;
    let hash = store.account(name).await?.and_then(|a| a.password);
    if !ctx.turns.is_right(hash, form.current).await? {
        return Err(Fault::Bad("いまのパスワードが違います。", "The present password is not right."));
    }
    ctx.tries.succeeded(name, from);
    let change = Change::Password { hash: ctx.turns.hash(form.new).await?, must_change: false };
    let entry = change.entry(store.clock().now(), name, name);
    if store.change_account(name, change, entry).await? != Changed::Done {
        return Err(Fault::NotFound);
    }
    let cookie = begin(&ctx, name, &signed.visitor).await?.ok_or(Fault::Forbidden)?;
    Ok((cookie, Redirect::to("/account?done=password")).into_response())
}

/// Which sessions are to end.
#[derive(serde::Deserialize)]
pub struct Ended {
    #[serde(default)]
    csrf: String,
    /// The id of one; all others where there is none.
    #[serde(default)]
    id: String,
}

/// `POST /account/sessions`: ends other sessions of one's own.
pub async fn end_sessions(
    State(ctx): State<Arc<Ctx>>,
    headers: HeaderMap,
    signed: Signed,
    Form(form): Form<Ended>,
) -> Result<Response, Fault> {
    signed.check(&form.csrf)?;
    let own = session_token(&headers, &ctx).map(|token| hash_of(&token)).ok_or(Fault::Forbidden)?;
    let which = match form.id.is_empty() {
        true => Ending::Others(own),
        false => Ending::One(form.id),
    };
    let entry = entry(&ctx, "session-ended", &signed.user.name, Some(&signed.visitor));
    ctx.guard.store.end_sessions(&signed.user.name, which, entry).await?;
    Ok(Redirect::to("/account?done=sessions").into_response())
}
