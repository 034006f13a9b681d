//! Cases: mail that waits, and what became of it. Here is what can be read of them; `holds.rs` opens
//! and ends them.

use sqlx::sqlite::{Sqlite, SqliteConnection, SqliteRow};
use sqlx::{QueryBuilder, Row as _};

use super::error::{Error, Result};
use super::proposals::Proposal;
use super::{History, Store, Tx, outbox};
use smtp::envelope::Envelope;
use terms::clock::Timestamp;

/// Where a case stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Waits for somebody's word.
    Held,
    /// Leaves at its time unless it is cancelled.
    Delayed,
    Released,
    Repaired,
    Cancelled,
    Expired,
    /// A delayed mail has left.
    Left,
}

impl State {
    /// All states.
    pub const ALL: [State; 7] = [
        State::Held,
        State::Delayed,
        State::Released,
        State::Repaired,
        State::Cancelled,
        State::Expired,
        State::Left,
    ];

    pub fn name(self) -> &'static str {
        match self {
            State::Held => "held",
            State::Delayed => "delayed",
            State::Released => "released",
            State::Repaired => "repaired",
            State::Cancelled => "cancelled",
            State::Expired => "expired",
            State::Left => "left",
        }
    }

    /// The state of that name.
    pub fn of(name: &str) -> Option<State> {
        State::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Whether something can still be done about it.
    pub fn is_waiting(self) -> bool {
        matches!(self, State::Held | State::Delayed)
    }
}

/// What must be done to the header before it may leave; the later is the stricter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rewrite {
    Bcc,
    Individual,
}

/// Whose word it waits for; the later is the stricter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Approval {
    None,
    Sender,
    SecondPerson,
}

impl Rewrite {
    pub fn name(self) -> &'static str {
        match self {
            Rewrite::Bcc => "bcc",
            Rewrite::Individual => "individual",
        }
    }

    /// The rewrite of that name.
    pub fn of(name: &str) -> Option<Rewrite> {
        [Rewrite::Bcc, Rewrite::Individual].into_iter().find(|r| r.name() == name)
    }
}

impl Approval {
    pub fn name(self) -> &'static str {
        match self {
            Approval::None => "none",
            Approval::Sender => "sender",
            Approval::SecondPerson => "second-person",
        }
    }

    /// The approval of that name.
    pub fn of(name: &str) -> Option<Approval> {
        [Approval::None, Approval::Sender, Approval::SecondPerson].into_iter().find(|a| a.name() == name)
    }
}

/// A case: all transactions of one mail.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Case {
    /// The case number: `K7F3-22QX`.
    pub id: String,
    pub state: State,
    pub message_id: Option<String>,
    pub sender: String,
    pub subject: Option<String>,
    /// The envelope recipients of all parts.
    pub recipients: Vec<String>,
    /// Distinct outside recipients of all parts.
    pub external: usize,
    /// How many transactions it has; they are numbered from 1.
    pub parts: u32,
    pub rewrite: Option<Rewrite>,
    pub approval: Approval,
    /// The rules that matched, as they were given.
    pub rules: serde_json::Value,
    pub opened_at: Timestamp,
    /// When it expires or, delayed, when it leaves.
    pub ends_at: Timestamp,
    pub concluded_at: Option<Timestamp>,
    /// Its bytes have been let go of.
    pub purged: bool,
    /// The repair that somebody proposed for it.
    pub proposal: Option<Proposal>,
    /// Until when its end can be taken back.
    pub undo_until: Option<Timestamp>,
}

/// One transaction of a case.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    pub number: u32,
    /// The id of the transaction.
    pub mail: Option<String>,
    /// In bytes, as it was received.
    pub size: u64,
    pub received_at: Timestamp,
    /// None once the case is purged.
    pub envelope: Option<Envelope>,
}

/// Which cases are wanted, the newest first.
#[derive(Clone, Debug, Default)]
pub struct CaseFilter {
    /// Any of these; all where none is named.
    pub states: Vec<State>,
    /// Letter case does not matter.
    pub sender: Option<String>,
    /// Opened from this time on.
    pub since: Option<Timestamp>,
    pub limit: Option<usize>,
}

/// A case number as it is stored, from what somebody typed: letter case and the hyphen do not matter,
/// and the letters that Crockford's base32 leaves out are read as the digits they look like.
pub fn case_number(typed: &str) -> Option<String> {
    let mut id = String::with_capacity(9);
    for c in typed.chars().filter(|c| !c.is_whitespace() && *c != '-') {
        let c = match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            c if c.is_ascii_digit() || (c.is_ascii_uppercase() && c != 'U') => c,
            _ => return None,
        };
        if id.len() == 4 {
            id.push('-');
        }
        id.push(c);
    }
    (id.len() == 9).then_some(id)
}

