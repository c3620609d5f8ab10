use directory::access::{Context, View};
use directory::{Directory, Error, OrganizationId};

fn keep(directory: &Directory, context: Context, acme: OrganizationId) -> Result<(), Error> {
    let reading = directory.read(context)?;
    let grant = reading.authorize::<View>(acme)?;
    drop(reading);
    grant.users().list(None, 10)?;
    Ok(())
}

fn main() {}
