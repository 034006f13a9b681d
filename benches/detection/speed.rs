//! How fast mails are read on one core: megabytes of text a second, and milliseconds for whole mails, from
//! bytes to verdict. The least of several repeats counts, in processor time of this thread, because other
//! programs can only make it longer.

use guard::Depth;
use personal::{self, Day, Findings, Own, Text};

use crate::carry;
use crate::charsets::Charset;
use crate::clean;
use crate::dice::Dice;
use crate::files::{self, Block};
use crate::ids;
use crate::mails;
use crate::people::People;
use crate::score::Gate;

const SIZE: usize = 4_000_000;
const TODAY: Day = Day { year: 2026, month: 4, day: 1 };

fn read(texts: &[Text]) -> Findings {
    let own = Own { domains: vec!["city.example.jp".into()], ..Own::default() };
    personal::find(texts, &[], &own, TODAY)
}

/// A text to read: what it is called, its language, and the text.
pub struct Sort {
    pub name: &'static str,
    pub language: &'static str,
    pub text: String,
}

/// The texts: prose with ordinary mails or a few identifiers in it, and text full of personal data.
pub fn texts(dice: &mut Dice, people: &People) -> Vec<Sort> {
    let fill = |dice: &mut Dice, more: &dyn Fn(&mut Dice) -> String| {
        let mut text = String::new();
        while text.len() < SIZE {
            text.push_str(&more(dice));
        }
        text
    };
    let japanese = fill(dice, &|dice| match dice.once_in(8) {
        true => format!("{JAPANESE}{}", clean::text(dice, people)),
        false => JAPANESE.to_string(),
    });
    let english = fill(dice, &|dice| match dice.once_in(8) {
        true => {
            let card = ids::MAKERS.iter().find(|m| m.kind == personal::Kind::Card).map(|m| (m.make)(dice));
            let (phone, mail) = (dice.fill("+1 212 555 01##"), dice.fill("j.smith##@example.com"));
            format!("{ENGLISH}Contact: {mail}, phone {phone}. Card number: {}\n\n", card.unwrap_or_default())
        }
        false => ENGLISH.to_string(),
    });
    let dense = fill(dice, &|dice| files::text(&mails::prose(dice, people).blocks, ","));
    vec![
        Sort { name: "Japanese", language: "ja", text: japanese },
        Sort { name: "English", language: "en", text: english },
        Sort { name: "Japanese, full of personal data", language: "ja", text: dense },
    ]
}

/// Prints the speed of reading text, and the time for whole mails, of those whose name has the word `only`.
pub fn print(dice: &mut Dice, people: &People, only: &str) {
    let gate = Gate::new();
    println!("\n| text | text to findings, MB/s | mails of 1 MB, bytes to verdict, MB/s |\n|---|---|---|");
    for sort in texts(dice, people).into_iter().filter(|s| s.name.contains(only)) {
        let (alone, whole) = (text_speed(&sort.text), mail_speed(&gate, &sort.text));
        println!("| {} | {alone:.0} | {whole:.0} |", sort.name);
    }
    println!("\n| whole mail, bytes to verdict | size | ms |\n|---|---|---|");
    for (name, mail) in whole_mails(dice, people).into_iter().filter(|m| m.0.contains(only)) {
        let seconds = least(30, || gate.inspect(&mail, Depth::AsRulesAsk));
        println!("| {name} | {} KB | {:.3} |", mail.len() / 1_000, seconds * 1e3);
    }
}

fn text_speed(text: &str) -> f64 {
    let texts = [Text { path: "body".into(), text: text.to_string(), ..Text::default() }];
    text.len() as f64 / 1e6 / least(7, || read(&texts))
}

/// The text as the bodies of mails of one megabyte, every rule asking for everything.
fn mail_speed(gate: &Gate, text: &str) -> f64 {
    let body = |part: &str| {
        let head = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n";
        carry::message(&[[head, &part.replace('\n', "\r\n")].concat().into_bytes()])
    };
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (part, more) = rest.split_at(rest.ceil_char_boundary(1_000_000.min(rest.len())));
        parts.push(body(part));
        rest = more;
    }
    let size: usize = parts.iter().map(Vec::len).sum();
    let seconds =
        least(7, || parts.iter().map(|m| gate.inspect(m, Depth::AsRulesAsk).1.matches.len()).sum::<usize>());
    size as f64 / 1e6 / seconds
}

/// Mails as they are sent every day, by name.
fn whole_mails(dice: &mut Dice, people: &People) -> Vec<(&'static str, Vec<u8>)> {
    let plain = |text: &str, charset: Charset| {
        let head = format!(
            "Content-Type: text/plain; charset={}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n",
            charset.name()
        );
        let text = text.replace('\n', "\r\n");
        carry::message(&[[head.as_bytes(), &charset.encode(&text)].concat()])
    };
    let cut = |text: String, to: usize| text[..text.floor_char_boundary(to.min(text.len()))].to_string();
    let japanese = cut(format!("{}{}", clean::text(dice, people), JAPANESE.repeat(12)), 10_000);
    let english = cut(ENGLISH.repeat(30), 10_000);
    let sheet = sized_sheet(dice, people, 1_000_000);
    let xlsx = carry::Carrier::Xlsx;
    let figures = sized_figures(dice, 1_000_000);
    let attached = |dice: &mut Dice, block: Block, carrier| {
        let mut parts = vec![carry::body(dice, "plain", Charset::Utf8, "資料をお送りします。\n")];
        parts.extend(carry::attachments(dice, &[block], carrier));
        carry::message(&parts)
    };
    vec![
        ("10 KB, English", plain(&english, Charset::Utf8)),
        ("10 KB, Japanese, UTF-8", plain(&japanese, Charset::Utf8)),
        ("10 KB, Japanese, ISO-2022-JP", plain(&japanese, Charset::Iso2022Jp)),
        ("xlsx of 1 MB, a list of people", attached(dice, sheet, xlsx)),
        ("xlsx of 1 MB, figures", attached(dice, figures, xlsx)),
    ]
}

