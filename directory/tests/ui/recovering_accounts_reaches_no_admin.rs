use directory::access::RecoverAccounts;
use directory::{AdminNumber, Changing, Error, OrganizationId};

fn reset(
    change: &mut Changing<'_, '_>,
    acme: OrganizationId,
    admin: AdminNumber,
) -> Result<(), Error> {
    change.authorize::<RecoverAccounts>(acme)?.admins().reset_mfa(admin)
}

fn main() {}
