//! Deciding about one case: first a page that shows what would leave and asks about it, then the deed.
//! Whoever comes second is told who was first.

use std::sync::Arc;

use axum::extract::{Form, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::Ctx;
use super::answers::{answered_wrong, grown, in_words, no_reason, proposal_mark, proposed_anew, who_decided};
use super::case;
use super::choice::Choice;
use super::confirmation::{Asking, Reason};
use super::decision_rights::Judge;
use super::error_page::Fault;
use super::fields::Fields;
use super::outgoing_preview::{After, after, changes};
use super::page::{Csrf, Frame, html};
use super::preview;
use super::visitor::Signed;
use casebook::Bilingual;
use guard::{self, finalize};
use hold::review::{self, Decision, HeldTransaction, Refusal, What};
use hold::reviewer::Reviewer;
use store::{Case, State as CaseState};
use terms::clock::Timestamp;

/// `GET /cases/{id}/confirm`: what would leave, before it does.
pub async fn confirm(
    State(ctx): State<Arc<Ctx>>,
    signed: Signed,
    Path(id): Path<String>,
    Query(fields): Query<Fields>,
) -> Result<Response, Fault> {
    let case = mine(&ctx, &signed, &id).await?;
    let choice = chosen(&fields)?;
    if !case.state.is_waiting() {
        return conflict(&ctx, &signed, &case.id, case.state).await;
    }
    ask(&ctx, &signed, case, &choice, &fields, None).await
}

/// What the fields of the form say.
fn chosen(fields: &Fields) -> Result<Choice, Fault> {
    match Choice::of(fields.one("do"), fields).ok_or(Fault::NotFound)? {
        Choice::Mend(repair) if repair.is_nothing() => Err(Fault::Bad(
            "変更する内容がありません。外す宛先や添付ファイルを選んでください。",
            "Nothing is changed. Choose what is to be taken out.",
        )),
        choice => Ok(choice),
    }
}

/// The case, for somebody who may decide about it.
async fn mine(ctx: &Ctx, signed: &Signed, id: &str) -> Result<Case, Fault> {
    let case = ctx.guard.store.case(id).await?.ok_or(Fault::NotFound)?;
    match Judge::of(ctx, &signed.user).await?.case(&case).decides() {
        true => Ok(case),
        false => Err(Fault::Forbidden),
    }
}

/// Shows what a choice would do, and asks.
async fn ask(
    ctx: &Ctx,
    signed: &Signed,
    case: Case,
    choice: &Choice,
    fields: &Fields,
    alert: Option<Bilingual>,
) -> Result<Response, Fault> {
    let repair = choice.over_proposal(&case);
    let (after, refused) = match choice.sends() {
        false => (None, None),
        true => match after(ctx, &case, &repair).await? {
            Ok(after) => (Some(after), None),
            Err(refusal) => (None, Some(in_words(refusal)?)),
        },
    };
    let before = preview::of_case(ctx, &case).await?;
    let needs_reason = needs_reason(choice, &case, after.as_ref());
    let page = Asking {
        f: Frame::new(ctx, &signed.visitor),
        back: format!("/cases/{}", case.id),
        action: format!("/cases/{}/decide", case.id),
        title: title(&case, choice),
        notes: after.as_ref().map(notes).unwrap_or_default(),
        changes: changes(&case, &repair, before.as_ref()),
        before,
        marks: choice.repair(),
        hidden: vec![
            ("csrf", signed.visitor.csrf.clone()),
            ("proposal", proposal_mark(case.proposal.as_ref().map(|p| p.at))),
            ("do", fields.one("do").to_string()),
        ],
        reason: Reason {
            label: Some(match needs_reason {
                true => (
                    "理由（記録に残り、送信者にも伝わります）",
                    "Why? This is recorded, and the sender is told.",
                ),
                false => (
                    "理由（任意。記録に残り、送信者にも伝わります）",
                    "Why? Optional; it is recorded, and the sender is told.",
                ),
            }),
            required: needs_reason,
            text: fields.one("reason").to_string(),
        },
        button: Some(button(choice)).filter(|_| refused.is_none()),
        stops: !choice.sends(),
        undo: ctx.undo,
        alert: alert.or(refused),
        after,
        case,
    };
    page.respond()
}

/// What the page that asks is called.
fn title(case: &Case, choice: &Choice) -> (&'static str, &'static str) {
    match choice {
        Choice::Cancel => ("送信せずに取り消しますか", "Cancel this mail?"),
        Choice::Hasten => ("待たずに送信しますか", "Send this mail now?"),
        Choice::Release if case.proposal.is_some() => {
            ("提案のとおり送信しますか", "Release this mail as proposed?")
        }
        Choice::Release => ("このメールを送信しますか", "Release this mail?"),
        Choice::Mend(_) => ("直した内容で送信しますか", "Release the changed mail?"),
    }
}

fn button(choice: &Choice) -> (&'static str, &'static str) {
    match choice {
        Choice::Cancel => ("取り消す", "Cancel the mail"),
        _ => ("送信を許可する", "Release it"),
    }
}

/// What the rules say of it as it would leave.
fn notes(after: &After) -> Vec<(&'static str, Bilingual)> {
    let mut notes = Vec::new();
    if !after.mended.cleared.is_empty() {
        let rules = after.mended.cleared.join(", ");
        notes.push((
            "good",
            Bilingual {
                ja: format!("直すと、次のルールに当てはまらなくなります: {rules}"),
                en: format!("As changed, these rules no longer apply: {rules}"),
            },
        ));
    }
    if after.needs_second_person() {
        notes.push((
            "warn",
            Bilingual {
                ja: "送信する内容は、まだ承認が必要なルールに当てはまります。あなたの決定が承認になります。"
                    .into(),
                en: "As it leaves, rules still ask for a second person. Your decision is that approval."
                    .into(),
            },
        ));
    }
    notes
}

/// Whether the log must say why: where the mail leaves as it is, or the rules would still hold it.
fn needs_reason(choice: &Choice, case: &Case, after: Option<&After>) -> bool {
    let still = after.is_some_and(After::needs_second_person);
    match choice {
        Choice::Release => case.proposal.is_none() || still,
        Choice::Mend(_) => still,
        Choice::Hasten | Choice::Cancel => false,
    }
}

/// `POST /cases/{id}/decide`
pub async fn decide(
    State(ctx): State<Arc<Ctx>>,
    signed: Signed,
    Path(id): Path<String>,
    Form(fields): Form<Fields>,
) -> Result<Response, Fault> {
    signed.check(fields.one("csrf"))?;
    let case = mine(&ctx, &signed, &id).await?;
    let choice = chosen(&fields)?;
    if !case.state.is_waiting() {
        return conflict(&ctx, &signed, &case.id, case.state).await;
    }
    let after = match choice.sends() {
        false => None,
        true => Some(after(&ctx, &case, &choice.over_proposal(&case)).await?.map_err(Fault::Refused)?),
    };
    if let Some(alert) = objection(&case, &choice, after.as_ref(), &fields) {
        return ask(&ctx, &signed, case, &choice, &fields, Some(alert)).await;
    }
    let now = ctx.guard.store.clock().now();
    let opened = case::opened(&signed.user, &case::log_of(&ctx, &case).await?, now);
    let reason = fields.one("reason");
    match carry_out(&ctx, &signed, &case, &choice, after.as_ref(), reason, opened).await {
        Ok(case) => Ok(Redirect::to(&format!("/cases/{}?done=1", case.id)).into_response()),
        Err(Refusal::Over(state)) => conflict(&ctx, &signed, &case.id, state).await,
        // It is shown with what has joined it, and asked about again.
        Err(Refusal::Grown) => {
            let case = mine(&ctx, &signed, &id).await?;
            ask(&ctx, &signed, case, &choice, &fields, Some(grown())).await
        }
        Err(refusal) => Err(refusal.into()),
    }
}

/// What is missing before it may be done.
fn objection(case: &Case, choice: &Choice, after: Option<&After>, fields: &Fields) -> Option<Bilingual> {
    if fields.one("parts") != case.parts.to_string() {
        return Some(grown());
    }
    if fields.one("proposal") != proposal_mark(case.proposal.as_ref().map(|p| p.at)) {
        return Some(proposed_anew());
    }
    if needs_reason(choice, case, after) && fields.one("reason").is_empty() {
        return Some(no_reason());
    }
    after.filter(|after| !after.question.check(fields.one("answer"))).map(|_| answered_wrong())
}

async fn carry_out(
    ctx: &Ctx,
    signed: &Signed,
    case: &Case,
    choice: &Choice,
    after: Option<&After>,
    reason: &str,
    opened: Option<Timestamp>,
) -> Result<Case, Refusal> {
    let (store, policy) = (&ctx.guard.store, ctx.guard.current.get());
    let (now, approvers) = (store.clock().now(), ctx.desk.get());
    let prepare = |leaving: &HeldTransaction| finalize::outgoing(&policy, leaving, now);
    let judge =
        |case: &Case, leaving: &[HeldTransaction]| guard::reinspect(&policy, case, leaving, now).needed;
    let removed = after.map(|after| after.removed.as_slice()).unwrap_or_default();
    let (by, seen, undo) = (signed.user.name.as_str(), Some(case.parts), ctx.undo);
    let decision = Decision { id: &case.id, by, reason, undo, seen, removed };
    let repair = choice.over_proposal(case);
    let what = match choice {
        Choice::Release if repair.is_nothing() => What::Release(&prepare),
        Choice::Release | Choice::Mend(_) => What::Repair(&repair, &judge, &prepare),
        Choice::Hasten => What::Hasten,
        Choice::Cancel => What::Cancel,
    };
    review::decide_as(store, Reviewer { approvers: &approvers, opened }, decision, what).await
}

/// `POST /cases/{id}/undo`: takes a decision back while nothing has left.
pub async fn undo(
    State(ctx): State<Arc<Ctx>>,
    signed: Signed,
    Path(id): Path<String>,
    Form(form): Form<Csrf>,
) -> Result<Response, Fault> {
    signed.check(&form.csrf)?;
    let case = mine(&ctx, &signed, &id).await?;
    if !case::may_undo(&signed.user, case::log_of(&ctx, &case).await?.iter()) {
        return Err(Fault::Forbidden);
    }
    let case = review::undo(&ctx.guard.store, &case.id, &signed.user.name).await?;
    Ok(Redirect::to(&format!("/cases/{}", case.id)).into_response())
}

/// `POST /cases/{id}/false-alarm`: somebody who may decide says that the mail should not have been held. It
/// proposes an exception to the admins, and changes nothing on this mail.
pub async fn false_alarm(
    State(ctx): State<Arc<Ctx>>,
    signed: Signed,
    Path(id): Path<String>,
    Form(fields): Form<Fields>,
) -> Result<Response, Fault> {
    signed.check(fields.one("csrf"))?;
    let case = mine(&ctx, &signed, &id).await?;
    if fields.one("why").trim().is_empty() {
        return Err(Fault::Bad("誤検知だと思う理由を書いてください。", "Say why it is a false alarm."));
    }
    ctx.guard.store.propose_exception(&case, &signed.user.name, fields.one("why")).await?;
    Ok(Redirect::to(&format!("/cases/{}#events", case.id)).into_response())
}

#[derive(askama::Template)]
#[template(path = "conflict.html")]
struct Conflict {
    f: Frame,
    id: String,
    who: String,
}

/// Tells calmly that somebody else was first.
async fn conflict(ctx: &Ctx, signed: &Signed, id: &str, state: CaseState) -> Result<Response, Fault> {
    let f = Frame::new(ctx, &signed.visitor);
    let who = f.language.of(&who_decided(ctx, id, state).await?).to_string();
    let page = Conflict { who, id: id.to_string(), f };
    Ok((StatusCode::CONFLICT, html(&page)?).into_response())
}
