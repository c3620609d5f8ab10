//! A rule about those who ask through network gear: whom it is about, and what becomes of them.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::id::{GroupId, ReplyProfileId};
use crate::network::{Circumstances, GearName, NetworkMethod, Ssid};
use crate::zone::WeekMinute;

/// A rule of a RADIUS client. The first one whose conditions are all met decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkRule {
    /// What events call it; unique in its client.
    pub name: String,
    /// Whom it is about.
    pub when: Conditions,
    /// What becomes of them.
    pub then: RuleVerdict,
}

/// What has to be true of a request. Each condition that names nothing is met by all; one that
/// names several things is met by each of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conditions {
    /// Groups whose members are meant, nested ones included.
    pub groups: Vec<GroupId>,
    /// Methods.
    pub methods: Vec<NetworkMethod>,
    /// Kinds of ports that gear names.
    pub port_types: Vec<u32>,
    /// Wireless networks by their names.
    pub ssids: Vec<String>,
    /// Times of the week, as clocks show it where the gear stands.
    pub times: Vec<WeekPeriod>,
    /// What gear calls itself.
    pub gear: Vec<String>,
    /// Networks in which the address lies that gear gives itself.
    pub gear_networks: Vec<IpNet>,
    /// Kinds of service that gear names.
    pub service_types: Vec<u32>,
    /// The device that they come with.
    pub with_device: Option<WithDevice>,
    /// Groups of the device that they come with, by way of nested ones as well.
    pub with_device_groups: Vec<GroupId>,
}

/// What the device has to be that a user comes with, or that comes for itself. Gear names it by its
/// hardware address, which proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WithDevice {
    /// One of the organization's, and not suspended.
    Known,
    /// Likewise, and the user's own.
    Own,
    /// None of the organization's, and it comes for itself. Rules that do not say so are never about such a
    /// device.
    Unknown,
}

/// A rule as RADIUS clients of version 4 had it.
#[derive(Deserialize)]
#[cfg_attr(test, derive(Serialize))]
pub(super) struct RuleOfVersion4 {
    name: String,
    when: ConditionsOfVersion4,
    then: RuleVerdict,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(Serialize))]
struct ConditionsOfVersion4 {
    groups: Vec<GroupId>,
    methods: Vec<NetworkMethod>,
    port_types: Vec<u32>,
    ssids: Vec<String>,
    times: Vec<WeekPeriod>,
    gear: Vec<String>,
    gear_networks: Vec<IpNet>,
    service_types: Vec<u32>,
}

impl From<RuleOfVersion4> for NetworkRule {
    fn from(old: RuleOfVersion4) -> Self {
        let RuleOfVersion4 { name, when: old, then } = old;
        let when = Conditions {
            groups: old.groups,
            methods: old.methods,
            port_types: old.port_types,
            ssids: old.ssids,
            times: old.times,
            gear: old.gear,
            gear_networks: old.gear_networks,
            service_types: old.service_types,
            with_device: None,
            with_device_groups: Vec::new(),
        };
        Self { name, when, then }
    }
}

/// A rule as RADIUS clients up to version 3 had it.
#[derive(Deserialize)]
#[cfg_attr(test, derive(Serialize))]
pub(super) struct RuleOfVersion3 {
    name: String,
    when: ConditionsOfVersion3,
    then: RuleVerdict,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(Serialize))]
struct ConditionsOfVersion3 {
    groups: Vec<GroupId>,
    methods: Vec<NetworkMethod>,
    port_types: Vec<u32>,
    ssids: Vec<String>,
    times: Vec<WeekPeriod>,
}

impl From<RuleOfVersion3> for NetworkRule {
    fn from(old: RuleOfVersion3) -> Self {
        let RuleOfVersion3 { name, when: old, then } = old;
        let when = Conditions {
            groups: old.groups,
            methods: old.methods,
            port_types: old.port_types,
            ssids: old.ssids,
            times: old.times,
            ..Conditions::default()
        };
        Self { name, when, then }
    }
}

/// A part of each of some days. Of an hour that comes twice as clocks are put back, both count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeekPeriod {
    /// A bit for each day; the lowest is Monday's.
    pub days: u8,
    /// The first minute of the day that belongs to it.
    pub from: u16,
    /// The first minute behind it, at most 1440.
    pub to: u16,
}

/// What becomes of those whom a rule is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleVerdict {
    /// They are let in with what a profile says, or without anything.
    Accept(Option<ReplyProfileId>),
    /// They are not.
    Reject,
    /// They are not, and who was proven is told this.
    RejectSaying(String),
}

impl RuleVerdict {
    /// Whether it lets in.
    pub(crate) const fn lets_in(&self) -> bool {
        matches!(self, Self::Accept(_))
    }

    /// The profile that it lets in with.
    pub(crate) const fn profile(&self) -> Option<ReplyProfileId> {
        match self {
            Self::Accept(profile) => *profile,
            Self::Reject | Self::RejectSaying(_) => None,
        }
    }
}

