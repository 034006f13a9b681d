//! The disk fails or is full: nothing is acknowledged that is not kept, nothing leaves unrecorded, and
//! all is well again without a restart once the disk is.

use rustix::process::{Pid, Signal};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::mails;
use crate::support::client::Client;
use crate::support::fake_hop::FakeHop;
use crate::support::mail::{message, stuffed};
use crate::support::program::{Extra, Installation, LENIENT};
use crate::support::shell;

/// Has the disk's promises fail, by way of strace.
struct Failing {
    strace: Child,
    report: PathBuf,
}

impl Failing {
    /// All of them, or for each thread the one with that number.
    async fn begin(pid: i32, folder: &Path, only: Option<usize>) -> Self {
        let report = folder.join("strace");
        let when = only.map_or(String::new(), |n| format!(":when={n}"));
        let strace = Command::new("strace")
            .args(["-f", "-y", "-e", "trace=fsync,fdatasync", "-o"])
            .arg(&report)
            .arg("-e")
            .arg(format!("inject=fsync,fdatasync:error=EIO{when}"))
            .args(["-p", &pid.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("strace is installed");
        shell::until("strace watches every thread", async || {
            let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).ok()?;
            let watched = |task: std::fs::DirEntry| {
                let status = std::fs::read_to_string(task.path().join("status")).unwrap_or_default();
                status.lines().any(|l| l.starts_with("TracerPid:") && !l.ends_with("\t0"))
            };
            tasks.flatten().all(watched).then_some(())
        })
        .await;
        Failing { strace, report }
    }

    /// Lets the disk be; gives the calls that were made to fail.
    fn end(mut self) -> usize {
        _ = rustix::process::kill_process(Pid::from_child(&self.strace), Signal::INT);
        self.strace.wait().expect("strace ends");
        std::fs::read_to_string(&self.report).unwrap_or_default().matches("(INJECTED)").count()
    }
}

impl Drop for Failing {
    fn drop(&mut self) {
        _ = self.strace.kill();
        _ = self.strace.wait();
    }
}

/// Sends one message; its code.
async fn offer(house: &Installation, id: &str, subject: &str, body: &str) -> u16 {
    let mut client = Client::hello(house.address).await;
    let text = message(id, "b@example.org", subject, body);
    // Within DATA a failure may end the connection: that is no 250 either.
    client.begin().await;
    client.send(stuffed(text.as_bytes())).await;
    client.try_reply().await.map_or(451, |(code, _)| code)
}

fn lenient() -> Extra {
    Extra { rules: Some(LENIENT), ..Extra::default() }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs strace"]
async fn no_promise_is_given_that_the_disk_did_not_give() {
    let hop = FakeHop::good().await;
    let house = Installation::new(&hop.url(), &lenient());
    let serving = house.serve().await;
    assert_eq!(offer(&house, "before", "go on", "x\r\n").await, 250);

    let failing = Failing::begin(serving.pid(), &house.path(""), None).await;
    for n in 0..8 {
        let subject = if n % 2 == 0 { "go on" } else { "hold this" };
        let code = offer(&house, &format!("failing-{n}"), subject, "x\r\n").await;
        assert!((400..500).contains(&code), "mail {n} got {code} while every fsync failed");
    }
    assert!(failing.end() >= 8, "strace made nothing fail");
    assert_eq!(mails(&hop).len(), 1, "a mail left unrecorded");
    assert!(house.cases("held").await.is_empty());

    // The client tries again, and the same process takes it.
    shell::until("it recovers", async || {
        (offer(&house, "after", "go on", "x\r\n").await == 250).then_some(())
    })
    .await;
    for n in 0..8 {
        let subject = if n % 2 == 0 { "go on" } else { "hold this" };
        assert_eq!(offer(&house, &format!("failing-{n}"), subject, "x\r\n").await, 250, "mail {n}");
    }
    assert_eq!((mails(&hop).len(), house.cases("held").await.len()), (6, 4));
    serving.stop().await;
    house.verify_audit().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs strace"]
async fn each_fsync_in_turn_fails_once() {
    const ROUNDS: usize = 12;
    let hop = FakeHop::good().await;
    let house = Installation::new(&hop.url(), &lenient());
    let serving = house.serve().await;
    let (mut acknowledged, mut refused, mut failed) = (Vec::new(), Vec::new(), 0);
    for round in 1..=ROUNDS {
        let failing = Failing::begin(serving.pid(), &house.path(""), Some(round)).await;
        for n in 0..ROUNDS {
            let subject = if n % 2 == 0 { "go on" } else { "hold this" };
            let id = format!("turn-{round}-{n}");
            match offer(&house, &id, subject, "x\r\n").await {
                250 => acknowledged.push((id, n % 2 == 1)),
                400..=499 => refused.push((id, n % 2 == 1)),
                code => panic!("{id} got {code}"),
            }
        }
        failed += failing.end();
    }
    assert!(failed >= ROUNDS, "only {failed} calls were made to fail");
    assert!(refused.len() >= ROUNDS / 3, "{failed} calls failed and only {} mails met one", refused.len());
    // Killed, so that nothing is mended on the way out; what was acknowledged is there, once.
    serving.kill();
    house.verify_audit().await;
    let (held, taken) = whereabouts(&house, &hop).await;
    let decided: Vec<String> =
        house.audit("decision").await.iter().map(|e| e["message_id"].to_string()).collect();
    for (id, hold) in &acknowledged {
        assert_eq!((there(&held, id), there(&taken, id)), if *hold { (1, 0) } else { (0, 1) }, "{id}");
        assert_eq!(there(&decided, id), 1, "{id} in the audit log");
    }
    // What was refused did not leave. The last may be held all the same: its commit was in the file
    // when the process was killed, and only the disk's promise was missing.
    for (id, _) in &refused {
        assert!(there(&held, id) <= 1 && there(&taken, id) == 0, "{id} was refused");
    }
    // Their sender sends them again, and they are there once.
    let serving = house.serve().await;
    for (id, hold) in &refused {
        let subject = if *hold { "hold this" } else { "go on" };
        assert_eq!(offer(&house, id, subject, "x\r\n").await, 250, "{id}");
    }
    let (held, taken) = whereabouts(&house, &hop).await;
    for (id, hold) in &refused {
        assert_eq!((there(&held, id), there(&taken, id)), if *hold { (1, 0) } else { (0, 1) }, "{id}");
    }
    serving.stop().await;
    house.verify_audit().await;
}

/// The Message-IDs of what is held, and of what the next hop took.
async fn whereabouts(house: &Installation, hop: &FakeHop) -> (Vec<String>, Vec<String>) {
    let held = house.cases("held").await.iter().map(|c| c["message_id"].to_string()).collect();
    (held, mails(hop).iter().filter_map(|m| m.field("Message-ID")).collect())
}

fn there(list: &[String], id: &str) -> usize {
    list.iter().filter(|i| i.contains(&format!("{id}@"))).count()
}

/// A file system of a few megabytes. It is taken down at the end of the test.
struct SmallDisk(PathBuf);

impl SmallDisk {
    async fn at(path: PathBuf, size: &str) -> Self {
        let size = format!("size={size},mode=700");
        let words = ["mount", "-t", "tmpfs", "-o", &size, "tmpfs"].map(Into::into);
        shell::good(words.into_iter().chain([path.clone().into_os_string()])).await;
        SmallDisk(path)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        _ = Command::new("umount").arg("-l").arg(&self.0).output();
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs root"]
async fn a_full_disk_is_said_and_survived() {
    let hop = FakeHop::good().await;
    let house = Installation::new(&hop.url(), &lenient());
    let _disk = SmallDisk::at(house.path("var"), "12m").await;
    let ballast = house.path("var/ballast");
    std::fs::write(&ballast, vec![0; 6 << 20]).expect("room for ballast");
    let serving = house.serve().await;

    // Bodies that cannot be packed, so that each takes its room.
    let mut chance = 0x2545_F491_4F6C_DD1D_u64;
    let mut noise = || -> String {
        let line = |chance: &mut u64| -> String {
            let mut letter = || {
                *chance ^= *chance << 13;
                *chance ^= *chance >> 7;
                *chance ^= *chance << 17;
                char::from(b'!' + (*chance >> 32) as u8 % 90)
            };
            std::iter::once('>').chain((0..75).map(|_| letter())).collect()
        };
        (0..2_600).map(|_| line(&mut chance) + "\r\n").collect()
    };
    let mut held = 0;
    let code = loop {
        match offer(&house, &format!("full-{held}"), "hold this", &noise()).await {
            250 => held += 1,
            code => break code,
        }
        assert!(held < 100, "the disk does not fill");
    };
    assert_eq!(code, 452, "after {held} mails");
    assert!(held >= 2, "it was full from the start");
    // It goes on refusing, and lets nothing go to make room.
    for n in 0..3 {
        let code = offer(&house, &format!("over-{n}"), "hold this", &noise()).await;
        assert!(matches!(code, 451 | 452), "{code}");
    }
    assert!(mails(&hop).is_empty(), "held mail left");

    std::fs::remove_file(&ballast).expect("the ballast");
    shell::until("it recovers", async || {
        (offer(&house, "room-again", "hold this", "x\r\n").await == 250).then_some(())
    })
    .await;
    assert_eq!(offer(&house, "passes", "go on", "x\r\n").await, 250);
    let cases = house.cases("held").await;
    assert_eq!(cases.len(), held + 1);
    for n in 0..held {
        let id = format!("full-{n}@city.example.jp");
        assert_eq!(cases.iter().filter(|c| c["message_id"] == id.as_str()).count(), 1, "{id}");
    }
    assert_eq!(mails(&hop).len(), 1);
    serving.stop().await;
    house.verify_audit().await;
}
