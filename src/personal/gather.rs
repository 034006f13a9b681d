//! Puts together what the texts and tables of one message say.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::Range;

use super::dictionary;
use super::findings::{Findings, Hit, MAX_HITS, Place, Sensitive, mask};
use super::input::{Day, Own, Table, Text, TextKind};
use super::kinds::Kind;
use super::normalize::Normalized;
use super::own::OwnSet;
use super::persons::{self, Person};
use super::scan::{self, COUNTS, Candidate, Scan};
use super::secrets;
use super::signature;
use super::tables;
use super::text_tables;
use super::words::{self, Word};
use super::zones::{self, Zone};

/// Finds the personal data and secrets of one message's texts and tables. `own` is what is not to
/// be counted; `today` bounds birth dates. Total on any input; time grows with its length.
pub fn find(texts: &[Text], tables: &[Table], own: &Own, today: Day) -> Findings {
    let mut gathered = Gathered {
        own: OwnSet::new(own),
        today,
        ..Gathered::default()
    };
    for text in texts {
        gathered.text(text);
    }
    for table in tables {
        gathered.table(table);
    }
    gathered.finish()
}

struct Gathered {
    own: OwnSet,
    today: Day,
    findings: Findings,
    /// Values seen, by kind and hash, so that each is counted once.
    seen: HashSet<(Kind, u64)>,
    people: Vec<Person>,
    sensitive: BTreeSet<Sensitive>,
    informants: BTreeSet<String>,
    labels: BTreeSet<String>,
    /// How many texts and tables there were: the sources of people.
    sources: usize,
}

impl Default for Gathered {
    fn default() -> Self {
        Gathered {
            own: OwnSet::new(&Own::default()),
            today: Day {
                year: 1970,
                month: 1,
                day: 1,
            },
            findings: Findings::default(),
            seen: HashSet::new(),
            people: Vec::new(),
            sensitive: BTreeSet::new(),
            informants: BTreeSet::new(),
            labels: BTreeSet::new(),
            sources: 0,
        }
    }
}

impl Gathered {
    fn text(&mut self, text: &Text) {
        let normalized = Normalized::new(&text.text);
        let plain = normalized.as_str();
        let scan = scan::scan(plain, self.today);
        self.words(plain, &scan);
        for secret in secrets::find(plain, &scan.words) {
            self.hit_in_text(&secret, text, &normalized);
        }
        // The people of the header are those whom the mail is from and for.
        if matches!(
            text.kind,
            TextKind::Header | TextKind::QuotedHeader | TextKind::Property
        ) {
            return;
        }
        let aside = signature::ranges(plain);
        let inside: Vec<&Candidate> = scan
            .candidates
            .iter()
            .filter(|c| !signature::covers(&aside, c.range.start))
            .collect();
        let tabled = self.text_tables(text, &normalized);
        for candidate in &inside {
            if !self.is_own(candidate) {
                self.hit_in_text(candidate, text, &normalized);
            }
        }
        let free: Vec<&Candidate> = inside
            .into_iter()
            .filter(|c| !signature::covers(&tabled, c.range.start))
            .collect();
        self.sources += 1;
        let zones = zones::zones(plain, self.sources, &free, &self.own);
        self.sensitive_beside(plain, &scan, &zones);
        self.people.extend(zones.into_iter().map(|z| z.person));
    }

    /// Reads the tables inside a text; returns the stretches whose people they have taken.
    fn text_tables(&mut self, text: &Text, normalized: &Normalized<'_>) -> Vec<Range<usize>> {
        let mut taken = Vec::new();
        for found in text_tables::find(normalized.as_str(), &text.path) {
            self.sources += 1;
            let reading = tables::read(&found.table, self.sources, self.today, &self.own);
            let told = reading.summary.columns.iter().any(|c| !c.is_empty());
            if !told || reading.hits.is_empty() {
                continue;
            }
            if !reading.people.is_empty() {
                taken.push(found.range.clone());
            }
            for hit in &reading.hits {
                let place = found
                    .places
                    .get(hit.row)
                    .and_then(|r| r.get(hit.column))
                    .cloned();
                let place = Place::Text(
                    normalized.original(place.unwrap_or(found.range.start..found.range.start)),
                );
                self.hit(hit.kind, &hit.key, hit.validated, 80, &text.path, place);
            }
            self.keep(reading);
        }
        taken
    }

    fn table(&mut self, table: &Table) {
        self.sources += 1;
        let reading = tables::read(table, self.sources, self.today, &self.own);
        for hit in &reading.hits {
            let place = Place::Cell {
                sheet: table.sheet.clone(),
                row: hit.row,
                column: hit.column,
            };
            self.hit(hit.kind, &hit.key, hit.validated, 80, &table.path, place);
        }
        for row in &table.rows {
            for cell in row {
                if let super::input::Cell::Text(value) = cell {
                    self.cell_words(value, &table.path);
                }
            }
        }
        self.keep(reading);
    }

