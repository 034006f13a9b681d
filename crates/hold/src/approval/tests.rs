//! Who may decide, and when.

use std::collections::BTreeSet;

use jiff::civil::Weekday;
use jiff::tz::TimeZone;

use super::*;
use store::State;

const HANA: &str = "hana@city.example.jp";
const KACHO: &str = "kacho@city.example.jp";
const HOSA: &str = "hosa@city.example.jp";
const BUCHO: &str = "bucho@city.example.jp";
const ADMIN: &str = "mail-admin@city.example.jp";

fn group(name: &str, senders: &[&str], approvers: &[&str], stand_ins: &[&str]) -> Group {
    let owned = |list: &[&str]| list.iter().map(|a| a.to_string()).collect();
    Group {
        name: name.into(),
        senders: senders.iter().map(|p| Pattern::parse(p).unwrap()).collect(),
        approvers: owned(approvers),
        stand_ins: owned(stand_ins),
    }
}

/// Always at work, so that the hours of these tests are the clock's.
fn policy(groups: Vec<Group>) -> Approvers {
    let week = Weekday::Monday.cycle_forward().take(7).collect();
    let hours = Hours::new(TimeZone::UTC, week, "00:00", "24:00", BTreeSet::new(), false).unwrap();
    Approvers { groups, escalate_to: vec![BUCHO.into()], ..Approvers::of_house(vec![ADMIN.into()], hours) }
}

fn account(name: &str, role: Role, disabled: bool) -> Account {
    Account {
        name: name.into(),
        display: name.into(),
        role,
        password: None,
        must_change: false,
        created_at: at(0),
        disabled_at: disabled.then(|| at(0)),
    }
}

fn case(sender: &str, approval: Approval) -> Case {
    Case {
        id: "K7F3-22QX".into(),
        state: State::Held,
        message_id: None,
        sender: sender.into(),
        subject: None,
        recipients: vec!["a@example.com".into()],
        external: 1,
        parts: 1,
        rewrite: None,
        approval,
        rules: serde_json::json!([]),
        opened_at: at(0),
        ends_at: at(100),
        concluded_at: None,
        purged: false,
        proposal: None,
        undo_until: None,
    }
}

/// Hours after the mail was held.
fn at(hours: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + hours * 3_600).unwrap()
}

#[test]
fn the_group_that_says_the_most_is_the_senders() {
    let policy = policy(vec![
        group("all", &["*"], &[KACHO], &[]),
        group("soumu", &["*@soumu.city.example.jp"], &[KACHO], &[]),
        group("hana", &["Hana@city.example.jp"], &[KACHO], &[]),
        group("twin", &["*@soumu.city.example.jp"], &[KACHO], &[]),
    ]);
    let name = |sender: &str| policy.group(sender).map(|g| g.name.as_str());
    assert_eq!(name("taro@city.example.jp"), Some("all"));
    assert_eq!(name("taro@soumu.city.example.jp"), Some("soumu"), "of equals the first");
    assert_eq!(name("HANA+x@city.example.jp"), Some("hana"));
}

#[test]
fn approvers_at_once_then_stand_ins_then_whoever_it_escalates_to() {
    let policy = policy(vec![group("all", &["*"], &[KACHO], &[HOSA])]);
    let case = case(HANA, Approval::SecondPerson);
    let may = |who: &str, now: i64| policy.may_decide(&case, who, &[], at(now));
    assert_eq!(may(KACHO, 0), Ok(Standing::Approver));
    assert_eq!(may("Kacho@CITY.example.jp", 0), Ok(Standing::Approver));
    assert_eq!(may(HOSA, 0), Err(Denied::NotYet(at(4))));
    assert_eq!(may(HOSA, 4), Ok(Standing::StandIn));
    assert_eq!(may(BUCHO, 7), Err(Denied::NotYet(at(8))));
    assert_eq!(may(BUCHO, 8), Ok(Standing::Escalated));
    assert_eq!(may(ADMIN, 0), Ok(Standing::Admin));
    assert_eq!(may("other@city.example.jp", 99), Err(Denied::NotTheirs));
    assert_eq!(may(KACHO, 99), Ok(Standing::Approver), "still");
}

