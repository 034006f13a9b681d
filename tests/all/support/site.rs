//! A plain reader of the pages: HTTP/1.1 over a socket, with cookies, and no script.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What a browser without scripts knows.
pub struct Site {
    address: SocketAddr,
    pub cookies: BTreeMap<String, String>,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    /// The first field of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// The value of the first hidden field of that name.
    pub fn hidden(&self, name: &str) -> String {
        let mark = format!("name=\"{name}\" value=\"");
        let at = self.body.find(&mark).unwrap_or_else(|| panic!("no field {name} in\n{}", self.body));
        self.body[at + mark.len()..].split('"').next().unwrap_or_default().to_string()
    }

    /// The hidden fields of the page's last form.
    pub fn form(&self) -> Vec<(String, String)> {
        let form = self.body.rfind("<form").map_or("", |at| &self.body[at..]);
        let fields = form.split("type=\"hidden\" name=\"").skip(1).filter_map(|field| {
            let (name, rest) = field.split_once("\" value=\"")?;
            Some((name.to_string(), rest.split('"').next()?.to_string()))
        });
        fields.collect()
    }

    /// The first link whose address begins so.
    pub fn link(&self, begins: &str) -> String {
        let mark = format!("href=\"{begins}");
        let at = self.body.find(&mark).unwrap_or_else(|| panic!("no link {begins} in\n{}", self.body));
        self.body[at + 6..].split('"').next().unwrap_or_default().replace("&amp;", "&")
    }
}

impl Site {
    pub fn at(address: SocketAddr) -> Site {
        Site { address, cookies: BTreeMap::new() }
    }

    /// One who has signed in; the account is of [`super::program::Installation::account`].
    pub async fn signed_in(address: SocketAddr, name: &str) -> Site {
        let mut site = Site::at(address);
        let answer =
            site.post("/login", &[("name", name), ("password", "correct horse battery"), ("to", "/")]).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        site
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.ask("GET", path, &[], "").await
    }

    /// Sends a form as a browser does.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let form: Vec<String> =
            fields.iter().map(|(n, v)| format!("{}={}", encoded(n), encoded(v))).collect();
        let origin = format!("Origin: http://{}\r\nSec-Fetch-Site: same-origin\r\n", self.address);
        let kind = "Content-Type: application/x-www-form-urlencoded\r\n".to_string();
        self.ask("POST", path, &[origin, kind], &form.join("&")).await
    }

    /// Sends the page's last form, with what its hidden fields hold and `more`.
    pub async fn confirm(&mut self, path: &str, page: &Answer, more: &[(&str, &str)]) -> Answer {
        let hidden = page.form();
        let own = hidden.iter().map(|(n, v)| (n.as_str(), v.as_str()));
        let fields: Vec<(&str, &str)> = own.chain(more.iter().copied()).collect();
        self.post(path, &fields).await
    }

    /// Any request; each of `headers` ends in CRLF.
    pub async fn ask(&mut self, method: &str, path: &str, headers: &[String], body: &str) -> Answer {
        let cookies: Vec<String> = self.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
        let cookies = match cookies.is_empty() {
            true => String::new(),
            false => format!("Cookie: {}\r\n", cookies.join("; ")),
        };
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\n{cookies}{}\r\n",
            self.address,
            body.len(),
            headers.concat(),
        );
        let mut stream = TcpStream::connect(self.address).await.expect("the pages are there");
        stream.write_all(head.as_bytes()).await.expect("it listens");
        stream.write_all(body.as_bytes()).await.expect("it listens");
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.expect("it answers");
        let answer = read(&bytes);
        for (_, cookie) in answer.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let (name, value) = cookie.split(';').next().and_then(|c| c.split_once('=')).expect("a cookie");
            match cookie.contains("Max-Age=0") {
                true => self.cookies.remove(name),
                false => self.cookies.insert(name.into(), value.into()),
            };
        }
        answer
    }
}

fn read(bytes: &[u8]) -> Answer {
    let end = bytes.windows(4).position(|w| w == b"\r\n\r\n").expect("a header ends");
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|l| l.split(' ').nth(1)).and_then(|c| c.parse().ok());
    let headers: Vec<(String, String)> = lines
        .filter_map(|l| l.split_once(':'))
        .map(|(n, v)| (n.to_ascii_lowercase(), v.trim().to_string()))
        .collect();
    let chunked = headers.iter().any(|(n, v)| n == "transfer-encoding" && v == "chunked");
    let body = if chunked { joined(&bytes[end + 4..]) } else { bytes[end + 4..].to_vec() };
    Answer { status: status.expect("a status"), headers, body: String::from_utf8_lossy(&body).into_owned() }
}

/// The chunks of a body put together (RFC 9112 section 7.1).
fn joined(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = rest.windows(2).position(|w| w == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..end]).expect("a size"), 16);
        let size = size.expect("a size");
        if size == 0 {
            break;
        }
        body.extend_from_slice(&rest[end + 2..end + 2 + size]);
        rest = &rest[end + 4 + size..];
    }
    body
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(|b| match b {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(b).to_string(),
            _ => format!("%{b:02X}"),
        })
        .collect()
}
