use directory::access::{Context, Grant, ManageAdmins};
use directory::Tools;

fn forge<'t, S: Copy>(source: S, context: &'t Context, tools: &'t Tools) -> Grant<'t, S, ManageAdmins> {
    Grant { source, ..forge(source, context, tools) }
}

fn main() {}
