//! Passkeys of admins: public keys whose private halves authenticators hold.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use sha2::{Digest, Sha256};
use storage::{Corrupt, Entries, Kind, Record, decode};
use uuid::Uuid;

use super::passkey_key::PasskeyKey;
use super::{indices, kinds};
use crate::id::{AdminNumber, RecordId};
use crate::time::Time;

/// A passkey's record, kept where its admin belongs.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passkey {
    /// The stable external id.
    pub uuid: Uuid,
    /// The admin that it proves.
    pub admin: AdminNumber,
    /// What its owner calls it.
    pub name: String,
    /// When it was registered.
    pub created: Time,
    /// When somebody signed in with it last.
    pub used: Option<Time>,
    /// What the authenticator calls it.
    pub credential: ByteBuf,
    /// What proves its signatures.
    pub key: PasskeyKey,
    /// How often the authenticator had signed when it did last; some do not count.
    pub counter: u32,
    /// Whether the authenticator hands it on to other machines of its owner.
    pub is_portable: bool,
    /// The model of the authenticator, which nothing vouches for.
    pub model: Uuid,
    /// Whether it lets nobody in, since its counter went back, until its owner says that there is no
    /// copy.
    pub suspended: bool,
}

/// How a credential stands in the index: its own name may be too long.
pub(crate) fn credential_key(credential: &[u8]) -> [u8; 32] {
    Sha256::digest(credential).into()
}

impl Passkey {
    /// By what a change says which name it saw, all that its owner writes of it: what has the same
    /// name again has the same.
    pub fn revision(&self) -> u64 {
        let digest = Sha256::digest(self.name.as_bytes());
        let number = digest.iter().take(8).fold(0, |number, octet| number << 8 | u64::from(*octet));
        // None has the number 0.
        number.max(1)
    }
}

impl Record for Passkey {
    const KIND: Kind = kinds::PASSKEY;
    const VERSION: u8 = 2;

    fn upgrade(version: u8, body: &[u8]) -> Result<Self, Corrupt> {
        match version {
            // None was suspended.
            1 => decode(&[body, &[0]].concat()),
            other => Err(Corrupt::version(Self::KIND, other)),
        }
    }

    fn index(&self, entries: &mut Entries) {
        entries.add(indices::PASSKEY_UUID, self.uuid.as_bytes());
        entries.add(indices::PASSKEY_ADMIN, &self.admin.record().to_be_bytes());
        entries.add(indices::PASSKEY_CREDENTIAL, &credential_key(&self.credential));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passkey_of_before_they_could_be_suspended_is_not() {
        let passkey = Passkey {
            uuid: Uuid::from_u128(1),
            admin: AdminNumber::from_record(7).unwrap(),
            name: "laptop".into(),
            created: Time(1),
            used: Some(Time(2)),
            credential: ByteBuf::from([1; 16]),
            key: PasskeyKey::Ed25519(ByteBuf::from([2; 32])),
            counter: 3,
            is_portable: true,
            model: Uuid::nil(),
            suspended: false,
        };
        let octets = storage::encode(&passkey).unwrap();
        let (suspended, body) = octets.split_last().unwrap();
        assert_eq!(*suspended, 0);
        assert!(Passkey::upgrade(1, body).unwrap() == passkey);
        assert!(Passkey::upgrade(3, &octets).is_err());
    }
}
