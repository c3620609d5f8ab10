//! `tenantryd demo`

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::{CommandError, ended};
use crate::demo::{self, DemoError};
use crate::start::Prepared;
use crate::{doors, logging, privileges, start};

/// A demonstration.
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// Keep the data here, and go on with it next time; without it, the data goes when it ends
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// Write what there is to a file, as JSON
    #[arg(long, value_name = "FILE")]
    describe: Option<PathBuf>,
    /// Let the organizations have a past of so many events
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    past: u64,
    /// What to log
    #[arg(long, value_name = "FILTER", default_value = "warn")]
    log: String,
}

/// Runs a demonstration until a signal ends it.
pub(super) fn run(demo: &Demo, out: &mut impl Write) -> Result<(), CommandError> {
    let scratch = match demo.data {
        Some(_) => None,
        None => Some(tempfile::Builder::new().prefix("tenantry-demo-").tempdir()?),
    };
    let folder = match (&demo.data, &scratch) {
        (Some(folder), _) => folder.clone(),
        (None, Some(scratch)) => scratch.path().to_owned(),
        (None, None) => PathBuf::from("."),
    };
    let config = demo::configure(&folder, &demo.log)?;
    logging::install(&config.log)?;
    privileges::harden()?;
    let folder =
        folder.canonicalize().map_err(|source| DemoError::File { path: folder, source })?;
    let prepared = Prepared::new(config)?;
    let directory = doors::open_directory(&prepared.config, &prepared.master_key)?;
    let description = demo::fill(&folder, &prepared, &directory)?;
    if demo.past > 0 {
        demo::tell_past(&directory, &description, demo.past)?;
    }
    // Connections wait in the sockets, which are bound, until the doors open.
    if let Some(file) = &demo.describe {
        demo::describe(&description, file)?;
    }
    demo::print(&description, out)?;
    ended(start::run(prepared, directory, None)?)
}
