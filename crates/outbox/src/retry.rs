//! What the next hop's replies mean for each recipient, and when to try again (RFC 5321 section
//! 4.5.4.1).

use std::time::Duration;

use next_hop::Delivery;
use smtp::reply::Reply;

/// How long to wait after the first, second, … attempt; the last for all later ones.
const WAITS: [u64; 6] = [60, 5 * 60, 15 * 60, 3_600, 2 * 3_600, 4 * 3_600];

/// What became of one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The next hop has it, and said so.
    Delivered(String),
    /// It may work later.
    Later(String),
    /// It never will.
    Failed(String),
}

/// How long to wait after this many attempts.
pub fn wait(attempts: u32) -> Duration {
    let last = WAITS.len() - 1;
    let at = usize::try_from(attempts.saturating_sub(1)).unwrap_or(last).min(last);
    Duration::from_secs(WAITS[at])
}

/// What became of each of `recipients` recipients. An error is a connection that failed.
pub fn outcomes(recipients: usize, delivered: &Result<Delivery, String>) -> Vec<Outcome> {
    let delivery = match delivered {
        Ok(delivery) => delivery,
        Err(why) => return vec![Outcome::Later(why.clone()); recipients],
    };
    if !delivery.mail.is_positive() {
        return vec![refused(&delivery.mail); recipients];
    }
    (0..recipients).map(|i| outcome(delivery, i)).collect()
}

fn outcome(delivery: &Delivery, recipient: usize) -> Outcome {
    match (delivery.rcpts.get(recipient), &delivery.data) {
        (Some(rcpt), _) if !rcpt.is_positive() => refused(rcpt),
        (Some(_), Some(data)) if data.is_positive() => Outcome::Delivered(text(data)),
        (Some(_), Some(data)) => refused(data),
        _ => Outcome::Later("the next hop did not answer for this recipient".into()),
    }
}

/// Only 5xx is for good; anything out of place may be better another time.
fn refused(reply: &Reply) -> Outcome {
    if reply.is_permanent() { Outcome::Failed(text(reply)) } else { Outcome::Later(text(reply)) }
}

fn text(reply: &Reply) -> String {
    format!("{} {}", reply.code, reply.lines.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(code: u16) -> Reply {
        Reply::new(code, "x")
    }

    fn delivery(mail: u16, rcpts: &[u16], data: Option<u16>) -> Result<Delivery, String> {
        Ok(Delivery {
            mail: reply(mail),
            rcpts: rcpts.iter().map(|c| reply(*c)).collect(),
            data: data.map(reply),
        })
    }

    #[test]
    fn each_recipient_has_its_own_fate() {
        use Outcome::*;
        let found = outcomes(3, &delivery(250, &[250, 450, 550], Some(250)));
        assert_eq!(found, [Delivered("250 x".into()), Later("450 x".into()), Failed("550 x".into())]);
        let found = outcomes(2, &delivery(250, &[250, 550], Some(451)));
        assert_eq!(found, [Later("451 x".into()), Failed("550 x".into())]);
        let found = outcomes(2, &delivery(250, &[250, 250], Some(554)));
        assert_eq!(found, [Failed("554 x".into()), Failed("554 x".into())]);
        assert_eq!(outcomes(2, &delivery(550, &[], None)), vec![Failed("550 x".into()); 2]);
        assert_eq!(outcomes(2, &delivery(451, &[], None)), vec![Later("451 x".into()); 2]);
        assert_eq!(outcomes(1, &Err("no connection".into())), [Later("no connection".into())]);
    }

    #[test]
    fn without_an_answer_nothing_is_delivered_and_nothing_given_up() {
        for found in [
            outcomes(2, &delivery(250, &[250], None)),
            outcomes(2, &delivery(250, &[], Some(250))),
            outcomes(2, &delivery(354, &[250, 250], Some(250))),
            outcomes(2, &delivery(250, &[354, 354], Some(250))),
            outcomes(2, &delivery(250, &[250, 250], Some(354))),
        ] {
            assert!(found.iter().all(|o| matches!(o, Outcome::Later(_))), "{found:?}");
        }
    }

    #[test]
    fn waits_grow_and_stay() {
        let waits: Vec<u64> = (0..9).map(|n| wait(n).as_secs()).collect();
        assert_eq!(waits, [60, 60, 300, 900, 3_600, 7_200, 14_400, 14_400, 14_400]);
        assert_eq!(wait(u32::MAX).as_secs(), 14_400);
    }
}
