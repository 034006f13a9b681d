//! The rules in force: what each asks, what it cites, and what it did in the last days.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use jiff::SignedDuration;

use super::Ctx;
use super::error_page::Fault;
use super::page::{Frame, html};
use super::visitor::Signed;
use super::words;
use casebook::Bilingual;
use rules::Rule;
use rules::verdict::Mode;
use store::tallies::What;

/// What is looked back on.
const DAYS: i64 = 30;

/// What a rule did in the last days.
#[derive(Clone, Copy, Debug, Default)]
struct Deeds {
    /// Mails on which it bit or, in monitor mode, would have bitten.
    bites: u64,
    released: u64,
    repaired: u64,
    cancelled: u64,
    expired: u64,
}

impl Deeds {
    /// Of the mails it held that somebody decided about, how many in a hundred left as they were: where
    /// nearly all do, people have stopped looking.
    fn unchanged(&self) -> Option<u64> {
        let decided = self.released + self.repaired + self.cancelled;
        (decided > 0).then(|| self.released * 100 / decided)
    }
}

struct RuleLine<'a> {
    rule: &'a Rule,
    deeds: Deeds,
}

#[derive(askama::Template)]
#[template(path = "rules.html")]
struct RulePage<'a> {
    f: Frame,
    lines: Vec<RuleLine<'a>>,
}

/// `GET /rules`
pub async fn list(State(ctx): State<Arc<Ctx>>, signed: Signed) -> Result<Response, Fault> {
    let policy = ctx.guard.current.get();
    let counts = Counts::of(&ctx).await?;
    let lines =
        policy.rules.rules().iter().map(|rule| RuleLine { deeds: counts.deeds(rule), rule }).collect();
    html(&RulePage { f: Frame::new(&ctx, &signed.visitor), lines })
}

#[derive(askama::Template)]
#[template(path = "rule.html")]
struct RuleOne<'a> {
    f: Frame,
    rule: &'a Rule,
    deeds: Deeds,
    /// The incidents that it cites, each with its organisation.
    cited: Vec<(String, Option<Bilingual>)>,
}

/// `GET /rules/{id}`
pub async fn one(
    State(ctx): State<Arc<Ctx>>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let policy = ctx.guard.current.get();
    let rule = policy.rules.rules().iter().find(|rule| rule.id == id).ok_or(Fault::NotFound)?;
    let named = |id: &String| (id.clone(), policy.casebook.get(id).map(|i| i.organization.clone()));
    let cited = rule.incidents.iter().map(named).collect();
    let deeds = Counts::of(&ctx).await?.deeds(rule);
    html(&RuleOne { f: Frame::new(&ctx, &signed.visitor), rule, deeds, cited })
}

/// The counts of the last days.
struct Counts {
    bites: BTreeMap<String, u64>,
    would: BTreeMap<String, u64>,
    ends: BTreeMap<String, u64>,
}

impl Counts {
    async fn of(ctx: &Ctx) -> Result<Counts, Fault> {
        let store = &ctx.guard.store;
        let until = store.clock().now();
        let since = until - SignedDuration::from_hours(24 * DAYS);
        Ok(Counts {
            bites: store.tallied(What::Rule, since, until).await?,
            would: store.tallied(What::Monitor, since, until).await?,
            ends: store.tallied(What::RuleEnd, since, until).await?,
        })
    }

    fn deeds(&self, rule: &Rule) -> Deeds {
        let bites = if is_monitor(rule) { &self.would } else { &self.bites };
        let ended = |how: &str| self.ends.get(&format!("{}/{how}", rule.id)).copied().unwrap_or(0);
        Deeds {
            bites: bites.get(&rule.id).copied().unwrap_or(0),
            released: ended("released"),
            repaired: ended("repaired"),
            cancelled: ended("cancelled"),
            expired: ended("expired"),
        }
    }
}

fn is_monitor(rule: &Rule) -> bool {
    rule.mode == Mode::Monitor
}
