//! A next hop that does what a script says at each stage, and remembers what it heard.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::shell;

/// Where in the dialogue the next hop is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    Connect,
    Banner,
    Ehlo,
    StartTls,
    Auth,
    Mail,
    /// With the forward-path.
    Rcpt(String),
    Data,
    /// The first bytes of a message have come.
    Body,
    Dot,
    Rset,
}

/// What it does there.
#[derive(Clone, Debug)]
pub enum Act {
    /// What a good server does.
    Good,
    /// Says these bytes instead.
    Say(&'static str),
    /// Says these bytes and hangs up.
    SayAndClose(&'static str),
    Close,
    /// Neither says nor closes anything any more.
    Hang,
    /// What a good server does, after so long.
    After(Duration),
    /// Does what it was asked to, and hangs up without a word of it.
    TakeAndClose,
}

type Script = dyn Fn(usize, &Stage) -> Act + Send + Sync;

/// A running next hop. It ends with the runtime.
pub struct FakeHop {
    pub address: SocketAddr,
    heard: Arc<Heard>,
}

#[derive(Default)]
struct Heard {
    connections: AtomicUsize,
    /// Every read with commands in it, as it came from the socket.
    reads: Mutex<Vec<String>>,
    messages: Mutex<Vec<Message>>,
    /// Whether each envelope command came in TLS.
    secure: Mutex<Vec<bool>>,
}

/// A message that the next hop took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub from: String,
    pub rcpts: Vec<String>,
    /// As it came: stuffed, without the final dot.
    pub data: Vec<u8>,
}

impl FakeHop {
    /// One that does everything right.
    pub async fn good() -> Self {
        FakeHop::start(|_, _| Act::Good).await
    }

    /// One that follows a script: told the number of the connection, from 0, and the stage.
    pub async fn start(script: impl Fn(usize, &Stage) -> Act + Send + Sync + 'static) -> Self {
        FakeHop::start_with(script, "PIPELINING\nSIZE 60000000\n8BITMIME\nSMTPUTF8\nDSN", None).await
    }

    /// One that also says which extensions it has, and may have a certificate.
    pub async fn start_with(
        script: impl Fn(usize, &Stage) -> Act + Send + Sync + 'static,
        extensions: &'static str,
        tls: Option<TlsAcceptor>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let heard = Arc::new(Heard::default());
        let (script, shared): (Arc<Script>, _) = (Arc::new(script), heard.clone());
        tokio::spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else {
                    return;
                };
                let _ = stream.set_nodelay(true);
                let number = shared.connections.fetch_add(1, Ordering::SeqCst);
                let talk = Talk {
                    number,
                    script: script.clone(),
                    heard: shared.clone(),
                    extensions,
                    buffer: Vec::new(),
                    secure: false,
                };
                let tls = tls.clone();
                tokio::spawn(async move {
                    let _ = talk.whole(stream, tls).await;
                });
            }
        });
        FakeHop { address, heard }
    }

    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    pub fn connections(&self) -> usize {
        self.heard.connections.load(Ordering::SeqCst)
    }

    /// The mails of people that have come.
    pub fn mails(&self) -> Vec<Message> {
        self.messages().into_iter().filter(Message::is_mail).collect()
    }

    /// Waits until so many mails of people have come.
    pub async fn left(&self, count: usize) -> Vec<Message> {
        shell::until("it leaves", async || Some(self.mails()).filter(|mails| mails.len() >= count)).await
    }

    /// The notices to somebody.
    pub fn notices(&self, to: &str) -> Vec<Message> {
        self.messages().into_iter().filter(|m| !m.is_mail() && m.rcpts == [to]).collect()
    }

    pub fn messages(&self) -> Vec<Message> {
        self.heard.messages.lock().expect("no test panicked").clone()
    }

    /// Every read of commands, as it came.
    pub fn reads(&self) -> Vec<String> {
        self.heard.reads.lock().expect("no test panicked").clone()
    }

    /// Every command, in order.
    pub fn commands(&self) -> Vec<String> {
        self.reads().concat().lines().map(str::to_string).collect()
    }

    /// Whether each envelope command came in TLS.
    pub fn secure(&self) -> Vec<bool> {
        self.heard.secure.lock().expect("no test panicked").clone()
    }
}

/// The connection is over.
struct Over;

impl From<std::io::Error> for Over {
    fn from(_: std::io::Error) -> Over {
        Over
    }
}

struct Talk {
    number: usize,
    script: Arc<Script>,
    heard: Arc<Heard>,
    extensions: &'static str,
    buffer: Vec<u8>,
    secure: bool,
}

impl Talk {
    async fn whole(
        mut self,
        mut stream: tokio::net::TcpStream,
        tls: Option<TlsAcceptor>,
    ) -> Result<(), Over> {
        self.act(&mut stream, Stage::Connect, "").await?;
        self.act(&mut stream, Stage::Banner, "220 hop.example ESMTP\r\n").await?;
        if self.dialogue(&mut stream).await? {
            let acceptor = tls.ok_or(Over)?;
            let mut stream = acceptor.accept(stream).await?;
            self.secure = true;
            self.buffer.clear();
            self.dialogue(&mut stream).await?;
        }
        Ok(())
    }

