//! Deciding about one case: first a page that shows what would leave and asks about it, then the deed.
//! Whoever comes second is told who was first.

use std::sync::Arc;

use axum::extract::{Form, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::Ctx;
use super::case;
use super::cases::Labels;
use super::fault::{Fault, in_japanese};
use super::fields::Fields;
use super::page::{Csrf, Frame, html};
use super::preview;
use super::standing::Judge;
use super::visitor::Signed;
use crate::audit::entry::Kind;
use crate::audit::filter::Filter;
use crate::clock::Timestamp;
use crate::guard::{self, Asked, House, Mended, Preview, Question, leave};
use crate::hold::review::{self, Decision, Leaving, Refusal, Repair, What};
use crate::hold::reviewer::Reviewer;
use crate::smtp::envelope::Envelope;
use crate::store::{Approval, Case, Outgoing, Rewrite, State as CaseState};

/// What somebody wants done with a case.
#[derive(Clone, Debug, PartialEq)]
enum Choice {
    /// As the rules demand, or as it was proposed.
    Release,
    Repair(Repair),
    Hasten,
    Cancel,
}

impl Choice {
    /// What the fields of the form say.
    fn of(fields: &Fields) -> Result<Choice, Fault> {
        let rewrite = match fields.one("do") {
            "cancel" => return Ok(Choice::Cancel),
            "hasten" => return Ok(Choice::Hasten),
            "release" | "mend" => None,
            "bcc" => Some(Rewrite::Bcc),
            "individual" => Some(Rewrite::Individual),
            _ => return Err(Fault::NotFound),
        };
        let (wrong, right) = (fields.one("wrong").to_string(), fields.one("right").to_string());
        let repair = Repair {
            rewrite,
            drop_recipients: fields.all("drop"),
            drop_attachments: fields.all("without"),
            corrections: if right.is_empty() { Vec::new() } else { vec![(wrong, right)] },
        };
        if repair.is_nothing() && fields.one("do") == "mend" {
            return Err(Fault::Bad(
                "変更する内容がありません。外す宛先や添付ファイルを選んでください。",
                "Nothing is changed. Choose what is to be taken out.",
            ));
        }
        Ok(if repair.is_nothing() { Choice::Release } else { Choice::Repair(repair) })
    }

    /// The repair that is carried out, the proposed one where nothing else is said.
    fn repair(&self, case: &Case) -> Repair {
        match self {
            Choice::Repair(repair) => repair.clone(),
            Choice::Release => review::proposed(case).unwrap_or_default(),
            Choice::Hasten | Choice::Cancel => Repair::default(),
        }
    }
}

/// What would leave.
struct After {
    preview: Preview,
    /// As how many messages.
    copies: usize,
    mended: Mended,
    question: Question,
}

#[derive(askama::Template)]
#[template(path = "confirm.html")]
struct Page {
    f: Frame,
    labels: Labels,
    case: Case,
    choice: Choice,
    repair: Repair,
    proposed_by: Option<String>,
    before: Option<Preview>,
    after: Option<After>,
    /// Why it cannot be done, where it cannot.
    refused: Option<String>,
    /// Why the form has come back.
    wrong: Option<String>,
    needs_reason: bool,
    reason: String,
    fields: Fields,
}

/// `GET /cases/{id}/confirm`: what would leave, before it does.
pub async fn confirm(
    State(ctx): State<Arc<Ctx>>,
    signed: Signed,
    Path(id): Path<String>,
    Query(fields): Query<Fields>,
) -> Result<Response, Fault> {
    let case = mine(&ctx, &signed, &id).await?;
    if !case.state.is_waiting() {
        return conflict(&ctx, &signed, &case.id, case.state).await;
    }
    html(&page(&ctx, &signed, case, fields, None).await?)
}

/// The case, for somebody who may decide about it.
async fn mine(ctx: &Ctx, signed: &Signed, id: &str) -> Result<Case, Fault> {
    let case = ctx.guard.store.case(id).await?.ok_or(Fault::NotFound)?;
    match Judge::of(ctx, &signed.user).await?.case(&case).decides() {
        true => Ok(case),
        false => Err(Fault::Forbidden),
    }
}

async fn page(
    ctx: &Arc<Ctx>,
    signed: &Signed,
    case: Case,
    fields: Fields,
    wrong: Option<(&str, &str)>,
) -> Result<Page, Fault> {
    let f = Frame::new(ctx, &signed.visitor);
    let choice = Choice::of(&fields)?;
    let repair = choice.repair(&case);
    let parts = ctx.guard.store.parts(&case).await?;
    let before = case::seen(ctx, &case, &parts, 1).await?;
    let (after, refused) = match &choice {
        Choice::Cancel | Choice::Hasten => (None, None),
        Choice::Release | Choice::Repair(_) => match after(ctx, &case, &repair).await {
            Ok(after) => (Some(after), None),
            Err(Fault::Refused(refusal)) => {
                (None, Some(f.of(&in_japanese(&refusal), &refusal.to_string()).to_string()))
            }
            Err(fault) => return Err(fault),
        },
    };
    Ok(Page {
        labels: Labels,
        needs_reason: needs_reason(&choice, &case, after.as_ref()),
        proposed_by: case.proposal.as_ref().filter(|_| choice == Choice::Release).map(|p| p.by.clone()),
        wrong: wrong.map(|(ja, en)| f.of(ja, en).to_string()),
        reason: fields.one("reason").to_string(),
        choice,
        repair,
        before,
        after,
        refused,
        fields,
        case,
        f,
    })
}

/// Whether the log must say why: where the mail leaves as it is, or the rules would still hold it.
fn needs_reason(choice: &Choice, case: &Case, after: Option<&After>) -> bool {
    let still = after.is_some_and(|after| after.mended.needed == Approval::SecondPerson);
    match choice {
        Choice::Release => case.proposal.is_none() || still,
        Choice::Repair(_) => still,
        Choice::Hasten | Choice::Cancel => false,
    }
}

/// Makes what would leave, and shows it.
async fn after(ctx: &Arc<Ctx>, case: &Case, repair: &Repair) -> Result<After, Fault> {
    let leaving = review::leaving(&ctx.guard.store, case, repair).await?;
    let judged = case.clone();
    let made = preview::look(ctx, move |house, now| {
        let mended = guard::mend(house, &judged, &leaving, now);
        let left: Result<Vec<Vec<Outgoing>>, String> =
            leaving.iter().map(|part| leave::outgoing(house, part, now)).collect();
        left.map(|left| (left.concat(), mended))
    });
    let (left, mended) = made.await?.map_err(|why| Fault::Refused(Refusal::Unfit(why)))?;
    let first = left.first().ok_or(Fault::Refused(Refusal::NothingLeaves))?;
    let bytes = [first.head.as_slice(), &first.body].concat();
    let rcpts = preview::envelopes(left.iter().map(|outgoing| &outgoing.envelope));
    let envelope = Envelope { rcpts, ..first.envelope.clone() };
    let preview = preview::look(ctx, move |house, now| guard::preview(house, &envelope, &bytes, now)).await?;
    let house = ctx.guard.current.get();
    let question = guard::question(&house, case, &preview, &[]);
    Ok(After { preview, copies: left.len(), mended, question })
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
    let choice = Choice::of(&fields)?;
    if !case.state.is_waiting() {
        return conflict(&ctx, &signed, &case.id, case.state).await;
    }
    if let Some(wrong) = objection(&ctx, &case, &choice, &fields).await? {
        let page = page(&ctx, &signed, case, fields, Some(wrong)).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)?).into_response());
    }
    let now = ctx.guard.store.clock().now();
    let opened = case::opened(&signed.user, &case::log_of(&ctx, &case).await?, now);
    match carry_out(&ctx, &signed, &case, &choice, fields.one("reason"), opened).await {
        Ok(case) => Ok(Redirect::to(&format!("/cases/{}?done=1", case.id)).into_response()),
        Err(Refusal::Over(state)) => conflict(&ctx, &signed, &case.id, state).await,
        Err(refusal) => Err(refusal.into()),
    }
}

