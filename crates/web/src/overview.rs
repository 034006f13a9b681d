//! The overview: what was decided over the last weeks, what waits, how long it waited, and which
//! incidents' like was stopped.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::Response;
use jiff::{SignedDuration, ToSpan};

use super::Ctx;
use super::chart::Bars;
use super::error_page::Fault;
use super::page::{Frame, html};
use super::visitor::Signed;
use super::words;
use casebook::Bilingual;
use store::tallies::{Tally, Waits, What};
use terms::clock::Timestamp;

/// Verdicts, from the ground up.
const VERDICTS: [&str; 5] = ["pass", "rewrite", "delay", "hold", "reject"];
/// The same without what passed, which is most.
const STOPPED: [&str; 4] = ["rewrite", "delay", "hold", "reject"];
/// So many quick decisions are counted.
const QUICK: usize = 1_000;
/// So many rules and incidents are named.
const NAMED: usize = 12;

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct Wanted {
    /// How many days back: 7, 30 or 90.
    days: Option<i64>,
}

/// An incident whose like was stopped.
struct Prevented {
    id: String,
    organization: Option<Bilingual>,
    count: u64,
}

#[derive(askama::Template)]
#[template(path = "overview.html")]
struct OverviewPage {
    f: Frame,
    days: i64,
    mails: u64,
    stopped: u64,
    waiting: u64,
    verdicts: BTreeMap<String, u64>,
    ends: BTreeMap<String, u64>,
    all: Bars,
    few: Bars,
    rules: Vec<(String, u64)>,
    prevented: Vec<Prevented>,
    waits: Waits,
    /// Decisions that followed too soon upon the opening of the page ([`QUICK`] at most).
    quick: usize,
}

/// `GET /overview`
pub async fn show(
    State(ctx): State<Arc<Ctx>>,
    signed: Signed,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fault> {
    let days = wanted.days.filter(|days| [7, 30, 90].contains(days)).unwrap_or(30);
    let store = &ctx.guard.store;
    let until = store.clock().now();
    let since = first_moment(&ctx, until, days);
    let by_hour = store.tallies(What::Verdict, since, until).await?;
    let by_day = by_day(&ctx, since, days, &by_hour);
    let verdicts = sums(&by_hour);
    let (held, delayed) = store.count_waiting().await?;
    let policy = ctx.guard.current.get();
    let incidents = most(store.tallied(What::Incident, since, until).await?);
    html(&OverviewPage {
        f: Frame::new(&ctx, &signed.visitor),
        days,
        mails: verdicts.values().sum(),
        stopped: verdicts.iter().filter(|(name, _)| *name != "pass").map(|(_, n)| n).sum(),
        waiting: held + delayed,
        ends: store.tallied(What::End, since, until).await?,
        all: Bars::new(&VERDICTS, &by_day),
        few: Bars::new(&STOPPED, &by_day),
        rules: most(store.tallied(What::Rule, since, until).await?),
        prevented: incidents
            .into_iter()
            .map(|(id, count)| {
                let organization = policy.casebook.get(&id).map(|i| i.organization.clone());
                Prevented { id, organization, count }
            })
            .collect(),
        waits: store.waits(since, until).await?,
        quick: store.quick_decisions(since, QUICK).await?.len(),
        verdicts,
    })
}

impl OverviewPage {
    fn verdict(&self, name: &str) -> u64 {
        self.verdicts.get(name).copied().unwrap_or(0)
    }

    fn ended(&self, name: &str) -> u64 {
        self.ends.get(name).copied().unwrap_or(0)
    }
}

/// The beginning of the first of the last `days` days, in the house's zone.
fn first_moment(ctx: &Ctx, now: Timestamp, days: i64) -> Timestamp {
    let today = now.to_zoned(ctx.time_zone.clone());
    let first = today.checked_sub((days - 1).days()).and_then(|day| day.start_of_day());
    first.map_or(now - SignedDuration::from_hours(24 * days), |day| day.timestamp())
}

/// The counts of each day, days without any included.
fn by_day(ctx: &Ctx, since: Timestamp, days: i64, tallies: &[Tally]) -> Vec<(String, BTreeMap<String, u64>)> {
    let first = since.to_zoned(ctx.time_zone.clone()).date();
    let mut counts: BTreeMap<_, BTreeMap<String, u64>> = BTreeMap::new();
    for tally in tallies {
        let day = tally.hour.to_zoned(ctx.time_zone.clone()).date();
        *counts.entry(day).or_default().entry(tally.name.clone()).or_insert(0) += tally.count;
    }
    let all = (0..days).filter_map(|n| first.checked_add(n.days()).ok());
    all.map(|day| (day.strftime("%-m/%-d").to_string(), counts.remove(&day).unwrap_or_default())).collect()
}

fn sums(tallies: &[Tally]) -> BTreeMap<String, u64> {
    let mut sums = BTreeMap::new();
    for tally in tallies {
        *sums.entry(tally.name.clone()).or_insert(0) += tally.count;
    }
    sums
}

/// The names with the most, the most first.
fn most(counts: BTreeMap<String, u64>) -> Vec<(String, u64)> {
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    counts.truncate(NAMED);
    counts
}
