//! `sekisho user`: who may sign in to the review site.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::common::{self, Outcome};
use super::text;
use crate::audit::entry::{Entry, Kind};
use crate::clock::Clock;
use crate::config::Config;
use crate::store::Store;
use crate::store::people::{Account, Role};
use crate::web::hash_password;

/// A shorter password is refused (NIST SP 800-63B section 3.1.1.2 asks for 15 where it stands alone,
/// 8 at the least).
const SHORTEST: usize = 12;

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
    },
}

#[derive(clap::Args)]
pub struct Who {
    #[arg(long, value_name = "FILE", default_value = "/etc/sekisho/sekisho.toml")]
    config: PathBuf,
    /// Their mail address.
    address: String,
}

pub fn run(command: Command) -> Outcome {
    match command {
        Command::Add { who, role, display } => add(&who, role, display),
    }
}

fn role(text: &str) -> Result<Role, String> {
    Role::of(text).ok_or_else(|| "give admin, approver or auditor".to_string())
}

fn add(who: &Who, role: Role, display: Option<String>) -> Outcome {
    let name = address(&who.address)?;
    let password = password()?;
    let now = Clock::system().now();
    let account = Account {
        display: display.unwrap_or_else(|| name.clone()),
        role,
        password: Some(hash_password(&password)?),
        created_at: now,
        disabled_at: None,
        name,
    };
    let mut entry = Entry::new(now, Kind::Person, "account-added");
    entry.actor = Some(super::hold::user());
    entry.notes = vec![format!("account: {}", account.name), format!("role: {}", role.name())];
    with_store(&who.config, async |store| {
        if store.account(&account.name).await.map_err(|e| e.to_string())?.is_some() {
            return Err(format!("{} has an account already", account.name));
        }
        store.put_account(account.clone(), entry).await.map_err(|e| e.to_string())
    })?;
    text::print(&format!("{} may sign in as {}.\n", account.name, role.name()))?;
    Ok(ExitCode::SUCCESS)
}

/// Opens the configuration's store for one errand.
fn with_store<T>(config: &Path, errand: impl AsyncFnOnce(&Store) -> Result<T, String>) -> Result<T, String> {
    let config = Config::load(config).map_err(|e| e.to_string())?;
    common::block_on(async {
        let store = super::hold::open(&config).await?;
        let done = errand(&store).await;
        store.close().await;
        done
    })?
}

fn address(text: &str) -> Result<String, String> {
    match crate::message::Address::parse(text) {
        Some(address) => Ok(address.key()),
        None => Err(format!("{text} is no mail address")),
    }
}

/// The first line of standard input.
fn password() -> Result<String, String> {
    let mut text = String::new();
    std::io::stdin().take(4_096).read_to_string(&mut text).map_err(|e| e.to_string())?;
    let password = text.lines().next().unwrap_or_default().to_string();
    if password.chars().count() < SHORTEST {
        return Err(format!(
            "the password is too short: give at least {SHORTEST} characters on standard input"
        ));
    }
    Ok(password)
}
