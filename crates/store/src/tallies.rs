//! What the audit log counts up to, by the hour: verdicts, rules, incidents, and how held mail ended. It
//! is counted after the mail has gone, a stretch of the log at a time, and can be made anew from it.

use std::collections::BTreeMap;

use sqlx::Row as _;
use sqlx::sqlite::SqlitePool;

use super::cases::State;
use super::error::Result;
use super::{Store, Tx, sqlite};
use audit::entry::{Entry, Kind};
use audit::filter::Filter;
use terms::clock::Timestamp;

/// So many entries are counted in one transaction.
const STRETCH: usize = 1_000;
const HOUR: i64 = 3_600_000;
/// So many decisions of each end are looked at for how long they took.
const RECENT: i64 = 300;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum What {
    /// Mails, by what was decided of them.
    Verdict,
    /// Mails on which a rule in force bit, by the rule.
    Rule,
    /// Mails on which a rule in monitor mode would have bitten, by the rule.
    Monitor,
    /// Mails that were rewritten, held or refused by a rule that cites the incident, by the incident.
    Incident,
    /// Held mails, by how they ended.
    End,
    /// Held mails, by the rule and how they ended: `exposed-recipients/released`.
    RuleEnd,
}

impl What {
    fn name(self) -> &'static str {
        match self {
            What::Verdict => "verdict",
            What::Rule => "rule",
            What::Monitor => "monitor",
            What::Incident => "incident",
            What::End => "end",
            What::RuleEnd => "rule-end",
        }
    }
}

/// A count of one hour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// The hour's beginning.
    pub hour: Timestamp,
    pub name: String,
    pub count: u64,
}

/// How long held mail waited for a decision, over a period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waits {
    pub decisions: usize,
    /// Half of them took at most so long, in milliseconds.
    pub median: i64,
    /// Nine of ten took at most so long, in milliseconds.
    pub p90: i64,
}

