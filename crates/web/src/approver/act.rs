//! What a second person does with somebody's mail: each choice is shown before it is done, with a question and
//! a reason; how soon upon opening the page it was made is kept.

use axum::response::{IntoResponse, Redirect, Response};

use super::super::Ctx;
use super::super::answers::{
    answered_wrong, grown, in_words, no_reason, proposal_mark, proposed_anew, too_late,
};
use super::super::choice::Choice;
use super::super::confirmation::{Asking, Reason};
use super::super::error_page::Fault;
use super::super::fields::Fields;
use super::super::links::{self, Opened, note};
use super::super::outcome::Outcome;
use super::super::outgoing_preview::{After, after, changes};
use super::super::page::Frame;
use super::super::preview;
use super::super::visitor::Visitor;
use super::{offer, show, waiting};
use casebook::Bilingual;
use guard::{self, finalize};
use hold::review::{self, Decision, HeldTransaction, Refusal, Reviewer, What};
use store::{Case, State};
use terms::clock::Timestamp;

/// `GET /m/{token}/{choice}`
pub async fn choose(
    ctx: &Ctx,
    visitor: &Visitor,
    opened: &Opened,
    name: &str,
    query: &Fields,
) -> Result<Response, Fault> {
    match name {
        "all" => return links::list(ctx, visitor, opened, waiting(ctx, &opened.person).await?),
        "mend" => return Ok(Redirect::to(&opened.path("#mend")).into_response()),
        "undo" => return Ok(Redirect::to(&opened.path("")).into_response()),
        _ => {}
    }
    let choice = Choice::of(name, &Fields::default()).ok_or(Fault::NotFound)?;
    // Where they came by the notice's button, this is the page that they opened.
    let now = ctx.guard.store.clock().now();
    let known = query.some("opened").filter(|stamp| opened_at(ctx, opened, stamp).is_some());
    let stamp = known.unwrap_or_else(|| ctx.links.stamp(&opened.case.id, &opened.person, now));
    ActAsked { ctx, visitor, opened, name, choice: &choice, stamp: &stamp, reason: "" }.show(None).await
}

fn opened_at(ctx: &Ctx, opened: &Opened, stamp: &str) -> Option<Timestamp> {
    ctx.links.opened(stamp, &opened.case.id, &opened.person)
}

/// A choice that is asked about.
#[derive(Clone, Copy)]
struct ActAsked<'a> {
    ctx: &'a Ctx,
    visitor: &'a Visitor,
    opened: &'a Opened,
    name: &'a str,
    choice: &'a Choice,
    /// Says when the page was opened.
    stamp: &'a str,
    reason: &'a str,
}

impl ActAsked<'_> {
    /// Shows what the choice would do, and asks.
    async fn show(&self, alert: Option<Bilingual>) -> Result<Response, Fault> {
        let ActAsked { ctx, visitor, opened, name, choice, stamp, reason } = *self;
        let case = &opened.case;
        let may = ctx.desk.may_decide(&ctx.guard.store, case, &opened.person).await?;
        if may.is_err() || !choice.fits(case) || case.state != State::Held {
            return show(ctx, visitor, opened, stamp.to_string(), alert).await;
        }
        let repair = choice.over_proposal(case);
        let seen = match choice.sends() {
            false => None,
            true => match after(ctx, case, &repair).await? {
                Ok(after) => Some(after),
                Err(why) => {
                    return show(ctx, visitor, opened, stamp.to_string(), Some(in_words(why)?)).await;
                }
            },
        };
        let before = preview::of_case(ctx, case).await?;
        let page = Asking {
            f: Frame::new(ctx, visitor),
            back: opened.path(""),
            action: opened.path(&format!("/{name}")),
            title: title(case, name),
            alert,
            notes: notes(choice),
            changes: changes(case, &repair, before.as_ref()),
            before,
            after: seen,
            marks: choice.repair(),
            hidden: vec![
                ("proposal", proposal_mark(case.proposal.as_ref().map(|p| p.at))),
                ("opened", stamp.to_string()),
            ],
            reason: Reason { label: Some(reason_for(choice)), required: true, text: reason.to_string() },
            button: Some(match choice.sends() {
                true => ("この内容で送る", "Send it so"),
                false => ("送らせない", "Do not let it go"),
            }),
            stops: !choice.sends(),
            undo: ctx.undo,
            case: case.clone(),
        };
        page.respond()
    }
}

/// What the page that asks is called: as the button that led to it.
fn title(case: &Case, name: &str) -> (&'static str, &'static str) {
    let offers = offer::offers(case);
    offers
        .iter()
        .find(|offer| offer.name == name)
        .map_or(("直して送る", "Change it and send"), |o| o.label)
}

fn notes(choice: &Choice) -> Vec<(&'static str, Bilingual)> {
    match choice.sends() {
        true => Vec::new(),
        false => vec![(
            "",
            Bilingual {
                ja: "このメールは送りません。社外の誰にも届きません。理由は差出人に知らせます。".into(),
                en: "The mail will not be sent. Nobody outside will get it. Its sender is told your reason."
                    .into(),
            },
        )],
    }
}

