//! Sekisho (関所): an outbound e-mail guard.
//!
//! The folders tell the way of a message; `docs/flow.md` is the map. A folder imports only from
//! folders on lines above its own, which `tests/` checks.

// 0: the languages: SMTP, the casebook, the audit record, time, networks
pub mod audit;
pub mod casebook;
pub mod clock;
pub mod networks;
pub mod smtp;
// 1: the message as its readers see it, and the text in all its parts
pub mod content;
pub mod message;
// 2: personal data and secrets in text
pub mod personal;
// 3: what the rules can ask
pub mod facts;
// 4: the rules and their verdict
pub mod rules;
// 5: what is kept
pub mod store;
// 6: telling people, and the way out
pub mod next_hop;
pub mod notice;
// 7: the decision, and what follows from it
pub mod guard;
pub mod hold;
pub mod outbox;
// 8: the doors
pub mod receive;
pub mod watch;
pub mod web;
// 9, 10: putting it together
pub mod cli;
pub mod config;
pub mod serve;
