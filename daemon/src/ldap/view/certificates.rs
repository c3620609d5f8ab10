//! Certificates of users and devices (RFC 4523 section 4.1).

use std::sync::LazyLock;

use directory::Error;
use directory::search::Found;
use ldap::schema::{self, AttributeType};
use ldap::{Attributes, SearchRequest};

/// The type, looked up once.
static KIND: LazyLock<Option<&'static AttributeType>> =
    LazyLock::new(|| schema::attribute("userCertificate"));
/// What it is called where values travel as they are (RFC 4522 section 3), as certificates must (RFC 4523
/// section 2.1).
const BINARY: &str = "userCertificate;binary";

/// Whether a search names certificates with the option.
pub(super) fn are_asked_for_in_binary(request: &SearchRequest) -> bool {
    let Some(kind) = KIND.filter(|kind| request.selection.wants(kind)) else { return false };
    let mut names = request.requested.names();
    names.any(|name| name.plain() == Some(kind) && name.options().next().is_some())
}

/// Writes those of an entry that count, if they are wanted and there are any.
pub(super) fn write_certificates(
    attributes: &mut Attributes<'_>,
    kind: &AttributeType,
    found: &Found<'_>,
    binary: bool,
) -> Result<(), Error> {
    if !attributes.wants(kind) {
        return Ok(());
    }
    let name = if binary { BINARY } else { kind.name };
    let mut written = Ok(());
    attributes.custom(name, |values| {
        written = found.certificates(&mut |certificate| values.push(certificate));
    });
    written
}
