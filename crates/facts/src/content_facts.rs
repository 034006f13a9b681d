//! Adds to the facts what only the whole content tells: persons and secrets, marks and links inside of
//! files, what is hidden, and what could not be read.

use super::labels;
use super::links::Links;
use super::reading::Reading;
use super::table::*;
use content::{Content, Kind as TextKind, Oddity, Uninspected, Why};
use personal::{Findings, Kind, Sensitive};

/// How many names of inner files are kept.
const MAX_NAMES: usize = 1_000;
/// Titles, page headers and footers longer than this are text, in which a mark says little.
const MAX_TITLE: usize = 400;

/// What stands between the names in the path of a file within another.
const WITHIN: &str = " › ";

/// Adds what was read to the facts of the same message.
pub fn deepen(facts: &mut Facts, links: Links, reading: &Reading) {
    facts.personal = personal(&reading.findings);
    facts.secrets = secrets(&reading.findings);
    marks(&mut facts.labels, reading);
    facts.links = with_targets(links, &reading.content);
    if !facts.message.is_report {
        let inside = &mut facts.recipients.nested_visible;
        *inside = (*inside).max(count(reading.shown_inside));
    }
    files(&mut facts.attachments, &reading.content);
    uninspected(facts, &reading.content);
}

fn personal(findings: &Findings) -> PersonalFacts {
    let of = |kind: Kind| count(findings.count(kind));
    let hidden = findings.tables.iter().filter(|t| t.hidden);
    PersonalFacts {
        persons_min: count(findings.persons_min),
        persons_est: count(findings.persons_est),
        persons_max: count(findings.persons_max),
        hidden_persons: count(hidden.map(|t| t.persons).sum()),
        sensitive: !findings.sensitive.is_empty(),
        sensitive_persons: count(findings.sensitive_persons),
        sensitive_kinds: findings.sensitive.iter().map(|s| matter(*s).to_string()).collect(),
        financial: findings.has_financial_harm(),
        person_name: of(Kind::PersonName),
        name_kana: of(Kind::NameKana),
        birth_date: of(Kind::BirthDate),
        address: of(Kind::Address),
        postal_code: of(Kind::PostalCode),
        phone: of(Kind::Phone),
        mail_address: of(Kind::MailAddress),
        my_number: of(Kind::MyNumber),
        resident_record_code: of(Kind::ResidentCode),
        driving_licence: of(Kind::DrivingLicence),
        insurer_number: of(Kind::InsurerNumber),
        insured_number: of(Kind::InsuredNumber),
        pension_number: of(Kind::PensionNumber),
        employment_insurance_number: of(Kind::EmploymentInsurance),
        passport_jp: of(Kind::PassportJp),
        residence_card: of(Kind::ResidenceCard),
        passport_mrz: of(Kind::Mrz),
        us_ssn: of(Kind::UsSsn),
        uk_nino: of(Kind::UkNino),
        uk_nhs: of(Kind::UkNhs),
        in_aadhaar: of(Kind::InAadhaar),
        es_dni: of(Kind::EsDni),
        es_nie: of(Kind::EsNie),
        it_codice_fiscale: of(Kind::ItCodiceFiscale),
        fr_nir: of(Kind::FrNir),
        de_idnr: of(Kind::DeIdnr),
        br_cpf: of(Kind::BrCpf),
        kr_rrn: of(Kind::KrRrn),
        cn_id: of(Kind::CnId),
        sg_nric: of(Kind::SgNric),
        au_tfn: of(Kind::AuTfn),
        au_medicare: of(Kind::AuMedicare),
        ca_sin: of(Kind::CaSin),
        card: of(Kind::Card),
        card_security_code: of(Kind::CardSecurityCode),
        iban: of(Kind::Iban),
        bank_account: of(Kind::BankAccount),
        yucho_account: of(Kind::YuchoAccount),
        patient_number: of(Kind::PatientNumber),
        pupil_number: of(Kind::PupilNumber),
        resident_number: of(Kind::ResidentNumber),
        staff_number: of(Kind::StaffNumber),
        member_number: of(Kind::MemberNumber),
    }
}

/// The word for a sensitive matter in conditions.
fn matter(sensitive: Sensitive) -> &'static str {
    match sensitive {
        Sensitive::Medical => "medical",
        Sensitive::Disability => "disability",
        Sensitive::Welfare => "welfare",
        Sensitive::Crime => "crime",
        Sensitive::Creed => "creed",
        Sensitive::Nationality => "nationality",
        Sensitive::Assessment => "assessment",
    }
}

