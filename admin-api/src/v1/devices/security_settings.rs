//! What is demanded of a device, and by which policies.

use axum::Json;
use directory::access::View;
use directory::collections::{PolicySource, Said};
use directory::{OrganizationId, ReadingTransaction};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::caller::{Item, Within};
use crate::problem::Problem;
use crate::v1::groups;
use crate::v1::security_policies::settings::SecuritySettings;

/// All that is demanded of a device.
#[derive(Serialize, ToSchema)]
pub(crate) struct EffectiveSettings {
    /// What the document is known by to the device; another when a setting is another.
    document: String,
    /// What is demanded, as the device gets it.
    settings: SecuritySettings,
    /// Which policy says each of these settings.
    sources: Sources,
    /// All policies that come to the device, each before those that it goes before.
    policies: Vec<Source>,
}

/// Which policy says each setting; null for what none says.
#[derive(Serialize, ToSchema)]
#[schema(as = SettingSources)]
pub(crate) struct Sources {
    /// Whether what is stored is encrypted.
    #[schema(required)]
    disk_encryption: Option<Source>,
    /// When the screen locks.
    #[schema(required)]
    screen_lock: Option<Source>,
    /// How old the system may be.
    #[schema(required)]
    os_updates: Option<Source>,
    /// Which wireless networks may be joined.
    #[schema(required)]
    allowed_networks: Option<Source>,
}

/// A policy that comes to a device.
#[derive(Serialize, ToSchema)]
#[schema(as = PolicySource)]
pub(crate) struct Source {
    /// The policy's id.
    id: Uuid,
    /// Its name.
    name: String,
    /// The version that counts.
    version: u32,
    /// Its precedence: the lowest number counts.
    precedence: u32,
    /// The group by which it comes to the device; of several the one made first.
    group: Uuid,
}

/// Names what says settings by what the API calls it.
struct Shown<'r>(&'r ReadingTransaction, OrganizationId);

impl Shown<'_> {
    fn source(&self, source: &PolicySource) -> Result<Source, Problem> {
        let group = groups::shown(self.0, self.1, &[source.group])?.first().copied();
        Ok(Source {
            id: source.policy,
            name: source.name.clone(),
            version: source.version,
            precedence: source.precedence,
            group: group.unwrap_or_default(),
        })
    }

    fn said<T>(&self, said: Option<&Said<T>>) -> Result<Option<Source>, Problem> {
        said.map(|said| self.source(&said.source)).transpose()
    }
}

/// Shows what is demanded of a device, and which policy says each setting: of those that are for
/// its groups the one with the lowest precedence number that says anything of it, and of one number
/// the one whose name comes first.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/devices/{device}/security-settings",
    tag = "Devices",
    responses((status = 200, description = "What is demanded.", body = EffectiveSettings)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn show_effective_settings(
    within: Within<View>,
    Item(device): Item,
) -> Result<Json<EffectiveSettings>, Problem> {
    let reading = within.caller.read()?;
    let grant = reading.authorize::<View>(within.organization)?;
    let found = grant.effective_settings(grant.devices().id_of(device)?)?;
    let shown = Shown(&reading, within.organization);
    let policies = found.policies.iter().map(|source| shown.source(source));
    Ok(Json(EffectiveSettings {
        document: found.tag()?,
        settings: found.settings().into(),
        sources: Sources {
            disk_encryption: shown.said(found.disk_encryption.as_ref())?,
            screen_lock: shown.said(found.screen_lock.as_ref())?,
            os_updates: shown.said(found.os_updates.as_ref())?,
            allowed_networks: shown.said(found.allowed_networks.as_ref())?,
        },
        policies: policies.collect::<Result<_, _>>()?,
    }))
}
