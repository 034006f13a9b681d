//! The next hop fails while a real Postfix sends: the mail stays in Postfix's queue, and arrives once
//! the next hop is well again, at most twice and never not.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{arrives, mails, swaks};
use crate::support::fake_hop::{Act, FakeHop, Stage};
use crate::support::mail::message;
use crate::support::postfix::{Postfix, Role};
use crate::support::program::{Extra, Installation};
use crate::support::shell;

/// A next hop that does `fault` at `stage` until it is healed; it takes a mail and says nothing of it
/// only once.
async fn ill(stage: Stage, fault: Act) -> (FakeHop, Arc<AtomicBool>) {
    let healed = Arc::new(AtomicBool::new(false));
    let is_well = healed.clone();
    let script = move |_: usize, now: &Stage| {
        let once = matches!(fault, Act::TakeAndClose);
        let well = |at| {
            if once && at { is_well.swap(true, Ordering::SeqCst) } else { is_well.load(Ordering::SeqCst) }
        };
        let at = *now == stage;
        if at && !well(at) { fault.clone() } else { Act::Good }
    };
    (FakeHop::start(script).await, healed)
}

/// The deadlines of a next hop that a test can wait for, below Postfix's own.
fn impatient() -> Extra {
    let next_hop = "connect_timeout = \"1s\"\ngreeting_timeout = \"1s\"\ncommand_timeout = \"1s\"\n\
                    data_timeout = \"1s\"\nblock_timeout = \"1s\"\ndone_timeout = \"2s\"\nprobe_timeout = \"1s\"";
    Extra { next_hop: next_hop.into(), ..Extra::default() }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs postfix, swaks"]
async fn what_it_does_not_take_stays_upstream() {
    // The fault, where, and how often the mail arrives.
    let faults = [
        ("closes at once", Stage::Connect, Act::Close, 1),
        ("hangs before its greeting", Stage::Banner, Act::Hang, 1),
        ("is too busy", Stage::Mail, Act::Say("451 4.3.2 Busy\r\n"), 1),
        ("has no disk", Stage::Data, Act::Say("452 4.3.1 Full\r\n"), 1),
        ("closes in the message", Stage::Body, Act::Close, 1),
        ("hangs after the dot", Stage::Dot, Act::Hang, 1),
        ("says nonsense after the dot", Stage::Dot, Act::Say("\u{1}nonsense\r\n"), 1),
        ("goes down at the dot", Stage::Dot, Act::SayAndClose("421 4.3.2 Going down\r\n"), 1),
        // It has the mail, and its word of it was lost: SMTP knows no remedy (RFC 1047).
        ("takes it and closes", Stage::Dot, Act::TakeAndClose, 2),
    ];
    for (what, stage, fault, copies) in faults {
        let (hop, healed) = ill(stage, fault).await;
        let house = Installation::new(&hop.url(), &impatient());
        let serving = house.serve().await;
        let office = Postfix::start(Role::relaying_to(house.address)).await;
        let text = message("patient", "b@example.org", "x", "text\r\n");
        swaks(office.address, &["b@example.org".into()], &text, &[]).await;
        shell::until(what, async || office.log().contains("status=deferred").then_some(())).await;
        if !healed.swap(true, Ordering::SeqCst) {
            assert_eq!((office.queued(), hop.messages().len()), (1, 0), "{what}: {}", office.log());
        }
        office.flush().await;
        shell::until(what, async || office.log().contains("status=sent").then_some(())).await;
        shell::until(what, async || (office.queued() == 0).then_some(())).await;
        assert_eq!(mails(&hop).len(), copies, "{what}: {}", office.log());
        assert!(!office.log().contains("status=bounced"), "{what}: {}", office.log());
        serving.stop().await;
        house.verify_audit().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs postfix, swaks"]
async fn a_stopped_postfix_behind_loses_nothing() {
    let outside = FakeHop::good().await;
    let gateway = Postfix::start(Role::relaying_to(outside.address)).await;
    let house = Installation::new(&format!("smtp://{}", gateway.address), &impatient());
    let serving = house.serve().await;
    let office = Postfix::start(Role::relaying_to(house.address)).await;
    let send = async |n: usize| {
        let text = message(&format!("stopped-{n}"), "b@example.org", "x", "text\r\n");
        swaks(office.address, &["b@example.org".into()], &text, &[]).await;
    };
    send(0).await;
    arrives("the first", &outside, |m| m.is_mail()).await;
    gateway.down().await;
    for n in 1..6 {
        send(n).await;
    }
    shell::until("they wait", async || (office.log().matches("status=deferred").count() >= 5).then_some(()))
        .await;
    assert_eq!((office.queued(), mails(&outside).len()), (5, 1));
    gateway.up().await;
    office.flush().await;
    shell::until("all arrive", async || (mails(&outside).len() >= 6).then_some(())).await;
    shell::until("the queue is empty", async || (office.queued() == 0).then_some(())).await;
    for n in 0..6 {
        let id = format!("<stopped-{n}@city.example.jp>");
        let copies = mails(&outside).iter().filter(|m| m.field("Message-ID").as_ref() == Some(&id)).count();
        assert_eq!(copies, 1, "{id}");
    }
    serving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs postfix, swaks"]
async fn refused_recipients_are_told_and_the_others_get_it() {
    let well = Arc::new(AtomicBool::new(false));
    let is_well = well.clone();
    let script = move |_: usize, stage: &Stage| match stage {
        Stage::Rcpt(to) if to.starts_with("gone") => Act::Say("550 5.1.1 No such user\r\n"),
        Stage::Rcpt(to) if to.starts_with("busy") && !is_well.load(Ordering::SeqCst) => {
            Act::Say("450 4.2.1 Mailbox busy\r\n")
        }
        _ => Act::Good,
    };
    let hop = FakeHop::start(script).await;
    let house = Installation::new(&hop.url(), &impatient());
    let serving = house.serve().await;
    let office = Postfix::start(Role::relaying_to(house.address)).await;
    let rcpts = ["ok1", "gone", "busy", "ok2"].map(|n| format!("{n}@example.org"));
    let text = message("some", "ok1@example.org", "x", "text\r\n");
    swaks(office.address, &rcpts, &text, &[]).await;

    let first = arrives("the mail to those that are there", &hop, |m| m.is_mail()).await;
    assert_eq!(first.rcpts, ["ok1@example.org", "ok2@example.org"]);
    // Postfix tells the sender of the one that is gone; that passes here as mail of nobody.
    let bounce = arrives("the bounce", &hop, |m| !m.is_mail()).await;
    assert_eq!(bounce.rcpts, ["soumu@city.example.jp"]);
    assert!(String::from_utf8_lossy(&bounce.data).contains("gone@example.org"));
    well.store(true, Ordering::SeqCst);
    office.flush().await;
    let later = arrives("the mail to the busy one", &hop, |m| m.rcpts == ["busy@example.org"]).await;
    assert_eq!(later.content(), first.content());
    shell::until("the queue is empty", async || (office.queued() == 0).then_some(())).await;
    assert_eq!(mails(&hop).len(), 2);
    serving.stop().await;
}
