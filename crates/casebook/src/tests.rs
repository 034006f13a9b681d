//! The casebook that comes with the program, and the errors of one that is wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::*;

/// The default rules' ids with the incidents they cite.
fn default_rules() -> BTreeMap<String, Vec<String>> {
    let mut rules = BTreeMap::new();
    for (file, text) in embedded_rules() {
        let table: toml::Table = toml::from_str(text).unwrap();
        for rule in table["rule"].as_array().unwrap() {
            let id = rule["id"].as_str().unwrap().to_string();
            let cited = rule["incidents"].as_array().unwrap();
            let cited = cited.iter().map(|i| i.as_str().unwrap().to_string());
            let twice = rules.insert(id, cited.collect());
            assert_eq!(twice, None, "{}", file.display());
        }
    }
    rules
}

fn told(errors: &[LoadError]) -> String {
    let lines: Vec<_> = errors.iter().map(LoadError::to_string).collect();
    lines.join("\n")
}

fn shipped() -> Casebook {
    embedded().unwrap_or_else(|errors| panic!("{}", told(&errors)))
}

#[test]
fn the_shipped_casebook_loads_and_is_the_folders() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules");
    let read = load(&dir).unwrap_or_else(|errors| panic!("{}", told(&errors)));
    assert_eq!(read, shipped());
}

#[test]
fn every_incident_says_where_it_stands() {
    let casebook = shipped();
    let count = |of: fn(&Incident) -> bool| casebook.iter().filter(|i| of(i)).count();
    let prevented = count(|i| matches!(i.coverage(), Coverage::Prevented(_)));
    let same_data = count(|i| matches!(i.coverage(), Coverage::SameData(_)));
    let pending = count(|i| matches!(i.coverage(), Coverage::Pending(_)));
    let not_by_mail = count(|i| matches!(i.coverage(), Coverage::NotByMail(_)));
    assert_eq!((casebook.len(), prevented, same_data, pending, not_by_mail), (49, 6, 34, 0, 9));
}

#[test]
fn every_shipped_incident_says_by_which_way_data_got_out() {
    for incident in shipped().iter() {
        assert!(incident.door.is_some() && incident.means.is_some(), "{}", incident.id);
    }
}

#[test]
fn only_what_left_by_mail_is_called_prevented() {
    let casebook = shipped();
    let prevented = casebook.iter().filter(|i| matches!(i.coverage(), Coverage::Prevented(_)));
    let ids: Vec<_> = prevented.map(|i| i.id.as_str()).collect();
    let left_by_mail =
        ["2022-minoh", "2022-saitama-university", "2023-112", "2023-116", "2023-117", "2023-391"];
    assert_eq!(ids, left_by_mail);
}

#[test]
fn rules_and_incidents_name_one_another() {
    let casebook = shipped();
    let rules = default_rules();
    let cited: Vec<_> = rules.iter().map(|r| (r.0.as_str(), r.1.as_slice())).collect();
    assert_eq!(told(&casebook.contradictions(Path::new("rules"), &cited)), "");
    for (rule, incidents) in &rules {
        assert!(!incidents.is_empty(), "{rule} cites nothing");
        for id in incidents {
            let incident = casebook.get(id).unwrap_or_else(|| panic!("{rule} cites {id}"));
            assert!(incident.prevented_by.contains(rule), "{id} does not name {rule}");
        }
    }
}

#[test]
fn every_default_rule_is_shown_by_a_step() {
    let casebook = shipped();
    let shown: BTreeSet<_> = casebook
        .iter()
        .flat_map(|i| &i.expectation)
        .flat_map(|e| &e.steps)
        .flat_map(|s| &s.expected.rules)
        .cloned()
        .collect();
    assert_eq!(shown, default_rules().into_keys().collect());
}

#[test]
fn messages_have_crlf_and_nothing_but_example_domains() {
    let mut seen = 0;
    for incident in shipped().iter() {
        for (name, message) in &incident.messages {
            seen += 1;
            let text = String::from_utf8_lossy(message);
            assert!(!text.replace("\r\n", "").contains(['\r', '\n']), "{} {name}", incident.id);
            for line in text.lines().filter(|l| !l.contains('\x1b')) {
                for part in line.split('@').skip(1) {
                    let stop = |c: char| !c.is_ascii_alphanumeric() && !"-.{}".contains(c);
                    let domain = part.split(stop).next().unwrap_or_default();
                    let reserved = [".example", "example.jp", "example.com", "example.net"]
                        .iter()
                        .any(|d| domain.ends_with(d));
                    assert!(reserved || domain.is_empty(), "{} {name}: {line}", incident.id);
                }
            }
        }
    }
    assert!(seen > 20, "only {seen} messages");
}

