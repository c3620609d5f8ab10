use directory::access::View;
use directory::{Changing, Error, OrganizationId, UserId};

fn delete(change: &mut Changing<'_, '_>, acme: OrganizationId, ada: UserId) -> Result<(), Error> {
    change.authorize::<View>(acme)?.users().delete(ada, None)
}

fn main() {}
