//! Whatever mail of whatever sender meets whatever next hop: each recipient ends in delivered, or in a
//! report to a person of the organisation or to its admins; and no report goes outside.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use super::*;

/// Each has one to three recipients.
const MAILS: u64 = 1_000;

const SENDERS: [&str; 8] = [
    "hana@city.example.jp",
    "hana+tag@city.example.jp",
    "",
    "alice@other.example",
    "SRS0=H=T=other.example=alice@city.example.jp",
    "prvs=1234567890=hana@city.example.jp",
    "news-bounces+u=v.example@city.example.jp",
    "noreply@city.example.jp",
];

/// A next hop that answers as a number made of address and attempt says, and keeps what it took.
#[derive(Clone, Default)]
struct Fickle {
    seed: u64,
    taken: Arc<Mutex<Vec<Carried>>>,
    asked: Arc<Mutex<u64>>,
}

fn mixed(mut n: u64) -> u64 {
    n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ (n >> 31)
}

impl Carry for Fickle {
    async fn deliver(&self, _: ItemKind, envelope: &Envelope, bytes: &[u8]) -> Result<Delivery, String> {
        let chance = {
            let mut asked = self.asked.lock().unwrap();
            *asked += 1;
            mixed(self.seed ^ *asked)
        };
        // The admins can always be told: what is true of a hop that takes nothing is told in the log.
        let admins = envelope.rcpts.iter().all(|r| r.address == "joho@city.example.jp");
        let code = |n: u64| match (chance >> (8 + n * 4)) % 10 {
            _ if admins => 250,
            0 | 1 => 550,
            2 => 451,
            _ => 250,
        };
        if !admins && chance % 20 == 0 {
            return Err("cannot connect to the next hop".into());
        }
        let rcpts: Vec<Reply> = (0..envelope.rcpts.len() as u64).map(|n| Reply::new(code(n), "x")).collect();
        let data = if admins { 250 } else { [250, 250, 250, 451, 554][(chance % 5) as usize] };
        if data == 250 {
            let mut got = envelope.clone();
            got.rcpts = envelope
                .rcpts
                .iter()
                .zip(&rcpts)
                .filter(|(_, r)| r.code == 250)
                .map(|(r, _)| r.clone())
                .collect();
            self.taken.lock().unwrap().push((got, bytes.to_vec()));
        }
        let any = rcpts.iter().any(Reply::is_positive);
        Ok(Delivery { mail: Reply::new(250, "x"), rcpts, data: any.then(|| Reply::new(data, "x")) })
    }
}

#[tokio::test]
async fn every_recipient_is_reached_or_somebody_inside_hears_of_it() {
    let place = place().await;
    let hop = Fickle { seed: 0x5e1_15b0, ..Fickle::default() };
    let reporter = Reporter {
        hostname: "sekisho.example.jp".into(),
        language: Language::En,
        time_zone: jiff::tz::TimeZone::UTC,
        readers: readers(),
    };
    let options = Options { concurrency: 1_000, ..Options::default() };
    let terms = Terms { options, reporter };
    let worker = Worker::new(place.store.clone(), hop.clone(), tokio::sync::watch::channel(terms).1);
    let mut awaited = BTreeSet::new();
    for n in 0..MAILS {
        let chance = mixed(n);
        let sender = SENDERS[(chance % 8) as usize];
        let recipients: Vec<String> = (0..=chance % 3).map(|i| format!("r{n}.{i}@example.com")).collect();
        awaited.extend(recipients.iter().cloned());
        let kind = ItemKind::Mail;
        let recipients: Vec<&str> = recipients.iter().map(String::as_str).collect();
        place.send(kind, sender, &recipients).await;
    }
    for _ in 0..80 {
        worker.run_once().await.unwrap();
        place.clock.advance(Duration::from_secs(4 * 3_600));
    }
    assert_eq!(place.store.outgoing_count().await.unwrap(), 0, "nothing waits for ever");
    let taken = hop.taken.lock().unwrap().clone();
    for (envelope, bytes) in &taken {
        let text = String::from_utf8_lossy(bytes);
        for rcpt in &envelope.rcpts {
            let own = text.contains("report-type=delivery-status");
            let inside = rcpt.address.ends_with("@city.example.jp") && !rcpt.address.starts_with("SRS0");
            assert!(!own || inside, "a report to {}", rcpt.address);
            if own && !text.contains("Action: delayed") {
                let failed = text.lines().filter_map(|l| l.strip_prefix("Final-Recipient: rfc822; "));
                failed.for_each(|address| _ = awaited.remove(address));
                // A report that failed is told in another; what it was about stands in its returned header.
            } else {
                awaited.remove(&rcpt.address);
            }
        }
    }
    assert!(awaited.is_empty(), "nobody heard of {} recipients: {awaited:?}", awaited.len());
}
