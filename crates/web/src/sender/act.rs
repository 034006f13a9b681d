//! What a sender does with a mail of theirs: every choice is shown before it is done, with a question that
//! nobody answers without looking; until the mail leaves it can be undone.

use axum::response::{IntoResponse, Redirect, Response};

use super::super::Ctx;
use super::super::answers::{answered_wrong, grown, in_words, too_late};
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
use super::{show, waiting};
use casebook::Bilingual;
use guard::{self, finalize};
use hold::review::{self, Decision, HeldTransaction, Refusal, What};
use store::{Approval, Case, Rewrite, State};

/// `GET /m/{token}/{choice}`
pub async fn choose(ctx: &Ctx, visitor: &Visitor, opened: &Opened, name: &str) -> Result<Response, Fault> {
    match name {
        "all" => return links::list(ctx, visitor, opened, waiting(ctx, &opened.case.sender).await?),
        "mend" => return Ok(Redirect::to(&opened.path("#mend")).into_response()),
        "undo" | "withdraw" | "false-alarm" => return Ok(Redirect::to(&opened.path("")).into_response()),
        _ => {}
    }
    let choice = chosen(name, &Fields::default())?;
    ask(ctx, visitor, opened, name, &choice, "", None).await
}

/// The choice of that name; to let it go as it is is called "as-is" here, and needs a reason.
fn chosen(name: &str, fields: &Fields) -> Result<Choice, Fault> {
    Choice::of(name, fields).filter(|_| name != "release").ok_or(Fault::NotFound)
}

/// Shows what a choice would do, and asks.
async fn ask(
    ctx: &Ctx,
    visitor: &Visitor,
    opened: &Opened,
    name: &str,
    choice: &Choice,
    reason: &str,
    alert: Option<Bilingual>,
) -> Result<Response, Fault> {
    let case = &opened.case;
    if !may(case, choice) {
        return Ok(Redirect::to(&opened.path("")).into_response());
    }
    let repair = choice.repair();
    let after = match choice.sends() {
        false => None,
        true => match after(ctx, case, &repair).await? {
            Ok(after) => Some(after),
            Err(why) => return show(ctx, visitor, opened, Some(in_words(why)?)).await,
        },
    };
    let before = preview::of_case(ctx, case).await?;
    let proposes = after.as_ref().is_some_and(|after| proposes(case, choice, after));
    let page = Asking {
        f: Frame::new(ctx, visitor),
        back: opened.path(""),
        action: opened.path(&format!("/{name}")),
        title: title(case, choice),
        alert,
        notes: notes(choice, proposes),
        changes: changes(case, &repair, before.as_ref()),
        before,
        after,
        marks: repair,
        hidden: Vec::new(),
        reason: Reason {
            label: reason_for(choice, proposes),
            required: *choice == Choice::Release,
            text: reason.to_string(),
        },
        button: Some(button(case, choice, proposes)),
        stops: !choice.sends(),
        undo: if proposes { std::time::Duration::ZERO } else { ctx.undo },
        case: case.clone(),
    };
    page.respond()
}

/// Whether a case can be dealt with so by its sender.
fn may(case: &Case, choice: &Choice) -> bool {
    choice.fits(case)
        && match choice {
            Choice::Release => case.approval != Approval::SecondPerson,
            Choice::Hasten => case.approval == Approval::Sender,
            Choice::Mend(_) | Choice::Cancel => true,
        }
}

/// Whether it waits for somebody else although it was mended.
fn proposes(case: &Case, choice: &Choice, after: &After) -> bool {
    match choice {
        Choice::Mend(_) => after.needs_second_person(),
        Choice::Release => case.approval == Approval::SecondPerson,
        Choice::Hasten | Choice::Cancel => false,
    }
}

/// What the page that asks is called.
fn title(case: &Case, choice: &Choice) -> (&'static str, &'static str) {
    match (choice, choice.hides_only()) {
        (_, Some(Rewrite::Bcc)) => ("Bccにして送ります", "Send it as Bcc"),
        (_, Some(Rewrite::Individual)) => ("1通ずつ分けて送ります", "Send one copy each"),
        (Choice::Mend(_), None) => ("直して送ります", "Correct it and send"),
        (Choice::Release, None) => ("このまま送ります", "Send it as it is"),
        (Choice::Hasten, None) => ("待たずに送ります", "Send it now"),
        (Choice::Cancel, None) if case.state == State::Delayed => ("送信を止めます", "Stop it"),
        (Choice::Cancel, None) => ("送信を取りやめます", "Cancel it"),
    }
}

fn notes(choice: &Choice, proposes: bool) -> Vec<(&'static str, Bilingual)> {
    let note = |class, ja: &str, en: &str| vec![(class, Bilingual { ja: ja.into(), en: en.into() })];
    if !choice.sends() {
        return note(
            "",
            "このメールは送りません。社外の誰にも届きません。",
            "The mail will not be sent. Nobody outside will get it.",
        );
    }
    match proposes {
        true => note(
            "warn",
            "この内容でも、あなた以外の方の確認が必要です。ここで送るのではなく、この形で送ることを確認する方へ依頼します。",
            "Even so, somebody else has to confirm it. It is not sent now but proposed to them in this form.",
        ),
        false => Vec::new(),
    }
}

