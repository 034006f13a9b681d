//! The second person's page, from the link in their notice: who wants to send what to whom, why it was
//! stopped, and what the sender proposes. They let it go or not, with a reason and a question that nobody
//! answers without looking; how soon they decided is kept.

mod choice;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use self::choice::Choice;
use super::Ctx;
use super::fault::Fault;
use super::links::{Fields, Opened, note};
use super::page::{Frame, html};
use super::preview::{self, Why};
use super::sender::choice::{After, after};
use super::sender::outcome::Outcome;
use super::sender::{answered_wrong, changes, grown, in_words, too_late};
use super::visitor::Visitor;
use crate::casebook::Bilingual;
use crate::clock::Timestamp;
use crate::guard::{self, Asked, Preview, leave};
use crate::hold::approval::Denied;
use crate::hold::links::{Link, Purpose};
use crate::hold::person::same;
use crate::hold::review::{self, Decision, Leaving, Refusal, Reviewer, What};
use crate::hold::tell;
use crate::store::{Approval, Case, CaseFilter, State};

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
struct Page {
    f: Frame,
    /// The address of this page; others stand below it.
    at: String,
    /// Says when the page was opened.
    stamp: String,
    case: Case,
    person: String,
    reasons: Vec<Why>,
    mail: Option<Preview>,
    choices: Vec<Choice>,
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
    let (house, now) = (ctx.guard.current.get(), store.clock().now());
    let outcome = match case.state.is_waiting() {
        true => Outcome::default(),
        false => Outcome::of(ctx, &case).await?,
    };
    let undo = own(&outcome, &opened.person) && case.undo_until.is_some_and(|until| now < until);
    let denied = ctx.desk.may_decide(store, &case, &opened.person).await?.err();
    // What they may not decide about they need not read.
    let readable = case.state.is_waiting() && matches!(denied, None | Some(Denied::NotYet(_)));
    let mail = if readable { preview::of_case(ctx, &case).await? } else { None };
    let status = if alert.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = Page {
        reasons: preview::why(&house, &case, f.language),
        choices: if denied.is_none() { choice::offered(&case) } else { Vec::new() },
        denied: denied.map(|why| in_words(Refusal::NotTheirs(why))).transpose()?,
        proposal: review::proposed(&case).map(|repair| changes(&case, &repair)).unwrap_or_default(),
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

/// Whether it was this person who decided.
fn own(outcome: &Outcome, person: &str) -> bool {
    outcome.by.as_deref().is_some_and(|by| same(by, person))
}

#[derive(askama::Template)]
#[template(path = "approver_choice.html")]
struct Asking {
    f: Frame,
    at: String,
    stamp: String,
    /// Which proposal they see.
    proposal: String,
    case: Case,
    choice: Choice,
    after: Option<After>,
    changes: Vec<Bilingual>,
    reason: String,
    organizations: Vec<String>,
    alert: Option<Bilingual>,
    undo: u64,
}

/// `GET /m/{token}/{choice}`
pub async fn choose(
    ctx: &Ctx,
    visitor: &Visitor,
    opened: &Opened,
    name: &str,
    query: &Fields,
) -> Result<Response, Fault> {
    match name {
        "all" => return list(ctx, visitor, opened).await,
        "undo" => return Ok(Redirect::to(&opened.path("")).into_response()),
        _ => {}
    }
    let choice = Choice::of(name).ok_or(Fault::NotFound)?;
    // Where they came by the notice's button, this is the page that they opened.
    let now = ctx.guard.store.clock().now();
    let given = query.iter().find(|(name, _)| name == "opened").map(|(_, value)| value.as_str());
    let known = given.filter(|stamp| opened_at(ctx, opened, stamp).is_some()).map(str::to_string);
    let stamp = known.unwrap_or_else(|| ctx.links.stamp(&opened.case.id, &opened.person, now));
    ask(ctx, visitor, opened, choice, stamp, "", None).await
}

fn opened_at(ctx: &Ctx, opened: &Opened, stamp: &str) -> Option<Timestamp> {
    ctx.links.opened(stamp, &opened.case.id, &opened.person)
}

/// Shows what a choice would do, and asks.
async fn ask(
    ctx: &Ctx,
    visitor: &Visitor,
    opened: &Opened,
    choice: Choice,
    stamp: String,
    reason: &str,
    alert: Option<Bilingual>,
) -> Result<Response, Fault> {
    let case = &opened.case;
    let may = ctx.desk.may_decide(&ctx.guard.store, case, &opened.person).await?;
    if may.is_err() || !choice::offered(case).contains(&choice) {
        return show(ctx, visitor, opened, stamp, alert).await;
    }
    let repair = choice.repair(case);
    let seen = match choice.sends() {
        false => None,
        true => match after(ctx, case, &repair).await? {
            Ok(after) => Some(after),
            Err(why) => return show(ctx, visitor, opened, stamp, Some(why)).await,
        },
    };
    let status = if alert.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = Asking {
        changes: changes(case, &repair),
        reason: reason.to_string(),
        organizations: match seen.as_ref().map(|after| &after.question.asked) {
            Some(Asked::Organization { choices }) => choices.clone(),
            _ => Vec::new(),
        },
        at: opened.path(""),
        proposal: proposal_mark(case),
        case: case.clone(),
        undo: ctx.undo.as_secs(),
        f: Frame::new(ctx, visitor),
        after: seen,
        choice,
        stamp,
        alert,
    };
    Ok((status, html(&page)?).into_response())
}

/// `POST /m/{token}/{choice}`
pub async fn act(
    ctx: &Ctx,
    visitor: &Visitor,
    opened: &Opened,
    name: &str,
    fields: &Fields,
) -> Result<Response, Fault> {
    let case = &opened.case;
    let field = |name: &str| fields.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v.as_str());
    let choice = match name {
        "undo" => None,
        _ => Some(Choice::of(name).ok_or(Fault::NotFound)?),
    };
    let (now, stamp) = (ctx.guard.store.clock().now(), field("opened").to_string());
    // A form without its stamp comes from no page that anybody read.
    let since = opened_at(ctx, opened, &stamp).unwrap_or(now);
    let seconds = now.as_second() - since.as_second();
    let used = format!("the approver's page: {name}, {seconds} s after it was opened");
    note(ctx, case, "link-used", &opened.person, &used).await?;
    let Some(choice) = choice else {
        return take_back(ctx, visitor, opened, stamp).await;
    };
    if !choice::offered(case).contains(&choice) {
        return Ok(Redirect::to(&opened.path("")).into_response());
    }
    let reason = field("reason");
    let wrong = match field("parts") {
        parts if parts != case.parts.to_string() => Some(grown()),
        _ if field("proposal") != proposal_mark(case) => Some(proposed_anew()),
        _ if reason.trim().is_empty() => Some(no_reason()),
        _ => None,
    };
    if wrong.is_some() {
        return ask(ctx, visitor, opened, choice, stamp, reason, wrong).await;
    }
    if choice.sends() {
        match after(ctx, case, &choice.repair(case)).await? {
            Err(why) => return show(ctx, visitor, opened, stamp, Some(why)).await,
            Ok(after) if !after.question.check(field("answer")) => {
                return ask(ctx, visitor, opened, choice, stamp, reason, Some(answered_wrong())).await;
            }
            Ok(_) => {}
        }
    }
    match carry_out(ctx, opened, choice, reason, since).await {
        // Somebody was quicker, or pressed twice: the page shows what became of it.
        Ok(_) | Err(Refusal::Over(_)) => Ok(Redirect::to(&opened.path("")).into_response()),
        Err(refusal) => show(ctx, visitor, opened, stamp, Some(in_words(refusal)?)).await,
    }
}

async fn carry_out(
    ctx: &Ctx,
    opened: &Opened,
    choice: Choice,
    reason: &str,
    since: Timestamp,
) -> Result<Case, Refusal> {
    let (store, house) = (&ctx.guard.store, ctx.guard.current.get());
    let (now, approvers) = (store.clock().now(), ctx.desk.get());
    let _turn = ctx.gate.reading.acquire().await.map_err(|e| Refusal::Store(e.to_string()))?;
    let prepare = |leaving: &Leaving| leave::outgoing(&house, leaving, now);
    let judge = |case: &Case, leaving: &[Leaving]| guard::mend(&house, case, leaving, now).needed;
    let reviewer = Reviewer { approvers: &approvers, opened: Some(since) };
    let decision = Decision { id: &opened.case.id, by: &opened.person, reason, undo: ctx.undo };
    let repair = choice.repair(&opened.case);
    let what = match choice {
        Choice::Refuse => What::Cancel,
        // Exactly what they have seen, should the sender propose something else in this moment.
        Choice::Release if repair.is_nothing() => What::Release(&prepare),
        Choice::Release | Choice::Bcc | Choice::Individual => What::Repair(&repair, &judge, &prepare),
    };
    review::decide_as(store, reviewer, decision, what).await
}

/// Undoes what they chose.
async fn take_back(ctx: &Ctx, visitor: &Visitor, opened: &Opened, stamp: String) -> Result<Response, Fault> {
    let (store, case) = (&ctx.guard.store, &opened.case);
    if case.state.is_waiting() {
        return Ok(Redirect::to(&opened.path("")).into_response());
    }
    let outcome = Outcome::of(ctx, case).await?;
    let done = match own(&outcome, &opened.person) {
        true => review::undo(store, &case.id, &opened.person).await,
        false => Err(Refusal::Over(case.state)),
    };
    let alert = match done {
        Ok(_) => return Ok(Redirect::to(&opened.path("")).into_response()),
        Err(Refusal::Over(state)) => too_late(state == State::Cancelled),
        Err(refusal) => in_words(refusal)?,
    };
    show(ctx, visitor, opened, stamp, Some(alert)).await
}

#[derive(askama::Template)]
#[template(path = "approver_list.html")]
struct List {
    f: Frame,
    /// Each with the address of its page.
    cases: Vec<(Case, String)>,
}

/// `GET /m/{token}/all`: what waits for this person's word, each behind a link of its own. None of these
/// links opens for longer than the one that led here.
async fn list(ctx: &Ctx, visitor: &Visitor, opened: &Opened) -> Result<Response, Fault> {
    let (store, approvers) = (&ctx.guard.store, ctx.desk.get());
    let (now, accounts) = (store.clock().now(), store.accounts().await?);
    let filter = CaseFilter { states: vec![State::Held], limit: Some(LOOKED_AT), ..CaseFilter::default() };
    let mut cases = Vec::new();
    for case in store.cases(&filter).await? {
        let waits = case.approval == Approval::SecondPerson
            && approvers.may_decide(&case, &opened.person, &accounts, now).is_ok();
        if !waits || cases.len() >= LISTED {
            continue;
        }
        let until = tell::until(&case, now, ctx.options.link).min(opened.link.until);
        let token = ctx.links.token(Purpose::Approver, &case.id, &opened.person, until);
        cases.extend(token.map(|token| (case, format!("/m/{token}"))));
    }
    cases.sort_by_key(|(case, _)| case.ends_at);
    html(&List { f: Frame::new(ctx, visitor), cases })
}

/// Tells one proposal of a case from the next.
fn proposal_mark(case: &Case) -> String {
    case.proposal.as_ref().map(|p| p.at.as_millisecond().to_string()).unwrap_or_default()
}

fn proposed_anew() -> Bilingual {
    Bilingual {
        ja: "差出人の案が変わりました。もう一度確かめてください。まだ何も送っていません。".into(),
        en: "The sender has changed what they propose. Please check again; nothing has been sent.".into(),
    }
}

fn no_reason() -> Bilingual {
    Bilingual {
        ja: "判断の理由を書いてください。差出人に伝わり、記録に残ります。".into(),
        en: "Please say why. Your reason is kept in the log, and its sender is told.".into(),
    }
}
