//! The register of overrides: who let what go against which rule, why, and what became of it. It is read
//! from the audit log alone, so that it can be proven like the log.

use std::time::{Duration, Instant};

use sqlx::sqlite::{Sqlite, SqliteRow};
use sqlx::{QueryBuilder, Row as _};

use super::Store;
use super::cases::{case_number, time};
use super::error::{Error, Result};
use audit::entry::{Entry, Kind};
use terms::clock::Timestamp;

/// So many entries are looked at in one step.
const STEP: usize = 500;

/// A held mail that somebody let go.
#[derive(Clone, Debug, PartialEq)]
pub struct Override {
    /// Its number in the audit log.
    pub seq: i64,
    /// As it was recorded: `released` or `repaired`, by whom, why, against which rules.
    pub entry: Entry,
    /// When the mail was held; none where the case is not known any more.
    pub held_at: Option<Timestamp>,
    /// When whoever decided had first opened the case or their link, within the hour before.
    pub opened_at: Option<Timestamp>,
    pub outcome: Outcome,
    /// Who called the hold a false alarm, and why, where somebody did.
    pub false_alarm: Option<(String, Option<String>)>,
}

/// What became of a mail that was let go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Recipients whose next hop has taken it.
    pub delivered: usize,
    /// Recipients whose next hop has refused it for good.
    pub failed: usize,
    /// The decision was taken back before it left.
    pub undone: bool,
}

/// Which overrides are wanted. Every field that is set must match.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OverrideFilter {
    /// A piece of the name of who decided; letter case does not matter.
    pub person: Option<String>,
    /// The id of a rule that the mail went against.
    pub rule: Option<String>,
    /// An incident that such a rule cites.
    pub incident: Option<String>,
    pub since: Option<Timestamp>,
    pub until: Option<Timestamp>,
}

/// Where the register goes on: behind this entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Behind {
    /// Milliseconds since the Unix epoch.
    pub at: i64,
    pub seq: i64,
}

/// A stretch of the register, the newest first.
#[derive(Clone, Debug, Default)]
pub struct Register {
    pub overrides: Vec<Override>,
    /// Where it goes on; none at the end.
    pub next: Option<Behind>,
    /// Time was up before the stretch was full: it was searched back to here.
    pub searched_to: Option<Timestamp>,
}

impl OverrideFilter {
    fn matches(&self, entry: &Entry) -> bool {
        let said = |wanted: &Option<String>, test: &dyn Fn(&str) -> bool| wanted.as_deref().is_none_or(test);
        let actor = entry.actor.as_deref().unwrap_or_default().to_lowercase();
        said(&self.person, &|who| actor.contains(&who.to_lowercase()))
            && said(&self.rule, &|id| entry.rules.iter().any(|r| r.id == id))
            && said(&self.incident, &|id| entry.rules.iter().any(|r| r.incidents.iter().any(|i| i == id)))
    }
}

impl Store {
    /// The wanted overrides behind `after`, the newest first: at most `count`, and as many as are found
    /// before `patience` is over.
    pub async fn overrides(
        &self,
        filter: &OverrideFilter,
        after: Option<Behind>,
        count: usize,
        patience: Duration,
    ) -> Result<Register> {
        let begun = Instant::now();
        let mut register = Register { next: after, ..Register::default() };
        loop {
            let rows = self.overriding(filter, register.next).await?;
            let last_step = rows.len() < STEP;
            let mut found = Vec::new();
            for row in &rows {
                let (at, entry) = read(row)?;
                register.next = Some(at);
                if filter.matches(&entry) {
                    found.push((at.seq, entry));
                    if register.overrides.len() + found.len() == count {
                        break;
                    }
                }
            }
            register.overrides.extend(self.followed(found).await?);
            if register.overrides.len() >= count {
                return Ok(register);
            }
            if last_step {
                register.next = None;
                return Ok(register);
            }
            if begun.elapsed() >= patience {
                register.searched_to = register.next.map(|behind| time(behind.at)).transpose()?;
                return Ok(register);
            }
        }
    }