fn reason_for(choice: &Choice) -> (&'static str, &'static str) {
    match choice.sends() {
        true => (
            "送ってよいと判断した理由（差出人に伝わり、記録に残ります）",
            "Why it may be sent (its sender is told, and it is kept in the log)",
        ),
        false => (
            "送らせない理由（差出人に伝わり、記録に残ります）",
            "Why it must not be sent (its sender is told, and it is kept in the log)",
        ),
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
    let choice = match name {
        "undo" => None,
        _ => Some(Choice::of(name, fields).ok_or(Fault::NotFound)?),
    };
    let (now, stamp) = (ctx.guard.store.clock().now(), fields.one("opened"));
    // A form without its stamp comes from no page that anybody read.
    let since = opened_at(ctx, opened, stamp).unwrap_or(now);
    let seconds = now.as_second() - since.as_second();
    let used = format!("the approver's page: {name}, {seconds} s after it was opened");
    note(ctx, case, "link-used", &opened.person, &used).await?;
    let Some(choice) = choice else {
        return take_back(ctx, visitor, opened, stamp).await;
    };
    if !choice.fits(case) || case.state != State::Held {
        return Ok(Redirect::to(&opened.path("")).into_response());
    }
    let refused = async |why| show(ctx, visitor, opened, stamp.to_string(), Some(in_words(why)?)).await;
    if matches!(&choice, Choice::Mend(repair) if repair.is_nothing()) {
        return refused(Refusal::NothingChanged).await;
    }
    let reason = fields.one("reason");
    let asked = ActAsked { ctx, visitor, opened, name, choice: &choice, stamp, reason };
    match fields.one("parts") {
        // What was marked on the mail's own page is shown first.
        "" => return asked.show(None).await,
        parts if parts != case.parts.to_string() => return asked.show(Some(grown())).await,
        _ if fields.one("proposal") != proposal_mark(case.proposal.as_ref().map(|p| p.at)) => {
            return asked.show(Some(proposed_anew())).await;
        }
        _ if reason.is_empty() => return asked.show(Some(no_reason())).await,
        _ => {}
    }
    let seen = match choice.sends() {
        false => None,
        true => match after(ctx, case, &choice.over_proposal(case)).await? {
            Err(why) => return refused(why).await,
            Ok(after) if !after.question.check(fields.one("answer")) => {
                return asked.show(Some(answered_wrong())).await;
            }
            Ok(after) => Some(after),
        },
    };
    match carry_out(&asked, since, seen.as_ref()).await {
        // Somebody was quicker, or pressed twice: the page shows what became of it.
        Ok(_) | Err(Refusal::Over(_)) => Ok(Redirect::to(&opened.path("")).into_response()),
        // It is shown with what has joined it, and asked about again.
        Err(Refusal::Grown) => {
            let opened = opened.read_again(ctx).await?;
            ActAsked { opened: &opened, ..asked }.show(Some(grown())).await
        }
        Err(refusal) => refused(refusal).await,
    }
}

async fn carry_out(asked: &ActAsked<'_>, since: Timestamp, after: Option<&After>) -> Result<Case, Refusal> {
    let ActAsked { ctx, opened, choice, reason, .. } = *asked;
    let (store, policy) = (&ctx.guard.store, ctx.guard.current.get());
    let (now, approvers, case) = (store.clock().now(), ctx.desk.get(), &opened.case);
    let _turn = ctx.gate.reading.acquire().await.map_err(|e| Refusal::Store(e.to_string()))?;
    let prepare = |leaving: &HeldTransaction| finalize::outgoing(&policy, leaving, now);
    let judge =
        |case: &Case, leaving: &[HeldTransaction]| guard::reinspect(&policy, case, leaving, now).needed;
    let reviewer = Reviewer { approvers: &approvers, opened: Some(since) };
    let removed = after.map(|after| after.removed.as_slice()).unwrap_or_default();
    let (seen, undo) = (Some(case.parts), ctx.undo);
    let decision = Decision { id: &case.id, by: &opened.person, reason, undo, seen, removed };
    let repair = choice.over_proposal(case);
    let what = match choice {
        Choice::Cancel => What::Cancel,
        Choice::Hasten => What::Hasten,
        // Exactly what they have seen, should the sender propose something else in this moment.
        Choice::Release if repair.is_nothing() => What::Release(&prepare),
        Choice::Release | Choice::Mend(_) => What::Repair(&repair, &judge, &prepare),
    };
    review::decide_as(store, reviewer, decision, what).await
}

/// Undoes what they chose.
async fn take_back(ctx: &Ctx, visitor: &Visitor, opened: &Opened, stamp: &str) -> Result<Response, Fault> {
    let (store, case) = (&ctx.guard.store, &opened.case);
    if case.state.is_waiting() {
        return Ok(Redirect::to(&opened.path("")).into_response());
    }
    let done = match Outcome::of(ctx, case).await?.is_of(&opened.person) {
        true => review::undo(store, &case.id, &opened.person).await,
        false => Err(Refusal::Over(case.state)),
    };
    let alert = match done {
        Ok(_) => return Ok(Redirect::to(&opened.path("")).into_response()),
        Err(Refusal::Over(state)) => too_late(state == State::Cancelled),
        Err(refusal) => in_words(refusal)?,
    };
    show(ctx, visitor, opened, stamp.to_string(), Some(alert)).await
}
