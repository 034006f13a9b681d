//! `sekisho watch`: what is watched, and how the last proof of the audit log ended.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use jiff::tz::TimeZone;

use super::common::{self, Outcome};
use store::proofs::{Proof, proof_in_file};
use terms::clock::Clock;
use watch::controls::{Control, Step};
use watch::status::{Warning, status};

#[derive(clap::Subcommand)]
pub enum Command {
    /// The controls: when each ends, who is warned, and when they were warned last.
    Status {
        #[arg(
            long,
            value_name = "FILE",
            env = "SEKISHO_CONFIG",
            default_value = "/etc/sekisho/sekisho.toml"
        )]
        config: PathBuf,
    },
}

pub fn run(command: Command) -> Outcome {
    let Command::Status { config } = command;
    show(&config)
}

fn show(path: &Path) -> Outcome {
    let config = common::config(path)?;
    let faults = config.faults();
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
    let proof = common::block_on(proof_in_file(&config.store.url))?.map_err(|e| e.to_string())?;
    println!("\n{}", proved(proof.as_ref(), &zone));
    Ok(ExitCode::SUCCESS)
}

/// How the last proof of the audit log ended.
fn proved(proof: Option<&Proof>, zone: &TimeZone) -> String {
    let Some(proof) = proof else { return "The audit log has not been proved yet.".into() };
    let at = proof.at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string();
    match &proof.result {
        Ok(head) => format!("The audit log was whole on {at}, up to entry {} (head {head}).", head.seq),
        Err(broken) => format!("The audit log was BROKEN on {at} at {broken}"),
    }
}