impl Store {
    /// The case of this number, as somebody may have typed it.
    pub async fn case(&self, id: &str) -> Result<Option<Case>> {
        let Some(id) = case_number(id) else {
            return Ok(None);
        };
        let row =
            sqlx::query("SELECT * FROM cases WHERE id = ?").bind(id).fetch_optional(&self.0.reads).await?;
        row.as_ref().map(case_of).transpose()
    }

    /// The wanted cases, the newest first.
    pub async fn cases(&self, filter: &CaseFilter) -> Result<Vec<Case>> {
        let mut sql = QueryBuilder::<Sqlite>::new("SELECT * FROM cases WHERE 1");
        if !filter.states.is_empty() {
            let mut states = sql.push(" AND state IN (").separated(", ");
            for state in &filter.states {
                states.push_bind(state.name());
            }
            sql.push(")");
        }
        if let Some(sender) = &filter.sender {
            sql.push(" AND sender = ").push_bind(sender.to_lowercase());
        }
        if let Some(since) = filter.since {
            sql.push(" AND opened_at >= ").push_bind(since.as_millisecond());
        }
        sql.push(" ORDER BY opened_at DESC, id");
        if let Some(limit) = filter.limit {
            sql.push(" LIMIT ").push_bind(i64::try_from(limit).unwrap_or(i64::MAX));
        }
        sql.build().fetch_all(&self.0.reads).await?.iter().map(case_of).collect()
    }

    /// The held cases whose time is over.
    pub async fn expired(&self, limit: usize) -> Result<Vec<Case>> {
        let sql = "SELECT * FROM cases WHERE state = 'held' AND ends_at <= ? ORDER BY ends_at LIMIT ?";
        sqlx::query(sql)
            .bind(self.0.clock.now().as_millisecond())
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(&self.0.reads)
            .await?
            .iter()
            .map(case_of)
            .collect()
    }

    /// The transactions of a case, in the order they came.
    pub async fn parts(&self, case: &Case) -> Result<Vec<Part>> {
        let rows = sqlx::query(
            "SELECT part, mail, size, received_at, digest, envelope FROM parts WHERE case_id = ? \
             ORDER BY part",
        )
        .bind(&case.id)
        .fetch_all(&self.0.reads)
        .await?;
        rows.iter().map(|row| self.part_of(case, row)).collect()
    }

    /// The bytes of one transaction: as they were received, or, of a delayed one, as they will leave.
    /// None where they have been let go of.
    pub async fn part_bytes(&self, case: &Case, part: u32) -> Result<Option<Vec<u8>>> {
        let row = sqlx::query("SELECT digest, bytes FROM parts WHERE case_id = ? AND part = ?")
            .bind(&case.id)
            .bind(part)
            .fetch_optional(&self.0.reads)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let digest: &[u8] = row.try_get(0)?;
        match row.try_get::<Option<&[u8]>, _>(1)? {
            Some(sealed) => {
                let identity = part_identity(&case.sender, case.message_id.as_deref(), digest, "bytes");
                self.0.vault.open_sealed("held mail", &identity, sealed).map(Some)
            }
            None => outbox::bytes_of_part(self, &case.id, part).await,
        }
    }

    fn part_of(&self, case: &Case, row: &SqliteRow) -> Result<Part> {
        let digest: &[u8] = row.try_get(4)?;
        let identity = part_identity(&case.sender, case.message_id.as_deref(), digest, "envelope");
        let envelope = match row.try_get::<Option<&[u8]>, _>(5)? {
            Some(sealed) => {
                let json = self.0.vault.open_sealed("a held envelope", &identity, sealed)?;
                let envelope = serde_json::from_slice(&json)
                    .map_err(|e| Error::Malformed(format!("an envelope: {e}")))?;
                Some(envelope)
            }
            None => None,
        };
        Ok(Part {
            number: row.try_get(0)?,
            mail: row.try_get(1)?,
            size: u64::try_from(row.try_get::<i64, _>(2)?).unwrap_or(0),
            received_at: time(row.try_get(3)?)?,
            envelope,
        })
    }
}

/// What a part is sealed for: it opens only as this content of this sender's mail.
pub(super) fn part_identity(sender: &str, message_id: Option<&str>, digest: &[u8], what: &str) -> String {
    let digest = audit::chain::hex(digest);
    format!("part\n{sender}\n{}\n{digest}\n{what}", message_id.unwrap_or_default())
}

