//! Ours.

use std::path::Path;

use anyhow::{Result, bail};

use super::Setup;
use crate::subject::Subject;

/// Starts.
///
/// # Errors
/// Always.
pub(crate) fn start(_setup: &Setup<'_>, _program: &Path) -> Result<Subject> {
    bail!("not there")
}