/// A list of people whose workbook is of about so many bytes.
fn sized_sheet(dice: &mut Dice, people: &People, bytes: usize) -> Block {
    let block = |dice: &mut Dice, count: usize| mails::register(dice, people, count);
    let sample = files::xlsx(&[("名簿", &block(dice, 2_000))]).len();
    Block::Table("名簿".into(), block(dice, 2_000 * bytes / sample))
}

fn sized_figures(dice: &mut Dice, bytes: usize) -> Block {
    let rows = |dice: &mut Dice, count: usize| -> Vec<Vec<content::Cell>> {
        let value = |dice: &mut Dice| files::number(dice.below(10_000_000) as f64 / 100.0);
        (0..count).map(|_| (0..8).map(|_| value(dice)).collect()).collect()
    };
    let sample = files::xlsx(&[("集計", &rows(dice, 2_000))]).len();
    Block::Table("集計".into(), rows(dice, 2_000 * bytes / sample))
}

/// The least seconds of so many runs after one for nothing.
fn least<T>(runs: usize, run: impl Fn() -> T) -> f64 {
    std::hint::black_box(run());
    let time = |_| {
        let start = processor_time();
        std::hint::black_box(run());
        processor_time() - start
    };
    (0..runs).map(time).fold(f64::INFINITY, f64::min)
}

/// Prints our own speed beside that of other readers, on the same texts in the same run.
pub fn beside_peers(dice: &mut Dice, people: &People) {
    let python = std::env::var("PEERS_PYTHON").unwrap_or_else(|_| "python3".into());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/detection/peers.py");
    let folder = tempfile::tempdir().expect("a folder for the texts");
    println!(
        "\n| text | reader | MB/s | Sekisho is faster by | found in the first 60,000 characters |\n|---|---|---|---|---|"
    );
    for sort in texts(dice, people) {
        let path = folder.path().join("text.txt");
        std::fs::write(&path, &sort.text).expect("the text is written");
        // Before and after the peers, and the worse counts.
        let before = text_speed(&sort.text);
        let output = std::process::Command::new(&python).arg(script).arg(&path).arg(sort.language).output();
        let output = output.expect("PEERS_PYTHON, or python3, runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let ours = before.min(text_speed(&sort.text));
        let head: String = sort.text.chars().take(60_000).collect();
        let found = read(&[Text { path: "body".into(), text: head, ..Text::default() }]);
        println!("| {} | Sekisho | {ours:.0} | 1 | {} |", sort.name, found.counts.values().sum::<usize>());
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            let fields: Vec<&str> = line.split('\t').collect();
            let [name, bytes, seconds, found] = fields[..] else {
                continue;
            };
            let number = |s: &str| s.parse::<f64>().expect("a number");
            let speed = number(bytes) / 1e6 / number(seconds);
            let found = if name.starts_with("presidio") { found } else { "–" };
            println!("| {} | {name} | {speed:.3} | {:.0} | {found} |", sort.name, ours / speed);
        }
    }
}

/// Seconds that this thread has computed: what else runs on the machine does not count.
fn processor_time() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a valid timespec for the call to fill in.
    let done = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    assert_eq!(done, 0);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

const JAPANESE: &str = "本年度の事業計画について、関係部署と調整を進めてまいりましたが、先日の会議において概ね合意が得られました。\
つきましては、各担当課において必要な準備を進めていただきますようお願いいたします。なお、予算の執行にあたっては、\
契約手続きの適正化に十分留意し、年度内に完了するよう計画的に取り組んでください。詳細は添付の資料をご覧ください。\
また、来月からは新しいシステムの運用が始まります。操作方法については研修を予定しておりますので、\
担当者は必ず参加してください。ご不明な点がありましたら、情報政策課までご連絡ください。\n\n";

const ENGLISH: &str = "The committee reviewed the proposal last week and agreed that the schedule should be extended by \
two months. Every department is asked to send its comments before the end of the quarter, so that the final version can \
be prepared in time for the annual meeting. Travel expenses will be covered as usual; please keep the receipts and hand \
them in with the form that was sent around in May. The new building opens in 2027 and will house some 450 people.\n\n";

/// Prints where the time goes, for tuning.
pub fn stages(dice: &mut Dice, people: &People, only: &str) {
    use personal::{normalize::Normalized, scan, signature, words};
    for sort in texts(dice, people).into_iter().filter(|s| only.is_empty() || s.name == only) {
        let text = &sort.text;
        println!("{}", sort.name);
        let time = |name: &str, run: &dyn Fn() -> usize| {
            println!("  {name}: {:.0} MB/s", text.len() as f64 / 1e6 / least(5, run));
        };
        let plain = Normalized::new(text);
        let plain = plain.as_str();
        time("normalize", &|| Normalized::new(text).as_str().len());
        time("words", &|| words::find(plain).len());
        time("scan (with words)", &|| scan::scan(plain, TODAY).words.len());
        time("signature", &|| signature::ranges(plain).len());
        let texts = [Text { path: "body".into(), text: text.clone(), ..Text::default() }];
        time("all", &|| read(&texts).hits.len());
    }
}
