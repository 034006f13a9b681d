use std::path::Path;

use proptest::prelude::*;

use super::*;

fn without(raw: &[u8], numbers: &[&str]) -> Result<Vec<u8>, RewriteFailed> {
    let mail = read(raw, &Limits::default());
    let numbers: Vec<String> = numbers.iter().map(|n| n.to_string()).collect();
    without_attachments(&mail, &numbers).map(|r| r.bytes)
}

fn mixed(parts: &[&str]) -> String {
    let parts: String = parts.iter().map(|p| format!("--b\r\n{p}\r\n")).collect();
    format!(
        "From: s@city.example.jp\r\nTo: a@x.example\r\nSubject: list.csv\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=b\r\n\r\npreamble\r\n{parts}--b--\r\nepilogue\r\n"
    )
}

const TEXT: &str = "Content-Type: text/plain\r\n\r\nhello, see list.csv";
const LIST: &str = "Content-Type: text/csv; name=\"list.csv\"\r\nContent-Disposition: attachment; \
                    filename=\"list.csv\"\r\n\r\nname,phone\r\nYamada,090-0000-0000";
const OTHER: &str = "Content-Type: application/octet-stream; name=other.bin\r\n\r\nother";

fn note_text(end: &str) -> String {
    let mail = mixed(&[TEXT, LIST]);
    let read = read(mail.as_bytes(), &Limits::default());
    let (header, body) = note(&read.parts[2]);
    let text = [header, body].concat();
    String::from_utf8_lossy(&text).replace("\r\n", end)
}

#[test]
fn a_note_stands_in_its_place_and_all_else_stays() {
    let raw = mixed(&[TEXT, LIST, OTHER]);
    let out = without(raw.as_bytes(), &["2"]).expect("it goes");
    let note = note_text("\r\n");
    assert_eq!(String::from_utf8_lossy(&out), mixed(&[TEXT, &note, OTHER]));
    let again = read(&out, &Limits::default());
    assert_eq!(again.parts[2].text(1_000), NOTE);
    assert_eq!(again.attachments().len(), 1);
    let bare = raw.replace("\r\n", "\n");
    let out = without(bare.as_bytes(), &["3", "2"]).expect("both go");
    let note = note_text("\n");
    assert_eq!(String::from_utf8_lossy(&out), mixed(&[TEXT, &note, &note]).replace("\r\n", "\n"));
}

#[test]
fn an_attached_message_goes_whole_and_what_is_in_it_alone() {
    let attached = format!(
        "Content-Type: message/rfc822\r\n\r\n{}",
        mixed(&[TEXT, LIST]).replace("b\r\n", "c\r\n").replace("--b", "--c").replace("=b", "=c")
    );
    let raw = mixed(&[TEXT, &attached, OTHER]);
    let whole = String::from_utf8_lossy(&without(raw.as_bytes(), &["2"]).expect("goes")).into_owned();
    assert!(!whole.contains("Yamada") && whole.contains("other"), "{whole}");
    let inner = String::from_utf8_lossy(&without(raw.as_bytes(), &["2.1.2"]).expect("goes")).into_owned();
    assert!(!inner.contains("Yamada") && inner.contains("message/rfc822"), "{inner}");
    let both = without(raw.as_bytes(), &["2.1.2", "2"]).expect("goes");
    assert_eq!(String::from_utf8_lossy(&both), whole);
}

#[test]
fn what_cannot_be_taken_out_is_refused() {
    let refused = |raw: &str, number: &str| without(raw.as_bytes(), &[number]).expect_err("refused");
    let raw = mixed(&[TEXT, LIST, OTHER]);
    for number in ["", "4", "1", "x", "2.1"] {
        let why = refused(&raw, number);
        let expected = match number {
            "" => RewriteFailed::WholeMessage,
            number => RewriteFailed::NoSuchAttachment(number.into()),
        };
        assert_eq!(why, expected, "{number}");
    }
    let single = "From: a@x.example\r\nContent-Type: application/pdf; name=a.pdf\r\n\r\n%PDF-1.4\r\n";
    assert_eq!(refused(single, ""), RewriteFailed::WholeMessage);
    let signed = raw.replace("multipart/mixed", "multipart/signed; protocol=\"application/pgp-signature\"");
    assert_eq!(refused(&signed, "2"), RewriteFailed::Sealed);
    let inner = "Content-Type: multipart/signed; boundary=s\r\n\r\n--s\r\nContent-Type: text/csv; name=l.csv\r\n\r\nx\r\n--s\r\nContent-Type: application/pgp-signature; name=s.asc\r\n\r\ny\r\n--s--";
    assert_eq!(refused(&mixed(&[TEXT, inner]), "2.1"), RewriteFailed::Sealed);
    let alternative = raw.replace("multipart/mixed", "multipart/alternative");
    assert_eq!(refused(&alternative, "2"), RewriteFailed::Alternative("2".into()));
    let encoded = format!(
        "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n{}",
        STANDARD.encode(mixed(&[TEXT, LIST]))
    );
    assert_eq!(refused(&mixed(&[TEXT, &encoded]), "2.1.2"), RewriteFailed::WithinEncoded("2.1.2".into()));
    assert!(without(mixed(&[TEXT, &encoded]).as_bytes(), &["2"]).is_ok());
    let again = raw.replace("epilogue", "--b\r\nContent-Type: text/csv\r\n\r\nx\r\n--b--");
    assert_eq!(refused(&again, "2"), RewriteFailed::Ambiguous);
}

