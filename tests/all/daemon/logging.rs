//! The log tells of every message by its id, and of no person.

use std::time::Duration;

use serde_json::Value;

use crate::support::client::Client;
use crate::support::fake_hop::{Act, FakeHop, Stage};
use crate::support::mail::{message, stuffed};
use crate::support::program::{Extra, Installation};

#[tokio::test(flavor = "multi_thread")]
async fn every_line_about_a_message_has_its_id_and_none_has_an_address() {
    let moody = |_: usize, stage: &Stage| match stage {
        Stage::Rcpt(to) if to.starts_with("refused") => {
            Act::Say("550 5.1.1 <refused@example.org> unknown\r\n")
        }
        _ => Act::Good,
    };
    let hop = FakeHop::start(moody).await;
    let extra =
        Extra { sections: "[log]\nformat = \"json\"\nlevel = \"debug\"\n".into(), ..Extra::default() };
    let house = Installation::new(&hop.url(), &extra);
    let serving = house.serve().await;
    let mut client = Client::hello(house.address).await;
    let many: Vec<String> = (0..12).map(|n| format!("naisho{n}@family{n}.example")).collect();
    let field = many.join(", ");
    for (n, to) in ["hitomi@example.org", field.as_str()].into_iter().enumerate() {
        let text = message(&format!("log-{n}"), to, "naisho no hanashi", "gokuhi\r\n");
        let (code, reply) = client.message(stuffed(text.as_bytes())).await;
        assert_eq!(code, 250, "{reply}");
    }
    // Held: a calendar of secrets goes to thirty people.
    assert_eq!(client.say("MAIL FROM:<soumu@city.example.jp>").await.0, 250);
    for n in 0..30 {
        assert_eq!(client.say(&format!("RCPT TO:<naisho{n}@family{n}.example>")).await.0, 250);
    }
    assert_eq!(client.say("RCPT TO:<refused@example.org>").await.0, 550);
    assert_eq!(client.say("DATA").await.0, 354);
    let text = message("log-held", "hitomi@example.org", "naisho no hanashi", "gokuhi\r\n");
    client.send(stuffed(text.as_bytes())).await;
    let (code, reply) = client.reply().await;
    assert!(code == 250 && reply.contains("Held as case"), "{reply}");
    // Refused before it is looked at.
    let (code, reply) = client.message("Subject: naisho\r\n\r\nbare\nline\r\n.\r\n").await;
    assert!(code >= 500, "{reply}");
    // Notices are sent behind the scenes.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let log = serving.log();
    serving.stop().await;

    let lines: Vec<Value> =
        log.lines().map(|l| serde_json::from_str(l).unwrap_or_else(|_| panic!("no JSON: {l}"))).collect();
    for private in ["naisho", "hitomi", "gokuhi", "soumu", "refused@", "citizen", "example.org"] {
        assert!(!log.contains(private), "{private} is in the log: {log}");
    }
    let ids: Vec<String> = house
        .audit("decision")
        .await
        .iter()
        .map(|e| e["mail"].as_str().expect("a decision has the mail's id").to_string())
        .collect();
    assert_eq!(ids.len(), 3, "{ids:?}");
    for id in &ids {
        let told = lines.iter().filter(|l| l["fields"]["id"] == id.as_str());
        assert!(told.count() >= 1, "{id} is not in the log: {log}");
    }
    for line in lines.iter().filter(|l| ["decided", "kept"].iter().any(|m| l["fields"]["message"] == *m)) {
        let id = line["fields"]["id"].as_str().unwrap_or_default();
        assert!(ids.iter().any(|i| i == id), "a line without a known id: {line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_of_the_next_hop_is_told_with_the_message_it_met() {
    let failing = |_: usize, stage: &Stage| match stage {
        Stage::Dot => Act::Close,
        _ => Act::Good,
    };
    let hop = FakeHop::start(failing).await;
    let extra = Extra { sections: "[log]\nformat = \"json\"\n".into(), ..Extra::default() };
    let house = Installation::new(&hop.url(), &extra);
    let serving = house.serve().await;
    let mut client = Client::hello(house.address).await;
    let text = message("log-fail", "hitomi@example.org", "x", "y\r\n");
    let (code, reply) = client.message(stuffed(text.as_bytes())).await;
    assert_eq!(code, 451, "{reply}");
    let decisions = house.audit("decision").await;
    let id = decisions[0]["mail"].as_str().expect("an id");
    let log = serving.log();
    let warning = log.lines().find(|l| l.contains("\"WARN\"") && l.contains("next hop"));
    let warning = warning.unwrap_or_else(|| panic!("the failure is not told: {log}"));
    assert!(warning.contains(id), "no id {id} in {warning}");
    assert!(!log.contains("hitomi"), "{log}");
    serving.stop().await;
}
