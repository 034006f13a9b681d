//! `sekisho demo`: see it work. A relay, a next hop and the casebook's messages, all within this
//! program and a temporary folder; the mail goes over real SMTP, and nothing goes further.

mod client;
mod narration;
mod relay;
mod sink;
mod story;

use std::process::ExitCode;

use self::narration::Narration;
use self::relay::Relay;
use self::sink::Sink;
use self::story::Story;
use super::common::{self, Outcome};
use super::text;
use facts::Language;
use store::people::Role;
use terms::clock::Clock;

/// Who may sign in while the demo stays open.
const REVIEWER: &str = "kansa@city.example.jp";

#[derive(clap::Args)]
pub struct Arguments {
    /// Stop after the table instead of leaving the relay open until Ctrl-C.
    #[arg(long)]
    exit: bool,
    /// ja or en; by default the environment's language.
    #[arg(long, value_name = "LANGUAGE", value_parser = text::parse_language)]
    lang: Option<Language>,
}

pub fn run(arguments: Arguments) -> Outcome {
    let teller = Narration::new(text::language(arguments.lang));
    let casebook = casebook::embedded().map_err(|e| common::list(&e))?;
    let incidents = story::incidents(&casebook);
    let sink = Sink::open().map_err(|e| format!("no next hop: {e}"))?;
    let start = story::start(&incidents, Clock::system().now());
    let relay = Relay::open(sink.address, start, teller.language)?;
    text::print(&teller.opening(incidents.len()))?;

    let mut story = Story::new(&relay, &sink)?;
    let mut as_expected = true;
    for incident in &incidents {
        let play = story.play(incident)?;
        as_expected &= play.holds();
        text::print(&teller.incident(&play))?;
        // The first incident's mail is released at once: later its case would have expired.
        if incident.id == incidents[0].id
            && let Some(released) = story.release()?
        {
            text::print(&teller.released(&released))?;
        }
    }
    let (tally, proof) = (story.end(), relay.verify()?);
    as_expected &= tally.wrong == 0 && tally.visible_after == 0 && proof.is_ok();
    text::print(&teller.closing(&tally, &proof, as_expected))?;

    relay.set(relay.policy.clone());
    if !arguments.exit {
        stay_open(&relay, &teller)?;
    }
    relay.close();
    Ok(if as_expected { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Leaves the relay open and tells every decision, until Ctrl-C.
fn stay_open(relay: &Relay, teller: &Narration) -> Result<(), String> {
    text::print(&teller.open_door(relay.address, &relay.config))?;
    let (site, password) = relay.admit(REVIEWER, Role::Admin)?;
    text::print(&teller.open_site(&site, REVIEWER, &password, relay.link_of_a_sender()?))?;
    let mut last = relay.last_decision().map_or(0, |row| row.seq);
    relay.wait_for_stop(|| {
        for row in relay.decisions_after(last)? {
            last = row.seq;
            text::print(&teller.decision(&row.entry))?;
        }
        Ok(())
    })
}
