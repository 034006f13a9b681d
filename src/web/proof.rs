//! Proving the audit log from the page: one proof at a time, and the last one's result for everybody who
//! reads the log.

use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Form, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::Ctx;
use super::fault::Fault;
use super::page::{Csrf, User};
use super::visitor::Signed;
use crate::audit::chain::Head;
use crate::audit::entry::{Entry, Kind};
use crate::audit::verify::Broken;
use crate::clock::Timestamp;
use crate::store::Decision;
use crate::store::people::Role;

/// How a proof ended.
#[derive(Clone, Debug)]
pub struct Proved {
    pub at: Timestamp,
    /// Their mail address.
    pub by: String,
    pub result: Result<Head, Broken>,
}

impl Proved {
    /// The head that was reached.
    pub fn head(&self) -> Option<&Head> {
        self.result.as_ref().ok()
    }

    /// Where the chain is broken.
    pub fn broken(&self) -> Option<&Broken> {
        self.result.as_ref().err()
    }
}

/// The last proof since the program started, and the turn to make the next.
#[derive(Default)]
pub struct Proof {
    last: Mutex<Option<Proved>>,
    turn: tokio::sync::Mutex<()>,
}

impl Proof {
    /// The last proof, if there was one since the program started.
    pub fn last(&self) -> Option<Proved> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

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
    let Ok(_turn) = ctx.proof.turn.try_lock() else { return Err(Fault::Later(10)) };
    let store = &ctx.guard.store;
    let by = signed.user.name.clone();
    let noted = store.head().await?;
    let result = store.verify(Some(noted)).await?;
    let at = store.clock().now();
    let mut entry = Entry::new(at, Kind::Person, "log-proved");
    entry.actor = Some(by.clone());
    entry.notes = vec![match &result {
        Ok(head) => format!("ok: head {head}"),
        Err(broken) => format!("broken: {broken}"),
    }];
    store.record(Decision { entry, history: None, tellings: Vec::new() }).await?;
    *ctx.proof.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(Proved { at, by, result });
    Ok(Redirect::to("/log#proof").into_response())
}
