//! The commands that say who is talking and how: EHLO and HELO, STARTTLS, XCLIENT, XFORWARD. Each
//! begins the dialogue anew, or the next transaction.

use tokio::time::timeout;

use super::session::{End, Hello, Session};
use next_hop::wire::Wire;
use smtp::attributes::{self, Kind};
use smtp::capabilities::Capabilities;
use smtp::reply::Reply;

impl Session {
    /// EHLO and HELO, which end a transaction as RSET does (RFC 5321 section 4.1.4).
    pub(super) async fn hello(&mut self, name: &str, hello: Hello) -> Result<(), End> {
        self.forget_transaction().await;
        self.hello = hello;
        self.identity.hello(name, hello == Hello::Ehlo);
        if hello == Hello::Helo {
            return self.answer(250, &self.ctx.hostname.clone());
        }
        let Some(known) = self.known_of_hop().await else {
            // An EHLO without SMTPUTF8 or 8BITMIME would make upstreams return such mail, or convert it.
            let text =
                format!("4.4.1 {} The next mail server is not reachable, try again later", self.ctx.hostname);
            return Err(End::Say(Reply::new(421, text)));
        };
        self.offered = known;
        let reply = self.capabilities(known);
        self.say(&reply);
        Ok(())
    }

    /// What the next hop can do, as far as is known; it is asked where nothing is.
    async fn known_of_hop(&self) -> Option<Capabilities> {
        let hop = &self.ctx.next_hop;
        match hop.capabilities() {
            Some(known) => Some(known),
            None => hop
                .probe()
                .await
                .inspect_err(|error| tracing::warn!(%error, "the next hop was asked what it can do"))
                .ok(),
        }
    }

    /// The reply to EHLO. What only the next hop can do is offered where it can.
    fn capabilities(&self, known: Capabilities) -> Reply {
        let (ctx, terms) = (&self.ctx, &self.terms);
        let mut lines = vec![
            ctx.hostname.clone(),
            "PIPELINING".into(),
            format!("SIZE {}", terms.options.max_message_size.0),
            "ENHANCEDSTATUSCODES".into(),
        ];
        let mut offer = |offered: bool, line: String| {
            if offered {
                lines.push(line);
            }
        };
        offer(known.eight_bit_mime, "8BITMIME".into());
        offer(known.smtputf8, "SMTPUTF8".into());
        offer(known.dsn, "DSN".into());
        offer(self.door.tls.is_some() && !self.tls, "STARTTLS".into());
        offer(self.may_authenticate(), "AUTH PLAIN LOGIN".into());
        offer(terms.options.xclient_peers.contain(self.peer), format!("XCLIENT {}", Kind::Xclient.names()));
        offer(
            terms.options.xforward_peers.contain(self.peer),
            format!("XFORWARD {}", Kind::Xforward.names()),
        );
        Reply { code: 250, lines }
    }

    /// STARTTLS (RFC 3207): nothing said before it counts after it.
    pub(super) async fn start_tls(&mut self) -> Result<(), End> {
        let acceptor = match &self.door.tls {
            Some(acceptor) if !self.tls => acceptor.clone(),
            _ => return self.refuse(&Reply::new(502, "5.5.1 STARTTLS is not available")),
        };
        if !self.wire.buffered().is_empty() {
            return Err(End::Say(Reply::new(554, "5.5.1 Nothing may follow STARTTLS before the handshake")));
        }
        self.forget_transaction().await;
        self.say(&Reply::new(220, "2.0.0 Ready to start TLS"));
        self.write_out().await?;
        let stream = self.wire.take_clear().ok_or(End::Gone)?;
        let handshake = timeout(self.terms.options.command_timeout, acceptor.accept(stream));
        match self.closing.unless_over(handshake).await.ok_or(End::Gone)? {
            Ok(Ok(stream)) if !self.door.accepts_certificate(stream.get_ref().1.peer_certificates()) => {
                tracing::warn!(client = %self.peer, "a client's certificate is for none of the names");
                self.wire = Wire::tls(stream);
                Err(End::Say(Reply::new(
                    554,
                    "5.7.1 The certificate is for none of the names that may send here",
                )))
            }
            Ok(Ok(stream)) => {
                self.wire = Wire::tls(stream);
                self.tls = true;
                self.hello = Hello::NotYet;
                self.identity.forget_hello();
                Ok(())
            }
            Ok(Err(error)) => {
                tracing::info!(client = %self.peer, %error, "a TLS handshake failed");
                Err(End::Gone)
            }
            Err(_) => Err(End::Gone),
        }
    }

    /// XCLIENT begins the session anew as another client, whom the access rules then apply to.
    pub(super) async fn xclient(&mut self, args: &str) -> Result<(), End> {
        if !self.terms.options.xclient_peers.contain(self.peer) {
            return self.refuse(&Reply::new(550, "5.7.0 XCLIENT is not for you"));
        }
        if self.open.is_some() {
            return self.refuse(&Reply::new(503, "5.5.1 Not within a transaction"));
        }
        let attributes = match attributes::parse(Kind::Xclient, args) {
            Ok(attributes) => attributes,
            Err(reply) => return self.refuse(&reply),
        };
        self.identity.xclient(attributes);
        self.hello = Hello::NotYet;
        let trusted = self.identity.ip().is_none_or(|ip| self.door.networks.contain(ip));
        if !trusted && !self.identity.is_authenticated() {
            return Err(End::Say(Reply::new(554, "5.7.1 Access denied")));
        }
        let greeting = self.ctx.greeting();
        self.answer(220, &greeting)
    }

    pub(super) fn xforward(&mut self, args: &str) -> Result<(), End> {
        if !self.terms.options.xforward_peers.contain(self.peer) {
            return self.refuse(&Reply::new(550, "5.7.0 XFORWARD is not for you"));
        }
        if self.open.is_some() {
            return self.refuse(&Reply::new(503, "5.5.1 Not within a transaction"));
        }
        match attributes::parse(Kind::Xforward, args) {
            Ok(attributes) => {
                self.identity.xforward(attributes);
                self.answer(250, "2.0.0 Ok")
            }
            Err(reply) => self.refuse(&reply),
        }
    }
}
