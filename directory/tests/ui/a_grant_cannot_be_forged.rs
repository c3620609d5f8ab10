use directory::access::{Context, Grant, ManageAdmins};
use directory::{Place, Tools};

fn forge<'t>(context: &'t Context, tools: &'t Tools) -> Grant<'t, (), ManageAdmins> {
    Grant { source: (), place: Place::Provider, context, tools }
}

fn main() {}
