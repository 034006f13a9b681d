//! `sekisho watch`: what is watched.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::common::{self, Outcome};
use crate::clock::Clock;
use crate::config::Config;
use crate::store;
use crate::watch::controls::{Control, Step};
use crate::watch::status::{Warning, status};

#[derive(clap::Subcommand)]
pub enum Command {
    /// The controls: when each ends, who is warned, and when they were warned last.
    Status {
        #[arg(long, value_name = "FILE", default_value = "/etc/sekisho/sekisho.toml")]
        config: PathBuf,
    },
}

pub fn run(command: Command) -> Outcome {
    let Command::Status { config } = command;
    show(&config)
}

fn show(path: &Path) -> Outcome {
    let config = Config::load(path).map_err(|e| e.to_string())?;
    let faults = config.faults(path);
    if !faults.is_empty() {
        return Err(common::list(&faults));
    }
    let zone = config.zone()?;
    let given = common::block_on(store::warnings_in_file(&config.store.url))?.map_err(|e| e.to_string())?;
    let last = |control: &Control| {
        let expires = control.expires.to_string();
        let given = given.iter().filter(|(name, w)| *name == control.name && w.expires == expires);
        let (_, warning) = given.max_by_key(|(_, w)| w.at)?;
        Some(Warning { step: Step(warning.step), on: zone.to_datetime(warning.at).date() })
    };
    let today = zone.to_datetime(Clock::system().now()).date();
    print!("{}", status(&config.controls, today, &last));
    Ok(ExitCode::SUCCESS)
}
