//! The list of cases: what waits, with bursts put together, and what has ended. Filters and search are
//! in the address, so that a list can be kept and passed on.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::Ctx;
use super::bursts::{self, Place};
use super::decision_rights::{Judge, Standing};
use super::error_page::Fault;
use super::fields::{Fields, query_of};
use super::page::{Frame, User, html};

use super::visitor::Signed;
use store::listing::{self, Line, Wanted};
use store::{Approval, Rewrite, State as CaseState};
use terms::clock::Timestamp;

/// So many cases stand on a page.
const PAGE: usize = 50;
/// More waiting cases than this are not listed at once; the page then says so.
const MOST: usize = 5_000;
/// So long is searched through cases that have ended, before what was found is shown.
const PATIENCE: Duration = Duration::from_millis(20);

/// The names of the filters, as they stand in the address.
const FILTERS: &[&str] = &["state", "q", "sender", "recipient", "rule", "approval", "age", "sort"];

/// Names of states and the like, for people.
pub struct Labels;

impl Labels {
    pub fn state(&self, f: &Frame, state: &CaseState) -> String {
        let (ja, en) = match state {
            CaseState::Held => ("保留中", "held"),
            CaseState::Delayed => ("送信待ち", "delayed"),
            CaseState::Released => ("送信した", "released"),
            CaseState::Repaired => ("直して送信した", "changed and released"),
            CaseState::Cancelled => ("取り消した", "cancelled"),
            CaseState::Expired => ("期限切れ", "expired"),
            CaseState::Left => ("時間どおり送信した", "left in time"),
        };
        f.of(ja, en).to_string()
    }

    /// The class of a state's badge.
    pub fn tone(&self, state: &CaseState) -> &'static str {
        match state {
            CaseState::Held => "warn",
            CaseState::Delayed => "info",
            CaseState::Released | CaseState::Repaired | CaseState::Left => "good",
            CaseState::Cancelled | CaseState::Expired => "",
        }
    }

    pub fn approval(&self, f: &Frame, approval: &Approval) -> String {
        let (ja, en) = match approval {
            Approval::None => ("確認は不要", "needs nobody"),
            Approval::Sender => ("送信者の確認", "needs the sender"),
            Approval::SecondPerson => ("承認者の確認", "needs an approver"),
        };
        f.of(ja, en).to_string()
    }

    pub fn rewrite(&self, f: &Frame, rewrite: &Rewrite) -> String {
        let (ja, en) = match rewrite {
            Rewrite::Bcc => ("宛先を Bcc に直して", "with the recipients moved to Bcc"),
            Rewrite::Individual => ("社外の宛先へ1通ずつ", "as one copy for each outside recipient"),
        };
        f.of(ja, en).to_string()
    }
}

/// What stands for a case that no rule in force holds.
pub const NO_RULE: &str = "sekisho";

/// The rule that stands for a case: the most severe one in force.
pub fn rule_of(line: &Line) -> &str {
    line.rules.first().map_or(NO_RULE, String::as_str)
}

/// A place in the list, as it is shown.
enum Row {
    One { line: Line, standing: Standing },
    Many { burst: Burst },
}

struct Burst {
    newest: Line,
    count: usize,
    minutes: i64,
    ends_at: Timestamp,
    severe: bool,
    address: String,
}

impl Burst {
    fn rule(&self) -> &str {
        rule_of(&self.newest)
    }
}

#[derive(askama::Template)]
#[template(path = "cases.html")]
struct CaseListPage {
    f: Frame,
    labels: Labels,
    fields: Fields,
    rows: Vec<Row>,
    counts: (u64, u64),
    /// How many were found, where all were counted.
    total: Option<usize>,
    ended: bool,
    narrowed: bool,
    cut: bool,
    searched_to: Option<Timestamp>,
    newer: Option<String>,
    older: Option<String>,
    rules: Vec<String>,
}

/// `GET /cases`
pub async fn list(
    State(ctx): State<Arc<Ctx>>,
    signed: Signed,
    Query(fields): Query<Fields>,
) -> Result<Response, Fault> {
    if let Some(case) = ctx.guard.store.case(fields.one("q")).await? {
        return Ok(Redirect::to(&format!("/cases/{}", case.id)).into_response());
    }
    let states = states(fields.one("state"))?;
    let wanted = wanted(&fields, &states, ctx.guard.store.clock().now());
    let mut rules: Vec<String> = ctx.guard.current.get().rules.rules().iter().map(|r| r.id.clone()).collect();
    rules.sort();
    let mut page = CaseListPage {
        f: Frame::new(&ctx, &signed.visitor),
        labels: Labels,
        rows: Vec::new(),
        counts: ctx.guard.store.count_waiting().await?,
        total: None,
        ended: states.iter().any(|state| !state.is_waiting()),
        narrowed: !fields.query(&FILTERS[2..7]).is_empty(),
        cut: false,
        searched_to: None,
        newer: None,
        older: None,
        rules,
        fields,
    };
    let judge = Judge::of(&ctx, &signed.user).await?;
    match page.ended {
        true => ended(&ctx, &wanted, judge, &mut page).await?,
        false => waiting(&ctx, &wanted, judge, &mut page).await?,
    }
    html(&page)
}

