//! Network gear that asks over RADIUS.

use std::collections::BTreeSet;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use storage::{Corrupt, Entries, Id, Kind, Record};
use uuid::Uuid;

use super::network_rule::{RuleOfVersion3, RuleOfVersion4};
use super::{
    Consequence, Demand, GearCertificates, GearOrders, NetworkRule, Stamp, Trigger, indices, kinds,
};
use crate::id::{GroupId, RecordId, ReplyProfileId};
use crate::text::prepare;
use crate::time::Time;
use crate::zone::UTC;

/// A RADIUS client's record; the shared secret is sealed beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RadiusClient {
    /// The stable external id.
    pub uuid: Uuid,
    /// When made and changed.
    pub stamp: Stamp,
    /// What admins write.
    pub fields: RadiusClientFields,
    /// Until when the secret counts that was shared before, where one still does.
    pub previous_until: Option<Time>,
}

/// What admins write of a RADIUS client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RadiusClientFields {
    /// The client's name; unique in the organization.
    pub name: String,
    /// The networks that its datagrams may come from; none for one that comes inside TLS alone.
    pub sources: Vec<IpNet>,
    /// Whether a request without Message-Authenticator is dropped.
    pub require_message_authenticator: bool,
    /// Whether a request with Proxy-State but without Message-Authenticator is dropped.
    pub limit_proxy_state: bool,
    /// Whose members are accepted where no rule is met, nested ones included; empty for every
    /// active user.
    pub allowed_groups: Vec<GroupId>,
    /// What an accept carries where no rule is met.
    pub reply_profile: Option<ReplyProfileId>,
    /// What is demanded beside a password of who asks through it; what the organization demands
    /// when absent.
    pub second_factor: Option<Demand>,
    /// Whether who gave the password without a code is asked for the code.
    pub asks_for_code: bool,
    /// The first one that is met decides.
    pub rules: Vec<NetworkRule>,
    /// What becomes of those whom wrong passwords locked out or whose password has ended.
    pub locked_or_expired: LockedOrExpired,
    /// By which it is known inside TLS.
    pub certificates: GearCertificates,
    /// Whether devices are let in by their hardware addresses, which prove nothing.
    pub mac_authentication: bool,
    /// What an accept of a device that is not known carries where no rule about such is met; they are not
    /// let in when absent.
    pub unknown_device_profile: Option<ReplyProfileId>,
    /// What it wants to be told about sessions that go on.
    pub orders: GearOrders,
    /// Where its gear stands, by the name of a time zone of the IANA database: by its clocks times of
    /// the week are judged in rules.
    pub time_zone: String,
}

/// What becomes of those whom wrong passwords locked out or whose password has ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockedOrExpired {
    /// They are not let in.
    #[default]
    Reject,
    /// They are, with the right proof; guessing is slowed down all the same.
    Maintain,
}

impl Default for RadiusClientFields {
    fn default() -> Self {
        Self {
            name: String::new(),
            sources: Vec::new(),
            require_message_authenticator: true,
            limit_proxy_state: true,
            allowed_groups: Vec::new(),
            reply_profile: None,
            second_factor: None,
            asks_for_code: false,
            rules: Vec::new(),
            locked_or_expired: LockedOrExpired::Reject,
            certificates: GearCertificates::default(),
            mac_authentication: false,
            unknown_device_profile: None,
            orders: GearOrders::default(),
            time_zone: UTC.to_owned(),
        }
    }
}

impl Record for RadiusClient {
    const KIND: Kind = kinds::RADIUS_CLIENT;
    const VERSION: u8 = 7;

    fn upgrade(version: u8, body: &[u8]) -> Result<Self, Corrupt> {
        match version {
            1 => storage::decode::<Version1>(body).map(Self::from),
            2 => storage::decode::<Version2>(body).map(Self::from),
            3 => storage::decode::<Version3>(body).map(Self::from),
            4 => storage::decode::<Version4>(body).map(Self::from),
            5 => storage::decode::<Version5>(body).map(Self::from),
            6 => storage::decode::<Version6>(body).map(Self::from),
            other => Err(Corrupt::version(Self::KIND, other)),
        }
    }

