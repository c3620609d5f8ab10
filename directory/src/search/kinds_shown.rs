//! Which kinds of records entries show.

use storage::Kind;

use crate::records::kinds;

/// Kinds of records that entries show, or by which it is decided who sees what. What is in neither list
/// counts as one of these.
#[cfg(test)]
pub(crate) const SHOWN: &[Kind] = &[
    kinds::ORGANIZATION,
    kinds::USER,
    kinds::GROUP,
    kinds::SERVICE_ACCOUNT,
    kinds::DEVICE,
    kinds::CUSTOM_ATTRIBUTE,
    kinds::CERTIFICATE_AUTHORITY,
    kinds::ISSUED_CERTIFICATE,
];

/// Kinds of records of which no entry shows anything, and which decide nothing about who sees what.
pub(crate) const UNSHOWN: &[Kind] = &[
    kinds::ADMIN,
    kinds::TOKEN,
    kinds::TOKEN_USE,
    kinds::REPEAT,
    kinds::GEAR_CLAIMS,
    kinds::SESSION,
    kinds::SESSION_TOTALS,
    kinds::SETTLED_REPORTS,
    kinds::PLAN,
    kinds::AGREEMENTS,
    kinds::CLOSED_ACCOUNT,
    kinds::IMPORT_WORK,
    kinds::RECOVERY_CODES,
    kinds::PASSKEY,
    kinds::EVENT_KEEPING,
    kinds::SEARCH_TELLING,
    kinds::RADIUS_CLIENT,
    kinds::REPLY_PROFILE,
    kinds::CREDENTIAL,
    kinds::PASSWORD_HISTORY,
    kinds::OWN_CERTIFICATES,
    kinds::REVOKED_CERTIFICATES,
    kinds::DEPARTURE,
    kinds::DELETED_USER,
    kinds::INVITATION,
    kinds::CAP,
    kinds::BILLING_CONTACT,
    kinds::DEPARTURE_TOTALS,
    kinds::RULE_TIMES,
    kinds::PREPARATIONS,
    kinds::IMPORT,
    kinds::SERVER_CERTIFICATE,
    kinds::CERTIFICATE_TOTALS,
    kinds::USAGE_MONTH,
    kinds::CAP_TOTALS,
    kinds::SECURITY_POLICY,
    kinds::SECURITY_POLICY_VERSION,
    kinds::COMPLIANCE,
    kinds::COMPLIANCE_WATCH,
    kinds::DEAD_LETTER,
    kinds::DELIVERY_PROGRESS,
    kinds::REACHED_PROGRESS,
    kinds::EVENT_DESTINATION,
    kinds::FORMER_PASSWORD,
    kinds::GROUP_PASSWORD_POLICY,
    kinds::ENDS_TOLD,
    kinds::ENDS_LOOKED,
    kinds::FETCHED_LIST,
];
