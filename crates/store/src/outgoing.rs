//! What leaves: a held mail on its way out, and the messages of the outbox and how they are sealed. The
//! copies of one mail share one body.

use std::sync::Arc;

use super::cases::{Part, Rewrite};
use super::error::{Error, Result};
use super::vault::{Vault, random};
use audit::chain::hex;
use smtp::envelope::Envelope;

/// One transaction of a case, opened, on its way out.
#[derive(Clone, Debug)]
pub struct HeldTransaction {
    pub part: Part,
    /// Without the recipients that were dropped, and with the right ones in the place of wrong ones.
    pub envelope: Envelope,
    /// As it was received.
    pub bytes: Vec<u8>,
    /// What must be done to the header: what the rules demand or the repair, whichever is stricter.
    pub rewrite: Option<Rewrite>,
    /// Must not stand in the header either.
    pub dropped: Vec<String>,
    /// A wrong address of the header and the right one.
    pub corrections: Vec<(String, String)>,
    /// The numbers of the attachments that are taken out.
    pub attachments: Vec<String>,
}

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemKind {
    /// Somebody's mail.
    Mail,
    /// A delivery report (RFC 3464).
    Report,
    /// A notice of Sekisho's own.
    Notice,
}

impl ItemKind {
    pub fn name(self) -> &'static str {
        match self {
            ItemKind::Mail => "mail",
            ItemKind::Report => "report",
            ItemKind::Notice => "notice",
        }
    }

    /// The kind of that name.
    pub fn of(name: &str) -> Option<Self> {
        [ItemKind::Mail, ItemKind::Report, ItemKind::Notice].into_iter().find(|k| k.name() == name)
    }
}

/// A message to be delivered.
#[derive(Clone, Debug)]
pub struct Outgoing {
    pub kind: ItemKind,
    /// The id of the transaction it came from.
    pub mail: Option<String>,
    pub envelope: Envelope,
    /// The header, with the empty line that ends it.
    pub head: Vec<u8>,
    /// The rest. Copies that hold the same body, or an equal one, are stored with one.
    pub body: Arc<Vec<u8>>,
}

impl Outgoing {
    /// A message from its bytes.
    pub fn new(kind: ItemKind, mail: Option<String>, envelope: Envelope, bytes: &[u8]) -> Self {
        let message = Vec::from(bytes);
        let (head, body) = split(message);
        Outgoing { kind, mail, envelope, head, body: Arc::new(body) }
    }
}

/// A message as its header, with the empty line that ends it, and its body. The body keeps the memory that
/// the message had.
pub fn split(mut message: Vec<u8>) -> (Vec<u8>, Vec<u8>) {
    const END: &[u8] = b"\r\n\r\n";
    let end = memchr::memmem::find(&message, END).map_or(message.len(), |at| at + END.len());
    let head = message.drain(..end).collect();
    (head, message)
}

/// An item ready for its transaction.
pub struct SealedOutgoing {
    pub id: String,
    pub kind: ItemKind,
    pub mail: Option<String>,
    pub head: Vec<u8>,
    pub envelope: Vec<u8>,
    pub body: String,
    /// The body itself stands with the first item that has it.
    pub data: Option<Vec<u8>>,
}

/// Seals items; equal bodies are sealed once.
pub fn seal(vault: &Vault, outgoing: &[Outgoing]) -> Result<Vec<SealedOutgoing>> {
    let mut bodies: Vec<(&Arc<Vec<u8>>, String)> = Vec::new();
    let mut sealed = Vec::with_capacity(outgoing.len());
    for item in outgoing {
        let known = bodies
            .iter()
            .find(|(body, _)| Arc::ptr_eq(body, &item.body) || **body == item.body)
            .map(|(_, id)| id.clone());
        let (body, data) = match known {
            Some(id) => (id, None),
            None => {
                let id = hex(&random::<16>()?);
                bodies.push((&item.body, id.clone()));
                let data = vault.seal(&body_identity(&id), &item.body)?;
                (id, Some(data))
            }
        };
        let id = hex(&random::<16>()?);
        let json = envelope_json(&item.envelope)?;
        sealed.push(SealedOutgoing {
            head: vault.seal(&item_identity(&id, &body, "head"), &item.head)?,
            envelope: vault.seal(&item_identity(&id, &body, "envelope"), &json)?,
            kind: item.kind,
            mail: item.mail.clone(),
            id,
            body,
            data,
        });
    }
    Ok(sealed)
}

/// An envelope as it is sealed.
pub fn envelope_json(envelope: &Envelope) -> Result<Vec<u8>> {
    serde_json::to_vec(envelope).map_err(|e| Error::Malformed(format!("an envelope: {e}")))
}

/// What the head or envelope of an item is sealed for; it names the body, so that none is exchanged.
pub fn item_identity(id: &str, body: &str, what: &str) -> String {
    format!("outbox\n{id}\n{body}\n{what}")
}

/// What a body is sealed for.
pub fn body_identity(id: &str) -> String {
    format!("body\n{id}")
}
