//! The meaning of each answer, one test each.

use super::*;

const T0: i64 = 1_700_000_000_000;

fn at(minutes: i64) -> Timestamp {
    Timestamp::from_millisecond(T0 + minutes * 60_000).unwrap()
}

fn list(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|i| format!("r{i}@example.com")).collect()
}

fn sending(id: &str, recipients: Vec<String>, notable: Option<Notable>, minutes: i64) -> Sending {
    Sending {
        sender: "hana@city.example.jp".into(),
        message_id: Some(id.into()),
        client_ip: Some([192, 0, 2, 1].into()),
        recipients,
        notable,
        at: at(minutes),
    }
}

struct Memory(History);

impl Memory {
    fn new() -> Self {
        Memory(History::new([1; 32]))
    }

    fn send(&self, sending: &Sending) {
        let trace = self.0.trace(sending);
        self.0.index().apply(&trace);
    }

    fn end(&self, sending: &Sending, event: Event, minutes: i64) {
        let mut trace = self.0.trace(sending);
        trace.event = event;
        trace.at = at(minutes).as_millisecond();
        self.0.index().apply(&trace);
    }

    fn look(&self, id: &str, recipients: &[String], minutes: i64) -> Past {
        self.look_as("hana@city.example.jp", [192, 0, 2, 1], id, recipients, minutes)
    }

    fn look_as(&self, from: &str, ip: [u8; 4], id: &str, to: &[String], minutes: i64) -> Past {
        self.0.look(&Look {
            sender: from,
            message_id: Some(id),
            client_ip: Some(ip.into()),
            recipients: to,
            written: to,
            now: at(minutes),
        })
    }
}

#[test]
fn an_empty_memory_knows_nobody() {
    let past = Memory::new().look("1", &list(0..3), 0);
    assert_eq!(past, Past { first_time: 3, ..Past::default() });
}

#[test]
fn recipients_are_known_after_the_first_mail_in_any_case() {
    let memory = Memory::new();
    memory.send(&sending("1", list(0..3), None, 0));
    assert_eq!(memory.look("2", &["R0@Example.COM".into(), "new@example.com".into()], 1).first_time, 1);
    let other = memory.look_as("jiro@city.example.jp", [192, 0, 2, 1], "3", &list(0..3), 1);
    assert_eq!(other.first_time, 3);
}

#[test]
fn a_repeated_attempt_does_not_make_its_recipients_known() {
    let memory = Memory::new();
    memory.send(&sending("1", list(0..3), None, 0));
    let past = memory.look("1", &list(0..3), 1);
    assert_eq!((past.first_time, past.recent_messages, past.recent_recipients), (3, 0, 0));
}

#[test]
fn held_recipients_are_known_only_once_released() {
    let memory = Memory::new();
    let held = sending("1", list(0..3), Some(Notable::Held), 0);
    memory.send(&held);
    assert_eq!(memory.look("2", &list(0..3), 1).first_time, 3);
    memory.end(&held, Event::Released, 2);
    assert_eq!(memory.look("2", &list(0..3), 3).first_time, 0);
}

#[test]
fn the_last_hour_is_counted_without_this_mail() {
    let memory = Memory::new();
    memory.send(&sending("0", list(0..2), None, -70));
    memory.send(&sending("1", list(0..3), None, 0));
    memory.send(&sending("2", list(2..5), None, 10));
    memory.send(&sending("2", list(5..6), None, 11));
    let past = memory.look("3", &list(0..1), 20);
    assert_eq!(past.recent_messages, 2);
    assert_eq!(past.recent_recipients, 6);
    assert_eq!(past.recent_first_time, 4);
    let own = memory.look("2", &list(6..7), 20);
    assert_eq!((own.recent_messages, own.recent_recipients), (1, 3));
    assert_eq!(own.recent_first_time, 1);
    let later = memory.look("3", &list(0..1), 65);
    assert_eq!((later.recent_messages, later.recent_recipients), (1, 4));
    let next_day = memory.look("3", &list(0..1), 24 * 60);
    assert_eq!((next_day.recent_messages, next_day.recent_recipients), (0, 0));
}

