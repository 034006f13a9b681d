//! Proposals: the repair that somebody proposes for a held mail to whoever may decide. What a repair is, is
//! not known here; it is JSON.

use super::Store;
use super::cases::{self, State};
use super::end_case::Concluded;
use super::error::{Error, Result};
use audit::entry::Entry;
use terms::clock::Timestamp;

/// A repair that was proposed.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Proposal {
    /// Who proposes it.
    pub by: String,
    pub reason: Option<String>,
    pub at: Timestamp,
    /// What would be changed on the mail.
    pub repair: serde_json::Value,
}

impl Store {
    /// Keeps a proposal with a held case, in the place of an earlier one, or takes it back where there is
    /// none. The entry's case, Message-ID and sender are filled in here.
    pub async fn propose(
        &self,
        case: &str,
        proposal: Option<Proposal>,
        mut entry: Entry,
    ) -> Result<Concluded> {
        let Some(id) = cases::case_number(case) else {
            return Ok(Concluded::Missing);
        };
        let json = proposal.as_ref().map(serde_json::to_string).transpose();
        let json = json.map_err(|e| Error::Malformed(format!("a proposal: {e}")))?;
        self.write(move |tx| {
            Box::pin(async move {
                let row = sqlx::query("SELECT * FROM cases WHERE id = ?")
                    .bind(&id)
                    .fetch_optional(&mut tx.connection)
                    .await?;
                let Some(row) = row else {
                    return Ok(Concluded::Missing);
                };
                let case = cases::case_of(&row)?;
                if case.state != State::Held {
                    return Ok(Concluded::Is(case.state));
                }
                sqlx::query("UPDATE cases SET proposal = ? WHERE id = ?")
                    .bind(json)
                    .bind(&id)
                    .execute(&mut tx.connection)
                    .await?;
                entry.case = Some(case.id);
                entry.message_id = case.message_id;
                entry.sender.get_or_insert(case.sender);
                tx.record(&entry);
                Ok(Concluded::Done)
            })
        })
        .await
    }
}
