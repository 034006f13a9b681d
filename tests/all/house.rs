//! The house keeps its order: cargo holds who imports whom, and this holds what cargo is told.

use std::collections::BTreeMap;
use std::path::Path;

/// The rooms in import order (docs/architecture.md): a crate depends only on crates above it.
const ORDER: &[&str] = &[
    "terms", "smtp", "casebook", "mining", "audit", "message", "content", "personal", "facts", "rules",
    "store", "notice", "next_hop", "guard", "hold", "outbox", "receive", "watch", "web", "daemon",
];

/// The understanding wing turns bytes into a verdict and touches neither disk nor network.
const UNDERSTANDING: &[&str] = &["message", "content", "personal", "facts", "rules"];
/// The keeping wing keeps and sends, and knows no rule.
const KEEPING: &[&str] = &["store", "next_hop", "hold", "outbox"];
/// Rooms that know no sockets and no tasks.
const WITHOUT_TOKIO: &[&str] =
    &["terms", "smtp", "casebook", "mining", "message", "content", "personal", "facts", "rules"];

#[test]
fn crates_depend_on_those_above_them_alone() {
    let mut faults = Vec::new();
    let manifests = manifests();
    assert!(manifests.len() >= ORDER.len(), "only {} crates read", manifests.len());
    for (name, depends) in &manifests {
        let Some(line) = ORDER.iter().position(|o| o == name) else {
            faults.push(format!("{name}: a crate that the order does not name"));
            continue;
        };
        for other in depends {
            match ORDER.iter().position(|o| o == other) {
                Some(above) if above >= line => faults.push(format!("{name} depends on {other}, below it")),
                _ => {}
            }
            if KEEPING.contains(&name.as_str()) && UNDERSTANDING.contains(&other.as_str()) {
                faults.push(format!("the keeping wing's {name} depends on {other}"));
            }
        }
        if WITHOUT_TOKIO.contains(&name.as_str()) && depends.iter().any(|d| d == "tokio") {
            faults.push(format!("{name} depends on tokio"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Each crate of the workspace with what it depends on.
fn manifests() -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::new();
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates");
    for entry in std::fs::read_dir(crates).expect("the crates are there").flatten() {
        let text = std::fs::read_to_string(entry.path().join("Cargo.toml")).expect("each has a manifest");
        let manifest: toml::Table = text.parse().expect("a manifest is TOML");
        let depends = manifest["dependencies"].as_table().expect("a table of dependencies");
        let name = manifest["package"]["name"].as_str().expect("a name").to_string();
        found.insert(name, depends.keys().cloned().collect());
    }
    found
}
