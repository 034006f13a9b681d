//! The demo's next hop: a small mail server that takes everything and keeps it, so that what really
//! arrived can be looked at. It listens on the loopback only and sends nothing on.

use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

/// What was delivered to the sink.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arrived {
    pub from: String,
    pub rcpts: Vec<String>,
    /// The message, dots undone.
    pub bytes: Vec<u8>,
}

/// A sink that listens until the program ends.
#[derive(Clone)]
pub struct Sink {
    pub address: SocketAddr,
    arrived: Arc<Mutex<Vec<Arrived>>>,
}

impl Sink {
    /// Opens a sink on a port that the system chooses.
    pub fn open() -> io::Result<Sink> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let sink = Sink { address: listener.local_addr()?, arrived: Arc::default() };
        let at_the_door = sink.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let sink = at_the_door.clone();
                // A connection that breaks off has delivered nothing since its last 250.
                std::thread::spawn(move || sink.talk(&stream));
            }
        });
        Ok(sink)
    }

    /// How many messages have arrived.
    pub fn count(&self) -> usize {
        self.kept(|arrived| arrived.len())
    }

    /// The messages that arrived after the first `count`.
    pub fn after(&self, count: usize) -> Vec<Arrived> {
        self.kept(|arrived| arrived.get(count..).unwrap_or_default().to_vec())
    }

    fn kept<T>(&self, look: impl FnOnce(&mut Vec<Arrived>) -> T) -> T {
        look(&mut self.arrived.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// One session (RFC 5321 section 4), pipelined where the client does so.
    fn talk(&self, stream: &TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let mut reader = BufReader::new(stream);
        let mut writer = BufWriter::new(stream);
        writer.write_all(b"220 sink.example ESMTP\r\n")?;
        let mut mail = Arrived::default();
        loop {
            if reader.buffer().is_empty() {
                writer.flush()?;
            }
            let mut line = Vec::new();
            if reader.read_until(b'\n', &mut line)? == 0 {
                return Ok(());
            }
            let line = String::from_utf8_lossy(&line);
            let verb: String = line.chars().take_while(char::is_ascii_alphabetic).collect();
            let reply = match verb.to_ascii_uppercase().as_str() {
                "EHLO" => {
                    "250-sink.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-DSN\r\n\
                     250-SIZE 104857600\r\n250 ENHANCEDSTATUSCODES"
                }
                "MAIL" => {
                    mail = Arrived { from: path(&line), ..Arrived::default() };
                    "250 2.1.0 Ok"
                }
                "RCPT" => {
                    mail.rcpts.push(path(&line));
                    "250 2.1.5 Ok"
                }
                "DATA" => {
                    writer.write_all(b"354 End with a dot\r\n")?;
                    writer.flush()?;
                    mail.bytes = message(&mut reader)?;
                    let mail = std::mem::take(&mut mail);
                    self.kept(|arrived| arrived.push(mail));
                    "250 2.0.0 Arrived"
                }
                "RSET" => {
                    mail = Arrived::default();
                    "250 2.0.0 Ok"
                }
                "QUIT" => {
                    writer.write_all(b"221 2.0.0 Bye\r\n")?;
                    return writer.flush();
                }
                "HELO" | "NOOP" => "250 2.0.0 Ok",
                _ => "502 5.5.1 Not known here",
            };
            writer.write_all(reply.as_bytes())?;
            writer.write_all(b"\r\n")?;
        }
    }
}

/// The path in the angle brackets of MAIL or RCPT.
fn path(line: &str) -> String {
    let inner = line.split_once('<').and_then(|(_, rest)| rest.rsplit_once('>'));
    inner.map(|(path, _)| path.to_string()).unwrap_or_default()
}

/// Reads to the line that is one dot, and undoes dot-stuffing (RFC 5321 section 4.5.2).
fn message(reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        let start = bytes.len();
        if reader.read_until(b'\n', &mut bytes)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match bytes.get(start..) {
            Some(b".\r\n") => {
                bytes.truncate(start);
                return Ok(bytes);
            }
            Some([b'.', ..]) => {
                bytes.remove(start);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::client::Client;
    use super::*;

    #[test]
    fn what_a_client_sends_arrives_as_it_was() {
        let sink = Sink::open().unwrap();
        let mut client = Client::connect(sink.address).unwrap();
        let text = b"Subject: dots\r\n\r\n.\r\n..two\r\nlast\r\n";
        let rcpts = ["b@example.com".to_string(), "c@example.com".to_string()];
        let reply = client.deliver("a@example.jp", &rcpts, text).unwrap();
        assert_eq!(reply.code, 250);
        assert_eq!(sink.count(), 1);
        let arrived = sink.after(0).remove(0);
        assert_eq!(arrived.bytes, text);
        assert_eq!((arrived.from.as_str(), arrived.rcpts.as_slice()), ("a@example.jp", &rcpts[..]));
        assert!(sink.after(1).is_empty());
    }
}