    /// Labels, informants' words and keys in a cell. Short cells without kanji or signs have none.
    fn cell_words(&mut self, value: &str, path: &str) {
        if value.len() < 6 {
            return;
        }
        let normalized = Normalized::new(value);
        let scan = Scan {
            candidates: Vec::new(),
            words: words::find(normalized.as_str()),
        };
        if scan.words.is_empty() {
            return;
        }
        self.words(normalized.as_str(), &scan);
        for secret in secrets::find(normalized.as_str(), &scan.words) {
            let place = Place::Text(0..0);
            self.hit(
                secret.kind,
                &secret.key,
                true,
                secret.confidence,
                path,
                place,
            );
        }
    }

    fn keep(&mut self, reading: tables::Reading) {
        self.people.extend(reading.people);
        self.sensitive.extend(reading.sensitive);
        if reading.summary.columns.iter().any(|c| !c.is_empty()) {
            self.findings.tables.push(reading.summary);
        }
    }

    /// Takes the words that are findings by themselves.
    fn words(&mut self, text: &str, scan: &Scan) {
        for found in &scan.words {
            let Some(word) = text.get(found.start..found.end) else {
                continue;
            };
            match found.word {
                Word::Informant => {
                    self.informants.insert(word.to_string());
                }
                Word::Confidential if words::is_set_as_label(text, found) => {
                    self.labels.insert(word.to_string());
                }
                _ => {}
            }
        }
    }

    /// A sensitive matter counts where it stands beside a person.
    fn sensitive_beside(&mut self, text: &str, scan: &Scan, zones: &[Zone]) {
        const NEAR: usize = 200;
        for found in &scan.words {
            let Word::Sensitive(matter) = found.word else {
                continue;
            };
            // 生活保護制度 and アレルギー表示 tell of nobody.
            if of_policy(text, found.end) {
                continue;
            }
            // Zones are in order: only those around the word can be beside it.
            let next = zones.partition_point(|z| z.range.start < found.start);
            let beside = zones[next.saturating_sub(3)..(next + 2).min(zones.len())]
                .iter()
                .any(|z| {
                    let near = z.range.start.saturating_sub(NEAR)..z.range.end + NEAR;
                    let between = if z.range.end <= found.start {
                        z.range.end..found.start
                    } else {
                        found.end..z.range.start
                    };
                    z.person.counted
                        && near.contains(&found.start)
                        && !text.get(between).is_some_and(|t| t.contains("\n\n"))
                });
            if beside {
                self.sensitive.insert(matter);
            }
        }
    }

    fn is_own(&self, candidate: &Candidate) -> bool {
        match candidate.kind {
            Kind::PersonName | Kind::NameKana => self.own.has_name(&candidate.key),
            Kind::MailAddress => self.own.has_mail(&candidate.key),
            Kind::Phone => self.own.has_phone(&candidate.key),
            _ => false,
        }
    }

    fn hit_in_text(&mut self, candidate: &Candidate, text: &Text, normalized: &Normalized<'_>) {
        if candidate.confidence >= COUNTS {
            let place = Place::Text(normalized.original(candidate.range.clone()));
            self.hit(
                candidate.kind,
                &candidate.key,
                candidate.validated,
                candidate.confidence,
                &text.path,
                place,
            );
        }
    }

    /// Counts a value the first time it is seen, and keeps its evidence.
    fn hit(
        &mut self,
        kind: Kind,
        key: &str,
        validated: bool,
        confidence: u8,
        path: &str,
        place: Place,
    ) {
        if !self.seen.insert((kind, dictionary::hash(key))) {
            return;
        }
        let counts: &mut BTreeMap<Kind, usize> = if kind.is_secret() {
            &mut self.findings.secrets
        } else {
            &mut self.findings.counts
        };
        *counts.entry(kind).or_default() += 1;
        if self.findings.hits.len() >= MAX_HITS {
            self.findings.hits_capped = true;
            return;
        }
        let masked = if kind == Kind::PasswordTable {
            "****".to_string()
        } else {
            mask(key)
        };
        self.findings.hits.push(Hit {
            kind,
            path: path.to_string(),
            place,
            masked,
            validated,
            confidence,
        });
    }

    fn finish(self) -> Findings {
        let count = persons::count(&self.people);
        Findings {
            persons_min: count.min,
            persons_est: count.est,
            persons_max: count.max,
            sensitive: self.sensitive.into_iter().collect(),
            informant_words: self.informants.into_iter().collect(),
            confidential_labels: self.labels.into_iter().collect(),
            ..self.findings
        }
    }
}

