use directory::access::{Context, Grant, ManageAdmins};
use directory::{Place, Tools};

fn aim<S>(mut grant: Grant<'_, S, ManageAdmins>, elsewhere: Place) {
    grant.place = elsewhere;
}

fn obtain<'t>(source: &'t u8, context: &'t Context, tools: &'t Tools) {
    Grant::<'t, &'t u8, ManageAdmins>::obtain(source, context, tools, Place::Provider);
}

fn main() {}
