//! One case: what happens when, why, the mail as its recipients would see it, what was done so far, and
//! what may be done now.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::response::Response;

use super::Ctx;
use super::cases::Labels;
use super::decision_rights::{Judge, Standing};
use super::error_page::Fault;
use super::fields::Fields;
use super::history::{self, Event};
use super::outgoing_preview::changes;
use super::page::{Frame, User, html};
use super::preview::{self, Why};
use super::visitor::Signed;
use audit::entry::{Entry, Kind};
use audit::filter::Filter;
use casebook::Bilingual;
use guard::{self, Attachment, Preview};
use hold::person::same;
use hold::review::{self, CaseDetail};
use smtp::envelope::Envelope;
use store::{Approval, Case, Part, Rewrite, State as CaseState};
use terms::clock::Timestamp;

/// So much of a case's log is shown.
const LOGGED: usize = 500;

/// A repair that was proposed, in words.
struct CaseProposed {
    by: String,
    reason: Option<String>,
    changes: Vec<Bilingual>,
}

#[derive(askama::Template)]
#[template(path = "case.html")]
struct CasePage {
    f: Frame,
    labels: Labels,
    case: Case,
    standing: Standing,
    reasons: Vec<Why>,
    preview: Option<Preview>,
    parts: Vec<Part>,
    /// The transaction whose text is shown.
    part: u32,
    events: Vec<Event>,
    proposed: Option<CaseProposed>,
    /// It has just been decided by the reader.
    done: bool,
    /// The end can still be taken back.
    undo: bool,
    back: String,
}

impl CasePage {
    fn waits(&self) -> bool {
        self.case.state.is_waiting()
    }

    fn held(&self) -> bool {
        self.case.state == CaseState::Held
    }

    fn decides(&self) -> bool {
        self.standing.decides()
    }

    fn size_of(&self, part: &Part) -> String {
        self.f.size(usize::try_from(part.size).unwrap_or(usize::MAX))
    }

    /// The attachments that can be taken out.
    fn removable(&self) -> Vec<&Attachment> {
        let all = self.preview.iter().flat_map(|preview| &preview.attachments);
        all.filter(|attachment| !attachment.nested).collect()
    }
}

/// `GET /cases/{id}`
pub async fn show(
    State(ctx): State<Arc<Ctx>>,
    signed: Signed,
    Path(id): Path<String>,
    Query(fields): Query<Fields>,
) -> Result<Response, Fault> {
    let store = &ctx.guard.store;
    let CaseDetail { case, parts } = review::show(store, &id).await?;
    let entries = log_of(&ctx, &case).await?;
    note_opening(&ctx, &signed.user, &case, &entries).await?;
    let f = Frame::new(&ctx, &signed.visitor);
    let policy = ctx.guard.current.get();
    let wanted = fields.one("part").parse().unwrap_or(1);
    let part = if parts.iter().any(|p| p.number == wanted) { wanted } else { 1 };
    let preview = seen(&ctx, &case, &parts, part).await?;
    let proposed =
        case.proposal.as_ref().zip(review::proposed(&case)).map(|(proposal, repair)| CaseProposed {
            by: proposal.by.clone(),
            reason: proposal.reason.clone(),
            changes: changes(&case, &repair, preview.as_ref()),
        });
    html(&CasePage {
        labels: Labels,
        standing: Judge::of(&ctx, &signed.user).await?.case(&case),
        reasons: preview::why(&policy, &case, f.language),
        preview,
        events: history::events(&f, &entries),
        done: !fields.one("done").is_empty() && !case.state.is_waiting(),
        undo: case.undo_until.is_some_and(|until| store.clock().now() < until)
            && may_undo(&signed.user, entries.iter()),
        back: fields.some("back").filter(|b| b.starts_with('?')).unwrap_or_default(),
        proposed,
        part,
        parts,
        case,
        f,
    })
}

/// Whether somebody may take the end of a case back: whoever decided, and the admins.
pub fn may_undo<'a>(user: &User, entries: impl DoubleEndedIterator<Item = &'a Entry>) -> bool {
    let last = entries.rev().find(|entry| entry.kind == Kind::Case);
    user.manages() || last.and_then(|e| e.actor.as_deref()).is_some_and(|who| same(who, &user.name))
}

/// When somebody first opened a case within the last hour.
pub fn opened(user: &User, entries: &[Entry], now: Timestamp) -> Option<Timestamp> {
    let lately = |entry: &&Entry| {
        entry.kind == Kind::Person
            && entry.action == "case-opened"
            && entry.actor.as_deref() == Some(&user.name)
            && now.duration_since(entry.at).as_secs() < 3_600
    };
    entries.iter().find(lately).map(|entry| entry.at)
}

/// What the log says of a case, in its order.
pub async fn log_of(ctx: &Ctx, case: &Case) -> Result<Vec<Entry>, Fault> {
    let filter = Filter { case: Some(case.id.clone()), limit: Some(LOGGED), ..Filter::default() };
    Ok(ctx.guard.store.audit(&filter).await?.into_iter().map(|row| row.entry).collect())
}

/// The mail of a transaction as the recipients of all of them would see it; none once it is let go of.
async fn seen(ctx: &Ctx, case: &Case, parts: &[Part], number: u32) -> Result<Option<Preview>, Fault> {
    let Some(bytes) = ctx.guard.store.part_bytes(case, number).await? else { return Ok(None) };
    let envelopes = parts.iter().filter_map(|part| part.envelope.as_ref());
    let Some(first) = envelopes.clone().next() else { return Ok(None) };
    let envelope = Envelope { rcpts: preview::envelopes(envelopes), ..first.clone() };
    preview::look(ctx, move |policy, now| guard::preview(policy, &envelope, &bytes, now)).await.map(Some)
}

/// Records that somebody has looked, once an hour.
async fn note_opening(ctx: &Ctx, user: &User, case: &Case, entries: &[Entry]) -> Result<(), Fault> {
    let now = ctx.guard.store.clock().now();
    if !case.state.is_waiting() || opened(user, entries, now).is_some() {
        return Ok(());
    }
    let mut entry = Entry::new(now, Kind::Person, "case-opened");
    entry.case = Some(case.id.clone());
    entry.message_id.clone_from(&case.message_id);
    entry.sender = Some(case.sender.clone());
    entry.actor = Some(user.name.clone());
    let decision = store::Decision { entry, history: None, notices: Vec::new() };
    Ok(ctx.guard.store.record(decision).await?)
}
