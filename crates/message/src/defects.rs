//! Where a message is not what the standards say, and where two readers could see different mail.
//! The list is closed: rules and reports name its entries.

/// Something about a message that a reader should not have to guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Defect {
    // lines
    /// A NUL byte (RFC 5322 section 2.3).
    Nul,
    /// A CR that no LF follows (RFC 5322 section 2.3).
    BareCr,
    /// An LF that no CR precedes (RFC 5322 section 2.3).
    BareLf,
    /// A line of more than 998 bytes (RFC 5322 section 2.1.1).
    LongLine,
    // the header
    /// More header fields than the limit; the rest is not read.
    TooManyFields,
    /// A larger header than the limit; the rest is not read.
    HeaderTooLarge,
    /// More addresses than the limit; the rest is not read.
    TooManyAddresses,
    /// A line in the header that is neither a field nor a continuation. Some readers skip it, others
    /// take it for the beginning of the body.
    HeaderWithoutColon,
    /// The first line is the `From ` line of an mbox.
    MboxLine,
    /// White space between the field's name and its colon (RFC 5322 section 4.5).
    SpaceBeforeColon,
    /// A character that no field name may have (RFC 5322 section 2.2).
    FieldName,
    /// A continuation line of nothing but white space (RFC 5322 section 4.2). Some readers take it
    /// for the end of the header.
    BlankContinuation,
    /// Bytes beyond ASCII in the header that are not UTF-8 (RFC 6532).
    RawBytes,
    /// No From field.
    MissingFrom,
    /// Several From fields (RFC 5322 section 3.6).
    DuplicateFrom,
    /// Several Sender fields.
    DuplicateSender,
    /// Several To, Cc, Bcc or Reply-To fields of one name. All are read.
    DuplicateRecipients,
    /// Several Subject fields.
    DuplicateSubject,
    /// Several Message-ID fields.
    DuplicateMessageId,
    // addresses
    /// An address field with text that cannot be read as an address, or only by guessing: unbalanced
    /// quotes, brackets or comments, a missing comma, a second address behind the first.
    UnparsableAddress,
    /// An entry without a domain (`To: root`).
    AddressWithoutDomain,
    /// Semicolons where commas belong, as Outlook shows them.
    SemicolonSeparator,
    /// A full-width `＠`, `，` or `；` in an address field. Programs see no address, people do.
    FullWidthAddress,
    /// An address in a display name or a comment that is not the entry's own. People see it.
    AddressInDisplayName,
    /// An address in an encoded word where an address belongs; never one by RFC 2047 section 5, but
    /// some readers decode it.
    AddressInEncodedWord,
    /// A group without its closing semicolon (RFC 5322 section 3.4).
    UnterminatedGroup,
    // MIME
    /// Several Content-Type fields in one part.
    DuplicateContentType,
    /// Several Content-Transfer-Encoding fields in one part.
    DuplicateEncoding,
    /// Several Content-Disposition fields in one part.
    DuplicateDisposition,
    /// A parameter of a MIME field given twice, such as two boundaries.
    DuplicateParameter,
    /// A multipart inside another of the same boundary.
    DuplicateBoundary,
    /// A multipart without a boundary, or whose boundary never comes.
    MissingBoundary,
    /// A multipart whose closing boundary never comes.
    UnterminatedMultipart,
    /// A boundary again after its closing line. Some readers read on, others stop.
    BoundaryAfterClose,
    /// A boundary line with more text behind it. Some readers divide there.
    BoundaryWithJunk,
    /// A Content-Type that cannot be read.
    ContentType,
    /// A Content-Transfer-Encoding that is not known.
    UnknownEncoding,
    /// A multipart in base64, which it must not be (RFC 2045 section 6.4).
    EncodedMultipart,
    /// An attached message in base64 or quoted-printable (RFC 2046 section 5.2.1). It is read.
    EncodedMessage,
    /// Bytes in base64 text that do not belong there, or text behind its end.
    JunkInBase64,
    /// Bad escapes in quoted-printable text.
    JunkInQuotedPrintable,
    /// Two names for one attachment, of different kinds (`a.txt` and `a.exe`).
    ConflictingName,
    /// A uuencoded file within text. Outlook shows an attachment, others text.
    Uuencoded,
    /// A piece of a message (RFC 2046 section 5.2.2).
    MessagePartial,
    /// A part that stands elsewhere (RFC 2046 section 5.2.3).
    ExternalBody,
    /// Parts nested deeper than the limit.
    TooDeep,
    /// More parts than the limit.
    TooManyParts,
}

