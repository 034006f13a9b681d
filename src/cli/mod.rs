//! The shell: one file a subcommand. Exit codes: 0 done, 1 the answer is no (an error in the
//! configuration, a missed incident, a broken chain), 2 the command could not run.

mod audit;
mod casebook;
mod check;
mod common;
mod demo;
mod explain;
mod facts;
mod findings;
mod hold;
mod inspect;
mod log;
mod play;
mod replay;
mod report;
mod serve;
mod text;
mod user;
mod watch;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Sekisho (関所): an outbound e-mail guard.
#[derive(Parser)]
#[command(name = "sekisho", version, about, disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the relay.
    Serve(WithConfig),
    /// See it work: relay, next hop and the casebook's messages, all embedded, over real SMTP.
    Demo(demo::Arguments),
    /// Check the configuration, the rules and the casebook.
    Check(WithConfig),
    /// Say what would become of messages: one JSON line each; no network, no store.
    Inspect(inspect::Arguments),
    /// Print the vocabulary of the rules; with a message, its facts as JSON.
    Facts(facts::Arguments),
    /// Play every incident of the casebook against the rules.
    Replay(replay::Arguments),
    /// Look into the casebook, or mine posts for new incidents.
    #[command(subcommand)]
    Casebook(casebook::Command),
    /// See and decide held mail.
    #[command(subcommand)]
    Hold(hold::Command),
    /// Read and prove the audit log.
    #[command(subcommand)]
    Audit(audit::Command),
    /// Tell what was inspected, stopped and decided in a period, and whether the audit log is whole.
    Report(report::Arguments),
    /// See what is watched.
    #[command(subcommand)]
    Watch(watch::Command),
    /// Say who may sign in to the review site.
    #[command(subcommand)]
    User(user::Command),
}

/// A command that needs a configuration.
#[derive(clap::Args)]
struct WithConfig {
    /// The configuration file.
    #[arg(long, value_name = "FILE", env = "SEKISHO_CONFIG", default_value = "/etc/sekisho/sekisho.toml")]
    config: PathBuf,
}

/// Runs the command of the command line.
pub fn main() -> ExitCode {
    // A panic's own words may quote the message that it happened on; where it happened is enough.
    std::panic::set_hook(Box::new(|panic| match panic.location() {
        Some(at) => eprintln!("sekisho: a fault in the program at {at}"),
        None => eprintln!("sekisho: a fault in the program"),
    }));
    let done = match Arguments::parse().command {
        Command::Serve(a) => serve::run(&a.config),
        Command::Demo(a) => demo::run(a),
        Command::Check(a) => check::run(&a.config),
        Command::Inspect(a) => inspect::run(a),
        Command::Facts(a) => facts::run(a),
        Command::Replay(a) => replay::run(a),
        Command::Casebook(c) => casebook::run(c),
        Command::Hold(c) => hold::run(c),
        Command::Audit(c) => audit::run(c),
        Command::Report(a) => report::run(&a),
        Command::Watch(c) => watch::run(c),
        Command::User(c) => user::run(c),
    };
    match done {
        Ok(code) => code,
        Err(why) => {
            eprintln!("sekisho: {why}");
            ExitCode::from(2)
        }
    }
}