    fn index(&self, entries: &mut Entries) {
        entries.add(indices::RADIUS_CLIENT_UUID, self.uuid.as_bytes());
        entries.add(indices::RADIUS_CLIENT_NAME, prepare(&self.fields.name).as_bytes());
        let of_client = [self.fields.reply_profile, self.fields.unknown_device_profile];
        let of_rules = self.fields.rules.iter().filter_map(|rule| rule.then.profile());
        let profiles: BTreeSet<Id> =
            of_client.into_iter().flatten().chain(of_rules).map(RecordId::record).collect();
        for id in profiles {
            entries.add(indices::RADIUS_CLIENT_PROFILE, &id.to_be_bytes());
        }
        for trigger in Trigger::ALL {
            if self.fields.orders.after(trigger) != Consequence::Nothing {
                entries.add(indices::RADIUS_CLIENT_ORDERS, &[trigger.number()]);
            }
        }
    }
}

/// The record as version 1 wrote it.
#[derive(Deserialize)]
#[cfg_attr(test, derive(Serialize))]
struct Version1 {
    uuid: Uuid,
    stamp: Stamp,
    name: String,
    sources: Vec<IpNet>,
    require_message_authenticator: bool,
    limit_proxy_state: bool,
    allowed_groups: Vec<GroupId>,
    reply_profile: Option<ReplyProfileId>,
}

impl From<Version1> for RadiusClient {
    fn from(old: Version1) -> Self {
        let fields = RadiusClientFields {
            name: old.name,
            sources: old.sources,
            require_message_authenticator: old.require_message_authenticator,
            limit_proxy_state: old.limit_proxy_state,
            allowed_groups: old.allowed_groups,
            reply_profile: old.reply_profile,
            ..RadiusClientFields::default()
        };
        Self { uuid: old.uuid, stamp: old.stamp, fields, previous_until: None }
    }
}

/// The record as version 2 wrote it.
#[derive(Deserialize)]
#[cfg_attr(test, derive(Serialize))]
struct Version2 {
    uuid: Uuid,
    stamp: Stamp,
    fields: FieldsBefore<RuleOfVersion3>,
    previous_until: Option<Time>,
}

/// The fields but for orders, which stand behind them, as versions 2 to 5 wrote them, each with rules of
/// its own.
#[derive(Deserialize)]
#[cfg_attr(test, derive(Serialize))]
struct FieldsBefore<R> {
    name: String,
    sources: Vec<IpNet>,
    require_message_authenticator: bool,
    limit_proxy_state: bool,
    allowed_groups: Vec<GroupId>,
    reply_profile: Option<ReplyProfileId>,
    second_factor: Option<Demand>,
    asks_for_code: bool,
    rules: Vec<R>,
    locked_or_expired: LockedOrExpired,
    certificates: GearCertificates,
    mac_authentication: bool,
    unknown_device_profile: Option<ReplyProfileId>,
}

impl<R: Into<NetworkRule>> From<FieldsBefore<R>> for RadiusClientFields {
    fn from(old: FieldsBefore<R>) -> Self {
        Self {
            name: old.name,
            sources: old.sources,
            require_message_authenticator: old.require_message_authenticator,
            limit_proxy_state: old.limit_proxy_state,
            allowed_groups: old.allowed_groups,
            reply_profile: old.reply_profile,
            second_factor: old.second_factor,
            asks_for_code: old.asks_for_code,
            rules: old.rules.into_iter().map(Into::into).collect(),
            locked_or_expired: old.locked_or_expired,
            certificates: old.certificates,
            mac_authentication: old.mac_authentication,
            unknown_device_profile: old.unknown_device_profile,
            ..Self::default()
        }
    }
}

