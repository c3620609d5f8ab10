//! `tenantryd serve`

use std::path::PathBuf;

use super::CommandError;
use crate::config::Config;
use crate::start::{Prepared, Reloadable};
use crate::{logging, privileges, start};

/// Runs the daemon until it is told to end.
pub(super) fn run(file: PathBuf) -> Result<(), CommandError> {
    let config = Config::load(&file)?;
    let log = logging::install(&config.log)?;
    privileges::harden()?;
    let prepared = Prepared::new(config)?;
    let ending = start::run(prepared, Reloadable { file, log })?;
    if ending.died.is_empty() { Ok(()) } else { Err(CommandError::Died(ending.died)) }
}