impl Defect {
    /// Every defect, in the order of the documentation.
    pub const ALL: &[Defect] = {
        use Defect::*;
        &[
            Nul,
            BareCr,
            BareLf,
            LongLine,
            TooManyFields,
            HeaderTooLarge,
            TooManyAddresses,
            HeaderWithoutColon,
            MboxLine,
            SpaceBeforeColon,
            FieldName,
            BlankContinuation,
            RawBytes,
            MissingFrom,
            DuplicateFrom,
            DuplicateSender,
            DuplicateRecipients,
            DuplicateSubject,
            DuplicateMessageId,
            UnparsableAddress,
            AddressWithoutDomain,
            SemicolonSeparator,
            FullWidthAddress,
            AddressInDisplayName,
            AddressInEncodedWord,
            UnterminatedGroup,
            DuplicateContentType,
            DuplicateEncoding,
            DuplicateDisposition,
            DuplicateParameter,
            DuplicateBoundary,
            MissingBoundary,
            UnterminatedMultipart,
            BoundaryAfterClose,
            BoundaryWithJunk,
            ContentType,
            UnknownEncoding,
            EncodedMultipart,
            EncodedMessage,
            JunkInBase64,
            JunkInQuotedPrintable,
            ConflictingName,
            Uuencoded,
            MessagePartial,
            ExternalBody,
            TooDeep,
            TooManyParts,
        ]
    };

    /// Its name in facts, rules and the audit log.
    pub fn as_str(self) -> &'static str {
        use Defect::*;
        match self {
            Nul => "nul",
            BareCr => "bare-cr",
            BareLf => "bare-lf",
            LongLine => "long-line",
            TooManyFields => "too-many-fields",
            HeaderTooLarge => "header-too-large",
            TooManyAddresses => "too-many-addresses",
            HeaderWithoutColon => "header-without-colon",
            MboxLine => "mbox-line",
            SpaceBeforeColon => "space-before-colon",
            FieldName => "field-name",
            BlankContinuation => "blank-continuation",
            RawBytes => "raw-bytes",
            MissingFrom => "missing-from",
            DuplicateFrom => "duplicate-from",
            DuplicateSender => "duplicate-sender",
            DuplicateRecipients => "duplicate-recipients",
            DuplicateSubject => "duplicate-subject",
            DuplicateMessageId => "duplicate-message-id",
            UnparsableAddress => "unparsable-address",
            AddressWithoutDomain => "address-without-domain",
            SemicolonSeparator => "semicolon-separator",
            FullWidthAddress => "full-width-address",
            AddressInDisplayName => "address-in-display-name",
            AddressInEncodedWord => "address-in-encoded-word",
            UnterminatedGroup => "unterminated-group",
            DuplicateContentType => "duplicate-content-type",
            DuplicateEncoding => "duplicate-encoding",
            DuplicateDisposition => "duplicate-disposition",
            DuplicateParameter => "duplicate-parameter",
            DuplicateBoundary => "duplicate-boundary",
            MissingBoundary => "missing-boundary",
            UnterminatedMultipart => "unterminated-multipart",
            BoundaryAfterClose => "boundary-after-close",
            BoundaryWithJunk => "boundary-with-junk",
            ContentType => "content-type",
            UnknownEncoding => "unknown-encoding",
            EncodedMultipart => "encoded-multipart",
            EncodedMessage => "encoded-message",
            JunkInBase64 => "junk-in-base64",
            JunkInQuotedPrintable => "junk-in-quoted-printable",
            ConflictingName => "conflicting-name",
            Uuencoded => "uuencoded",
            MessagePartial => "message-partial",
            ExternalBody => "external-body",
            TooDeep => "too-deep",
            TooManyParts => "too-many-parts",
        }
    }

    /// Whether two readers could see different mail, or part of it was not read: such a message is
    /// held by default. The others are noted.
    pub fn severe(self) -> bool {
        use Defect::*;
        match self {
            Nul | BareCr | BareLf | TooManyFields | HeaderTooLarge | TooManyAddresses
            | HeaderWithoutColon | FieldName | DuplicateFrom | UnparsableAddress | AddressInEncodedWord
            | DuplicateContentType | DuplicateEncoding | DuplicateParameter | DuplicateBoundary
            | MissingBoundary | BoundaryAfterClose | BoundaryWithJunk | UnknownEncoding
            | EncodedMultipart | JunkInBase64 | ConflictingName | Uuencoded | MessagePartial
            | ExternalBody | TooDeep | TooManyParts => true,
            LongLine
            | MboxLine
            | SpaceBeforeColon
            | BlankContinuation
            | RawBytes
            | MissingFrom
            | DuplicateSender
            | DuplicateRecipients
            | DuplicateSubject
            | DuplicateMessageId
            | AddressWithoutDomain
            | SemicolonSeparator
            | FullWidthAddress
            | AddressInDisplayName
            | UnterminatedGroup
            | DuplicateDisposition
            | UnterminatedMultipart
            | ContentType
            | EncodedMessage
            | JunkInQuotedPrintable => false,
        }
    }
}