fn secrets(findings: &Findings) -> SecretsFacts {
    let of = |kind: Kind| count(findings.count(kind));
    SecretsFacts {
        total: count(findings.secrets.values().sum()),
        private_key: of(Kind::PrivateKey),
        cloud_key: of(Kind::CloudKey),
        repository_token: of(Kind::RepositoryToken),
        service_token: of(Kind::ServiceToken),
        jwt: of(Kind::Jwt),
        connection_string: of(Kind::ConnectionString),
        password_pair: of(Kind::PasswordPair),
        password_table: of(Kind::PasswordTable),
    }
}

/// Marks in the names of inner files, in page headers and footers, and set as marks in texts.
fn marks(facts: &mut LabelsFacts, reading: &Reading) {
    let margins =
        reading.content.texts.iter().filter(|t| {
            matches!(t.kind, TextKind::PageHeader | TextKind::Property) && t.text.len() <= MAX_TITLE
        });
    let titles = margins
        .map(|t| t.text.as_str())
        .chain(reading.content.parts.iter().filter_map(|p| p.name.as_deref()))
        .chain(reading.findings.confidential_labels.iter().map(String::as_str))
        .chain(facts.found.iter().map(String::as_str));
    let mut found = labels::find(titles);
    // A label of the header is a name that the house made up; it is kept as it is.
    found.extend(facts.found.iter().filter(|label| labels::find([label.as_str()]).is_empty()).cloned());
    found.dedup();
    facts.found = found;
    facts.informants = reading.findings.informant_words.clone();
    facts.informants_named = count(reading.findings.informants_named);
}

/// The links of the texts, and the targets that stand behind other words.
fn with_targets(mut links: Links, content: &Content) -> LinksFacts {
    for link in &content.links {
        links.read(&link.url);
    }
    links.into_facts()
}

/// What is inside of the files, and what of it a reader does not see at first sight.
fn files(facts: &mut AttachmentsFacts, content: &Content) {
    for note in &content.notes {
        let n = i64::from(note.count);
        match note.what {
            Oddity::HiddenSheet => facts.hidden_sheets += n,
            Oddity::HiddenRows | Oddity::HiddenColumns => facts.hidden_cells += n,
            Oddity::HiddenSlide | Oddity::HiddenText => facts.hidden_text += n,
            Oddity::Comments => facts.comments += n,
            Oddity::TrackedChanges => facts.tracked_changes += n,
            Oddity::CachedData => facts.cached_data += n,
            Oddity::Macros => facts.macros += 1,
            Oddity::EmbeddedObject
            | Oddity::InvisibleText
            | Oddity::AppendedData
            | Oddity::UndecodableText => {}
        }
    }
    facts.mismatched = count(content.parts.iter().filter(|p| p.mismatch).count());
    let inner = content.parts.iter().filter_map(|p| p.name.as_ref());
    let inner = inner.filter(|n| !facts.names.contains(n)).take(MAX_NAMES);
    facts.inner_names = inner.cloned().collect();
}

/// Names what could not be read, each once: the first look at the attachments may have named it.
fn uninspected(facts: &mut Facts, content: &Content) {
    for unread in &content.uninspected {
        let attachments = &mut facts.attachments;
        match unread.why {
            Why::Encrypted => {
                // The files of a locked archive are one locked thing: the archive.
                let archive =
                    unread.path.rsplit_once(WITHIN).map_or(unread.path.as_str(), |(outer, _)| outer);
                let known = |n: &String| n == archive || is_of(unread, n) || archive == format!("part {n}");
                if !attachments.encrypted_names.iter().any(known) {
                    attachments.encrypted += 1;
                    attachments.encrypted_names.push(archive.to_string());
                }
                continue;
            }
            _ if facts.message.uninspected.iter().any(|n| is_named(unread, n)) => continue,
            Why::NoText => attachments.pictures += 1,
            Why::Broken | Why::OverLimit(_) | Why::Unknown(_) => attachments.unreadable += 1,
            Why::Partial => {}
        }
        facts.message.uninspected.push(format!("{} ({})", unread.path, unread.why));
    }
}

/// Whether `unread` is the attachment that the message calls `name`.
fn is_of(unread: &Uninspected, name: &str) -> bool {
    unread.path == name || unread.path == format!("part {name}")
}

