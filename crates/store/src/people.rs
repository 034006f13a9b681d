//! Who may sign in to the review site. Passwords come and go as argon2 hashes: nothing in the database
//! lets anybody in.

use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::cases::time;
use super::error::{Error, Result};
use super::{Store, Tx};
use audit::entry::{Entry, Kind};
use terms::clock::Timestamp;

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
    /// Whether somebody else has set the password, so that it is changed at the next sign-in.
    pub must_change: bool,
    pub created_at: Timestamp,
    /// Since when they may sign in no more.
    pub disabled_at: Option<Timestamp>,
}

/// What changes of an account. Each of them ends its sessions but a new name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    Role(Role),
    /// An argon2 hash in the PHC string format.
    Password {
        hash: String,
        must_change: bool,
    },
    Disable,
    Enable,
    Display(String),
}

impl Account {
    /// How the log says that `actor` made it.
    pub fn entry(&self, at: Timestamp, actor: &str) -> Entry {
        let mut entry = Entry::new(at, Kind::Person, "account-added");
        entry.actor = Some(actor.to_string());
        entry.notes = vec![format!("account: {}", self.name), format!("role: {}", self.role.name())];
        entry
    }
}

impl Change {
    /// How the log says that `actor` changed the account `name`.
    pub fn entry(&self, at: Timestamp, name: &str, actor: &str) -> Entry {
        let what = match self {
            Change::Role(_) => "account-role",
            Change::Password { .. } => "account-password",
            Change::Disable => "account-disabled",
            Change::Enable => "account-enabled",
            Change::Display(_) => "account-display",
        };
        let mut entry = Entry::new(at, Kind::Person, what);
        entry.actor = Some(actor.to_string());
        entry.notes = vec![format!("account: {name}")];
        if let Change::Role(role) = self {
            entry.notes.push(format!("role: {}", role.name()));
        }
        entry
    }
}

/// Whether an account was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    Done,
    /// There is no such account.
    Missing,
    /// Nobody would be left who can manage accounts.
    LastAdmin,
}

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

    /// Makes an account; `entry` says so in the log. False where the name has one; then nothing changes.
    pub async fn add_account(&self, account: Account, entry: Entry) -> Result<bool> {
        self.write(move |tx| {
            Box::pin(async move {
                let added = sqlx::query(
                    "INSERT OR IGNORE INTO accounts (name, display, role, password, created_at, \
                     disabled_at, must_change) VALUES (?, ?, ?, ?, ?, ?, ?)",
                )
                .bind(&account.name)
                .bind(&account.display)
                .bind(account.role.name())
                .bind(&account.password)
                .bind(account.created_at.as_millisecond())
                .bind(account.disabled_at.map(|at| at.as_millisecond()))
                .bind(account.must_change)
                .execute(&mut tx.connection)
                .await?;
                if added.rows_affected() == 0 {
                    return Ok(false);
                }
                tx.record(&entry);
                Ok(true)
            })
        })
        .await
    }

    /// Changes an account; `entry` says so in the log. With the role, the password or the right to sign
    /// in, its sessions end. The last admin who may sign in stays one.
    pub async fn change_account(&self, name: &str, change: Change, entry: Entry) -> Result<Changed> {
        let (now, name) = (self.0.clock.now(), name.trim().to_lowercase());
        self.write(move |tx| {
            Box::pin(async move {
                let changed = change_in(tx, &name, &change, now).await?;
                if changed == Changed::Done {
                    tx.record(&entry);
                }
                Ok(changed)
            })
        })
        .await
    }
}

async fn change_in(tx: &mut Tx, name: &str, change: &Change, now: Timestamp) -> Result<Changed> {
    let row = sqlx::query("SELECT * FROM accounts WHERE name = ?")
        .bind(name)
        .fetch_optional(&mut tx.connection)
        .await?;
    let Some(mut account) = row.as_ref().map(account_of).transpose()? else {
        return Ok(Changed::Missing);
    };
    let managed = manages(&account);
    match change {
        Change::Role(role) => account.role = *role,
        Change::Password { hash, must_change } => {
            account.password = Some(hash.clone());
            account.must_change = *must_change;
        }
        Change::Disable => account.disabled_at = account.disabled_at.or(Some(now)),
        Change::Enable => account.disabled_at = None,
        Change::Display(display) => account.display.clone_from(display),
    }
    if managed && !manages(&account) && !another_admin(tx, name).await? {
        return Ok(Changed::LastAdmin);
    }
    sqlx::query(
        "UPDATE accounts SET display = ?, role = ?, password = ?, disabled_at = ?, must_change = ? \
         WHERE name = ?",
    )
    .bind(&account.display)
    .bind(account.role.name())
    .bind(&account.password)
    .bind(account.disabled_at.map(|at| at.as_millisecond()))
    .bind(account.must_change)
    .bind(name)
    .execute(&mut tx.connection)
    .await?;
    if !matches!(change, Change::Display(_)) {
        sqlx::query("DELETE FROM sessions WHERE account = ?").bind(name).execute(&mut tx.connection).await?;
    }
    Ok(Changed::Done)
}

fn manages(account: &Account) -> bool {
    account.role == Role::Admin && account.disabled_at.is_none()
}

async fn another_admin(tx: &mut Tx, name: &str) -> Result<bool> {
    let sql = "SELECT 1 FROM accounts WHERE role = 'admin' AND disabled_at IS NULL AND name <> ? LIMIT 1";
    Ok(sqlx::query(sql).bind(name).fetch_optional(&mut tx.connection).await?.is_some())
}

/// An account from the columns of its table.
pub(super) fn account_of(row: &SqliteRow) -> Result<Account> {
    let role: &str = row.try_get("role")?;
    Ok(Account {
        name: row.try_get("name")?,
        display: row.try_get("display")?,
        role: Role::of(role).ok_or_else(|| Error::Malformed("the role of an account".into()))?,
        password: row.try_get("password")?,
        must_change: row.try_get("must_change")?,
        created_at: time(row.try_get("created_at")?)?,
        disabled_at: row.try_get::<Option<i64>, _>("disabled_at")?.map(time).transpose()?,
    })
}
