//! `/exceptions`: who is excepted from which rule, until when, how often it was used; and what senders
//! and approvers have proposed. Everybody who has signed in sees them, an admin decides.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::ToSpan as _;
use jiff::civil::Date;

use super::error_page::Fault;
use super::exception_form::{ExceptionForm, limits};
use super::page::{Csrf, Frame, html};
use super::visitor::Signed;
use super::{Ctx, exception_uses};
use audit::entry::{Entry, Kind};
use guard::{Policy, cause, exceptions};
use rules::{Exception, Stands};
use store::exceptions::NewException;
use store::feedback::{Answer, FalseAlarm};

/// So many proposals are shown at once.
const SHOWN: usize = 50;
/// Exceptions that ended are shown for so many days.
const PAST_DAYS: i32 = 90;

#[derive(askama::Template)]
#[template(path = "exceptions.html")]
struct ExceptionPage {
    f: Frame,
    /// Whether the reader decides here.
    manages: bool,
    done: Option<(&'static str, &'static str)>,
    proposals: Vec<ExceptionProposed>,
    in_force: Vec<ExceptionLine>,
    past: Vec<ExceptionLine>,
    rules: Vec<String>,
    form: Blank,
    days: i32,
}

/// What stands in the fields of a form before it is filled in.
struct Blank {
    /// The form's own part of the ids on the page.
    id: String,
    sender: String,
    domains: String,
    reason: String,
    owner: String,
    until: String,
    first: String,
    last: String,
}

/// A proposal with the form that accepts it.
struct ExceptionProposed {
    alarm: FalseAlarm,
    /// The rules that it may be an exception from: those that stopped the mail and are still there.
    rules: Vec<String>,
    form: Blank,
}

/// One exception as the page shows it.
struct ExceptionLine {
    /// Its number, where it is kept and can be ended here.
    number: Option<i64>,
    rule: String,
    /// Whether there is such a rule.
    known: bool,
    sender: Option<String>,
    domains: Vec<String>,
    reason: String,
    owner: String,
    until: Date,
    days_left: i64,
    used: u64,
    /// Who made it on the page, or the file and line where it stands.
    made: String,
    ended: Option<String>,
}

/// What was just done, for the page to say.
#[derive(serde::Deserialize)]
pub struct Done {
    #[serde(default)]
    done: String,
}

/// `GET /exceptions`
pub async fn show(
    State(ctx): State<Arc<Ctx>>,
    signed: Signed,
    Query(done): Query<Done>,
) -> Result<Response, Fault> {
    let (store, policy) = (&ctx.guard.store, ctx.guard.current.get());
    let today = today(&ctx);
    let used = ctx.uses.of_late(store).await?;
    let kept = store.exceptions_until(today.saturating_sub(PAST_DAYS.days())).await?;
    let of_files = policy.rules.exceptions().iter().map(|e| line(&policy, e, None, today, &used));
    let of_store = kept.into_iter().map(|kept| {
        let ended = kept.ended.as_ref().map(|(_, by)| by.clone());
        let by = kept.made_by.clone();
        ExceptionLine { ended, ..line(&policy, &exceptions::exception(kept), Some(by), today, &used) }
    });
    let mut lines: Vec<ExceptionLine> = of_files.chain(of_store).collect();
    lines.sort_by(|a, b| a.until.cmp(&b.until).then_with(|| a.rule.cmp(&b.rule)));
    let (in_force, past) = lines.into_iter().partition(|l| l.days_left >= 0 && l.ended.is_none());
    let owner = signed.user.name.as_str();
    let alarms = store.open_false_alarms(SHOWN).await?;
    let page = ExceptionPage {
        f: Frame::new(&ctx, &signed.visitor),
        manages: signed.user.manages(),
        done: told(&done.done),
        proposals: alarms.into_iter().map(|alarm| proposed(&policy, alarm, owner, today)).collect(),
        in_force,
        past,
        rules: policy.rules.rules().iter().map(|r| r.id.clone()).collect(),
        form: blank("new", owner, today),
        days: exception_uses::DAYS,
    };
    html(&page)
}

/// `POST /exceptions`: makes one.
pub async fn make(
    State(ctx): State<Arc<Ctx>>,
    signed: Signed,
    Form(wish): Form<ExceptionForm>,
) -> Result<Response, Fault> {
    let new = wished(&ctx, &signed, &wish)?;
    let entry = entry(&ctx, "exception-added", &signed, Some(&new));
    ctx.guard.store.add_exception(new, &signed.user.name, entry).await?;
    in_force(&ctx, "made").await
}

