//! `tenantryd`: answers LDAP and RADIUS for every organization of a provider.

use std::process::ExitCode;

use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    daemon::commands::run(std::env::args_os())
}
