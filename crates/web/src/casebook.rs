//! The casebook: every incident, by which door data left, which rules stop such a mail, or why none can.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::response::Response;
use jiff::SignedDuration;

use super::Ctx;
use super::error_page::Fault;
use super::page::{Frame, html};
use super::visitor::Signed;
use super::words;
use casebook::{Coverage, Incident};
use facts::Language;
use store::tallies::What;

/// What is looked back on.
const DAYS: i64 = 30;

/// Which incidents are wanted.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct Wanted {
    /// A text in the organisation, the summary or the number.
    text: String,
    /// `prevented`, `same-data` or `not-by-mail`; all where it is empty.
    coverage: String,
}

/// An incident on the list.
struct CasebookLine<'a> {
    incident: &'a Incident,
    coverage: &'static str,
    /// How often its rules bit in the last days.
    bites: u64,
}

#[derive(askama::Template)]
#[template(path = "casebook.html")]
struct CasebookPage<'a> {
    f: Frame,
    wanted: Wanted,
    lines: Vec<CasebookLine<'a>>,
    prevented: usize,
    same_data: usize,
    total: usize,
}

/// `GET /casebook`
pub async fn list(
    State(ctx): State<Arc<Ctx>>,
    signed: Signed,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fault> {
    let policy = ctx.guard.current.get();
    let bites = bites(&ctx).await?;
    let f = Frame::new(&ctx, &signed.visitor);
    let mut lines: Vec<CasebookLine<'_>> = policy
        .casebook
        .iter()
        .map(|incident| CasebookLine {
            coverage: coverage(incident),
            bites: bites.get(&incident.id).copied().unwrap_or(0),
            incident,
        })
        .collect();
    let total = lines.len();
    let prevented = lines.iter().filter(|l| l.coverage == "prevented").count();
    let same_data = lines.iter().filter(|l| l.coverage == "same-data").count();
    let text = wanted.text.trim().to_lowercase();
    lines.retain(|l| {
        (wanted.coverage.is_empty() || l.coverage == wanted.coverage)
            && (text.is_empty() || says(l.incident, f.language, &text))
    });
    lines.sort_by(|a, b| b.incident.date.cmp(&a.incident.date).then(a.incident.id.cmp(&b.incident.id)));
    html(&CasebookPage { f, wanted, lines, prevented, same_data, total })
}

#[derive(askama::Template)]
#[template(path = "incident.html")]
struct CasebookOne<'a> {
    f: Frame,
    incident: &'a Incident,
    coverage: &'static str,
    bites: u64,
    days: i64,
}

/// `GET /casebook/{id}`
pub async fn one(
    State(ctx): State<Arc<Ctx>>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let policy = ctx.guard.current.get();
    let incident = policy.casebook.get(&id).ok_or(Fault::NotFound)?;
    let bites = bites(&ctx).await?.get(&id).copied().unwrap_or(0);
    let f = Frame::new(&ctx, &signed.visitor);
    html(&CasebookOne { f, incident, coverage: coverage(incident), bites, days: DAYS })
}

/// On how many mails of the last days a rule bit that cites the incident, by the incident.
async fn bites(ctx: &Ctx) -> Result<BTreeMap<String, u64>, Fault> {
    let now = ctx.guard.store.clock().now();
    Ok(ctx.guard.store.tallied(What::Incident, now - SignedDuration::from_hours(24 * DAYS), now).await?)
}

fn coverage(incident: &Incident) -> &'static str {
    match incident.coverage() {
        Coverage::Prevented(_) => "prevented",
        Coverage::SameData(_) => "same-data",
        Coverage::Pending(_) => "pending",
        Coverage::NotByMail(_) => "not-by-mail",
    }
}

fn says(incident: &Incident, language: Language, text: &str) -> bool {
    let of = |b: &casebook::Bilingual| language.of(b).to_lowercase().contains(text);
    incident.id.to_lowercase().contains(text) || of(&incident.organization) || of(&incident.summary)
}