#[test]
fn what_is_left_of_it_elsewhere_is_told() {
    let twin = format!(
        "Content-Type: text/csv; name=copy.csv\r\nContent-Transfer-Encoding: base64\r\n\r\n{}",
        STANDARD.encode("name,phone\r\nYamada,090-0000-0000")
    );
    let raw = mixed(&[TEXT, LIST, &twin]);
    let why = without(raw.as_bytes(), &["2"]).expect_err("refused");
    assert_eq!(why, RewriteFailed::NotProven(Why::AttachedTwice("3".into())));
    assert!(without(raw.as_bytes(), &["2", "3"]).is_ok());
    let named = mixed(&[TEXT, LIST]).replace("MIME-Version: 1.0", "X-Attached: list.csv");
    let why = without(named.as_bytes(), &["2"]).expect_err("refused");
    assert_eq!(why, RewriteFailed::NotProven(Why::NameLeft));
}

/// A tree of parts, each with its own boundary.
#[derive(Clone, Debug)]
enum Tree {
    Text(String),
    File(String, String),
    Multipart(Vec<Tree>),
    Message(Box<Tree>),
}

impl Tree {
    fn write(&self, level: usize) -> String {
        match self {
            Tree::Text(text) => format!("Content-Type: text/plain\r\n\r\n{text}"),
            Tree::File(name, text) => format!(
                "Content-Type: application/octet-stream\r\nContent-Disposition: attachment; \
                 filename=\"{name}.bin\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{}",
                STANDARD.encode(text)
            ),
            Tree::Message(inner) => format!(
                "Content-Type: message/rfc822\r\n\r\nFrom: a@x.example\r\nSubject: inner\r\n{}",
                inner.write(level + 1)
            ),
            Tree::Multipart(parts) => {
                // A boundary that no other of the tree has.
                static NEXT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
                let unique = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                let boundary = format!("=_{level}_{unique}_x");
                let parts: String =
                    parts.iter().map(|p| format!("--{boundary}\r\n{}\r\n", p.write(level + 1))).collect();
                format!(
                    "Content-Type: multipart/mixed; boundary=\"{boundary}\"\r\n\r\n{parts}--{boundary}--\r\n"
                )
            }
        }
    }
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        "[a-z\r\n-]{0,40}".prop_map(Tree::Text),
        ("[a-z]{6,10}", "[a-z]{8,60}").prop_map(|(name, text)| Tree::File(name, text)),
    ];
    let inner = leaf.prop_recursive(3, 24, 5, |inner| {
        prop_oneof![
            4 => prop::collection::vec(inner.clone(), 1..5).prop_map(Tree::Multipart),
            1 => inner.prop_map(|t| Tree::Message(Box::new(t))),
        ]
    });
    prop::collection::vec(inner, 1..5).prop_map(Tree::Multipart)
}

/// What must hold of any message: each attachment, taken out, is refused or gone, and nothing else is.
fn each_is_gone_or_refused(raw: &[u8]) -> Result<usize, String> {
    let mail = read(raw, &Limits::default());
    let mut gone = 0;
    for part in mail.attachments() {
        let Ok(out) = without_attachments(&mail, std::slice::from_ref(&part.number)) else { continue };
        gone += 1;
        let new = read(&out.bytes, &Limits::default());
        let left =
            |p: &&Part<'_>| p.leaf && p.bytes() == part.bytes() && !part.bytes().trim_ascii().is_empty();
        if let Some(left) = new.attachments().into_iter().find(left) {
            return Err(format!("{} is left as {}", part.number, left.number));
        }
        if mail.fields != new.fields {
            return Err("the header is changed".into());
        }
        let below = format!("{}.", part.number);
        let others = |m: &Mail<'_>| -> Vec<(String, Vec<u8>, Vec<u8>)> {
            m.parts
                .iter()
                .filter(|p| p.leaf && p.number != part.number && !p.number.starts_with(&below))
                .map(|p| (p.number.clone(), p.header().to_vec(), p.raw().to_vec()))
                .collect()
        };
        if others(&mail) != others(&new) {
            return Err(format!("taking out {} changed another part", part.number));
        }
    }
    Ok(gone)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn of_any_tree_only_what_was_chosen_goes(tree in tree()) {
        let raw = format!("From: s@city.example.jp\r\nSubject: x\r\n{}", tree.write(0));
        each_is_gone_or_refused(raw.as_bytes()).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn any_bytes_are_taken(raw: Vec<u8>, numbers in prop::collection::vec("[0-9.]{0,4}", 0..3)) {
        let mail = read(&raw, &Limits::default());
        let _ = without_attachments(&mail, &numbers);
    }

    #[test]
    fn any_lines_are_taken(lines in prop::collection::vec(prop_oneof![
        Just("Content-Type: multipart/mixed; boundary=b"), Just("Content-Type: message/rfc822"),
        Just("--b"), Just("--b--"), Just(""), Just("Content-Disposition: attachment; filename=abcdef"),
        Just("text"), Just("Content-Type: multipart/mixed; boundary=\"b-\""), Just("--b-"),
    ], 0..24)) {
        let raw = lines.join("\r\n");
        each_is_gone_or_refused(raw.as_bytes()).map_err(TestCaseError::fail)?;
    }
}

#[test]
fn of_every_real_mail_only_what_was_chosen_goes() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let mut gone = 0;
    for folder in ["rules/casebook", "tests/clean"] {
        for path in mails(&root.join(folder)) {
            let raw = std::fs::read(&path).expect("a mail reads");
            gone += each_is_gone_or_refused(&raw).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
        }
    }
    assert!(gone > 10, "only {gone} attachments were taken out");
}

fn mails(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder reads").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(mails(&path));
        } else if path.extension().is_some_and(|e| e == "eml") {
            found.push(path);
        }
    }
    found
}
