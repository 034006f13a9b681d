//! "This was a false alarm": what a sender or an approver says of a case. It proposes an exception and
//! makes none; an admin decides, once, and whoever said it hears of that.

use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::cases::{Case, time};
use super::error::{Error, Result};
use super::exceptions::{self, NewException, list_of, listed};
use super::notices::{self, QueuedNotice};
use super::{Store, Tx};
use audit::entry::{Entry, Kind};
use terms::clock::Timestamp;

/// No more characters of somebody's words are kept.
const LONGEST: usize = 1_000;

/// Whether a proposal was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proposed {
    Taken,
    /// The same person has said it of this case before; nothing changed.
    Before,
}

/// How a proposal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stand {
    Open,
    Accepted,
    Declined,
}

impl Stand {
    pub fn name(self) -> &'static str {
        match self {
            Stand::Open => "open",
            Stand::Accepted => "accepted",
            Stand::Declined => "declined",
        }
    }

    fn of(name: &str) -> Option<Stand> {
        [Stand::Open, Stand::Accepted, Stand::Declined].into_iter().find(|s| s.name() == name)
    }
}

/// A proposed exception.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FalseAlarm {
    pub id: i64,
    pub case: String,
    /// The address of whoever says so.
    pub said_by: String,
    pub said_at: Timestamp,
    pub why: String,
    /// The sender of the mail.
    pub sender: String,
    /// The rules that stopped it, the one that decided first.
    pub rules: Vec<String>,
    /// The domains it was addressed to, those inside too.
    pub recipient_domains: Vec<String>,
    pub stand: Stand,
    /// When and by whom it was decided.
    pub decided: Option<(Timestamp, String)>,
    /// Why it was declined.
    pub answer: Option<String>,
}

/// What an admin decides.
#[derive(Clone, Debug)]
pub enum Answer {
    /// It becomes this exception.
    Accept(NewException),
    /// It does not, for this reason.
    Decline(String),
}

impl Store {
    /// Takes "this was a false alarm" of a case, said by `by`, a mail address, with a word on why; the
    /// log has it too. It proposes an exception, for an admin to accept or decline.
    pub async fn propose_exception(&self, case: &Case, by: &str, why: &str) -> Result<Proposed> {
        let now = self.0.clock.now();
        let by = by.trim().to_lowercase();
        let why = shortened(why);
        let mut entry = Entry::new(now, Kind::Person, "false-alarm");
        entry.case = Some(case.id.clone());
        entry.sender = Some(case.sender.clone());
        entry.message_id.clone_from(&case.message_id);
        entry.actor = Some(by.clone());
        entry.reason = (!why.is_empty()).then(|| why.clone());
        let row = (case.id.clone(), case.sender.clone(), listed(&rules_of(case)), listed(&domains_of(case)));
        self.write(move |tx| {
            Box::pin(async move {
                let (case, sender, rules, domains) = row;
                let added = sqlx::query(
                    "INSERT OR IGNORE INTO feedback (case_id, said_by, why, sender, rules, \
                     recipient_domains, said_at, state) VALUES (?, ?, ?, ?, ?, ?, ?, 'open')",
                )
                .bind(case)
                .bind(by)
                .bind(why)
                .bind(sender)
                .bind(rules)
                .bind(domains)
                .bind(now.as_millisecond())
                .execute(&mut tx.connection)
                .await?;
                if added.rows_affected() == 0 {
                    return Ok(Proposed::Before);
                }
                tx.record(&entry);
                Ok(Proposed::Taken)
            })
        })
        .await
    }

    /// What somebody has said of a case, if they have.
    pub async fn false_alarm_of(&self, case: &str, by: &str) -> Result<Option<FalseAlarm>> {
        let row = sqlx::query("SELECT * FROM feedback WHERE case_id = ? AND said_by = ?")
            .bind(case)
            .bind(by.trim().to_lowercase())
            .fetch_optional(&self.0.reads)
            .await?;
        row.as_ref().map(false_alarm_of_row).transpose()
    }

    /// The proposal of this number.
    pub async fn false_alarm(&self, id: i64) -> Result<Option<FalseAlarm>> {
        let row =
            sqlx::query("SELECT * FROM feedback WHERE id = ?").bind(id).fetch_optional(&self.0.reads).await?;
        row.as_ref().map(false_alarm_of_row).transpose()
    }

