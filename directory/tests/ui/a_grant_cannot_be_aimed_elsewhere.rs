use directory::Place;
use directory::access::{Grant, ManageAdmins};

fn aim<S>(mut grant: Grant<'_, S, ManageAdmins>, elsewhere: Place) {
    grant.place = elsewhere;
}

fn main() {}
