//! Who was sent what: every mail of or to an address or a domain, or the one of a Message-ID or a hash,
//! with what became of it.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::Response;

use super::Ctx;
use super::error_page::{Fault, form_encoded};
use super::page::{Frame, html};
use super::search;
use super::visitor::Signed;
use super::words;
use audit::entry::Kind;
use audit::filter::{Filter, Row};
use terms::clock::Timestamp;

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct Wanted {
    /// An address, `@domain`, a Message-ID or a SHA-256.
    mail: String,
    /// Only mails before this number of the log: for reading on.
    before: Option<i64>,
}

/// A mail, and what became of it where the log tells.
struct TraceLine {
    row: Row,
    fate: Option<Row>,
}

#[derive(askama::Template)]
#[template(path = "trace.html")]
struct TracePage {
    f: Frame,
    wanted: Wanted,
    lines: Vec<TraceLine>,
    older: Option<i64>,
    searched_to: Option<Timestamp>,
}

/// `GET /trace`
pub async fn show(
    State(ctx): State<Arc<Ctx>>,
    signed: Signed,
    Query(mut wanted): Query<Wanted>,
) -> Result<Response, Fault> {
    let f = Frame::new(&ctx, &signed.visitor);
    wanted.mail = wanted.mail.trim().to_string();
    if wanted.mail.is_empty() {
        return html(&TracePage { f, wanted, lines: Vec::new(), older: None, searched_to: None });
    }
    let store = &ctx.guard.store;
    let filter = Filter { mail: Some(wanted.mail.clone()), kind: Some(Kind::Decision), ..Filter::default() };
    let found = search::newest(store, filter, wanted.before).await?;
    let mut lines = Vec::new();
    for row in found.rows {
        let fate = store.fate(&row).await?;
        lines.push(TraceLine { row, fate });
    }
    html(&TracePage { f, wanted, lines, older: found.older, searched_to: found.searched_to })
}

impl TracePage {
    /// The question as a value in a query.
    fn asked(&self) -> String {
        form_encoded(&self.wanted.mail)
    }
}
