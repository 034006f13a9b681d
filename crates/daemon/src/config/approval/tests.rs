//! What the sections and the files say, and what is said of them where they are wrong.

use std::path::Path;

use super::*;
use crate::config::Config;

const HEAD: &str = "[organization]\nname = \"A\"\ndomains = [\"city.example.jp\"]\n";

fn read(text: &str) -> Result<Approvers, Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    read_in(folder.path(), text)
}

fn read_in(folder: &Path, text: &str) -> Result<Approvers, Vec<String>> {
    let path = folder.join("sekisho.toml");
    std::fs::write(&path, text).unwrap();
    let config = Config::load(&path).map_err(|e| e.iter().map(ToString::to_string).collect::<Vec<_>>())?;
    let short = |e: LoadError| e.to_string().replace(&format!("{}/", folder.display()), "");
    config.approvers().map_err(|errors| errors.into_iter().map(short).collect())
}

fn faults(text: &str) -> String {
    read(&format!("{HEAD}{text}")).unwrap_err().join("\n")
}

#[test]
fn a_house_that_says_nothing_has_office_hours_and_its_admins() {
    let text = format!("{HEAD}admins = [\"Root@city.example.jp\", \"support@vendor.example\"]");
    let approvers = read(&text).unwrap();
    assert_eq!(approvers.admins, ["root@city.example.jp"], "whoever is outside decides nothing");
    assert_eq!(approvers.timing, Timing::default());
    assert!(!approvers.hours.is_open_on("2026-11-23".parse().unwrap()), "Labour Day");
    assert!(approvers.hours.is_open_on("2026-11-24".parse().unwrap()));
}

