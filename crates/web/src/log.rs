//! The audit log: the newest first, filtered, page by page; one entry whole; and what is filtered
//! taken out as CSV or JSONL.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::stream::{Stream, unfold};
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use super::Ctx;
use super::error_page::{Fault, form_encoded};
use super::page::{Frame, html};
use super::proof;
use super::search::{self, Found};
use super::visitor::Signed;
use super::words;
use audit::chain::hex;
use audit::entry::Kind;
use audit::export;
use audit::filter::{Filter, Row};
use store::proofs::Proof;
use store::{self, Store};
use terms::clock::Timestamp;

/// What the form asks for; an empty field asks for nothing.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct Wanted {
    pub person: String,
    pub rule: String,
    pub incident: String,
    pub action: String,
    pub kind: String,
    pub case: String,
    pub text: String,
    pub since: String,
    pub until: String,
    /// An address or @domain that sent or receives a mail, its Message-ID, or its SHA-256.
    pub mail: String,
    /// Only entries before this number: for reading on.
    pub before: Option<i64>,
}

impl Wanted {
    /// The filter; `zone` is what times without a zone are in.
    pub fn filter(&self, zone: &TimeZone) -> Result<Filter, Fault> {
        let given = |text: &String| Some(text.trim().to_string()).filter(|t| !t.is_empty());
        let kind = match self.kind.as_str() {
            "" => None,
            name => Some(Kind::ALL.into_iter().find(|k| k.name() == name).ok_or(Fault::NotFound)?),
        };
        Ok(Filter {
            person: given(&self.person),
            rule: given(&self.rule),
            incident: given(&self.incident),
            action: given(&self.action),
            case: given(&self.case),
            text: given(&self.text),
            mail: given(&self.mail),
            kind,
            since: time(&self.since, zone, false)?,
            until: time(&self.until, zone, true)?,
            ..Filter::default()
        })
    }

    /// The query of the same wish, without the place in it.
    pub fn query(&self) -> String {
        let fields = [
            ("person", &self.person),
            ("rule", &self.rule),
            ("incident", &self.incident),
            ("action", &self.action),
            ("kind", &self.kind),
            ("case", &self.case),
            ("text", &self.text),
            ("mail", &self.mail),
            ("since", &self.since),
            ("until", &self.until),
        ];
        let given = fields.into_iter().filter(|(_, value)| !value.is_empty());
        let pairs: Vec<String> =
            given.map(|(name, value)| format!("{name}={}", form_encoded(value))).collect();
        pairs.join("&")
    }
}

/// A day or a time as a form gives it. As an end, a day is meant to its last moment.
fn time(text: &str, zone: &TimeZone, end: bool) -> Result<Option<Timestamp>, Fault> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let civil = match text.parse::<Date>() {
        Ok(day) if end => day.tomorrow().map(|d| d.at(0, 0, 0, 0)),
        Ok(day) => Ok(day.at(0, 0, 0, 0)),
        Err(_) => text.parse::<DateTime>(),
    };
    let zoned = civil.and_then(|c| c.to_zoned(zone.clone()));
    zoned.map(|z| Some(z.timestamp())).map_err(|_| {
        Fault::Bad("日付は 2026-11-22 のように入力してください。", "Write a date as 2026-11-22.")
    })
}

#[derive(askama::Template)]
#[template(path = "log.html")]
struct LogPage {
    f: Frame,
    wanted: Wanted,
    found: Found,
    proved: Option<Proof>,
    /// Whether the reader may have the log proved.
    proves: bool,
    kinds: [Kind; 8],
}

