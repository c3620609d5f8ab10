//! What the file holds: one record type a file, each with its kind, version and index entries.
//!
//! A record's kind and its indices are numbers in the file format: they are never reused.

mod admin;
mod billing_contact;
mod cap;
mod carried;
mod certificate_authority;
mod certificate_mark;
mod certificate_totals;
mod compliance;
mod credential;
mod custom_attribute;
mod custom_values;
mod dead_letter;
mod deleted_user;
mod delivery_progress;
mod departure;
mod departure_totals;
mod device;
mod domain;
mod eap_methods;
mod embedded;
mod ends;
mod event_destination;
mod event_keeping;
mod fetched_list;
mod former_password;
mod gear_certificates;
mod gear_claims;
mod gear_orders;
mod granted;
mod group;
mod group_password_policy;
mod import;
mod invitation;
mod issued_certificate;
mod network_rule;
mod organization;
mod own_certificates;
mod passkey;
mod passkey_key;
mod password_history;
mod password_policy;
mod plan;
mod precedence;
mod preparations;
mod presentation;
mod profile;
mod radius_client;
mod recovery_codes;
mod repeat;
mod reply_profile;
mod revoked_certificates;
mod rule_times;
mod search_telling;
mod second_factor;
mod security_policy;
mod security_settings;
mod server_certificate;
mod service_account;
mod session;
mod session_lengths;
mod session_totals;
mod settled_reports;
mod stamp;
mod token;
mod user;

use storage::{Index, Kind, Relation};

pub(crate) use admin::is_within;
pub use admin::{Admin, AdminFields, AdminScope, AdminState};
pub use billing_contact::{BillingContact, BillingContactFields};
pub(crate) use cap::CapTotals;
pub use cap::{Cap, CapKind, Capped};
pub use carried::Carried;
pub use certificate_authority::{
    BuiltIn, CertificateAuthority, CertificateAuthorityFields, CertificateHolder, ExpiredList,
    RevocationCheck, RevocationNote, UnstatedPurpose,
};
pub use certificate_mark::CertificateMark;
pub(crate) use certificate_totals::CertificateTotals;
pub(crate) use compliance::ComplianceWatch;
pub use compliance::{Compliance, ComplianceReport, SettingState, SettingStates, Verdict};
pub use credential::{Credential, Lock};
pub(crate) use custom_attribute::custom_index;
pub use custom_attribute::{CustomAttribute, CustomAttributeFields, Syntax, Work};
pub use custom_values::{CustomValue, CustomValues, Values};
pub(crate) use custom_values::{octets as custom_octets, signed as custom_signed};
pub use dead_letter::DeadLetter;
pub use deleted_user::DeletedUser;
pub(crate) use delivery_progress::{DeliveryMark, DeliveryProgress, ReachedProgress};
pub(crate) use departure::Departure;
pub(crate) use departure_totals::DepartureTotals;
pub use device::{Device, DeviceFields, OperatingSystem};
pub use domain::Domain;
pub use eap_methods::EapMethods;
pub(crate) use ends::{EndsLooked, EndsTold};
pub use event_destination::{
    DeliveryWay, EventDestination, EventDestinationFields, EventFilter, Reach,
};
pub(crate) use event_keeping::EventKeeping;
pub(crate) use fetched_list::FetchedList;
pub use former_password::FormerPassword;
pub use gear_certificates::{CertificateFingerprint, GearCertificates};
pub(crate) use gear_claims::{GearClaims, SECRET_TAG};
pub use gear_orders::{Consequence, GearOrders, OrderWay, Trigger};
pub(crate) use granted::digest_of;
pub use granted::{Granted, Guest, ReplyDigest};
pub use group::{Group, GroupFields};
pub use group_password_policy::{GroupPasswordPolicy, GroupPasswordPolicyFields, PasswordDemands};
pub(crate) use import::{Asker, ImportWork, Position, Stage};
pub use import::{
    Import, ImportCounts, ImportFields, ImportState, MissingMembers, OnConflict, PasswordsOf,
};
pub use invitation::{Aim, Invitation};
pub use issued_certificate::{CertificateOwner, IssuedCertificate, Revocation, RevocationReason};
pub use network_rule::{Conditions, NetworkRule, RuleVerdict, WeekPeriod, WithDevice};
pub use organization::{
    Base, CustomMark, LockoutPolicy, Marks, Organization, OrganizationFields, OrganizationState,
    Settings,
};
pub use own_certificates::OwnCertificates;
pub use passkey::Passkey;
pub(crate) use passkey::credential_key;
pub use passkey_key::PasskeyKey;
pub use password_history::PasswordHistory;
pub use password_policy::PasswordPolicy;
pub use plan::{
    Agreement, Agreements, ClosedAccount, DayCount, Plan, PlanFields, Prices, UsageMonth,
};
pub use precedence::last_precedence;
pub(crate) use precedence::{LAST_PRECEDENCE, turn_of};
pub(crate) use preparations::Preparations;
pub use presentation::{Alias, Layout, Presentation};
pub use profile::{Members, PROFILES, Profile, Sees};
pub use radius_client::{LockedOrExpired, RadiusClient, RadiusClientFields};
pub use recovery_codes::RecoveryCodes;
pub(crate) use repeat::Repeat;
pub use reply_profile::{
    NamedAttribute, NamedValue, ReplyProfile, ReplyProfileFields, ToldForm, VendorAttribute,
    VendorValue,
};
pub use revoked_certificates::RevokedCertificates;
pub(crate) use revoked_certificates::revoked_key;
pub(crate) use rule_times::RuleTimes;
pub use search_telling::SearchTelling;
pub use second_factor::{Demand, Enrolment, SecondFactor, Spellings};
pub(crate) use security_policy::version_key;
pub use security_policy::{SecurityPolicy, SecurityPolicyFields, SecurityPolicyVersion};
pub use security_settings::{
    AllowedNetworks, DiskEncryption, MinimumVersion, OsUpdates, ScreenLock, SecuritySettings,
};
pub use server_certificate::ServerCertificate;
pub use service_account::{ServiceAccount, ServiceAccountFields, Visibility};
pub(crate) use session::gear_key;
pub use session::{Ending, Prefixes, Session, Traffic};
pub use session_lengths::SessionLengths;
pub(crate) use session_totals::SessionTotals;
pub(crate) use settled_reports::SettledReports;
pub use stamp::Stamp;
pub use token::{Carrier, Narrowing, Origin, SecondProof, Token, TokenPurpose, TokenUse};
pub use user::{User, UserFields, UserState};

