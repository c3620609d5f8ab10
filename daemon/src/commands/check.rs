//! `tenantryd check`

use std::io::Write;
use std::path::Path;

use super::CommandError;
use crate::config::Config;
use crate::{logging, start};

/// Walks the store of a configuration and says whether all of it agrees.
pub(super) fn run(file: &Path, out: &mut impl Write) -> Result<(), CommandError> {
    let config = Config::load(file)?;
    logging::install(&config.log)?;
    let folder = &config.data.directory;
    let file = folder.join(directory::STORE_FILE);
    if !file.metadata().is_ok_and(|file| file.is_file() && file.len() > 0) {
        return Err(CommandError::Refused(format!("there is no store in {}", folder.display())));
    }
    let report = start::open_for_command(&config)?.check()?;
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