pub(super) fn case_of(row: &SqliteRow) -> Result<Case> {
    let unknown = |what: &str| Error::Malformed(format!("the {what} of a case"));
    let outside: &[u8] = row.try_get("outside")?;
    let rewrite: Option<&str> = row.try_get("rewrite")?;
    Ok(Case {
        id: row.try_get("id")?,
        state: State::of(row.try_get("state")?).ok_or_else(|| unknown("state"))?,
        message_id: row.try_get("message_id")?,
        sender: row.try_get("sender")?,
        subject: row.try_get("subject")?,
        recipients: serde_json::from_str(row.try_get("recipients")?).map_err(|_| unknown("recipients"))?,
        external: outside.len() / 8,
        parts: row.try_get("parts")?,
        rewrite: match rewrite {
            Some(name) => Some(Rewrite::of(name).ok_or_else(|| unknown("rewrite"))?),
            None => None,
        },
        approval: Approval::of(row.try_get("approval")?).ok_or_else(|| unknown("approval"))?,
        rules: serde_json::from_str(row.try_get("rules")?).map_err(|_| unknown("rules"))?,
        opened_at: time(row.try_get("opened_at")?)?,
        ends_at: time(row.try_get("ends_at")?)?,
        concluded_at: row.try_get::<Option<i64>, _>("concluded_at")?.map(time).transpose()?,
        purged: row.try_get("purged")?,
        undo_until: row.try_get::<Option<i64>, _>("undo_until")?.map(time).transpose()?,
        proposal: match row.try_get::<Option<&str>, _>("proposal")? {
            Some(json) => Some(serde_json::from_str(json).map_err(|_| unknown("proposal"))?),
            None => None,
        },
    })
}

pub(super) fn time(ms: i64) -> Result<Timestamp> {
    Timestamp::from_millisecond(ms).map_err(|_| Error::Malformed("a time".into()))
}

/// The history's keys of all cases that are held.
pub(super) async fn open_keys(
    connection: &mut SqliteConnection,
    history: &History,
) -> Result<Vec<(u64, u64)>> {
    let rows = sqlx::query("SELECT sender, message_id FROM cases WHERE state = 'held'")
        .fetch_all(connection)
        .await?;
    let mut keys = Vec::new();
    for row in rows {
        keys.extend(history.case_key(row.try_get(0)?, row.try_get(1)?));
    }
    Ok(keys)
}

/// Lets go of the bytes of cases that ended before `concluded_before`.
pub(super) async fn purge(tx: &mut Tx, concluded_before: i64) -> Result<()> {
    let ended = "SELECT id FROM cases WHERE purged = 0 AND concluded_at < ? LIMIT 1000";
    let rows = sqlx::query(ended).bind(concluded_before).fetch_all(&mut tx.connection).await?;
    for row in rows {
        let id: &str = row.try_get(0)?;
        for sql in [
            "UPDATE parts SET envelope = NULL, bytes = NULL WHERE case_id = ?",
            "UPDATE cases SET purged = 1, subject = NULL, recipients = '[]', proposal = NULL WHERE id = ?",
        ] {
            sqlx::query(sql).bind(id).execute(&mut tx.connection).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_numbers_are_read_as_they_are_typed() {
        for typed in ["K7F3-22QX", "k7f3-22qx", " k7f322qx ", "K7F3 22QX"] {
            assert_eq!(case_number(typed).as_deref(), Some("K7F3-22QX"), "{typed}");
        }
        assert_eq!(case_number("oil0-2222").as_deref(), Some("0110-2222"));
        for typed in ["", "K7F3-22Q", "K7F3-22QXX", "K7F3-22QU", "K7F3-22Q関", "' OR 1=1"] {
            assert_eq!(case_number(typed), None, "{typed}");
        }
    }

    #[test]
    fn names_are_read_back() {
        for state in State::ALL {
            assert_eq!(State::of(state.name()), Some(state));
            assert_eq!(serde_json::to_value(state).unwrap(), state.name());
        }
        for rewrite in [Rewrite::Bcc, Rewrite::Individual] {
            assert_eq!(Rewrite::of(rewrite.name()), Some(rewrite));
        }
        for approval in [Approval::None, Approval::Sender, Approval::SecondPerson] {
            assert_eq!(Approval::of(approval.name()), Some(approval));
            assert_eq!(serde_json::to_value(approval).unwrap(), approval.name());
        }
    }
}
