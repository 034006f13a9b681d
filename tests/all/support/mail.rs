//! Messages for tests, and what is left of them at the next hop.

use super::fake_hop::Message;

/// A plain message of the city's, with a Message-ID, a Date and everything else that a relay might
/// want to add.
pub fn message(id: &str, to: &str, subject: &str, body: &str) -> String {
    format!(
        "From: =?utf-8?B?57eP5YuZ6Kqy?= <soumu@city.example.jp>\r\n\
         To: {to}\r\n\
         Subject: {subject}\r\n\
         Date: Sun, 22 Nov 2026 09:30:00 +0900\r\n\
         Message-ID: <{id}@city.example.jp>\r\n\
         MIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\
         Content-Transfer-Encoding: 8bit\r\n\
         \r\n\
         {body}"
    )
}

/// So many addresses, each at a domain of its own.
pub fn strangers(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("citizen{n}@family{n}.example")).collect()
}

/// Addresses as a To field holds them, folded.
pub fn list(addresses: &[String]) -> String {
    addresses.join(",\r\n ")
}

/// As SMTP carries it: dots doubled, and the end.
pub fn stuffed(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len() + 16);
    for line in message.split_inclusive(|b| *b == b'\n') {
        if line.starts_with(b".") {
            out.push(b'.');
        }
        out.extend_from_slice(line);
    }
    out.extend_from_slice(if message.is_empty() || message.ends_with(b"\r\n") {
        b".\r\n"
    } else {
        b"\r\n.\r\n"
    });
    out
}

/// What the next hop got, without the doubled dots.
pub fn unstuffed(data: &[u8]) -> Vec<u8> {
    let lines = data.split_inclusive(|b| *b == b'\n');
    lines.flat_map(|line| line.strip_prefix(b".").unwrap_or(line)).copied().collect()
}

/// The Received fields at the top, and the rest.
pub fn without_received(message: &[u8]) -> (usize, &[u8]) {
    let (mut count, mut rest) = (0, message);
    while rest.starts_with(b"Received:") {
        count += 1;
        let end = |at: &usize| !matches!(rest.get(at + 2), Some(b' ' | b'\t'));
        let at = rest.windows(2).enumerate().filter(|(_, w)| w == b"\r\n").map(|(at, _)| at).find(end);
        rest = &rest[at.expect("a field ends") + 2..];
    }
    (count, rest)
}

/// The header and the body of a message.
pub fn parts(message: &[u8]) -> (String, Vec<u8>) {
    let at = message.windows(4).position(|w| w == b"\r\n\r\n").expect("a header and a body");
    (String::from_utf8_lossy(&message[..at + 2]).into_owned(), message[at + 4..].to_vec())
}

impl Message {
    /// The message as its reader gets it, without the Received fields at its top.
    pub fn content(&self) -> Vec<u8> {
        let whole = unstuffed(&self.data);
        without_received(&whole).1.to_vec()
    }

    /// A field's value, unfolded; none where the header has no such field.
    pub fn field(&self, name: &str) -> Option<String> {
        let (header, _) = parts(&self.content());
        let unfolded = header.replace("\r\n ", " ").replace("\r\n\t", " ");
        let mut values = unfolded.split("\r\n").filter_map(|line| {
            let (field, value) = line.split_once(':')?;
            field.trim_end().eq_ignore_ascii_case(name).then(|| value.trim().to_string())
        });
        values.next()
    }

    /// Subject and text, as its reader sees them.
    pub fn text(&self) -> String {
        let content = self.content();
        let mail = mail_parser::MessageParser::default().parse(&content).expect("a message");
        format!("{}\n{}", mail.subject().unwrap_or_default(), mail.body_text(0).unwrap_or_default())
    }

    /// The shortest link in it that leads to a mail's page of the site there: the page itself.
    pub fn page(&self, site: std::net::SocketAddr) -> Option<String> {
        let (text, base) = (self.text(), format!("http://{site}"));
        let links = text.split_whitespace().filter_map(|word| word.strip_prefix(base.as_str()));
        links.filter(|path| path.starts_with("/m/")).min_by_key(|path| path.len()).map(str::to_string)
    }

    /// Whether it is a message of a person and not a notice of the house.
    pub fn is_mail(&self) -> bool {
        !self.from.is_empty()
    }
}
