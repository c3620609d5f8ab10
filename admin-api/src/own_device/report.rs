//! How the device that asks follows what is demanded of it.

use axum::Json;
use directory::access::OwnDevice as Permit;
use directory::collections::{ComplianceState, NewReport};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{OwnDevice, refused};
use crate::body::Body;
use crate::problem::Problem;
use crate::v1::devices::compliance::{State, States};
use crate::v1::security_policies::settings::System;

/// What a device reports.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "document": "0f4c2d81a7b36e59d1c08a4be2f79356", "os": "macos", "os_version": "15.1",
    "settings": {"disk_encryption": "compliant", "screen_lock": "not_compliant"}
}))]
pub(crate) struct NewComplianceReport {
    /// `document` of what it follows; a report about another one says nothing of those settings
    /// that it breaks not.
    document: Option<String>,
    /// What runs on it.
    os: Option<System>,
    /// The version of that.
    os_version: Option<String>,
    /// How it follows each setting; of what is left out it does not know.
    #[serde(default)]
    settings: States,
}

/// What a report comes to.
#[derive(Serialize, ToSchema)]
pub(crate) struct Judged {
    /// How the device stands.
    compliance: State,
}

/// Takes the report of the device that asks, in place of the one before.
#[utoipa::path(
    put,
    path = "/compliance",
    tag = "Device",
    security(("certificate" = [])),
    request_body = NewComplianceReport,
    responses(
        (status = 200, description = "What it comes to.", body = Judged),
        (status = 403, description = "The certificate proves no device of the organization."),
        (status = 429, description = "Asked too often; `Retry-After` says when to come back.")
    )
)]
pub(crate) async fn report_compliance(
    own: OwnDevice,
    Body(new): Body<NewComplianceReport>,
) -> Result<Json<Judged>, Problem> {
    let device = own.device;
    let report = NewReport {
        document: new.document,
        os: new.os.map(Into::into),
        os_version: new.os_version,
        states: new.settings.into(),
    };
    let kept = own.api.blocking(move |directory| {
        let kept = directory.change(device.context, move |change| {
            change.authorize::<Permit>(device.organization)?.report(report)
        });
        kept.map_err(refused)
    });
    let verdict = kept.await?.verdict;
    Ok(Json(Judged { compliance: ComplianceState::from(verdict).into() }))
}
