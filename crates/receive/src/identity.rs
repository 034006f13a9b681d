//! Who the client is: the peer of the connection, what it said in EHLO, and what a listed peer says
//! of it with XCLIENT (for the connection) or XFORWARD (for the next message).

use std::net::IpAddr;

use smtp::attributes::Attribute;
use smtp::envelope::Client;

/// What is known of the client.
#[derive(Debug)]
pub(super) struct Identity {
    /// The client: the peer, unless XCLIENT said otherwise.
    client: Client,
    /// XCLIENT's HELO and PROTO, which stay in force over the client's own EHLO.
    named_helo: Option<String>,
    named_proto: Option<String>,
    /// What XFORWARD said, until the transaction is over.
    forwarded: Option<Client>,
}

impl Identity {
    pub(super) fn of_peer(ip: IpAddr) -> Self {
        let client = Client { ip: Some(ip.to_canonical()), ..Client::default() };
        Identity { client, named_helo: None, named_proto: None, forwarded: None }
    }

    /// The client's address.
    pub(super) fn ip(&self) -> Option<IpAddr> {
        self.client.ip
    }

    /// Whether a peer said that the client has authenticated.
    pub(super) fn is_authenticated(&self) -> bool {
        self.client.login.is_some()
    }

    /// The client has authenticated with this name.
    pub(super) fn authenticated(&mut self, name: &str) {
        self.client.login = Some(name.to_string());
    }

    /// EHLO or HELO.
    pub(super) fn hello(&mut self, name: &str, esmtp: bool) {
        self.client.helo = self.named_helo.clone().unwrap_or_else(|| name.to_string());
        let own = if esmtp { "ESMTP" } else { "SMTP" };
        self.client.protocol = self.named_proto.clone().unwrap_or_else(|| own.to_string());
    }

    /// STARTTLS and XCLIENT begin the dialogue anew: what EHLO said is forgotten.
    pub(super) fn forget_hello(&mut self) {
        self.client.helo.clear();
        self.client.protocol.clear();
    }

    /// What XCLIENT says holds until the connection ends or XCLIENT says otherwise.
    pub(super) fn xclient(&mut self, attributes: Vec<Attribute>) {
        self.forwarded = None;
        for attribute in attributes {
            match attribute {
                Attribute::Name(name) => self.client.name = name,
                Attribute::Addr(ip) => self.client.ip = ip,
                Attribute::Proto(proto) => self.named_proto = proto,
                Attribute::Helo(helo) => self.named_helo = helo,
                Attribute::Login(login) => self.client.login = login,
                Attribute::Other => {}
            }
        }
        self.forget_hello();
    }

    /// What XFORWARD says holds for the next message; several commands add up.
    pub(super) fn xforward(&mut self, attributes: Vec<Attribute>) {
        let forwarded = self.forwarded.get_or_insert_with(Client::default);
        for attribute in attributes {
            match attribute {
                Attribute::Name(name) => forwarded.name = name,
                Attribute::Addr(ip) => forwarded.ip = ip,
                Attribute::Proto(proto) => forwarded.protocol = proto.unwrap_or_default(),
                Attribute::Helo(helo) => forwarded.helo = helo.unwrap_or_default(),
                Attribute::Login(_) | Attribute::Other => {}
            }
        }
    }

    /// The transaction is over, and XFORWARD's word with it.
    pub(super) fn transaction_over(&mut self) {
        self.forwarded = None;
    }

    /// The client of this connection, for the Received line.
    pub(super) fn connected(&self) -> &Client {
        &self.client
    }

    /// The client that the message comes from, for the envelope.
    pub(super) fn origin(&self) -> Client {
        let Some(forwarded) = &self.forwarded else {
            return self.client.clone();
        };
        let or = |said: &str, own: &str| {
            if said.is_empty() { own.to_string() } else { said.to_string() }
        };
        Client {
            // An address that XFORWARD does not know is not known: the peer's would be a wrong one.
            ip: forwarded.ip,
            name: forwarded.name.clone(),
            helo: or(&forwarded.helo, &self.client.helo),
            protocol: or(&forwarded.protocol, &self.client.protocol),
            login: self.client.login.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xclient_outlasts_ehlo_and_xforward_one_message() {
        let mut identity = Identity::of_peer("::ffff:192.0.2.1".parse().unwrap());
        identity.hello("proxy.example", true);
        assert_eq!(identity.ip(), Some("192.0.2.1".parse().unwrap()));
        identity.xclient(vec![
            Attribute::Addr(Some("198.51.100.7".parse().unwrap())),
            Attribute::Name(Some("pc.example".into())),
            Attribute::Helo(Some("pc".into())),
            Attribute::Login(Some("taro".into())),
        ]);
        identity.hello("proxy.example", true);
        let client = identity.origin();
        assert_eq!((client.helo.as_str(), client.login.as_deref()), ("pc", Some("taro")));
        assert_eq!(client.ip, Some("198.51.100.7".parse().unwrap()));

        identity.xforward(vec![Attribute::Addr(Some("203.0.113.5".parse().unwrap()))]);
        identity.xforward(vec![Attribute::Name(None), Attribute::Proto(Some("SMTP".into()))]);
        let client = identity.origin();
        assert_eq!((client.ip, client.protocol.as_str()), (Some("203.0.113.5".parse().unwrap()), "SMTP"));
        assert_eq!((client.name, client.login.as_deref()), (None, Some("taro")));
        identity.transaction_over();
        assert_eq!(identity.origin().ip, Some("198.51.100.7".parse().unwrap()));
    }
}