/// The number of the record of a kind of which a partition has one.
pub(crate) const THE_ONLY_ONE: storage::Id = 0;

pub(crate) mod kinds {
    use super::Kind;

    pub(crate) const ORGANIZATION: Kind = Kind(1);
    pub(crate) const ADMIN: Kind = Kind(2);
    pub(crate) const TOKEN: Kind = Kind(3);
    pub(crate) const GEAR_CLAIMS: Kind = Kind(4);
    /// Sealed: the key by which secrets of RADIUS clients are compared among all organizations.
    pub(crate) const CLAIMS_KEY: Kind = Kind(5);
    /// Sealed: the keys of the starts of the directory, by which copies say how far they are.
    pub(crate) const EPOCHS: Kind = Kind(96);
    /// Sealed: the key by which what was handed out is known when it comes back.
    pub(crate) const LASTING_KEY: Kind = Kind(115);
    pub(crate) const COMPLIANCE_WATCH: Kind = Kind(116);
    pub(crate) const IMPORT_WORK: Kind = Kind(63);
    pub(crate) const TOKEN_USE: Kind = Kind(50);
    pub(crate) const RECOVERY_CODES: Kind = Kind(51);
    pub(crate) const PASSKEY: Kind = Kind(80);
    pub(crate) const REPEAT: Kind = Kind(52);
    /// Sealed: what was answered to a change that may be asked for again.
    pub(crate) const REPEATED_ANSWER: Kind = Kind(53);
    pub(crate) const USER: Kind = Kind(10);
    pub(crate) const GROUP: Kind = Kind(11);
    pub(crate) const SERVICE_ACCOUNT: Kind = Kind(12);
    pub(crate) const RADIUS_CLIENT: Kind = Kind(13);
    pub(crate) const REPLY_PROFILE: Kind = Kind(14);
    pub(crate) const CUSTOM_ATTRIBUTE: Kind = Kind(15);
    pub(crate) const DEVICE: Kind = Kind(16);
    pub(crate) const SERVER_CERTIFICATE: Kind = Kind(26);
    pub(crate) const ISSUED_CERTIFICATE: Kind = Kind(27);
    pub(crate) const REVOKED_CERTIFICATES: Kind = Kind(28);
    pub(crate) const CERTIFICATE_TOTALS: Kind = Kind(29);
    pub(crate) const SESSION: Kind = Kind(40);
    pub(crate) const SESSION_TOTALS: Kind = Kind(41);
    pub(crate) const SETTLED_REPORTS: Kind = Kind(42);
    pub(crate) const DEPARTURE: Kind = Kind(45);
    /// The provider's.
    pub(crate) const PLAN: Kind = Kind(64);
    pub(crate) const AGREEMENTS: Kind = Kind(65);
    pub(crate) const USAGE_MONTH: Kind = Kind(66);
    /// The provider's.
    pub(crate) const CLOSED_ACCOUNT: Kind = Kind(67);
    pub(crate) const BILLING_CONTACT: Kind = Kind(146);
    pub(crate) const IMPORT: Kind = Kind(60);
    /// Sealed: rows of an import that are still needed.
    pub(crate) const IMPORT_ROWS: Kind = Kind(61);
    /// Sealed: what becomes of the rows of an import.
    pub(crate) const IMPORT_OUTCOMES: Kind = Kind(62);
    pub(crate) const DEPARTURE_TOTALS: Kind = Kind(46);
    pub(crate) const RULE_TIMES: Kind = Kind(160);
    /// The provider's.
    pub(crate) const PREPARATIONS: Kind = Kind(161);
    pub(crate) const ENDS_TOLD: Kind = Kind(165);
    /// The provider's.
    pub(crate) const ENDS_LOOKED: Kind = Kind(166);
    pub(crate) const FETCHED_LIST: Kind = Kind(167);
    pub(crate) const EVENT_KEEPING: Kind = Kind(70);
    pub(crate) const SEARCH_TELLING: Kind = Kind(110);
    pub(crate) const CREDENTIAL: Kind = Kind(20);
    pub(crate) const CERTIFICATE_AUTHORITY: Kind = Kind(18);
    pub(crate) const OWN_CERTIFICATES: Kind = Kind(24);
    pub(crate) const PASSWORD_HISTORY: Kind = Kind(21);
    /// Sealed: a password in clear for CHAP, where the organization opted in.
    pub(crate) const CHAP_PASSWORD: Kind = Kind(30);
    /// Sealed: the secret shared with a RADIUS client.
    pub(crate) const SHARED_SECRET: Kind = Kind(31);
    /// Sealed: the TOTP seed of an admin or a user.
    pub(crate) const TOTP_SEED: Kind = Kind(32);
    /// Sealed: the key of an organization's server certificate.
    pub(crate) const SERVER_KEY: Kind = Kind(35);
    /// Sealed: the secret that was shared with a RADIUS client before, while it still counts.
    pub(crate) const PREVIOUS_SECRET: Kind = Kind(36);
    /// Sealed: the password that the gear of a RADIUS client gives for all devices.
    pub(crate) const MAC_PASSWORD: Kind = Kind(170);
    /// Sealed: the key of an organization's own certificate authority.
    pub(crate) const AUTHORITY_KEY: Kind = Kind(37);
    /// Sealed: the NT hash of a password for MS-CHAPv2, where the organization opted in.
    pub(crate) const NT_HASH: Kind = Kind(33);
    /// Sealed: passwords in clear of before for CHAP, where the organization opted in.
    pub(crate) const FORMER_CHAP_PASSWORDS: Kind = Kind(162);
    /// Sealed: the NT hashes of passwords of before, where the organization opted in.
    pub(crate) const FORMER_NT_HASHES: Kind = Kind(163);
    pub(crate) const DELETED_USER: Kind = Kind(85);
    /// Under the number of what is counted.
    pub(crate) const CAP_TOTALS: Kind = Kind(86);
    pub(crate) const INVITATION: Kind = Kind(87);
    /// Under the number of what is counted.
    pub(crate) const CAP: Kind = Kind(88);
    pub(crate) const SECURITY_POLICY: Kind = Kind(90);
    pub(crate) const SECURITY_POLICY_VERSION: Kind = Kind(91);
    /// What a device reported, under the device's number.
    pub(crate) const COMPLIANCE: Kind = Kind(92);
    pub(crate) const GROUP_PASSWORD_POLICY: Kind = Kind(131);
    pub(crate) const FORMER_PASSWORD: Kind = Kind(132);
    pub(crate) const EVENT_DESTINATION: Kind = Kind(100);
    /// How far a destination of events is, under the destination's number.
    pub(crate) const DELIVERY_PROGRESS: Kind = Kind(101);
    /// How far a destination of the provider's is with an organization's events.
    pub(crate) const REACHED_PROGRESS: Kind = Kind(147);
    pub(crate) const DEAD_LETTER: Kind = Kind(102);
    /// Sealed: the secret with which what goes to a webhook is signed.
    pub(crate) const WEBHOOK_SECRET: Kind = Kind(103);
    /// Sealed: the secret that signed before, while it still does.
    pub(crate) const PREVIOUS_WEBHOOK_SECRET: Kind = Kind(104);
    /// Sealed: the key of the certificate that a receiver of events is shown.
    pub(crate) const DELIVERY_KEY: Kind = Kind(105);
}

