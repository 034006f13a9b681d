//! What every notice keeps to, whatever stands in the mail that it tells of.

use mail_parser::MessageParser;
use proptest::prelude::*;

use super::samples::{self, KINDS};
use super::{Actions, Choice, Composed, Kind, Language, Notice, choices, compose, compose_with};

const LANGUAGES: [Language; 2] = [Language::Ja, Language::En];

/// The header fields of a notice, in their order.
const FIELDS: [&str; 12] = [
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "Content-Language",
    "From",
    "Subject",
    "Date",
    "Message-ID",
    "To",
    "In-Reply-To",
    "References",
    "MIME-Version",
    "Content-Type",
];

fn one(notice: &Notice, language: Language) -> Composed {
    let mut all = compose(notice, &samples::options(language)).expect("a notice");
    assert_eq!(all.len(), 1);
    all.remove(0)
}

/// Subject, text and HTML as a reader's mail program sees them.
fn read(bytes: &[u8]) -> (String, String, String) {
    let mail = MessageParser::default().parse(bytes).expect("a message");
    let text = mail.body_text(0).expect("a text part").into_owned();
    let html = mail.body_html(0).expect("an HTML part").into_owned();
    (mail.subject().expect("a subject").to_string(), text, html)
}

/// Everything that the wire and every reader ask of the bytes.
fn is_sound(bytes: &[u8]) {
    let text = std::str::from_utf8(bytes).expect("ASCII");
    assert!(text.is_ascii() && !text.contains('\0'));
    for line in text.split("\r\n") {
        assert!(line.len() <= 998 && !line.contains(['\r', '\n']), "{line:?}");
    }
    let mail = MessageParser::default().parse(bytes).expect("a message");
    let fields: Vec<&str> = mail.headers().iter().map(|h| h.name.as_str()).collect();
    let expected =
        FIELDS.iter().filter(|f| fields.contains(f) || !matches!(**f, "In-Reply-To" | "References"));
    assert_eq!(fields, expected.copied().collect::<Vec<_>>());
    assert!(mail.attachment_count() == 0 && mail.parts.len() == 3);
}

#[test]
fn every_kind_says_its_five_things_in_both_languages() {
    for (kind, language) in KINDS.into_iter().flat_map(|k| LANGUAGES.map(|l| (k, l))) {
        let notice = samples::notice(kind);
        let bytes = one(&notice, language).bytes;
        is_sound(&bytes);
        let (subject, text, html) = read(&bytes);
        let of_control = notice.control.is_some();
        let (mark, sections) = match language {
            Language::Ja => ("【関所】", ["過去に", "期限切れで実際に起きたこと", "いまできること"]),
            Language::En => (
                "[Sekisho] ",
                ["has really happened before", "happened when one expired", "What you can do now"],
            ),
        };
        assert!(subject.starts_with(mark), "{subject}");
        for body in [&text, &html] {
            // That the log is broken repeats no incident of the casebook.
            let repeats = !matches!(kind, Kind::LogBroken | Kind::Fault);
            let section = sections[usize::from(of_control)];
            assert_eq!(body.contains(section), repeats, "{kind:?} {language:?}: {body}");
            assert!(body.contains(sections[2]), "{kind:?} {language:?}");
            assert!(body.contains(if language == Language::Ja {
                "情報政策課（内線 2345）"
            } else {
                "the IT desk (ext. 2345)"
            }));
            if let Some(case) = &notice.case {
                assert!(body.contains(case.as_str()) && subject.contains(case.as_str()), "{kind:?}");
            }
            assert!(!body.contains("{}") && !body.contains("None"), "{body}");
        }
    }
}

#[test]
fn the_html_calls_nothing_from_outside_and_has_nothing_to_press() {
    for (kind, language) in KINDS.into_iter().flat_map(|k| LANGUAGES.map(|l| (k, l))) {
        let (_, _, html) = read(&one(&samples::notice(kind), language).bytes);
        for banned in ["http", "src=", "href", "<img", "<script", "<form", "url("] {
            assert!(!html.contains(banned), "{kind:?} {language:?}: {banned}");
        }
    }
}

fn actions(notice: &Notice) -> Actions {
    let site = "https://sekisho.city.example.jp".to_string();
    let page = format!("{site}/m/token");
    let url = |choice: Choice| format!("{page}/{choice:?}");
    let choices = choices(notice).into_iter().map(|choice| (choice, url(choice))).collect();
    Actions { choices, others: Some((3, format!("{page}/all"))), page, site }
}

