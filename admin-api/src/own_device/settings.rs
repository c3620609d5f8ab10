//! What is demanded of the device that asks.

use axum::Json;
use axum::http::header::ETAG;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use directory::access::OwnDevice as Permit;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{OwnDevice, refused};
use crate::problem::Problem;
use crate::revision::is_known;
use crate::v1::security_policies::settings::SecuritySettings;

/// What is demanded of a device.
#[derive(Serialize, ToSchema)]
pub(crate) struct OwnSettings {
    /// The device's id.
    device: Uuid,
    /// What this document is known by: a report says that it follows it. Another when a setting is
    /// another; the `ETag` is the same in quotation marks.
    document: String,
    /// What is demanded; of what is absent nothing is.
    settings: SecuritySettings,
}

/// Shows what is demanded of the device that asks.
#[utoipa::path(
    get,
    path = "/settings",
    tag = "Device",
    security(("certificate" = [])),
    params(("If-None-Match" = Option<String>, Header, description = "What the device has already.")),
    responses(
        (
            status = 200,
            description = "What is demanded.",
            body = OwnSettings,
            headers(("ETag" = String))
        ),
        (status = 304, description = "The device has it."),
        (status = 403, description = "The certificate proves no device of the organization."),
        (status = 429, description = "Asked too often; `Retry-After` says when to come back.")
    )
)]
pub(crate) async fn show_own_settings(
    own: OwnDevice,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let device = own.device;
    let found = own.api.blocking(move |directory| {
        let read = || {
            let reading = directory.read(device.context)?;
            let grant = reading.authorize::<Permit>(device.organization)?;
            let (record, settings) = grant.own_settings()?;
            Ok((record.uuid, settings.tag()?, settings.settings()))
        };
        read().map_err(refused)
    });
    let (device, document, settings) = found.await?;
    let tag = format!("\"{document}\"");
    let has_it = is_known(&headers, &tag);
    let tag = HeaderValue::try_from(tag).map_err(|error| Problem::internal(&error))?;
    if has_it {
        return Ok((StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response());
    }
    let shown = OwnSettings { device, document, settings: settings.into() };
    Ok(([(ETAG, tag)], Json(shown)).into_response())
}
