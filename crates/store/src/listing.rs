//! Lists of cases for people who look through them: all that waits at once, and what has ended as far
//! back as they read. Reading on is bounded in time, so that a search for something rare keeps nobody
//! waiting; it then says how far it has come.

use std::time::{Duration, Instant};

use sqlx::sqlite::{Sqlite, SqliteRow};
use sqlx::{QueryBuilder, Row as _};

use super::Store;
use super::cases::{Approval, Rewrite, State, time};
use super::error::{Error, Result};
use terms::clock::Timestamp;

/// So many cases are looked at in one step of reading on.
const STEP: i64 = 1_000;

/// A case as a list shows it.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Line {
    /// The case number.
    pub id: String,
    pub state: State,
    pub sender: String,
    /// None where the mail has none, and once the case is purged.
    pub subject: Option<String>,
    /// How many transactions it has.
    pub parts: u32,
    /// How many recipients it has, and how many of them are outside.
    pub recipients: usize,
    pub external: usize,
    pub rewrite: Option<Rewrite>,
    pub approval: Approval,
    /// The rules in force that matched, the one that weighs most first.
    pub rules: Vec<String>,
    /// One of them would have refused the mail outright.
    pub refused: bool,
    pub opened_at: Timestamp,
    pub ends_at: Timestamp,
    pub concluded_at: Option<Timestamp>,
    /// Somebody has proposed a repair.
    pub proposed: bool,
}

/// Which cases a list shows. Every field that is set must match.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Any of these; all where none is named.
    pub states: Vec<State>,
    /// An address, or `@domain` for all of a domain; letter case does not matter.
    pub sender: Option<String>,
    /// An address or a piece of one.
    pub recipient: Option<String>,
    /// The id of a rule that matched.
    pub rule: Option<String>,
    pub approval: Option<Approval>,
    /// Opened from this time on.
    pub since: Option<Timestamp>,
    /// Opened before this time.
    pub until: Option<Timestamp>,
    /// A text in the case number, the subject or an address; the case of ASCII letters does not matter.
    pub text: Option<String>,
}

/// Where a list of ended cases goes on: behind this case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Milliseconds since the Unix epoch.
    pub opened_at: i64,
    pub id: String,
}

/// A stretch of a list, the newest first.
#[derive(Clone, Debug, Default)]
pub struct Stretch {
    pub lines: Vec<Line>,
    /// Where it goes on; none at the end.
    pub next: Option<Place>,
    /// Time was up before the stretch was full: it was searched back to here.
    pub searched_to: Option<Timestamp>,
}

const COLUMNS: &str = "SELECT id, state, sender, subject, json_array_length(recipients), length(outside) / 8, \
     rewrite, approval, rules, opened_at, ends_at, concluded_at, proposal IS NOT NULL, \
     parts FROM cases";

impl Store {
    /// The cases that wait, the newest first, at most `limit`.
    pub async fn waiting(&self, wanted: &Wanted, limit: usize) -> Result<Vec<Line>> {
        let mut sql = QueryBuilder::<Sqlite>::new(COLUMNS);
        sql.push(" WHERE state IN ('held', 'delayed')");
        narrow(&mut sql, wanted);
        sql.push(" ORDER BY opened_at DESC, id LIMIT ").push_bind(i64::try_from(limit).unwrap_or(i64::MAX));
        sql.build().fetch_all(&self.0.reads).await?.iter().map(line_of).collect()
    }

    /// How many cases are held, and how many are delayed.
    pub async fn count_waiting(&self) -> Result<(u64, u64)> {
        let row = sqlx::query(
            "SELECT (SELECT count(*) FROM cases WHERE state = 'held'), \
             (SELECT count(*) FROM cases WHERE state = 'delayed')",
        )
        .fetch_one(&self.0.reads)
        .await?;
        let count = |column| row.try_get::<i64, _>(column).map(|n| u64::try_from(n).unwrap_or(0));
        Ok((count(0)?, count(1)?))
    }

