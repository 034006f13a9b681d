//! A held mail is mended in the shell: an attachment taken out, an address corrected, a repair proposed and
//! sent by somebody else. What leaves is looked at where it arrives.

use std::process::Output;

use crate::support::client::Client;
use crate::support::fake_hop::{FakeHop, Message};
use crate::support::mail::stuffed;
use crate::support::program::{Extra, Installation, LENIENT};
use crate::support::shell;

const TO: [&str; 2] = ["tanaka@old.example", "sato@example.net"];

/// A letter with a list and a picture attached.
fn letter() -> String {
    const FAMILY: [&str; 10] =
        ["山田", "佐藤", "鈴木", "高橋", "伊藤", "渡辺", "中村", "小林", "加藤", "吉田"];
    const GIVEN: [&str; 10] =
        ["太郎", "花子", "一郎", "美咲", "健太", "由美", "大輔", "陽子", "翔太", "恵子"];
    let row = |i: usize| format!("{} {},090-1{i:03}-{:04}\r\n", FAMILY[i % 10], GIVEN[i / 10 % 10], 1000 + i);
    let rows: String = std::iter::once("氏名,電話\r\n".to_string()).chain((0..200).map(row)).collect();
    format!(
        "From: soumu@city.example.jp\r\nTo: \"T, K\" <tanaka@old.example>,\r\n sato@example.net\r\n\
         Subject: hold: please look\r\nMessage-ID: <mend-1@city.example.jp>\r\nDate: Wed, 1 Apr 2026 09:00:00 +0900\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"b\"\r\n\r\n\
         --b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nご査収ください。\r\n\
         --b\r\nContent-Type: text/csv; charset=utf-8; name=\"list.csv\"\r\nContent-Transfer-Encoding: 8bit\r\n\
         Content-Disposition: attachment; filename=\"list.csv\"\r\n\r\n{rows}\
         --b\r\nContent-Type: image/png; name=\"map.png\"\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n\
         --b--\r\n"
    )
}

/// Sends the letter; the number of its case.
async fn held(house: &Installation, rcpts: &[&str]) -> String {
    let mut client = Client::hello(house.address).await;
    assert_eq!(client.say("MAIL FROM:<soumu@city.example.jp> BODY=8BITMIME").await.0, 250);
    for address in rcpts {
        assert_eq!(client.say(&format!("RCPT TO:<{address}>")).await.0, 250);
    }
    assert_eq!(client.say("DATA").await.0, 354);
    client.send(stuffed(letter().as_bytes())).await;
    let (code, reply) = client.reply().await;
    assert_eq!(code, 250, "{reply}");
    let cases = house.cases("held").await;
    assert_eq!(cases.len(), 1, "{cases:?}");
    cases[0]["id"].as_str().expect("a case number").to_string()
}

async fn leaves(hop: &FakeHop) -> Message {
    shell::until("the mail leaves", async || hop.messages().into_iter().rfind(Message::is_mail)).await
}

fn refused(output: &Output, why: &str) {
    let said = shell::said(output);
    assert!(!output.status.success() && said.contains(why), "{why}: {said}");
}

