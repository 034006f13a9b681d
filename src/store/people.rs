//! Who may sign in to the review site, and who has. Passwords come and go as argon2 hashes, session
//! tokens as hashes too: nothing in the database lets anybody in.

use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::Store;
use super::cases::time;
use super::error::{Error, Result};
use crate::audit::entry::Entry;
use crate::clock::Timestamp;

/// What somebody may do on the review site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Everything, accounts and exceptions included.
    Admin,
    /// Decides about held mail of the senders that are theirs.
    Approver,
    /// Reads the log and masked content; decides nothing.
    Auditor,
}

impl Role {
    /// All roles.
    pub const ALL: [Role; 3] = [Role::Admin, Role::Approver, Role::Auditor];

    pub fn name(self) -> &'static str {
        match self {
            Role::Admin => "admin",
            Role::Approver => "approver",
            Role::Auditor => "auditor",
        }
    }

    /// The role of that name.
    pub fn of(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// Somebody who may sign in.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Account {
    /// Their mail address, in lower case.
    pub name: String,
    /// What pages call them.
    pub display: String,
    pub role: Role,
    /// An argon2 hash in the PHC string format; none where they sign in elsewhere.
    #[serde(skip)]
    pub password: Option<String>,
    pub created_at: Timestamp,
    /// Since when they may sign in no more.
    pub disabled_at: Option<Timestamp>,
}

/// Somebody who has signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub account: Account,
    /// What every form of the session carries.
    pub csrf: String,
    pub begun_at: Timestamp,
    pub until: Timestamp,
}

/// The hash under which a session is kept.
pub type TokenHash = [u8; 32];

impl Store {
    /// The account of this name.
    pub async fn account(&self, name: &str) -> Result<Option<Account>> {
        let row = sqlx::query("SELECT * FROM accounts WHERE name = ?")
            .bind(name.trim().to_lowercase())
            .fetch_optional(&self.0.reads)
            .await?;
        row.as_ref().map(account_of).transpose()
    }

    /// All accounts, by name.
    pub async fn accounts(&self) -> Result<Vec<Account>> {
        let rows = sqlx::query("SELECT * FROM accounts ORDER BY name").fetch_all(&self.0.reads).await?;
        rows.iter().map(account_of).collect()
    }

    /// Makes an account or changes it; `entry` says so in the log. Where the role or the password
    /// changes, or the account is disabled, its sessions end.
    pub async fn put_account(&self, account: Account, entry: Entry) -> Result<()> {
        self.write(move |tx| {
            Box::pin(async move {
                sqlx::query(
                    "INSERT INTO accounts (name, display, role, password, created_at, disabled_at) \
                     VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET \
                     display = excluded.display, role = excluded.role, password = excluded.password, \
                     disabled_at = excluded.disabled_at",
                )
                .bind(&account.name)
                .bind(&account.display)
                .bind(account.role.name())
                .bind(&account.password)
                .bind(account.created_at.as_millisecond())
                .bind(account.disabled_at.map(|at| at.as_millisecond()))
                .execute(&mut tx.connection)
                .await?;
                sqlx::query("DELETE FROM sessions WHERE account = ?")
                    .bind(&account.name)
                    .execute(&mut tx.connection)
                    .await?;
                tx.record(&entry);
                Ok(())
            })
        })
        .await
    }

    /// Begins a session; `entry` says so in the log. Sessions that are over go with it.
    pub async fn begin_session(
        &self,
        token: TokenHash,
        account: &str,
        csrf: String,
        until: Timestamp,
        entry: Entry,
    ) -> Result<()> {
        let now = self.0.clock.now().as_millisecond();
        let account = account.to_string();
        self.write(move |tx| {
            Box::pin(async move {
                sqlx::query("DELETE FROM sessions WHERE until <= ?")
                    .bind(now)
                    .execute(&mut tx.connection)
                    .await?;
                sqlx::query(
                    "INSERT INTO sessions (token, account, csrf, begun_at, used_at, until) \
                     VALUES (?, ?, ?, ?, ?, ?)",
                )
                .bind(token.to_vec())
                .bind(account)
                .bind(csrf)
                .bind(now)
                .bind(now)
                .bind(until.as_millisecond())
                .execute(&mut tx.connection)
                .await?;
                tx.record(&entry);
                Ok(())
            })
        })
        .await
    }

    /// The session of this token, where it is not over and its account may still sign in.
    pub async fn session(&self, token: TokenHash) -> Result<Option<Session>> {
        let row = sqlx::query(
            "SELECT a.*, s.csrf, s.begun_at, s.until FROM sessions s JOIN accounts a ON a.name = s.account \
             WHERE s.token = ? AND s.until > ? AND a.disabled_at IS NULL",
        )
        .bind(token.to_vec())
        .bind(self.0.clock.now().as_millisecond())
        .fetch_optional(&self.0.reads)
        .await?;
        row.map(|row| {
            Ok(Session {
                account: account_of(&row)?,
                csrf: row.try_get("csrf")?,
                begun_at: time(row.try_get("begun_at")?)?,
                until: time(row.try_get("until")?)?,
            })
        })
        .transpose()
    }

    /// Ends a session; `entry` says so in the log.
    pub async fn end_session(&self, token: TokenHash, entry: Entry) -> Result<()> {
        self.write(move |tx| {
            Box::pin(async move {
                sqlx::query("DELETE FROM sessions WHERE token = ?")
                    .bind(token.to_vec())
                    .execute(&mut tx.connection)
                    .await?;
                tx.record(&entry);
                Ok(())
            })
        })
        .await
    }
}

fn account_of(row: &SqliteRow) -> Result<Account> {
    let role: &str = row.try_get("role")?;
    Ok(Account {
        name: row.try_get("name")?,
        display: row.try_get("display")?,
        role: Role::of(role).ok_or_else(|| Error::Malformed("the role of an account".into()))?,
        password: row.try_get("password")?,
        created_at: time(row.try_get("created_at")?)?,
        disabled_at: row.try_get::<Option<i64>, _>("disabled_at")?.map(time).transpose()?,
    })
}