/// `POST /exceptions/{number}/end`: ends one before its last day.
pub async fn end(
    State(ctx): State<Arc<Ctx>>,
    signed: Signed,
    Path(number): Path<i64>,
    Form(form): Form<Csrf>,
) -> Result<Response, Fault> {
    may(&signed, &form.csrf)?;
    let store = &ctx.guard.store;
    let kept = store.exception(number).await?.ok_or(Fault::NotFound)?;
    let mut entry = entry(&ctx, "exception-ended", &signed, Some(&kept.what));
    entry.notes.push(format!("exception: no. {number}"));
    store.end_exception(number, &signed.user.name, entry).await?;
    in_force(&ctx, "ended").await
}

/// `POST /exceptions/proposals/{number}/accept`: a proposal becomes an exception.
pub async fn accept(
    State(ctx): State<Arc<Ctx>>,
    signed: Signed,
    Path(number): Path<i64>,
    Form(wish): Form<ExceptionForm>,
) -> Result<Response, Fault> {
    let new = wished(&ctx, &signed, &wish)?;
    let alarm = ctx.guard.store.false_alarm(number).await?.ok_or(Fault::NotFound)?;
    let mut entry = entry(&ctx, "exception-added", &signed, Some(&new));
    entry.case = Some(alarm.case.clone());
    let told = outcome(&ctx, &signed, &alarm, notice::Kind::ExceptionMade, Some(&new), &new.reason).await?;
    decide(&ctx, &signed, number, Answer::Accept(new), entry, told, "accepted").await
}

/// What a refusal says.
#[derive(serde::Deserialize)]
pub struct Refusal {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    why: String,
}

/// `POST /exceptions/proposals/{number}/decline`: a proposal does not become an exception.
pub async fn decline(
    State(ctx): State<Arc<Ctx>>,
    signed: Signed,
    Path(number): Path<i64>,
    Form(form): Form<Refusal>,
) -> Result<Response, Fault> {
    may(&signed, &form.csrf)?;
    let why = form.why.trim();
    if why.is_empty() {
        return Err(Fault::Bad("断る理由を書いてください。", "Say why it is declined."));
    }
    let alarm = ctx.guard.store.false_alarm(number).await?.ok_or(Fault::NotFound)?;
    let mut entry = entry(&ctx, "false-alarm-declined", &signed, None);
    entry.case = Some(alarm.case.clone());
    entry.reason = Some(why.to_string());
    let told = outcome(&ctx, &signed, &alarm, notice::Kind::ExceptionDeclined, None, why).await?;
    decide(&ctx, &signed, number, Answer::Decline(why.to_string()), entry, told, "declined").await
}

async fn decide(
    ctx: &Ctx,
    signed: &Signed,
    number: i64,
    answer: Answer,
    entry: Entry,
    told: notice::Notice,
    done: &'static str,
) -> Result<Response, Fault> {
    let notice = serde_json::to_value(&told).ok().map(Into::into);
    let by = &signed.user.name;
    match ctx.guard.store.answer_false_alarm(number, answer, by, entry, notice).await? {
        true => in_force(ctx, done).await,
        false => Err(Fault::Bad("この提案は、すでに判断されています。", "This proposal was decided before.")),
    }
}

/// Puts what the store keeps in force, and goes back to the list.
async fn in_force(ctx: &Ctx, done: &'static str) -> Result<Response, Fault> {
    ctx.guard.current.renew(&ctx.guard.store).await?;
    Ok(Redirect::to(&format!("/exceptions?done={done}")).into_response())
}

fn may(signed: &Signed, csrf: &str) -> Result<(), Fault> {
    signed.check(csrf)?;
    if signed.user.manages() { Ok(()) } else { Err(Fault::Forbidden) }
}

fn wished(ctx: &Ctx, signed: &Signed, wish: &ExceptionForm) -> Result<NewException, Fault> {
    may(signed, &wish.csrf)?;
    let policy = ctx.guard.current.get();
    wish.exception(&policy, today(ctx)).map_err(|(ja, en)| Fault::Bad(ja, en))
}

