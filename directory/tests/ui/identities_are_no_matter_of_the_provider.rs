use directory::access::ManageIdentities;
use directory::{Changing, Error};

fn ask(change: &mut Changing<'_, '_>) -> Result<(), Error> {
    change.authorize_provider::<ManageIdentities>().map(drop)
}

fn main() {}