/// The defects of a message, each once, in the order in which they were found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Defects {
    found: Vec<Defect>,
    mask: u64,
}

impl Defects {
    /// Notes a defect; a second time changes nothing.
    pub fn note(&mut self, defect: Defect) {
        let bit = 1u64 << (defect as u8 as u32 % 64);
        if self.mask & bit == 0 {
            self.mask |= bit;
            self.found.push(defect);
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = &Defect> {
        self.found.iter()
    }

    pub fn into_vec(self) -> Vec<Defect> {
        self.found
    }
}

/// A part of a message that could not be read, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uninspected {
    /// The attachment's name, or the part's number in the MIME tree (`1.2`), or `header`.
    pub part: String,
    pub why: WhyNot,
}

/// Why a part could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhyNot {
    TooDeep,
    TooManyParts,
    HeaderTooLarge,
    TooManyAddresses,
    UnknownEncoding,
    /// A piece of a message whose rest is elsewhere.
    Partial,
    /// The content stands elsewhere.
    ExternalBody,
    /// Outlook's own container (`winmail.dat`), whose attachments are not read.
    Tnef,
    /// Encoded in a way that cannot be undone.
    BadEncoding,
}

impl WhyNot {
    /// Its name in facts.
    pub fn as_str(self) -> &'static str {
        match self {
            WhyNot::TooDeep => "too-deep",
            WhyNot::TooManyParts => "too-many-parts",
            WhyNot::HeaderTooLarge => "header-too-large",
            WhyNot::TooManyAddresses => "too-many-addresses",
            WhyNot::UnknownEncoding => "unknown-encoding",
            WhyNot::Partial => "partial",
            WhyNot::ExternalBody => "external-body",
            WhyNot::Tnef => "tnef",
            WhyNot::BadEncoding => "bad-encoding",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_defect_has_its_own_name_and_bit() {
        let mut defects = Defects::default();
        for d in Defect::ALL {
            defects.note(*d);
            defects.note(*d);
        }
        let mut names: Vec<_> = defects.into_vec().iter().map(|d| d.as_str()).collect();
        assert_eq!(names.len(), Defect::ALL.len());
        names.sort();
        names.dedup();
        assert_eq!(names.len(), Defect::ALL.len());
        assert!(Defect::ALL.len() <= 64);
    }
}
