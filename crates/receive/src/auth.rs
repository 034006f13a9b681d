//! AUTH (RFC 4954) with PLAIN (RFC 4616) and LOGIN, in TLS alone and only where the listener names a users file.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::session::{End, Session};
use smtp::reply::Reply;

/// How long the reply to a wrong password waits.
const WRONG: Duration = Duration::from_secs(1);

impl Session {
    /// Whether AUTH is offered now.
    pub(super) fn may_authenticate(&self) -> bool {
        self.tls && self.door.users.is_some() && !self.identity.is_authenticated()
    }

    pub(super) async fn auth(&mut self, args: &str) -> Result<(), End> {
        if self.door.users.is_none() {
            return self.refuse(&Reply::new(502, "5.5.1 Command not implemented"));
        }
        if !self.tls {
            return self.refuse(&Reply::new(538, "5.7.11 Encryption required for AUTH"));
        }
        if self.identity.is_authenticated() || self.open.is_some() {
            return self.refuse(&Reply::new(503, "5.5.1 Not now"));
        }
        let (mechanism, initial) = args.split_once(' ').unwrap_or((args, ""));
        let initial = Some(initial.trim()).filter(|text| !text.is_empty()).map(str::to_string);
        let credentials = match mechanism.to_ascii_uppercase().as_str() {
            "PLAIN" => {
                let said = match initial {
                    Some(said) => said,
                    None => self.challenge("").await?,
                };
                plain(&said)
            }
            "LOGIN" => {
                let name = match initial {
                    Some(said) => said,
                    None => self.challenge("VXNlcm5hbWU6").await?,
                };
                let password = self.challenge("UGFzc3dvcmQ6").await?;
                decoded(&name).zip(decoded(&password))
            }
            _ => return self.refuse(&Reply::new(504, "5.5.4 Mechanism not implemented")),
        };
        let Some((name, password)) = credentials else {
            return self.refuse(&Reply::new(501, "5.5.2 Cannot read the response, or it was cancelled"));
        };
        let users = self.door.users.clone().unwrap_or_default();
        let asked = name.clone();
        // argon2 takes its time: not on the threads that serve connections.
        let known = tokio::task::spawn_blocking(move || users.know(&asked, &password)).await;
        if known.unwrap_or(false) {
            self.identity.authenticated(&name);
            return self.answer(235, "2.7.0 Authentication successful");
        }
        tracing::warn!(client = %self.peer, "a client gave a wrong name or password");
        tokio::time::sleep(WRONG).await;
        self.refuse(&Reply::new(535, "5.7.8 Authentication credentials invalid"))
    }

    /// Asks for the next line of the exchange.
    async fn challenge(&mut self, text: &str) -> Result<String, End> {
        self.answer(334, text)?;
        self.write_out().await?;
        loop {
            match self.take_line() {
                Some(Ok(())) => return Ok(String::from_utf8_lossy(&self.line).into_owned()),
                Some(Err(_)) => return Ok("*".into()),
                None => self.wait().await?,
            }
        }
    }
}

/// `authorize-id NUL authenticate-id NUL password`; one may only act as oneself.
fn plain(said: &str) -> Option<(String, String)> {
    let text = decoded(said)?;
    let mut parts = text.split('\0');
    let (acts_as, name, password) = (parts.next()?, parts.next()?, parts.next()?);
    let sound = parts.next().is_none() && (acts_as.is_empty() || acts_as == name);
    sound.then(|| (name.to_string(), password.to_string()))
}

fn decoded(said: &str) -> Option<String> {
    String::from_utf8(STANDARD.decode(said).ok()?).ok()
}
