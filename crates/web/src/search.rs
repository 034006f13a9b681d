//! Searching the log backwards, a bounded stretch at a time: what matches rarely is not looked for in
//! the whole log within one request.

use audit::filter::{Filter, Row};
use store::{Result, Store};
use terms::clock::Timestamp;

/// So many entries stand on a page.
pub const PAGE: usize = 50;
/// So many entries are looked at for a page.
const STRETCH: i64 = 20_000;

/// A page of what was found.
pub struct Found {
    pub rows: Vec<Row>,
    /// Before which number to read on, where there may be more.
    pub older: Option<i64>,
    /// How far back it was searched, where that and not a full page was the end.
    pub searched_to: Option<Timestamp>,
}

/// The newest entries that match, before the number `before` where one is given.
pub async fn newest(store: &Store, filter: Filter, before: Option<i64>) -> Result<Found> {
    let before = match (before, filter.until) {
        (Some(before), _) => before,
        (None, Some(until)) => store.last_before(until).await?.saturating_add(1),
        (None, None) => store.head().await?.seq.saturating_add(1),
    };
    // A case has an index of its own: there is nothing to search.
    let lowest = match filter.case {
        Some(_) => 1,
        None => before.saturating_sub(STRETCH).max(1),
    };
    let since = filter.since;
    let bounded = Filter {
        newest_first: true,
        after: Some(before),
        lowest: Some(lowest),
        limit: Some(PAGE + 1),
        ..filter
    };
    let mut rows = store.audit(&bounded).await?;
    if rows.len() > PAGE {
        rows.truncate(PAGE);
        let older = rows.last().map(|row| row.seq);
        return Ok(Found { rows, older, searched_to: None });
    }
    let end = Filter { after: Some(lowest - 1), limit: Some(1), ..Filter::default() };
    let end = store.audit(&end).await?.first().map(|row| row.entry.at);
    let over = lowest <= 1 || end.is_none() || end.is_some_and(|end| since.is_some_and(|since| end < since));
    match over {
        true => Ok(Found { rows, older: None, searched_to: None }),
        false => Ok(Found { rows, older: Some(lowest), searched_to: end }),
    }
}