#[test]
fn nobody_decides_about_their_own_mail_in_any_spelling() {
    let policy = policy(vec![group("all", &["*"], &[HANA, KACHO], &[HOSA])]);
    let accounts = [account(HANA, Role::Admin, false)];
    let own = case(HANA, Approval::SecondPerson);
    for who in [HANA, "HANA@city.example.jp", "hana+2@city.example.jp", "花 <hana@city.example.jp>"] {
        assert_eq!(policy.may_decide(&own, who, &accounts, at(99)), Err(Denied::Own), "{who}");
    }
    let alone = case(HANA, Approval::Sender);
    assert_eq!(policy.may_decide(&alone, HANA, &accounts, at(0)), Ok(Standing::Sender));
    let line = policy.line(HANA, &accounts);
    assert_eq!(
        (line.approvers.as_slice(), line.unfit.as_slice()),
        (&[KACHO.to_string()][..], &[(HANA.to_string(), Denied::Own)][..])
    );
}

#[test]
fn who_cannot_is_left_out_and_the_next_in_line_come_at_once() {
    let policy = policy(vec![group("all", &["*"], &[KACHO], &[HOSA])]);
    let case_of = |sender: &str| case(sender, Approval::SecondPerson);
    let gone = [account(KACHO, Role::Approver, true)];
    let line = policy.line(HANA, &gone);
    assert_eq!(line.first(), (Standing::StandIn, &[HOSA.to_string()][..]));
    assert_eq!(line.unfit, [(KACHO.to_string(), Denied::Disabled)]);
    assert_eq!(policy.may_decide(&case_of(HANA), HOSA, &gone, at(0)), Ok(Standing::StandIn));
    assert_eq!(policy.may_decide(&case_of(HANA), KACHO, &gone, at(0)), Err(Denied::Disabled));
    let reads = [account(KACHO, Role::Auditor, false), account(HOSA, Role::Auditor, false)];
    assert_eq!(policy.line(HANA, &reads).first(), (Standing::Escalated, &[BUCHO.to_string()][..]));
    assert_eq!(policy.may_decide(&case_of(HANA), HOSA, &reads, at(99)), Err(Denied::Auditor));
    let own = policy.line(KACHO, &[]);
    assert_eq!(own.first(), (Standing::StandIn, &[HOSA.to_string()][..]), "the approver's own mail");
}

#[test]
fn a_sender_without_a_group_goes_to_the_admins() {
    let mut policy = policy(vec![group("soumu", &["*@soumu.city.example.jp"], &[KACHO], &[])]);
    policy.escalate_to.clear();
    let accounts =
        [account("root@city.example.jp", Role::Admin, false), account(HOSA, Role::Approver, false)];
    let line = policy.line(HANA, &accounts);
    assert_eq!(line.group, None);
    assert_eq!(line.first(), (Standing::Admin, &[ADMIN.to_string(), "root@city.example.jp".into()][..]));
    let case = case(HANA, Approval::SecondPerson);
    assert_eq!(policy.may_decide(&case, HOSA, &accounts, at(99)), Err(Denied::NotTheirs));
    assert_eq!(policy.may_decide(&case, ADMIN, &accounts, at(0)), Ok(Standing::Admin));
}

#[test]
fn without_groups_every_approver_decides_about_everybody_else() {
    let policy = policy(Vec::new());
    let accounts = [account(HOSA, Role::Approver, false), account(HANA, Role::Approver, false)];
    let case = case(HANA, Approval::SecondPerson);
    assert_eq!(policy.may_decide(&case, HOSA, &accounts, at(0)), Ok(Standing::Approver));
    assert_eq!(policy.may_decide(&case, HANA, &accounts, at(0)), Err(Denied::Own));
    assert_eq!(policy.line(HANA, &accounts).approvers, [HOSA]);
}
