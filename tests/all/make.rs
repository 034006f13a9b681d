//! The messages in the tree are what `tests/make/` makes, so that whoever wants to change one can.

use std::path::Path;
use std::process::Command;

use content::{self, Limits};

use super::files::messages;

/// A compressor of another version packs the same file into other bytes. What a reader sees is then compared:
/// the lines of the header, and all that is inside.
fn is_the_same(one: &[u8], other: &[u8]) -> bool {
    let head = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        text.split_once("\n\n").map(|parts| parts.0.to_string())
    };
    let limits = Limits { time_ms: 120_000, ..Limits::default() };
    let (a, b) = (content::extract(one, &limits), content::extract(other, &limits));
    one == other
        || head(one) == head(other)
            && format!("{:?}", (&a.texts, &a.tables, &a.uninspected, &a.notes))
                == format!("{:?}", (&b.texts, &b.tables, &b.uninspected, &b.notes))
}

#[test]
#[ignore = "needs python3"]
fn every_message_can_be_made_anew() {
    let tree = Path::new(env!("CARGO_MANIFEST_DIR"));
    let place = tempfile::tempdir().expect("a folder");
    std::fs::create_dir_all(place.path().join("tests/clean")).expect("a folder");
    let made = Command::new("python3")
        .arg(tree.join("tests/make/all.py"))
        .env("MAKE_TO", place.path())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .status()
        .expect("python3");
    assert!(made.success());
    for folder in ["rules/casebook", "tests/clean"] {
        let files = messages(folder);
        for path in &files {
            let name = path.strip_prefix(tree).expect("in the tree");
            let made = std::fs::read(place.path().join(name));
            let made = made.unwrap_or_else(|_| panic!("nothing makes {}", name.display()));
            let kept = std::fs::read(path).expect("the message is there");
            assert!(is_the_same(&kept, &made), "{} is not as tests/make makes it", name.display());
        }
        let made = walk(&place.path().join(folder));
        assert_eq!(made, files.len(), "tests/make makes a message of {folder} that is not in the tree");
    }
}

fn walk(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).expect("the folder is there");
    entries
        .map(|entry| entry.expect("an entry").path())
        .map(|path| if path.is_dir() { walk(&path) } else { 1 })
        .sum()
}
