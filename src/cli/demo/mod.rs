//! Demo.
mod client;
#[derive(clap::Args)]
pub struct Arguments {}
pub fn run(_: Arguments) -> super::common::Outcome { Err(String::new()) }