    /// The wanted cases behind `after`, the newest first: at most `count`, and as many as are found
    /// before `patience` is over.
    pub async fn leaf_through(
        &self,
        wanted: &Wanted,
        after: Option<Place>,
        count: usize,
        patience: Duration,
    ) -> Result<Stretch> {
        let begun = Instant::now();
        let mut stretch = Stretch { next: after, ..Stretch::default() };
        loop {
            let edge = self.edge(wanted, stretch.next.as_ref()).await?;
            let room = count.saturating_sub(stretch.lines.len());
            let mut sql = QueryBuilder::<Sqlite>::new(COLUMNS);
            sql.push(by_index(wanted)).push(" WHERE 1");
            behind(&mut sql, stretch.next.as_ref());
            if let Some(edge) = &edge {
                sql.push(" AND (opened_at, id) >= (").push_bind(edge.opened_at);
                sql.push(", ").push_bind(edge.id.clone()).push(")");
            }
            narrow(&mut sql, wanted);
            sql.push(" ORDER BY opened_at DESC, id DESC LIMIT ");
            sql.push_bind(i64::try_from(room).unwrap_or(i64::MAX));
            let rows = sql.build().fetch_all(&self.0.reads).await?;
            let full = rows.len() >= room;
            for row in &rows {
                stretch.lines.push(line_of(row)?);
            }
            stretch.next = match stretch.lines.last().filter(|_| full) {
                Some(last) => Some(Place { opened_at: last.opened_at.as_millisecond(), id: last.id.clone() }),
                None => edge,
            };
            if full || stretch.next.is_none() {
                return Ok(stretch);
            }
            if begun.elapsed() >= patience {
                stretch.searched_to = stretch.next.as_ref().map(|p| time(p.opened_at)).transpose()?;
                return Ok(stretch);
            }
        }
    }

    /// The case at which the next step of reading on ends; none where less than a step is left.
    async fn edge(&self, wanted: &Wanted, after: Option<&Place>) -> Result<Option<Place>> {
        let mut sql = QueryBuilder::<Sqlite>::new("SELECT opened_at, id FROM cases");
        sql.push(by_index(wanted)).push(" WHERE 1");
        behind(&mut sql, after);
        by_key(&mut sql, wanted);
        sql.push(" ORDER BY opened_at DESC, id DESC LIMIT 1 OFFSET ").push_bind(STEP - 1);
        let row = sql.build().fetch_optional(&self.0.reads).await?;
        row.map(|row| Ok(Place { opened_at: row.try_get(0)?, id: row.try_get(1)? })).transpose()
    }
}

/// The index that a list is read along.
fn by_index(wanted: &Wanted) -> &'static str {
    match (exact_sender(wanted), wanted.states.as_slice()) {
        (Some(_), _) => " INDEXED BY cases_sender_opened",
        (None, [_]) => " INDEXED BY cases_state_opened",
        (None, _) => " INDEXED BY cases_opened",
    }
}

/// The condition that belongs to the index.
fn by_key(sql: &mut QueryBuilder<Sqlite>, wanted: &Wanted) {
    if let Some(sender) = exact_sender(wanted) {
        sql.push(" AND sender = ").push_bind(sender);
    } else if let [state] = wanted.states.as_slice() {
        sql.push(" AND state = ").push_bind(state.name());
    }
}

fn exact_sender(wanted: &Wanted) -> Option<String> {
    let sender = wanted.sender.as_deref().filter(|s| !s.starts_with('@') && s.contains('@'))?;
    Some(sender.trim().to_lowercase())
}

fn behind(sql: &mut QueryBuilder<Sqlite>, after: Option<&Place>) {
    if let Some(after) = after {
        sql.push(" AND (opened_at, id) < (").push_bind(after.opened_at);
        sql.push(", ").push_bind(after.id.clone()).push(")");
    }
}