#[test]
fn a_story_is_sent_as_it_is_written() {
    let casebook = shipped();
    let spam = casebook.get("2023-117").unwrap().sendings();
    assert_eq!(spam.len(), 390);
    let last = spam.last().unwrap();
    assert_eq!(last.rcpt.as_deref(), Some(&["customer389@mailbox389.example".to_string()][..]));
    assert!(last.message.starts_with(b"Date: "));
    let ids: BTreeSet<_> = spam.iter().map(|s| s.message.clone()).collect();
    assert_eq!(ids.len(), 390, "every mail is another");
    let split = casebook.get("2023-391").unwrap().sendings();
    assert!(split[1].message == split[2].message, "one mail in pieces is one mail");
    assert_ne!(split[1].rcpt, split[2].rcpt);
}

/// A rules directory with one incident folder.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("casebook/2030-001");
    fs::create_dir_all(&folder).unwrap();
    for (name, text) in files {
        fs::write(folder.join(name), text).unwrap();
    }
    dir
}

const GOOD: &str = r#"id = "2030-001"
date = "2030-02"
organization = { ja = "見本", en = "Sample" }
kind = "lost-device"
summary = { ja = "概要", en = "summary" }
happened = { ja = "経緯", en = "what happened" }
lesson = { ja = "教訓", en = "lesson" }
why_not = { ja = "理由", en = "reason" }
"#;

fn errors_of(files: &[(&str, &str)]) -> Vec<String> {
    let dir = folder(files);
    let prefix = format!("{}/casebook/2030-001/", dir.path().display());
    let errors = load(dir.path()).expect_err("it is wrong");
    errors.iter().map(|e| e.to_string().replace(&prefix, "")).collect()
}

#[test]
fn a_good_folder_loads() {
    let dir = folder(&[("incident.toml", GOOD)]);
    let casebook = load(dir.path()).unwrap();
    let incident = casebook.get("2030-001").unwrap();
    assert!(matches!(incident.coverage(), Coverage::NotByMail(w) if w.en == "reason"));
    assert_eq!(casebook.nearest("2030-01"), Some("2030-001"));
    assert!(incident.sendings().is_empty());
}

#[test]
fn all_errors_of_a_folder_are_told() {
    let incident = r#"id = "2030-002"
date = "2030-02-30"
organization = "見本"
kind = "lost-devise"
sumary = { ja = "概要", en = "summary" }
happened = { ja = "経緯" }
lesson = { ja = "教訓", en = "lesson" }
prevented_by = ["no-such-rule"]
pending = { ja = "内容の検査", en = "content" }
own_domains = ["City.example.jp"]
"#;
    let expect = "action = \"hold\"\nrules = [\"mass-mail\"]\n";
    let files = [("incident.toml", incident), ("expect.toml", expect), ("other.eml", ""), ("x.txt", "")];
    assert_eq!(
        errors_of(&files),
        [
            "incident.toml:1: the id is \"2030-002\", but its folder is 2030-001; give both the same name",
            "incident.toml:1: an incident needs summary; add summary = { ja = \"…\", en = \"…\" }",
            "incident.toml:2: date = \"2030-02-30\" is no date; write a day, a month or a year: \"2023-03-16\", \"2023-03\", \"2023\"",
            "incident.toml:3: organization is not given in both languages; organization = { ja = \"…\", en = \"…\" }",
            "incident.toml:4: no kind of incident is called lost-devise; known: exposed-addresses, data-taken, insider-access, disclosure, credentials, account-hijacked, misconfiguration, intrusion, contractor-breach, ransomware, malware, lost-device, data-lost",
            "incident.toml:5: an incident has no field sumary; did you mean summary? known: id, date, published, kind, door, organization, means, people, records, summary, happened, lesson, prevented_by, why_not, pending, own_domains",
            "incident.toml:6: a text in both languages needs en; add en = \"…\"",
            "incident.toml:9: the incident says more than one of prevented_by, why_not and pending; keep the one that is true; an empty prevented_by may stay",
            "incident.toml:9: an incident that rules prevent needs own_domains for its replay; add own_domains = [\"city.example.jp\"]",
            "incident.toml:10: \"City.example.jp\" is no domain; write it in lower case: \"city.example.jp\"",
            "x.txt: this file is not read; a folder holds incident.toml, expect.toml and *.eml",
            "expect.toml: a step sends message.eml, which is not here; add the message, or correct its name",
            "other.eml: no step sends this message; add a [[step]] to expect.toml, or take it away",
            "expect.toml: prevented_by names no-such-rule, but no step expects it; add a step that shows it, or take the rule out of prevented_by",
        ]
    );
}