#[test]
fn other_transactions_of_the_mail_are_its_split() {
    let memory = Memory::new();
    memory.send(&sending("1", list(0..10), None, 0));
    memory.send(&sending("1", list(10..20), None, 0));
    assert_eq!(memory.look("1", &list(15..25), 1).split_recipients, 15);
    assert_eq!(memory.look("2", &list(15..25), 1).split_recipients, 0);
}

#[test]
fn transactions_at_the_same_time_see_each_other() {
    let memory = Memory::new();
    assert_eq!(memory.look("1", &list(0..10), 0).split_recipients, 0);
    assert_eq!(memory.look("1", &list(10..20), 0).split_recipients, 10);
    assert_eq!(memory.look("1", &list(20..30), 0).split_recipients, 20);
}

#[test]
fn the_same_list_is_recognised_under_another_id() {
    for notable in [Notable::Held, Notable::Rewritten, Notable::Recalled] {
        let memory = Memory::new();
        memory.send(&sending("1", list(0..10), Some(notable), 0));
        let hours = |id: &str, to: &[String], m: i64| memory.look(id, to, m).same_recipients_hours;
        assert_eq!(hours("2", &list(0..10), 130), Some(2), "{notable:?}");
        assert_eq!(hours("1", &list(0..10), 130), None, "the same mail");
        assert_eq!(hours("3", &list(2..10), 1), Some(0), "8 of 10");
        assert_eq!(hours("4", &list(2..12), 1), Some(0), "8 of 10 and two more");
        assert_eq!(hours("5", &list(3..13), 1), None, "7 of 10");
        assert_eq!(hours("6", &list(0..10), 73 * 60), None, "long ago");
    }
}

#[test]
fn ordinary_mail_makes_no_list() {
    let memory = Memory::new();
    memory.send(&sending("1", list(0..10), None, 0));
    assert_eq!(memory.look("2", &list(0..10), 1).same_recipients_hours, None);
}

#[test]
fn a_short_list_counts_for_its_sender_alone_and_one_recipient_is_none() {
    let memory = Memory::new();
    memory.send(&sending("1", list(0..2), Some(Notable::Rewritten), 0));
    memory.send(&sending("2", list(7..8), Some(Notable::Held), 0));
    assert_eq!(memory.look("3", &list(0..2), 1).same_recipients_hours, Some(0));
    assert_eq!(memory.look("4", &list(0..3), 1).same_recipients_hours, None);
    assert_eq!(memory.look("5", &list(7..8), 1).same_recipients_hours, None);
    let other = memory.look_as("jiro@city.example.jp", [192, 0, 2, 1], "6", &list(0..2), 1);
    assert_eq!(other.same_recipients_hours, None);
    memory.send(&sending("7", list(8..9), Some(Notable::Recalled), 0));
    assert_eq!(memory.look("8", &list(8..9), 1).same_recipients_hours, Some(0));
}

#[test]
fn a_long_list_counts_for_everybody() {
    let memory = Memory::new();
    memory.send(&sending("1", list(0..5), Some(Notable::Rewritten), 0));
    let other = memory.look_as("jiro@city.example.jp", [192, 0, 2, 1], "2", &list(0..5), 1);
    assert_eq!(other.same_recipients_hours, Some(0));
}

#[test]
fn parts_of_one_mail_make_one_list() {
    let memory = Memory::new();
    memory.send(&sending("1", list(0..5), Some(Notable::Rewritten), 0));
    memory.send(&sending("1", list(5..10), Some(Notable::Rewritten), 0));
    assert_eq!(memory.look("2", &list(0..10), 1).same_recipients_hours, Some(0));
    assert_eq!(memory.look("3", &list(0..5), 1).same_recipients_hours, None);
}

