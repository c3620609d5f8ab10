//! Controls (RFC 4511 section 4.1.11).
//!
//! Each control that has a value is a module of its own, with what it asks and what is answered.

use crate::ber::{self, Malformed, Reader, SEQUENCE};
use crate::description::is_oid;

pub(crate) mod paged;
pub(crate) mod password_policy;
pub mod sort;
pub mod sync;
pub mod view;

use paged::Paged;
use sort::Sort;
use sync::SyncRequest;
use view::ListView;

/// Paged results (RFC 2696).
pub const PAGED_RESULTS: &str = "1.2.840.113556.1.4.319";
/// The order of a search's entries (RFC 2891).
pub const SORT: &str = "1.2.840.113556.1.4.473";
/// How that order came out.
pub(crate) const SORT_RESULT: &str = "1.2.840.113556.1.4.474";
/// A view of a long list (draft-ietf-ldapext-ldapv3-vlv-09).
pub const LIST_VIEW: &str = "2.16.840.1.113730.3.4.9";
/// Where that view stands in the list.
pub(crate) const LIST_VIEW_RESULT: &str = "2.16.840.1.113730.3.4.10";
/// Content synchronization (RFC 4533).
pub const SYNC: &str = "1.3.6.1.4.1.4203.1.9.1.1";
/// What became of an entry.
pub(crate) const SYNC_STATE: &str = "1.3.6.1.4.1.4203.1.9.1.2";
/// How far a copy is up to date.
pub(crate) const SYNC_DONE: &str = "1.3.6.1.4.1.4203.1.9.1.3";
/// What is said between entries.
pub(crate) const SYNC_INFO: &str = "1.3.6.1.4.1.4203.1.9.1.4";
/// ManageDsaIT (RFC 3296): the directory has no referrals, so it changes nothing.
pub const MANAGE_DSA_IT: &str = "2.16.840.1.113730.3.4.2";
/// Domain scope (MS-ADTS section 3.1.1.3.4.1.4), which clients of domain controllers send with searches
/// to be given no continuation references: there are none.
pub const DOMAIN_SCOPE: &str = "1.2.840.113556.1.4.1339";
/// Password policy (draft-behera-ldap-password-policy-10), which sssd and nslcd send with every
/// Bind.
pub const PASSWORD_POLICY: &str = "1.3.6.1.4.1.42.2.27.8.5.1";
/// What a root DSE lists in `supportedControl` (RFC 4512 section 5.1.4).
pub const SUPPORTED: &[&str] =
    &[PAGED_RESULTS, SORT, LIST_VIEW, SYNC, MANAGE_DSA_IT, DOMAIN_SCOPE, PASSWORD_POLICY];

/// Controls that one message may carry.
const MAXIMUM: usize = 32;

/// The operation that controls come with, as far as controls care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beside {
    Bind,
    Search,
    /// A Modify or an extended operation.
    Change,
    /// Any other operation but Unbind.
    Other,
}

/// What the controls of one message ask for.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Controls<'a> {
    /// There are some that are not known beside this operation.
    pub(crate) unknown: bool,
    pub(crate) paged: Option<Paged<'a>>,
    pub(crate) sort: Option<Box<Sort>>,
    /// The sort control's value as it came; empty without one.
    pub(crate) order: &'a [u8],
    pub(crate) view: Option<Box<ListView>>,
    pub(crate) sync: Option<Box<SyncRequest>>,
    pub(crate) password_policy: bool,
}

