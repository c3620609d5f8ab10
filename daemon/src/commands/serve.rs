//! `tenantryd serve`

use std::path::PathBuf;

use super::{CommandError, ended};
use crate::config::Config;
use crate::start::{Prepared, Reloadable};
use crate::{doors, logging, privileges, start};

/// Runs the daemon until it is told to end.
pub(super) fn run(file: PathBuf) -> Result<(), CommandError> {
    let config = Config::load(&file)?;
    let log = logging::install(&config.log)?;
    privileges::harden()?;
    let prepared = Prepared::new(config)?;
    let directory = doors::open_directory(&prepared.config, &prepared.master_key)?;
    ended(start::run(prepared, directory, Some(Reloadable { file, log }))?)
}
