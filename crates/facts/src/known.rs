//! What is known beyond the message: plain numbers that the keeping wing looks up.

/// What went before, for this sender and these recipients.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// Hours since a mail to this outside list was held, rewritten or recalled, if it was.
    pub same_recipients_hours: Option<i64>,
    /// The sender cancelled a mail to this outside list within [`RECENT_HOURS`].
    pub recently_cancelled: bool,
    /// Outside recipients of other transactions of this Message-ID and sender, without those that are
    /// in this one too.
    pub split_recipients: i64,
    /// A case of this Message-ID and sender is waiting.
    pub case_open: bool,
    /// Messages of this sender in the last hour, without this one.
    pub recent_messages: i64,
    /// Their outside recipients.
    pub recent_recipients: i64,
    /// Of these, the ones never written to before.
    pub recent_first_time: i64,
    /// Outside recipients of this message that the sender never wrote to before.
    pub first_time: i64,
    /// The sender has written before, but never from this client.
    pub new_client: bool,
    /// Domains of this message that mail never went to before, each one slip from one that is often written to.
    pub lookalikes: Vec<String>,
}

/// How long a held, rewritten, recalled or cancelled mail is recent, in hours.
pub const RECENT_HOURS: i64 = 72;

/// The watched controls, as they stand today.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Controls {
    pub entries: Vec<ControlState>,
}

/// One watched control: something this organisation's safety depends on, and when it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlState {
    pub name: String,
    /// Whole days until its last day: 0 on that day, negative once it is past.
    pub days_left: i64,
    /// Whether Sekisho's own rules take over when it has expired.
    pub enforce: bool,
    /// How many days before its end the first warning is due.
    pub first_warn_day: i64,
}
