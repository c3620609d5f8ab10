//! Changing a RADIUS client.

use directory::access::ManageConfiguration;
use directory::records::{self, NetworkRule, RadiusClientFields};
use directory::{GroupId, OrganizationId, ReadingTransaction, ReplyProfileId};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::certificates::GearCertificates;
use super::orders::GearOrders;
use super::rules::{self, Rule};
use super::{LockedOrExpired, RadiusClient, profile};
use crate::body::Body;
use crate::caller::{Item, Within};
use crate::network::Network;
use crate::patch::{present, set};
use crate::problem::Problem;
use crate::revision::{IfMatch, Revised};
use crate::second_factor::Demand;
use crate::secret_text::SecretText;
use crate::v1::groups;

/// What changes of a RADIUS client; what is left out stays, null clears.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"sources": ["192.0.2.0/24", "2001:db8::/64"], "reply_profile": null}))]
pub(crate) struct RadiusClientPatch {
    /// The client's name.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String)]
    name: Option<String>,
    /// The networks that its datagrams may come from.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Vec<Network>)]
    sources: Option<Vec<Network>>,
    /// Whether a request without Message-Authenticator is dropped.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = bool)]
    require_message_authenticator: Option<bool>,
    /// Whether a request with Proxy-State but without Message-Authenticator is dropped.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = bool)]
    limit_proxy_state: Option<bool>,
    /// Whose members are accepted where no rule is met, nested ones included; empty for every
    /// active user.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Vec<Uuid>)]
    allowed_groups: Option<Vec<Uuid>>,
    /// What an accept carries where no rule is met.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Uuid>)]
    reply_profile: Option<Option<Uuid>>,
    /// What is demanded beside a password of who asks through it; null for the organization's demand.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Demand>)]
    second_factor: Option<Option<Demand>>,
    /// Whether who gave the password without a code is asked for the code (Access-Challenge). Over
    /// PAP alone: other methods have no room for it.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = bool)]
    asks_for_code: Option<bool>,
    /// Rules; the first one whose conditions are all met decides. Where none is,
    /// `allowed_groups` and `reply_profile` do. To let in nobody else, end with one that rejects all.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Vec<Rule>)]
    rules: Option<Vec<Rule>>,
    /// What becomes of those whom wrong passwords locked out or whose password has ended. With
    /// `maintain` they are let in with the right proof, and guessing is slowed down but locks
    /// nobody out here. Whom an admin locked out stays out.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = LockedOrExpired)]
    locked_or_expired: Option<LockedOrExpired>,
    /// By which certificates it is known inside TLS; those of before are not any more.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = GearCertificates)]
    certificates: Option<GearCertificates>,
    /// Whether devices are let in by their hardware addresses (MAC authentication): a request whose
    /// User-Name is an address and whose password (by PAP, CHAP or EAP-MD5) is the same one, or that is
    /// a Call-Check, with that address as Calling-Station-Id. Anybody could claim an address, so give
    /// devices little.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = bool)]
    mac_authentication: Option<bool>,
    /// What its gear gives for the password of all devices, where that is not their address; by PAP or
    /// CHAP, and with `mac_authentication` alone, with which it goes. Null for none.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, format = Password)]
    mac_password: Option<Option<SecretText>>,
    /// What an accept of a device that is not known carries where no rule about `unknown` ones is met;
    /// those are not let in when null.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Uuid>)]
    unknown_device_profile: Option<Option<Uuid>>,
    /// What its gear is told about sessions that go on, when something of their users changes; what
    /// is left out in it is not told.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = GearOrders)]
    orders: Option<GearOrders>,
    /// Where its gear stands, by the name of a time zone of the IANA database, such as `Europe/Berlin`:
    /// by its clocks, summer time included, the `times` of `rules` are judged.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String)]
    time_zone: Option<String>,
}

