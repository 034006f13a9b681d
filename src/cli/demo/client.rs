//! The client of the demo: it sends one message over real SMTP, as a mail server would.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::Duration;

use smtp::reply::Reply;

/// How long the demo waits for one reply.
const PATIENCE: Duration = Duration::from_secs(30);

/// A session with the relay.
pub struct Client {
    reader: BufReader<TcpStream>,
    writer: TcpStream,
}

impl Client {
    /// Connects and says EHLO.
    pub fn connect(to: SocketAddr) -> io::Result<Self> {
        let writer = TcpStream::connect(to)?;
        writer.set_nodelay(true)?;
        writer.set_read_timeout(Some(PATIENCE))?;
        let mut client = Client { reader: BufReader::new(writer.try_clone()?), writer };
        client.reply()?;
        client.command("EHLO mail.city.example.jp\r\n")?;
        Ok(client)
    }

    /// Sends a message as a mail server that forwards it for `client`, an address that may be unknown.
    pub fn send(
        &mut self,
        client: Option<IpAddr>,
        from: &str,
        rcpts: &[String],
        message: &[u8],
    ) -> io::Result<Reply> {
        let address = match client {
            Some(IpAddr::V4(ip)) => ip.to_string(),
            Some(IpAddr::V6(ip)) => format!("IPv6:{ip}"),
            None => "[UNAVAILABLE]".to_string(),
        };
        let heard = self.command(&format!("XFORWARD ADDR={address}\r\n"))?;
        if !heard.is_positive() {
            return Err(io::Error::other(format!("XFORWARD: {} {}", heard.code, heard.lines.join(" "))));
        }
        self.deliver(from, rcpts, message)
    }

    /// Sends a message: the envelope as one pipelined batch, then the data. The reply that decided is
    /// returned: the one to the end of data, or the refusal before it.
    pub fn deliver(&mut self, from: &str, rcpts: &[String], message: &[u8]) -> io::Result<Reply> {
        let mut batch = format!("MAIL FROM:<{from}>\r\n");
        for rcpt in rcpts {
            batch.push_str(&format!("RCPT TO:<{rcpt}>\r\n"));
        }
        batch.push_str("DATA\r\n");
        self.writer.write_all(batch.as_bytes())?;
        let mut refused = None;
        for _ in 0..=rcpts.len() {
            let reply = self.reply()?;
            if !reply.is_positive() {
                refused = refused.or(Some(reply));
            }
        }
        let data = self.reply()?;
        if data.code != 354 {
            self.command("RSET\r\n")?;
            return Ok(refused.unwrap_or(data));
        }
        self.writer.write_all(&stuffed(message))?;
        let reply = self.reply()?;
        // A recipient that was refused is news even where the others got the mail.
        Ok(refused.unwrap_or(reply))
    }

    fn command(&mut self, line: &str) -> io::Result<Reply> {
        self.writer.write_all(line.as_bytes())?;
        self.reply()
    }

    fn reply(&mut self) -> io::Result<Reply> {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            if self.reader.read_line(&mut line)? == 0 {
                return Err(io::Error::other("the relay closed the session"));
            }
            let line = line.trim_end();
            let code = line.get(..3).and_then(|c| c.parse().ok());
            let code = code.ok_or_else(|| io::Error::other(format!("no reply: {line}")))?;
            lines.push(line.get(4..).unwrap_or_default().to_string());
            if line.as_bytes().get(3) != Some(&b'-') {
                return Ok(Reply { code, lines });
            }
        }
    }
}

/// The message with dots stuffed and the end of data behind it (RFC 5321 section 4.5.2).
fn stuffed(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len() + 64);
    for line in message.split_inclusive(|b| *b == b'\n') {
        if line.first() == Some(&b'.') {
            out.push(b'.');
        }
        out.extend_from_slice(line);
    }
    if !out.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b".\r\n");
    out
}