impl From<Version2> for RadiusClient {
    fn from(old: Version2) -> Self {
        let Version2 { uuid, stamp, fields, previous_until } = old;
        Self { uuid, stamp, fields: fields.into(), previous_until }
    }
}

/// The record as version 3 wrote it.
#[derive(Deserialize)]
#[cfg_attr(test, derive(Serialize))]
struct Version3 {
    uuid: Uuid,
    stamp: Stamp,
    fields: FieldsBefore<RuleOfVersion3>,
    orders: OrdersOfVersion3,
    previous_until: Option<Time>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(Serialize))]
struct OrdersOfVersion3 {
    port: u16,
    suspended: Consequence,
    locked: Consequence,
    left_group: Consequence,
    password_changed: Consequence,
}

impl From<Version3> for RadiusClient {
    fn from(old: Version3) -> Self {
        let Version3 { uuid, stamp, fields, orders: old, previous_until } = old;
        let mut client = Self::from(Version2 { uuid, stamp, fields, previous_until });
        client.fields.orders = GearOrders {
            port: old.port,
            suspended: old.suspended,
            locked: old.locked,
            left_group: old.left_group,
            password_changed: old.password_changed,
            ..GearOrders::default()
        };
        client
    }
}

/// The record as version 4 wrote it.
#[derive(Deserialize)]
#[cfg_attr(test, derive(Serialize))]
struct Version4 {
    uuid: Uuid,
    stamp: Stamp,
    fields: FieldsBefore<RuleOfVersion4>,
    orders: OrdersOfVersion4,
    previous_until: Option<Time>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(Serialize))]
struct OrdersOfVersion4 {
    port: u16,
    suspended: Consequence,
    locked: Consequence,
    left_group: Consequence,
    password_changed: Consequence,
    certificate_revoked: Consequence,
}

impl From<Version4> for RadiusClient {
    fn from(old: Version4) -> Self {
        let Version4 { uuid, stamp, fields, orders: old, previous_until } = old;
        let orders = GearOrders {
            port: old.port,
            suspended: old.suspended,
            locked: old.locked,
            left_group: old.left_group,
            password_changed: old.password_changed,
            certificate_revoked: old.certificate_revoked,
            ..GearOrders::default()
        };
        let fields = RadiusClientFields { orders, ..fields.into() };
        Self { uuid, stamp, fields, previous_until }
    }
}

/// The record as version 5 wrote it.
#[derive(Deserialize)]
#[cfg_attr(test, derive(Serialize))]
struct Version5 {
    uuid: Uuid,
    stamp: Stamp,
    fields: FieldsBefore<NetworkRule>,
    orders: OrdersOfVersion5,
    previous_until: Option<Time>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(Serialize))]
struct OrdersOfVersion5 {
    port: u16,
    suspended: Consequence,
    locked: Consequence,
    left_group: Consequence,
    joined_group: Consequence,
    password_changed: Consequence,
    certificate_revoked: Consequence,
    end_when_refused: bool,
}

impl From<Version5> for RadiusClient {
    fn from(old: Version5) -> Self {
        let Version5 { uuid, stamp, fields, orders, previous_until } = old;
        let fields = RadiusClientFields { orders: orders.into(), ..fields.into() };
        Self { uuid, stamp, fields, previous_until }
    }
}

impl From<OrdersOfVersion5> for GearOrders {
    fn from(old: OrdersOfVersion5) -> Self {
        Self {
            port: old.port,
            suspended: old.suspended,
            locked: old.locked,
            left_group: old.left_group,
            joined_group: old.joined_group,
            password_changed: old.password_changed,
            certificate_revoked: old.certificate_revoked,
            end_when_refused: old.end_when_refused,
            ..Self::default()
        }
    }
}

