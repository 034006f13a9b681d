//! A sending as it is kept: hashes, packed. One row of the database holds the traces of one commit.

/// More outside recipients than this are not remembered of one mail.
pub(super) const MAX_RECIPIENTS: usize = 10_000;

/// The year 10000, in milliseconds since the Unix epoch.
const LATEST: i64 = 253_402_300_800_000;

/// The format of a row; another first byte is not read, but for that of the format before.
const VERSION: u8 = 2;

/// The format before: it had no domains.
const WITHOUT_DOMAINS: u8 = 1;

/// A sending, hashed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// Milliseconds since the Unix epoch.
    pub at: i64,
    /// 0 for the null sender.
    pub sender: u64,
    /// 0 where there is no Message-ID.
    pub message: u64,
    /// 0 where the client is not known.
    pub client: u64,
    pub event: Event,
    /// Ascending, distinct.
    pub recipients: Vec<u64>,
    /// The domains of these, as far as they are known. Ascending, distinct.
    pub domains: Vec<u64>,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    Sent,
    Held,
    Rewritten,
    Recalled,
    /// A held or delayed mail was stopped.
    Cancelled,
    /// A held mail was released: it has left after all.
    Released,
    /// A held mail was repaired and has left.
    Repaired,
    /// The end of a held mail was taken back: it waits again.
    Reopened,
}

impl Event {
    fn code(self) -> u8 {
        match self {
            Event::Sent => 0,
            Event::Held => 1,
            Event::Rewritten => 2,
            Event::Recalled => 3,
            Event::Cancelled => 4,
            Event::Released => 5,
            Event::Repaired => 6,
            Event::Reopened => 7,
        }
    }

    fn of(code: u8) -> Option<Self> {
        Some(match code {
            0 => Event::Sent,
            1 => Event::Held,
            2 => Event::Rewritten,
            3 => Event::Recalled,
            4 => Event::Cancelled,
            5 => Event::Released,
            6 => Event::Repaired,
            7 => Event::Reopened,
            _ => return None,
        })
    }

    /// Whether the mail reached its recipients, so that they are known to its sender from now on.
    pub fn leaves(self) -> bool {
        !matches!(self, Event::Held | Event::Cancelled | Event::Reopened)
    }

    /// Whether this is a mail of its own, and not the end of an earlier one.
    pub fn is_mail(self) -> bool {
        !matches!(self, Event::Cancelled | Event::Released | Event::Repaired | Event::Reopened)
    }
}

/// Packs the traces of one commit.
pub fn encode(traces: &[Trace]) -> Vec<u8> {
    let hashes: usize = traces.iter().map(|t| t.recipients.len() + t.domains.len()).sum();
    let mut bytes = Vec::with_capacity(1 + traces.len() * 37 + hashes * 8);
    bytes.push(VERSION);
    for trace in traces {
        bytes.extend_from_slice(&trace.at.to_le_bytes());
        bytes.extend_from_slice(&trace.sender.to_le_bytes());
        bytes.extend_from_slice(&trace.message.to_le_bytes());
        bytes.extend_from_slice(&trace.client.to_le_bytes());
        bytes.push(trace.event.code());
        put_hashes(&mut bytes, &trace.recipients);
        put_hashes(&mut bytes, &trace.domains);
    }
    bytes
}

fn put_hashes(bytes: &mut Vec<u8>, hashes: &[u64]) {
    let kept = &hashes[..hashes.len().min(MAX_RECIPIENTS)];
    // MAX_RECIPIENTS fits 16 bits.
    bytes.extend_from_slice(&(kept.len() as u16).to_le_bytes());
    kept.iter().for_each(|hash| bytes.extend_from_slice(&hash.to_le_bytes()));
}

/// Unpacks a row; what is not understood ends it, because the history only serves to warn.
pub fn decode(bytes: &[u8]) -> Vec<Trace> {
    let mut traces = Vec::new();
    let Some((&version @ (VERSION | WITHOUT_DOMAINS), mut rest)) = bytes.split_first() else {
        return traces;
    };
    while let Some(trace) = take_trace(&mut rest, version) {
        traces.push(trace);
    }
    traces
}

fn take_trace(rest: &mut &[u8], version: u8) -> Option<Trace> {
    // A time beyond the year 9999 was not written by us, and later sums must not overflow.
    let at = Some(i64::from_le_bytes(take(rest)?)).filter(|at| (0..LATEST).contains(at))?;
    let sender = u64::from_le_bytes(take(rest)?);
    let message = u64::from_le_bytes(take(rest)?);
    let client = u64::from_le_bytes(take(rest)?);
    let [code] = take(rest)?;
    let event = Event::of(code)?;
    let recipients = take_hashes(rest)?;
    let domains = if version == WITHOUT_DOMAINS { Vec::new() } else { take_hashes(rest)? };
    Some(Trace { at, sender, message, client, event, recipients, domains })
}

fn take_hashes(rest: &mut &[u8]) -> Option<Vec<u64>> {
    let count = usize::from(u16::from_le_bytes(take(rest)?));
    let mut hashes = Vec::with_capacity(count.min(rest.len() / 8));
    for _ in 0..count {
        hashes.push(u64::from_le_bytes(take(rest)?));
    }
    Some(hashes)
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (first, after) = rest.split_first_chunk::<N>()?;
    *rest = after;
    Some(*first)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn traces() -> impl Strategy<Value = Vec<Trace>> {
        let one = (
            (0..LATEST, any::<u64>(), any::<u64>(), any::<u64>()),
            0u8..7,
            proptest::collection::vec(any::<u64>(), 0..20),
            proptest::collection::vec(any::<u64>(), 0..5),
        )
            .prop_map(|((at, sender, message, client), code, recipients, domains)| Trace {
                at,
                sender,
                message,
                client,
                event: Event::of(code).unwrap(),
                recipients,
                domains,
            });
        proptest::collection::vec(one, 0..5)
    }

    proptest! {
        #[test]
        fn what_is_packed_unpacks(traces in traces()) {
            prop_assert_eq!(decode(&encode(&traces)), traces);
        }

        #[test]
        fn any_bytes_unpack_to_something(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = decode(&bytes);
            for version in [VERSION, WITHOUT_DOMAINS] {
                let mut versioned = vec![version];
                versioned.extend(&bytes);
                let _ = decode(&versioned);
            }
        }
    }

    #[test]
    fn a_row_of_the_format_before_is_read() {
        let mut row = vec![WITHOUT_DOMAINS];
        for number in [5u64, 6, 7, 8] {
            row.extend(number.to_le_bytes());
        }
        row.extend([Event::Sent.code(), 2, 0]);
        row.extend([1u64, 2].iter().flat_map(|r| r.to_le_bytes()));
        let [trace] = &decode(&row)[..] else { panic!("one trace") };
        assert_eq!((trace.at, trace.sender, trace.message, trace.client), (5, 6, 7, 8));
        assert_eq!((&trace.recipients[..], &trace.domains[..]), (&[1, 2][..], &[][..]));
    }
}
