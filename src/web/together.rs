//! Bursts: many mails of one sender held by one rule within the hour, seen and decided together. What
//! needs a second person is never let go of together; each of those is looked at by itself.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Form, Query, State};
use axum::response::Response;

use super::Ctx;
use super::answers::{in_words, who_decided};
use super::cases::{Labels, rule_of};
use super::fault::Fault;
use super::fields::{Fields, number, query_of};
use super::page::{Frame, User, html};
use super::standing::{Judge, Standing};
use super::visitor::Signed;
use crate::casebook::Bilingual;
use crate::clock::Timestamp;
use crate::guard::leave;
use crate::hold::review::{self, Decision, Leaving, Refusal, What};
use crate::hold::reviewer::Reviewer;
use crate::store::listing::{Line, Wanted};
use crate::store::{Approval, State as CaseState};

/// So many mails make a burst.
const FEWEST: usize = 3;
/// A burst lasts so long, in seconds.
const LASTS: i64 = 3_600;
/// So many mails are decided together at most; each is a transaction of its own.
const AT_ONCE: usize = 500;

/// One place in the list of waiting mail.
#[derive(Debug, PartialEq)]
pub enum Place {
    One(Line),
    /// The newest first.
    Many(Vec<Line>),
}

impl Place {
    /// The case that stands for the place: the newest.
    pub fn first(&self) -> Option<&Line> {
        match self {
            Place::One(line) => Some(line),
            Place::Many(lines) => lines.first(),
        }
    }

    /// When the first of it ends.
    pub fn ends_at(&self) -> Timestamp {
        let lines = match self {
            Place::One(line) => std::slice::from_ref(line),
            Place::Many(lines) => lines.as_slice(),
        };
        lines.iter().map(|line| line.ends_at).min().unwrap_or(Timestamp::MAX)
    }
}

/// Puts mails of one sender that one rule held within the hour together. The order stays: a burst
/// stands where its newest mail stood. `lines` are the newest first.
pub fn gather(lines: Vec<Line>) -> Vec<Place> {
    let mut bursts: Vec<Vec<Line>> = Vec::new();
    let mut open: HashMap<(String, String), usize> = HashMap::new();
    for line in lines {
        let key = (line.sender.clone(), rule_of(&line).to_string());
        let fits = |at: &&usize| {
            let newest = bursts.get(**at).and_then(|burst| burst.first());
            newest.is_some_and(|n| n.opened_at.as_second() - line.opened_at.as_second() < LASTS)
        };
        match open.get(&key).filter(fits).copied() {
            Some(at) => bursts[at].push(line),
            None => {
                open.insert(key, bursts.len());
                bursts.push(vec![line]);
            }
        }
    }
    let mut places: Vec<Place> = Vec::new();
    for burst in bursts {
        match burst.len() >= FEWEST {
            true => places.push(Place::Many(burst)),
            false => places.extend(burst.into_iter().map(Place::One)),
        }
    }
    places.sort_by_key(|place| std::cmp::Reverse(place.first().map(|line| line.opened_at)));
    places
}

/// Over how many minutes mails came, at least one. They are the newest first.
pub fn minutes(lines: &[Line]) -> i64 {
    let second = |line: Option<&Line>| line.map_or(0, |line| line.opened_at.as_second());
    (second(lines.first()) - second(lines.last())).div_euclid(60) + 1
}

/// The address of a burst's page.
pub fn address(lines: &[Line]) -> String {
    let (Some(newest), Some(oldest)) = (lines.first(), lines.last()) else {
        return "/cases".into();
    };
    let (from, to) = (oldest.opened_at.as_millisecond(), newest.opened_at.as_millisecond());
    let (from, to) = (from.to_string(), to.to_string());
    let pairs = [("sender", newest.sender.as_str()), ("rule", rule_of(newest)), ("from", &from), ("to", &to)];
    format!("/cases/together{}", query_of(pairs.into_iter()))
}

/// Why a mail may not be let go of together with others.
pub fn must_be_looked_at(line: &Line) -> bool {
    line.approval == Approval::SecondPerson || line.refused
}

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
struct Page {
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
}

/// `GET /cases/together`: a burst as a table.
pub async fn show(
    State(ctx): State<Arc<Ctx>>,
    signed: Signed,
    Query(fields): Query<Fields>,
) -> Result<Response, Fault> {
    let members = members(&ctx, &signed.user, &fields).await?;
    let outside = || members.iter().map(|m| m.line.external);
    let lines: Vec<Line> = members.iter().map(|m| m.line.clone()).collect();
    html(&Page {
        f: Frame::new(&ctx, &signed.visitor),
        labels: Labels,
        sender: fields.one("sender").to_string(),
        rule: fields.one("rule").to_string(),
        minutes: minutes(&lines),
        outside: (outside().min().unwrap_or(0), outside().max().unwrap_or(0)),
        decides: members.iter().any(|m| m.standing.decides()),
        free: members.iter().filter(|m| m.may_leave()).count(),
        members,
    })
}