#[test]
fn the_sections_are_read() {
    let text = "
        [[approvers]]
        name = \"総務課\"
        senders = [\"soumu@city.example.jp\", \"*@soumu.city.example.jp\", \"*\"]
        approvers = [\"Kacho@City.example.jp\"]
        stand_ins = [\"hosa@city.example.jp\"]
        [approval]
        remind_after = \"30m\"
        escalate_to = [\"bucho@city.example.jp\"]
        quick = \"5s\"
        [business_hours]
        days = [\"mon\", \"sat\"]
        from = \"9:00\"
        to = \"24:00\"
        national_holidays = \"none\"
        holidays = [2026-12-29, \"2026-12-30\"]
    ";
    let approvers = read(&format!("{HEAD}{text}")).unwrap();
    assert_eq!(approvers.groups[0].approvers, ["kacho@city.example.jp"]);
    assert_eq!(approvers.escalate_to, ["bucho@city.example.jp"]);
    assert_eq!(approvers.timing.remind_after, Duration::from_secs(1_800));
    let open = |day: &str| approvers.hours.is_open_on(day.parse().unwrap());
    assert!(open("2026-11-23") && open("2026-11-28") && !open("2026-11-24") && !open("2026-12-29"));
}

#[test]
fn what_leaves_a_mail_without_anybody_is_said_with_its_entry() {
    let group = |lists: &str| faults(&format!("[[approvers]]\nname = \"総務課\"\n{lists}"));
    for (lists, said) in [
        (
            "senders = [\"*\"]\napprovers = [\"kacho\"]",
            "sekisho.toml:4:1: approvers \"総務課\": approvers: \"kacho\" is no mail address",
        ),
        ("senders = [\"*\"]\napprovers = [\"a@example.com\"]", "a@example.com is outside the organisation"),
        (
            "senders = [\"*\"]\napprovers = [\"a@city.example.jp\"]\nstand_ins = [\"b@\"]",
            "stand_ins: \"b@\" is no mail address",
        ),
        ("senders = [\"*\"]", "it has no approvers"),
        ("approvers = [\"a@city.example.jp\"]", "it has no senders"),
        ("senders = [\"soumu\"]\napprovers = [\"a@city.example.jp\"]", "\"soumu\" matches no address"),
        (
            "senders = [\"a@city.example.jp\"]\napprovers = [\"A+x@city.example.jp\"]",
            "a@city.example.jp is both the sender and the only one to decide",
        ),
        (
            "senders = [\"*\"]\napprovers = [\"a@city.example.jp\"]",
            "nobody is left to decide about the mail of a@city.example.jp",
        ),
        (
            "senders = [\"*@x.city.example.jp\"]\napprovers = [\"a@city.example.jp\"]",
            "senders that no group names",
        ),
    ] {
        let told = group(lists);
        assert!(told.contains(said), "{lists}\n{told}");
        assert!(told.contains("; "), "{told}");
    }
    let twice = "[[approvers]]\nname = \"A\"\nsenders = [\"*\"]\napprovers = [\"a@city.example.jp\", \"b@city.example.jp\"]\n";
    assert!(faults(&twice.repeat(2)).contains("stands in \"A\" and in \"A\""));
    assert!(
        faults("[approval]\nescalate_to = [\"a@example.com\"]")
            .contains("escalate_to: a@example.com is outside")
    );
    assert!(faults("[approval]\nstand_in_after = \"9h\"").contains("it escalates before"));
    assert!(faults("[approval]\nescalate_after = \"60d\"").contains("escalate_after is more"));
    assert!(faults("[business_hours]\nfrom = \"18:00\"").contains("from is not before to"));
    assert!(faults("[business_hours]\nholidays = [\"29.12.2026\"]").contains("\"29.12.2026\" is no date"));
}

#[test]
fn tables_are_read_and_their_errors_name_the_line() {
    let folder = tempfile::tempdir().unwrap();
    let (table, days) = (folder.path().join("approvers.csv"), folder.path().join("days.csv"));
    let config = format!(
        "{HEAD}[[approvers]]\nname = \"表\"\nfile = \"{}\"\n[business_hours]\nholidays_file = \"{}\"\n",
        table.display(),
        days.display()
    );
    std::fs::write(&days, b"\x8d\x91,x\n2026/12/29,y\n2026-12-30\n").unwrap();
    std::fs::write(
        &table,
        "\u{feff}送信者,承認者,代理\r\n# 人事異動 4月\r\n*@soumu.city.example.jp,kacho@city.example.jp,\"hosa@city.example.jp; b@city.example.jp\"\r\n\
         *@soumu.city.example.jp,second@city.example.jp,\r\n*,bucho@city.example.jp,hosa@city.example.jp\r\n",
    )
    .unwrap();
    let approvers = read_in(folder.path(), &config).unwrap();
    assert_eq!(approvers.groups.len(), 2);
    assert_eq!(approvers.groups[0].approvers, ["kacho@city.example.jp", "second@city.example.jp"]);
    assert_eq!(approvers.groups[0].stand_ins, ["hosa@city.example.jp", "b@city.example.jp"]);
    assert_eq!(approvers.groups[1].name, "表");
    assert!(!approvers.hours.is_open_on("2026-12-29".parse().unwrap()));

    std::fs::write(&table, "sender,approver\n*,kacho@example.com\n\nnobody,a@city.example.jp\n*@a.city.example.jp,\na@city.example.jp,a@city.example.jp,b@c,d\n").unwrap();
    std::fs::write(&days, "2026-12-29\n12/30\n").unwrap();
    let told = read_in(folder.path(), &config).unwrap_err().join("\n");
    for said in [
        "approvers.csv:2: kacho@example.com is outside",
        "approvers.csv:4: sender \"nobody\" matches no address",
        "approvers.csv:5: sender \"*@a.city.example.jp\" has no approver",
        "approvers.csv:6: it has more than three columns",
        "days.csv:2: \"12/30\" is no date",
    ] {
        assert!(told.contains(said), "{said}\n{told}");
    }
    std::fs::write(&table, "a@city.example.jp,a@city.example.jp\n").unwrap();
    std::fs::remove_file(&days).unwrap();
    let told = read_in(folder.path(), &config).unwrap_err().join("\n");
    assert!(told.contains("approvers.csv:1: a@city.example.jp is both the sender"), "{told}");
    assert!(told.contains("days.csv: cannot be read"), "{told}");
}
