//! Result codes.

/// How an operation ended (RFC 4511 appendix A).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u16)]
pub enum ResultCode {
    /// 0: done.
    Success = 0,
    /// 1: out of order with other operations.
    OperationsError = 1,
    /// 2: the message is not what the protocol allows.
    ProtocolError = 2,
    /// 3: the time that the client allowed was not enough.
    TimeLimitExceeded = 3,
    /// 4: more entries match than were allowed.
    SizeLimitExceeded = 4,
    /// 5: a Compare's assertion is false or undefined.
    CompareFalse = 5,
    /// 6: a Compare's assertion is true.
    CompareTrue = 6,
    /// 7: the bind method or mechanism is not known.
    AuthMethodNotSupported = 7,
    /// 8: needs stronger authentication.
    StrongerAuthRequired = 8,
    /// 10: look elsewhere.
    Referral = 10,
    /// 11: a limit of the server was reached.
    AdminLimitExceeded = 11,
    /// 12: a critical control is not known here.
    UnavailableCriticalExtension = 12,
    /// 13: needs TLS.
    ConfidentialityRequired = 13,
    /// 14: a SASL exchange goes on.
    SaslBindInProgress = 14,
    /// 16: the entry has no such attribute.
    NoSuchAttribute = 16,
    /// 17: there is no such attribute type.
    UndefinedAttributeType = 17,
    /// 18: the matching rule does not fit.
    InappropriateMatching = 18,
    /// 19: a value breaks a constraint.
    ConstraintViolation = 19,
    /// 20: the value is there already.
    AttributeOrValueExists = 20,
    /// 21: a value does not follow its syntax.
    InvalidAttributeSyntax = 21,
    /// 32: there is no such entry.
    NoSuchObject = 32,
    /// 34: a DN does not follow its syntax.
    InvalidDnSyntax = 34,
    /// 48: this identity may not bind in this way.
    InappropriateAuthentication = 48,
    /// 49: wrong name or password.
    InvalidCredentials = 49,
    /// 50: not allowed.
    InsufficientAccessRights = 50,
    /// 51: too much to do, try again.
    Busy = 51,
    /// 52: shutting down, or a part is missing.
    Unavailable = 52,
    /// 53: refused by policy.
    UnwillingToPerform = 53,
    /// 54: a loop was found.
    LoopDetect = 54,
    /// 60: a view of a list was asked for, but not its order.
    SortControlMissing = 60,
    /// 61: the offset lies outside the list.
    OffsetRangeError = 61,
    /// 64: the name does not fit the schema.
    NamingViolation = 64,
    /// 65: the entry does not fit the schema.
    ObjectClassViolation = 65,
    /// 66: not on an entry that has children.
    NotAllowedOnNonLeaf = 66,
    /// 67: not on the naming attribute.
    NotAllowedOnRdn = 67,
    /// 68: the entry is there already.
    EntryAlreadyExists = 68,
    /// 69: object classes cannot be changed in this way.
    ObjectClassModsProhibited = 69,
    /// 71: would span several servers.
    AffectsMultipleDsas = 71,
    /// 76: a view of a list could not be given.
    VirtualListViewError = 76,
    /// 80: an internal error.
    Other = 80,
    /// 118: ended because the client said so (RFC 3909).
    Canceled = 118,
    /// 119: there is no such operation to cancel.
    NoSuchOperation = 119,
    /// 120: too late to cancel.
    TooLate = 120,
    /// 121: this operation cannot be cancelled.
    CannotCancel = 121,
    /// 4096: a copy cannot be followed any further and is to be refreshed (RFC 4533).
    SyncRefreshRequired = 4096,
}

impl ResultCode {
    /// The number on the wire.
    #[must_use]
    pub const fn number(self) -> u16 {
        self as u16
    }
}