/// The letter from its own first line on, without what the way adds above it.
fn content(message: &Message) -> String {
    let text = String::from_utf8(message.content()).expect("text");
    let at = text.find("From: soumu").expect("the letter");
    text[at..].to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_out_and_corrected_leaves_so_and_no_other_byte_is_changed() {
    let hop = FakeHop::good().await;
    let house = Installation::new(&hop.url(), &Extra { rules: Some(LENIENT), ..Extra::default() });
    let serving = house.serve().await;
    let case = held(&house, &TO).await;
    let shown = house.ask(&["hold", "show"], &[&case]).await;
    assert!(shown.contains("2  list.csv") && shown.contains("3  map.png  8 bytes"), "{shown}");
    let json: serde_json::Value =
        serde_json::from_str(&house.ask(&["hold", "show"], &[&case, "--json"]).await).expect("JSON");
    assert_eq!(json["attachments"][0]["number"], "2");

    let repair =
        async |words: &[&str]| house.command(&["hold", "repair"], &[&[case.as_str()], words].concat()).await;
    refused(&repair(&[]).await, "change what?");
    refused(&repair(&["--drop-attachment", "9"]).await, "no attachment 9");
    refused(&repair(&["--drop-attachment", "no.csv"]).await, "no attachment no.csv");
    refused(&repair(&["--correct", "z@example.net=y@example.net"]).await, "not a recipient");
    refused(&repair(&["--correct", "tanaka@old.example=tanaka@new"]).await, "not an address");
    refused(&repair(&["--correct", "tanaka@old.example"]).await, "the right one");
    assert_eq!(hop.messages().iter().filter(|m| m.is_mail()).count(), 0, "held mail left");

    let words = ["--drop-attachment", "list.csv", "--correct", "tanaka@old.example=tanaka@new.example"];
    let done =
        repair(&[&words[..], &["--by", "kacho@city.example.jp", "--reason", "宛先と添付の誤り"]].concat())
            .await;
    assert!(done.status.success(), "{}", shell::said(&done));
    let left = leaves(&hop).await;
    assert_eq!(left.rcpts, ["tanaka@new.example", "sato@example.net"]);
    let text = content(&left);
    for gone in ["old.example", "list.csv", "090-", "山田"] {
        assert!(!text.contains(gone), "{gone}: {text}");
    }
    let (before, rest) = text
        .split_once("--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64")
        .expect("the note");
    let whole = letter().replace("tanaka@old.example", "tanaka@new.example");
    assert!(whole.starts_with(before), "{before}");
    let (_, after) = rest.split_once("\r\n--b\r\n").expect("the next part");
    assert!(whole.ends_with(&format!("\r\n--b\r\n{after}")), "{after}");

    let log = house.audit("case").await;
    let entry = log.last().expect("it is recorded");
    assert_eq!((&entry["action"], &entry["actor"]), (&"repaired".into(), &"kacho@city.example.jp".into()));
    let notes = entry["notes"].to_string();
    assert!(
        notes.contains("tanaka@old.example to tanaka@new.example") && notes.contains("taken out: 2"),
        "{notes}"
    );
    assert_eq!(house.cases("repaired").await[0]["recipients"][0], "tanaka@new.example");
    // The sender hears what was taken out, by its name.
    shell::until("the sender is told", async || {
        let told = hop.notices("soumu@city.example.jp");
        told.iter().map(Message::text).find(|text| text.contains("外した添付") && text.contains("list.csv"))
    })
    .await;
    serving.stop().await;
    house.verify_audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_sends_what_needs_no_second_person_any_more_and_proposes_the_rest() {
    let hop = FakeHop::good().await;
    let house = Installation::new(&hop.url(), &Extra::default());
    let serving = house.serve().await;
    let case = held(&house, &TO).await;
    let own = ["--by", "soumu@city.example.jp"];
    let word = async |verb: &str, words: &[&str]| {
        house.command(&["hold", verb], &[&[case.as_str()], words].concat()).await
    };
    // Two hundred people's numbers: a recipient less does not change that.
    let less = [&["--drop", "sato@example.net"][..], &own].concat();
    refused(&word("repair", &less).await, "second person");
    refused(&word("withdraw", &own).await, "nobody has proposed");
    let proposed = word("propose", &[&less[..], &["--reason", "一名は誤り"]].concat()).await;
    assert!(proposed.status.success(), "{}", shell::said(&proposed));
    let shown = house.ask(&["hold", "show"], &[&case]).await;
    assert!(shown.contains("一名は誤り") && shown.contains("--drop sato@example.net"), "{shown}");
    refused(&word("release", &[&own[..], &["--reason", "可"]].concat()).await, "second person");
    let taken_back = word("withdraw", &own).await;
    assert!(taken_back.status.success(), "{}", shell::said(&taken_back));
    assert_eq!(hop.messages().iter().filter(|m| m.is_mail()).count(), 0, "held mail left");
    // Without the list it is a letter like any other.
    let done = word("repair", &[&["--drop-attachment", "2"][..], &own].concat()).await;
    assert!(done.status.success(), "{}", shell::said(&done));
    let left = leaves(&hop).await;
    assert_eq!(left.rcpts, TO);
    assert!(!content(&left).contains("090-"));
    let log = house.audit("case").await;
    let actions: Vec<_> = log.iter().map(|e| e["action"].as_str().expect("a word")).collect();
    assert_eq!(actions, ["proposed", "proposal-withdrawn", "repaired"]);
    serving.stop().await;
    house.verify_audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_person_sends_what_was_proposed() {
    let hop = FakeHop::good().await;
    let house = Installation::new(&hop.url(), &Extra { rules: Some(LENIENT), ..Extra::default() });
    let serving = house.serve().await;
    let case = held(&house, &TO).await;
    let change = "tanaka@old.example=tanaka@new.example";
    house.ask(&["hold", "propose"], &[&case, "--by", "soumu@city.example.jp", "--correct", change]).await;
    house.ask(&["hold", "release"], &[&case, "--by", "kacho@city.example.jp"]).await;
    let left = leaves(&hop).await;
    assert_eq!(left.rcpts, ["tanaka@new.example", "sato@example.net"]);
    assert_eq!(content(&left), letter().replace("tanaka@old.example", "tanaka@new.example"));
    let notes = house.audit("case").await.last().expect("it is recorded")["notes"].to_string();
    assert!(notes.contains("as proposed by soumu@city.example.jp"), "{notes}");
    serving.stop().await;
    house.verify_audit().await;
}