/// Whether what follows makes a matter of rules, offices and trainings of a sensitive word.
fn of_policy(text: &str, at: usize) -> bool {
    const POLICY: [&str; 22] = [
        "制度",
        "法",
        "表示",
        "対策",
        "研修",
        "相談",
        "窓口",
        "支援",
        "雇用",
        "政策",
        "課",
        "係",
        "者数",
        "に関する",
        "基準",
        "対応",
        "防止",
        "講座",
        "講演",
        "業務",
        "システム",
        "統計",
    ];
    let rest = text.get(at..).unwrap_or("");
    POLICY.iter().any(|p| rest.starts_with(p))
}

#[cfg(test)]
mod tests {
    use super::super::input::Cell;
    use super::*;
    use proptest::prelude::*;

    const TODAY: Day = Day {
        year: 2026,
        month: 4,
        day: 1,
    };

    fn body(text: &str) -> Findings {
        let own = Own {
            domains: vec!["city.example.jp".into()],
            ..Own::default()
        };
        find(
            &[Text {
                path: "body".into(),
                text: text.into(),
                ..Text::default()
            }],
            &[],
            &own,
            TODAY,
        )
    }

    fn table(rows: &[&[&str]]) -> Table {
        let cell = |c: &&str| {
            if c.is_empty() {
                Cell::Empty
            } else {
                Cell::Text(c.to_string())
            }
        };
        Table {
            path: "list.xlsx".into(),
            rows: rows.iter().map(|r| r.iter().map(cell).collect()).collect(),
            ..Table::default()
        }
    }

    #[test]
    fn japanese_text_is_read_without_spaces_around() {
        let f = body(
            "山田太郎様のマイナンバーは１２３４−５６７８−９０１８、携帯は０９０ー１２３４ー５６７８です。",
        );
        assert_eq!(
            (f.count(Kind::MyNumber), f.count(Kind::Phone), f.persons_est),
            (1, 1, 1)
        );
        assert!(
            f.hits
                .iter()
                .any(|h| h.kind == Kind::MyNumber && h.masked == "1234********" && h.validated)
        );
        let f = body("カード番号4111111111111111有効期限12/27セキュリティコード123");
        assert_eq!(
            (f.count(Kind::Card), f.count(Kind::CardSecurityCode)),
            (1, 2)
        );
    }

    #[test]
    fn parcels_orders_and_companies_are_nobody() {
        let f = body(
            "お問い合わせ番号：4444-1375-8703\n注文番号 123456789018\n法人番号 8700110005901\n登録番号T8700110005901\n\
             追跡番号 444413758703\nシリアル 4111111111111111\nver. 1.2.3.4 2024-11-22 10:20:30\nフリーダイヤル0120-123-456",
        );
        assert_eq!((f.persons_max, f.counts.len()), (0, 0), "{:?}", f.hits);
    }

    #[test]
    fn a_table_counts_its_rows() {
        let t = table(&[
            &["番号", "氏名", "生年月日", "電話番号", "病名"],
            &["1", "山田 太郎", "昭和60年1月2日", "090-1234-5678", "胃炎"],
            &["2", "佐藤 花子", "1990/3/4", "090-2234-5678", "なし"],
            &["3", "山田 太郎", "昭和60年1月2日", "090-1234-5678", "胃炎"],
            &["合計", "", "", "3", ""],
        ]);
        let f = find(&[], &[t], &Own::default(), TODAY);
        assert_eq!((f.persons_min, f.persons_est, f.persons_max), (2, 2, 2));
        assert_eq!(f.sensitive, [Sensitive::Medical]);
        assert_eq!(
            f.tables[0].columns,
            ["", "name", "birth-date", "phone", "sensitive"]
        );
    }

    #[test]
    fn what_a_spreadsheet_has_eaten_is_restored() {
        let mut t = table(&[&["氏名", "携帯", "生年月日", "個人番号"]]);
        let number = |n: f64| Cell::Number(n, super::super::input::Format::General);
        t.rows.push(vec![
            Cell::Text("山田太郎".into()),
            number(9_012_345_678.0),
            number(31_049.0),
            number(23_456_789_013.0),
        ]);
        let f = find(&[], &[t], &Own::default(), TODAY);
        assert_eq!(
            (
                f.count(Kind::Phone),
                f.count(Kind::BirthDate),
                f.count(Kind::MyNumber)
            ),
            (1, 1, 1)
        );
    }

    #[test]
    fn forms_and_wide_rows_are_read() {
        let form = table(&[
            &["申込書", ""],
            &["氏名", "山田太郎"],
            &["生年月日", "1985/1/2"],
            &["電話", "090-1234-5678"],
        ]);
        assert_eq!(find(&[], &[form], &Own::default(), TODAY).persons_est, 1);
        let wide = table(&[
            &["児童氏名", "組", "保護者氏名1", "保護者氏名2", "連絡先"],
            &["山田太郎", "1", "山田一郎", "山田花子", "090-1234-5678"],
            &["鈴木さくら", "2", "鈴木次郎", "", "090-2234-5678"],
        ]);
        assert_eq!(find(&[], &[wide], &Own::default(), TODAY).persons_est, 5);
    }

