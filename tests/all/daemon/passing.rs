//! Mail that passes leaves as it came, but for one Received line, however odd it is.

use std::path::Path;

use crate::support::client::Client;
use crate::support::fake_hop::FakeHop;
use crate::support::mail::{self, stuffed, unstuffed, without_received};
use crate::support::program::{Extra, Installation, LENIENT};

#[tokio::test(flavor = "multi_thread")]
async fn odd_messages_pass_byte_for_byte() {
    let messages = odd_messages();
    assert!(messages.len() >= 48, "only {} messages", messages.len());
    all_pass(&messages).await;
}

/// Under rules that only watch, even what leaked addresses in its day.
#[tokio::test(flavor = "multi_thread")]
async fn the_casebooks_messages_pass_byte_for_byte() {
    let mut messages = Vec::new();
    gather(Path::new("rules/casebook"), &mut messages);
    assert!(messages.len() >= 10, "only {} messages", messages.len());
    all_pass(&messages).await;
}

/// The message files below a folder, with CRLF.
fn gather(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            gather(&path, found);
        } else if path.extension().is_some_and(|e| e == "eml") {
            let text = String::from_utf8(std::fs::read(&path).expect("a file")).expect("text");
            let crlf = text.replace("\r\n", "\n").replace('\n', "\r\n");
            found.push((path.display().to_string(), crlf.into_bytes()));
        }
    }
}

/// Sends each, and compares what the next hop took.
async fn all_pass(messages: &[(String, Vec<u8>)]) {
    let hop = FakeHop::good().await;
    let house = Installation::new(&hop.url(), &Extra { rules: Some(LENIENT), ..Extra::default() });
    let serving = house.serve().await;
    let mut client = Client::hello(house.address).await;
    for (name, message) in messages {
        client.begin().await;
        client.send(stuffed(message)).await;
        let (code, reply) = client.reply().await;
        assert_eq!(code, 250, "{name}: {reply}");
        let taken = hop.messages().pop().expect("the next hop took it");
        same(name, message, &unstuffed(&taken.data));
    }
    assert_eq!(hop.messages().len(), messages.len());
    serving.stop().await;
    house.verify_audit().await;
    let passed = house.audit("decision").await;
    assert_eq!(passed.iter().filter(|e| e["action"] == "pass").count(), messages.len());
}

/// What came is what was sent, after one Received line.
fn same(name: &str, sent: &[u8], came: &[u8]) {
    let mut expected = sent.to_vec();
    if !expected.is_empty() && !expected.ends_with(b"\r\n") {
        expected.extend_from_slice(b"\r\n");
    }
    let added = came.strip_suffix(expected.as_slice());
    let added = added.unwrap_or_else(|| panic!("{name} was changed: {}", shown(came)));
    let (count, rest) = without_received(added);
    assert_eq!((count, rest.len()), (1, 0), "{name} got {}", shown(added));
}

