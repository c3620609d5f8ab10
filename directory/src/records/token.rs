//! API keys and sessions: bearer tokens of an admin, stored hashed.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use storage::{Corrupt, Entries, Kind, Record, decode};
use uuid::Uuid;

use super::{indices, kinds};
use crate::access::Role;
use crate::id::{AdminNumber, OrganizationId, RecordId};
use crate::time::Time;

/// A token's record, kept where its admin belongs.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// The stable external id.
    pub uuid: Uuid,
    /// The admin that it belongs to.
    pub admin: AdminNumber,
    /// What it is for.
    pub purpose: TokenPurpose,
    /// SHA-256 of the token's secret part, which has 190 random bits.
    pub hash: [u8; 32],
    /// What its owner calls it.
    pub name: String,
    /// When it was made.
    pub created: Time,
    /// When it ends.
    pub expires: Time,
    /// What it may do less than its admin.
    pub narrowing: Narrowing,
    /// How it came to be.
    pub origin: Origin,
}

/// How a token came to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// From where it was made.
    pub source: Option<IpAddr>,
    /// What the program called itself through which it was made.
    pub user_agent: Option<String>,
    /// What proved the admin beside the password, or in its place; absent for what is no session.
    pub proof: Option<SecondProof>,
    /// Where its text comes with each request.
    pub carrier: Carrier,
}

/// What proved an admin beside the password, or in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecondProof {
    /// A code of an authenticator app.
    Totp,
    /// A recovery code.
    RecoveryCode,
    /// A passkey, in place of the password too.
    Passkey,
}

/// Where a token's text comes with a request: it is taken from nowhere else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Carrier {
    /// The `Authorization` header.
    #[default]
    Header,
    /// A cookie of a browser.
    Cookie,
}

/// What a token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenPurpose {
    /// Scripts; needs the admin's API access.
    ApiKey,
    /// A person who signed in with password and TOTP.
    Session,
    /// A person whose password was right and who has still to enrol TOTP; good for that alone.
    Enrolment,
}

/// What a token may do less than its admin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Narrowing {
    /// A lower role.
    pub role: Option<Role>,
    /// Only these organizations.
    pub organizations: Option<Vec<OrganizationId>>,
    /// Only from these networks.
    pub sources: Option<Vec<IpNet>>,
}

impl Record for Token {
    const KIND: Kind = kinds::TOKEN;
    const VERSION: u8 = 2;

    fn upgrade(version: u8, body: &[u8]) -> Result<Self, Corrupt> {
        match version {
            // Where it came from stands at the end: nothing is known of it.
            1 => decode(&[body, &[0; 4]].concat()),
            other => Err(Corrupt::version(Self::KIND, other)),
        }
    }

    fn index(&self, entries: &mut Entries) {
        entries.add(indices::TOKEN_UUID, self.uuid.as_bytes());
        entries.add(indices::TOKEN_ADMIN, &self.admin.record().to_be_bytes());
    }
}

/// When a token was used last, as far as it was noted: within a part of the time after which a session
/// that is not used ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenUse {
    /// When.
    pub at: Time,
    /// From where.
    pub source: Option<IpAddr>,
}

impl Record for TokenUse {
    const KIND: Kind = kinds::TOKEN_USE;
    const VERSION: u8 = 1;
    // Whoever works uses a token all the time: what is remembered of the place must outlive that.
    const LOGGED: bool = false;

    fn index(&self, _: &mut Entries) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What version 1 wrote of a key that is narrowed in every way.
    const VERSION_1: &[&[u8]] = &[
        &[16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7],
        &[3, 0],
        &[9; 32],
        b"\x06backup",
        &[0x81, 0x01, 0x82, 0x02],
        &[1, 4, 1, 2, 1, 0xac, 0x02],
        &[1, 1, 0, 192, 0, 2, 0, 24],
    ];

    #[test]
    fn a_token_of_version_1_came_from_nobody_knows_where() {
        let organization = |number| OrganizationId::from_record(number).unwrap();
        let token = Token {
            uuid: Uuid::from_u128(7),
            admin: AdminNumber::from_record(3).unwrap(),
            purpose: TokenPurpose::ApiKey,
            hash: [9; 32],
            name: "backup".into(),
            created: Time(129),
            expires: Time(258),
            narrowing: Narrowing {
                role: Some(Role::ReadOnly),
                organizations: Some(vec![organization(1), organization(300)]),
                sources: Some(vec!["192.0.2.0/24".parse().unwrap()]),
            },
            origin: Origin::default(),
        };
        assert!(Token::upgrade(1, &VERSION_1.concat()).unwrap() == token);
        assert!(Token::upgrade(0, &VERSION_1.concat()).is_err());
        assert_eq!(storage::encode(&token).unwrap(), [&VERSION_1.concat()[..], &[0; 4]].concat());
    }
}
