//! What is fuzzed: each body takes any bytes, and must neither panic nor run away. The coverage-guided
//! targets beside this file, the fuzzer of `benches/fuzz` and the loop of `tests/all/bodies.rs` all run
//! these. A body returns the shape of what came out, a number that is the same for inputs that were
//! understood alike; a fuzzer keeps what gives a new one.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use content::{Content, Limits, extract_file};
use facts::{EnvelopeSource, Organization};
use guard::{Depth, Policy, inspect};
use message::{self, Address, Placeholder};
use rules::{RuleSet, Source};
use smtp::attributes::{self, Kind};
use smtp::command::{self, Command};
use smtp::data::DataReader;
use smtp::envelope::Envelope;
use smtp::reply::{self, Reply};
use smtp::stuffing;
use terms::clock::Timestamp;

#[path = "dialogue.rs"]
mod dialogue;

/// A body: from any bytes to the shape of what came out.
pub type Body = fn(&[u8]) -> u64;

/// Every body by name. Those of `content_` take a file of that kind.
pub const BODIES: &[(&str, Body)] = &[
    ("dialogue", dialogue::talk),
    ("commands", commands),
    ("replies", replies),
    ("data", data),
    ("message", message),
    ("rewrite", rewrite),
    ("inspect", whole),
    ("rules", rules),
    ("config", config),
    ("content_mail", |bytes| content("a.eml", bytes)),
    ("content_text", |bytes| content("a.txt", bytes)),
    ("content_csv", |bytes| content("a.csv", bytes)),
    ("content_html", |bytes| content("a.html", bytes)),
    ("content_xml", |bytes| content("a.xml", bytes)),
    ("content_rtf", |bytes| content("a.rtf", bytes)),
    ("content_pdf", |bytes| content("a.pdf", bytes)),
    ("content_xlsx", |bytes| content("a.xlsx", bytes)),
    ("content_xlsb", |bytes| content("a.xlsb", bytes)),
    ("content_xls", |bytes| content("a.xls", bytes)),
    ("content_docx", |bytes| content("a.docx", bytes)),
    ("content_pptx", |bytes| content("a.pptx", bytes)),
    ("content_odf", |bytes| content("a.ods", bytes)),
    ("content_doc", |bytes| content("a.doc", bytes)),
    ("content_msg", |bytes| content("a.msg", bytes)),
    ("content_tnef", |bytes| content("winmail.dat", bytes)),
    ("content_zip", |bytes| content("a.zip", bytes)),
    ("content_7z", |bytes| content("a.7z", bytes)),
    ("content_tar", |bytes| content("a.tgz", bytes)),
];

fn shape(parts: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    parts.hash(&mut hasher);
    hasher.finish()
}

/// A size as its number of digits in base two: alike sizes are one shape.
fn about(size: usize) -> u32 {
    usize::BITS - size.leading_zeros()
}

/// Command lines. What was understood goes out again as the same command.
fn commands(bytes: &[u8]) -> u64 {
    let mut seen = Vec::new();
    for line in bytes.split(|b| *b == b'\n').take(200) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match command::parse(line) {
            Ok(Command::Envelope(one)) => {
                assert!(one.is_sound());
                let mut wire = Vec::new();
                one.write_to(&mut wire, true);
                let line = wire.strip_suffix(b"\r\n").expect("a whole line");
                assert_eq!(command::parse(line), Ok(Command::Envelope(one.clone())));
                seen.push((0, one.params.len() as u16));
            }
            Ok(Command::Xclient(args)) => {
                seen.push((1, attributes::parse(Kind::Xclient, args).is_ok() as u16))
            }
            Ok(Command::Xforward(args)) => {
                seen.push((2, attributes::parse(Kind::Xforward, args).is_ok() as u16))
            }
            Ok(_) => seen.push((3, line.len().min(20) as u16)),
            Err(reply) => {
                well_formed(&reply);
                seen.push((4, reply.code));
            }
        }
    }
    seen.sort_unstable();
    seen.dedup();
    shape(seen)
}

/// Replies of a next hop, one after another. What was read can be passed on.
fn replies(mut bytes: &[u8]) -> u64 {
    let mut codes = Vec::new();
    while let Ok(Some((reply, used))) = reply::read(bytes) {
        assert!(used > 0 && used <= bytes.len());
        well_formed(&reply);
        codes.push((reply.code, about(used)));
        bytes = &bytes[used..];
    }
    shape(codes)
}

/// A reply that goes out is one that reads back, and nothing follows it.
fn well_formed(reply: &Reply) {
    let mut wire = Vec::new();
    reply.write_to(&mut wire);
    let (again, used) = reply::read(&wire).expect("a reply").expect("a whole reply");
    assert_eq!((again.code, used), (reply.code, wire.len()));
}