/// The word to whoever proposed it.
async fn outcome(
    ctx: &Ctx,
    signed: &Signed,
    alarm: &FalseAlarm,
    kind: notice::Kind,
    made: Option<&NewException>,
    reason: &str,
) -> Result<notice::Notice, Fault> {
    let (store, policy) = (&ctx.guard.store, ctx.guard.current.get());
    let mut told = notice::Notice::new(kind, vec![alarm.said_by.clone()], store.clock().now());
    told.case = Some(alarm.case.clone());
    told.by = Some(signed.user.display.clone());
    told.reason = Some(reason.to_string());
    if let Some(case) = store.case(&alarm.case).await? {
        told.mail = Some(notice::About {
            sender: case.sender,
            message_id: case.message_id,
            subject: case.subject,
            at: Some(case.opened_at),
            external: case.external,
            ..notice::About::default()
        });
    }
    // To the end of the last day.
    let until = made.map(|new| new.until.at(23, 59, 59, 0).to_zoned(ctx.time_zone.clone()));
    told.until = until.and_then(Result::ok).map(|at| at.timestamp());
    let concerned = made.map(|new| &new.rule).or(alarm.rules.first());
    let rule = concerned.and_then(|id| policy.rules.rules().iter().find(|r| r.id == *id));
    told.causes = rule.iter().map(|r| cause(&policy, &r.id, r.reason.clone(), &[], &r.incidents)).collect();
    Ok(told)
}

fn entry(ctx: &Ctx, what: &str, signed: &Signed, about: Option<&NewException>) -> Entry {
    let mut entry = Entry::new(ctx.guard.store.clock().now(), Kind::Person, what);
    entry.actor = Some(signed.user.name.clone());
    if let Some(new) = about {
        entry.reason = Some(new.reason.clone());
        let sender = new.sender.as_ref().or(new.sender_domain.as_ref());
        entry.notes = vec![format!("rule: {}", new.rule)];
        entry.notes.extend(sender.map(|sender| format!("sender: {sender}")));
        if !new.recipient_domains.is_empty() {
            entry.notes.push(format!("recipient domains: {}", new.recipient_domains.join(", ")));
        }
        entry.notes.push(format!("owner: {}", new.owner));
        entry.notes.push(format!("until: {}", new.until));
    }
    entry
}

fn line(
    policy: &Policy,
    exception: &Exception,
    made_by: Option<String>,
    today: Date,
    used: &HashMap<String, u64>,
) -> ExceptionLine {
    let (number, stands) = match &exception.stands {
        Stands::Kept(number) => (Some(*number), String::new()),
        Stands::File { file, line } => {
            (None, format!("{}:{line}", file.file_name().unwrap_or_default().to_string_lossy()))
        }
    };
    ExceptionLine {
        number,
        rule: exception.rule.clone(),
        known: policy.rules.rules().iter().any(|r| r.id == exception.rule),
        sender: exception.sender.clone().or(exception.sender_domain.as_ref().map(|d| format!("@{d}"))),
        domains: exception.recipient_domains.clone().unwrap_or_default(),
        reason: exception.reason.clone(),
        owner: exception.owner.clone(),
        until: exception.until,
        days_left: (exception.until - today).get_days().into(),
        used: used.get(&exception.mark()).copied().unwrap_or(0),
        made: made_by.unwrap_or(stands),
        ended: None,
    }
}

fn proposed(policy: &Policy, alarm: FalseAlarm, owner: &str, today: Date) -> ExceptionProposed {
    let known = |id: &String| policy.rules.rules().iter().any(|r| r.id == *id);
    let outside = |domain: &&String| !policy.organization.is_internal(domain);
    let domains: Vec<&str> =
        alarm.recipient_domains.iter().filter(outside).map(String::as_str).take(10).collect();
    let form = Blank {
        sender: alarm.sender.clone(),
        domains: domains.join(" "),
        reason: alarm.why.clone(),
        ..blank(&alarm.id.to_string(), owner, today)
    };
    ExceptionProposed { rules: alarm.rules.iter().filter(|id| known(id)).cloned().collect(), form, alarm }
}

fn blank(id: &str, owner: &str, today: Date) -> Blank {
    let (first, last) = limits(today);
    Blank {
        id: id.to_string(),
        sender: String::new(),
        domains: String::new(),
        reason: String::new(),
        owner: owner.to_string(),
        until: today.saturating_add(90.days()).to_string(),
        first: first.to_string(),
        last: last.to_string(),
    }
}

fn told(done: &str) -> Option<(&'static str, &'static str)> {
    match done {
        "made" => Some(("例外を追加しました。すぐに働きます。", "The exception is in force.")),
        "ended" => Some(("例外を終わらせました。", "The exception has been ended.")),
        "accepted" => Some((
            "提案を例外にしました。提案した人に知らせます。",
            "The proposal is an exception now; whoever proposed it hears of it.",
        )),
        "declined" => Some((
            "提案を断りました。提案した人に知らせます。",
            "The proposal was declined; whoever proposed it hears of it.",
        )),
        _ => None,
    }
}

fn today(ctx: &Ctx) -> Date {
    ctx.time_zone.to_datetime(ctx.guard.store.clock().now()).date()
}
