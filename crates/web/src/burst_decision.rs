//! A burst seen and decided together: many mails of one sender held by one rule within the hour. What
//! needs a second person is never let go of together; each of those is looked at by itself.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use axum::extract::{Form, Query, State};
use axum::response::Response;

use super::Ctx;
use super::answers::{in_words, who_decided};
use super::bursts::{minutes, must_be_looked_at};
use super::cases::{Labels, NO_RULE, rule_of};
use super::decision_rights::{Judge, Standing};
use super::error_page::Fault;
use super::fields::{Fields, number, query_of};
use super::page::{Frame, User, html};
use super::visitor::Signed;
use casebook::Bilingual;
use guard::finalize;
use hold::review::{self, Decision, HeldTransaction, Refusal, What};
use hold::reviewer::Reviewer;
use store::State as CaseState;
use store::listing::{Line, Wanted};
use terms::clock::Timestamp;

/// So many mails are shown, and decided, together at most; each is a transaction of its own.
const AT_ONCE: usize = 500;
/// So many of a burst are counted.
const MOST: usize = 5_000;

/// One mail of the table.
struct Member {
    line: Line,
    standing: Standing,
    severe: bool,
}

impl Member {
    fn of(line: Line, judge: &mut Judge) -> Member {
        Member { standing: judge.line(&line), severe: must_be_looked_at(&line), line }
    }

    fn may_leave(&self) -> bool {
        self.standing.decides() && !self.severe && self.line.state == CaseState::Held
    }
}

#[derive(askama::Template)]
#[template(path = "together.html")]
struct TogetherPage {
    f: Frame,
    labels: Labels,
    sender: String,
    rule: String,
    members: Vec<Member>,
    minutes: i64,
    /// The fewest and the most outside recipients of one.
    outside: (usize, usize),
    decides: bool,
    /// How many of them may be let go of together.
    free: usize,
    /// How many there are in all, counted up to [`MOST`], and how many newer ones are passed over.
    total: usize,
    skipped: usize,
    /// Where the whole burst begins and ends, as it stands in the address.
    from: String,
    to: String,
    /// Says when the page was opened.
    stamp: String,
}

impl TogetherPage {
    /// How many older ones are left over.
    fn older(&self) -> usize {
        self.total.saturating_sub(self.skipped + self.members.len())
    }

    /// The same burst, `skip` newer ones passed over.
    fn at(&self, skip: usize) -> String {
        let skip = skip.to_string();
        let pairs = [
            ("sender", self.sender.as_str()),
            ("rule", &self.rule),
            ("from", &self.from),
            ("to", &self.to),
            ("skip", &skip),
        ];
        format!("/cases/together{}", query_of(pairs.into_iter().filter(|(_, value)| *value != "0")))
    }

    /// The page of those before, and of those after.
    fn newer(&self) -> String {
        self.at(self.skipped.saturating_sub(AT_ONCE))
    }

    fn next(&self) -> String {
        self.at(self.skipped + self.members.len())
    }
}

/// `GET /cases/together`: a burst as a table.
pub async fn show(
    State(ctx): State<Arc<Ctx>>,
    signed: Signed,
    Query(fields): Query<Fields>,
) -> Result<Response, Fault> {
    let all = members(&ctx, &signed.user, &fields).await?;
    let (total, skipped) = (all.len(), skipped(&fields).min(all.len()));
    let members: Vec<Member> = all.into_iter().skip(skipped).take(AT_ONCE).collect();
    let outside = || members.iter().map(|m| m.line.external);
    let lines: Vec<Line> = members.iter().map(|m| m.line.clone()).collect();
    html(&TogetherPage {
        f: Frame::new(&ctx, &signed.visitor),
        labels: Labels,
        sender: fields.one("sender").to_string(),
        rule: fields.one("rule").to_string(),
        minutes: minutes(&lines),
        outside: (outside().min().unwrap_or(0), outside().max().unwrap_or(0)),
        decides: members.iter().any(|m| m.standing.decides()),
        free: members.iter().filter(|m| m.may_leave()).count(),
        total,
        skipped,
        from: fields.one("from").to_string(),
        to: fields.one("to").to_string(),
        stamp: stamp(&ctx, &signed.user, &fields),
        members,
    })
}

