//! A broken start never means open: the error names file and line, and nobody is let in.

use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;

use crate::support::program::{Extra, Installation, copy_of_rules};
use crate::support::shell;

/// What is broken, and what the error must say.
struct Case {
    what: &'static str,
    file: &'static str,
    /// Replaced, from and to.
    change: (&'static str, &'static str),
    says: &'static [&'static str],
}

const CASES: &[Case] = &[
    #[cfg(not(feature = "oidc"))]
    Case {
        what: "a sign-in that this build does not have",
        file: "sekisho.toml",
        change: (
            "[organization]",
            "[web]\nlisten = \"127.0.0.1:0\"\npublic_url = \"http://127.0.0.1:8025\"\n[web.oidc]\n\
             issuer = \"https://id.example.jp\"\nclient_id = \"sekisho\"\n[organization]",
        ),
        says: &["sekisho.toml:", "no OpenID Connect", "--features oidc"],
    },
    Case {
        what: "an unknown key in the configuration",
        file: "sekisho.toml",
        change: ("language = \"ja\"", "langauge = \"ja\""),
        says: &["sekisho.toml:4", "langauge"],
    },
    Case {
        what: "a value of another kind",
        file: "sekisho.toml",
        change: ("hostname = \"gate.example\"", "max_hops = \"many\""),
        says: &["sekisho.toml:7", "many"],
    },
    Case {
        what: "no TOML",
        file: "sekisho.toml",
        change: ("[organization]", "[organization"),
        says: &["sekisho.toml:1"],
    },
    Case {
        what: "an unknown fact in a rule",
        file: "rules/recipients.toml",
        change: ("recipients.visible_parties >= 10", "recipients.visible_partys >= 10"),
        says: &["recipients.toml:6", "visible_partys", "visible_parties"],
    },
    Case {
        what: "a rule without an incident",
        file: "rules/controls.toml",
        change: ("incidents = [\"2023-112\"]", "incidents = []"),
        says: &["controls.toml:", "incident"],
    },
    Case {
        what: "a rule that cites an unknown incident",
        file: "rules/controls.toml",
        change: ("incidents = [\"2023-112\"]", "incidents = [\"2023-999\"]"),
        says: &["controls.toml:", "2023-999"],
    },
    Case {
        what: "an incident with an unknown key",
        file: "rules/casebook/2023-116/incident.toml",
        change: ("\nprevented_by", "\nprevanted_by"),
        says: &["2023-116/incident.toml:", "prevanted_by"],
    },
];

fn broken(case: &Case) -> Installation {
    let house = Installation::new("maildir:out", &Extra::default());
    copy_of_rules(&house.path("rules"));
    let config = std::fs::read_to_string(house.config()).expect("a file");
    let rules = format!("{config}[rules]\ndirectory = \"{}\"\n", house.path("rules").display());
    std::fs::write(house.config(), rules).expect("a file");
    let path = house.path(case.file);
    let text = std::fs::read_to_string(&path).expect("a file");
    assert!(text.contains(case.change.0), "{}: nothing to break", case.what);
    std::fs::write(&path, text.replacen(case.change.0, case.change.1, 1)).expect("a file");
    house
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_broken_is_named_and_nobody_is_let_in() {
    for case in CASES {
        let house = broken(case);
        let mut serving = house.begin();
        let status = serving.ended(shell::PATIENCE).await;
        let log = serving.log();
        assert!(!status.success(), "{}: {status}", case.what);
        for word in case.says {
            assert!(log.contains(word), "{}: no {word:?} in: {log}", case.what);
        }
        assert!(TcpStream::connect(house.address).is_err(), "{}: it listens", case.what);
        assert!(!house.path("var/sekisho.db").exists(), "{}: a store was made", case.what);
        let output = house.command(&["check"], &[]).await;
        assert_eq!(output.status.code(), Some(1), "{}", case.what);
        for word in case.says {
            assert!(shell::said(&output).contains(word), "{}: check: {}", case.what, shell::said(&output));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_others_can_read_is_refused() {
    let house = Installation::new("maildir:out", &Extra::default());
    house.serve().await.stop().await;
    let key = house.path("var/sekisho.key");
    let mode = |path: &std::path::Path| std::fs::metadata(path).expect("a file").permissions().mode() & 0o777;
    assert_eq!(mode(&key), 0o600, "a new key is for its owner alone");
    for file in ["var/sekisho.db", "var/sekisho.db-wal"] {
        let path = house.path(file);
        assert!(!path.exists() || mode(&path) & 0o007 == 0, "{file} can be read by everybody");
    }

    for bits in [0o644, 0o640, 0o604, 0o622] {
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(bits)).expect("permissions");
        let mut serving = house.begin();
        let status = serving.ended(shell::PATIENCE).await;
        assert!(!status.success(), "{bits:o}: {status}");
        assert!(serving.log().contains("sekisho.key"), "{}", serving.log());
    }
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).expect("permissions");
    house.serve().await.stop().await;

    // A new key would open nothing of what is kept.
    std::fs::remove_file(&key).expect("a file");
    let status = house.begin().ended(shell::PATIENCE).await;
    assert!(!status.success(), "{status}");
    assert!(!key.exists(), "a new key was made beside an old store");
}
