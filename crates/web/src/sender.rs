//! The sender's page, from the link in the notice: what happens to the mail and why, the mail as its
//! readers would see it, and what can be done. A second press shows the outcome.

mod act;

pub use act::{act, choose};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::Ctx;
use super::error_page::Fault;
use super::links::Opened;
use super::outcome::Outcome;
use super::outgoing_preview::changes;
use super::page::{Frame, html};
use super::preview::{self, Why};
use super::visitor::Visitor;
use casebook::Bilingual;
use facts::Language;
use guard::Preview;
use hold::notice_sender;
use hold::review;
use store::{Approval, Case, CaseFilter, Rewrite, State};
use terms::clock::Timestamp;

/// A list of a sender's waiting mail shows so much.
const LISTED: usize = 200;

#[derive(askama::Template)]
#[template(path = "sender.html")]
struct SenderPage {
    f: Frame,
    /// The address of this page; others stand below it.
    at: String,
    /// Fields that go with every form; a sender's has none.
    stamp: String,
    case: Case,
    reasons: Vec<Why>,
    mail: Option<Preview>,
    choices: Vec<Button>,
    /// What was proposed to a second person, in words.
    proposal: Option<Vec<Bilingual>>,
    outcome: Outcome,
    /// Seconds that are left to undo what was chosen; none where nothing can be undone.
    undo: Option<i64>,
    /// How much other mail of theirs waits.
    others: usize,
    /// Who decides where a second person must.
    approvers: Vec<String>,
    /// They have said that this was a false alarm.
    said_false: bool,
    alert: Option<Bilingual>,
}

impl SenderPage {
    /// The colour of the badge of a mail that has ended.
    fn ended_tone(&self) -> &'static str {
        if matches!(self.case.state, State::Cancelled | State::Expired) { "" } else { "good" }
    }
}

/// A choice to press.
struct Button {
    label: &'static str,
    does: &'static str,
    href: String,
    danger: bool,
}

/// `GET /m/{token}`
pub async fn page(ctx: &Ctx, visitor: &Visitor, opened: &Opened) -> Result<Response, Fault> {
    show(ctx, visitor, opened, None).await
}

async fn show(
    ctx: &Ctx,
    visitor: &Visitor,
    opened: &Opened,
    alert: Option<Bilingual>,
) -> Result<Response, Fault> {
    let f = Frame::new(ctx, visitor);
    let (store, case) = (&ctx.guard.store, opened.case.clone());
    let (policy, now) = (ctx.guard.current.get(), store.clock().now());
    let outcome = Outcome::of_ended(ctx, &case).await?;
    let undo = outcome.may_be_undone_by(&case, &case.sender, now);
    let mail = if case.state.is_waiting() || undo { preview::of_case(ctx, &case).await? } else { None };
    let others = waiting(ctx, &case.sender).await?.iter().filter(|other| other.id != case.id).count();
    let approvers = match case.state == State::Held && case.approval == Approval::SecondPerson {
        true => ctx.desk.get().line(&case.sender, &store.accounts().await?).first().1.to_vec(),
        false => Vec::new(),
    };
    let said_false = store.false_alarm_of(&case.id, &case.sender).await?.is_some();
    let status = if alert.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = SenderPage {
        reasons: preview::why(&policy, &case, f.language),
        choices: buttons(&case, opened, f.language, now),
        proposal: review::proposed(&case).map(|repair| changes(&case, &repair, mail.as_ref())),
        undo: case.undo_until.filter(|_| undo).map(|until| (until.as_second() - now.as_second()).max(1)),
        at: opened.path(""),
        stamp: String::new(),
        f,
        case,
        mail,
        outcome,
        others,
        approvers,
        said_false,
        alert,
    };
    Ok((status, html(&page)?).into_response())
}

fn buttons(case: &Case, opened: &Opened, language: Language, now: Timestamp) -> Vec<Button> {
    if !case.state.is_waiting() {
        return Vec::new();
    }
    let (kind, choices) = offered(case, now);
    let button = |choice: notice::Choice| {
        let (label, does) = notice::button(choice, kind, language);
        let href = opened.path(notice_sender::path_of(choice));
        Button { label, does, href, danger: choice == notice::Choice::Cancel }
    };
    choices.into_iter().map(button).collect()
}

/// The choices that a case offers its sender, the fittest first, as its notice does.
fn offered(case: &Case, now: Timestamp) -> (notice::Kind, Vec<notice::Choice>) {
    let kind = if case.state == State::Delayed { notice::Kind::Delayed } else { notice::Kind::Held };
    let mut notice = notice::Notice::new(kind, Vec::new(), now);
    // The notice's own types of the same names; they read each other's words.
    notice.approval = serde_json::from_value(case.approval.name().into()).ok();
    notice.rewrite = case.rewrite.and_then(|r| serde_json::from_value(r.name().into()).ok());
    notice.mail = Some(notice::About { external: case.external, ..notice::About::default() });
    let hits = case.rules.as_array().map(Vec::as_slice).unwrap_or_default();
    let evidence = hits.iter().filter_map(|hit| serde_json::from_value(hit.get("evidence")?.clone()).ok());
    notice.causes = evidence
        .map(|evidence| notice::Cause {
            rule: String::new(),
            reason: Bilingual::default(),
            evidence,
            incidents: Vec::new(),
        })
        .collect();
    (kind, notice::choices(&notice))
}

/// What of a sender's mail waits.
async fn waiting(ctx: &Ctx, sender: &str) -> Result<Vec<Case>, Fault> {
    let filter = CaseFilter {
        states: vec![State::Held, State::Delayed],
        sender: Some(sender.to_string()),
        limit: Some(LISTED),
        ..CaseFilter::default()
    };
    Ok(ctx.guard.store.cases(&filter).await?)
}
