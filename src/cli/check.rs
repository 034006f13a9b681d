//! `sekisho check`: the configuration, the rules and the casebook; every error and every warning with file,
//! line and column.

use std::path::Path;
use std::process::ExitCode;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::common::Outcome;
use casebook::LoadError;
use daemon::config::Config;

pub fn run(path: &Path) -> Outcome {
    match check(path) {
        Ok(said) => {
            println!("{said}");
            Ok(ExitCode::SUCCESS)
        }
        Err(errors) => {
            for error in &errors {
                eprintln!("{error}");
            }
            let count = errors.len();
            eprintln!("{count} error{}; nothing would start", if count == 1 { "" } else { "s" });
            Ok(ExitCode::FAILURE)
        }
    }
}

/// What is right to say of the configuration; its warnings go to standard output as they are found.
fn check(path: &Path) -> Result<String, Vec<LoadError>> {
    let config = Config::load(path)?;
    let mut errors = config.faults();
    let now = Timestamp::now();
    let zone = config.zone().unwrap_or(TimeZone::UTC);
    let mut warnings = config.warnings(zone.to_datetime(now).date());
    let policy = config.policy();
    warnings.extend(policy.iter().flat_map(|policy| policy.rules.warnings(now)));
    for warning in warnings {
        println!("warning: {warning}");
    }
    match policy {
        Ok(policy) if errors.is_empty() => Ok(format!(
            "{}: ok, {} rules, {} incidents, {} controls",
            path.display(),
            policy.rules.rules().len(),
            policy.casebook.iter().count(),
            config.controls.len(),
        )),
        Ok(_) => Err(errors),
        Err(more) => {
            // What both find is told once.
            errors.extend(more.into_iter().filter(|e| !config.faults().contains(e)));
            Err(errors)
        }
    }
}
