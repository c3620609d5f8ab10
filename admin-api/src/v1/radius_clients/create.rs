//! Making a RADIUS client.

use directory::access::ManageConfiguration;
use directory::records::RadiusClientFields;
use directory::{OrganizationId, ReadingTransaction};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::certificates::GearCertificates;
use super::orders::GearOrders;
use super::rules::{self, Rule};
use super::{LockedOrExpired, RadiusClient, profile};
use crate::body::Body;
use crate::caller::Within;
use crate::network::Network;
use crate::problem::Problem;
use crate::revision::{Created, Revised};
use crate::second_factor::Demand;
use crate::secret_text::SecretText;
use crate::v1::groups;

/// What a RADIUS client starts with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "office wifi", "sources": ["192.0.2.0/24"]}))]
pub(crate) struct NewRadiusClient {
    /// The client's name; unique in the organization.
    name: String,
    /// The networks that its datagrams may come from; may be empty where there are certificates.
    sources: Vec<Network>,
    /// The shared secret, 16 to 128 octets; generated when absent.
    secret: Option<SecretText>,
    /// Whether a request without Message-Authenticator is dropped; true when absent.
    #[serde(default = "yes")]
    #[schema(default = true)]
    require_message_authenticator: bool,
    /// Whether a request with Proxy-State but without Message-Authenticator is dropped; true
    /// when absent.
    #[serde(default = "yes")]
    #[schema(default = true)]
    limit_proxy_state: bool,
    /// Whose members are accepted where no rule is met, nested ones included; empty for every
    /// active user.
    #[serde(default)]
    allowed_groups: Vec<Uuid>,
    /// What an accept carries where no rule is met.
    reply_profile: Option<Uuid>,
    /// What is demanded beside a password of who asks through it; the organization's demand when
    /// absent.
    second_factor: Option<Demand>,
    /// Whether who gave the password without a code is asked for the code (Access-Challenge). Over
    /// PAP alone: other methods have no room for it.
    #[serde(default)]
    asks_for_code: bool,
    /// Rules; the first one whose conditions are all met decides. Where none is,
    /// `allowed_groups` and `reply_profile` do. To let in nobody else, end with one that rejects all.
    #[serde(default)]
    rules: Vec<Rule>,
    /// What becomes of those whom wrong passwords locked out or whose password has ended. With
    /// `maintain` they are let in with the right proof, and guessing is slowed down but locks
    /// nobody out here. Whom an admin locked out stays out.
    #[serde(default)]
    locked_or_expired: LockedOrExpired,
    /// By which certificates it is known inside TLS.
    #[serde(default)]
    certificates: GearCertificates,
    /// Whether devices are let in by their hardware addresses (MAC authentication): a request whose
    /// User-Name is an address and whose password (by PAP, CHAP or EAP-MD5) is the same one, or that is
    /// a Call-Check, with that address as Calling-Station-Id. Anybody could claim an address, so give
    /// devices little.
    #[serde(default)]
    mac_authentication: bool,
    /// What its gear gives for the password of all devices, where that is not their address; by PAP or
    /// CHAP, and with `mac_authentication` alone.
    mac_password: Option<SecretText>,
    /// What an accept of a device that is not known carries where no rule about `unknown` ones is met;
    /// those are not let in when null.
    unknown_device_profile: Option<Uuid>,
    /// What its gear is told about sessions that go on, when something of their users changes;
    /// nothing when absent.
    #[serde(default)]
    orders: GearOrders,
    /// Where its gear stands, by the name of a time zone of the IANA database, such as `Europe/Berlin`:
    /// by its clocks, summer time included, the `times` of `rules` are judged. `UTC` when absent.
    #[serde(default = "utc")]
    #[schema(default = "UTC")]
    time_zone: String,
}

/// A RADIUS client with its secret, shown here and by the route that reveals it.
#[derive(Serialize, ToSchema)]
pub(crate) struct RadiusClientWithSecret {
    #[serde(flatten)]
    client: RadiusClient,
    /// The shared secret.
    secret: String,
}

/// A generated secret has this many letters and digits: 190 bits.
pub(super) const SECRET_LENGTH: usize = 32;

/// Makes a RADIUS client.
#[utoipa::path(
    post,
    path = "/organizations/{organization}/radius-clients",
    tag = "RADIUS clients",
    request_body = NewRadiusClient,
    responses((status = 201, description = "Made.", body = RadiusClientWithSecret)),
    extensions(("x-permission" = json!("manage_configuration")))
)]
pub(crate) async fn create_radius_client(
    within: Within<ManageConfiguration>,
    Body(mut new): Body<NewRadiusClient>,
) -> Result<Created<RadiusClientWithSecret>, Problem> {
    let organization = within.organization;
    let tools = within.caller.api.directory.tools();
    let secret = match new.secret.take() {
        Some(secret) => secret.expose().to_owned(),
        None => tools.password(SECRET_LENGTH),
    };
    let mac_password = new.mac_password.take();
    let fields = new.resolve(&within.caller.read()?, organization)?;
    let given = secret.clone();
    let made = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(organization)?;
        let mut clients = grant.radius_clients();
        let (id, made) = clients.create(fields, &given)?;
        match mac_password {
            Some(password) => clients.set_mac_password(id, Some(password.expose())),
            None => Ok(made),
        }
    });
    let record = made.await?;
    let revision = record.stamp.revision;
    let client = RadiusClient::of(record, &within.caller.read()?, organization)?;
    Ok(Created(Revised::new(revision, RadiusClientWithSecret { client, secret })))
}

fn yes() -> bool {
    true
}

fn utc() -> String {
    RadiusClientFields::default().time_zone
}

impl NewRadiusClient {
    fn resolve(
        self,
        reading: &ReadingTransaction,
        organization: OrganizationId,
    ) -> Result<RadiusClientFields, Problem> {
        let pointer = "/allowed_groups";
        let profile = |uuid: Option<Uuid>, pointer| {
            uuid.map(|uuid| profile(reading, organization, uuid, pointer)).transpose()
        };
        let reply_profile = profile(self.reply_profile, "/reply_profile")?;
        let unknown = profile(self.unknown_device_profile, "/unknown_device_profile")?;
        Ok(RadiusClientFields {
            name: self.name,
            sources: self.sources.into_iter().map(|source| source.0).collect(),
            require_message_authenticator: self.require_message_authenticator,
            limit_proxy_state: self.limit_proxy_state,
            allowed_groups: groups::resolve(reading, organization, &self.allowed_groups, pointer)?,
            reply_profile,
            second_factor: self.second_factor.map(Into::into),
            asks_for_code: self.asks_for_code,
            rules: rules::resolve(self.rules, reading, organization)?,
            locked_or_expired: self.locked_or_expired.into(),
            certificates: self.certificates.parse()?,
            mac_authentication: self.mac_authentication,
            unknown_device_profile: unknown,
            orders: self.orders.into(),
            time_zone: self.time_zone,
        })
    }
}