/// `GET /log`
pub async fn list(
    State(ctx): State<Arc<Ctx>>,
    signed: Signed,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fault> {
    let found = search::newest(&ctx.guard.store, wanted.filter(&ctx.time_zone)?, wanted.before).await?;
    let proves = proof::may(&signed.user);
    let proved = ctx.guard.store.last_proof().await?;
    let f = Frame::new(&ctx, &signed.visitor);
    html(&LogPage { f, wanted, found, proved, proves, kinds: Kind::ALL })
}

impl LogPage {
    fn query(&self) -> String {
        self.wanted.query()
    }

    /// Whether more is asked for than a person and a text: then the other fields stand open.
    fn narrowed(&self) -> bool {
        let w = &self.wanted;
        [&w.rule, &w.incident, &w.action, &w.kind, &w.case, &w.mail, &w.since, &w.until]
            .iter()
            .any(|f| !f.is_empty())
    }
}

#[derive(askama::Template)]
#[template(path = "log_entry.html")]
struct LogEntry {
    f: Frame,
    row: Row,
    hash: String,
    /// As it stands in the chain, indented; as it is where it is no JSON.
    json: String,
    previous: Option<i64>,
    next: Option<i64>,
}

/// `GET /log/{seq}`
pub async fn entry(
    State(ctx): State<Arc<Ctx>>,
    signed: Signed,
    Path(seq): Path<i64>,
) -> Result<Response, Fault> {
    let around = Filter { after: Some(seq.saturating_sub(2)), limit: Some(3), ..Filter::default() };
    let rows = ctx.guard.store.audit(&around).await?;
    let beside = |at: i64| rows.iter().map(|r| r.seq).find(|s| *s == at);
    let (previous, next) = (beside(seq.saturating_sub(1)), beside(seq.saturating_add(1)));
    let row = rows.iter().find(|r| r.seq == seq).cloned().ok_or(Fault::NotFound)?;
    let written = ctx.guard.store.written(seq).await?.unwrap_or_default();
    let json = match serde_json::from_str::<serde_json::Value>(&written) {
        Ok(value) => serde_json::to_string_pretty(&value).unwrap_or(written),
        Err(_) => written,
    };
    let hash = hex(&row.hash);
    html(&LogEntry { f: Frame::new(&ctx, &signed.visitor), row, hash, json, previous, next })
}

/// `GET /log/export/csv` and `GET /log/export/jsonl`: all of what is filtered, the oldest first.
pub async fn export(
    State(ctx): State<Arc<Ctx>>,
    _: Signed,
    Path(format): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fault> {
    let filter = wanted.filter(&ctx.time_zone)?;
    let (kind, head, line): (_, _, fn(&Row) -> String) = match format.as_str() {
        "csv" => ("text/csv; charset=utf-8", Some(export::COLUMNS.join(",")), export::csv),
        "jsonl" => ("application/jsonl; charset=utf-8", None, |row| export::json(row).to_string()),
        _ => return Err(Fault::NotFound),
    };
    let name = format!("attachment; filename=\"sekisho-audit.{format}\"");
    let body = Body::from_stream(lines(ctx.guard.store.clone(), filter, head, line));
    Ok(([(header::CONTENT_TYPE, kind.to_string()), (header::CONTENT_DISPOSITION, name)], body)
        .into_response())
}

/// The wanted entries as text, a batch at a time, so that an export of any length takes little memory.
fn lines(
    store: Store,
    filter: Filter,
    head: Option<String>,
    line: fn(&Row) -> String,
) -> impl Stream<Item = store::Result<Bytes>> + Send {
    const BATCH: usize = 500;
    let first = head.map(|head| head + "\r\n").unwrap_or_default();
    unfold(Some((store, filter, first)), move |state| async move {
        let (store, mut filter, mut text) = state?;
        filter.limit = Some(BATCH);
        let rows = match store.audit(&filter).await {
            Ok(rows) => rows,
            Err(error) => return Some((Err(error), None)),
        };
        for row in &rows {
            text.push_str(&line(row));
            text.push_str("\r\n");
        }
        let next = rows.last().filter(|_| rows.len() == BATCH).map(|row| row.seq);
        let next = next.map(|seq| (store, Filter { after: Some(seq), ..filter }, String::new()));
        Some((Ok(Bytes::from(text)), next))
    })
}