/// Why a request is refused for its controls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unfit<'a> {
    /// They are malformed.
    Malformed,
    /// There are too many.
    TooMany,
    /// The value of this one is malformed.
    Value(&'a [u8]),
    /// This one is there twice.
    Repeated(&'a [u8]),
    /// This critical one is not known, or not with this operation.
    Critical(&'a [u8]),
}

impl From<Malformed> for Unfit<'_> {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

/// Reads the controls of a message.
pub(crate) fn read(octets: Option<&[u8]>, beside: Beside) -> Result<Controls<'_>, Unfit<'_>> {
    let mut controls = Controls::default();
    let Some(octets) = octets else {
        return Ok(controls);
    };
    let mut reader = Reader::new(octets);
    let mut seen: Vec<&[u8]> = Vec::new();
    let mut critical_unknown = None;
    while !reader.is_empty() {
        let control = one(reader.expect(SEQUENCE)?)?;
        if seen.contains(&control.oid) {
            return Err(Unfit::Repeated(control.oid));
        }
        if seen.len() >= MAXIMUM {
            return Err(Unfit::TooMany);
        }
        seen.push(control.oid);
        match known(control.oid, beside) {
            Some(oid) => {
                take(&mut controls, oid, &control).map_err(|Malformed| Unfit::Value(control.oid))?
            }
            None => {
                controls.unknown = true;
                if control.critical {
                    critical_unknown = critical_unknown.or(Some(control.oid));
                }
            }
        }
    }
    critical_unknown.map_or(Ok(controls), |oid| Err(Unfit::Critical(oid)))
}

/// The numbers of the controls that are not known beside an operation.
pub(crate) fn unknown(octets: &[u8], beside: Beside) -> impl Iterator<Item = String> {
    readable(octets)
        .take(MAXIMUM)
        .filter(move |control| known(control.oid, beside).is_none())
        .map(|control| String::from_utf8_lossy(control.oid).into_owned())
}

/// Whether a critical control is not known beside an operation, whatever is wrong with others.
pub(crate) fn has_critical_unknown(octets: &[u8], beside: Beside) -> bool {
    readable(octets).any(|control| control.critical && known(control.oid, beside).is_none())
}

/// The controls that can be read.
fn readable(octets: &[u8]) -> impl Iterator<Item = Control<'_>> {
    let mut reader = Reader::new(octets);
    std::iter::from_fn(move || reader.any().ok())
        .filter(|(tag, _)| *tag == SEQUENCE)
        .filter_map(|(_, control)| one(control).ok())
}

/// Takes a control that is known.
fn take<'a>(
    controls: &mut Controls<'a>,
    oid: &str,
    control: &Control<'a>,
) -> Result<(), Malformed> {
    let value = control.value.ok_or(Malformed);
    match oid {
        PAGED_RESULTS => controls.paged = Some(Paged::read(value?)?),
        SORT => {
            controls.order = value?;
            controls.sort = Some(Box::new(Sort::read(controls.order, control.critical)?));
        }
        LIST_VIEW => controls.view = Some(Box::new(ListView::read(value?, control.critical)?)),
        SYNC => controls.sync = Some(Box::new(SyncRequest::read(value?)?)),
        PASSWORD_POLICY => controls.password_policy = true,
        _ => {}
    }
    Ok(())
}

/// The control's name, if it is known with this operation.
fn known(oid: &[u8], beside: Beside) -> Option<&'static str> {
    let allowed: &[&str] = match beside {
        Beside::Bind => &[PASSWORD_POLICY],
        // The password policy's may come with any request, though not all have something to tell
        // (draft-behera-ldap-password-policy-10 section 6.1).
        Beside::Search => SUPPORTED,
        Beside::Change | Beside::Other => &[MANAGE_DSA_IT, PASSWORD_POLICY],
    };
    allowed.iter().copied().find(|known| known.as_bytes() == oid)
}

struct Control<'a> {
    oid: &'a [u8],
    critical: bool,
    value: Option<&'a [u8]>,
}

fn one(octets: &[u8]) -> Result<Control<'_>, Malformed> {
    let mut reader = Reader::new(octets);
    let oid = reader.octets()?;
    if !std::str::from_utf8(oid).is_ok_and(is_oid) {
        return Err(Malformed);
    }
    let critical = match reader.optional(ber::BOOLEAN)? {
        Some(content) => ber::boolean(content)?,
        None => false,
    };
    let value = reader.optional(ber::OCTET_STRING)?;
    Ok(Control { oid, critical, value })
}
