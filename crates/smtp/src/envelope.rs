//! The envelope (RFC 5321 section 2.3.1): who a message is from and for, as the SMTP dialogue said,
//! which is not what its header says.

use std::net::IpAddr;

/// The envelope of one transaction, as far as the next hop accepted it.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Envelope {
    /// The reverse-path without its angle brackets; empty for the null sender `<>`.
    pub from: String,
    /// The MAIL parameters exactly as the client sent them (`SIZE=…`, `BODY=8BITMIME`, `RET=…`).
    pub from_params: Vec<String>,
    /// The recipients that were accepted, in order.
    pub rcpts: Vec<Recipient>,
    /// The client that sent it.
    pub client: Client,
}

/// One accepted RCPT.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Recipient {
    /// The forward-path without its angle brackets.
    pub address: String,
    /// The RCPT parameters exactly as the client sent them (`NOTIFY=…`, `ORCPT=…`).
    pub params: Vec<String>,
}

/// Who sent the message: the peer of the connection, or what a listed peer said with XCLIENT or
/// XFORWARD.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Client {
    /// The client's address; none where there is no client (the shell's `inspect`).
    pub ip: Option<IpAddr>,
    /// Its name, where known.
    pub name: Option<String>,
    /// What it said in EHLO or HELO.
    pub helo: String,
    /// `SMTP`, `ESMTP`, `ESMTPS`, … for the Received line (RFC 3848).
    pub protocol: String,
    /// The name it authenticated with, as XCLIENT/XFORWARD's LOGIN or IDENT said.
    pub login: Option<String>,
}
