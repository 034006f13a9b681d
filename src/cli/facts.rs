//! `sekisho facts`: the vocabulary of the rules, or the facts of a message.

use std::path::PathBuf;
use std::process::ExitCode;

use super::common::{self, Outcome};
use super::inspect;
use super::text::print;

#[derive(clap::Args)]
pub struct Arguments {
    /// The configuration; without it the sender's domain is the organisation's.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The vocabulary as JSON.
    #[arg(long)]
    json: bool,
    /// The vocabulary as the page docs/facts.md.
    #[arg(long, conflicts_with = "json")]
    markdown: bool,
    /// A message: its facts are printed as JSON.
    #[arg(value_name = "PATH")]
    message: Option<PathBuf>,
}

pub fn run(arguments: Arguments) -> Outcome {
    match &arguments.message {
        Some(path) => {
            for input in common::messages(std::slice::from_ref(path))? {
                let facts = inspect::facts_of(&input, arguments.config.as_deref())?;
                let text = serde_json::to_string_pretty(&facts).map_err(|e| e.to_string())?;
                print(&format!("{text}\n"))?;
            }
        }
        None if arguments.json => print(&format!("{:#}\n", facts::describe_json()))?,
        None if arguments.markdown => print(&facts::describe_markdown())?,
        None => print(&facts::describe())?,
    }
    Ok(ExitCode::SUCCESS)
}