    /// The open proposals, the oldest first; at most `limit`.
    pub async fn open_false_alarms(&self, limit: usize) -> Result<Vec<FalseAlarm>> {
        let rows = sqlx::query("SELECT * FROM feedback WHERE state = 'open' ORDER BY said_at, id LIMIT ?")
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(&self.0.reads)
            .await?;
        rows.iter().map(false_alarm_of_row).collect()
    }

    /// Decides about a proposal, once: the exception, the log's entry and the word to whoever proposed it
    /// come together. False where it was decided before, or there is none; then nothing changes.
    pub async fn answer_false_alarm(
        &self,
        id: i64,
        answer: Answer,
        by: &str,
        entry: Entry,
        notice: Option<QueuedNotice>,
    ) -> Result<bool> {
        let now = self.0.clock.now();
        let by = by.to_string();
        let done = self
            .write(move |tx| {
                Box::pin(async move {
                    if !decide(tx, id, &answer, &by, now).await? {
                        return Ok(false);
                    }
                    tx.record(&entry);
                    notices::add(tx, notice.as_slice(), None, now).await?;
                    Ok(true)
                })
            })
            .await?;
        self.ring();
        Ok(done)
    }
}

async fn decide(tx: &mut Tx, id: i64, answer: &Answer, by: &str, now: Timestamp) -> Result<bool> {
    let (stand, word) = match answer {
        Answer::Accept(_) => (Stand::Accepted, None),
        Answer::Decline(why) => (Stand::Declined, Some(shortened(why))),
    };
    let decided = sqlx::query(
        "UPDATE feedback SET state = ?, decided_at = ?, decided_by = ?, answer = ? \
         WHERE id = ? AND state = 'open'",
    )
    .bind(stand.name())
    .bind(now.as_millisecond())
    .bind(by)
    .bind(word)
    .bind(id)
    .execute(&mut tx.connection)
    .await?;
    if decided.rows_affected() == 0 {
        return Ok(false);
    }
    if let Answer::Accept(new) = answer {
        let exception = exceptions::insert(tx, new, by, now).await?;
        sqlx::query("UPDATE feedback SET exception = ? WHERE id = ?")
            .bind(exception)
            .bind(id)
            .execute(&mut tx.connection)
            .await?;
    }
    Ok(true)
}

fn shortened(words: &str) -> String {
    words.trim().chars().take(LONGEST).collect()
}

/// The rules that were in force, by their ids; all where none was, as with a message that could not be
/// evaluated.
fn rules_of(case: &Case) -> Vec<String> {
    let rules = case.rules.as_array().map(Vec::as_slice).unwrap_or_default();
    let text = |rule: &serde_json::Value, key: &str| Some(rule.get(key)?.as_str()?.to_string());
    let in_force = rules.iter().filter(|rule| text(rule, "mode").is_none_or(|mode| mode == "enforce"));
    let mut ids: Vec<String> = in_force.filter_map(|rule| text(rule, "id")).collect();
    if ids.is_empty() {
        ids = rules.iter().filter_map(|rule| text(rule, "id")).collect();
    }
    ids.dedup();
    ids
}

fn domains_of(case: &Case) -> Vec<String> {
    let domain = |address: &String| address.rsplit_once('@').map(|(_, domain)| domain.to_lowercase());
    let mut domains: Vec<String> = case.recipients.iter().filter_map(domain).collect();
    domains.sort();
    domains.dedup();
    domains
}

fn false_alarm_of_row(row: &SqliteRow) -> Result<FalseAlarm> {
    let state: &str = row.try_get("state")?;
    let decided_at = row.try_get::<Option<i64>, _>("decided_at")?.map(time).transpose()?;
    Ok(FalseAlarm {
        id: row.try_get("id")?,
        case: row.try_get("case_id")?,
        said_by: row.try_get("said_by")?,
        said_at: time(row.try_get("said_at")?)?,
        why: row.try_get("why")?,
        sender: row.try_get("sender")?,
        rules: list_of(row.try_get("rules")?)?,
        recipient_domains: list_of(row.try_get("recipient_domains")?)?,
        stand: Stand::of(state).ok_or_else(|| Error::Malformed("the state of a proposal".into()))?,
        decided: decided_at.zip(row.try_get::<Option<String>, _>("decided_by")?),
        answer: row.try_get("answer")?,
    })
}
