//! What a page says when something was not done, or not yet: each time also that nothing has been sent.

use super::Ctx;
use super::error_page::{Fault, in_japanese};
use audit::entry::Kind;
use audit::filter::Filter;
use casebook::Bilingual;
use hold::review::Refusal;
use store::State;
use terms::clock::Timestamp;

/// A refusal in words for the page; what is no answer to its reader is a fault.
pub fn in_words(refusal: Refusal) -> Result<Bilingual, Fault> {
    match refusal {
        Refusal::NotFound(_) | Refusal::Store(_) => Err(refusal.into()),
        Refusal::Grown => Ok(grown()),
        Refusal::Unfit(why) => Ok(Bilingual {
            ja: "このメールは、この形では安全に作り直せません。別の方法を選ぶか、取りやめて新しく送ってください。"
                .into(),
            en: format!(
                "The mail cannot be changed so: {why}. Choose another way, or cancel it and send a new one."
            ),
        }),
        refusal => Ok(Bilingual { ja: in_japanese(&refusal), en: refusal.to_string() }),
    }
}

/// The question was not answered right.
pub fn answered_wrong() -> Bilingual {
    both(
        "質問の答えが違います。下の「送る内容」をもう一度ご覧ください。まだ何も送っていません。",
        "That is not the answer. Please look at what would be sent once more. Nothing has been sent.",
    )
}

/// Part of the mail came after the page was made.
pub fn grown() -> Bilingual {
    both(
        "同じメールの続きが届き、宛先が増えました。もう一度確かめてください。まだ何も送っていません。",
        "More of this mail has come in, and its recipients with it. Please check again; nothing has been sent.",
    )
}

/// Somebody proposed something else meanwhile.
pub fn proposed_anew() -> Bilingual {
    both(
        "差出人の案が変わりました。もう一度確かめてください。まだ何も送っていません。",
        "The sender has changed what they propose. Please check again; nothing has been sent.",
    )
}

/// The log must say why.
pub fn no_reason() -> Bilingual {
    both(
        "判断の理由を書いてください。差出人に伝わり、記録に残ります。",
        "Please say why. Your reason is kept in the log, and its sender is told.",
    )
}

/// The time to undo it is over.
pub fn too_late(cancelled: bool) -> Bilingual {
    match cancelled {
        true => both("元に戻せる時間は過ぎました。", "It can no longer be undone."),
        false => both(
            "メールはすでに送信されたため、元に戻せません。",
            "The mail has already left and cannot be undone.",
        ),
    }
}

fn both(ja: &str, en: &str) -> Bilingual {
    Bilingual { ja: ja.into(), en: en.into() }
}

/// Who ended a case, and when.
pub async fn who_decided(ctx: &Ctx, id: &str, state: State) -> Result<Bilingual, Fault> {
    let filter = Filter {
        case: Some(id.to_string()),
        kind: Some(Kind::Case),
        limit: Some(1),
        newest_first: true,
        ..Filter::default()
    };
    let (did_ja, did_en) = match state {
        State::Released => ("送信を許可しています", "released this mail"),
        State::Repaired => ("内容を直して送信を許可しています", "changed and released this mail"),
        State::Cancelled => ("取り消しています", "cancelled this mail"),
        State::Expired => return Ok(both("期限が切れています。", "This mail has expired.")),
        State::Left => return Ok(both("時間になり、すでに送信しました。", "This mail has left in time.")),
        State::Held | State::Delayed => {
            return Ok(both("このメールはまだ待っています。", "This mail still waits."));
        }
    };
    let last = ctx.guard.store.audit(&filter).await?.into_iter().next();
    let at = last.as_ref().map(|row| row.entry.at.to_zoned(ctx.time_zone.clone()));
    let who = last.and_then(|row| row.entry.actor).unwrap_or_else(|| "sekisho".into());
    let told = |form: &str| at.as_ref().map(|at| at.strftime(form).to_string()).unwrap_or_default();
    Ok(Bilingual {
        ja: format!("{} {who} が{did_ja}。", told("%-m月%-d日 %H:%M に")),
        en: format!("{who} {did_en}{}.", told(" on %-d %b at %H:%M")),
    })
}

/// Tells one proposal of a case from the next.
pub fn proposal_mark(at: Option<Timestamp>) -> String {
    at.map(|at| at.as_millisecond().to_string()).unwrap_or_default()
}
