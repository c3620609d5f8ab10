//! `tenantryd openapi`

use std::io::Write;

use super::CommandError;

/// Prints the OpenAPI document of the admin API, or of the devices' door.
pub(super) fn print(devices: bool, out: &mut impl Write) -> Result<(), CommandError> {
    let text =
        if devices { ::admin_api::device_openapi_json() } else { ::admin_api::openapi_json() };
    Ok(out.write_all(text.as_bytes())?)
}