type Counts = BTreeMap<(i64, &'static str, String), i64>;

/// Counts that are made on the way along the log, where nothing is to be kept.
#[derive(Clone, Debug, Default)]
pub struct Counting(Counts);

impl Counting {
    /// Counts one entry.
    pub fn add(&mut self, entry: &Entry) {
        count(entry, &mut self.0);
    }

    /// The counts of `what`, by name.
    pub fn sums(&self, what: What) -> BTreeMap<String, u64> {
        let mut sums = BTreeMap::new();
        for ((_, _, name), count) in self.0.iter().filter(|((_, of, _), _)| *of == what.name()) {
            *sums.entry(name.clone()).or_insert(0) += count.unsigned_abs();
        }
        sums
    }
}

impl Store {
    /// Counts the next stretch of the log; whether there is more of it. Run it until there is not, by
    /// one task or by several.
    pub async fn tally(&self) -> Result<bool> {
        let row = sqlx::query("SELECT seq FROM tallied").fetch_one(&self.0.reads).await?;
        let from: i64 = row.try_get(0)?;
        let filter = Filter { after: Some(from), limit: Some(STRETCH), ..Filter::default() };
        let rows = self.audit(&filter).await?;
        let Some(last) = rows.last() else { return Ok(false) };
        let (to, more) = (last.seq, rows.len() == STRETCH);
        let mut counts = Counting::default();
        rows.iter().for_each(|row| counts.add(&row.entry));
        self.write(move |tx| Box::pin(async move { add(tx, from, to, counts.0).await })).await?;
        Ok(more)
    }

    /// The counts of `what` from the hour of `since` to the one of `until`.
    pub async fn tallies(&self, what: What, since: Timestamp, until: Timestamp) -> Result<Vec<Tally>> {
        let sql = "SELECT hour, name, count FROM tallies WHERE hour >= ? AND hour <= ? AND what = ? \
                   ORDER BY hour, name";
        let rows = sqlx::query(sql)
            .bind(hour_of(since))
            .bind(hour_of(until))
            .bind(what.name())
            .fetch_all(&self.0.reads)
            .await?;
        rows.iter()
            .map(|row| {
                let hour: i64 = row.try_get(0)?;
                Ok(Tally {
                    hour: super::cases::time(hour.saturating_mul(HOUR))?,
                    name: row.try_get(1)?,
                    count: u64::try_from(row.try_get::<i64, _>(2)?).unwrap_or(0),
                })
            })
            .collect()
    }

    /// The counts of `what` over a period, by name.
    pub async fn tallied(
        &self,
        what: What,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<BTreeMap<String, u64>> {
        let mut sums = BTreeMap::new();
        for tally in self.tallies(what, since, until).await? {
            *sums.entry(tally.name).or_insert(0) += tally.count;
        }
        Ok(sums)
    }

    /// How long mails that came within the period had waited when somebody decided about them: of each
    /// end the newest [`RECENT`], so that a page takes no longer in a house with many.
    pub async fn waits(&self, since: Timestamp, until: Timestamp) -> Result<Waits> {
        waits(&self.0.reads, since, until, RECENT).await
    }
}

/// The same of a database's file and of all decisions, without its key and without changing anything.
pub async fn waits_in_file(url: &str, since: Timestamp, until: Timestamp) -> Result<Waits> {
    let pool = sqlite::readers(&sqlite::path_of(url)?);
    let found = waits(&pool, since, until, i64::MAX).await;
    pool.close().await;
    found
}

async fn waits(pool: &SqlitePool, since: Timestamp, until: Timestamp, most: i64) -> Result<Waits> {
    let sql = "SELECT concluded_at - opened_at FROM cases WHERE state = ? AND opened_at >= ? AND opened_at < ? \
               AND concluded_at IS NOT NULL ORDER BY opened_at DESC LIMIT ?";
    let mut waits: Vec<i64> = Vec::new();
    for state in [State::Released, State::Repaired, State::Cancelled] {
        let wanted = sqlx::query(sql)
            .bind(state.name())
            .bind(since.as_millisecond())
            .bind(until.as_millisecond())
            .bind(most);
        for row in wanted.fetch_all(pool).await? {
            waits.push(row.try_get(0)?);
        }
    }
    waits.sort_unstable();
    let at = |share: usize| waits.get((waits.len() * share / 10).min(waits.len().saturating_sub(1)));
    let (median, p90) = (at(5).copied().unwrap_or(0), at(9).copied().unwrap_or(0));
    Ok(Waits { decisions: waits.len(), median, p90 })
}

fn hour_of(at: Timestamp) -> i64 {
    at.as_millisecond().div_euclid(HOUR)
}

/// What an entry adds.
fn count(entry: &Entry, counts: &mut Counts) {
    let hour = hour_of(entry.at);
    let mut one = |what: What, name: &str| {
        *counts.entry((hour, what.name(), name.to_string())).or_insert(0) += 1;
    };
    match entry.kind {
        Kind::Decision => {
            one(What::Verdict, &entry.action);
            let mut cited: Vec<&str> = Vec::new();
            for rule in &entry.rules {
                let in_force = rule.mode == "enforce";
                one(if in_force { What::Rule } else { What::Monitor }, &rule.id);
                if in_force && rule.action != "pass" {
                    cited.extend(rule.incidents.iter().map(String::as_str));
                }
            }
            cited.sort_unstable();
            cited.dedup();
            cited.iter().for_each(|id| one(What::Incident, id));
        }
        Kind::Case if matches!(entry.action.as_str(), "released" | "repaired" | "cancelled" | "expired") => {
            one(What::End, &entry.action);
            for rule in entry.rules.iter().filter(|rule| rule.mode == "enforce") {
                one(What::RuleEnd, &format!("{}/{}", rule.id, entry.action));
            }
        }
        _ => {}
    }
}

/// Adds counts, unless somebody else has counted the stretch meanwhile.
async fn add(tx: &mut Tx, from: i64, to: i64, counts: Counts) -> Result<()> {
    let moved = sqlx::query("UPDATE tallied SET seq = ? WHERE seq = ?")
        .bind(to)
        .bind(from)
        .execute(&mut tx.connection)
        .await?;
    if moved.rows_affected() == 0 {
        return Ok(());
    }
    for ((hour, what, name), count) in counts {
        sqlx::query(
            "INSERT INTO tallies (hour, what, name, count) VALUES (?, ?, ?, ?) \
             ON CONFLICT (hour, what, name) DO UPDATE SET count = count + excluded.count",
        )
        .bind(hour)
        .bind(what)
        .bind(name)
        .bind(count)
        .execute(&mut tx.connection)
        .await?;
    }
    Ok(())
}