/// The states that a word of the filter stands for.
fn states(word: &str) -> Result<Vec<CaseState>, Fault> {
    match word {
        "" | "waiting" => Ok(vec![CaseState::Held, CaseState::Delayed]),
        "ended" => Ok(CaseState::ALL.into_iter().filter(|state| !state.is_waiting()).collect()),
        name => CaseState::of(name).map(|state| vec![state]).ok_or(Fault::NotFound),
    }
}

fn wanted(fields: &Fields, states: &[CaseState], now: Timestamp) -> Wanted {
    let hours = match fields.one("age") {
        "1h" => Some(1),
        "4h" => Some(4),
        "1d" => Some(24),
        "3d" => Some(72),
        "7d" => Some(168),
        _ => None,
    };
    Wanted {
        states: states.to_vec(),
        sender: fields.some("sender"),
        recipient: fields.some("recipient"),
        rule: fields.some("rule"),
        approval: Approval::of(fields.one("approval")),
        since: None,
        until: hours.map(|hours| now - Duration::from_secs(hours * 3_600)),
        text: fields.some("q"),
    }
}

/// All that waits: what the reader may decide about first, then in the order that was asked for.
async fn waiting(ctx: &Ctx, wanted: &Wanted, mut judge: Judge, page: &mut CaseListPage) -> Result<(), Fault> {
    let mut lines = ctx.guard.store.waiting(wanted, MOST + 1).await?;
    page.cut = lines.len() > MOST;
    lines.truncate(MOST);
    page.total = Some(lines.len());
    let mut places = bursts::gather(lines);
    if page.fields.one("sort") == "ending" {
        places.sort_by_key(Place::ends_at);
    }
    if page.f.user.as_ref().is_some_and(User::decides) {
        places.sort_by_cached_key(|place| !place.first().is_some_and(|line| judge.line(line).decides()));
    }
    let number = page.fields.one("page").parse::<usize>().unwrap_or(1).clamp(1, MOST);
    let count = places.len();
    let from = (number - 1).saturating_mul(PAGE);
    page.rows = places.into_iter().skip(from).take(PAGE).filter_map(|place| row(place, &mut judge)).collect();
    page.newer = (number > 1).then(|| at_page(&page.fields, number - 1));
    page.older = (from + PAGE < count).then(|| at_page(&page.fields, number + 1));
    Ok(())
}

fn row(place: Place, judge: &mut Judge) -> Option<Row> {
    let ends_at = place.ends_at();
    match place {
        Place::One(line) => Some(Row::One { standing: judge.line(&line), line }),
        Place::Many(lines) => {
            let address = bursts::address(&lines);
            let severe = lines.iter().any(bursts::must_be_looked_at);
            let (count, minutes) = (lines.len(), bursts::minutes(&lines));
            let newest = lines.into_iter().next()?;
            Some(Row::Many { burst: Burst { newest, count, minutes, ends_at, severe, address } })
        }
    }
}

fn at_page(fields: &Fields, number: usize) -> String {
    let query = fields.query(FILTERS);
    let joint = if query.is_empty() { "?" } else { "&" };
    format!("/cases{query}{joint}page={number}")
}

/// What has ended, the newest first, as far as it is found in time.
async fn ended(ctx: &Ctx, wanted: &Wanted, mut judge: Judge, page: &mut CaseListPage) -> Result<(), Fault> {
    let after = page.fields.some("after").and_then(|after| {
        let (at, id) = after.split_once('.')?;
        Some(listing::Place { opened_at: at.parse().ok()?, id: id.to_string() })
    });
    let behind = after.is_some();
    let stretch = ctx.guard.store.leaf_through(wanted, after, PAGE, PATIENCE).await?;
    let one = |line: Line| Row::One { standing: judge.line(&line), line };
    page.rows = stretch.lines.into_iter().map(one).collect();
    page.searched_to = stretch.searched_to;
    let query = page.fields.query(FILTERS);
    page.newer = behind.then(|| format!("/cases{query}"));
    page.older = stretch.next.map(|next| {
        let after = format!("{}.{}", next.opened_at, next.id);
        let more = query_of([("after", after.as_str())].into_iter()).replace('?', "&");
        format!("/cases{query}{more}")
    });
    Ok(())
}
