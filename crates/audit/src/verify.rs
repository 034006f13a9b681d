//! Proving the log: the rows are fed in their stored order, and the first one that does not follow
//! from those before it is named. It reads row by row, so a log of any length takes little memory.
//!
//! What a chain without a secret cannot show by itself is a tail that was cut off or written anew to
//! its very end; for that, a head that was noted elsewhere is compared.

use super::chain::{self, Hash, Head};
use super::entry::Entry;

/// The columns that stand beside an entry so that the log can be searched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    /// Milliseconds since the Unix epoch.
    pub at: i64,
    pub kind: String,
    pub action: String,
    pub case: Option<String>,
    pub message_id: Option<String>,
    pub sender: Option<String>,
}

impl Columns {
    /// The columns as they must be for this entry.
    pub fn of(entry: &Entry) -> Self {
        Columns {
            at: entry.at.as_millisecond(),
            kind: entry.kind.name().to_string(),
            action: entry.action.clone(),
            case: entry.case.clone(),
            message_id: entry.message_id.clone(),
            sender: entry.sender.clone(),
        }
    }
}

/// One row exactly as it is stored.
#[derive(Clone, Debug)]
pub struct Stored {
    pub seq: i64,
    pub hash: Vec<u8>,
    /// The canonical JSON.
    pub entry: String,
    /// None where only entry and hash are at hand, as in an exported log.
    pub columns: Option<Columns>,
}

/// Where the chain breaks, and how.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("entry {seq}: {why}")]
pub struct Broken {
    /// The number at which the log stops being what was written.
    pub seq: i64,
    pub why: String,
}

/// Walks along a chain.
#[derive(Debug)]
pub struct Verifier {
    last: Head,
    noted: Option<Head>,
}

impl Verifier {
    /// Starts before the first entry of `node`. A `noted` head must be met on the way.
    pub fn new(node: &str, noted: Option<Head>) -> Self {
        Verifier { last: Head { seq: 0, hash: chain::genesis(node) }, noted }
    }

    /// Takes the next row; an error is final.
    pub fn check(&mut self, row: &Stored) -> Result<(), Broken> {
        let broken = |seq, why: String| Err(Broken { seq, why });
        let expected = self.last.seq.saturating_add(1);
        if row.seq != expected {
            let why = format!("missing: entry {} follows entry {}", row.seq, self.last.seq);
            return broken(expected, why);
        }
        let hash = chain::link(&self.last.hash, row.entry.as_bytes());
        if row.hash != hash {
            return broken(row.seq, "its hash does not follow from it and the entry before".into());
        }
        if let Some(columns) = &row.columns {
            compare_columns(row, columns)?;
        }
        self.last = Head { seq: row.seq, hash };
        self.meet_noted()
    }

    /// The head that was reached, once all rows were taken.
    pub fn finish(self) -> Result<Head, Broken> {
        match self.noted {
            Some(noted) if noted.seq > self.last.seq => Err(Broken {
                seq: self.last.seq.saturating_add(1),
                why: format!(
                    "the tail is missing: entry {} was noted, the log ends at {}",
                    noted.seq, self.last.seq
                ),
            }),
            Some(noted) if noted.seq == 0 && noted.hash != genesis_of(&self.last, noted) => {
                Err(Broken { seq: 0, why: "the noted head is of another log".into() })
            }
            _ => Ok(self.last),
        }
    }

    fn meet_noted(&self) -> Result<(), Broken> {
        match self.noted {
            Some(noted) if noted.seq == self.last.seq && noted.hash != self.last.hash => Err(Broken {
                seq: noted.seq,
                why: "it is not the entry that was noted as the head: the log was written anew \
                          up to here"
                    .into(),
            }),
            _ => Ok(()),
        }
    }
}

/// A head noted before the first entry can only be compared while the log is still empty.
fn genesis_of(last: &Head, noted: Head) -> Hash {
    if last.seq == 0 { last.hash } else { noted.hash }
}

fn compare_columns(row: &Stored, columns: &Columns) -> Result<(), Broken> {
    let entry: Entry = serde_json::from_str(&row.entry)
        .map_err(|e| Broken { seq: row.seq, why: format!("it is not an entry: {e}") })?;
    let due = Columns::of(&entry);
    let differs = [
        ("at", due.at == columns.at),
        ("kind", due.kind == columns.kind),
        ("action", due.action == columns.action),
        ("case", due.case == columns.case),
        ("message_id", due.message_id == columns.message_id),
        ("sender", due.sender == columns.sender),
    ];
    match differs.iter().find(|(_, same)| !same) {
        Some((name, _)) => {
            Err(Broken { seq: row.seq, why: format!("the search column {name} differs from the entry") })
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::Kind;
    use terms::clock::Timestamp;

    fn log(count: i64) -> Vec<Stored> {
        let mut last = chain::genesis("n1");
        (1..=count)
            .map(|seq| {
                let mut entry = Entry::new(Timestamp::UNIX_EPOCH, Kind::Decision, "pass");
                entry.mail = Some(format!("m{seq}"));
                let text = chain::canonical(&entry);
                last = chain::link(&last, text.as_bytes());
                Stored { seq, hash: last.to_vec(), entry: text, columns: Some(Columns::of(&entry)) }
            })
            .collect()
    }

    fn walk(rows: &[Stored], noted: Option<Head>) -> Result<Head, Broken> {
        let mut verifier = Verifier::new("n1", noted);
        for row in rows {
            verifier.check(row)?;
        }
        verifier.finish()
    }

    #[test]
    fn a_whole_log_holds() {
        let rows = log(5);
        let head = walk(&rows, None).unwrap();
        assert_eq!(head.seq, 5);
        assert_eq!(walk(&rows, Some(head)).unwrap(), head);
        assert_eq!(walk(&[], None).unwrap().seq, 0);
    }

    #[test]
    fn removal_reorder_and_insertion_are_found() {
        let mut removed = log(5);
        removed.remove(2);
        assert_eq!(walk(&removed, None).unwrap_err().seq, 3);

        let mut renumbered = removed;
        for (i, row) in renumbered.iter_mut().enumerate() {
            row.seq = i as i64 + 1;
        }
        assert_eq!(walk(&renumbered, None).unwrap_err().seq, 3);

        let mut swapped = log(5);
        swapped.swap(1, 2);
        swapped[1].seq = 2;
        swapped[2].seq = 3;
        assert_eq!(walk(&swapped, None).unwrap_err().seq, 2);

        let mut inserted = log(5);
        let copy = inserted[1].clone();
        inserted.insert(2, copy);
        assert_eq!(walk(&inserted, None).unwrap_err().seq, 3);
    }

    #[test]
    fn a_cut_or_rewritten_tail_is_found_by_a_noted_head() {
        let rows = log(5);
        let head = walk(&rows, None).unwrap();
        assert_eq!(walk(&rows[..3], Some(head)).unwrap_err().seq, 4);
        let other = Head { seq: 5, hash: [7; 32] };
        assert_eq!(walk(&rows, Some(other)).unwrap_err().seq, 5);
        assert!(walk(&rows[..3], None).is_ok(), "without a noted head a cut tail cannot show");
        assert!(walk(&[], Some(Head { seq: 0, hash: [7; 32] })).is_err());
    }

    #[test]
    fn another_node_s_log_is_not_taken() {
        let mut verifier = Verifier::new("n2", None);
        assert_eq!(verifier.check(&log(1)[0]).unwrap_err().seq, 1);
    }
}
