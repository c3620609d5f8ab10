//! Sessions on the network, as RADIUS clients told of them.

mod change;
mod disconnect;
mod list;
mod ordered;
mod show;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use directory::access::View;
use directory::{Error, OrganizationId, ReadingTransaction, records};
use ipnet::Ipv6Net;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::api::Api;
use crate::moment::Moment;
use crate::problem::Problem;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list::list_sessions))
        .routes(routes!(show::show_session))
        .routes(routes!(disconnect::disconnect_session))
        .routes(routes!(change::change_session))
}

/// For so long a reader waits at most for what gear reported a moment ago.
const HEARD: Duration = Duration::from_secs(2);

/// Lets what was reported until now be seen. Where that takes long, or the disk takes no writes, what
/// is there can be read all the same.
async fn heard(api: &Api) {
    let turn = Arc::clone(&api.settling).acquire_owned();
    let settled = async {
        // Goes on when nobody waits for it any more, and one at a time.
        let turn = turn.await;
        let settled = api.blocking(move |directory| {
            let settled = directory.settle_reports();
            drop(turn);
            settled
        });
        settled.await
    };
    let _later = tokio::time::timeout(HEARD, settled).await;
}

/// Somebody's time on the network (RFC 2866).
#[derive(Serialize, ToSchema)]
pub(crate) struct Session {
    /// The session's id.
    id: Uuid,
    /// The RADIUS client that told of it; null when it is gone.
    #[schema(required)]
    radius_client: Option<Uuid>,
    /// The gear behind the RADIUS client: its identifier, or else its address.
    gear: String,
    /// The gear's own name for the session.
    name: String,
    /// Who it is about, as the gear said.
    login: String,
    /// Who was let in, where the gear says again what the accept said; else the user with that login
    /// when the session was first heard of. Null when there was none, or is none any more, and for
    /// `anonymous`, with a realm or without.
    #[schema(required)]
    user: Option<Uuid>,
    /// The device that was let in for itself, by a certificate of its own or by its hardware address,
    /// where the gear says again what the accept said; else, where no user has the login, the device
    /// whose hardware address it was when the session was first heard of. Null when there was none, or
    /// is none any more.
    #[schema(required)]
    device: Option<Uuid>,
    /// When it began.
    started: Moment,
    /// What the last report was of.
    updated: Moment,
    /// When it ended; null while it goes on.
    #[schema(required)]
    ended: Option<Moment>,
    /// How it ended.
    #[schema(required)]
    ending: Option<Ending>,
    /// Why it ended, by the number of Acct-Terminate-Cause.
    #[schema(required)]
    terminate_cause: Option<u32>,
    /// Seconds on the network, as the gear counts them.
    seconds: u32,
    /// Octets from the user.
    octets_in: u64,
    /// Octets to the user.
    octets_out: u64,
    /// Packets from the user.
    packets_in: u32,
    /// Packets to the user.
    packets_out: u32,
    /// The IPv4 address that the machine has.
    #[schema(required, value_type = Option<String>)]
    ipv4: Option<Ipv4Addr>,
    /// The IPv6 address that the machine has.
    #[schema(required, value_type = Option<String>)]
    ipv6: Option<Ipv6Addr>,
    /// The prefix of the link to the machine: the first Framed-IPv6-Prefix.
    #[schema(required, value_type = Option<String>, example = "2001:db8:7::/64")]
    framed_ipv6_prefix: Option<Ipv6Net>,
    /// The prefix of the networks behind the machine: the first Delegated-IPv6-Prefix.
    #[schema(required, value_type = Option<String>, example = "2001:db8:ff00::/56")]
    delegated_ipv6_prefix: Option<Ipv6Net>,
    /// The machine: Calling-Station-Id.
    calling_station: String,
    /// Where it is connected: Called-Station-Id.
    called_station: String,
    /// Class, as the accept told the gear to say it again; what is no text is shown as far as it is.
    class: String,
    /// The address that the gear gives itself: NAS-IP-Address. Nothing proves it.
    #[schema(required, value_type = Option<String>)]
    gear_address: Option<IpAddr>,
    /// The address that the last report came from.
    #[schema(required, value_type = Option<String>)]
    source: Option<IpAddr>,
}

/// How a session ended.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Ending {
    /// The gear said so.
    Stopped,
    /// The gear started or stopped as a whole, or uses its name for another session.
    Restarted,
    /// Nothing was heard of it for too long.
    Silent,
    /// Too many others began while it went on.
    Crowded,
}

impl Session {
    /// Shows a session of the organization.
    fn of(
        record: records::Session,
        reading: &ReadingTransaction,
        organization: OrganizationId,
    ) -> Result<Self, Problem> {
        let grant = reading.authorize::<View>(organization)?;
        let client = there(grant.radius_clients().read(record.client))?;
        let user = match record.user {
            Some(id) => there(grant.users().read(id))?,
            None => None,
        };
        let device = match record.device {
            Some(id) => there(grant.devices().read(id))?,
            None => None,
        };
        let traffic = record.traffic;
        Ok(Self {
            id: record.uuid,
            radius_client: client.map(|client| client.uuid),
            gear: record.gear,
            name: record.name,
            login: record.login,
            user: user.map(|user| user.uuid),
            device: device.map(|device| device.uuid),
            started: Moment(record.started),
            updated: Moment(record.updated),
            ended: record.ended.map(|(at, _)| Moment(at)),
            ending: record.ended.map(|(_, ending)| ending.into()),
            terminate_cause: record.cause,
            seconds: traffic.seconds,
            octets_in: traffic.octets_in,
            octets_out: traffic.octets_out,
            packets_in: traffic.packets_in,
            packets_out: traffic.packets_out,
            ipv4: record.ipv4,
            ipv6: record.ipv6,
            framed_ipv6_prefix: record.prefixes.framed,
            delegated_ipv6_prefix: record.prefixes.delegated,
            calling_station: record.calling,
            called_station: record.called,
            class: String::from_utf8_lossy(&record.class).into_owned(),
            gear_address: record.gear_address,
            source: record.source,
        })
    }
}

impl From<records::Ending> for Ending {
    fn from(ending: records::Ending) -> Self {
        match ending {
            records::Ending::Stopped => Self::Stopped,
            records::Ending::Restarted => Self::Restarted,
            records::Ending::Silent => Self::Silent,
            records::Ending::Crowded => Self::Crowded,
        }
    }
}

/// What may be gone.
fn there<T>(found: Result<T, Error>) -> Result<Option<T>, Error> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(Error::Missing) => Ok(None),
        Err(error) => Err(error),
    }
}
