//! One entry of a search, written.

use directory::Error;
use directory::search::{Found, SearchGrant};
use ldap::EntryWriter;

use super::super::view::{self, Naming, Place, custom};
use super::Pause;

/// Writes the base or a container; tells why not.
pub(super) fn write_place(
    naming: &Naming,
    place: &Place,
    grant: &SearchGrant<'_, '_>,
    writer: &mut EntryWriter<'_>,
) -> Result<Option<Pause>, Error> {
    let dn = place.dn(naming);
    let mut outcome = Ok(());
    let written = writer.entry(&dn, |attributes| {
        outcome = view::write_place(attributes, naming, &dn, place, grant);
    });
    outcome?;
    Ok(written.err().map(Pause::from))
}

/// Writes a stored entry; tells why not.
pub(super) fn write_found(
    naming: &Naming,
    found: &Found<'_>,
    custom: &custom::Shown<'_>,
    writer: &mut EntryWriter<'_>,
) -> Result<Option<Pause>, Error> {
    let dn = naming.entry(found.entry());
    let mut outcome = Ok(());
    let written = writer.entry(&dn, |attributes| {
        outcome = view::write_entry(attributes, naming, &dn, found, custom);
    });
    outcome?;
    Ok(written.err().map(Pause::from))
}
