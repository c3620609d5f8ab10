//! `tenantryd`: answers LDAP and RADIUS for every organization of a provider.

use std::process::ExitCode;

fn main() -> ExitCode {
    daemon::commands::run(std::env::args_os())
}