#[test]
fn claims_without_proof_and_proof_without_claims() {
    let rules = "why_not = { ja = \"理由\", en = \"reason\" }";
    let claims = GOOD.replace(rules, "prevented_by = [\"mass-mail\"]\nown_domains = [\"a.example\"]");
    assert_eq!(
        errors_of(&[("incident.toml", &claims)]),
        [
            "expect.toml: there is no expect.toml that would prove prevented_by; add it, with message.eml in the incident's likeness"
        ]
    );
    let expect = "action = \"hold\"\nrules = [\"mass-mail\"]\n";
    assert_eq!(
        errors_of(&[("incident.toml", GOOD), ("expect.toml", expect), ("message.eml", "")]),
        [
            "expect.toml: an incident that mail inspection cannot prevent expects something; take expect.toml away, or why_not"
        ]
    );
    let nothing = GOOD.replace(rules, "prevented_by = []");
    let errors = errors_of(&[("incident.toml", &nothing)]);
    assert_eq!(errors.len(), 1);
    assert!(errors[0].starts_with("incident.toml:8: the incident says neither"), "{errors:?}");
}

#[test]
fn files_that_are_missing_or_not_text() {
    assert_eq!(
        errors_of(&[("message.eml", "")]),
        ["incident.toml: there is no incident.toml; add it, or take the folder away"]
    );
    let dir = folder(&[]);
    let file = dir.path().join("casebook/2030-001/incident.toml");
    fs::write(&file, b"id = \"2030-001\"\ndate = \"\xff\"\n").unwrap();
    let errors = load(dir.path()).unwrap_err();
    assert_eq!((errors.len(), errors[0].line), (1, Some(2)));
    let errors = load(&dir.path().join("nowhere")).unwrap_err();
    assert!(told(&errors).contains("nowhere/casebook: cannot be read"), "{}", told(&errors));
}

#[test]
fn rules_and_incidents_that_contradict_each_other_are_told() {
    let casebook = shipped();
    let none: &[String] = &[];
    let errors = casebook.contradictions(Path::new("rules"), &[("burst", none), ("public-share-lnk", none)]);
    let told = told(&errors);
    assert!(told.contains(
        "rules/casebook/2023-117/incident.toml: the rule burst does not cite this incident; add \"2023-117\" to that rule's incidents"
    ));
    assert!(told.contains(
        "prevented_by names public-share-link, and there is no such rule; did you mean public-share-lnk?"
    ));
}

#[test]
fn the_manual_names_every_rule_and_every_kind() {
    let manual = include_str!("../../../docs/rules.md");
    let kinds = Kind::ALL.iter().map(|k| k.as_str().to_string());
    for name in default_rules().into_keys().chain(kinds) {
        assert!(manual.contains(&format!("`{name}`")), "docs/rules.md lacks {name}");
    }
}

proptest::proptest! {
    /// Any file is read or refused with errors; what is refused is never silent.
    #[test]
    fn any_file_is_read_or_refused(text in "(\\[\\[step\\]\\]|\\[summary\\]|(ja|en|id|date|times|wait|rcpt|action|rules|controls|why_not) = |\"|\\{|\\}|\\[|\\]|-?[0-9]{1,20}|[a-z-]{1,8}|\\PC|\n){0,60}") {
        for files in [[("incident.toml", text.as_str()), ("expect.toml", "")], [("incident.toml", GOOD), ("expect.toml", text.as_str())]] {
            let dir = folder(&files);
            // The first is never whole, and the second contradicts its why_not if it reads at all.
            proptest::prop_assert!(!load(dir.path()).unwrap_err().is_empty());
        }
    }
}