impl Conditions {
    /// Whether a request meets all of them but the groups and the device; what clocks show where the
    /// gear stands is asked only of who looks at it.
    pub(crate) fn admit(
        &self,
        circumstances: &Circumstances,
        clock: impl FnOnce() -> Option<WeekMinute>,
    ) -> bool {
        let Circumstances { method, port_type, ssid, .. } = circumstances;
        let is_named = |ssid: &Ssid| self.ssids.iter().any(|it| it.as_bytes() == ssid.octets());
        self.admit_gear(circumstances)
            && (self.methods.is_empty() || self.methods.contains(method))
            && (self.port_types.is_empty()
                || port_type.is_some_and(|port| self.port_types.contains(&port)))
            && (self.ssids.is_empty() || ssid.as_ref().is_some_and(is_named))
            && (self.times.is_empty() || clock().is_some_and(|at| self.are_of(at)))
    }

    /// Whether what clocks show meets them.
    pub(crate) fn are_of(&self, at: WeekMinute) -> bool {
        self.times.is_empty() || self.times.iter().any(|it| it.contains(at))
    }

    fn admit_gear(&self, circumstances: &Circumstances) -> bool {
        let Circumstances { gear, gear_address, service_type, .. } = circumstances;
        let is_called = |name: &GearName| self.gear.iter().any(|it| it.as_bytes() == name.octets());
        let lies_in = |address: &IpAddr| {
            let address = address.to_canonical();
            self.gear_networks.iter().any(|network| network.contains(&address))
        };
        (self.gear.is_empty() || gear.as_ref().is_some_and(is_called))
            && (self.gear_networks.is_empty() || gear_address.as_ref().is_some_and(lies_in))
            && (self.service_types.is_empty()
                || service_type.is_some_and(|kind| self.service_types.contains(&kind)))
    }
}

impl WeekPeriod {
    fn contains(self, at: WeekMinute) -> bool {
        self.days >> at.day & 1 == 1 && (self.from..self.to).contains(&at.minute)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TUESDAY: WeekMinute = WeekMinute { day: 1, minute: 22 * 60 + 13 };

    #[test]
    fn a_period_is_of_its_days_and_ends_before_its_end() {
        let at = 22 * 60 + 13;
        for (days, from, to, contains) in [
            (0b10, 0, 1440, true),
            (0b10, at, at + 1, true),
            (0b10, at + 1, 1440, false),
            (0b10, 0, at, false),
            (0b111_1101, 0, 1440, false),
            (0, 0, 1440, false),
        ] {
            let period = WeekPeriod { days, from, to };
            assert_eq!(period.contains(TUESDAY), contains, "{period:?}");
        }
        let sunday = WeekPeriod { days: 0b100_0000, from: 0, to: 1440 };
        assert!(!sunday.contains(TUESDAY) && sunday.contains(WeekMinute { day: 6, ..TUESDAY }));
        let thursday = WeekPeriod { days: 0b1000, from: 0, to: 1 };
        assert!(thursday.contains(WeekMinute { day: 3, minute: 0 }));
        assert!(!thursday.contains(WeekMinute { day: 3, minute: 1 }));
    }

    #[test]
    fn every_condition_that_names_something_has_to_be_met() {
        let circumstances = Circumstances {
            port_type: Some(19),
            ssid: Ssid::new(b"staff"),
            gear: GearName::new(b"ap-7"),
            gear_address: Some("10.1.2.3".parse().unwrap()),
            service_type: Some(2),
            ..Circumstances::of(NetworkMethod::Pap)
        };
        let week = WeekPeriod { days: 0b10, from: 0, to: 1440 };
        let all = Conditions {
            groups: Vec::new(),
            methods: vec![NetworkMethod::EapTls, NetworkMethod::Pap],
            port_types: vec![15, 19],
            ssids: vec!["guests".into(), "staff".into()],
            times: vec![WeekPeriod { days: 1, ..week }, week],
            gear: vec!["ap-6".into(), "ap-7".into()],
            gear_networks: vec!["10.1.0.0/16".parse().unwrap()],
            service_types: vec![2, 6],
            with_device: None,
            with_device_groups: Vec::new(),
        };
        let admits = |edit: fn(&mut Conditions)| {
            let mut conditions = all.clone();
            edit(&mut conditions);
            conditions.admit(&circumstances, || Some(TUESDAY))
        };
        let unasked = || panic!("no rule is of a time of the week");
        assert!(Conditions::default().admit(&circumstances, unasked));
        assert!(admits(|_| {}));
        assert!(!admits(|it| it.methods = vec![NetworkMethod::Peap]));
        assert!(!admits(|it| it.port_types = vec![5]));
        assert!(!admits(|it| it.ssids = vec!["Staff".into()]));
        assert!(!admits(|it| it.times.truncate(1)));
        assert!(!admits(|it| it.gear = vec!["AP-7".into()]));
        assert!(!admits(|it| it.gear_networks = vec!["10.2.0.0/16".parse().unwrap()]));
        assert!(!admits(|it| it.service_types = vec![6]));
        // What the gear does not name is none of what a rule names.
        let silent = Circumstances::of(NetworkMethod::Pap);
        assert!(!all.admit(&silent, || Some(TUESDAY)));
        assert!(
            Conditions { methods: all.methods, times: all.times, ..Conditions::default() }
                .admit(&silent, || Some(TUESDAY))
        );
    }
}