/// Changes a RADIUS client.
#[utoipa::path(
    patch,
    path = "/organizations/{organization}/radius-clients/{radius_client}",
    tag = "RADIUS clients",
    params(IfMatch),
    request_body = RadiusClientPatch,
    responses((status = 200, description = "As changed.", body = RadiusClient)),
    extensions(("x-permission" = json!("manage_configuration")))
)]
pub(crate) async fn update_radius_client(
    within: Within<ManageConfiguration>,
    Item(radius_client): Item,
    IfMatch(revision): IfMatch,
    Body(mut patch): Body<RadiusClientPatch>,
) -> Result<Revised<RadiusClient>, Problem> {
    let organization = within.organization;
    let mac_password = patch.mac_password.take();
    let patch = patch.resolve(&within.caller.read()?, organization)?;
    let changed = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(organization)?;
        let mut clients = grant.radius_clients();
        let id = clients.id_of(radius_client)?;
        let changed = clients.update(id, revision, |client| {
            patch.apply(&mut client.fields);
            Ok(())
        })?;
        match mac_password {
            Some(password) => {
                clients.set_mac_password(id, password.as_ref().map(SecretText::expose))
            }
            None => Ok(changed),
        }
    });
    RadiusClient::revised(changed.await?, &within.caller.read()?, organization)
}

/// A patch whose ids are found.
struct Resolved {
    patch: RadiusClientPatch,
    allowed_groups: Option<Vec<GroupId>>,
    reply_profile: Option<Option<ReplyProfileId>>,
    unknown_device_profile: Option<Option<ReplyProfileId>>,
    rules: Option<Vec<NetworkRule>>,
    certificates: Option<records::GearCertificates>,
}

impl RadiusClientPatch {
    fn resolve(
        mut self,
        reading: &ReadingTransaction,
        organization: OrganizationId,
    ) -> Result<Resolved, Problem> {
        let find_groups =
            |uuids: Vec<Uuid>| groups::resolve(reading, organization, &uuids, "/allowed_groups");
        let find_profile = |uuid: Option<Option<Uuid>>, pointer: &str| {
            let find = |uuid| profile(reading, organization, uuid, pointer);
            uuid.map(|uuid| uuid.map(find).transpose()).transpose()
        };
        let allowed_groups = self.allowed_groups.take().map(find_groups).transpose()?;
        let reply_profile = find_profile(self.reply_profile.take(), "/reply_profile")?;
        let pointer = "/unknown_device_profile";
        let unknown_device_profile = find_profile(self.unknown_device_profile.take(), pointer)?;
        let rules = self.rules.take();
        let rules = rules.map(|rules| rules::resolve(rules, reading, organization)).transpose()?;
        let certificates = self.certificates.take().map(GearCertificates::parse).transpose()?;
        Ok(Resolved {
            patch: self,
            allowed_groups,
            reply_profile,
            unknown_device_profile,
            rules,
            certificates,
        })
    }
}

impl Resolved {
    fn apply(self, fields: &mut RadiusClientFields) {
        let patch = self.patch;
        let sources = patch.sources.map(|list| list.into_iter().map(|it| it.0).collect());
        set(&mut fields.name, patch.name);
        set(&mut fields.sources, sources);
        set(&mut fields.require_message_authenticator, patch.require_message_authenticator);
        set(&mut fields.limit_proxy_state, patch.limit_proxy_state);
        set(&mut fields.allowed_groups, self.allowed_groups);
        set(&mut fields.reply_profile, self.reply_profile);
        set(&mut fields.second_factor, patch.second_factor.map(|demand| demand.map(Into::into)));
        set(&mut fields.asks_for_code, patch.asks_for_code);
        set(&mut fields.rules, self.rules);
        set(&mut fields.mac_authentication, patch.mac_authentication);
        set(&mut fields.unknown_device_profile, self.unknown_device_profile);
        set(&mut fields.locked_or_expired, patch.locked_or_expired.map(Into::into));
        set(&mut fields.certificates, self.certificates);
        set(&mut fields.orders, patch.orders.map(Into::into));
        set(&mut fields.time_zone, patch.time_zone);
    }
}
