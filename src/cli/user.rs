//! `sekisho user`: who may sign in to the review site. What is done here is recorded under the name of
//! whoever sits at the shell.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::common::{self, Outcome};
use super::text;
use store::Store;
use store::people::{Account, Change, Changed, Role};
use terms::clock::Clock;
use web::{hash_password, weakness};

#[derive(clap::Subcommand)]
pub enum Command {
    /// Let somebody sign in. The password is read from standard input.
    Add {
        #[command(flatten)]
        who: Who,
        /// admin, approver or auditor.
        #[arg(long, value_name = "ROLE", value_parser = role)]
        role: Role,
        /// What pages call them; their address unless said.
        #[arg(long, value_name = "NAME")]
        display: Option<String>,
        /// Without a password: they sign in with OpenID Connect alone.
        #[arg(long, conflicts_with = "must_change")]
        no_password: bool,
        /// They choose a password of their own when they first sign in.
        #[arg(long)]
        must_change: bool,
    },
    /// The accounts.
    List {
        #[arg(
            long,
            value_name = "FILE",
            env = "SEKISHO_CONFIG",
            default_value = "/etc/sekisho/sekisho.toml"
        )]
        config: PathBuf,
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Give somebody another password, read from standard input. Their sessions end.
    Password {
        #[command(flatten)]
        who: Who,
        /// They choose one of their own when they next sign in.
        #[arg(long)]
        must_change: bool,
    },
    /// Give somebody another role. Their sessions end.
    Role {
        #[command(flatten)]
        who: Who,
        /// admin, approver or auditor.
        #[arg(value_name = "ROLE", value_parser = role)]
        role: Role,
    },
    /// Let somebody sign in no more. Their sessions end; what they did stays in the log.
    Disable {
        #[command(flatten)]
        who: Who,
    },
    /// Let somebody sign in again.
    Enable {
        #[command(flatten)]
        who: Who,
    },
}

#[derive(clap::Args)]
pub struct Who {
    #[arg(long, value_name = "FILE", env = "SEKISHO_CONFIG", default_value = "/etc/sekisho/sekisho.toml")]
    config: PathBuf,
    /// Their mail address.
    address: String,
}

pub fn run(command: Command) -> Outcome {
    match command {
        Command::Add { who, role, display, no_password, must_change } => {
            let name = address(&who.address)?;
            let password = if no_password { None } else { Some(password(&name)?) };
            let account = Account {
                display: display.unwrap_or_else(|| name.clone()),
                role,
                password,
                must_change,
                created_at: Clock::system().now(),
                disabled_at: None,
                name,
            };
            add(&who.config, account)
        }
        Command::List { config, json } => list(&config, json),
        Command::Password { who, must_change } => {
            let hash = password(&address(&who.address)?)?;
            change(&who, Change::Password { hash, must_change }, "has a new password")
        }
        Command::Role { who, role } => change(&who, Change::Role(role), &format!("is {} now", role.name())),
        Command::Disable { who } => change(&who, Change::Disable, "may sign in no more"),
        Command::Enable { who } => change(&who, Change::Enable, "may sign in again"),
    }
}

fn role(text: &str) -> Result<Role, String> {
    Role::of(text).ok_or_else(|| "give admin, approver or auditor".to_string())
}

fn add(config: &Path, account: Account) -> Outcome {
    let entry = account.entry(account.created_at, &super::hold::user());
    with_store(config, async |store| {
        match store.add_account(account.clone(), entry).await.map_err(|e| e.to_string())? {
            true => Ok(()),
            false => Err(format!(
                "{} has an account already; see sekisho user password, role, enable",
                account.name
            )),
        }
    })?;
    text::print(&format!("{} may sign in as {}.\n", account.name, account.role.name()))?;
    Ok(ExitCode::SUCCESS)
}

fn list(config: &Path, json: bool) -> Outcome {
    let accounts = with_store(config, async |store| store.accounts().await.map_err(|e| e.to_string()))?;
    for account in &accounts {
        let line = match json {
            true => serde_json::to_string(account).map_err(|e| e.to_string())?,
            false => line(account),
        };
        text::print(&format!("{line}\n"))?;
    }
    if accounts.is_empty() && !json {
        text::print("Nobody has an account; sekisho user add makes one.\n")?;
    }
    Ok(ExitCode::SUCCESS)
}

fn line(account: &Account) -> String {
    let how = match (&account.password, account.must_change) {
        (None, _) => "no password",
        (Some(_), true) => "password, to be changed",
        (Some(_), false) => "password",
    };
    let since = match account.disabled_at {
        Some(at) => format!("disabled since {at}"),
        None => format!("since {}", account.created_at),
    };
    format!("{:<8}  {}  {how}, {since}", account.role.name(), account.name)
}

fn change(who: &Who, change: Change, told: &str) -> Outcome {
    let name = address(&who.address)?;
    let entry = change.entry(Clock::system().now(), &name, &super::hold::user());
    let changed = with_store(&who.config, async |store| {
        store.change_account(&name, change, entry).await.map_err(|e| e.to_string())
    })?;
    match changed {
        Changed::Done => {
            text::print(&format!("{name} {told}.\n"))?;
            Ok(ExitCode::SUCCESS)
        }
        Changed::Missing => Err(format!("{name} has no account; sekisho user list shows who has")),
        Changed::LastAdmin => {
            Err(format!("{name} is the last admin who may sign in; make somebody else admin first"))
        }
    }
}

/// Opens the configuration's store for one errand.
fn with_store<T>(config: &Path, errand: impl AsyncFnOnce(&Store) -> Result<T, String>) -> Result<T, String> {
    let config = common::config(config)?;
    common::block_on(async {
        let store = super::hold::open(&config).await?;
        let done = errand(&store).await;
        store.close().await;
        done
    })?
}

fn address(text: &str) -> Result<String, String> {
    match message::Address::parse(text) {
        Some(address) => Ok(address.key()),
        None => Err(format!("{text} is no mail address")),
    }
}

/// The first line of standard input, hashed.
fn password(name: &str) -> Result<String, String> {
    let mut text = String::new();
    std::io::stdin().take(8_192).read_to_string(&mut text).map_err(|e| e.to_string())?;
    let password = text.lines().next().unwrap_or_default();
    match weakness(password, name) {
        Some((_, en)) => Err(format!("{en} Give the password on standard input.")),
        None => hash_password(password),
    }
}