#[test]
fn with_pages_every_choice_is_a_button_and_a_line_of_its_own() {
    for (kind, language) in [Kind::Held, Kind::Delayed].into_iter().flat_map(|k| LANGUAGES.map(|l| (k, l))) {
        let notice = samples::notice(kind);
        let actions = actions(&notice);
        let mut all = compose_with(&notice, &samples::options(language), Some(&actions)).expect("a notice");
        is_sound(&all[0].bytes);
        let (_, text, html) = read(&all.remove(0).bytes);
        let addresses = actions.choices.iter().map(|(_, url)| url).chain([&actions.page]);
        for url in addresses.clone() {
            assert!(text.lines().any(|line| line == url), "{url} stands alone in\n{text}");
            assert!(html.contains(&format!("href=\"{url}\"")), "{url}");
        }
        assert!(!actions.choices.is_empty());
        // Nothing but these, and nothing that is fetched without being pressed.
        assert_eq!(html.matches("href=").count(), addresses.count() + 1);
        for banned in ["src=", "<img", "<script", "<form", "url("] {
            assert!(!html.contains(banned), "{banned}");
        }
        assert!(text.contains("https://sekisho.city.example.jp だけ") || text.contains("and nowhere else"));
        assert!(!text.contains("リンクを押すこと") && !text.contains("to press a link"), "{text}");
    }
}

#[test]
fn with_pages_what_other_rules_found_is_named_in_a_line_each() {
    let found = |evidence: &[&str]| super::Cause {
        rule: "other".into(),
        evidence: evidence.iter().map(|e| e.to_string()).collect(),
        reason: super::Bilingual::default(),
        incidents: Vec::new(),
    };
    let mut notice = samples::notice(Kind::Held);
    notice.causes.truncate(1);
    let text = |notice: &Notice| {
        let options = samples::options(Language::Ja);
        read(&compose_with(notice, &options, Some(&actions(notice))).expect("a notice")[0].bytes).1
    };
    let more = "ほかにも、確かめていただきたいことがあります。";
    // Nothing is said of a rule that found what was told already.
    notice.causes.push(found(&["recipients.external = 105"]));
    assert!(!text(&notice).contains(more));
    notice.causes.push(found(&["recipients.external = 105", "message.uninspected = [list*** (broken)]"]));
    notice.causes.push(found(&["personal.persons_min = 8", "personal.birth_dates = 8"]));
    let said = text(&notice);
    let (_, rest) = said.split_once(more).expect("that there is more");
    assert!(rest.contains("list***（壊れている）") && rest.contains("少なくとも8人分"), "{rest}");
    assert!(!rest.contains("生年月日") && !rest.contains("社外の宛先: 105件"), "{rest}");
    notice.causes.extend((1..20).map(|n| found(&[&format!("personal.persons_min = {}", 100 + n)])));
    assert_eq!(text(&notice).matches("少なくとも1").count(), 1);
}

#[test]
fn a_notice_to_several_has_no_links() {
    let mut notice = samples::notice(Kind::Held);
    notice.to.push("kacho@city.example.jp".into());
    let actions = actions(&notice);
    for notice in compose_with(&notice, &samples::options(Language::Ja), Some(&actions)).expect("notices") {
        assert!(!read(&notice.bytes).1.contains("https://"));
    }
}

#[test]
fn a_hold_says_why_and_until_when_in_the_house_s_time() {
    let (subject, text, _) = read(&one(&samples::notice(Kind::Held), Language::Ja).bytes);
    assert_eq!(subject, "【関所】保留しました（K7F3-22QX）: 社外の105件あてです");
    let order = [
        "社外にはまだ送信していません",
        "社外の宛先: 105件",
        "2023年3月 東京都",
        "2026年11月27日（金）14:32まで",
        "あなた以外の方",
        "「K7F3-22QX を送信」",
    ];
    let mut rest = text.as_str();
    for part in order {
        rest = rest.split_once(part).unwrap_or_else(|| panic!("{part} is missing or too early:\n{text}")).1;
    }
}

#[test]
fn what_has_left_is_not_denied() {
    for (kind, language) in [Kind::Held, Kind::Rejected, Kind::Cancelled, Kind::Expired]
        .into_iter()
        .flat_map(|k| LANGUAGES.map(|l| (k, l)))
    {
        let mut notice = samples::notice(kind);
        let (_, whole, _) = read(&one(&notice, language).bytes);
        notice.mail.as_mut().expect("a mail").left = 40;
        let (_, part, _) = read(&one(&notice, language).bytes);
        let denials = [
            "まだ送信していません",
            "届いていません",
            "社外には送信していません",
            "まだ社外に出ていません",
            "not been sent outside",
            "Nobody outside",
            "nothing has left",
        ];
        assert!(denials.iter().any(|d| whole.contains(d)), "{whole}");
        assert!(!denials.iter().any(|d| part.contains(d)), "{part}");
        assert!(part.contains("40"), "{part}");
    }
}

