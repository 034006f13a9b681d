//! From a telling to mail: one message for each reader, in text and HTML, with the headers of an
//! automatic message (RFC 3834). The null return path is set by whoever sends it.

use std::time::{Duration, SystemTime};

use askama::Template;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::{Address, Message};
use sha2::{Digest, Sha256};

use super::letter::{self, Letter};
use super::{Actions, Notice, Options};
use terms::clock::Timestamp;

/// A notice as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Composed {
    /// The envelope recipients.
    pub to: Vec<String>,
    /// The whole message, CRLF lines, 7-bit.
    pub bytes: Vec<u8>,
}

#[derive(Template)]
#[template(path = "notice.txt")]
struct ComposeText<'a> {
    l: &'a Letter,
}

#[derive(Template)]
#[template(path = "notice.html")]
struct Html<'a> {
    l: &'a Letter,
}

/// Writes the notice of a telling, a copy for each reader so that none sees another's address. The
/// same telling gives the same Message-ID, so a notice that is sent twice shows once. An address
/// that could not stand in an SMTP command is passed over; it is an error where none is left.
pub fn compose(notice: &Notice, options: &Options) -> Result<Vec<Composed>, String> {
    compose_with(notice, options, None)
}

/// As [`compose`], with links to press. They are for one reader: a telling to several has none.
pub fn compose_with(
    notice: &Notice,
    options: &Options,
    actions: Option<&Actions>,
) -> Result<Vec<Composed>, String> {
    let actions = actions.filter(|_| notice.to.len() == 1);
    let letter = letter::write(notice, options, actions);
    let text = ComposeText { l: &letter }.render().map_err(|e| format!("the notice's text: {e}"))?;
    let html = Html { l: &letter }.render().map_err(|e| format!("the notice's HTML: {e}"))?;
    let mut composed: Vec<Composed> = Vec::new();
    for reader in notice.to.iter().map(|r| r.trim()).filter(|r| fits_a_command(r)) {
        if composed.iter().any(|c| c.to.iter().any(|known| known.eq_ignore_ascii_case(reader))) {
            continue;
        }
        let body = MultiPart::alternative_plain_html(text.clone(), html.clone());
        let bytes = message(notice, options, &letter, reader, body)?;
        composed.push(Composed { to: vec![reader.to_string()], bytes });
    }
    if composed.is_empty() {
        return Err(format!("none of the {} addresses to tell can be written to", notice.to.len()));
    }
    Ok(composed)
}

fn message(
    notice: &Notice,
    options: &Options,
    letter: &Letter,
    reader: &str,
    body: MultiPart,
) -> Result<Vec<u8>, String> {
    let from = options.mailbox()?;
    let mut builder = Message::builder()
        .envelope(placeholder(&from)?)
        .raw_header(header("Auto-Submitted", "auto-generated"))
        .raw_header(header("X-Auto-Response-Suppress", "All"))
        .raw_header(header("Content-Language", letter.tag))
        .from(from)
        .subject(letter.subject.as_str())
        .date(system_time(notice.at))
        .message_id(Some(message_id(notice, options, reader)));
    builder = match mailbox(reader) {
        Some(mailbox) => builder.to(mailbox),
        // An address that needs SMTPUTF8 (RFC 6532) is in the envelope alone, so that the message
        // itself passes everywhere.
        None => builder.raw_header(header("To", "undisclosed-recipients:;")),
    };
    if let Some(id) = notice.mail.as_ref().and_then(|m| original_id(m.message_id.as_deref()?)) {
        builder = builder.in_reply_to(id.clone()).references(id);
    }
    let message = builder.multipart(body).map_err(|e| format!("the notice: {e}"))?;
    Ok(message.formatted())
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_string())
}

/// lettre wants an envelope to build a message; only the message is used.
fn placeholder(from: &Mailbox) -> Result<lettre::address::Envelope, String> {
    lettre::address::Envelope::new(None, vec![from.email.clone()]).map_err(|e| e.to_string())
}

/// Whether an address can be said in RCPT at all (RFC 5321 section 4.1.2, 6531 section 3.3).
fn fits_a_command(address: &str) -> bool {
    let sound = |c: char| !c.is_control() && !c.is_whitespace() && !matches!(c, '<' | '>');
    let parts = address.rsplit_once('@');
    address.len() <= 320
        && parts.is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty())
        && address.chars().all(sound)
}

/// The address for the To field; none where it cannot stand there in ASCII as it is. Local parts
/// that the grammar forbids but some providers gave out (`taro..yamada@`) are kept.
fn mailbox(address: &str) -> Option<Mailbox> {
    if !address.is_ascii() {
        return None;
    }
    if let Ok(parsed) = address.parse::<Address>() {
        return Some(parsed.into());
    }
    let (local, domain) = address.rsplit_once('@')?;
    let plain = |s: &str| {
        s.chars().all(|c| {
            c.is_ascii_graphic() && !matches!(c, '(' | ')' | ',' | ':' | ';' | '"' | '\\' | '[' | ']' | '@')
        })
    };
    (plain(local) && plain(domain)).then(|| Address::new_dangerous(local, domain).into())
}

/// The original's Message-ID in angle brackets (RFC 5322 section 3.6.4), so that the notice stands
/// beside it in the reader's mailbox; none where it could not stand in a header field.
fn original_id(id: &str) -> Option<String> {
    let id = id.trim().trim_start_matches('<').trim_end_matches('>');
    let sound = id.len() <= 200
        && id.contains('@')
        && id.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '<' | '>'));
    sound.then(|| format!("<{id}>"))
}

fn message_id(telling: &Notice, options: &Options, reader: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(serde_json::to_vec(telling).unwrap_or_default());
    hash.update([0]);
    hash.update(reader.to_ascii_lowercase());
    let digest: String = hash.finalize().iter().take(16).map(|b| format!("{b:02x}")).collect();
    let host: String =
        options.hostname.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-')).collect();
    format!("<notice.{digest}@{}>", if host.is_empty() { "localhost" } else { &host })
}

/// lettre writes years 1970 to 9999 and panics beyond.
fn system_time(at: Timestamp) -> SystemTime {
    const LAST: u64 = 253_402_300_799;
    let seconds = u64::try_from(at.as_second()).unwrap_or(0).min(LAST);
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}
