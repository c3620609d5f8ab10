//! What would become of a request at a RADIUS client.

mod recorded;

use std::net::IpAddr;
use std::sync::Arc;

use axum::Json;
use directory::access::View;
use directory::authentication::{self, Described};
use directory::{Circumstances, GearName, Invalid, MacAddress, NetworkMethod, Ssid, Station, Time};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::body::Body;
use crate::caller::{Item, Within};
use crate::moment::Moment;
use crate::problem::Problem;
use crate::v1::reply_profiles::Carried;
use recorded::{Recorded, RecordedRequest};

/// A request that is described. It carries no password: the answer is for who has the right one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DescribedRadiusRequest, example = json!({
    "login": "ada", "method": "eap_ttls", "nas_port_type": 19,
    "called_station_id": "00-10-A4-23-19-C0:staff"
}))]
pub(crate) struct DescribedRequest {
    /// The number of an event (`radius_access`) of this client: the request that it recorded is asked about
    /// again, as policy is today. Who, method, stations, gear and time are the event's where nothing else is
    /// said here; NAS-Port-Type and Service-Type stand in no event.
    event: Option<u64>,
    /// The user's login, or the hardware address of a device; needed without `event`.
    login: Option<String>,
    /// The method: `pap`, `chap`, `ms_chap_v2`, `eap_tls`, `eap_ttls`, `peap` or `mac`; needed without
    /// `event`.
    #[schema(value_type = Option<String>)]
    method: Option<NetworkMethod>,
    /// NAS-Port-Type.
    nas_port_type: Option<u32>,
    /// Called-Station-Id.
    called_station_id: Option<String>,
    /// Calling-Station-Id: the machine that the user sits at.
    calling_station_id: Option<String>,
    /// NAS-Identifier.
    nas_identifier: Option<String>,
    /// NAS-IP-Address or NAS-IPv6-Address.
    #[schema(value_type = Option<String>)]
    nas_ip_address: Option<IpAddr>,
    /// Service-Type.
    service_type: Option<u32>,
    /// When; now when absent.
    at: Option<Moment>,
}

/// What would become of it.
#[derive(Serialize, ToSchema)]
#[schema(as = RadiusExplanation)]
pub(crate) struct Explanation {
    /// Whether the user would be let in.
    accept: bool,
    /// Why not.
    #[schema(required)]
    reason: Option<String>,
    /// The rule that decides; null where none is met, or none is asked.
    #[schema(required)]
    rule: Option<String>,
    /// The reply profile that the accept carries.
    #[schema(required)]
    reply_profile: Option<Uuid>,
    /// What that profile says of the user: with logins, groups and other facts in their places, and what
    /// is told as a number, an address or a prefix read as such. Null where there is no profile, or no
    /// accept.
    #[schema(required)]
    reply: Option<Carried>,
    /// The device of the organization that Calling-Station-Id names, by which rules with
    /// `with_device` and `with_device_groups` decide, or the one that comes for itself; null where there
    /// is none, or it is suspended.
    #[schema(required)]
    device: Option<Uuid>,
    /// What the Access-Reject tells the user, as the rule says; null where it tells nothing, as over EAP.
    #[schema(required)]
    reply_message: Option<String>,
    /// Whether a code is needed beside the password.
    needs_code: bool,
    /// The time by which rules are judged, as clocks show it in the client's `time_zone`: with how far
    /// they are from UTC, and the zone in brackets (RFC 9557). Null where no rule is of a time.
    #[schema(required, example = "2030-07-01T08:30:00+02:00[Europe/Berlin]")]
    local_time: Option<String>,
    /// What became of the request then, and what would be different; null where no event was named.
    #[schema(required)]
    event: Option<RecordedRequest>,
}

/// Says what would become of a request, without a password and without anybody being told.
#[utoipa::path(
    post,
    path = "/organizations/{organization}/radius-clients/{radius_client}/explain",
    tag = "RADIUS clients",
    request_body = DescribedRequest,
    responses((status = 200, description = "What would become of it.", body = Explanation)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn explain_radius_request(
    within: Within<View>,
    Item(radius_client): Item,
    Body(mut described): Body<DescribedRequest>,
) -> Result<Json<Explanation>, Problem> {
    let found = match described.event {
        Some(number) => Some(recorded::find(&within, number).await?),
        None => None,
    };
    let reading = within.caller.read()?;
    let grant = reading.authorize::<View>(within.organization)?;
    let client = grant.radius_clients().id_of(radius_client)?;
    let read = |found| Recorded::of(found, radius_client, (&within, &reading));
    let recorded = found.map(read).transpose()?;
    if let Some(recorded) = &recorded {
        recorded.complete(&mut described);
    }
    let described = described.read(within.caller.now())?;
    let explained = grant.explain(&within.caller.api.directory, client, &described)?;
    let profiles = grant.reply_profiles();
    let reply_profile = explained.profile.map(|id| profiles.read(id)).transpose()?;
    let mut today = Explanation::new(explained, reply_profile.as_ref().map(|it| it.uuid));
    let name = reply_profile.as_ref().map(|profile| profile.fields.name.as_str());
    today.event = recorded.map(|recorded| recorded.beside(&today, name));
    Ok(Json(today))
}

impl DescribedRequest {
    /// The request in the directory's words; now where it says nothing of a time.
    fn read(self, now: Time) -> Result<Described, Problem> {
        let missing = |pointer: &str| Problem::from(Invalid::new(pointer, "is missing"));
        let login = self.login.ok_or_else(|| missing("/login"))?;
        let method = self.method.ok_or_else(|| missing("/method"))?;
        let called = self.called_station_id.unwrap_or_default();
        let calling = self.calling_station_id.unwrap_or_default();
        let station = calling.as_bytes();
        let calling = MacAddress::read(station);
        let station = Station::of(station, calling);
        let circumstances = Circumstances {
            port_type: self.nas_port_type,
            ssid: Ssid::of_station(called.as_bytes()),
            gear: self.nas_identifier.and_then(|name| GearName::new(name.as_bytes())),
            gear_address: self.nas_ip_address,
            service_type: self.service_type,
            calling,
            station,
            ..Circumstances::of(method)
        };
        Ok(Described { login, circumstances, at: self.at.map_or(now, |at| at.0) })
    }
}

impl Explanation {
    fn new(explained: authentication::Explanation, reply_profile: Option<Uuid>) -> Self {
        Self {
            accept: explained.reason.is_none(),
            reason: explained.reason.map(ToOwned::to_owned),
            rule: explained.rule,
            reply_profile,
            reply: explained.reply.map(|reply| Arc::unwrap_or_clone(reply).into()),
            device: explained.device,
            reply_message: explained.message,
            needs_code: explained.needs_code,
            local_time: explained.local_time,
            event: None,
        }
    }
}
