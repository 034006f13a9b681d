//! Who has signed in. Tokens come and go as hashes: nothing in the database lets anybody in.

use std::time::Duration;

use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::Store;
use super::cases::time;
use super::error::Result;
use super::people::{Account, account_of};
use audit::chain::hex;
use audit::entry::Entry;
use terms::clock::Timestamp;

/// An account has at most so many sessions; the one that was used longest ago goes first.
const MOST: i64 = 20;
/// That a session was used is written down at most so often.
const TOUCH: Duration = Duration::from_secs(60);

/// The hash under which a session is kept.
pub type TokenHash = [u8; 32];

/// Somebody who has signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub account: Account,
    /// What every form of the session carries.
    pub csrf: String,
    pub begun_at: Timestamp,
    pub until: Timestamp,
}

/// A session that begins.
#[derive(Clone, Debug)]
pub struct NewSession {
    pub token: TokenHash,
    pub account: String,
    pub csrf: String,
    /// It ends then at the latest.
    pub until: Timestamp,
    /// The address that it was begun from.
    pub origin: String,
}

/// A session as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenSession {
    /// Names it among those of its account; opens nothing.
    pub id: String,
    pub begun_at: Timestamp,
    /// To about a minute.
    pub used_at: Timestamp,
    pub origin: String,
}

/// Which sessions of an account are to end.
#[derive(Clone, Debug)]
pub enum Ending {
    /// The one of this token.
    Own(TokenHash),
    /// The one of this id.
    One(String),
    /// All but the one of this token.
    Others(TokenHash),
}

impl Store {
    /// Begins a session; `entry` says so in the log. Sessions that are over go with it. False where the
    /// account may not sign in; then nothing changes.
    pub async fn begin_session(&self, new: NewSession, entry: Entry) -> Result<bool> {
        let now = self.0.clock.now().as_millisecond();
        self.write(move |tx| {
            Box::pin(async move {
                let begun = sqlx::query(
                    "INSERT INTO sessions (token, account, csrf, begun_at, used_at, until, origin) \
                     SELECT ?1, name, ?2, ?3, ?3, ?4, ?5 FROM accounts \
                     WHERE name = ?6 AND disabled_at IS NULL",
                )
                .bind(new.token.to_vec())
                .bind(new.csrf)
                .bind(now)
                .bind(new.until.as_millisecond())
                .bind(new.origin)
                .bind(&new.account)
                .execute(&mut tx.connection)
                .await?;
                if begun.rows_affected() == 0 {
                    return Ok(false);
                }
                sqlx::query(
                    "DELETE FROM sessions WHERE until <= ?1 OR account = ?2 AND token NOT IN \
                     (SELECT token FROM sessions WHERE account = ?2 ORDER BY used_at DESC LIMIT ?3)",
                )
                .bind(now)
                .bind(new.account)
                .bind(MOST)
                .execute(&mut tx.connection)
                .await?;
                tx.record(&entry);
                Ok(true)
            })
        })
        .await
    }

    /// The session of this token, where it is not over, was used within `idle`, and its account may
    /// still sign in. It counts as used now.
    pub async fn session(&self, token: TokenHash, idle: Duration) -> Result<Option<Session>> {
        let now = self.0.clock.now();
        let row = sqlx::query(
            "SELECT a.*, s.csrf, s.begun_at, s.until, s.used_at FROM sessions s \
             JOIN accounts a ON a.name = s.account \
             WHERE s.token = ? AND s.until > ? AND s.used_at > ? AND a.disabled_at IS NULL",
        )
        .bind(token.to_vec())
        .bind(now.as_millisecond())
        .bind(ago(now, idle))
        .fetch_optional(&self.0.reads)
        .await?;
        let Some(row) = row else {
            return Ok(None);
        };
        if row.try_get::<i64, _>("used_at")? <= ago(now, TOUCH.min(idle / 4)) {
            self.touch(token, now).await?;
        }
        let session = Session {
            account: account_of(&row)?,
            csrf: row.try_get("csrf")?,
            begun_at: time(row.try_get("begun_at")?)?,
            until: time(row.try_get("until")?)?,
        };
        Ok(Some(session))
    }

    async fn touch(&self, token: TokenHash, now: Timestamp) -> Result<()> {
        self.write(move |tx| {
            Box::pin(async move {
                sqlx::query("UPDATE sessions SET used_at = ? WHERE token = ?")
                    .bind(now.as_millisecond())
                    .bind(token.to_vec())
                    .execute(&mut tx.connection)
                    .await?;
                Ok(())
            })
        })
        .await
    }

    /// The sessions of an account that are not over, the one used last first. Beside each, whether it is
    /// the one of `own`.
    pub async fn sessions_of(
        &self,
        account: &str,
        idle: Duration,
        own: Option<TokenHash>,
    ) -> Result<Vec<(OpenSession, bool)>> {
        let now = self.0.clock.now();
        let rows = sqlx::query(
            "SELECT token, begun_at, used_at, origin FROM sessions \
             WHERE account = ? AND until > ? AND used_at > ? ORDER BY used_at DESC",
        )
        .bind(account)
        .bind(now.as_millisecond())
        .bind(ago(now, idle))
        .fetch_all(&self.0.reads)
        .await?;
        rows.iter().map(|row| open_session(row, own)).collect()
    }

    /// Ends sessions of an account; `entry` says so in the log, where there was one to end. How many.
    pub async fn end_sessions(&self, account: &str, which: Ending, entry: Entry) -> Result<u64> {
        let account = account.to_string();
        self.write(move |tx| {
            Box::pin(async move {
                let own = "DELETE FROM sessions WHERE account = ? AND token = ?";
                let others = "DELETE FROM sessions WHERE account = ? AND token <> ?";
                let one = "DELETE FROM sessions WHERE account = ? AND lower(substr(hex(token), 1, 24)) = ?";
                let ended = match which {
                    Ending::Own(token) => sqlx::query(own).bind(account).bind(token.to_vec()),
                    Ending::Others(token) => sqlx::query(others).bind(account).bind(token.to_vec()),
                    Ending::One(id) => sqlx::query(one).bind(account).bind(id),
                };
                let ended = ended.execute(&mut tx.connection).await?.rows_affected();
                if ended > 0 {
                    tx.record(&entry);
                }
                Ok(ended)
            })
        })
        .await
    }
}

fn open_session(row: &SqliteRow, own: Option<TokenHash>) -> Result<(OpenSession, bool)> {
    let token: &[u8] = row.try_get("token")?;
    let session = OpenSession {
        id: hex(token.get(..12).unwrap_or_default()),
        begun_at: time(row.try_get("begun_at")?)?,
        used_at: time(row.try_get("used_at")?)?,
        origin: row.try_get("origin")?,
    };
    Ok((session, own.is_some_and(|own| own.as_slice() == token)))
}

/// Milliseconds since the epoch of `now - length`.
fn ago(now: Timestamp, length: Duration) -> i64 {
    let length = i64::try_from(length.as_millis()).unwrap_or(i64::MAX);
    now.as_millisecond().saturating_sub(length)
}