/// The record as version 6 wrote it.
#[derive(Deserialize)]
#[cfg_attr(test, derive(Serialize))]
struct Version6 {
    uuid: Uuid,
    stamp: Stamp,
    fields: FieldsBefore<NetworkRule>,
    orders: OrdersOfVersion6,
    time_zone: String,
    previous_until: Option<Time>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(Serialize))]
struct OrdersOfVersion6 {
    before: OrdersOfVersion5,
    policy_changed: Consequence,
}

impl From<Version6> for RadiusClient {
    fn from(old: Version6) -> Self {
        let Version6 { uuid, stamp, fields, orders, time_zone, previous_until } = old;
        let orders = GearOrders { policy_changed: orders.policy_changed, ..orders.before.into() };
        let fields = RadiusClientFields { orders, time_zone, ..fields.into() };
        Self { uuid, stamp, fields, previous_until }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_version_6_knew_stays_and_orders_go_by_datagram() {
        let before = OrdersOfVersion5 {
            port: 1_700,
            suspended: Consequence::Disconnect,
            locked: Consequence::Nothing,
            left_group: Consequence::Change,
            joined_group: Consequence::Nothing,
            password_changed: Consequence::Nothing,
            certificate_revoked: Consequence::Nothing,
            end_when_refused: true,
        };
        let orders = OrdersOfVersion6 { before, policy_changed: Consequence::Change };
        let fields = FieldsBefore {
            name: "switch".into(),
            sources: Vec::new(),
            require_message_authenticator: true,
            limit_proxy_state: true,
            allowed_groups: Vec::new(),
            reply_profile: None,
            second_factor: None,
            asks_for_code: false,
            rules: Vec::new(),
            locked_or_expired: LockedOrExpired::Reject,
            certificates: GearCertificates::default(),
            mac_authentication: true,
            unknown_device_profile: None,
        };
        let (uuid, stamp) = (Uuid::from_u128(7), Stamp::new(Time(1)));
        let (time_zone, previous_until) = ("Europe/Vienna".to_owned(), Some(Time(9)));
        let old = Version6 { uuid, stamp, fields, orders, time_zone, previous_until };
        let read = RadiusClient::upgrade(6, &storage::encode(&old).unwrap()).unwrap();
        let orders = GearOrders {
            port: 1_700,
            suspended: Consequence::Disconnect,
            left_group: Consequence::Change,
            end_when_refused: true,
            policy_changed: Consequence::Change,
            way: crate::records::OrderWay::Datagram,
            ..GearOrders::default()
        };
        let expected = RadiusClientFields {
            name: "switch".into(),
            mac_authentication: true,
            orders,
            time_zone: "Europe/Vienna".into(),
            ..RadiusClientFields::default()
        };
        assert_eq!((read.uuid, read.stamp, read.fields), (uuid, stamp, expected));
        assert_eq!(read.previous_until, Some(Time(9)));
    }

    #[test]
    fn what_version_1_knew_stays_and_the_rest_has_its_default() {
        let old = Version1 {
            uuid: Uuid::from_u128(7),
            stamp: Stamp::new(Time(1)),
            name: "switch".into(),
            sources: vec!["192.0.2.0/24".parse().unwrap()],
            require_message_authenticator: false,
            limit_proxy_state: false,
            allowed_groups: Vec::new(),
            reply_profile: None,
        };
        let read = RadiusClient::upgrade(1, &storage::encode(&old).unwrap()).unwrap();
        let expected = RadiusClientFields {
            name: "switch".into(),
            sources: old.sources,
            require_message_authenticator: false,
            limit_proxy_state: false,
            ..RadiusClientFields::default()
        };
        assert_eq!((read.uuid, read.stamp, read.fields), (old.uuid, old.stamp, expected));
        assert!(RadiusClient::upgrade(0, &[]).is_err());
    }
    #[test]
    fn what_version_2_knew_stays_and_gear_is_told_nothing() {
        let old = Version2 {
            uuid: Uuid::from_u128(7),
            stamp: Stamp::new(Time(1)),
            fields: FieldsBefore {
                name: "switch".into(),
                sources: vec!["192.0.2.0/24".parse().unwrap()],
                require_message_authenticator: true,
                limit_proxy_state: false,
                allowed_groups: vec![RecordId::from_record(3).unwrap()],
                reply_profile: RecordId::from_record(4),
                second_factor: None,
                asks_for_code: true,
                rules: Vec::new(),
                locked_or_expired: LockedOrExpired::Maintain,
                certificates: GearCertificates::default(),
                mac_authentication: true,
                unknown_device_profile: RecordId::from_record(5),
            },
            previous_until: Some(Time(9)),
        };
        let read = RadiusClient::upgrade(2, &storage::encode(&old).unwrap()).unwrap();
        let expected = RadiusClientFields {
            name: "switch".into(),
            sources: old.fields.sources,
            limit_proxy_state: false,
            allowed_groups: old.fields.allowed_groups,
            reply_profile: old.fields.reply_profile,
            asks_for_code: true,
            locked_or_expired: LockedOrExpired::Maintain,
            mac_authentication: true,
            unknown_device_profile: old.fields.unknown_device_profile,
            ..RadiusClientFields::default()
        };
        assert_eq!((read.uuid, read.stamp), (old.uuid, old.stamp));
        assert_eq!((read.fields, read.previous_until), (expected, Some(Time(9))));
    }

    #[test]
    fn what_version_3_knew_stays_and_no_certificate_ends_a_session() {
        let fields = FieldsBefore {
            name: "switch".into(),
            sources: Vec::new(),
            require_message_authenticator: true,
            limit_proxy_state: true,
            allowed_groups: Vec::new(),
            reply_profile: None,
            second_factor: None,
            asks_for_code: false,
            rules: Vec::new(),
            locked_or_expired: LockedOrExpired::Reject,
            certificates: GearCertificates::default(),
            mac_authentication: false,
            unknown_device_profile: None,
        };
        let orders = OrdersOfVersion3 {
            port: 1_700,
            suspended: Consequence::Disconnect,
            locked: Consequence::Nothing,
            left_group: Consequence::Disconnect,
            password_changed: Consequence::Disconnect,
        };
        let (uuid, stamp) = (Uuid::from_u128(7), Stamp::new(Time(1)));
        let old = Version3 { uuid, stamp, fields, orders, previous_until: Some(Time(9)) };
        let read = RadiusClient::upgrade(3, &storage::encode(&old).unwrap()).unwrap();
        let orders = GearOrders {
            port: 1_700,
            suspended: Consequence::Disconnect,
            left_group: Consequence::Disconnect,
            password_changed: Consequence::Disconnect,
            ..GearOrders::default()
        };
        let expected =
            RadiusClientFields { name: "switch".into(), orders, ..RadiusClientFields::default() };
        assert_eq!((read.fields, read.previous_until), (expected, Some(Time(9))));
    }

    #[test]
    fn what_version_4_knew_stays_and_nobody_has_to_come_with_a_device() {
        // What a rule of version 4 named, as its octets: a name, a group, a method, a kind of port, a
        // network, no times, no gear, no networks of it, a kind of service; accepted without a profile.
        let rule = [1, b'r', 1, 3, 1, 0, 1, 19, 1, 1, b's', 0, 0, 0, 1, 2, 0, 0];
        let rule: RuleOfVersion4 = storage::decode(&rule).unwrap();
        let orders = OrdersOfVersion4 {
            port: 1_700,
            suspended: Consequence::Disconnect,
            locked: Consequence::Nothing,
            left_group: Consequence::Disconnect,
            password_changed: Consequence::Nothing,
            certificate_revoked: Consequence::Disconnect,
        };
        let fields = FieldsBefore {
            name: "switch".into(),
            sources: Vec::new(),
            require_message_authenticator: true,
            limit_proxy_state: true,
            allowed_groups: Vec::new(),
            reply_profile: None,
            second_factor: None,
            asks_for_code: false,
            rules: vec![rule],
            locked_or_expired: LockedOrExpired::Reject,
            certificates: GearCertificates::default(),
            mac_authentication: true,
            unknown_device_profile: None,
        };
        let (uuid, stamp) = (Uuid::from_u128(7), Stamp::new(Time(1)));
        let old = Version4 { uuid, stamp, fields, orders, previous_until: Some(Time(9)) };
        let read = RadiusClient::upgrade(4, &storage::encode(&old).unwrap()).unwrap();
        let orders = GearOrders {
            port: 1_700,
            suspended: Consequence::Disconnect,
            left_group: Consequence::Disconnect,
            certificate_revoked: Consequence::Disconnect,
            ..GearOrders::default()
        };
        let when = crate::records::Conditions {
            groups: vec![RecordId::from_record(3).unwrap()],
            methods: vec![crate::network::NetworkMethod::Pap],
            port_types: vec![19],
            ssids: vec!["s".into()],
            service_types: vec![2],
            ..Default::default()
        };
        let rule =
            NetworkRule { name: "r".into(), when, then: crate::records::RuleVerdict::Accept(None) };
        let expected = RadiusClientFields {
            name: "switch".into(),
            rules: vec![rule],
            mac_authentication: true,
            orders,
            ..RadiusClientFields::default()
        };
        assert_eq!((read.fields, read.previous_until), (expected, Some(Time(9))));
    }

    #[test]
    fn what_version_5_knew_stays_and_clocks_show_utc() {
        let orders = OrdersOfVersion5 {
            port: 1_700,
            suspended: Consequence::Disconnect,
            locked: Consequence::Nothing,
            left_group: Consequence::Change,
            joined_group: Consequence::Change,
            password_changed: Consequence::Nothing,
            certificate_revoked: Consequence::Disconnect,
            end_when_refused: true,
        };
        let when = crate::records::Conditions {
            times: vec![crate::records::WeekPeriod { days: 0b11111, from: 480, to: 1_080 }],
            with_device: Some(crate::records::WithDevice::Own),
            ..Default::default()
        };
        let rule =
            NetworkRule { name: "r".into(), when, then: crate::records::RuleVerdict::Reject };
        let fields = FieldsBefore {
            name: "switch".into(),
            sources: Vec::new(),
            require_message_authenticator: true,
            limit_proxy_state: true,
            allowed_groups: Vec::new(),
            reply_profile: RecordId::from_record(4),
            second_factor: None,
            asks_for_code: false,
            rules: vec![rule.clone()],
            locked_or_expired: LockedOrExpired::Reject,
            certificates: GearCertificates::default(),
            mac_authentication: true,
            unknown_device_profile: None,
        };
        let (uuid, stamp) = (Uuid::from_u128(7), Stamp::new(Time(1)));
        let old = Version5 { uuid, stamp, fields, orders, previous_until: Some(Time(9)) };
        let read = RadiusClient::upgrade(5, &storage::encode(&old).unwrap()).unwrap();
        let orders = GearOrders {
            port: 1_700,
            suspended: Consequence::Disconnect,
            left_group: Consequence::Change,
            joined_group: Consequence::Change,
            certificate_revoked: Consequence::Disconnect,
            end_when_refused: true,
            ..GearOrders::default()
        };
        let expected = RadiusClientFields {
            name: "switch".into(),
            rules: vec![rule],
            reply_profile: RecordId::from_record(4),
            mac_authentication: true,
            orders,
            time_zone: "UTC".into(),
            ..RadiusClientFields::default()
        };
        assert_eq!((read.fields, read.previous_until), (expected, Some(Time(9))));
        assert_eq!(orders.policy_changed, Consequence::Nothing);
    }
}