pub(crate) mod indices {
    use super::Index;

    pub(crate) const ORGANIZATION_SLUG: Index = Index(1);
    pub(crate) const ORGANIZATION_UUID: Index = Index(2);
    pub(crate) const ORGANIZATION_BASE: Index = Index(3);
    pub(crate) const ORGANIZATION_TREE: Index = Index(4);
    /// Of organizations that go by a domain.
    pub(crate) const ORGANIZATION_DOMAIN: Index = Index(6);
    /// Of organizations whose records must follow a changed definition.
    pub(crate) const ORGANIZATION_WORK: Index = Index(5);
    pub(crate) const ADMIN_LOGIN: Index = Index(10);
    pub(crate) const ADMIN_UUID: Index = Index(11);
    pub(crate) const TOKEN_UUID: Index = Index(20);
    pub(crate) const TOKEN_ADMIN: Index = Index(21);
    pub(crate) const PASSKEY_UUID: Index = Index(280);
    pub(crate) const PASSKEY_ADMIN: Index = Index(281);
    pub(crate) const PASSKEY_CREDENTIAL: Index = Index(282);
    pub(crate) const REPEAT_KEY: Index = Index(240);
    pub(crate) const REPEAT_CALLER: Index = Index(241);
    /// Of what RADIUS clients have for themselves, by the client.
    pub(crate) const CLAIMS_OF: Index = Index(30);
    pub(crate) const CLAIMED_SECRET: Index = Index(31);
    pub(crate) const CLAIMED_FINGERPRINT: Index = Index(32);
    pub(crate) const CLAIMED_NAME: Index = Index(33);
    /// Of those that may leave out Message-Authenticator.
    pub(crate) const CLAIMED_NETWORK: Index = Index(34);
    pub(crate) const USER_LOGIN: Index = Index(100);
    pub(crate) const USER_UUID: Index = Index(101);
    pub(crate) const USER_DISPLAY_NAME: Index = Index(102);
    pub(crate) const USER_GIVEN_NAME: Index = Index(103);
    pub(crate) const USER_SURNAME: Index = Index(104);
    pub(crate) const USER_MAIL: Index = Index(105);
    /// As records of version 1 stand in it: with the spaces and hyphens of the number.
    pub(crate) const USER_SPELLED_PHONE: Index = Index(106);
    pub(crate) const USER_EMPLOYEE_NUMBER: Index = Index(107);
    pub(crate) const USER_UID_NUMBER: Index = Index(108);
    pub(crate) const USER_MODIFIED: Index = Index(109);
    pub(crate) const USER_PHONE: Index = Index(110);
    pub(crate) const GROUP_NAME: Index = Index(120);
    pub(crate) const GROUP_UUID: Index = Index(121);
    pub(crate) const GROUP_GID_NUMBER: Index = Index(122);
    pub(crate) const GROUP_MODIFIED: Index = Index(123);
    /// Of service accounts that have networks from which they bind users; without a value.
    pub(crate) const SERVICE_ACCOUNT_SOURCES: Index = Index(128);
    pub(crate) const SERVICE_ACCOUNT_NAME: Index = Index(130);
    pub(crate) const SERVICE_ACCOUNT_UUID: Index = Index(131);
    pub(crate) const PASSWORD_POLICY_UUID: Index = Index(132);
    pub(crate) const PASSWORD_POLICY_NAME: Index = Index(133);
    pub(crate) const PASSWORD_POLICY_GROUP: Index = Index(134);
    pub(crate) const RADIUS_CLIENT_NAME: Index = Index(140);
    pub(crate) const RADIUS_CLIENT_UUID: Index = Index(141);
    pub(crate) const RADIUS_CLIENT_PROFILE: Index = Index(142);
    /// Of those that want something to be done when something of a user changes, by what that is.
    pub(crate) const RADIUS_CLIENT_ORDERS: Index = Index(143);
    pub(crate) const REPLY_PROFILE_NAME: Index = Index(150);
    pub(crate) const REPLY_PROFILE_UUID: Index = Index(151);
    pub(crate) const CUSTOM_ATTRIBUTE_NAME: Index = Index(160);
    pub(crate) const CUSTOM_ATTRIBUTE_UUID: Index = Index(161);
    pub(crate) const DEVICE_NAME: Index = Index(170);
    pub(crate) const DEVICE_UUID: Index = Index(171);
    pub(crate) const DEVICE_ADDRESS: Index = Index(172);
    pub(crate) const DEVICE_GROUP: Index = Index(173);
    /// Custom attributes have an index each, by their number in the organization, whose partition
    /// it is: so many from here on for users, and as many for groups.
    pub(crate) const CUSTOM_NUMBERS: u16 = 0x1000;
    pub(crate) const CUSTOM_OF_USERS: Index = Index(0x8000);
    pub(crate) const CUSTOM_OF_GROUPS: Index = Index(0x9000);
    pub(crate) const SESSION_UUID: Index = Index(220);
    /// Of sessions that further reports may be about.
    pub(crate) const SESSION_KEY: Index = Index(221);
    pub(crate) const SESSION_USER: Index = Index(222);
    /// Of open sessions.
    pub(crate) const SESSION_OPEN: Index = Index(223);
    /// Of open sessions, by the RADIUS client.
    pub(crate) const SESSION_OPEN_AT: Index = Index(224);
    /// Of open sessions, by the RADIUS client and the gear behind it.
    pub(crate) const SESSION_OPEN_OF: Index = Index(225);
    /// Of sessions of devices.
    pub(crate) const SESSION_DEVICE: Index = Index(226);
    pub(crate) const CERTIFICATE_AUTHORITY_NAME: Index = Index(190);
    pub(crate) const CERTIFICATE_AUTHORITY_UUID: Index = Index(191);
    pub(crate) const CERTIFICATE_FINGERPRINT: Index = Index(192);
    /// Of authorities whose list is fetched; without a value.
    pub(crate) const CERTIFICATE_AUTHORITY_URL: Index = Index(193);
    pub(crate) const ISSUED_UUID: Index = Index(200);
    pub(crate) const ISSUED_FINGERPRINT: Index = Index(201);
    pub(crate) const ISSUED_OWNER: Index = Index(202);
    pub(crate) const ISSUED_END: Index = Index(203);
    /// Of those that are revoked, by their authority.
    pub(crate) const ISSUED_REVOKED: Index = Index(204);
    /// Of what others' authorities revoked, by the authority.
    pub(crate) const REVOKED_SERIAL: Index = Index(205);
    pub(crate) const PLAN_UUID: Index = Index(270);
    pub(crate) const PLAN_NAME: Index = Index(271);
    pub(crate) const USAGE_MONTH: Index = Index(272);
    pub(crate) const IMPORT_UUID: Index = Index(260);
    /// Of work for imports, by the organization and the import.
    pub(crate) const IMPORT_WORK_OF: Index = Index(261);
    pub(crate) const DELETED_USER_UUID: Index = Index(285);
    pub(crate) const DELETED_USER_LOGIN: Index = Index(286);
    /// By when they were deleted.
    pub(crate) const DELETED_USER_TIME: Index = Index(287);
    /// Of users whose time ends and who are not suspended.
    pub(crate) const USER_EXPIRY: Index = Index(288);
    pub(crate) const INVITATION_EXPIRY: Index = Index(289);
    pub(crate) const DEVICE_SERIAL: Index = Index(290);
    pub(crate) const DEVICE_OWNER: Index = Index(291);
    pub(crate) const SECURITY_POLICY_UUID: Index = Index(292);
    pub(crate) const SECURITY_POLICY_NAME: Index = Index(293);
    pub(crate) const SECURITY_POLICY_GROUP: Index = Index(294);
    pub(crate) const SECURITY_VERSION_UUID: Index = Index(295);
    /// Of the versions of a policy, by their numbers.
    pub(crate) const SECURITY_VERSION_OF: Index = Index(296);
    /// Of devices that reported, by what the last report came to and when it came.
    pub(crate) const COMPLIANCE: Index = Index(297);
    pub(crate) const EVENT_DESTINATION_UUID: Index = Index(1000);
    pub(crate) const EVENT_DESTINATION_NAME: Index = Index(1001);
    pub(crate) const DEAD_LETTER_UUID: Index = Index(1002);
    /// Of dead letters, by the number of their destination.
    pub(crate) const DEAD_LETTER_OF: Index = Index(1003);
    /// Of those that are to be sent again, by the destination and whose events they are.
    pub(crate) const DEAD_LETTER_WANTED: Index = Index(1004);
    /// Of how far destinations of the provider's are with an organization's events, by their numbers.
    pub(crate) const REACHED_BY: Index = Index(1005);
}

