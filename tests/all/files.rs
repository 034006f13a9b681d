//! The messages that stand in the tree are whole: every one of the casebook and of the ordinary mails can be
//! read to its last part, but for what an incident wants unread, and the great lists have as many people as
//! the incident.

use std::path::{Path, PathBuf};

use content::{self, Content, Limits, Why};
use personal::{self, Day, Own};

fn read(path: &Path) -> Content {
    let bytes = std::fs::read(path).expect("the message is there");
    // How long a loaded machine takes says nothing of the file.
    content::extract(&bytes, &Limits { time_ms: 120_000, ..Limits::default() })
}

/// The messages of a folder of the tree, in order.
pub fn messages(folder: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut found = Vec::new();
    let mut folders = vec![root];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("the folder is there") {
            let path = entry.expect("an entry").path();
            match path.extension().and_then(|e| e.to_str()) {
                Some("eml") => found.push(path),
                None if path.is_dir() => folders.push(path),
                _ => {}
            }
        }
    }
    found.sort();
    found
}

/// What may stand unread: the incident of a zip under a password, which was also cut in half and sent in parts.
fn is_meant(path: &Path, why: &Why) -> bool {
    let of_105 = path.parent().is_some_and(|p| p.ends_with("2023-105"));
    of_105 && matches!(why, Why::Encrypted | Why::Broken | Why::Partial)
}

#[test]
fn every_message_is_readable() {
    let mut all = messages("rules/casebook");
    let incidents = all.len();
    all.extend(messages("tests/clean"));
    assert!(incidents >= 40 && all.len() - incidents >= 60, "{incidents} of {}", all.len());
    for path in all {
        let content = read(&path);
        for unread in &content.uninspected {
            assert!(is_meant(&path, &unread.why), "{}: {unread:?}", path.display());
        }
        let words = content.texts.len() + content.tables.len();
        let empty = content.uninspected.is_empty() && words == 0;
        assert!(!empty, "{} says nothing", path.display());
    }
}

#[test]
fn the_great_lists_have_as_many_people_as_the_incident() {
    let casebook = casebook::embedded().expect("the casebook in the program");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/casebook");
    for (id, hundreds) in [
        ("2022-seven-createlink", 32),
        ("2023-104-aizawa", 31),
        ("2023-104-fragrancy", 163),
        ("2023-314", 40),
        ("2023-352", 8),
        ("2023-439", 0),
        ("2024-001", 194),
        ("2024-217-kishiwada", 0),
        ("2024-217-tokyo", 0),
        ("2024-217-ota", 0),
        ("2024-251", 31),
    ] {
        let incident = casebook.iter().find(|i| i.id == id).expect("an incident");
        let content = read(&root.join(id).join("message.eml"));
        let today = Day { year: 2026, month: 1, day: 1 };
        let found = personal::find(&content.texts, &content.tables, &Own::default(), today);
        assert_eq!(Some(found.persons_est as u64), incident.people, "{id}");
        assert_eq!(found.persons_est / 100, hundreds, "{id}");
    }
}
