use directory::access::{Context, ManageIdentities};
use directory::records::UserFields;
use directory::{Directory, Error, OrganizationId};

fn write(directory: &Directory, context: Context, acme: OrganizationId) -> Result<(), Error> {
    let reading = directory.read(context)?;
    let grant = reading.authorize::<ManageIdentities>(acme)?;
    grant.users().create(UserFields::default(), None)?;
    Ok(())
}

fn main() {}
