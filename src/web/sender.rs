//! The sender's page, from the link in the notice: what happens to the mail and why, the mail as its
//! readers would see it, and what can be done. Every choice is shown before it is done, with a question
//! that nobody answers without looking; until it leaves it can be undone. A second press shows the
//! outcome.

pub(super) mod choice;
pub(super) mod outcome;

use std::time::Duration;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use self::choice::{After, Choice};
use self::outcome::Outcome;
use super::Ctx;
use super::fault::{Fault, in_japanese};
use super::links::{Fields, Opened, note};
use super::page::{Frame, html};
use super::preview::{self, Why};
use super::visitor::Visitor;
use crate::casebook::Bilingual;
use crate::guard::{self, Asked, Preview, leave};
use crate::hold::links::Purpose;
use crate::hold::review::{self, Decision, Leaving, Refusal, Repair, What};
use crate::hold::tell;
use crate::notice;
use crate::store::{Approval, Case, CaseFilter, Rewrite, State};

/// A list of a sender's waiting mail shows so much.
const LISTED: usize = 200;

#[derive(askama::Template)]
#[template(path = "sender.html")]
struct Page {
    f: Frame,
    /// The address of this page; others stand below it.
    at: String,
    case: Case,
    reasons: Vec<Why>,
    mail: Option<Preview>,
    choices: Vec<Button>,
    proposal: Option<Proposed>,
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

/// A choice to press.
struct Button {
    label: &'static str,
    does: &'static str,
    href: String,
    danger: bool,
}

/// What was proposed to a second person.
struct Proposed {
    lines: Vec<Bilingual>,
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
    let (house, now) = (ctx.guard.current.get(), store.clock().now());
    let outcome = match case.state.is_waiting() {
        true => Outcome::default(),
        false => Outcome::of(ctx, &case).await?,
    };
    let undo = outcome.may_be_undone_by(&case, &case.sender, now);
    let mail = if case.state.is_waiting() || undo { preview::of_case(ctx, &case).await? } else { None };
    let others = waiting(ctx, &case.sender).await?.iter().filter(|other| other.id != case.id).count();
    let approvers = match case.state == State::Held && case.approval == Approval::SecondPerson {
        true => ctx.desk.get().line(&case.sender, &store.accounts().await?).first().1.to_vec(),
        false => Vec::new(),
    };
    let said_false = store.false_alarm_of(&case.id, &case.sender).await?.is_some();
    let status = if alert.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = Page {
        reasons: preview::why(&house, &case, f.language),
        choices: buttons(&case, opened, f.language, now),
        proposal: review::proposed(&case).map(|repair| Proposed { lines: changes(&case, &repair) }),
        undo: case.undo_until.filter(|_| undo).map(|until| (until.as_second() - now.as_second()).max(1)),
        at: opened.path(""),
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

fn buttons(
    case: &Case,
    opened: &Opened,
    language: crate::facts::Language,
    now: crate::clock::Timestamp,
) -> Vec<Button> {
    if !case.state.is_waiting() {
        return Vec::new();
    }
    let (kind, choices) = choice::offered(case, now);
    let button = |choice: notice::Choice| {
        let (label, does) = notice::button(choice, kind, language);
        let href = opened.path(tell::path_of(choice));
        Button { label, does, href, danger: choice == notice::Choice::Cancel }
    };
    choices.into_iter().map(button).collect()
}

/// What a repair changes, in words.
pub(super) fn changes(case: &Case, repair: &Repair) -> Vec<Bilingual> {
    let mut lines = Vec::new();
    let mut say = |ja: String, en: String| lines.push(Bilingual { ja, en });
    match case.rewrite.max(repair.rewrite) {
        Some(Rewrite::Bcc) => say(
            "社外の宛先がお互いに見えないようにします。".into(),
            "Its outside recipients will not see each other.".into(),
        ),
        Some(Rewrite::Individual) => say(
            "社外の宛先へ、1通ずつ分けて送ります。".into(),
            "Each outside recipient gets a mail of their own.".into(),
        ),
        None => {}
    }
    for address in &repair.drop_recipients {
        say(format!("{address} には送りません。"), format!("{address} does not get it."));
    }
    for (wrong, right) in &repair.corrections {
        say(format!("{wrong} を {right} に直します。"), format!("{wrong} is corrected to {right}."));
    }
    if !repair.drop_attachments.is_empty() {
        let count = repair.drop_attachments.len();
        say(format!("添付ファイルを{count}件外します。"), format!("Attachments taken out: {count}."));
    }
    lines
}

#[derive(askama::Template)]
#[template(path = "sender_choice.html")]
struct Asking {
    f: Frame,
    at: String,
    case: Case,
    name: &'static str,
    title: String,
    sends: bool,
    /// As the mail is; none where it cannot be shown.
    before: Option<Preview>,
    after: Option<After>,
    changes: Vec<Bilingual>,
    repair: Repair,
    /// It will wait for a second person.
    proposes: bool,
    wants_reason: bool,
    reason: String,
    organizations: Vec<String>,
    alert: Option<Bilingual>,
    undo: Duration,
}

/// `GET /m/{token}/{choice}`
pub async fn choose(ctx: &Ctx, visitor: &Visitor, opened: &Opened, name: &str) -> Result<Response, Fault> {
    match name {
        "all" => return list(ctx, visitor, opened).await,
        "mend" => return Ok(Redirect::to(&opened.path("#mend")).into_response()),
        "undo" | "withdraw" | "false-alarm" => return Ok(Redirect::to(&opened.path("")).into_response()),
        _ => {}
    }
    let choice = Choice::of(name, &Vec::new()).ok_or(Fault::NotFound)?;
    ask(ctx, visitor, opened, &choice, "", None).await
}

/// Shows what a choice would do, and asks.
async fn ask(
    ctx: &Ctx,
    visitor: &Visitor,
    opened: &Opened,
    choice: &Choice,
    reason: &str,
    alert: Option<Bilingual>,
) -> Result<Response, Fault> {
    let case = &opened.case;
    if !fits(case, choice) {
        return Ok(Redirect::to(&opened.path("")).into_response());
    }
    let repair = choice.repair();
    let after = match choice.sends() {
        false => None,
        true => match choice::after(ctx, case, &repair).await? {
            Ok(after) => Some(after),
            Err(why) => return show(ctx, visitor, opened, Some(why)).await,
        },
    };
    let f = Frame::new(ctx, visitor);
    let (ja, en) = choice.title(case.state == State::Delayed);
    let status = if alert.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = Asking {
        name: choice.name(),
        title: f.of(ja, en).to_string(),
        sends: choice.sends(),
        before: preview::of_case(ctx, case).await?,
        changes: changes(case, &repair),
        proposes: after.as_ref().is_some_and(|after| after.needs_second_person(case, choice)),
        wants_reason: *choice == Choice::AsIs,
        reason: reason.to_string(),
        organizations: match after.as_ref().map(|after| &after.question.asked) {
            Some(Asked::Organization { choices }) => choices.clone(),
            _ => Vec::new(),
        },
        at: opened.path(""),
        case: case.clone(),
        undo: ctx.undo,
        after,
        repair,
        alert,
        f,
    };
    Ok((status, html(&page)?).into_response())
}

/// Whether a choice can be made for a case as it stands.
fn fits(case: &Case, choice: &Choice) -> bool {
    match (case.state, choice) {
        (State::Held, Choice::AsIs) => case.approval != Approval::SecondPerson,
        (State::Held, choice) => *choice != Choice::Hasten,
        (State::Delayed, Choice::Cancel) => true,
        (State::Delayed, Choice::Hasten) => case.approval == Approval::Sender,
        _ => false,
    }
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
        "undo" | "withdraw" | "false-alarm" => None,
        _ => Some(Choice::of(name, fields).ok_or(Fault::NotFound)?),
    };
    note(ctx, case, "link-used", &case.sender, &format!("the sender's page: {name}")).await?;
    let Some(choice) = choice else {
        if name == "false-alarm" {
            // It proposes an exception to the admins and changes nothing on this mail.
            ctx.guard.store.propose_exception(case, &case.sender, field("why")).await?;
            return Ok(Redirect::to(&opened.path("#false-alarm")).into_response());
        }
        return take_back(ctx, visitor, opened, name).await;
    };
    if !fits(case, &choice) {
        return Ok(Redirect::to(&opened.path("")).into_response());
    }
    if matches!(&choice, Choice::Mend(repair) if repair.is_nothing()) {
        return show(ctx, visitor, opened, Some(in_words(Refusal::NothingChanged)?)).await;
    }
    let reason = field("reason");
    let wrong = match field("parts") {
        "" => return ask(ctx, visitor, opened, &choice, reason, None).await,
        parts if parts != case.parts.to_string() => Some(grown()),
        _ if choice == Choice::AsIs && reason.trim().is_empty() => Some(in_words(Refusal::NoReason)?),
        _ => None,
    };
    if wrong.is_some() {
        return ask(ctx, visitor, opened, &choice, reason, wrong).await;
    }
    let proposes = match choice.sends() {
        false => false,
        true => match choice::after(ctx, case, &choice.repair()).await? {
            Err(why) => return show(ctx, visitor, opened, Some(why)).await,
            Ok(after) if !after.question.check(field("answer")) => {
                return ask(ctx, visitor, opened, &choice, reason, Some(answered_wrong())).await;
            }
            Ok(after) => after.needs_second_person(case, &choice),
        },
    };
    match carry_out(ctx, case, &choice, reason, proposes).await {
        // Somebody was quicker, or pressed twice: the page shows what became of it.
        Ok(_) | Err(Refusal::Over(_)) => Ok(Redirect::to(&opened.path("")).into_response()),
        Err(refusal) => show(ctx, visitor, opened, Some(in_words(refusal)?)).await,
    }
}

async fn carry_out(
    ctx: &Ctx,
    case: &Case,
    choice: &Choice,
    reason: &str,
    proposes: bool,
) -> Result<Case, Refusal> {
    let (store, house) = (&ctx.guard.store, ctx.guard.current.get());
    let now = store.clock().now();
    let _turn = ctx.gate.reading.acquire().await.map_err(|e| Refusal::Store(e.to_string()))?;
    let prepare = |leaving: &Leaving| leave::outgoing(&house, leaving, now);
    let judge = |case: &Case, leaving: &[Leaving]| guard::mend(&house, case, leaving, now).needed;
    let decision = Decision { id: &case.id, by: &case.sender, reason, undo: ctx.undo };
    let repair = choice.repair();
    match choice {
        Choice::Cancel => review::decide(store, decision, What::Cancel).await,
        Choice::Hasten => review::decide(store, decision, What::Hasten).await,
        Choice::AsIs => review::decide(store, decision, What::Release(&prepare)).await,
        _ if proposes => review::propose(store, &case.id, &case.sender, reason, &repair, &prepare).await,
        _ => review::decide(store, decision, What::Repair(&repair, &judge, &prepare)).await,
    }
}

/// Undoes what was chosen, or takes a proposal back.
async fn take_back(ctx: &Ctx, visitor: &Visitor, opened: &Opened, name: &str) -> Result<Response, Fault> {
    let (store, case) = (&ctx.guard.store, &opened.case);
    let done = match name {
        "withdraw" => review::withdraw(store, &case.id, &case.sender, "").await,
        _ if case.state.is_waiting() => Ok(case.clone()),
        _ => {
            let outcome = Outcome::of(ctx, case).await?;
            match outcome.may_be_undone_by(case, &case.sender, store.clock().now()) {
                true => review::undo(store, &case.id, &case.sender).await,
                false => Err(Refusal::Over(case.state)),
            }
        }
    };
    match done {
        Ok(_) | Err(Refusal::NoProposal) => Ok(Redirect::to(&opened.path("")).into_response()),
        Err(Refusal::Over(State::Cancelled)) => show(ctx, visitor, opened, Some(too_late(true))).await,
        Err(Refusal::Over(_)) => show(ctx, visitor, opened, Some(too_late(false))).await,
        Err(refusal) => show(ctx, visitor, opened, Some(in_words(refusal)?)).await,
    }
}

#[derive(askama::Template)]
#[template(path = "sender_list.html")]
struct List {
    f: Frame,
    /// Each with the address of its page.
    cases: Vec<(Case, String)>,
}

/// `GET /m/{token}/all`: the sender's mail that waits, each behind a link of its own. None of these links
/// opens for longer than the one that led here.
async fn list(ctx: &Ctx, visitor: &Visitor, opened: &Opened) -> Result<Response, Fault> {
    let now = ctx.guard.store.clock().now();
    let mut cases = Vec::new();
    for case in waiting(ctx, &opened.case.sender).await? {
        let until = tell::until(&case, now, ctx.options.link).min(opened.link.until);
        let token = ctx.links.token(Purpose::Sender, &case.id, &case.sender, until);
        cases.extend(token.map(|token| (case, format!("/m/{token}"))));
    }
    html(&List { f: Frame::new(ctx, visitor), cases })
}

async fn waiting(ctx: &Ctx, sender: &str) -> Result<Vec<Case>, Fault> {
    let filter = CaseFilter {
        states: vec![State::Held, State::Delayed],
        sender: Some(sender.to_string()),
        limit: Some(LISTED),
        ..CaseFilter::default()
    };
    Ok(ctx.guard.store.cases(&filter).await?)
}

/// A refusal in words for the page; what is no answer to its reader is a fault.
pub(super) fn in_words(refusal: Refusal) -> Result<Bilingual, Fault> {
    match refusal {
        Refusal::NotFound(_) | Refusal::Store(_) => Err(refusal.into()),
        refusal => Ok(Bilingual { ja: in_japanese(&refusal), en: refusal.to_string() }),
    }
}

pub(super) fn answered_wrong() -> Bilingual {
    Bilingual {
        ja: "答えが違います。下の「送る内容」をもう一度ご覧ください。まだ何も送っていません。".into(),
        en: "That is not the answer. Please look at what would be sent once more. Nothing has been sent."
            .into(),
    }
}

pub(super) fn grown() -> Bilingual {
    Bilingual {
        ja: "同じメールの続きが届き、宛先が増えました。もう一度確かめてください。まだ何も送っていません。".into(),
        en: "More of this mail has come in, and its recipients with it. Please check again; nothing has been sent."
            .into(),
    }
}

pub(super) fn too_late(cancelled: bool) -> Bilingual {
    let (ja, en) = match cancelled {
        true => ("元に戻せる時間は過ぎました。", "It can no longer be undone."),
        false => (
            "メールはすでに送信されたため、元に戻せません。",
            "The mail has already left and cannot be undone.",
        ),
    };
    Bilingual { ja: ja.into(), en: en.into() }
}
