//! The second person's page, from the link in their notice: who wants to send what to whom, why it was
//! stopped, and what the sender proposes. They let it go or not, with a reason and a question that nobody
//! answers without looking; how soon they decided is kept.

mod act;
mod offer;

pub use act::{act, choose};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use self::offer::Offer;
use super::Ctx;
use super::answers::in_words;
use super::error_page::Fault;
use super::links::{Opened, note};
use super::outcome::Outcome;
use super::outgoing_preview::changes;
use super::page::{Frame, html};
use super::preview::{self, Why};
use super::visitor::Visitor;
use casebook::Bilingual;
use guard::Preview;
use hold::approval::Denied;
use hold::links::Link;
use hold::person::same;
use hold::review::{self, Refusal};
use store::{Approval, Case, CaseFilter, Rewrite, State};

/// A list of waiting mail shows so much, of so much that is looked through.
const LISTED: usize = 200;
const LOOKED_AT: usize = 2_000;

/// Whose link it is: of those who may be asked about the case, or were.
pub async fn whose(ctx: &Ctx, link: &Link, case: &Case) -> Result<Option<String>, Fault> {
    let store = &ctx.guard.store;
    let line = ctx.desk.get().line(&case.sender, &store.accounts().await?);
    let asked = store.asked(&case.id).await?;
    let mut people = line.everybody().chain(asked.iter().map(|a| &a.person));
    Ok(people.find(|person| ctx.links.is_for(link, person)).cloned())
}

/// Refuses the link to whoever is known not to be its person: by their session, or because the sender's own
/// link was opened in this browser.
pub async fn is_theirs(
    ctx: &Ctx,
    visitor: &Visitor,
    opened: &Opened,
    mark: Option<&str>,
) -> Result<(), Fault> {
    let refused = match &visitor.user {
        Some(user) if same(&user.name, &opened.person) => return Ok(()),
        Some(user) => Some(user.name.clone()),
        None if ctx.desk.get().sign_in => return Err(Fault::SignIn(visitor.path.clone())),
        None if mark == Some(ctx.links.mark(&opened.case.sender).as_str()) => {
            Some(opened.case.sender.clone())
        }
        None => None,
    };
    let Some(who) = refused else { return Ok(()) };
    note(ctx, &opened.case, "link-refused", &who, "the approver's page: it is somebody else's").await?;
    Err(Fault::Bad(
        "このリンクは、確認をお願いした方だけが使えます。ご本人がこの端末を使うときは、先にご本人のアカウントでサインインしてください。",
        "This link is for the person who was asked, and for nobody else. If that is you, sign in to your own \
         account first.",
    ))
}

#[derive(askama::Template)]
#[template(path = "approver.html")]
struct ApproverPage {
    f: Frame,
    /// The address of this page; others stand below it.
    at: String,
    /// Says when the page was opened.
    stamp: String,
    case: Case,
    person: String,
    reasons: Vec<Why>,
    mail: Option<Preview>,
    choices: Vec<Offer>,
    /// Why they may not decide.
    denied: Option<Bilingual>,
    proposal: Vec<Bilingual>,
    outcome: Outcome,
    /// Seconds that are left to undo what they chose; none where nothing can be undone.
    undo: Option<i64>,
    alert: Option<Bilingual>,
}

/// `GET /m/{token}`
pub async fn page(ctx: &Ctx, visitor: &Visitor, opened: &Opened) -> Result<Response, Fault> {
    let now = ctx.guard.store.clock().now();
    show(ctx, visitor, opened, ctx.links.stamp(&opened.case.id, &opened.person, now), None).await
}

async fn show(
    ctx: &Ctx,
    visitor: &Visitor,
    opened: &Opened,
    stamp: String,
    alert: Option<Bilingual>,
) -> Result<Response, Fault> {
    let f = Frame::new(ctx, visitor);
    let (store, case) = (&ctx.guard.store, opened.case.clone());
    let (policy, now) = (ctx.guard.current.get(), store.clock().now());
    let outcome = Outcome::of_ended(ctx, &case).await?;
    let undo = outcome.is_of(&opened.person) && case.undo_until.is_some_and(|until| now < until);
    let denied = ctx.desk.may_decide(store, &case, &opened.person).await?.err();
    // What they may not decide about they need not read.
    let readable = case.state.is_waiting() && matches!(denied, None | Some(Denied::NotYet(_)));
    let mail = if readable { preview::of_case(ctx, &case).await? } else { None };
    let status = if alert.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = ApproverPage {
        reasons: preview::why(&policy, &case, f.language),
        choices: if denied.is_none() { offer::offers(&case) } else { Vec::new() },
        denied: denied.map(|why| in_words(Refusal::NotTheirs(why))).transpose()?,
        proposal: review::proposed(&case)
            .map(|repair| changes(&case, &repair, mail.as_ref()))
            .unwrap_or_default(),
        undo: case.undo_until.filter(|_| undo).map(|until| (until.as_second() - now.as_second()).max(1)),
        at: opened.path(""),
        person: opened.person.clone(),
        stamp,
        f,
        case,
        mail,
        outcome,
        alert,
    };
    Ok((status, html(&page)?).into_response())
}

/// What waits for a person's word, the first to end first.
async fn waiting(ctx: &Ctx, person: &str) -> Result<Vec<Case>, Fault> {
    let (store, approvers) = (&ctx.guard.store, ctx.desk.get());
    let (now, accounts) = (store.clock().now(), store.accounts().await?);
    let filter = CaseFilter { states: vec![State::Held], limit: Some(LOOKED_AT), ..CaseFilter::default() };
    let mut cases = store.cases(&filter).await?;
    cases.retain(|case| {
        case.approval == Approval::SecondPerson && approvers.may_decide(case, person, &accounts, now).is_ok()
    });
    cases.truncate(LISTED);
    cases.sort_by_key(|case| case.ends_at);
    Ok(cases)
}
