//! `tenantryd openapi`

use std::io::Write;

use super::CommandError;

/// Prints the OpenAPI document.
pub(super) fn print(out: &mut impl Write) -> Result<(), CommandError> {
    Ok(out.write_all(::admin_api::openapi_json().as_bytes())?)
}