/// What is missing before it may be done.
async fn objection(
    ctx: &Arc<Ctx>,
    case: &Case,
    choice: &Choice,
    fields: &Fields,
) -> Result<Option<(&'static str, &'static str)>, Fault> {
    if number(fields.one("parts")) != usize::try_from(case.parts).ok() {
        return Ok(Some((
            "画面を開いたあとに、このメールの残りが届きました。もう一度確かめてください。",
            "More of this mail has come in since the page was opened. Please look again.",
        )));
    }
    let after = match choice {
        Choice::Release | Choice::Repair(_) => Some(after(ctx, case, &choice.repair(case)).await?),
        Choice::Hasten | Choice::Cancel => None,
    };
    if needs_reason(choice, case, after.as_ref()) && fields.one("reason").is_empty() {
        return Ok(Some(("理由を書いてください。", "Say why.")));
    }
    if after.is_some_and(|after| !after.question.check(fields.one("answer"))) {
        return Ok(Some((
            "質問の答えが違います。宛先をもう一度確かめてください。",
            "The answer to the question is not right. Please look at the recipients again.",
        )));
    }
    Ok(None)
}

async fn carry_out(
    ctx: &Ctx,
    signed: &Signed,
    case: &Case,
    choice: &Choice,
    reason: &str,
    opened: Option<Timestamp>,
) -> Result<Case, Refusal> {
    let store = &ctx.guard.store;
    let (house, now) = (ctx.guard.current.get(), store.clock().now());
    let house: &House = &house;
    let prepare = |leaving: &Leaving| leave::outgoing(house, leaving, now);
    let judge = |case: &Case, leaving: &[Leaving]| guard::mend(house, case, leaving, now).needed;
    let decision = Decision { id: &case.id, by: &signed.user.name, reason, undo: ctx.undo };
    let what = match choice {
        Choice::Release => What::Release(&prepare),
        Choice::Repair(repair) => What::Repair(repair, &judge, &prepare),
        Choice::Hasten => What::Hasten,
        Choice::Cancel => What::Cancel,
    };
    let approvers = ctx.desk.get();
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
    if fields.one("why").is_empty() {
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
    let (ja, en) = who_decided(ctx, id, state).await?;
    let page = Conflict { who: f.of(&ja, &en).to_string(), id: id.to_string(), f };
    Ok((StatusCode::CONFLICT, html(&page)?).into_response())
}

/// Who ended a case, and when, in Japanese and English.
pub async fn who_decided(ctx: &Ctx, id: &str, state: CaseState) -> Result<(String, String), Fault> {
    let filter = Filter {
        case: Some(id.to_string()),
        kind: Some(Kind::Case),
        limit: Some(1),
        newest_first: true,
        ..Filter::default()
    };
    let last = ctx.guard.store.audit(&filter).await?.into_iter().next();
    let at = last.as_ref().and_then(|row| row.entry.at.into());
    let at = at.map(|at: Timestamp| at.to_zoned(ctx.time_zone.clone()));
    let who = last.and_then(|row| row.entry.actor).unwrap_or_else(|| "sekisho".into());
    let (did_ja, did_en) = match state {
        CaseState::Released => ("送信を許可しています", "released this mail"),
        CaseState::Repaired => ("内容を直して送信を許可しています", "changed and released this mail"),
        CaseState::Cancelled => ("取り消しています", "cancelled this mail"),
        CaseState::Expired => return Ok(("期限が切れています。".into(), "This mail has expired.".into())),
        CaseState::Left => {
            return Ok(("時間になり、すでに送信しました。".into(), "This mail has left in time.".into()));
        }
        CaseState::Held | CaseState::Delayed => {
            return Ok(("このメールはまだ待っています。".into(), "This mail still waits.".into()));
        }
    };
    let (ja, en) = match at {
        Some(at) => {
            (at.strftime("%-m月%-d日 %H:%M に").to_string(), at.strftime(" on %-d %b at %H:%M").to_string())
        }
        None => Default::default(),
    };
    Ok((format!("{ja} {who} が{did_ja}。"), format!("{who} {did_en}{en}.")))
}

/// A number as people type it; full-width digits are digits.
pub fn number(text: &str) -> Option<usize> {
    let plain = |c: char| match c {
        '０'..='９' => char::from_u32(c as u32 - '０' as u32 + '0' as u32),
        c if c.is_whitespace() || c == ',' => None,
        c => Some(c),
    };
    text.chars().filter_map(plain).collect::<String>().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(pairs: &[(&str, &str)]) -> Choice {
        Choice::of(&Fields::from(pairs)).expect("a choice")
    }

    #[test]
    fn a_form_says_what_is_wanted() {
        assert_eq!(choice(&[("do", "release")]), Choice::Release);
        assert_eq!(choice(&[("do", "cancel"), ("drop", "a@example.com")]), Choice::Cancel);
        let repair = Repair {
            rewrite: Some(Rewrite::Bcc),
            drop_recipients: vec!["a@example.com".into()],
            drop_attachments: vec!["2".into()],
            corrections: vec![("b@example.com".into(), "b@example.org".into())],
        };
        let all = [
            ("do", "bcc"),
            ("drop", "a@example.com"),
            ("without", "2"),
            ("wrong", "b@example.com"),
            ("right", "b@example.org"),
        ];
        assert_eq!(choice(&all), Choice::Repair(repair));
        // What was marked is never forgotten, whichever button was pressed.
        assert!(matches!(choice(&[("do", "release"), ("drop", "a@example.com")]), Choice::Repair(_)));
        assert!(Choice::of(&Fields::from([("do", "mend"), ("wrong", "a@example.com")].as_slice())).is_err());
        assert!(Choice::of(&Fields::default()).is_err());
    }

    #[test]
    fn numbers_are_read_in_any_digits() {
        assert_eq!((number("12"), number(" １２ "), number("1,200")), (Some(12), Some(12), Some(1_200)));
        assert_eq!((number(""), number("-1"), number("twelve")), (None, None, None));
    }
}