#[test]
fn each_reader_gets_a_copy_of_their_own() {
    let mut notice = samples::notice(Kind::ControlExpiring);
    notice.to = [
        "mail-admin@city.example.jp",
        "support@vendor.example",
        "Support@vendor.example",
        "no address",
        "a@b\r\nRCPT TO:<x@example.com>",
        "taro..yamada.@carrier.example",
        "利用者@例.example",
    ]
    .map(String::from)
    .to_vec();
    let all = compose(&notice, &samples::options(Language::Ja)).expect("notices");
    let to: Vec<&str> = all.iter().flat_map(|c| &c.to).map(String::as_str).collect();
    assert_eq!(
        to,
        [
            "mail-admin@city.example.jp",
            "support@vendor.example",
            "taro..yamada.@carrier.example",
            "利用者@例.example"
        ]
    );
    for copy in &all {
        is_sound(&copy.bytes);
        let header =
            String::from_utf8_lossy(&copy.bytes).split("\r\n\r\n").next().unwrap_or_default().to_string();
        for other in to.iter().filter(|o| **o != copy.to[0]) {
            assert!(!header.contains(other));
        }
        let shown = if copy.to[0].is_ascii() { copy.to[0].as_str() } else { "undisclosed-recipients:;" };
        assert!(header.contains(&format!("\r\nTo: {shown}\r\n")), "{header}");
    }

    notice.to = vec!["nobody".into(), String::new()];
    assert!(compose(&notice, &samples::options(Language::Ja)).is_err());
}

#[test]
fn the_same_telling_keeps_its_message_id() {
    let id = |notice: &Notice| {
        let bytes = one(notice, Language::En).bytes;
        let mail = MessageParser::default().parse(&bytes).expect("a message");
        mail.message_id().expect("an id").to_string()
    };
    let held = samples::notice(Kind::Held);
    assert_eq!(id(&held), id(&held));
    assert_ne!(id(&held), id(&samples::notice(Kind::Expired)));
    assert!(id(&held).ends_with("@guard.city.example.jp"));
}

#[test]
fn a_telling_without_anything_still_tells() {
    for (kind, language) in KINDS.into_iter().flat_map(|k| LANGUAGES.map(|l| (k, l))) {
        let bare =
            Notice::new(kind, vec!["sato@city.example.jp".into()], samples::time("9999-12-30T00:00:00Z"));
        is_sound(&one(&bare, language).bytes);
        let json = serde_json::to_value(samples::notice(kind)).expect("JSON");
        assert_eq!(serde_json::from_value::<Notice>(json).expect("a telling"), samples::notice(kind));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn nothing_in_a_mail_breaks_out_of_its_notice(
        kind in proptest::sample::select(KINDS.to_vec()),
        text in proptest::collection::vec("(?s).{0,40}|[\r\n<>\"&:=?@ a-z\u{202e}\u{2028}]{0,30}|(?s).{300,400}", 9),
        language in proptest::sample::select(LANGUAGES.to_vec()),
    ) {
        // Every field holds a tag, so that one that is not escaped shows.
        let text: Vec<String> = text.iter().map(|t| format!("<script \"'>{t}")).collect();
        let mut t = samples::notice(kind);
        if let Some(mail) = &mut t.mail {
            mail.subject = Some(text[0].clone());
            mail.sender = text[1].clone();
            mail.recipients = vec![text[2].clone(); 9];
            mail.attachments = vec![text[3].clone()];
            mail.message_id = Some(format!("{}@example.com", text[4]));
        }
        (t.case, t.by, t.reason) = (Some(text[5].clone()), Some(text[6].clone()), Some(text[7].clone()));
        for cause in &mut t.causes {
            cause.reason = samples::both(&text[8], &text[8]);
            cause.rule = text[0].clone();
            cause.evidence.push(format!("labels.found = [\"{}\"]", text[1]));
            for incident in &mut cause.incidents {
                (incident.date, incident.happened) = (text[2].clone(), samples::both(&text[3], &text[4]));
            }
        }
        if let Some(control) = &mut t.control {
            (control.name, control.expires) = (text[5].clone(), text[6].clone());
        }
        let bytes = one(&t, language).bytes;
        is_sound(&bytes);
        let (subject, plain, html) = read(&bytes);
        let broken = subject.contains(['\r', '\n', '\u{202e}']);
        prop_assert!(!broken);
        let frame = ["<h1", "<table", "<script", "<a ", "<img", "</html>"].map(|tag| html.matches(tag).count());
        prop_assert_eq!((frame[0], frame[2], frame[3], frame[4], frame[5]), (1, 0, 0, 0, 1));
        prop_assert!(plain.lines().filter(|l| *l == "-- ").count() == 1);
    }
}