/// Whether no two records have the same value in an index.
pub(crate) const fn is_unique(index: Index) -> bool {
    matches!(
        index,
        indices::USER_LOGIN
            | indices::USER_UUID
            | indices::GROUP_NAME
            | indices::GROUP_UUID
            | indices::SERVICE_ACCOUNT_NAME
            | indices::SERVICE_ACCOUNT_UUID
            | indices::DEVICE_NAME
            | indices::DEVICE_UUID
            | indices::DEVICE_ADDRESS
            | indices::DEVICE_SERIAL
    )
}

pub(crate) mod relations {
    use super::Relation;

    /// From a group to the users in it.
    pub(crate) const GROUP_USER: Relation = Relation(1);
    /// From a group to the groups nested in it.
    pub(crate) const GROUP_GROUP: Relation = Relation(2);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    /// The names and numbers of all constants of a type in this file, which is what the file format
    /// knows: a list that was written by hand would forget the one that collides.
    fn numbers(of: &str) -> Vec<(&'static str, u16)> {
        let (text, _) = include_str!("mod.rs").split_once("#[cfg(test)]").unwrap();
        let named = text.lines().filter_map(|line| {
            let (name, rest) = line.trim().strip_prefix("pub(crate) const ")?.split_once(": ")?;
            let number = rest.strip_prefix(of)?.strip_prefix(" = ")?.strip_prefix(of)?;
            Some((name, number.strip_prefix('(')?.strip_suffix(");")?))
        });
        let read = |digits: &str| match digits.strip_prefix("0x") {
            Some(digits) => u16::from_str_radix(digits, 16).unwrap(),
            None => digits.parse().unwrap(),
        };
        named.map(|(name, digits)| (name, read(digits))).collect()
    }