    /// Commands up to the end; true where STARTTLS is to follow.
    async fn dialogue(&mut self, stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> Result<bool, Over> {
        let mut open = Message { from: String::new(), rcpts: Vec::new(), data: Vec::new() };
        loop {
            let line = self.line(stream).await?;
            let verb = line.split([' ', ':']).next().unwrap_or("").to_ascii_uppercase();
            let path = || line.split(['<', '>']).nth(1).unwrap_or("").to_string();
            if matches!(verb.as_str(), "MAIL" | "RCPT") {
                self.heard.secure.lock().expect("no test panicked").push(self.secure);
            }
            match verb.as_str() {
                "EHLO" => {
                    let reply = self.capabilities();
                    self.act(stream, Stage::Ehlo, &reply).await?;
                }
                "STARTTLS" => {
                    self.act(stream, Stage::StartTls, "220 2.0.0 Go\r\n").await?;
                    return Ok(true);
                }
                "AUTH" => _ = self.act(stream, Stage::Auth, "235 2.7.0 Ok\r\n").await?,
                "MAIL" => {
                    open = Message { from: path(), rcpts: Vec::new(), data: Vec::new() };
                    self.act(stream, Stage::Mail, "250 2.1.0 Ok\r\n").await?;
                }
                "RCPT" => {
                    if self.act(stream, Stage::Rcpt(path()), "250 2.1.5 Ok\r\n").await? {
                        open.rcpts.push(path());
                    }
                }
                "DATA" => {
                    if self.act(stream, Stage::Data, "354 Go\r\n").await? {
                        open.data = self.data(stream).await?;
                        if self.act(stream, Stage::Dot, "250 2.0.0 Ok: taken\r\n").await? {
                            self.heard.messages.lock().expect("no test panicked").push(open.clone());
                        }
                    }
                }
                "RSET" => _ = self.act(stream, Stage::Rset, "250 2.0.0 Ok\r\n").await?,
                "QUIT" => return Ok(false),
                _ => stream.write_all(b"500 5.5.2 What?\r\n").await?,
            }
        }
    }

    fn capabilities(&self) -> String {
        let mut lines = vec!["hop.example"];
        lines.extend(
            self.extensions.split('\n').filter(|l| !l.is_empty() && (!self.secure || *l != "STARTTLS")),
        );
        let last = lines.len() - 1;
        let line = |(i, l): (usize, &&str)| format!("250{}{l}\r\n", if i == last { ' ' } else { '-' });
        lines.iter().enumerate().map(line).collect()
    }

    /// Does what the script says; true where that was the good thing.
    async fn act(
        &self,
        stream: &mut (impl AsyncWrite + Unpin),
        stage: Stage,
        good: &str,
    ) -> Result<bool, Over> {
        match (self.script)(self.number, &stage) {
            Act::Good => stream.write_all(good.as_bytes()).await?,
            Act::Say(text) => {
                stream.write_all(text.as_bytes()).await?;
                stream.flush().await?;
                return Ok(text.starts_with("250") || text.starts_with("354"));
            }
            Act::SayAndClose(text) => {
                stream.write_all(text.as_bytes()).await?;
                stream.shutdown().await?;
                return Err(Over);
            }
            Act::Close => return Err(Over),
            Act::TakeAndClose => {
                stream.shutdown().await?;
                return Ok(true);
            }
            Act::Hang => std::future::pending().await,
            Act::After(wait) => {
                tokio::time::sleep(wait).await;
                stream.write_all(good.as_bytes()).await?;
            }
        }
        stream.flush().await?;
        Ok(true)
    }

    async fn line(&mut self, stream: &mut (impl AsyncRead + Unpin)) -> Result<String, Over> {
        loop {
            if let Some(end) = self.buffer.windows(2).position(|w| w == b"\r\n") {
                let line: Vec<u8> = self.buffer.drain(..end + 2).collect();
                return Ok(String::from_utf8_lossy(&line[..end]).into_owned());
            }
            let before = self.buffer.len();
            self.buffer.reserve(1 << 16);
            if stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(Over);
            }
            let read = String::from_utf8_lossy(&self.buffer[before..]).into_owned();
            self.heard.reads.lock().expect("no test panicked").push(read);
        }
    }

    async fn data(&mut self, stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> Result<Vec<u8>, Over> {
        let mut told = false;
        loop {
            if !told && !self.buffer.is_empty() {
                told = true;
                self.act(stream, Stage::Body, "").await?;
            }
            let at = if self.buffer.starts_with(b".\r\n") {
                Some((0, 3))
            } else {
                self.buffer.windows(5).position(|w| w == b"\r\n.\r\n").map(|at| (at + 2, at + 5))
            };
            if let Some((end, after)) = at {
                let data = self.buffer[..end].to_vec();
                self.buffer.drain(..after);
                return Ok(data);
            }
            self.buffer.reserve(1 << 16);
            if stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(Over);
            }
        }
    }
}