/// The bytes after DATA: the same message however they are cut into pieces, no bare CR or LF in what
/// is kept, and the way out says it in the same bytes.
fn data(bytes: &[u8]) -> u64 {
    let read = |piece: usize| {
        let mut reader = DataReader::new(1 << 16, 998, 0);
        let mut used = 0;
        for piece in bytes.chunks(piece) {
            match reader.feed(piece) {
                Some(end) => {
                    used += end;
                    return (Some(used), reader);
                }
                None => used += piece.len(),
            }
        }
        (None, reader)
    };
    let (end, whole) = read(bytes.len().max(1));
    for piece in [1, 2, 3, 7] {
        let (other, reader) = read(piece);
        assert_eq!((end, whole.faults().any(), whole.kept()), (other, reader.faults().any(), reader.kept()));
    }
    let faults = whole.faults();
    if end.is_some() && !faults.any() {
        let message = whole.into_message();
        let wire = stuffing::stuff(&[&message]).expect("no bare line ends");
        let mut next = DataReader::new(1 << 16, 998, 0);
        assert_eq!(next.feed(&wire), Some(wire.len()), "it ends elsewhere for the next hop");
        assert!(next.into_message() == message, "the next hop reads another message");
    }
    shape((end.is_some(), format!("{faults:?}"), about(bytes.len())))
}

fn internal(address: &Address) -> bool {
    address.domain() == "city.example.jp" || address.domain().ends_with(".city.example.jp")
}

/// A message, and all that can be asked of it.
fn message(bytes: &[u8]) -> u64 {
    let mail = message::read(bytes, &message::Limits::default());
    let (texts, files, nested) = (mail.text_parts().len(), mail.attachments().len(), mail.nested().len());
    for part in &mail.parts {
        let _ = (part.label(), part.header(), part.raw());
    }
    let _ = (mail.subject(), mail.message_id());
    assert!(mail.body_start <= bytes.len());
    let defects: Vec<String> = mail.defects.iter().map(|d| format!("{d:?}")).collect();
    shape((defects, about(texts), about(files), about(nested), mail.addresses.len().min(8)))
}

/// Every rewrite, whose proof is part of it.
fn rewrite(bytes: &[u8]) -> u64 {
    let mail = message::read(bytes, &message::Limits::default());
    let nobody = std::collections::HashSet::new();
    let blind = message::to_bcc(&mail, &internal, &Placeholder::UndisclosedRecipients, &nobody, None);
    let one = message::individual(&mail, "one@example.com", &internal, &nobody);
    let stripped = message::strip_bcc(&mail);
    for done in [&blind, &one, &stripped] {
        match done {
            Ok(done) => assert!(message::prove(bytes, &done.bytes, &|_| true, &done.hiding).is_ok()),
            // An address that stands where it cannot be taken out keeps the mail here.
            Err(message::RewriteFailed::StandsIn(_)) => {}
            // Surgery that its own proof refutes is a fault of ours, though nothing leaves.
            Err(error) => assert!(mail.header_cut(), "{error}"),
        }
    }
    shape([blind, one, stripped].map(|r| r.map(|r| r.changed).map_err(|e| e.to_string())))
}

/// The whole way of a message to its verdict.
fn whole(bytes: &[u8]) -> u64 {
    static HOUSE: OnceLock<Policy> = OnceLock::new();
    let policy = HOUSE.get_or_init(|| {
        let organization = Organization::new("Example City", &["city.example.jp"]);
        Policy::embedded(organization).expect("the rules within the program load")
    });
    let now = Timestamp::from_second(1_795_341_600).expect("a time");
    let envelope = Envelope::default();
    let seen = inspect(
        policy,
        &envelope,
        EnvelopeSource::Fields,
        bytes,
        Depth::Everything,
        |_, _| Default::default(),
        now,
    );
    shape(seen.verdict.matches.iter().map(|m| m.id.clone()).collect::<Vec<_>>())
}

/// The text of a file of rules.
fn rules(bytes: &[u8]) -> u64 {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let source = Source { file: PathBuf::from("a.toml"), text };
    match RuleSet::from_sources(&[source], &["2023-116"]) {
        Ok(rules) => shape(about(rules.rules().len())),
        Err(errors) => {
            assert!(!errors.is_empty(), "rules do not load, and nothing says why");
            shape(errors.iter().map(|e| e.message.chars().take(24).collect::<String>()).collect::<Vec<_>>())
        }
    }
}

/// The text of a configuration.
fn config(bytes: &[u8]) -> u64 {
    let text = String::from_utf8_lossy(bytes);
    match daemon::config::Config::parse(Path::new("a.toml"), &text) {
        Ok(config) => {
            let _ = (config.hostname(), config.zone(), config.notices().is_ok());
            shape(config.controls.len().min(4))
        }
        Err(error) => shape(error.message.chars().take(24).collect::<String>()),
    }
}

/// A file, read to the bottom.
fn content(name: &str, bytes: &[u8]) -> u64 {
    let content = extract_file(Some(name), None, bytes, &Limits::default());
    for table in content.tables.iter().take(50) {
        let _ = table.to_text();
    }
    shape_of(&content)
}

fn shape_of(content: &Content) -> u64 {
    let mut faults: Vec<String> = content.uninspected.iter().map(|u| u.why.to_string()).collect();
    let mut notes: Vec<String> = content.notes.iter().map(|n| format!("{:?}", n.what)).collect();
    let mut kinds: Vec<String> = content.texts.iter().map(|t| format!("{:?}", t.kind)).collect();
    let mut types: Vec<&str> = content.parts.iter().map(|p| p.real.name()).collect();
    for list in [&mut faults, &mut notes, &mut kinds] {
        list.sort_unstable();
        list.dedup();
    }
    types.dedup();
    types.truncate(8);
    let text: usize = content.texts.iter().map(|t| t.text.len()).sum();
    let cells: usize = content.tables.iter().flat_map(|t| &t.rows).map(Vec::len).sum();
    shape((faults, notes, kinds, types, about(text), about(cells), content.links.len().min(4)))
}