    #[test]
    fn pasted_csv_counts_like_a_table() {
        let f = body(
            "名簿です。\n氏名,メール\n山田太郎,taro@example.com\n佐藤花子,hanako@example.com\n鈴木一郎,i@example.com\n",
        );
        assert_eq!(
            (
                f.persons_est,
                f.count(Kind::MailAddress),
                f.count(Kind::PersonName)
            ),
            (3, 3, 3)
        );
    }

    #[test]
    fn an_ordinary_mail_counts_nobody() {
        let f = body(
            "佐藤様\n\nお世話になっております。みほん市総務課の田中です。\n会議は11月22日(金)10時から、市役所3階の会議室で行います。\n\
             お問い合わせ：03-1234-5678\n\n-- \nみほん市役所 総務課\n田中 一郎\n〒100-0001 東京都千代田区千代田1-1\nTEL 03-1234-5678 / tanaka@city.example.jp\n",
        );
        assert_eq!(f.persons_est, 0, "{:?}", f.hits);
        assert!(f.sensitive.is_empty() && f.secrets.is_empty());
    }

    #[test]
    fn sensitive_words_count_beside_a_person_only() {
        assert_eq!(
            body("氏名：山田太郎\n電話：090-1234-5678\n病名：胃炎\n").sensitive,
            [Sensitive::Medical]
        );
        assert!(
            body("氏名：山田太郎\n電話：090-1234-5678\n用件：アレルギー表示の研修")
                .sensitive
                .is_empty()
        );
        assert!(
            body("アレルギーと生活保護について学びます。")
                .sensitive
                .is_empty()
        );
    }

    #[test]
    fn passwords_in_tables_and_labels_in_text() {
        let t = table(&[
            &["氏名", "ユーザーID", "初期パスワード"],
            &["山田太郎", "yamada", "Abc12345"],
            &["佐藤花子", "sato", "Def67890"],
        ]);
        assert_eq!(
            find(&[], &[t], &Own::default(), TODAY).count(Kind::PasswordTable),
            2
        );
        let f = body("【社外秘】\n公益通報者の氏名は伏せてください。");
        assert_eq!(
            (f.confidential_labels, f.informant_words),
            (vec!["社外秘".to_string()], vec!["公益通報者".to_string()])
        );
    }

    #[test]
    fn time_grows_with_length_only() {
        let nasty = [
            "a1",
            "1-",
            "1 ",
            "０",
            "-----BEGIN PRIVATE KEY-----\n",
            "eyJ-",
            "eyJ.",
            "id=",
            "name ",
            "ID: ",
            "パスワード:",
            "病名",
            "氏名 ",
            "山田太郎",
            "山",
            "様",
            "東京都",
            "市",
            "〒",
            "090-1234-5678 ",
            "a@b.example ",
            "a@",
            "@",
            "://a:b@",
            "社外秘",
            "----\n",
            "a\tb\n",
            "a,b\n",
            "\u{200B}",
            "が\u{3099}",
            "昭和六十",
            "2000-01-01",
            "> ",
            "from: a@b\n",
            "4111111111111111\n",
            "()",
        ];
        for piece in nasty {
            let text = piece.repeat(120_000 / piece.len());
            let start = std::time::Instant::now();
            body(&text);
            assert!(
                start.elapsed().as_secs_f64() < 4.0,
                "{piece:?} took {:?}",
                start.elapsed()
            );
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "[0-9０-９\\-ー() /.:,\t\n>|@a-zA-Z山田太郎様東京都港区町丁目番昭和年月日生〒氏名：電話マイナンバー]{0,200}|\\PC{0,100}") {
            let f = body(&text);
            prop_assert!(f.persons_min <= f.persons_est && f.persons_est <= f.persons_max);
            for hit in &f.hits {
                if let Place::Text(range) = &hit.place {
                    prop_assert!(text.get(range.clone()).is_some());
                }
            }
        }

        #[test]
        fn any_table_is_read(cells in proptest::collection::vec(proptest::collection::vec("[氏名電話番号生年月日0-9@a-z.山田太郎 -]{0,12}", 0..6), 0..12)) {
            let rows: Vec<Vec<Cell>> = cells.into_iter().map(|r| r.into_iter().map(Cell::Text).collect()).collect();
            let f = find(&[], &[Table { rows, ..Table::default() }], &Own::default(), TODAY);
            prop_assert!(f.persons_min <= f.persons_est && f.persons_est <= f.persons_max);
        }
    }
}