/// How many newer ones are passed over.
fn skipped(fields: &Fields) -> usize {
    fields.one("skip").parse().unwrap_or(0)
}

/// What a stamp of a burst's page is for.
fn stamped(fields: &Fields) -> String {
    format!("together/{}/{}", fields.one("sender"), fields.one("rule"))
}

/// When the burst was opened, as the form says; now, where it does not say so.
fn opened(ctx: &Ctx, user: &User, fields: &Fields) -> Timestamp {
    let known = ctx.links.opened(fields.one("opened"), &stamped(fields), &user.name);
    known.unwrap_or_else(|| ctx.guard.store.clock().now())
}

/// A word for when it was opened, that goes with the forms.
fn stamp(ctx: &Ctx, user: &User, fields: &Fields) -> String {
    ctx.links.stamp(&stamped(fields), &user.name, opened(ctx, user, fields))
}

/// The waiting mails of the burst that the fields name.
async fn members(ctx: &Ctx, user: &User, fields: &Fields) -> Result<Vec<Member>, Fault> {
    let time = |name: &str| fields.one(name).parse().ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    let (Some(sender), Some(from), Some(to)) = (fields.some("sender"), time("from"), time("to")) else {
        return Err(Fault::NotFound);
    };
    let until = Timestamp::from_millisecond(to.as_millisecond().saturating_add(1)).ok();
    let rule = fields.some("rule").filter(|rule| rule != NO_RULE);
    let wanted = Wanted { sender: Some(sender), since: Some(from), until, rule, ..Wanted::default() };
    let lines = ctx.guard.store.waiting(&wanted, MOST).await?;
    let same = lines.into_iter().filter(|line| rule_of(line) == fields.one("rule"));
    let mut judge = Judge::of(ctx, user).await?;
    Ok(same.map(|line| Member::of(line, &mut judge)).collect())
}

/// What is done with the chosen mails.
#[derive(Clone, Copy, PartialEq)]
enum Deed {
    Cancel,
    Release,
}

/// The mails that were chosen, and what is to become of them.
struct Chosen {
    deed: Deed,
    members: Vec<Member>,
    /// These must be looked at one by one.
    severe: Vec<Line>,
}

async fn chosen(ctx: &Ctx, user: &User, fields: &Fields) -> Result<Chosen, Fault> {
    let word = fields.one("do");
    let deed = match word {
        "cancel" => Deed::Cancel,
        "release" | "drain" => Deed::Release,
        _ => return Err(Fault::NotFound),
    };
    let marked: HashSet<String> = fields.all("case").into_iter().collect();
    let all = members(ctx, user, fields).await?;
    // What remains is what the page shows of it.
    let shown = skipped(fields)..skipped(fields).saturating_add(AT_ONCE);
    let wanted = all.into_iter().enumerate().filter(|(place, member)| match word {
        "drain" => shown.contains(place),
        _ => marked.contains(&member.line.id),
    });
    let theirs = wanted.map(|(_, member)| member).filter(|m| m.standing.decides()).take(AT_ONCE);
    let (severe, members): (Vec<Member>, Vec<Member>) =
        theirs.partition(|m| deed == Deed::Release && !m.may_leave());
    Ok(Chosen { deed, members, severe: severe.into_iter().map(|m| m.line).collect() })
}

#[derive(askama::Template)]
#[template(path = "together_confirm.html")]
struct Confirm {
    f: Frame,
    cancel: bool,
    members: Vec<Line>,
    severe: Vec<Line>,
    recipients: usize,
    query: String,
    sender: String,
    rule: String,
    from: String,
    to: String,
    stamp: String,
}

/// `GET /cases/together/confirm`: what would become of which mails.
pub async fn confirm(
    State(ctx): State<Arc<Ctx>>,
    signed: Signed,
    Query(fields): Query<Fields>,
) -> Result<Response, Fault> {
    if !signed.user.decides() {
        return Err(Fault::Forbidden);
    }
    let chosen = chosen(&ctx, &signed.user, &fields).await?;
    let members: Vec<Line> = chosen.members.into_iter().map(|m| m.line).collect();
    html(&Confirm {
        f: Frame::new(&ctx, &signed.visitor),
        cancel: chosen.deed == Deed::Cancel,
        recipients: members.iter().map(|line| line.recipients).sum(),
        members,
        severe: chosen.severe,
        query: fields.query(&["sender", "rule", "from", "to", "skip"]),
        stamp: stamp(&ctx, &signed.user, &fields),
        sender: fields.one("sender").into(),
        rule: fields.one("rule").into(),
        from: fields.one("from").into(),
        to: fields.one("to").into(),
    })
}

