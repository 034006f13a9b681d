//! Proving the audit log from the page, one proof at a time. The log's page shows the last one, whoever made it;
//! once a day it is made without anybody's asking.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Form, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::Ctx;
use super::error_page::Fault;
use super::page::{Csrf, User};
use super::visitor::Signed;
use audit::entry::Kind;
use store::people::Role;

/// The turn to prove: one at a time.
#[derive(Default)]
pub struct Turn(tokio::sync::Mutex<()>);

/// Whether they may have the log proved: it reads all of it, so not everybody may at any time.
pub fn may(user: &User) -> bool {
    matches!(user.role, Role::Admin | Role::Auditor)
}

/// `POST /log/proof`: every entry against its hash and the one before it, up to the present head.
pub async fn prove(
    State(ctx): State<Arc<Ctx>>,
    signed: Signed,
    Form(form): Form<Csrf>,
) -> Result<Response, Fault> {
    signed.check(&form.csrf)?;
    if !may(&signed.user) {
        return Err(Fault::Forbidden);
    }
    let Ok(_turn) = ctx.proof.0.try_lock() else { return Err(Fault::Later(10)) };
    let store = &ctx.guard.store;
    let proof = store.prove(&signed.user.name, Duration::ZERO).await?;
    store.keep_proof(&proof, proof.entry(Kind::Person), None).await?;
    Ok(Redirect::to("/log#proof").into_response())
}
