//! What network gear told of somebody's time on the network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::Ipv6Net;
use serde::{Deserialize, Serialize};
use storage::{Corrupt, Entries, Kind, Record};
use uuid::Uuid;

use super::{Carried, CertificateMark, Granted, Guest, ReplyDigest, indices, kinds};
use crate::id::{DeviceId, RadiusClientId, RecordId, UserId};
use crate::text::prepare_cut;
use crate::time::Time;

/// A session, as the gear's reports left it; not a change that anybody made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The stable external id.
    pub uuid: Uuid,
    /// The RADIUS client that told of it.
    pub client: RadiusClientId,
    /// What further reports about it have in common; absent once the gear uses them for another.
    pub key: Option<[u8; 16]>,
    /// The gear's own name for it.
    pub name: String,
    /// The gear behind the RADIUS client, by its identifier or else its address.
    pub gear: String,
    /// Who it is about, as the gear said.
    pub login: String,
    /// Who was let in, where the gear repeats what the accept said; else the user with that login
    /// when the session was first heard of.
    pub user: Option<UserId>,
    /// When it began.
    pub started: Time,
    /// What the last report was of.
    pub updated: Time,
    /// When and how it ended.
    pub ended: Option<(Time, Ending)>,
    /// The longest time between two reports, in milliseconds.
    pub interval: u64,
    /// What went over the wire.
    pub traffic: Traffic,
    /// The IPv4 address that the machine has.
    pub ipv4: Option<Ipv4Addr>,
    /// The IPv6 address that the machine has.
    pub ipv6: Option<Ipv6Addr>,
    /// The machine, often by its MAC address.
    pub calling: String,
    /// Where it is connected, often an access point and the network's name.
    pub called: String,
    /// Why it ended, by the number of Acct-Terminate-Cause.
    pub cause: Option<u32>,
    /// What the accept told the gear to say again.
    pub class: Vec<u8>,
    /// The address that the gear gives itself, if it tells one; nothing proves it.
    pub gear_address: Option<IpAddr>,
    /// The address that the last report came from; unknown of sessions of earlier versions.
    pub source: Option<IpAddr>,
    /// The certificate that let somebody in, where the RADIUS client asks to be told of its end.
    pub certificate: Option<CertificateMark>,
    /// The port of the gear by its number.
    pub port: Option<u32>,
    /// What the user was let in with, where the accept says so and the gear says that again.
    pub granted: Option<Granted>,
    /// What it goes on with since the gear was told otherwise.
    pub changed: Option<ReplyDigest>,
    /// The kinds of attributes that it has of its accept and of what its gear was told since.
    pub carried: Carried,
    /// The IPv6 prefixes that it has.
    pub prefixes: Prefixes,
    /// Which device was let in for itself, where the gear repeats what the accept said; else, where no
    /// user has the login, the device whose hardware address it was when the session was first heard of.
    pub device: Option<DeviceId>,
}

impl Session {
    /// Who is on the network, if it is known.
    pub fn guest(&self) -> Option<Guest> {
        self.device.map(Guest::Device).or_else(|| self.user.map(Guest::User))
    }
}

/// The IPv6 prefixes that gear gave for a session, the first of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prefixes {
    /// That of the link to the machine (Framed-IPv6-Prefix, RFC 3162).
    pub framed: Option<Ipv6Net>,
    /// That of the networks behind the machine (Delegated-IPv6-Prefix, RFC 4818).
    pub delegated: Option<Ipv6Net>,
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// The gear said so.
    Stopped,
    /// The gear started or stopped as a whole, or uses its name for another session.
    Restarted,
    /// Nothing was heard of it for too long.
    Silent,
    /// Too many others began while it went on.
    Crowded,
}

/// What went over the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traffic {
    /// Seconds on the network, as the gear counts them.
    pub seconds: u32,
    /// Octets from the user.
    pub octets_in: u64,
    /// Octets to the user.
    pub octets_out: u64,
    /// Packets from the user.
    pub packets_in: u32,
    /// Packets to the user.
    pub packets_out: u32,
}

impl Traffic {
    /// The greater of each count: counts do not fall while a session lasts.
    pub(crate) fn most(self, other: Self) -> Self {
        Self {
            seconds: self.seconds.max(other.seconds),
            octets_in: self.octets_in.max(other.octets_in),
            octets_out: self.octets_out.max(other.octets_out),
            packets_in: self.packets_in.max(other.packets_in),
            packets_out: self.packets_out.max(other.packets_out),
        }
    }
}

