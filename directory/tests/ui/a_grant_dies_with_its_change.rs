use directory::access::ManageIdentities;
use directory::{Changing, Error, OrganizationId};

fn keep(
    change: &mut Changing<'_, '_>,
    acme: OrganizationId,
) -> Result<impl Sized + 'static, Error> {
    change.authorize::<ManageIdentities>(acme)
}

fn main() {}
