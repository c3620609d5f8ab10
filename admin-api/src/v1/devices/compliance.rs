//! Whether devices follow what is demanded of them.

use std::net::IpAddr;

use axum::Json;
use directory::access::View;
use directory::collections::ComplianceState;
use directory::records::{ComplianceReport, SettingState, SettingStates};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::caller::{Item, Within};
use crate::moment::Moment;
use crate::problem::Problem;
use crate::v1::security_policies::settings::{System, alike};

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(show_device_compliance)).routes(routes!(count_compliance))
}

/// How a device stands toward what is demanded of it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ComplianceState)]
pub(crate) enum State {
    /// It reported that it follows everything.
    Compliant,
    /// It reported that it breaks something.
    NotCompliant,
    /// It reported that it does not know of something, or about another document.
    Unknown,
    /// Its last report is older than `[devices] report_life`.
    Stale,
    /// It never reported.
    Unreported,
}

alike!(State, ComplianceState: Compliant NotCompliant Unknown Stale Unreported);

/// How a device follows a setting.
#[derive(Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SettingState)]
pub(crate) enum Followed {
    /// It does.
    Compliant,
    /// It does not.
    NotCompliant,
    /// It does not know.
    #[default]
    Unknown,
}

alike!(Followed, SettingState: Compliant NotCompliant Unknown);

/// How a device follows each setting.
#[derive(Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = SettingStates)]
pub(crate) struct States {
    /// Whether what is stored is encrypted.
    disk_encryption: Followed,
    /// When the screen locks.
    screen_lock: Followed,
    /// How old the system may be.
    os_updates: Followed,
    /// Which wireless networks may be joined.
    allowed_networks: Followed,
}

impl From<States> for SettingStates {
    fn from(states: States) -> Self {
        Self {
            disk_encryption: states.disk_encryption.into(),
            screen_lock: states.screen_lock.into(),
            os_updates: states.os_updates.into(),
            allowed_networks: states.allowed_networks.into(),
        }
    }
}

impl From<SettingStates> for States {
    fn from(states: SettingStates) -> Self {
        Self {
            disk_encryption: states.disk_encryption.into(),
            screen_lock: states.screen_lock.into(),
            os_updates: states.os_updates.into(),
            allowed_networks: states.allowed_networks.into(),
        }
    }
}

/// What a device reported.
#[derive(Serialize, ToSchema)]
#[schema(as = ComplianceReport)]
pub(crate) struct Report {
    /// When it came.
    at: Moment,
    /// From where.
    #[schema(required, value_type = Option<String>)]
    source: Option<IpAddr>,
    /// The document that the device followed.
    #[schema(required)]
    document: Option<String>,
    /// What runs on the device.
    #[schema(required)]
    os: Option<System>,
    /// The version of that.
    #[schema(required)]
    os_version: Option<String>,
    /// How it follows each setting.
    settings: States,
    /// What that came to, by what was demanded of the device when the report came.
    compliance: State,
}

impl From<ComplianceReport> for Report {
    fn from(report: ComplianceReport) -> Self {
        Self {
            at: Moment(report.at),
            source: report.source,
            document: report.document,
            os: report.os.map(Into::into),
            os_version: report.os_version,
            settings: report.states.into(),
            compliance: ComplianceState::from(report.verdict).into(),
        }
    }
}

/// How a device follows what is demanded of it.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeviceCompliance {
    /// How it stands.
    compliance: State,
    /// The document that is in force for it.
    document: String,
    /// Whether its last report is about that one; what was changed since counts with the next.
    current: bool,
    /// Its last report.
    #[schema(required)]
    last: Option<Report>,
    /// Those before, the newest first, 20 at most.
    earlier: Vec<Report>,
}

/// Shows what a device reported of how it follows what is demanded of it.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/devices/{device}/compliance",
    tag = "Devices",
    responses((status = 200, description = "What it reported.", body = DeviceCompliance)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn show_device_compliance(
    within: Within<View>,
    Item(device): Item,
) -> Result<Json<DeviceCompliance>, Problem> {
    let reading = within.caller.read()?;
    let grant = reading.authorize::<View>(within.organization)?;
    let id = grant.devices().id_of(device)?;
    let document = grant.effective_settings(id)?.tag()?;
    let (state, known) = grant.compliance(id)?;
    let (last, earlier) = known.map(|known| (known.last, known.earlier)).unzip();
    let followed = last.as_ref().and_then(|last| last.document.as_ref());
    Ok(Json(DeviceCompliance {
        compliance: state.into(),
        current: followed == Some(&document),
        document,
        last: last.map(Into::into),
        earlier: earlier.unwrap_or_default().into_iter().map(Into::into).collect(),
    }))
}

/// How many devices stand how.
#[derive(Serialize, ToSchema)]
pub(crate) struct ComplianceCounts {
    /// Those that follow everything.
    compliant: usize,
    /// Those that break something.
    not_compliant: usize,
    /// Those that do not know of something.
    unknown: usize,
    /// Those whose last report is too old.
    stale: usize,
    /// Those that never reported.
    unreported: usize,
}

/// Counts the organization's devices by how they stand toward what is demanded of them.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/device-compliance",
    tag = "Devices",
    responses((status = 200, description = "The numbers.", body = ComplianceCounts)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn count_compliance(
    within: Within<View>,
) -> Result<Json<ComplianceCounts>, Problem> {
    let (organization, caller) = (within.organization, within.caller);
    let (api, context) = (caller.api, caller.context);
    let turn = api.searching.take(caller.whose).await?;
    let counts = api.blocking(move |directory| {
        let _turn = turn;
        directory.read(context)?.authorize::<View>(organization)?.compliance_counts()
    });
    let counts = counts.await?;
    Ok(Json(ComplianceCounts {
        compliant: counts.compliant,
        not_compliant: counts.not_compliant,
        unknown: counts.unknown,
        stale: counts.stale,
        unreported: counts.unreported,
    }))
}