/// What open sessions of one gear behind a RADIUS client have in common.
pub(crate) fn gear_key(client: RadiusClientId, gear: &str) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&client.record().to_be_bytes());
    hasher.update(gear.as_bytes());
    let mut key = [0; 16];
    hasher.finalize_xof().fill(&mut key);
    key
}

impl Record for Session {
    const KIND: Kind = kinds::SESSION;
    const VERSION: u8 = 8;
    /// Gear reports all the time; what binds and searches remember must outlive that.
    const LOGGED: bool = false;

    fn upgrade(version: u8, body: &[u8]) -> Result<Self, Corrupt> {
        match version {
            // Two addresses, a certificate, a port, what was granted, changed and carried, two prefixes
            // and a device stand at the end, and what is not known is a zero octet.
            1 => storage::decode(&[body, &[0; 10]].concat()),
            2 => storage::decode(&[body, &[0; 8]].concat()),
            // Version 3 knew of a certificate by one authority alone.
            3 | 4 => storage::decode(&[body, &[0; 7]].concat()),
            5 => storage::decode(&[body, &[0; 4]].concat()),
            6 => storage::decode(&[body, &[0; 3]].concat()),
            7 => storage::decode(&[body, &[0]].concat()),
            other => Err(Corrupt::version(Self::KIND, other)),
        }
    }

    fn index(&self, entries: &mut Entries) {
        entries.add(indices::SESSION_UUID, self.uuid.as_bytes());
        entries.add(indices::SESSION_USER, prepare_cut(&self.login).as_bytes());
        if let Some(key) = &self.key {
            entries.add(indices::SESSION_KEY, key);
        }
        if let Some(device) = self.device {
            entries.add(indices::SESSION_DEVICE, &device.record().to_be_bytes());
        }
        if self.ended.is_none() {
            entries.add(indices::SESSION_OPEN, &[]);
            entries.add(indices::SESSION_OPEN_AT, &self.client.record().to_be_bytes());
            entries.add(indices::SESSION_OPEN_OF, &gear_key(self.client, &self.gear));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::CertificateAuthorityId;

    #[test]
    fn of_a_session_of_version_1_no_address_is_known_and_of_version_2_no_certificate() {
        let session = Session {
            uuid: Uuid::from_u128(7),
            client: RadiusClientId::from_record(3).unwrap(),
            key: Some([9; 16]),
            name: "5f3a".into(),
            gear: "ap-1".into(),
            login: "ada".into(),
            user: UserId::from_record(4),
            started: Time(1),
            updated: Time(2),
            ended: Some((Time(3), Ending::Silent)),
            interval: 5,
            traffic: Traffic { seconds: 6, ..Traffic::default() },
            ipv4: Some(Ipv4Addr::LOCALHOST),
            ipv6: None,
            calling: "66-77".into(),
            called: String::new(),
            cause: Some(1),
            class: vec![0, 1],
            gear_address: None,
            source: None,
            certificate: None,
            port: None,
            granted: None,
            changed: None,
            carried: Carried::default(),
            prefixes: Prefixes::default(),
            device: None,
        };
        let body = storage::encode(&session).unwrap();
        let (version_1, version_2) = (&body[..body.len() - 10], &body[..body.len() - 8]);
        for (version, less) in [(4, 7), (5, 4), (6, 3), (7, 1)] {
            assert_eq!(Session::upgrade(version, &body[..body.len() - less]).unwrap(), session);
        }
        assert_eq!(Session::upgrade(1, version_1).unwrap(), session);
        assert_eq!(Session::upgrade(2, version_2).unwrap(), session);
        // Of version 3 a certificate was listed by the authority 5, with the number 1, 255.
        let version_3 = [version_2, &[1, 1, 5, 2, 1, 255]].concat();
        let authority = CertificateAuthorityId::from_record(5).unwrap();
        let mark = CertificateMark::Listed(authority, vec![1, 255].into());
        let marked = Session { certificate: Some(mark), ..session };
        assert_eq!(Session::upgrade(3, &version_3).unwrap(), marked);
        assert!(Session::upgrade(0, version_1).is_err());
    }
}
