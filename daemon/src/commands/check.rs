//! `tenantryd check`

use std::io::Write;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;

use super::{CommandError, require_store};
use crate::config::Config;
use crate::{logging, start};

/// Walks the store of a configuration and says whether all of it agrees.
pub(super) fn run(file: &Path, out: &mut impl Write) -> Result<(), CommandError> {
    let config = Config::load(file)?;
    logging::install(&config.log)?;
    require_store(&config)?;
    let report = walk(&config)?;
    let directory::Report { partitions, records, entries, links, secrets, .. } = report;
    writeln!(
        out,
        "{partitions} partitions, {records} records, {entries} index entries, {links} links, \
         {secrets} secrets"
    )?;
    for problem in &report.problems {
        writeln!(out, "{problem}")?;
    }
    if report.is_sound() { Ok(()) } else { Err(CommandError::Damaged(report.problem_count)) }
}

/// Opens the store and walks it. The database's library panics on some damage; that is what this
/// command is there to find.
fn walk(config: &Config) -> Result<directory::Report, CommandError> {
    let walked = panic::catch_unwind(AssertUnwindSafe(|| {
        let directory = start::open_for_command(config)?;
        Ok::<_, CommandError>(directory.check()?)
    }));
    walked.unwrap_or(Err(CommandError::Unreadable))
}
