//! RADIUS clients: network gear that asks.

mod certificates;
mod create;
mod delete;
mod explain;
mod list;
mod orders;
mod reveal_secret;
mod rotate_secret;
mod rules;
mod set_secret;
mod show;
mod update;
mod weaknesses;

use directory::access::View;
use directory::{OrganizationId, ReadingTransaction, ReplyProfileId, records};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use self::certificates::GearCertificates;
use self::orders::GearOrders;
use super::groups;
use crate::api::Api;
use crate::moment::Moment;
use crate::network::Network;
use crate::problem::Problem;
use crate::reference::dangling;
use crate::revision::Revised;
use crate::second_factor::Demand;
use rules::Rule;
use weaknesses::Weakness;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list::list_radius_clients, create::create_radius_client))
        .routes(routes!(
            show::show_radius_client,
            update::update_radius_client,
            delete::delete_radius_client
        ))
        .routes(routes!(set_secret::set_radius_secret))
        .routes(routes!(reveal_secret::reveal_radius_secret))
        .routes(routes!(rotate_secret::rotate_radius_secret))
        .routes(routes!(weaknesses::show_radius_weaknesses))
        .routes(routes!(explain::explain_radius_request))
}

/// A RADIUS client; its secret is revealed by a route of its own.
#[derive(Serialize, ToSchema)]
pub(crate) struct RadiusClient {
    /// The client's id.
    id: Uuid,
    /// When it was made.
    created: Moment,
    /// When it was last changed.
    modified: Moment,
    /// The client's name.
    name: String,
    /// The networks that its datagrams may come from; none when it comes inside TLS alone.
    sources: Vec<Network>,
    /// Whether a request without Message-Authenticator is dropped.
    require_message_authenticator: bool,
    /// Whether a request with Proxy-State but without Message-Authenticator is dropped.
    limit_proxy_state: bool,
    /// Whose members are accepted where no rule is met, nested ones included; empty for every
    /// active user.
    allowed_groups: Vec<Uuid>,
    /// What an accept carries where no rule is met.
    #[schema(required)]
    reply_profile: Option<Uuid>,
    /// What is demanded beside a password of who asks through it; null for the organization's demand.
    #[schema(required)]
    second_factor: Option<Demand>,
    /// Whether who gave the password without a code is asked for the code (Access-Challenge). Over
    /// PAP alone: other methods have no room for it.
    asks_for_code: bool,
    /// Rules; the first one whose conditions are all met decides. Where none is,
    /// `allowed_groups` and `reply_profile` do. To let in nobody else, end with one that rejects all.
    rules: Vec<Rule>,
    /// What becomes of those whom wrong passwords locked out or whose password has ended. With
    /// `maintain` they are let in with the right proof, and guessing is slowed down but locks
    /// nobody out here. Whom an admin locked out stays out.
    locked_or_expired: LockedOrExpired,
    /// By which certificates it is known inside TLS.
    certificates: GearCertificates,
    /// Until when the secret counts that was replaced; null when none does.
    #[schema(required)]
    previous_secret_until: Option<Moment>,
    /// Whether devices are let in by their hardware addresses (MAC authentication): a request whose
    /// User-Name is an address and whose password (by PAP, CHAP or EAP-MD5) is the same one, or that is
    /// a Call-Check, with that address as Calling-Station-Id. Anybody could claim an address, so give
    /// devices little.
    mac_authentication: bool,
    /// Whether its gear gives a password of its own for all devices, beside their addresses.
    mac_password_set: bool,
    /// What an accept of a device that is not known carries where no rule about `unknown` ones is met;
    /// those are not let in when null.
    #[schema(required)]
    unknown_device_profile: Option<Uuid>,
    /// What its gear is told about sessions that go on, when something of their users changes.
    orders: GearOrders,
    /// Where its gear stands, by the name of a time zone of the IANA database, such as `Europe/Berlin`:
    /// by its clocks, summer time included, the `times` of `rules` are judged.
    time_zone: String,
    /// What should be changed at it or its gear, in lists alone whose `filter`, `sort` or `fields` ask for
    /// it: `short_secret`, `same_secret`, `unsigned_requests_taken`, `unsigned_requests_sent` and
    /// `unsigned_requests_dropped`, as the client's `weaknesses` say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>, required = false)]
    weaknesses: Option<Vec<Weakness>>,
}

/// What becomes of those whom wrong passwords locked out or whose password has ended.
#[derive(Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LockedOrExpired {
    /// They are not let in.
    #[default]
    Reject,
    /// They are, with the right proof.
    Maintain,
}

impl From<records::LockedOrExpired> for LockedOrExpired {
    fn from(chosen: records::LockedOrExpired) -> Self {
        match chosen {
            records::LockedOrExpired::Reject => Self::Reject,
            records::LockedOrExpired::Maintain => Self::Maintain,
        }
    }
}

impl From<LockedOrExpired> for records::LockedOrExpired {
    fn from(chosen: LockedOrExpired) -> Self {
        match chosen {
            LockedOrExpired::Reject => Self::Reject,
            LockedOrExpired::Maintain => Self::Maintain,
        }
    }
}

/// A shared secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct SharedSecret {
    /// The secret.
    secret: String,
}

impl RadiusClient {
    /// Shows a RADIUS client of the organization.
    fn of(
        record: records::RadiusClient,
        reading: &ReadingTransaction,
        organization: OrganizationId,
    ) -> Result<Self, Problem> {
        let fields = record.fields;
        let profiles = reading.authorize::<View>(organization)?.reply_profiles();
        let profile = |id: Option<ReplyProfileId>| id.map(|id| profiles.read(id)).transpose();
        let reply_profile = profile(fields.reply_profile)?.map(|it| it.uuid);
        let unknown_device_profile = profile(fields.unknown_device_profile)?.map(|it| it.uuid);
        let clients = reading.authorize::<View>(organization)?.radius_clients();
        let mac_password_set =
            fields.mac_authentication && clients.has_mac_password(record.uuid)?;
        Ok(Self {
            id: record.uuid,
            created: Moment(record.stamp.created),
            modified: Moment(record.stamp.modified),
            name: fields.name,
            sources: fields.sources.into_iter().map(Network).collect(),
            require_message_authenticator: fields.require_message_authenticator,
            limit_proxy_state: fields.limit_proxy_state,
            allowed_groups: groups::shown(reading, organization, &fields.allowed_groups)?,
            reply_profile,
            second_factor: fields.second_factor.map(Into::into),
            asks_for_code: fields.asks_for_code,
            rules: rules::shown(fields.rules, reading, organization)?,
            locked_or_expired: fields.locked_or_expired.into(),
            certificates: GearCertificates::of(fields.certificates),
            previous_secret_until: record.previous_until.map(Moment),
            mac_authentication: fields.mac_authentication,
            mac_password_set,
            unknown_device_profile,
            orders: fields.orders.into(),
            time_zone: fields.time_zone,
            weaknesses: None,
        })
    }

    /// Shows a RADIUS client with its revision.
    fn revised(
        record: records::RadiusClient,
        reading: &ReadingTransaction,
        organization: OrganizationId,
    ) -> Result<Revised<Self>, Problem> {
        Ok(Revised::new(record.stamp.revision, Self::of(record, reading, organization)?))
    }
}

/// The reply profile with an external id.
fn profile(
    reading: &ReadingTransaction,
    organization: OrganizationId,
    uuid: Uuid,
    pointer: &str,
) -> Result<ReplyProfileId, Problem> {
    let found = reading.authorize::<View>(organization)?.reply_profiles().id_of(uuid);
    found.map_err(|error| dangling(error, pointer, "reply profile").into())
}