#[test]
fn a_released_list_is_no_longer_suspicious() {
    let memory = Memory::new();
    let held = sending("1", list(0..5), Some(Notable::Held), 0);
    memory.send(&held);
    memory.end(&held, Event::Released, 1);
    assert_eq!(memory.look("2", &list(0..5), 2).same_recipients_hours, None);
}

#[test]
fn a_cancelled_list_is_remembered_for_its_sender() {
    let memory = Memory::new();
    let held = sending("1", list(0..1), Some(Notable::Held), 0);
    memory.send(&held);
    assert!(!memory.look("2", &list(0..1), 1).recently_cancelled);
    memory.end(&held, Event::Cancelled, 2);
    let past = memory.look("2", &list(0..1), 3);
    assert!(past.recently_cancelled);
    assert_eq!(past.recent_messages, 1, "a cancellation is not a mail of its own");
    assert!(!memory.look_as("jiro@city.example.jp", [192, 0, 2, 1], "2", &list(0..1), 3).recently_cancelled);
    assert!(!memory.look("2", &list(0..1), 73 * 60).recently_cancelled);
}

#[test]
fn a_client_is_new_only_to_a_known_sender() {
    let memory = Memory::new();
    let from = |ip, id: &str| memory.look_as("hana@city.example.jp", ip, id, &list(0..1), 1).new_client;
    assert!(!from([198, 51, 100, 9], "0"), "nothing is known of the sender");
    memory.send(&sending("1", list(0..1), None, 0));
    assert!(!from([192, 0, 2, 1], "2"));
    assert!(from([198, 51, 100, 9], "2"));
    let mut second = sending("2", list(0..1), None, 2);
    second.client_ip = Some([198, 51, 100, 9].into());
    memory.send(&second);
    assert!(from([198, 51, 100, 9], "2"), "the same mail tried again");
    assert!(from([198, 51, 100, 9], "3"), "the first mail of a flood does not make the rest familiar");
    let after =
        |minutes, ip| memory.look_as("hana@city.example.jp", ip, "4", &list(0..1), minutes).new_client;
    assert!(after(61, [198, 51, 100, 9]));
    assert!(!after(63, [198, 51, 100, 9]), "an hour's pause");
    assert!(after(63, [203, 0, 113, 4]));
}

#[test]
fn the_null_sender_is_not_remembered() {
    let memory = Memory::new();
    let mut bounce = sending("1", list(0..3), Some(Notable::Held), 0);
    bounce.sender = String::new();
    memory.send(&bounce);
    assert_eq!(
        memory.look_as("", [192, 0, 2, 1], "2", &list(0..3), 1),
        Past { first_time: 3, ..Past::default() }
    );
}

#[test]
fn mail_without_a_message_id_is_each_its_own() {
    let memory = Memory::new();
    let mut nameless = sending("", list(0..5), Some(Notable::Held), 0);
    nameless.message_id = None;
    memory.send(&nameless);
    memory.send(&nameless);
    let look = Look {
        sender: "hana@city.example.jp",
        message_id: None,
        client_ip: None,
        recipients: &list(0..5),
        written: &list(0..5),
        now: at(1),
    };
    let past = memory.0.look(&look);
    assert_eq!((past.recent_messages, past.same_recipients_hours), (2, Some(0)));
    assert_eq!((past.split_recipients, past.case_open), (0, false));
}

