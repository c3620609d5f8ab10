//! That something of users changed after which their sessions may have to end.

use serde::{Deserialize, Serialize};
use storage::{Corrupt, Entries, Kind, Record};

use super::{Trigger, kinds};
use crate::id::{DeviceId, GroupId, RadiusClientId, UserId};
use crate::time::Time;

/// What happened to some users or devices, until the orders that follow from it have been given.
///
/// It is written with the change itself and deleted after the last order, so that a restart in
/// between loses none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Departure {
    /// What happened.
    pub(crate) trigger: Trigger,
    /// When: sessions that began later go on.
    pub(crate) at: Time,
    /// To whom; revoked certificates, changed policies and times name nobody, and are about whom they let
    /// in.
    pub(crate) users: Vec<UserId>,
    /// To whom else: to those who are in one of these groups, by way of nested ones as well.
    pub(crate) members_of: Vec<GroupId>,
    /// The groups that they were taken out of, and those above.
    pub(crate) left: Vec<GroupId>,
    /// The groups that they were put into, and those above.
    pub(crate) joined: Vec<GroupId>,
    /// RADIUS clients that decide otherwise since then, or say something else, or of which a time of a rule
    /// has begun or ended.
    pub(crate) clients: Vec<RadiusClientId>,
    /// To which devices.
    pub(crate) devices: Vec<DeviceId>,
}

impl Departure {
    /// What happened, and when; to nobody yet.
    pub(crate) const fn new(trigger: Trigger, at: Time) -> Self {
        Self {
            trigger,
            at,
            users: Vec::new(),
            members_of: Vec::new(),
            left: Vec::new(),
            joined: Vec::new(),
            clients: Vec::new(),
            devices: Vec::new(),
        }
    }

    /// Likewise, by moving out of some groups or, where it is that, into them.
    pub(crate) fn moving(trigger: Trigger, at: Time, groups: &[GroupId]) -> Self {
        let about = Self::new(trigger, at);
        if trigger == Trigger::JoinedGroup {
            Self { joined: groups.to_vec(), ..about }
        } else {
            Self { left: groups.to_vec(), ..about }
        }
    }
}

impl Record for Departure {
    const KIND: Kind = kinds::DEPARTURE;
    const VERSION: u8 = 6;

    fn upgrade(version: u8, body: &[u8]) -> Result<Self, Corrupt> {
        match version {
            // They knew fewer triggers, and of nobody who came, no clients and no devices: none are one
            // zero octet.
            1 | 2 => storage::decode(&[body, &[0; 3]].concat()),
            3 => storage::decode(&[body, &[0; 2]].concat()),
            // Version 4 knew of no time that turned.
            4 | 5 => storage::decode(&[body, &[0]].concat()),
            other => Err(Corrupt::version(Self::KIND, other)),
        }
    }

    fn index(&self, _entries: &mut Entries) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::RecordId;

    #[test]
    fn of_former_versions_nobody_came_no_client_decides_otherwise_and_no_device_is_meant() {
        let group = GroupId::from_record(3);
        let note = Departure {
            users: UserId::from_record(4).into_iter().collect(),
            left: group.into_iter().collect(),
            ..Departure::new(Trigger::LeftGroup, Time(5))
        };
        // The octets of version 2: trigger, time, a user, no groups of members, a group that was left.
        let former = [3, 5, 1, 4, 0, 1, 3];
        assert_eq!(Departure::upgrade(2, &former).unwrap(), note);
        let came = Departure { trigger: Trigger::JoinedGroup, left: vec![], ..note };
        let came = Departure { joined: group.into_iter().collect(), ..came };
        let former_3 = [6, 5, 1, 4, 0, 0, 1, 3];
        assert_eq!(Departure::upgrade(3, &former_3).unwrap(), came);
        let clients = RadiusClientId::from_record(9).into_iter().collect();
        let edited = Departure { trigger: Trigger::PolicyChanged, joined: vec![], clients, ..came };
        let former_4 = [7, 5, 1, 4, 0, 0, 0, 1, 9];
        for version in [4, 5] {
            assert_eq!(Departure::upgrade(version, &former_4).unwrap(), edited);
        }
        assert!(Departure::upgrade(0, &former).is_err());
    }
}