fn reason_for(choice: &Choice, proposes: bool) -> Option<(&'static str, &'static str)> {
    match choice {
        Choice::Release => {
            Some(("このまま送る理由（記録に残ります）", "Why it is sent as it is (kept in the log)"))
        }
        Choice::Cancel => Some(("ひとこと（なくてもかまいません）", "A word on why (optional)")),
        _ if proposes => Some(("ひとこと（なくてもかまいません）", "A word on why (optional)")),
        _ => None,
    }
}

fn button(case: &Case, choice: &Choice, proposes: bool) -> (&'static str, &'static str) {
    match choice {
        Choice::Cancel if case.state == State::Delayed => ("送信を止める", "Stop it"),
        Choice::Cancel => ("送信を取りやめる", "Cancel it"),
        _ if proposes => ("この内容で確認を依頼する", "Propose it so"),
        _ => ("この内容で送る", "Send it so"),
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
        "undo" | "withdraw" | "false-alarm" => None,
        _ => Some(chosen(name, fields)?),
    };
    note(ctx, case, "link-used", &case.sender, &format!("the sender's page: {name}")).await?;
    let Some(choice) = choice else {
        if name == "false-alarm" {
            // It proposes an exception to the admins and changes nothing on this mail.
            ctx.guard.store.propose_exception(case, &case.sender, fields.one("why")).await?;
            return Ok(Redirect::to(&opened.path("#false-alarm")).into_response());
        }
        return take_back(ctx, visitor, opened, name).await;
    };
    if !may(case, &choice) {
        return Ok(Redirect::to(&opened.path("")).into_response());
    }
    if matches!(&choice, Choice::Mend(repair) if repair.is_nothing()) {
        return show(ctx, visitor, opened, Some(in_words(Refusal::NothingChanged)?)).await;
    }
    let reason = fields.one("reason");
    let again = |alert| ask(ctx, visitor, opened, name, &choice, reason, alert);
    match fields.one("parts") {
        "" => return again(None).await,
        parts if parts != case.parts.to_string() => return again(Some(grown())).await,
        _ if choice == Choice::Release && reason.is_empty() => {
            return again(Some(in_words(Refusal::NoReason)?)).await;
        }
        _ => {}
    }
    let after = match choice.sends() {
        false => None,
        true => match after(ctx, case, &choice.repair()).await? {
            Err(why) => return show(ctx, visitor, opened, Some(in_words(why)?)).await,
            Ok(after) if !after.question.check(fields.one("answer")) => {
                return again(Some(answered_wrong())).await;
            }
            Ok(after) => Some(after),
        },
    };
    match carry_out(ctx, case, &choice, reason, after.as_ref()).await {
        // Somebody was quicker, or pressed twice: the page shows what became of it.
        Ok(_) | Err(Refusal::Over(_)) => Ok(Redirect::to(&opened.path("")).into_response()),
        // It is shown with what has joined it, and asked about again.
        Err(Refusal::Grown) => {
            let opened = opened.read_again(ctx).await?;
            ask(ctx, visitor, &opened, name, &choice, reason, Some(grown())).await
        }
        Err(refusal) => show(ctx, visitor, opened, Some(in_words(refusal)?)).await,
    }
}

async fn carry_out(
    ctx: &Ctx,
    case: &Case,
    choice: &Choice,
    reason: &str,
    after: Option<&After>,
) -> Result<Case, Refusal> {
    let (store, policy) = (&ctx.guard.store, ctx.guard.current.get());
    let now = store.clock().now();
    let _turn = ctx.gate.reading.acquire().await.map_err(|e| Refusal::Store(e.to_string()))?;
    let prepare = |leaving: &HeldTransaction| finalize::outgoing(&policy, leaving, now);
    let judge =
        |case: &Case, leaving: &[HeldTransaction]| guard::reinspect(&policy, case, leaving, now).needed;
    let removed = after.map(|after| after.removed.as_slice()).unwrap_or_default();
    let (seen, undo) = (Some(case.parts), ctx.undo);
    let decision = Decision { id: &case.id, by: &case.sender, reason, undo, seen, removed };
    let repair = choice.repair();
    match choice {
        Choice::Cancel => review::decide(store, decision, What::Cancel).await,
        Choice::Hasten => review::decide(store, decision, What::Hasten).await,
        Choice::Release => review::decide(store, decision, What::Release(&prepare)).await,
        Choice::Mend(_) if after.is_some_and(|after| proposes(case, choice, after)) => {
            review::propose(store, &case.id, &case.sender, reason, &repair, &prepare).await
        }
        Choice::Mend(_) => review::decide(store, decision, What::Repair(&repair, &judge, &prepare)).await,
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
        Err(Refusal::Over(state)) => {
            show(ctx, visitor, opened, Some(too_late(state == State::Cancelled))).await
        }
        Err(refusal) => show(ctx, visitor, opened, Some(in_words(refusal)?)).await,
    }
}
