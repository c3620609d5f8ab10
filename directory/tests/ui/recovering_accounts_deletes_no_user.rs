use directory::access::RecoverAccounts;
use directory::{Changing, Error, OrganizationId, UserId};

fn delete(change: &mut Changing<'_, '_>, acme: OrganizationId, ada: UserId) -> Result<(), Error> {
    change.authorize::<RecoverAccounts>(acme)?.users().delete(ada, None)
}

fn main() {}
