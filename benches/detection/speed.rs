//! How fast text is read on one core: megabytes a second of computing, end to end.

use sekisho::personal::{self, Day, Findings, Own, Text};

use crate::clean;
use crate::dice::Dice;
use crate::mails;
use crate::people::People;

const SIZE: usize = 8_000_000;
const TODAY: Day = Day { year: 2026, month: 4, day: 1 };

fn read(texts: &[Text]) -> Findings {
    let own = Own { domains: vec!["city.example.jp".into()], ..Own::default() };
    personal::find(texts, &[], &own, TODAY)
}

/// Prints the median of five runs for Japanese and English text, and for text full of personal data.
pub fn print(dice: &mut Dice, people: &People) {
    let mut japanese = String::new();
    while japanese.len() < SIZE {
        japanese.push_str(JAPANESE);
        if dice.once_in(8) {
            japanese.push_str(&clean::text(dice, people));
        }
    }
    let mut english = String::new();
    while english.len() < SIZE {
        english.push_str(ENGLISH);
    }
    let mut dense = String::new();
    while dense.len() < SIZE / 4 {
        dense.push_str(&crate::files::text(&mails::prose(dice, people).blocks, ","));
    }
    println!("\n| text | MB/s on one core |\n|---|---|");
    for (name, text) in
        [("Japanese", japanese), ("English", english), ("Japanese, full of personal data", dense)]
    {
        let size = text.len() as f64 / 1e6;
        let texts = [Text { path: "body".into(), text, ..Text::default() }];
        let mut times: Vec<f64> = (0..5)
            .map(|_| {
                let start = processor_time();
                std::hint::black_box(read(&texts));
                processor_time() - start
            })
            .collect();
        times.sort_by(f64::total_cmp);
        println!("| {name} | {:.0} |", size / times[2]);
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
pub fn stages(dice: &mut Dice, people: &People) {
    use sekisho::personal::{normalize::Normalized, scan, signature, words};
    let mut text = String::new();
    while text.len() < SIZE {
        text.push_str(JAPANESE);
        if dice.once_in(8) {
            text.push_str(&clean::text(dice, people));
        }
    }
    let time = |name: &str, run: &dyn Fn()| {
        run();
        let start = processor_time();
        run();
        println!("{name}: {:.0} MB/s", text.len() as f64 / 1e6 / (processor_time() - start));
    };
    time("normalize", &|| {
        std::hint::black_box(Normalized::new(&text).as_str().len());
    });
    time("words", &|| {
        std::hint::black_box(words::find(&text).len());
    });
    time("scan (with words)", &|| {
        std::hint::black_box(scan::scan(&text, TODAY).words.len());
    });
    time("signature", &|| {
        std::hint::black_box(signature::ranges(&text).len());
    });
    time("all", &|| {
        std::hint::black_box(read(&[Text { path: "body".into(), text: text.clone(), ..Text::default() }]));
    });
}
