//! The notices in Japanese to whoever said that a hold was a false alarm.

use super::super::words::{Context, Said, Wording};
use super::{Japanese, in_brackets, topic, who};

pub fn exception_made(c: &Context) -> Said {
    let until = c.until.as_ref().map(|at| format!("{}まで、", Japanese.day(at.date()))).unwrap_or_default();
    Said {
        status: "例外を設けました".into(),
        subject: format!("誤検知のご連絡により例外を設けました{}{}", in_brackets(c), topic(c)),
        headline: "ご連絡を受けて、例外を設けました。".into(),
        lead: vec!["知らせていただき、ありがとうございました。".into()],
        next: vec![
            format!("{until}例外に当てはまるメールは、このルールでは止まりません。"),
            "ほかのルールは、これまでどおり働きます。保留中だったメールの扱いは変わりません。".into(),
        ],
        can: vec![
            "特に何もする必要はありません。".into(),
            format!("例外の期限のあとも必要なときは、{}へご相談ください。", who(c)),
        ],
    }
}

pub fn exception_declined(c: &Context) -> Said {
    Said {
        status: "例外は設けません".into(),
        subject: format!("誤検知のご連絡への回答{}{}", in_brackets(c), topic(c)),
        headline: "ご連絡を確かめましたが、例外は設けないことになりました。".into(),
        lead: vec!["知らせていただき、ありがとうございました。".into()],
        next: vec!["同じようなメールは、これまでどおり止まります。".into()],
        can: vec![
            "止まったメールは、そのつど内容を確かめて送ることができます。".into(),
            format!("事情を補って説明したいときは、{}へお知らせください。", who(c)),
        ],
    }
}