/// Messages that some relay or other has been known to mend.
fn odd_messages() -> Vec<(String, Vec<u8>)> {
    let head = "From: a@city.example.jp\r\nTo: b@example.org\r\nMessage-ID: <odd@city.example.jp>\r\n";
    let mut all: Vec<(String, Vec<u8>)> = Vec::new();
    let mut add = |name: &str, message: Vec<u8>| all.push((name.to_string(), message));
    let body = |text: &str| format!("{head}Subject: x\r\n\r\n{text}").into_bytes();
    let field = |text: &str| format!("{head}{text}\r\n\r\nbody\r\n").into_bytes();

    add("plain", body("Hello\r\n"));
    add("no last line end", body("Hello"));
    add("empty body", body(""));
    add("only empty lines", body("\r\n\r\n\r\n\r\n"));
    add("a header and nothing more", head.as_bytes().to_vec());
    add("no header", b"\r\nOnly a body\r\n".to_vec());
    add("nothing at all", Vec::new());
    add("only a line of text", b"no field at all\r\n".to_vec());
    add("spaces at line ends", body("a  \r\n\t\r\n  b \t \r\n \r\n"));
    add("lines of dots", body(".\r\n..\r\n...\r\n. \r\n.a\r\n a.\r\n..\r\n"));
    add("a dot at the very end", body("text\r\n."));
    add("many dots", body(&".\r\n".repeat(3_000)));
    add("control characters", body("\u{1}\u{2}\u{7}\u{8}\u{b}\u{c}\u{1b}[2J\u{1f}\u{7f}\r\n"));
    add("a line of 998", body(&format!("{}\r\n", "x".repeat(998))));
    add("a line of 5000", body(&format!("{}\r\n", "y".repeat(5_000))));
    add("a line of 200000", body(&format!("{}\r\nz\r\n", "z".repeat(200_000))));
    add("a megabyte", body(&format!("{}\r\n", "0123456789".repeat(7)).repeat(14_000)));
    add("UTF-8", body("関所は開いている。\r\n"));
    for (name, bytes) in [
        ("Latin-1", b"Gr\xfc\xdfe\r\n".as_slice()),
        ("Shift_JIS", b"\x8a\xd6\x8f\x8a \x83\x5c\x95\x5c\r\n"),
        ("ISO-2022-JP", b"\x1b$B4X=j\x1b(B\r\n"),
        ("bytes that are no text", b"\xff\xfe\x80\xc0\xf5\r\n"),
        ("an eighth bit on a dot", b".\xae\r\n\xae.\r\n"),
    ] {
        let mut message = body("");
        message.extend_from_slice(bytes);
        add(name, message);
    }
    let mut raw = head.as_bytes().to_vec();
    raw.extend_from_slice(b"Subject: \x8a\xd6\x8f\x8a\r\nX-Raw: \xff\x01\r\n\r\nbody\r\n");
    add("eighth bits in the header", raw);
    add("folds", field("Subject: one\r\n two\r\n\tthree\r\n  \r\n four"));
    add("an empty field", field("Subject:"));
    add("blanks before the colon", field("Subject : x\r\nX-Y\t: z"));
    add("a field of 200000", field(&format!("X-Huge: {}", "h".repeat(200_000))));
    add("3000 fields", field("X-Many: 1\r\n".repeat(3_000).trim_end()));
    add("a line that is no field", field("this is no field\r\nSubject: x"));
    add("a From line of an mbox", field(">From here\r\nSubject: x"));
    add("forty Received", field("Received: from x by y; z\r\n".repeat(40).trim_end()));
    add("Return-Path and Delivered-To", field("Return-Path: <x@example.org>\r\nDelivered-To: y@example.org"));
    add(
        "signatures",
        field("DKIM-Signature: v=1; d=city.example.jp; s=s;\r\n\th=from:to; bh=x; b=y\r\nSubject: x"),
    );
    add("two To fields", field("To: c@example.org\r\nTo: d@example.org"));
    add("a group", field("Cc: friends: e@example.org, \"F, G\" <f@example.org>;, (no one)"));
    add("unfinished brackets", field("Cc: <e@example.org, \"f@example.org"));
    add("no Subject and two Dates", field("Date: Sun, 22 Nov 2026 09:30:00 +0900\r\nDate: never"));
    add("encoded words", field("Subject: =?iso-2022-jp?B?GyRCNFg9ahsoQg==?= =?x?Q?=41?="));
    add("Content-Length", field("Content-Length: 1\r\nLines: 1\r\nStatus: RO"));
    add("multipart", mixed("text/plain", "inner\r\n"));
    add("a message within", mixed("message/rfc822", "From: x@example.org\r\nSubject: y\r\n\r\nz\r\n"));
    add("a calendar", mixed("text/calendar", "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"));
    add("an unknown type", mixed("x-nothing/at-all", "\u{1}\u{2}\r\n"));
    let ends = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b";
    add("no last boundary", format!("{head}{ends}\r\n\r\n--b\r\n\r\nx\r\n").into_bytes());
    add(
        "text around the parts",
        format!("{head}{ends}\r\n\r\nbefore\r\n--b\r\n\r\nx\r\n--b--\r\nafter").into_bytes(),
    );
    let encoded = |how, text| field(&format!("Content-Transfer-Encoding: {how}\r\n\r\n{text}"));
    add("base64 with junk", encoded("base64", "SGVs bG8*\r\n=Qq"));
    add("quoted-printable", encoded("quoted-printable", "=E3=81=82=\r\n=zz =\r\n.=2E\r\n"));
    add("uuencode", body("begin 644 x\r\n#0V%T\r\n`\r\nend\r\n"));
    // The sizes at which buffers end.
    for size in [1_023, 4_096, 8_191, 16_384, 65_535, 65_536, 65_537] {
        let mut message = body("");
        let text = "line\r\n.dot\r\n".repeat(size / 12 + 1);
        message.extend_from_slice(&text.as_bytes()[..size - message.len()]);
        // A lone CR at the cut is another test's.
        if message.ends_with(b"\r") {
            message.pop();
        }
        add(&format!("{size} bytes"), message);
    }
    all
}

fn mixed(kind: &str, part: &str) -> Vec<u8> {
    let text = mail::message("mixed", "b@example.org", "x", "");
    let (header, _) = text.split_once("Content-Type").expect("a header");
    format!(
        "{header}Content-Type: multipart/mixed; boundary=\"=_b\"\r\n\r\n\
         --=_b\r\nContent-Type: text/plain\r\n\r\nSee below.\r\n\
         --=_b\r\nContent-Type: {kind}\r\n\r\n{part}\r\n--=_b--\r\n"
    )
    .into_bytes()
}

/// The beginning of something, for a failure.
fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(600)]).into_owned()
}