/// The waiting mails of the burst that the fields name.
async fn members(ctx: &Ctx, user: &User, fields: &Fields) -> Result<Vec<Member>, Fault> {
    let time = |name: &str| fields.one(name).parse().ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    let (Some(sender), Some(from), Some(to)) = (fields.some("sender"), time("from"), time("to")) else {
        return Err(Fault::NotFound);
    };
    let until = Timestamp::from_millisecond(to.as_millisecond().saturating_add(1)).ok();
    let wanted = Wanted { sender: Some(sender), since: Some(from), until, ..Wanted::default() };
    let lines = ctx.guard.store.waiting(&wanted, AT_ONCE).await?;
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
    let marked = fields.all("case");
    let all = members(ctx, user, fields).await?;
    let all = all.into_iter().filter(|m| m.standing.decides());
    let (severe, members): (Vec<Member>, Vec<Member>) = all
        .filter(|m| word == "drain" || marked.contains(&m.line.id))
        .partition(|m| deed == Deed::Release && !m.may_leave());
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
        query: fields.query(&["sender", "rule", "from", "to"]),
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
struct Done {
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
    let mut results = Vec::new();
    for member in chosen.members {
        let refused = one(&ctx, &signed.user, &member.line, chosen.deed, reason).await?;
        results.push(Decided { line: member.line, refused });
    }
    html(&Done {
        f: Frame::new(&ctx, &signed.visitor),
        labels: Labels,
        cancel: chosen.deed == Deed::Cancel,
        done: results.iter().filter(|r| r.refused.is_none()).count(),
        results,
        query: fields.query(&["sender", "rule", "from", "to"]),
    })
}

/// Decides about one mail; why it could not be done.
async fn one(
    ctx: &Ctx,
    user: &User,
    line: &Line,
    deed: Deed,
    reason: &str,
) -> Result<Option<Bilingual>, Fault> {
    let store = &ctx.guard.store;
    let (house, now) = (ctx.guard.current.get(), store.clock().now());
    let prepare = |leaving: &Leaving| leave::outgoing(&house, leaving, now);
    let approvers = ctx.desk.get();
    let reviewer = Reviewer { approvers: &approvers, opened: None };
    let decision =
        Decision { id: &line.id, by: &user.name, reason, undo: ctx.undo, seen: None, removed: &[] };
    let what = match deed {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn line(id: &str, sender: &str, rule: &str, at: i64) -> Line {
        Line {
            id: id.into(),
            state: CaseState::Held,
            sender: sender.into(),
            subject: None,
            recipients: 1,
            external: 1,
            rewrite: None,
            approval: Approval::Sender,
            rules: vec![rule.into()],
            refused: false,
            opened_at: Timestamp::from_second(at).unwrap(),
            ends_at: Timestamp::from_second(at + 9_000).unwrap(),
            concluded_at: None,
            proposed: false,
        }
    }

    #[test]
    fn mails_of_one_sender_and_rule_within_the_hour_stand_together() {
        let lines = vec![
            line("9", "a@x.example", "burst", 9_000),
            line("8", "b@x.example", "burst", 8_900),
            line("7", "a@x.example", "burst", 8_800),
            line("6", "a@x.example", "other", 8_700),
            line("5", "a@x.example", "burst", 5_401),
            line("4", "a@x.example", "burst", 5_400),
            line("3", "a@x.example", "burst", 5_300),
        ];
        let places = gather(lines);
        let ids: Vec<Vec<&str>> = places
            .iter()
            .map(|place| match place {
                Place::One(line) => vec![line.id.as_str()],
                Place::Many(lines) => lines.iter().map(|l| l.id.as_str()).collect(),
            })
            .collect();
        // The last two are more than an hour older than the newest, and two make no burst.
        assert_eq!(ids, [vec!["9", "7", "5"], vec!["8"], vec!["6"], vec!["4"], vec!["3"]]);
        assert_eq!(places[0].ends_at(), Timestamp::from_second(14_401).unwrap());
    }

    #[test]
    fn what_needs_a_second_person_is_looked_at_by_itself() {
        let mut mail = line("1", "a@x.example", "r", 0);
        assert!(!must_be_looked_at(&mail));
        mail.refused = true;
        assert!(must_be_looked_at(&mail));
        mail = Line { approval: Approval::SecondPerson, refused: false, ..mail };
        assert!(must_be_looked_at(&mail));
    }
}