fn narrow(sql: &mut QueryBuilder<Sqlite>, wanted: &Wanted) {
    by_key(sql, wanted);
    if wanted.states.len() > 1 || (wanted.states.len() == 1 && exact_sender(wanted).is_some()) {
        let mut states = sql.push(" AND state IN (").separated(", ");
        for state in &wanted.states {
            states.push_bind(state.name());
        }
        sql.push(")");
    }
    if let Some(part) = wanted.sender.as_deref().filter(|_| exact_sender(wanted).is_none()) {
        sql.push(" AND instr(lower(sender), ").push_bind(part.to_lowercase()).push(") > 0");
    }
    if let Some(recipient) = &wanted.recipient {
        sql.push(" AND instr(lower(recipients), ").push_bind(recipient.to_ascii_lowercase()).push(") > 0");
    }
    if let Some(rule) = &wanted.rule {
        sql.push(" AND EXISTS (SELECT 1 FROM json_each(rules) WHERE json_extract(value, '$.id') = ");
        sql.push_bind(rule.clone()).push(")");
    }
    if let Some(approval) = wanted.approval {
        sql.push(" AND approval = ").push_bind(approval.name());
    }
    if let Some(since) = wanted.since {
        sql.push(" AND opened_at >= ").push_bind(since.as_millisecond());
    }
    if let Some(until) = wanted.until {
        sql.push(" AND opened_at < ").push_bind(until.as_millisecond());
    }
    if let Some(text) = &wanted.text {
        let text = text.to_ascii_lowercase();
        let mut first = true;
        for place in ["id", "coalesce(subject, '')", "sender", "recipients"] {
            sql.push(if first { " AND (" } else { " OR " });
            sql.push(format!("instr(lower({place}), ")).push_bind(text.clone()).push(") > 0");
            first = false;
        }
        sql.push(")");
    }
}

fn line_of(row: &SqliteRow) -> Result<Line> {
    let unknown = |what: &str| Error::Malformed(format!("the {what} of a case"));
    let rules: serde_json::Value = serde_json::from_str(row.try_get(8)?).map_err(|_| unknown("rules"))?;
    let (rules, refused) = rules_in_force(&rules);
    let count = |column| row.try_get::<i64, _>(column).map(|n| usize::try_from(n).unwrap_or(0));
    Ok(Line {
        id: row.try_get(0)?,
        state: State::of(row.try_get(1)?).ok_or_else(|| unknown("state"))?,
        sender: row.try_get(2)?,
        subject: row.try_get(3)?,
        recipients: count(4)?,
        external: count(5)?,
        rewrite: row.try_get::<Option<&str>, _>(6)?.and_then(Rewrite::of),
        approval: Approval::of(row.try_get(7)?).ok_or_else(|| unknown("approval"))?,
        rules,
        refused,
        opened_at: time(row.try_get(9)?)?,
        ends_at: time(row.try_get(10)?)?,
        concluded_at: row.try_get::<Option<i64>, _>(11)?.map(time).transpose()?,
        proposed: row.try_get(12)?,
        parts: row.try_get(13)?,
    })
}

/// The ids of a case's rules in force, the most severe first, and whether one of them refuses mail.
pub fn rules_in_force(rules: &serde_json::Value) -> (Vec<String>, bool) {
    const SEVERITY: [&str; 5] = ["pass", "rewrite", "delay", "hold", "reject"];
    let word = |rule: &serde_json::Value, key: &str| rule.get(key).and_then(|v| v.as_str().map(String::from));
    let rules = rules.as_array().map(Vec::as_slice).unwrap_or_default();
    let mut found: Vec<(usize, String)> = rules
        .iter()
        .filter(|rule| word(rule, "mode").is_none_or(|mode| mode == "enforce"))
        .filter_map(|rule| {
            let action = word(rule, "action").unwrap_or_default();
            Some((SEVERITY.iter().position(|s| *s == action).unwrap_or(0), word(rule, "id")?))
        })
        .collect();
    found.sort_by_key(|(severity, _)| std::cmp::Reverse(*severity));
    let refused = found.first().is_some_and(|(severity, _)| *severity == 4);
    (found.into_iter().map(|(_, id)| id).collect(), refused)
}
