//! An invitation: with what a user chooses their first password, or enrols a second factor.

use serde::{Deserialize, Serialize};
use storage::{Corrupt, Entries, Kind, Record, decode};

use super::{indices, kinds};
use crate::time::Time;

/// The invitation of the user with the same record number; the link has its secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// SHA-256 of the secret part of the link, which has 190 random bits.
    pub hash: [u8; 32],
    /// When it was made.
    pub created: Time,
    /// When it ends.
    pub expires: Time,
    /// What it is good for.
    pub aim: Aim,
}

/// What an invitation is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Aim {
    /// A first password, and then a second factor where the organization demands one of everybody.
    Password,
    /// A first password, and then a second factor.
    PasswordAndSecondFactor,
    /// A second factor, of who gives the password in use. An invitation comes to it as well once a
    /// first password was chosen with it.
    SecondFactor,
}

impl Record for Invitation {
    const KIND: Kind = kinds::INVITATION;
    const VERSION: u8 = 2;

    fn upgrade(version: u8, body: &[u8]) -> Result<Self, Corrupt> {
        match version {
            1 => decode::<Version1>(body).map(Self::from),
            _ => Err(Corrupt::version(Self::KIND, version)),
        }
    }

    fn index(&self, entries: &mut Entries) {
        entries.add(indices::INVITATION_EXPIRY, &self.expires.0.to_be_bytes());
    }
}

/// An invitation before there were any to enrol a second factor.
#[derive(Serialize, Deserialize)]
struct Version1 {
    hash: [u8; 32],
    created: Time,
    expires: Time,
}

impl From<Version1> for Invitation {
    fn from(old: Version1) -> Self {
        let Version1 { hash, created, expires } = old;
        Self { hash, created, expires, aim: Aim::Password }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invitation_of_the_first_version_is_one_to_choose_a_password() {
        let old = Version1 { hash: [7; 32], created: Time(4), expires: Time(5) };
        let read = Invitation::upgrade(1, &storage::encode(&old).unwrap()).unwrap();
        assert_eq!((read.hash, read.created, read.expires), ([7; 32], Time(4), Time(5)));
        assert_eq!(read.aim, Aim::Password);
        assert!(Invitation::upgrade(0, &[]).is_err());
    }
}
