//! An SMTP client that says exactly what a test wants said.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::mail::stuffed;

/// Any wait longer than this is a hang.
const PATIENCE: Duration = Duration::from_secs(10);

pub struct Client<S = TcpStream> {
    pub stream: S,
    buffer: Vec<u8>,
}

impl Client {
    /// Connects, and reads no greeting.
    pub async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("the gate listens");
        stream.set_nodelay(true).expect("a socket option");
        Client::over(stream)
    }

    /// Connects and says EHLO.
    pub async fn hello(address: SocketAddr) -> Self {
        let mut client = Client::connect(address).await;
        assert_eq!(client.reply().await.0, 220);
        assert_eq!(client.say("EHLO client.example").await.0, 250);
        client
    }
}

/// Sends a mail that must be taken; the number of its case, if it was held.
pub async fn send(gate: SocketAddr, from: &str, rcpts: &[&str], message: &str) -> Option<String> {
    let mut client = Client::hello(gate).await;
    assert_eq!(client.say(&format!("MAIL FROM:<{from}>")).await.0, 250);
    for rcpt in rcpts {
        assert_eq!(client.say(&format!("RCPT TO:<{rcpt}>")).await.0, 250);
    }
    assert_eq!(client.say("DATA").await.0, 354);
    client.send(stuffed(message.as_bytes())).await;
    let (code, reply) = client.reply().await;
    assert_eq!(code, 250, "{reply}");
    reply.split("as case ").nth(1).and_then(|rest| rest.get(..9)).map(str::to_string)
}

/// Sends a mail that must be held or delayed; the number of its case.
pub async fn hold(gate: SocketAddr, from: &str, rcpts: &[&str], message: &str) -> String {
    send(gate, from, rcpts, message).await.expect("it is held")
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    pub fn over(stream: S) -> Self {
        Client { stream, buffer: Vec::new() }
    }

    /// Sends bytes as they are.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.try_send(bytes).await.expect("the gate reads");
    }

    pub async fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> std::io::Result<()> {
        timeout(PATIENCE, self.stream.write_all(bytes.as_ref())).await.expect("the gate reads in time")?;
        self.stream.flush().await
    }

    /// Sends a line and reads the reply to it.
    pub async fn say(&mut self, line: &str) -> (u16, String) {
        self.send(format!("{line}\r\n")).await;
        self.reply().await
    }

    /// One whole reply: its code, and its lines with the codes.
    pub async fn reply(&mut self) -> (u16, String) {
        self.try_reply().await.expect("a reply before the end of the connection")
    }

    /// One whole reply; none where the connection ends.
    pub async fn try_reply(&mut self) -> Option<(u16, String)> {
        loop {
            if let Some((end, code)) = whole_reply(&self.buffer) {
                let text = String::from_utf8(self.buffer.drain(..end).collect()).expect("a reply is text");
                return Some((code, text));
            }
            let read = timeout(PATIENCE, self.stream.read_buf(&mut self.buffer)).await;
            match read.expect("a reply in time") {
                Ok(n) if n > 0 => {}
                _ => return None,
            }
        }
    }

    /// Whether the connection ends, without another reply.
    pub async fn is_closed(&mut self) -> bool {
        self.try_reply().await.is_none()
    }

    /// MAIL, RCPT and DATA, all of which must be accepted.
    pub async fn begin(&mut self) {
        assert_eq!(self.say("MAIL FROM:<a@example.com>").await.0, 250);
        assert_eq!(self.say("RCPT TO:<b@example.org>").await.0, 250);
        assert_eq!(self.say("DATA").await.0, 354);
    }

    /// A whole message, up to the reply to its end.
    pub async fn message(&mut self, data: impl AsRef<[u8]>) -> (u16, String) {
        self.begin().await;
        self.send(data).await;
        self.reply().await
    }
}

/// Where the first reply in the bytes ends, and its code.
fn whole_reply(bytes: &[u8]) -> Option<(usize, u16)> {
    let mut at = 0;
    loop {
        let end = at + bytes[at..].windows(2).position(|w| w == b"\r\n")?;
        let line = &bytes[at..end];
        assert!(line.len() >= 3, "not a reply line: {:?}", String::from_utf8_lossy(line));
        at = end + 2;
        if line.get(3) != Some(&b'-') {
            return Some((at, std::str::from_utf8(&line[..3]).ok()?.parse().ok()?));
        }
    }
}
