//! The exceptions that the store keeps, as the rules know them.

use jiff::ToSpan as _;
use jiff::tz::TimeZone;

use rules::{Exception, Stands};
use store::exceptions::KeptException;
use store::{self, Store};

/// Those that may be in force today or later. The rules themselves look at the last day, in the zone of
/// the house; here none is lost that some zone still has.
pub async fn read(store: &Store) -> store::Result<Vec<Exception>> {
    let today = TimeZone::UTC.to_datetime(store.clock().now()).date();
    let kept = store.exceptions_until(today.saturating_sub(1.day())).await?;
    Ok(kept.into_iter().filter(|e| e.ended.is_none()).map(exception).collect())
}

/// A kept exception as a rule meets it.
pub fn exception(kept: KeptException) -> Exception {
    let what = kept.what;
    Exception {
        rule: what.rule,
        sender: what.sender,
        sender_domain: what.sender_domain,
        recipient_domains: (!what.recipient_domains.is_empty()).then_some(what.recipient_domains),
        reason: what.reason,
        owner: what.owner,
        until: what.until,
        stands: Stands::Kept(kept.id),
    }
}
