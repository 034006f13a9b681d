//! The verbs, on real files in temporary folders.

mod cases;
mod feedback;
mod ledger;
mod listing;
mod outbox;
mod people;
mod reopen;
mod tallies;
mod writer;

use std::path::PathBuf;

use super::*;
use audit::entry::Kind;
use smtp::envelope::{Envelope, Recipient};
use terms::clock::Timestamp;

/// A store in a folder of its own, with a clock that stands still.
pub struct Place {
    pub store: Store,
    pub clock: Clock,
    pub folder: tempfile::TempDir,
}

impl Place {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::manual("2026-04-01T00:00:00Z".parse().unwrap());
        let store = open(&folder, &clock).await.unwrap();
        Place { store, clock, folder }
    }

    /// Closes and opens again, as a restart does.
    pub async fn restart(&mut self) {
        self.store.close().await;
        self.store = open(&self.folder, &self.clock).await.unwrap();
    }

    /// A second process on the same files.
    pub async fn another(&self) -> Store {
        open(&self.folder, &self.clock).await.unwrap()
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn file(&self) -> PathBuf {
        self.folder.path().join("s.db")
    }

    pub fn url(&self) -> String {
        format!("sqlite:{}", self.file().display())
    }

    /// A connection of somebody who edits the database by hand.
    pub async fn tamperer(&self) -> ::sqlx::SqliteConnection {
        sqlite::writer(&self.file()).await.unwrap()
    }

    pub fn entry(&self, action: &str) -> Entry {
        let mut entry = Entry::new(self.now(), Kind::Decision, action);
        entry.mail = Some("m1".into());
        entry.sender = Some("hana@city.example.jp".into());
        entry.message_id = Some("1@city.example.jp".into());
        entry.subject = Some("ご案内".into());
        entry
    }

    pub fn hold(&self, to: &[&str], message: &[u8]) -> NewHold {
        NewHold {
            entry: self.entry("hold"),
            envelope: envelope("hana@city.example.jp", to),
            received: b"Received: from mail.city.example.jp; now\r\n".to_vec(),
            message: message.to_vec(),
            rewrite: Some(Rewrite::Bcc),
            approval: Approval::Sender,
            rules: serde_json::json!([{"id": "mass-mail"}]),
            notices: vec![serde_json::json!({"kind": "held", "case": null}).into()],
            ends_at: self.now() + std::time::Duration::from_secs(14 * 86_400),
            sending: Some(self.sending(to, Some(Notable::Held))),
        }
    }

    pub fn sending(&self, to: &[&str], notable: Option<Notable>) -> Sending {
        Sending {
            sender: "hana@city.example.jp".into(),
            message_id: Some("1@city.example.jp".into()),
            client_ip: None,
            recipients: to.iter().map(|a| a.to_string()).collect(),
            notable,
            at: self.now(),
        }
    }

    pub fn look(&self, id: &str, to: &[&str]) -> Past {
        let recipients: Vec<String> = to.iter().map(|a| a.to_string()).collect();
        self.store.history().look(&Look {
            sender: "hana@city.example.jp",
            message_id: Some(id),
            client_ip: None,
            recipients: &recipients,
            written: &recipients,
            now: self.now(),
        })
    }

    pub fn conclusion(&self, case: &str, to: State) -> Conclusion {
        Conclusion {
            case: case.into(),
            from: State::Held,
            to,
            parts: 1,
            entry: Entry::new(self.now(), Kind::Case, to.name()),
            recipients: None,
            outgoing: vec![outgoing(&["a@example.com"], b"Subject: x\r\n\r\nbody\r\n")],
            notices: vec![serde_json::json!({"kind": to.name()}).into()],
            undo: std::time::Duration::ZERO,
            decided: None,
        }
    }

    pub async fn log(&self) -> Vec<Entry> {
        let rows = self.store.audit(&Filter::default()).await.unwrap();
        rows.into_iter().map(|row| row.entry).collect()
    }
}

pub async fn open(folder: &tempfile::TempDir, clock: &Clock) -> Result<Store> {
    let options = Options {
        url: format!("sqlite:{}", folder.path().join("s.db").display()),
        key_file: Some(folder.path().join("s.key")),
    };
    Store::open(&options, options.vault()?, clock.clone(), "n1").await
}

pub fn envelope(from: &str, to: &[&str]) -> Envelope {
    Envelope { from: from.into(), rcpts: to.iter().map(|a| recipient(a)).collect(), ..Envelope::default() }
}

pub fn recipient(address: &str) -> Recipient {
    Recipient { address: address.into(), params: vec![] }
}

pub fn outgoing(to: &[&str], bytes: &[u8]) -> Outgoing {
    Outgoing::new(ItemKind::Mail, Some("m1".into()), envelope("hana@city.example.jp", to), bytes)
}
