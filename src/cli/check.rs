//! `sekisho check`: the configuration, the rules and the casebook; every error with file and line.

use std::path::Path;
use std::process::ExitCode;

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

fn check(path: &Path) -> Result<String, Vec<LoadError>> {
    let config = Config::load(path)?;
    let mut errors = config.faults();
    match config.policy() {
        Ok(policy) if errors.is_empty() => Ok(format!(
            "{}: ok, {} rules, {} incidents, {} controls",
            path.display(),
            policy.rules.rules().len(),
            policy.casebook.iter().count(),
            config.controls.len(),
        )),
        Ok(_) => Err(errors),
        Err(more) => {
            errors.extend(more);
            Err(errors)
        }
    }
}
