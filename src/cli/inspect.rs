//! `sekisho inspect`: what would become of messages. No network, no store.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::{Value, json};

use super::common::{self, Input, Outcome};
use super::{explain, text};
use facts::{EnvelopeSource, History, Organization};
use guard::{self, Depth, Inspected, Policy};
use message::{self, Slot};
use smtp::envelope::{Envelope, Recipient};
use terms::clock::Clock;

#[derive(clap::Args)]
pub struct Arguments {
    /// The configuration; without it the rules within the program, and the sender's domain is the
    /// organisation's.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The envelope sender; by default the From field's address.
    #[arg(long, value_name = "ADDRESS")]
    from: Option<String>,
    /// An envelope recipient, may be repeated; by default the To, Cc and Bcc fields' addresses.
    #[arg(long = "rcpt", value_name = "ADDRESS")]
    rcpts: Vec<String>,
    /// Say it for people instead of as JSON.
    #[arg(long)]
    explain: bool,
    /// Write the message as it would leave.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Message files, folders, mbox files; `-` for standard input.
    #[arg(value_name = "PATH", default_value = "-")]
    paths: Vec<PathBuf>,
}

pub fn run(arguments: Arguments) -> Outcome {
    let policy = match &arguments.config {
        Some(path) => Some(common::load(path)?.1),
        None => None,
    };
    let inputs = common::messages(&arguments.paths)?;
    if arguments.output.is_some() && inputs.len() != 1 {
        return Err(format!("--output takes one message, and there are {}", inputs.len()));
    }
    for input in &inputs {
        let (envelope, source) = envelope(&input.bytes, arguments.from.as_deref(), &arguments.rcpts);
        let policy = match &policy {
            Some(policy) => policy,
            None => &without_config(&envelope)?,
        };
        let now = Clock::system().now();
        let mut seen = guard::inspect(
            policy,
            &envelope,
            source,
            &input.bytes,
            Depth::Everything,
            |_, _| History::default(),
            now,
        );
        let now = Clock::system().now();
        seen.verdict = guard::finalize::carried_out(policy, &envelope, &input.bytes, &seen.verdict, now);
        if arguments.explain {
            text::print(&explain::text(policy, input, &seen))?;
        } else {
            text::print(&format!("{}\n", line(input, &seen)))?;
        }
        if let Some(path) = &arguments.output {
            write_leaving(policy, &envelope, input, &seen, path)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The facts of one message, as JSON.
pub fn facts_of(input: &Input, config: Option<&Path>) -> Result<Value, String> {
    let (envelope, source) = envelope(&input.bytes, None, &[]);
    let policy = match config {
        Some(path) => common::load(path)?.1,
        None => without_config(&envelope)?,
    };
    let now = Clock::system().now();
    let seen = guard::inspect(
        &policy,
        &envelope,
        source,
        &input.bytes,
        Depth::Everything,
        |_, _| History::default(),
        now,
    );
    Ok(seen.facts.to_json())
}

/// The envelope as asked for, or as the message's own fields say.
pub fn envelope(bytes: &[u8], from: Option<&str>, rcpts: &[String]) -> (Envelope, EnvelopeSource) {
    let mail = message::read(bytes, &message::Limits::default());
    let first = |slot: Slot| {
        mail.addresses.iter().find(|s| s.slot == slot && !s.shown_only).map(|s| s.address.text.clone())
    };
    let from = from.map(str::to_string).or_else(|| first(Slot::From)).or_else(|| first(Slot::Sender));
    let source = match rcpts.is_empty() {
        true => EnvelopeSource::Fields,
        false => EnvelopeSource::Given,
    };
    let fields = mail.addresses.iter().filter(|s| {
        let slot = matches!(s.slot, Slot::To | Slot::Cc | Slot::Bcc);
        slot && !s.shown_only
    });
    let mut rcpts: Vec<String> = match source {
        EnvelopeSource::Given => rcpts.to_vec(),
        EnvelopeSource::Fields => fields.map(|s| s.address.text.clone()).collect(),
    };
    let mut seen = std::collections::HashSet::new();
    rcpts.retain(|r| seen.insert(r.to_lowercase()));
    let recipient = |address| Recipient { address, params: Vec::new() };
    let envelope = Envelope {
        from: from.unwrap_or_default(),
        rcpts: rcpts.into_iter().map(recipient).collect(),
        ..Envelope::default()
    };
    (envelope, source)
}

/// Without a configuration, the sender's domain is the organisation's.
fn without_config(envelope: &Envelope) -> Result<Policy, String> {
    let domain = envelope.from.rsplit_once('@').map_or("", |a| a.1);
    let domains: Vec<&str> = Some(domain).filter(|d| !d.is_empty()).into_iter().collect();
    Policy::embedded(Organization::new(domain, &domains)).map_err(|errors| common::list(&errors))
}

/// One line of the documented form.
fn line(input: &Input, seen: &Inspected<'_>) -> Value {
    let verdict = &seen.verdict;
    let rules: Vec<Value> = verdict
        .matches
        .iter()
        .map(|m| {
            json!({
                "id": m.id, "action": m.action, "mode": m.mode,
                "incidents": m.incidents, "evidence": m.evidence,
            })
        })
        .collect();
    json!({
        "file": input.name,
        "message_id": seen.mail.message_id(),
        "action": verdict.action,
        "rewrite": verdict.rewrite,
        "approval": verdict.approval,
        "rules": rules,
        "facts": seen.facts.to_json(),
        "error": verdict.error,
    })
}

fn write_leaving(
    policy: &Policy,
    envelope: &Envelope,
    input: &Input,
    seen: &Inspected<'_>,
    path: &Path,
) -> Result<(), String> {
    if seen.verdict.action == rules::verdict::Action::Reject {
        return Err(format!("{} would be rejected: nothing would leave", input.name));
    }
    let leaving =
        guard::finalize::prepare(policy, envelope, &input.bytes, seen.verdict.rewrite, Clock::system().now())
            .map_err(|why| format!("{} would be held and could not leave as it is: {why}", input.name))?;
    let bytes: Vec<u8> = leaving.copies.into_iter().flat_map(|c| c.bytes()).collect();
    std::fs::write(path, bytes).map_err(|e| format!("{}: {e}", path.display()))
}
