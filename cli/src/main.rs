//! `tenantry`: what the admin API offers, as commands.

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run(std::env::args_os())
}