#[test]
fn acquaintance_is_written_down_once_and_again_after_a_month() {
    let memory = Memory::new();
    let first = memory.0.trace(&sending("1", list(0..2), None, 0));
    let mut index = memory.0.index();
    index.apply(&first);
    let days = index.known.unwritten(std::slice::from_ref(&first));
    let (day, written) = days.into_iter().next().unwrap();
    assert_eq!(written.len(), 5, "sender, client, two recipients, their domain");
    index.known.load(day, written.iter().copied());
    assert!(index.known.unwritten(std::slice::from_ref(&first)).is_empty());
    let mut later = first.clone();
    later.at += 31 * 86_400_000;
    assert_eq!(index.known.unwritten(&[later]).into_values().flatten().count(), 5);
    drop(index);

    let other = Memory::new();
    other.0.index().known.load(day, written.into_iter());
    assert_eq!(other.look("2", &list(0..2), 0).first_time, 0);
    assert_eq!(other.look("2", &list(0..2), 500 * 24 * 60).first_time, 2, "forgotten after 400 days");
}

#[test]
fn a_case_is_open_until_it_is_closed() {
    let memory = Memory::new();
    let key = memory.0.case_key("Hana@city.example.jp", Some("<1>")).unwrap();
    memory.0.index().open_case(key);
    assert!(memory.look("1", &list(0..1), 0).case_open);
    assert!(!memory.look("2", &list(0..1), 0).case_open);
    memory.0.index().close_case(key);
    assert!(!memory.look("1", &list(0..1), 0).case_open);
    memory.0.index().close_case(key);
}

#[test]
fn a_domain_is_often_written_to_from_its_third_day_on() {
    const DAY: i64 = 24 * 60;
    let memory = Memory::new();
    let to = |address: &str| vec![address.to_string()];
    let familiar = || memory.0.familiar(["kensetsu.example".to_string()]);
    assert!(!memory.0.knows_domain("kensetsu.example"));
    let held = sending("0", to("a@kensetsu.example"), Some(Notable::Held), 0);
    memory.send(&held);
    assert!(!memory.0.knows_domain("kensetsu.example"), "it has not left");
    for (n, minutes) in [0, 1, 2, DAY, DAY + 1].into_iter().enumerate() {
        memory.send(&sending(&format!("a{n}"), to("a@mail.kensetsu.example"), None, minutes));
        assert!(memory.0.knows_domain("kensetsu.example"));
        assert_eq!(familiar(), None, "two days");
    }
    memory.send(&sending("b", to("B@Kensetsu.Example"), None, 7 * DAY));
    assert_eq!(familiar().as_deref(), Some("kensetsu.example"));
    assert!(!memory.0.knows_domain("example") && !memory.0.knows_domain("kensetu.example"));
    memory.send(&sending("c", to("a@kensetsu.example"), None, 300 * DAY));
    memory.look("d", &list(0..1), 500 * DAY);
    assert!(familiar().is_some(), "400 days are reckoned from the last mail");
    memory.look("e", &list(0..1), 800 * DAY);
    assert_eq!(familiar(), None);
}

#[test]
fn days_of_a_domain_are_written_down_one_by_one_whenever_they_are_folded() {
    const DAY: i64 = 24 * 60;
    for together in [true, false] {
        let memory = Memory::new();
        let traces: Vec<Trace> = [0, 1, 3 * DAY, 5 * DAY, 6 * DAY]
            .iter()
            .map(|m| memory.0.trace(&sending(&m.to_string(), vec!["a@kensetsu.example".into()], None, *m)))
            .collect();
        traces.iter().for_each(|t| memory.0.index().apply(t));
        // The first two days are folded into marks, together or one by one; the others are still to come.
        let after = Memory::new();
        let folds: Vec<&[Trace]> =
            if together { vec![&traces[..3]] } else { vec![&traces[..2], &traces[2..3]] };
        for fold in folds {
            let written = memory.0.index().known.unwritten(fold);
            for (day, marks) in written {
                after.0.index().known.load(day, marks.iter().copied());
                memory.0.index().known.load(day, marks.into_iter());
            }
        }
        let familiar = || after.0.familiar(["kensetsu.example".to_string()]).is_some();
        assert!(after.0.knows_domain("kensetsu.example") && !familiar(), "two days, {together}");
        after.0.index().apply(&traces[3]);
        assert!(familiar(), "the third");
    }
}