    /// What stands in a line of its own and is no constant of the kind that is looked for.
    fn declared(of: &str) -> usize {
        let (text, _) = include_str!("mod.rs").split_once("#[cfg(test)]").unwrap();
        text.matches(&format!(": {of} =")).count()
    }

    #[test]
    fn no_two_kinds_indices_or_relations_have_the_same_number() {
        for (of, least) in [("Kind", 40), ("Index", 60), ("Relation", 2)] {
            let all = numbers(of);
            assert_eq!(all.len(), declared(of), "not every {of} could be read");
            assert!(all.len() >= least, "only {} of {of} were found", all.len());
            let mut names = BTreeMap::new();
            for (name, number) in all {
                let other = names.insert(number, name);
                assert_eq!(other, None, "{of}({number}) is also that of {name}");
            }
        }
    }

    #[test]
    fn custom_attributes_have_a_range_of_indices_for_themselves() {
        let first = super::indices::CUSTOM_OF_USERS.0;
        let ranges = ["CUSTOM_OF_USERS", "CUSTOM_OF_GROUPS"];
        for (name, number) in numbers("Index") {
            assert!(number < first || ranges.contains(&name), "{name} is a custom attribute's");
        }
        let room = super::indices::CUSTOM_OF_GROUPS.0 - first;
        assert_eq!(room, super::indices::CUSTOM_NUMBERS);
    }
}
