//! The house keeps its order: a folder imports only from folders above its own.

use std::path::Path;

/// Each room and its line in the layout (docs/flow.md); a file in one imports only from lower lines.
const ROOMS: &[(&str, u8)] = &[
    ("clock", 0),
    ("networks", 0),
    ("smtp", 1),
    ("casebook", 1),
    ("audit", 1),
    ("message", 2),
    ("content", 2),
    ("personal", 3),
    ("facts", 4),
    ("rules", 5),
    ("store", 6),
    ("notice", 7),
    ("next_hop", 7),
    ("guard", 8),
    ("hold", 8),
    ("outbox", 8),
    ("receive", 9),
    ("watch", 9),
    ("web", 9),
    ("config", 10),
    ("serve", 11),
    ("cli", 12),
];

/// The understanding wing turns bytes into a verdict and touches neither disk nor network.
const UNDERSTANDING: &[&str] = &["message", "content", "personal", "facts", "rules"];
/// The keeping wing keeps and sends, and knows no rule.
const KEEPING: &[&str] = &["store", "next_hop", "hold", "outbox"];
/// Rooms that know no sockets and no tasks.
const WITHOUT_TOKIO: &[&str] = &["smtp", "casebook", "message", "content", "personal", "facts", "rules"];

#[test]
fn folders_import_downwards_only() {
    let mut faults = Vec::new();
    let mut seen = 0;
    for (path, text) in sources(Path::new("src")) {
        let room = room_of(&path);
        let Some(line) = line_of(&room) else {
            assert!(matches!(room.as_str(), "lib" | "main"), "{path}: a room that the layout does not name");
            continue;
        };
        seen += 1;
        for import in imports(&text) {
            if import == room {
                continue;
            }
            match line_of(&import) {
                Some(other) if other < line => {}
                Some(_) => faults.push(format!("{path}: {room} imports {import}")),
                None => faults.push(format!("{path}: {room} imports unknown {import}")),
            }
            if KEEPING.contains(&room.as_str()) && UNDERSTANDING.contains(&import.as_str()) {
                faults.push(format!("{path}: the keeping wing knows {import}"));
            }
        }
        if WITHOUT_TOKIO.contains(&room.as_str()) && text.contains("tokio::") {
            faults.push(format!("{path}: {room} knows tokio"));
        }
    }
    assert!(seen > 20, "only {seen} files read");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn line_of(room: &str) -> Option<u8> {
    ROOMS.iter().find(|r| r.0 == room).map(|r| r.1)
}

/// `src/smtp/reply.rs` is in `smtp`, `src/clock.rs` in `clock`.
fn room_of(path: &str) -> String {
    let rest = path.trim_start_matches("src/");
    let first = rest.split('/').next().unwrap_or(rest);
    first.trim_end_matches(".rs").to_string()
}

/// The rooms that a file names as `crate::room`, one by one or in a group.
fn imports(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for part in text.split("crate::").skip(1) {
        let names: Vec<String> = if let Some(group) = part.strip_prefix('{') {
            let inner = group.split("};").next().unwrap_or(group);
            inner
                .split('\n')
                .flat_map(|l| l.split(", "))
                .filter_map(|n| n.trim().split([':', ',', '}']).next().map(str::to_string))
                .filter(|n| line_of(n).is_some())
                .collect()
        } else {
            let end = part.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(part.len());
            vec![part[..end].to_string()]
        };
        found.extend(names.into_iter().filter(|n| !n.is_empty()));
    }
    found.retain(|n| line_of(n).is_some());
    found
}

fn sources(dir: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).expect("src is there").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            let text = std::fs::read_to_string(&path).expect("a source file reads");
            found.push((path.to_string_lossy().into_owned(), text));
        }
    }
    found
}