/// Whether `told`, a `name (why)`, speaks of the same thing.
fn is_named(unread: &Uninspected, told: &str) -> bool {
    told.rsplit_once(" (").is_some_and(|(name, _)| is_of(unread, name))
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::table::TABLE;
    use super::super::{Audience, Controls, EnvelopeSource, History, Organization, needs_reading};
    use super::super::{complete, gather};
    use super::*;
    use content::Limits;
    use personal::KINDS;
    use smtp::envelope::{Envelope, Recipient};

    /// The facts before and after reading the content.
    fn facts(text: &str) -> (Facts, Facts) {
        let raw = text.replace('\n', "\r\n");
        let mail = message::read(raw.as_bytes(), &Default::default());
        let recipient = |address: &str| Recipient { address: address.into(), params: Vec::new() };
        let envelope = Envelope {
            from: "taro@city.example.jp".into(),
            rcpts: vec![recipient("a@example.com")],
            ..Envelope::default()
        };
        let city = Organization::new("みほん市", &["city.example.jp"]);
        let audience = Audience::of(&mail, &envelope, EnvelopeSource::Given, &city);
        let (history, controls) = (History::default(), Controls::default());
        let before = gather(&mail, &envelope, &audience, &city, &history, &controls);
        let now = "2026-11-22T00:00:00Z".parse().expect("a time");
        let reading = Reading::read_all(&mail, &envelope, &audience, &city, &Limits::default(), now);
        let mut after = before.clone();
        complete(&mut after, &mail, &reading);
        (before, after)
    }

    const FULL: &str = "From: taro@city.example.jp\nTo: a@example.com\nSubject: x\nMIME-Version: 1.0\n\
        Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html; charset=utf-8\n\n\
        <p>公益通報者は山田 春香様（電話 090-1234-5678、カード番号 4111 1111 1111 1111、通院歴：うつ病）です。\n\
        <a href=\"https://1drv.ms/x/1\">資料</a> ID: yamada パスワード: Umi2022#naha</p>\n\
        --b\nContent-Type: application/octet-stream; name=\"data.bin\"\n\
        Content-Transfer-Encoding: base64\nContent-Disposition: attachment\n\n\
        AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh/+/fz7\n--b--\n";

    #[test]
    fn the_content_tells_what_the_header_does_not() {
        let (before, after) = facts(FULL);
        assert_eq!((before.personal.card, before.secrets.total), (0, 0));
        let p = &after.personal;
        assert_eq!((p.persons_est, p.card, p.phone), (1, 1, 1), "{p:?}");
        assert!(p.sensitive && p.financial);
        assert_eq!(p.sensitive_kinds, ["medical"]);
        assert_eq!(after.secrets.password_pair, 1);
        assert!(!after.labels.informants.is_empty());
        assert_eq!(after.links.public_shares, 1);
        assert_eq!(after.attachments.unreadable, 1);
        let unread = &after.message.uninspected;
        assert!(unread.iter().any(|u| u.starts_with("data.bin (unknown type")), "{unread:?}");
    }

    #[test]
    fn nothing_changes_but_what_is_said_to_need_reading() {
        let (before, after) = facts(FULL);
        let mut changed = 0;
        for fact in TABLE {
            if fact.of(&before) != fact.of(&after) {
                assert!(needs_reading(fact), "{}", fact.path);
                changed += 1;
            }
        }
        assert!(changed >= 10, "{changed}");
    }

    #[test]
    fn every_kind_is_a_fact() {
        for info in KINDS {
            let group = if info.kind.is_secret() { "secrets" } else { "personal" };
            let name = info.name.replace('-', "_");
            let fact = super::super::table::find(group, &name);
            assert!(fact.is_some(), "{group}.{name}");
        }
    }

    #[test]
    fn a_kind_is_counted_under_its_own_name() {
        for info in KINDS {
            let mut findings = Findings::default();
            let counts = match info.kind.is_secret() {
                true => &mut findings.secrets,
                false => &mut findings.counts,
            };
            counts.insert(info.kind, 7);
            let facts =
                Facts { personal: personal(&findings), secrets: secrets(&findings), ..Facts::default() };
            let json = facts.to_json();
            let group = if info.kind.is_secret() { "secrets" } else { "personal" };
            assert_eq!(json[group][info.name.replace('-', "_")], 7, "{}", info.name);
        }
    }
}