    /// A step of the register, not yet followed up.
    async fn overriding(&self, filter: &OverrideFilter, after: Option<Behind>) -> Result<Vec<SqliteRow>> {
        let mut sql = QueryBuilder::<Sqlite>::new(
            "SELECT seq, at, entry FROM audit INDEXED BY audit_overrides \
             WHERE kind = 'case' AND action IN ('released', 'repaired')",
        );
        if let Some(after) = after {
            sql.push(" AND (at, seq) < (").push_bind(after.at).push(", ").push_bind(after.seq).push(")");
        }
        if let Some(since) = filter.since {
            sql.push(" AND at >= ").push_bind(since.as_millisecond());
        }
        if let Some(until) = filter.until {
            sql.push(" AND at < ").push_bind(until.as_millisecond());
        }
        for id in [&filter.rule, &filter.incident].into_iter().flatten() {
            sql.push(" AND instr(entry, ").push_bind(id.clone()).push(") > 0");
        }
        sql.push(" ORDER BY at DESC, seq DESC LIMIT ").push_bind(STEP as i64);
        Ok(sql.build().fetch_all(&self.0.reads).await?)
    }

    /// Adds what went before and what came after.
    async fn followed(&self, found: Vec<(i64, Entry)>) -> Result<Vec<Override>> {
        let mut overrides = Vec::with_capacity(found.len());
        for (seq, entry) in found {
            let case = entry.case.clone().unwrap_or_default();
            let held_at = self.opened_at(&case).await?;
            let around = self.around(&case).await?;
            overrides.push(Override {
                opened_at: opened_before(&around, seq, &entry),
                outcome: outcome_of(&around, seq),
                false_alarm: false_alarm_in(&around),
                held_at,
                seq,
                entry,
            });
        }
        Ok(overrides)
    }

    async fn opened_at(&self, case: &str) -> Result<Option<Timestamp>> {
        let row = sqlx::query("SELECT opened_at FROM cases WHERE id = ?")
            .bind(case_number(case).unwrap_or_default())
            .fetch_optional(&self.0.reads)
            .await?;
        row.map(|row| time(row.try_get(0)?)).transpose()
    }

    /// What the log says of a case beside the decision itself.
    async fn around(&self, case: &str) -> Result<Vec<(i64, Entry)>> {
        let rows = sqlx::query(
            "SELECT seq, at, entry FROM audit WHERE case_id = ? AND kind IN ('case', 'delivery', 'person') \
             ORDER BY seq",
        )
        .bind(case)
        .fetch_all(&self.0.reads)
        .await?;
        rows.iter().map(|row| read(row).map(|(at, entry)| (at.seq, entry))).collect()
    }
}

/// When whoever decided had first seen the case, within the hour before they decided.
fn opened_before(around: &[(i64, Entry)], seq: i64, decision: &Entry) -> Option<Timestamp> {
    let opened = |entry: &Entry| {
        entry.kind == Kind::Person
            && entry.action.ends_with("-opened")
            && entry.actor == decision.actor
            && decision.at.duration_since(entry.at).as_secs() < 3_600
    };
    around.iter().find(|(at, entry)| *at < seq && opened(entry)).map(|(_, entry)| entry.at)
}

/// What somebody has said against the hold, before or after.
fn false_alarm_in(around: &[(i64, Entry)]) -> Option<(String, Option<String>)> {
    let said = |entry: &&Entry| entry.kind == Kind::Person && entry.action == "false-alarm";
    let entry = around.iter().map(|(_, entry)| entry).find(said)?;
    Some((entry.actor.clone().unwrap_or_default(), entry.reason.clone()))
}

/// What became of the mail after the decision. Notices about it and reports are no mail.
fn outcome_of(around: &[(i64, Entry)], seq: i64) -> Outcome {
    let mut outcome = Outcome::default();
    for (_, entry) in around.iter().filter(|(at, _)| *at > seq) {
        let mail = entry.notes.iter().any(|note| note.starts_with("mail,"));
        match (entry.kind, entry.action.as_str()) {
            (Kind::Delivery, "delivered") if mail => outcome.delivered += entry.recipients.len(),
            (Kind::Delivery, "failed") if mail => outcome.failed += entry.recipients.len(),
            // The case was opened again; what follows belongs to the next decision.
            (Kind::Case, "reopened") => {
                outcome.undone = true;
                break;
            }
            _ => {}
        }
    }
    outcome
}

fn read(row: &SqliteRow) -> Result<(Behind, Entry)> {
    let seq: i64 = row.try_get(0)?;
    let entry = serde_json::from_str(row.try_get(2)?)
        .map_err(|e| Error::Malformed(format!("audit entry {seq}: {e}")))?;
    Ok((Behind { at: row.try_get(1)?, seq }, entry))
}