/// What became of one mail.
struct Decided {
    line: Line,
    /// None where it was done; otherwise why not.
    refused: Option<Bilingual>,
}

#[derive(askama::Template)]
#[template(path = "together_done.html")]
struct TogetherDone {
    f: Frame,
    labels: Labels,
    cancel: bool,
    results: Vec<Decided>,
    done: usize,
    query: String,
}

/// `POST /cases/together/decide`
pub async fn decide(
    State(ctx): State<Arc<Ctx>>,
    signed: Signed,
    Form(fields): Form<Fields>,
) -> Result<Response, Fault> {
    signed.check(fields.one("csrf"))?;
    if !signed.user.decides() {
        return Err(Fault::Forbidden);
    }
    let reason = fields.one("reason");
    if reason.is_empty() {
        return Err(Fault::Bad("理由を書いてください。", "Say why."));
    }
    let chosen = chosen(&ctx, &signed.user, &fields).await?;
    // What was shown is what is done: a mail that came since, or is gone, changes the number.
    if number(fields.one("count")) != Some(chosen.members.len()) || chosen.members.is_empty() {
        return Err(Fault::Bad(
            "件数が一致しません。前の画面に戻り、対象のメールを確かめてください。",
            "The number is not right. Go back and look at the mails again.",
        ));
    }
    let seen: HashMap<String, u32> = fields.all("seen").iter().filter_map(|seen| parts_seen(seen)).collect();
    let word =
        Word { user: &signed.user, deed: chosen.deed, reason, opened: opened(&ctx, &signed.user, &fields) };
    let mut results = Vec::new();
    for member in chosen.members {
        // A mail that the form does not tell the parts of was not shown.
        let parts = seen.get(&member.line.id).copied().unwrap_or(0);
        let refused = one(&ctx, &word, &member.line, parts).await?;
        results.push(Decided { line: member.line, refused });
    }
    html(&TogetherDone {
        f: Frame::new(&ctx, &signed.visitor),
        labels: Labels,
        cancel: chosen.deed == Deed::Cancel,
        done: results.iter().filter(|r| r.refused.is_none()).count(),
        results,
        query: fields.query(&["sender", "rule", "from", "to"]),
    })
}

/// `K7F3-22QX 2`: a case, and how many parts of it were shown.
fn parts_seen(text: &str) -> Option<(String, u32)> {
    let (case, parts) = text.split_once(' ')?;
    Some((case.to_string(), parts.parse().ok()?))
}

/// Somebody's word about all of them.
struct Word<'a> {
    user: &'a User,
    deed: Deed,
    reason: &'a str,
    opened: Timestamp,
}

/// Decides about one mail of which so many parts were shown; why it could not be done.
async fn one(ctx: &Ctx, word: &Word<'_>, line: &Line, parts: u32) -> Result<Option<Bilingual>, Fault> {
    let store = &ctx.guard.store;
    let (policy, now) = (ctx.guard.current.get(), store.clock().now());
    let prepare = |leaving: &HeldTransaction| finalize::outgoing(&policy, leaving, now);
    let approvers = ctx.desk.get();
    let reviewer = Reviewer { approvers: &approvers, opened: Some(word.opened) };
    let (id, by, reason, undo) = (&line.id, &word.user.name, word.reason, ctx.undo);
    let decision = Decision { id, by, reason, undo, seen: Some(parts), removed: &[] };
    let what = match word.deed {
        Deed::Cancel => What::Cancel,
        Deed::Release => What::Release(&prepare),
    };
    let done = review::decide_as(store, reviewer, decision, what).await;
    match done {
        Ok(_) => Ok(None),
        Err(Refusal::Over(state)) => Ok(Some(who_decided(ctx, &line.id, state).await?)),
        Err(refusal) => in_words(refusal).map(Some),
    }
}
